package diagnose

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"ftpdiag/probe/evidence"
)

// recommended is the mode to use: passive if it works or is conditional, else
// active if it does, else passive, else active, if intermittent, else none.
func recommended(m Modes) RecommendedMode {
	for _, good := range [][]Verdict{{Works, Conditional}, {Intermittent}} {
		for _, mode := range []evidence.Mode{evidence.Passive, evidence.Active} {
			if slices.Contains(good, m.Of(mode)) {
				return RecommendedMode(mode)
			}
		}
	}
	return None
}

// recommend completes the recommendation; findings are sorted.
func (v *view) recommend(hits []hit, findings []Finding) Recommendation {
	r := Recommendation{Mode: recommended(v.verdicts.modes), TLS: v.recommendedTLS(hits), Conditions: []Condition{}}
	if r.Mode == None {
		r.Confidence = v.confidenceInNone(findings)
		r.Reason = v.reasonForNone(findings)
		return r
	}
	mode := evidence.Mode(r.Mode)
	r.Method = v.bestMethod(mode)
	r.Confidence = v.confidenceIn(mode)
	for _, h := range hits {
		if h.condition != nil && h.covers(mode) && !hasCondition(r.Conditions, h.condition.Code) {
			r.Conditions = append(r.Conditions, *h.condition)
		}
	}
	r.Reason = v.reasonFor(mode, r.Conditions, findings)
	return r
}

func hasCondition(conditions []Condition, code string) bool {
	return slices.ContainsFunc(conditions, func(c Condition) bool { return c.Code == code })
}

// bestMethod is the method of the mode that worked best, the newer one first.
func (v *view) bestMethod(mode evidence.Mode) evidence.Method {
	methods := []evidence.Method{evidence.EPSV, evidence.PASV}
	if mode == evidence.Active {
		methods = []evidence.Method{evidence.EPRT, evidence.PORT}
	}
	for _, verdict := range []Verdict{Works, Conditional, Intermittent} {
		for _, m := range methods {
			if v.verdicts.methods.Of(m) == verdict {
				return m
			}
		}
	}
	return ""
}

// names of the modes in a sentence.
var names = map[evidence.Mode]string{evidence.Passive: "passive mode", evidence.Active: "active mode"}

func capital(s string) string { return string(s[0]-'a'+'A') + s[1:] }

// reasonFor says in one sentence why the mode is recommended, and what does not
// work all the same.
func (v *view) reasonFor(mode evidence.Mode, conditions []Condition, findings []Finding) string {
	other := evidence.Active
	if mode == evidence.Active {
		other = evidence.Passive
	}
	reason := capital(names[mode])
	and := ", and " + strings.TrimSuffix(v.besides(other), " work") // the verb stands before it
	switch verdict := v.verdicts.modes.Of(mode); {
	case verdict == Conditional && len(conditions) > 0:
		reason += " works, provided that " + provided(conditions[0].Text) + "; " + v.besides(other)
	case verdict == Conditional:
		reason += " works on a condition; " + v.besides(other)
	case verdict == Intermittent:
		reason += fmt.Sprintf(" works in about %.0f %% of the tries", math.Round(100*v.verdicts.share[mode])) + and
	case v.verdicts.modes.Of(other) == Works:
		reason += " works, and so does " + names[other]
	default:
		reason += " works" + and
	}
	for _, f := range findings {
		if f.Severity == Error && (f.Mode == "" || v.usable(f.Mode)) {
			return reason + ", but " + lowerFirst(f.Summary)
		}
	}
	if v.ev.ContactLost != nil {
		return reason + ", but the server answers no longer."
	}
	return reason + "."
}

// provided puts a condition ("the client must use EPSV") as a fact ("the client
// uses EPSV").
func provided(condition string) string {
	who, what, _ := strings.Cut(condition, " must ")
	verb, rest, _ := strings.Cut(what, " ")
	return who + " " + verb + "s " + rest
}

// usable tells whether the mode works, if only somehow.
func (v *view) usable(mode evidence.Mode) bool { return usable(v.verdicts.modes.Of(mode)) }

func usable(verdict Verdict) bool {
	return verdict == Works || verdict == Conditional || verdict == Intermittent
}

// besides says how the other mode stands.
func (v *view) besides(other evidence.Mode) string {
	switch v.verdicts.modes.Of(other) {
	case Works:
		return names[other] + " works too"
	case Conditional:
		return names[other] + " works on a condition"
	case Intermittent:
		return names[other] + " works only sometimes"
	case Fails:
		return names[other] + " does not work"
	case Inconclusive:
		return "nothing was decided about " + names[other]
	}
	return names[other] + " was not tried"
}

// reasonForNone says in one sentence why no mode is recommended.
func (v *view) reasonForNone(findings []Finding) string {
	m := v.verdicts.modes
	switch {
	case m.Passive == Fails && m.Active == Fails:
		return "Neither passive nor active mode works."
	case m.Passive == Fails && m.Active == NotTested:
		return "Passive mode does not work, and active mode was not tried."
	case m.Active == Fails && m.Passive == NotTested:
		return "Active mode does not work, and passive mode was not tried."
	case m.Passive == NotTested && m.Active == NotTested && len(findings) > 0 && findings[0].Severity == Error:
		return "No mode could be tried: " + lowerFirst(findings[0].Summary)
	case v.ev.Interrupted && m.Passive != Fails && m.Active != Fails:
		return "The diagnosis was interrupted before a verdict."
	case v.ev.ContactLost != nil && m.Passive != Fails && m.Active != Fails:
		return "The server stopped answering before a verdict."
	case m.Passive == NotTested && m.Active == NotTested:
		return "No mode was tried."
	case m.Passive == Fails || m.Active == Fails:
		failing, open := evidence.Passive, evidence.Active
		if m.Active == Fails {
			failing, open = open, failing
		}
		return capital(names[failing]) + " does not work, and nothing was decided about " + names[open] + "."
	}
	return "The evidence decides nothing about either mode."
}

// lowerFirst makes a sentence the end of another.
func lowerFirst(s string) string {
	if len(s) > 1 && 'A' <= s[0] && s[0] <= 'Z' && (s[1] == ' ' || 'a' <= s[1] && s[1] <= 'z') {
		return string(s[0]-'A'+'a') + s[1:]
	}
	return s
}
