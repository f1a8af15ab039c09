package report

import (
	"io"

	"github.com/charmbracelet/lipgloss"
	"github.com/muesli/termenv"
)

// An ink is what a piece of text is, which decides how it looks. Nothing is said
// by an ink alone: a report in black and white says the same.
type ink int

const (
	plain ink = iota
	strong
	good
	doubtful
	bad
	note
	quote // verbatim words of a server, and
	said  // of ours: a line may break anywhere in them
	code  // something to type or to set: stays on one line if a line holds it
	inks
)

// look renders inks for one writer.
type look [inks]lipgloss.Style

// newLook binds the styles to w. They use the sixteen colours that a terminal's
// own palette defines, so that they can be read on light and on dark.
func newLook(w io.Writer, c Color) look {
	r := lipgloss.NewRenderer(w)
	switch c {
	case ColorAlways:
		r.SetColorProfile(termenv.ANSI)
	case ColorNever:
		r.SetColorProfile(termenv.Ascii)
	}
	color := func(n string) lipgloss.Style { return r.NewStyle().Foreground(lipgloss.Color(n)) }
	return look{
		plain:    r.NewStyle(),
		strong:   r.NewStyle().Bold(true),
		good:     color("2").Bold(true),
		doubtful: color("3").Bold(true),
		bad:      color("1").Bold(true),
		note:     color("6").Bold(true),
		quote:    color("6"),
		said:     r.NewStyle(),
		code:     color("6"),
	}
}

// For settles an automatic choice of colours by w, so that a report can be made
// in memory before it is written there.
func (o Options) For(w io.Writer) Options {
	if o.Color != "" && o.Color != ColorAuto {
		return o
	}
	o.Color = ColorNever
	if lipgloss.NewRenderer(w).ColorProfile() != termenv.Ascii {
		o.Color = ColorAlways
	}
	return o
}

// render puts s in an ink.
func (l look) render(i ink, s string) string {
	if i == plain {
		return s
	}
	return l[i].Render(s)
}
