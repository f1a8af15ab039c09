package report

import (
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"

	"github.com/charmbracelet/lipgloss"
	"github.com/charmbracelet/x/ansi"

	"ftpdiag/probe/diagnose"
)

// The width of a report.
const (
	defaultWidth = 80
	minWidth     = 60  // narrower, the table has no room for what happened
	maxWidth     = 100 // longer lines are hard to read
)

// Text writes a report for a person, who may have a caller on the phone: first
// what to do, then whom it is about, what works, and what is wrong.
type Text struct{ Options }

// Render writes the reports, each under a heading where there are several.
func (t Text) Render(w io.Writer, results ...*diagnose.Result) error {
	p := &page{width: t.width(), look: newLook(w, t.Color)}
	for i, r := range results {
		c, err := normal(r)
		if err != nil {
			return err
		}
		if i > 0 {
			p.blank()
		}
		if len(results) > 1 {
			p.heading(i+1, len(results), c)
		}
		p.result(c, t.Verbose)
	}
	_, err := io.WriteString(w, p.out.String())
	return err
}

func (t Text) width() int {
	if t.Width == 0 {
		return defaultWidth
	}
	return min(max(t.Width, minWidth), maxWidth)
}

// result writes the whole report of one target.
func (p *page) result(r *diagnose.Result, verbose bool) {
	p.verdict(r)
	p.blank()
	p.facts(r, verbose)
	p.table(r)
	p.repeats(r.Repeats)
	p.findings(r)
	p.deeper(r)
	if verbose {
		p.connections(r)
		p.dialogue(r.Transcript)
	}
}

// heading sets several reports apart.
func (p *page) heading(n, of int, r *diagnose.Result) {
	title := fmt.Sprintf("== %d of %d: %s", n, of, oneLine(targetName(r)))
	title = ansi.Truncate(title, p.width-4, "...") + " "
	p.fill("", "", span{strong, title + strings.Repeat("=", p.width-lipgloss.Width(title))})
}

// targetName is what a heading calls a target: with the port where it is not the
// usual one.
func targetName(r *diagnose.Result) string {
	switch {
	case r.Target.Label != "":
		return r.Target.Label
	case r.Target.Host != "" && r.Target.Port != 0 && r.Target.Port != 21:
		return net.JoinHostPort(r.Target.Host, strconv.Itoa(r.Target.Port))
	case r.Target.Host != "":
		return r.Target.Host
	}
	return r.Target.Input
}

// oneLine puts a text of several lines on one.
func oneLine(s string) string { return strings.ReplaceAll(s, "\n", " ") }
