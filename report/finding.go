package report

import (
	"fmt"
	"slices"
	"strings"

	"ftpdiag/probe/diagnose"
)

// labelIndent is where the text of a finding begins.
const labelIndent = "           "

// How much of one piece of evidence is shown.
const (
	evidenceLines   = 8
	evidenceColumns = 320
)

// findings writes what is wrong, and then what is only worth knowing.
func (p *page) findings(r *diagnose.Result) {
	title := ""
	for i, f := range r.Findings {
		t := "What is wrong"
		if f.Severity == diagnose.Info {
			t = "Good to know"
		}
		if t != title {
			p.blank()
			p.fill("", "", span{strong, t})
			title = t
		}
		p.blank()
		p.finding(i+1, r, f)
	}
	if len(r.Findings) == 0 && r.Status == diagnose.StatusOK {
		p.blank()
		p.fill("", "", span{good, "Nothing wrong was found."})
	}
}

// finding writes one of them: what, how it is known, who must do what.
func (p *page) finding(n int, r *diagnose.Result, f diagnose.Finding) {
	number := fmt.Sprintf("%2d. ", n)
	p.fill(number, "    ",
		span{severityInk(f.Severity), strings.ToUpper(string(f.Severity)) + ":"},
		span{strong, " " + oneLine(f.Summary)})
	p.fill("    ", "    ", span{plain, codeWords(f)})
	p.evidence(f.Evidence)
	if f.BlockedAt != nil {
		end := endingOf(r, f.BlockedAt)
		p.label("Where", span{plain, end.words()})
		if end.drawable() {
			p.way(labelIndent, labelIndent, r, end)
		}
	}
	if f.Severity != diagnose.Info || len(f.Fixes) > 0 {
		p.who(f.Who)
	}
	p.fixes(f)
	if len(f.CouldAlsoBe) > 0 {
		codes := make([]string, len(f.CouldAlsoBe))
		for i, c := range f.CouldAlsoBe {
			codes[i] = oneLine(string(c))
		}
		look := "it looks"
		if len(codes) > 1 {
			look = "they look"
		}
		p.label("Maybe", span{plain, strings.Join(codes, " or ") + " instead; " + look + " the same from here"})
	}
}

// label writes a part of a finding behind its name.
func (p *page) label(name string, text ...span) {
	p.fill(labelled(name), labelIndent, text...)
}

// labelled is the start of a line with a name, or without.
func labelled(name string) string {
	if name == "" {
		return labelIndent
	}
	return "    " + name + labelIndent[4+len(name):]
}

// codeWords names the cause, and the mode where the code does not.
func codeWords(f diagnose.Finding) string {
	words := oneLine(string(f.Code))
	if f.Mode != "" && !strings.HasPrefix(words, string(f.Mode)) {
		words += ", in " + oneLine(string(f.Mode)) + " mode"
	}
	return words + ", confidence " + oneLine(string(f.Confidence))
}

// evidence quotes the lines that prove a finding.
func (p *page) evidence(lines []string) {
	name := "Seen"
	for _, e := range lines {
		shown, more := clip(e, evidenceLines, evidenceColumns)
		p.fill(labelled(name)+"> ", labelIndent+"  ", span{quote, shown})
		if more != "" {
			p.fill(labelIndent+"  ", labelIndent+"  ", span{plain, more})
		}
		name = ""
	}
}

// who names those who can mend it, the likeliest first.
func (p *page) who(people []diagnose.Who) {
	if len(people) == 0 {
		return
	}
	text := []span{{strong, whoWords(people[0])}, {plain, " can mend it"}}
	for i, w := range people[1:] {
		between := ", or else "
		if i > 0 {
			between = " or "
		}
		text = append(text, span{plain, between + whoWords(w)})
	}
	p.label("Who", text...)
}

// fixes writes what each person can do, a name once for what follows, and no
// name where only one person was named at all.
func (p *page) fixes(f diagnose.Finding) {
	name, last := "To do", diagnose.Who("")
	if len(f.Who) == 1 && !slices.ContainsFunc(f.Fixes, func(x diagnose.Fix) bool { return x.Who != f.Who[0] }) {
		last = f.Who[0]
	}
	for _, x := range f.Fixes {
		if x.Who != last {
			p.label(name, span{strong, whoWords(x.Who) + ":"})
			name, last = "", x.Who
		}
		p.fill(labelled(name)+"- ", labelIndent+"  ", withCode(x.Text)...)
		name = ""
	}
}

// withCode finds what stands between backquotes, which stay: without colours
// they alone tell a command from the words around it.
func withCode(text string) []span {
	var spans []span
	parts := strings.Split(text, "`")
	for i, part := range parts {
		switch {
		case i%2 == 0:
			spans = append(spans, span{plain, part})
		case i < len(parts)-1:
			spans = append(spans, span{code, "`" + part + "`"})
		default: // one that is never closed
			spans = append(spans, span{plain, "`" + part})
		}
	}
	return spans
}
