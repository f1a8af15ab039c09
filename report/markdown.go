package report

import (
	"fmt"
	"io"
	"strings"

	"ftpdiag/probe/diagnose"
	"ftpdiag/probe/evidence"
)

// Markdown writes a report for the summary of a CI job, or for a ticket, in
// GitHub Flavored Markdown: the verdict, a table of the modes, and what is wrong
// with its proof and its cure. What a server says is code or escaped text: it
// makes no link, no picture, no HTML and no mention of anybody.
type Markdown struct{}

// Render writes the reports, each under a heading of its own.
func (Markdown) Render(w io.Writer, results ...*diagnose.Result) error {
	all, err := normals(results)
	if err != nil || len(all) == 0 {
		return err
	}
	m := &markdown{}
	if len(all) > 1 {
		m.overview(all)
	}
	for _, r := range all {
		m.result(r)
	}
	_, err = io.WriteString(w, strings.TrimRight(m.out.String(), "\n")+"\n")
	return err
}

// markdown is a document that is being written, block by block.
type markdown struct{ out strings.Builder }

// block writes a block and the empty line behind it.
func (m *markdown) block(format string, args ...any) {
	fmt.Fprintf(&m.out, format+"\n\n", args...)
}

// overview is a table of all targets.
func (m *markdown) overview(all []*diagnose.Result) {
	m.block("## FTP: %s, %d targets", strings.ToUpper(string(worst(all))), len(all))
	rows := []string{"| Target | Status | Passive | Active | Use | Cause |", "| --- | --- | --- | --- | --- | --- |"}
	for _, r := range all {
		rows = append(rows, tableRow(prose(targetName(r)), prose(string(r.Status)), prose(modeWord(r, evidence.Passive)),
			prose(modeWord(r, evidence.Active)), prose(string(r.Recommendation.Mode)), prose(causeLine(r))))
	}
	m.block("%s", strings.Join(rows, "\n"))
}

// result is the report on one target.
func (m *markdown) result(r *diagnose.Result) {
	m.block("### %s: %s", prose(targetName(r)), strings.ToUpper(prose(string(r.Status))))
	m.block("**%s**", prose(headlineText(r)))
	if r.Recommendation.Reason != "" {
		m.block("%s", prose(r.Recommendation.Reason))
	}
	var notes []string
	for _, c := range r.Recommendation.Conditions {
		notes = append(notes, "- Condition: "+prose(c.Text))
	}
	for _, words := range gateWords(r.Gated) {
		notes = append(notes, "- "+prose(words))
	}
	if len(notes) > 0 {
		m.block("%s", strings.Join(notes, "\n"))
	}
	m.modes(r)
	for i := range r.Findings {
		m.finding(i+1, r.Findings[i])
	}
	m.deeper(r)
	m.block("%s", prose(timeWords(r)))
}

// modes is the table of the modes and the commands that were tried.
func (m *markdown) modes(r *diagnose.Result) {
	if neitherTested(r) {
		return
	}
	rows := []string{"| Mode | Result | Command | What happened |", "| --- | --- | --- | --- |"}
	for _, mode := range []evidence.Mode{evidence.Passive, evidence.Active} {
		name, word := capital(string(mode)), prose(modeWord(r, mode))
		for _, method := range methodsOf(mode) {
			if r.Methods.Of(method) == diagnose.NotTested {
				continue
			}
			rows = append(rows, tableRow(name, word, string(method), spansMarkdown(whatHappened(r, method))))
			name, word = "", ""
		}
		if name != "" {
			rows = append(rows, tableRow(name, word, "", ""))
		}
	}
	m.block("%s", strings.Join(rows, "\n"))
}

func methodsOf(mode evidence.Mode) []evidence.Method {
	if mode == evidence.Active {
		return []evidence.Method{evidence.EPRT, evidence.PORT}
	}
	return []evidence.Method{evidence.EPSV, evidence.PASV}
}

// finding is one of them: what, how it is known, who must do what.
func (m *markdown) finding(n int, f diagnose.Finding) {
	m.block("#### %d. %s: %s", n, strings.ToUpper(prose(string(f.Severity))), prose(f.Summary))
	words := codeSpan(string(f.Code))
	if f.Mode != "" {
		words += ", " + prose(string(f.Mode)) + " mode"
	}
	words += ", confidence " + prose(string(f.Confidence))
	if len(f.CouldAlsoBe) > 0 {
		also := make([]string, len(f.CouldAlsoBe))
		for i, c := range f.CouldAlsoBe {
			also[i] = codeSpan(string(c))
		}
		words += "; could also be " + strings.Join(also, " or ")
	}
	m.block("%s", words)
	if len(f.Evidence) > 0 {
		m.block("%s", fence(evidenceText(f.Evidence)))
	}
	m.fixes(f)
}

// evidenceText is the proof, as much of it as is shown.
func evidenceText(proof []string) string {
	lines := make([]string, len(proof))
	for i, e := range proof {
		shown, more := clip(e, evidenceLines, evidenceColumns)
		if more != "" {
			shown += "\n" + more
		}
		lines[i] = shown
	}
	return strings.Join(lines, "\n")
}

// fixes says who can do what; where there is nothing to do, who can mend it.
func (m *markdown) fixes(f diagnose.Finding) {
	last := diagnose.Who("")
	var items []string
	flush := func() {
		if len(items) > 0 {
			m.block("%s", strings.Join(items, "\n"))
		}
		items = nil
	}
	for _, x := range f.Fixes {
		if x.Who != last {
			flush()
			m.block("To do for **%s**:", prose(whoWords(x.Who)))
			last = x.Who
		}
		items = append(items, "- "+fixMarkdown(x.Text))
	}
	flush()
	if len(f.Fixes) == 0 && len(f.Who) > 0 {
		m.block("**%s** can mend it.", prose(capital(whoWords(f.Who[0]))))
	}
}

// fixMarkdown is a fix whose commands are code.
func fixMarkdown(text string) string {
	var b strings.Builder
	for _, s := range withCode(oneLine(text)) {
		if s.ink == code {
			b.WriteString(codeSpan(strings.Trim(s.text, "`")))
		} else {
			b.WriteString(prose(s.text))
		}
	}
	return b.String()
}

// spansMarkdown is text in inks, of which the quotes are code.
func spansMarkdown(spans []span) string {
	var b strings.Builder
	for _, s := range spans {
		if s.ink == quote || s.ink == code {
			b.WriteString(codeSpan(s.text))
		} else {
			b.WriteString(prose(s.text))
		}
	}
	return b.String()
}
