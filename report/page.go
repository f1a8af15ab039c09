package report

import (
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/charmbracelet/lipgloss"
	"github.com/charmbracelet/x/ansi"
)

// page lays text out in lines of at most width columns. Only a word that is
// longer than a line stands out, so that a command can be copied whole; quoted
// text is broken like a terminal would break it.
type page struct {
	out   strings.Builder
	width int
	look  look
}

// span is a piece of text in one ink.
type span struct {
	ink  ink
	text string
}

// word is what has no space in it, in one ink or several, and the number of
// spaces before it.
type word struct {
	gap   int
	spans []span
	width int
}

// blank ends a paragraph.
func (p *page) blank() { p.out.WriteByte('\n') }

// fill writes one paragraph: first stands before its first line, rest before the
// others; both are already rendered. Line ends in the text begin a new line.
func (p *page) fill(first, rest string, text ...span) {
	for _, line := range splitLines(text) {
		p.paragraph(first, rest, line)
		first = rest
	}
}

func (p *page) paragraph(first, rest string, text []span) {
	indent := max(lipgloss.Width(first), lipgloss.Width(rest))
	room := max(p.width-indent, 1)
	lead := first
	var line []span
	used := 0
	for _, w := range split(text, room) {
		if used+w.gap+w.width > room {
			if used > 0 {
				p.line(lead, line)
				lead, line, used = rest, nil, 0
			}
			w.gap = 0
		}
		if w.gap > 0 {
			line = append(line, span{w.spans[0].ink, strings.Repeat(" ", w.gap)})
		}
		line = append(line, w.spans...)
		used += w.gap + w.width
	}
	p.line(lead, line)
}

// line writes a finished line, neighbours of the same ink together, without
// spaces at its end.
func (p *page) line(lead string, spans []span) {
	var b strings.Builder
	b.WriteString(lead)
	for i := 0; i < len(spans); {
		text := ""
		j := i
		for ; j < len(spans) && spans[j].ink == spans[i].ink; j++ {
			text += spans[j].text
		}
		b.WriteString(p.look.render(spans[i].ink, text))
		i = j
	}
	p.out.WriteString(strings.TrimRight(b.String(), " "))
	p.out.WriteByte('\n')
}

// closing is room for a bracket and a full stop behind a command.
const closing = 3

// split makes words of text, none wider than room columns where it is quoted.
func split(text []span, room int) []word {
	var words []word
	gap, open := 0, false // open: the last word has not ended yet
	for _, s := range text {
		whole := s.ink == code && lipgloss.Width(s.text) <= room-closing
		for rest := s.text; rest != ""; {
			if n := len(rest) - len(strings.TrimLeft(rest, " ")); n > 0 {
				gap, open, rest = gap+n, false, rest[n:]
				continue
			}
			end := wordEnd(rest, room)
			if whole {
				end = len(rest)
			}
			for _, piece := range pieces(s.ink, rest[:end], room) {
				words = add(words, word{gap, []span{{s.ink, piece}}, lipgloss.Width(piece)}, open, room)
				gap, open = 0, false
			}
			open, rest = true, rest[end:]
		}
	}
	return words
}

// percent is a number with its sign, which is not parted from it.
var percent = regexp.MustCompile(`^[^ ]*[0-9] %[^ 0-9A-Za-z]*( |$)`)

// wordEnd is where the first word of text ends.
func wordEnd(text string, room int) int {
	if both := strings.TrimSuffix(percent.FindString(text), " "); both != "" && lipgloss.Width(both) <= room {
		return len(both)
	}
	if end := strings.IndexByte(text, ' '); end >= 0 {
		return end
	}
	return len(text)
}

// add puts w behind words, as a part of the last one if that is open and a line
// holds both.
func add(words []word, w word, open bool, room int) []word {
	if last := len(words) - 1; open && words[last].width+w.width <= room {
		words[last].spans = append(words[last].spans, w.spans...)
		words[last].width += w.width
		return words
	}
	return append(words, w)
}

// pieces cuts a word that no line holds, if it is quoted or in a script without
// spaces; any other stays whole.
func pieces(i ink, text string, room int) []string {
	breakable := i == quote || i == said || strings.IndexFunc(text, func(r rune) bool { return r > unicode.MaxASCII }) >= 0
	if !breakable || lipgloss.Width(text) <= room {
		return []string{text}
	}
	cut := strings.Split(ansi.Hardwrap(text, room, true), "\n")
	return slices.DeleteFunc(cut, func(s string) bool { return s == "" })
}

// splitLines splits text at line ends; there is always at least one line.
func splitLines(text []span) [][]span {
	lines := [][]span{nil}
	for _, s := range text {
		for i, part := range strings.Split(s.text, "\n") {
			if i > 0 {
				lines = append(lines, nil)
			}
			lines[len(lines)-1] = append(lines[len(lines)-1], span{s.ink, part})
		}
	}
	return lines
}
