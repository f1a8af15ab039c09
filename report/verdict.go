package report

import (
	"fmt"
	"math"
	"strings"

	"ftpdiag/probe/diagnose"
	"ftpdiag/probe/evidence"
)

// What the two modes are, in half a sentence.
const (
	passiveMeans = "in which the client opens every connection"
	activeMeans  = "in which the server connects back to the client"
)

// verdict says what to do, why, on what condition, and how sure that is.
func (p *page) verdict(r *diagnose.Result) {
	p.fill("", "", append(headline(r), wantedTLS(r)...)...)
	if reason := oneLine(r.Recommendation.Reason); reason != "" {
		p.fill("", "", span{plain, reason})
	}
	for _, c := range r.Recommendation.Conditions {
		p.fill("", "  ", span{doubtful, "Condition:"}, span{plain, " " + oneLine(c.Text)})
	}
	last := []span{{strong, "Status:"}, {statusInk(r.Status), " " + strings.ToUpper(string(r.Status))},
		{plain, fmt.Sprintf(" (exit code %d)", r.Status.ExitCode())}}
	if r.Status != diagnose.StatusUnknown && !noVerdict(r) {
		last = append(last, span{strong, "  Confidence:"}, span{plain, " " + confidenceWords(r.Recommendation.Confidence)})
	}
	p.fill("", "  ", last...)
}

// headline is the verdict in a sentence.
func headline(r *diagnose.Result) []span {
	rec := r.Recommendation
	switch rec.Mode {
	case diagnose.RecommendedMode(evidence.Passive):
		return useMode(r, r.Modes.Passive, passiveMeans)
	case diagnose.RecommendedMode(evidence.Active):
		return useMode(r, r.Modes.Active, activeMeans)
	}
	passive, active := r.Modes.Passive, r.Modes.Active
	switch {
	case passive == diagnose.Fails && active == diagnose.Fails:
		return []span{{bad, "Neither mode works:"}, {plain, " not passive, " + passiveMeans + ", and not active, " + activeMeans + "."}}
	case neitherTested(r) && brokenStep(r) != "":
		return []span{{bad, "FTP fails at " + brokenStep(r) + ";"}, {plain, " passive or active mode makes no difference."}}
	case noVerdict(r) && r.Cut:
		return []span{{note, "No verdict:"}, {plain, " the time ran out before passive or active mode could be judged."}}
	case noVerdict(r):
		return []span{{note, "No verdict:"}, {plain, " what was seen decides nothing about passive or active mode."}}
	}
	return []span{{bad, fmt.Sprintf("Passive mode %s; active mode %s.", verdictVerb(passive), verdictVerb(active))},
		{plain, " (Passive: the client opens every connection. Active: the server connects back to the client.)"}}
}

// wantedTLS names the TLS without which no mode works.
func wantedTLS(r *diagnose.Result) []span {
	tls := r.Recommendation.TLS
	if r.Recommendation.Mode != diagnose.None || tls == evidence.TLSOff || tls == r.Target.TLS {
		return nil
	}
	return []span{{plain, " "}, {doubtful, "Use " + oneLine(tls) + " TLS."}}
}

// useMode recommends the mode of r; means explains it.
func useMode(r *diagnose.Result, v diagnose.Verdict, means string) []span {
	rec := r.Recommendation
	use := "Use "
	if rec.TLS != evidence.TLSOff {
		use += oneLine(rec.TLS) + " TLS and "
	}
	use += string(rec.Mode) + " mode"
	if rec.Method != "" {
		use += " (" + oneLine(string(rec.Method)) + ")"
	}
	means = ", " + means + "."
	ink := good
	switch v {
	case diagnose.Conditional:
		ink = doubtful
	case diagnose.Intermittent:
		ink = doubtful
		means += " It works only some of the time" + shareWords(r) + "."
	}
	return []span{{ink, use}, {plain, means}}
}

// shareWords says how often the recommended mode can work, where that is known.
func shareWords(r *diagnose.Result) string {
	mode := evidence.Mode(r.Recommendation.Mode)
	share := r.PassivePorts.Share
	switch {
	case r.Repeats != nil:
		share = r.Repeats.Of(mode).Share
	case mode != evidence.Passive:
		return ""
	}
	if share == nil {
		return ""
	}
	return ": " + aboutShare(*share) + " of the transfers"
}

// aboutShare rounds a share, but never to all or nothing.
func aboutShare(share float64) string {
	n := math.Round(share * 100)
	if share > 0 && n < 1 {
		return "less than 1 %"
	}
	if share < 1 && n > 99 {
		return "more than 99 %"
	}
	return fmt.Sprintf("about %.0f %%", n)
}

// brokenStep names the step before the modes at which the first error sits.
func brokenStep(r *diagnose.Result) string {
	for _, f := range r.Findings {
		if f.Severity == diagnose.Error {
			return stepWords[f.Layer]
		}
	}
	return ""
}

var stepWords = map[diagnose.Layer]string{
	diagnose.LayerDNS:      "the server's name",
	diagnose.LayerControl:  "the first connection to the server",
	diagnose.LayerGreeting: "the server's greeting",
	diagnose.LayerTLS:      "the encryption",
	diagnose.LayerLogin:    "the login",
}

// noVerdict tells whether nothing was decided: no mode, and no step before them.
func noVerdict(r *diagnose.Result) bool {
	return r.Recommendation.Mode == diagnose.None && undecided(r.Modes.Passive) && undecided(r.Modes.Active) &&
		!(neitherTested(r) && brokenStep(r) != "")
}

func neitherTested(r *diagnose.Result) bool {
	return r.Modes.Passive == diagnose.NotTested && r.Modes.Active == diagnose.NotTested
}

func undecided(v diagnose.Verdict) bool {
	return v == diagnose.NotTested || v == diagnose.Inconclusive
}

func statusInk(s diagnose.Status) ink {
	switch s {
	case diagnose.StatusOK:
		return good
	case diagnose.StatusWarning:
		return doubtful
	case diagnose.StatusCritical:
		return bad
	}
	return note
}
