package diagnose

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"ftpdiag/probe/evidence"
)

// Operations of attempts that are not the transfer in question.
const (
	opConnect = "CONNECT" // nothing was transferred
	opStore   = "STOR"    // an upload
)

// mostEvidence is how many lines of evidence a finding shows.
const mostEvidence = 6

// quote is a reply as it came, its lines joined.
func quote(r *evidence.Reply) string {
	if r == nil {
		return ""
	}
	return strings.TrimSpace(strconv.Itoa(r.Code) + " " + strings.ReplaceAll(r.Text, "\n", " / "))
}

// lastOf is the last that a session that failed said.
func lastOf(s *evidence.Session) string {
	switch {
	case s.Reply != nil:
		return quote(s.Reply)
	case s.Failure.Message != "":
		return s.Failure.Message
	}
	return happened(s.Failure.Kind, 0)
}

// quotes are the replies of the attempts that ended them, each once.
func quotes(tries []*try) []string {
	var out []string
	for _, t := range tries {
		out = append(out, quote(said(t.Attempt)))
	}
	return lines(out...)
}

// lines drops empty and repeated lines, and those beyond what a reader takes in.
func lines(in ...string) []string {
	seen := map[string]bool{"": true}
	out := []string{}
	for _, s := range in {
		if !seen[s] && len(out) < mostEvidence {
			seen[s] = true
			out = append(out, s)
		}
	}
	return out
}

// took writes a duration as people say it.
func took(m evidence.Millis) string {
	d := m.Duration()
	if d < time.Second {
		return fmt.Sprintf("%d ms", max(d.Milliseconds(), 0))
	}
	return fmt.Sprintf("%.1f s", d.Seconds())
}

// between is the time from the first offset that is known to the last that is.
func between(from *evidence.Millis, to evidence.Millis) evidence.Millis {
	if from == nil || *from > to {
		return 0
	}
	return to - *from
}

// happened puts a kind of failure in words.
func happened(k evidence.Kind, after evidence.Millis) string {
	words := map[evidence.Kind]string{
		evidence.KindRefused:         "refused",
		evidence.KindTimedOut:        "timed out",
		evidence.KindReset:           "reset",
		evidence.KindEOF:             "closed by the other side",
		evidence.KindHostUnreachable: "host unreachable",
		evidence.KindNetUnreachable:  "network unreachable",
		evidence.KindProhibited:      "administratively prohibited",
		evidence.KindDenied:          "not permitted on this machine",
		evidence.KindExhausted:       "no local port or buffer left",
	}
	said, ok := words[k]
	if !ok {
		said = "failed (" + string(k) + ")"
	}
	if after <= 0 {
		return said
	}
	return said + " after " + took(after)
}

// dialled says how the connect to a passive port went.
func dialled(t *try) string {
	to := "connect to " + t.Dialed.String() + ": "
	if t.Connected != nil {
		return to + "connected in " + took(between(t.Negotiated, *t.Connected))
	}
	if t.Failure == nil {
		return ""
	}
	return to + happened(t.Failure.Kind, between(t.Negotiated, t.End))
}

// dials says how several went: the negotiation and the connect of the first
// few, and how many more went the same way.
func dials(tries []*try, most int) []string {
	var out []string
	for i, t := range tries {
		if i == most {
			return append(out, fmt.Sprintf("the same with %d more of the ports offered", len(tries)-most))
		}
		out = append(out, quote(t.Negotiation), dialled(t))
	}
	return out
}

// awaited says what came, or did not, of an active data connection.
func awaited(t *try) string {
	at := "connection to " + t.Listened.String() + ": "
	switch {
	case t.AcceptedFrom.IsValid():
		return at + "came from " + t.AcceptedFrom.String()
	case t.SYNSeen != nil:
		return at + "the request of " + t.SYNSeen.From.String() + " reached this machine and was not let in"
	case t.Watched:
		return at + "none came, and no packet of the server reached this machine, in " + took(waited(t))
	}
	return at + "none came in " + took(waited(t))
}

// waited is how long the server, or we, waited for the active data connection.
func waited(t *try) evidence.Millis {
	switch {
	case t.at(evidence.OpNegotiate):
		return between(&t.Start, t.End)
	case t.Asked != nil && t.Replied != nil:
		return between(t.Asked, *t.Replied)
	case t.Asked != nil:
		return between(t.Asked, t.End)
	}
	return between(t.Negotiated, t.End)
}

// asked names the command with its argument, as far as it is known.
func asked(t *try) string {
	if t.Path == "" {
		return t.Operation
	}
	return t.Operation + " " + t.Path
}

// stalled says how far a transfer came.
func stalled(t *try) string {
	return fmt.Sprintf("%s over %s: %d bytes, then %s", asked(t), t.Method, t.Bytes, ending(t))
}

func ending(t *try) string {
	if t.Failure == nil {
		return "an orderly end"
	}
	if t.by(evidence.KindRejected) {
		return "that reply"
	}
	if t.by(evidence.KindTimedOut) {
		return "nothing more for " + took(between(latest(t.FirstByte, t.Marked, t.Connected, t.Asked), t.End))
	}
	return happened(t.Failure.Kind, 0)
}

// latest is the last of the offsets that are known; nil: none is.
func latest(offsets ...*evidence.Millis) *evidence.Millis {
	var last *evidence.Millis
	for _, m := range offsets {
		if m != nil && (last == nil || *m > *last) {
			last = m
		}
	}
	return last
}

// finished says that a transfer worked.
func finished(t *try) string {
	if t.Operation == opConnect {
		return dialled(t)
	}
	return fmt.Sprintf("%s over %s: %d bytes, %s", asked(t), t.Method, t.Bytes, quote(t.Reply))
}

// bare says as much of attempts as there always is.
func bare(tries []*try) []string {
	var out []string
	for _, t := range tries {
		line := fmt.Sprintf("%s %s: %s", t.Method, asked(t), t.Outcome)
		if t.Failure != nil {
			line += fmt.Sprintf(" (%s, %s)", t.Failure.Op, t.Failure.Kind)
		}
		out = append(out, line)
	}
	return lines(out...)
}

// host writes an address, or nothing where it is not known.
func host(ip netip.Addr) string {
	if !ip.IsValid() {
		return ""
	}
	return ip.String()
}
