package report

import (
	"fmt"
	"strings"

	"github.com/charmbracelet/lipgloss"
	"github.com/charmbracelet/x/ansi"

	"ftpdiag/probe/diagnose"
	"ftpdiag/probe/evidence"
)

// The columns of the table end here.
const (
	modeColumn    = 11
	verdictColumn = 27
	methodColumn  = 36
)

// table says for each mode and command whether it works, and what happened. It
// is left out where the run did not come as far as the modes.
func (p *page) table(r *diagnose.Result) {
	if neitherTested(r) {
		return
	}
	p.blank()
	head := pad(pad(pad("  Mode", modeColumn)+"Result", verdictColumn)+"Command", methodColumn) + "What happened"
	p.fill("", "", span{strong, head})
	p.mode(r, "Passive", r.Modes.Passive, evidence.EPSV, evidence.PASV)
	p.mode(r, "Active", r.Modes.Active, evidence.EPRT, evidence.PORT)
	p.ports(r.PassivePorts)
}

// mode writes the lines of one mode, one for each command that was tried.
func (p *page) mode(r *diagnose.Result, name string, v diagnose.Verdict, methods ...evidence.Method) {
	word := ansi.Truncate(verdictWords(v), verdictColumn-modeColumn-1, "")
	lead := pad("  "+name, modeColumn) + p.look.render(verdictInk(v), word)
	tried := false
	for _, m := range methods {
		if r.Methods.Of(m) == diagnose.NotTested {
			continue
		}
		first := pad(pad(lead, verdictColumn)+string(m), methodColumn)
		p.fill(first, pad("", methodColumn), whatHappened(r, m)...)
		lead, tried = "", true
	}
	if !tried {
		p.fill(lead, "")
	}
}

// pad fills s up to a column.
func pad(s string, column int) string {
	return fmt.Sprintf("%s%*s", s, max(column-lipgloss.Width(s), 1), "")
}

// whatHappened is the story of the attempt that speaks for a method.
func whatHappened(r *diagnose.Result, m evidence.Method) []span {
	v := r.Methods.Of(m)
	a, works, tries := spokesman(r.Attempts, m, v)
	story := []span{{verdictInk(v), verdictWords(v)}}
	switch {
	case a == nil && r.Repeats != nil && r.Repeats.Methods.Of(m).Tried > 0:
		return append(story, span{plain, ": " + worked(r.Repeats.Methods.Of(m))})
	case a == nil:
		return story
	case v == diagnose.Intermittent:
		story = append(story, span{plain, ": " + often(r, m, works, tries)})
		if a.Outcome == evidence.OutcomeFails {
			story = append(append(story, span{plain, "; else "}), whatFailed(a)...)
		}
		return story
	case a.Outcome == evidence.OutcomeWorks:
		return append(story, span{plain, ": " + whatCame(a)})
	}
	return append(append(story, span{plain, ": "}), whatFailed(a)...)
}

// often says how often a method worked: in the runs, or in the tries of the one
// there was.
func often(r *diagnose.Result, m evidence.Method, works, tries int) string {
	if r.Repeats != nil && r.Repeats.Methods.Of(m).Tried > 0 {
		return worked(r.Repeats.Methods.Of(m))
	}
	return fmt.Sprintf("%d of %d tries worked", works, tries)
}

// spokesman is the attempt that shows the verdict v on a method best, nil for
// none, with how many of the tries worked.
func spokesman(attempts []evidence.Attempt, m evidence.Method, v diagnose.Verdict) (best *evidence.Attempt, works, tries int) {
	wanted := evidence.OutcomeFails
	switch v {
	case diagnose.Works, diagnose.Conditional:
		wanted = evidence.OutcomeWorks
	case diagnose.Inconclusive:
		wanted = evidence.OutcomeInconclusive
	}
	for i := range attempts {
		a := &attempts[i]
		if a.Method != m || beside(a, v) {
			continue
		}
		tries++
		if a.Outcome == evidence.OutcomeWorks {
			works++
		}
		if best == nil || rank(a, wanted) > rank(best, wanted) {
			best = a
		}
	}
	return best, works, tries
}

// beside tells whether a asked something else than what v answers.
func beside(a *evidence.Attempt, v diagnose.Verdict) bool {
	switch a.Purpose {
	case evidence.PurposeForeign, evidence.PurposePort21, evidence.PurposePlain, evidence.PurposeNoReuse:
		return true
	case evidence.PurposeTLS12: // where only that works, it does on a condition
		return v != diagnose.Conditional
	}
	return false
}

// rank says how well a speaks for an outcome; a transfer says more than a dial.
func rank(a *evidence.Attempt, wanted evidence.Outcome) int {
	n := 0
	if a.Outcome == wanted {
		n += 2
	}
	if a.Purpose != evidence.PurposeSample {
		n++
	}
	return n
}

// ports says what dialling several passive ports showed, unless all answered.
func (p *page) ports(pp evidence.PassivePorts) {
	var sentences []string
	switch tried := len(pp.Works) + len(pp.Fails); {
	case len(pp.Fails) == 0, tried == 1:
	case len(pp.Works) == 0:
		sentences = append(sentences, fmt.Sprintf("None of the %d tried works (%s).", tried, ports(pp.Fails)))
	default:
		sentences = append(sentences, fmt.Sprintf("%d of the %d tried work (%s), the others do not (%s).",
			len(pp.Works), tried, ports(pp.Works), ports(pp.Fails)))
	}
	if len(pp.Passes) == 2 {
		sentences = append(sentences, "The way is open for "+rangeWords(pp.Passes)+".")
	}
	if len(pp.Blocked) == 2 {
		sentences = append(sentences, "It is blocked for "+rangeWords(pp.Blocked)+".")
	}
	if s := pp.Share; s != nil && *s > 0 && *s < 1 {
		sentences = append(sentences, capital(aboutShare(*s))+" of the passive transfers can work.")
	}
	if len(sentences) > 0 {
		p.blank()
		p.row("Ports", span{plain, strings.Join(sentences, " ")})
	}
}

// rangeWords names the ports from the one to the other.
func rangeWords(r []int) string {
	if r[0] == r[1] {
		return fmt.Sprintf("port %d", r[0])
	}
	return fmt.Sprintf("ports %d to %d", r[0], r[1])
}
