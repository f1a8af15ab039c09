package report

import (
	"fmt"
	"strings"

	"ftpdiag/probe/diagnose"
	"ftpdiag/probe/evidence"
)

// repeats says how often what worked, where there were several runs, and in what
// those that failed differed.
func (p *page) repeats(r *diagnose.Repeats) {
	if r == nil {
		return
	}
	p.blank()
	words := fmt.Sprintf("%d runs", r.Runs)
	if r.Interval > 0 {
		words += fmt.Sprintf(", %s apart", took(r.Interval))
	}
	p.row("Repeated", span{plain, fmt.Sprintf("%s. The details above and below are those of run %d.", words, r.Shown)})
	p.share(evidence.Passive, r.Passive, r.Methods, evidence.EPSV, evidence.PASV)
	p.share(evidence.Active, r.Active, r.Methods, evidence.EPRT, evidence.PORT)
	if r.Passive.Tried+r.Active.Tried == 0 {
		p.row("", span{bad, "No run came to a transfer."})
	}
	name := "Differs"
	for _, d := range r.Differences {
		p.row(name, span{doubtful, oneLine(d.Text)})
		name = ""
	}
}

// share is a line about a mode that was tried.
func (p *page) share(mode evidence.Mode, s diagnose.Share, of diagnose.MethodShares, methods ...evidence.Method) {
	if s.Tried == 0 {
		return
	}
	var each []string
	for _, m := range methods {
		if share := of.Of(m); share.Tried > 0 {
			each = append(each, fmt.Sprintf("%s %s", m, count(share)))
		}
	}
	words := worked(s)
	if len(each) > 0 {
		words += " (" + strings.Join(each, ", ") + ")"
	}
	p.row("", span{plain, capital(string(mode)) + " mode "}, span{shareInk(s), words}, span{plain, "."})
}

// worked says in how many runs something worked.
func worked(s diagnose.Share) string {
	words := fmt.Sprintf("worked in %d of %d runs", s.Worked, s.Tried)
	if s.Partly > 0 {
		words += fmt.Sprintf(" and on some tries only in %d", s.Partly)
	}
	return words
}

// count is worked in the fewest words.
func count(s diagnose.Share) string {
	if s.Partly > 0 {
		return fmt.Sprintf("%d+%d of %d", s.Worked, s.Partly, s.Tried)
	}
	return fmt.Sprintf("%d of %d", s.Worked, s.Tried)
}

func shareInk(s diagnose.Share) ink {
	switch {
	case s.Worked == s.Tried:
		return good
	case s.Worked+s.Partly == 0:
		return bad
	}
	return doubtful
}
