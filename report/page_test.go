package report

import (
	"io"
	"math/rand"
	"strings"
	"testing"

	"github.com/charmbracelet/lipgloss"
)

func newPage(width int) *page {
	return &page{width: width, look: newLook(io.Discard, ColorNever)}
}

func TestFill(t *testing.T) {
	for _, c := range []struct {
		name, first, rest string
		text              []span
		want              string
	}{
		{"nothing", "- ", "  ", nil, "-\n"},
		{"one line", "- ", "  ", []span{{plain, "short"}}, "- short\n"},
		{"wrapped", "- ", "  ", []span{{plain, "one two three four five"}}, "- one two\n  three four\n  five\n"},
		{"exactly full", "", "", []span{{plain, "123456789012 x"}}, "123456789012\nx\n"},
		{"spaces inside stay, at a break they go", "", "", []span{{plain, "  a  b   cccccc d"}}, "  a  b\ncccccc d\n"},
		{"inks do not part a word", "", "", []span{{plain, "is "}, {strong, "bold"}, {plain, ", and so on"}}, "is bold, and\nso on\n"},
		{"line ends", "- ", "  ", []span{{plain, "a\nb\n\nc"}}, "- a\n  b\n\n  c\n"},
		{"a long word stands out", "- ", "  ", []span{{plain, "a https://example.com/ b"}}, "- a\n  https://example.com/\n  b\n"},
		{"unless it is quoted", "> ", "  ", []span{{quote, "a 12345678901234567890 b"}}, "> a\n  1234567890\n  1234567890\n  b\n"},
		{"wide characters", "", "", []span{{plain, "漢字 かな カナ abc"}}, "漢字 かな\nカナ abc\n"},
		{"script without spaces", "", "", []span{{plain, "データ接続を確立"}}, "データ接続を\n確立\n"},
		{"spaces wider than a line", "", "", []span{{plain, "a" + strings.Repeat(" ", 50) + "b"}}, "a\nb\n"},
		{"code stays together", "", "", withCode("run `b c d e` f"), "run\n`b c d e` f\n"},
		{"code in brackets", "", "", withCode("run it (`b c d`)."), "run it\n(`b c d`).\n"},
		{"code longer than a line", "", "", withCode("`one two thr four f`."), "`one two thr\nfour f`.\n"},
		{"code leaves room for what closes it", "", "", withCode("`b c d e f`)."), "`b c d e\nf`).\n"},
		{"code never closed", "", "", withCode("a `b c"), "a `b c\n"},
		{"quote glued to a mark", "", "", []span{{plain, `"`}, {quote, "123456789012"}, {plain, `"`}}, "\"\n123456789012\n\"\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newPage(12)
			p.fill(c.first, c.rest, c.text...)
			if got := p.out.String(); got != c.want {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}

// TestFillAnything: whatever is filled in, a line is too wide only if it holds a
// single word that may not be broken, and no character is lost.
func TestFillAnything(t *testing.T) {
	words := []string{"a", " ", "set a b c", "  ", "word", "漢字", "e\u0301", "🙂", "x,", strings.Repeat("0", 25), strings.Repeat("語", 20), "\n"}
	for seed := range int64(1000) {
		g := rand.New(rand.NewSource(seed))
		var text []span
		for range g.Intn(12) {
			text = append(text, span{[]ink{plain, strong, quote, said, code}[g.Intn(5)], words[g.Intn(len(words))]})
		}
		first, rest := strings.Repeat(">", g.Intn(6)), strings.Repeat(">", g.Intn(6))
		p := newPage(10 + g.Intn(30))
		p.fill(first, rest, text...)
		lead := first
		for line := range strings.Lines(p.out.String()) {
			line = strings.TrimPrefix(strings.TrimSuffix(line, "\n"), lead)
			if lipgloss.Width(lead+line) > p.width && (strings.Contains(line, " ") || !strings.Contains(line, "0000")) {
				t.Fatalf("seed %d: %d columns instead of %d:\n%s", seed, lipgloss.Width(lead+line), p.width, &p.out)
			}
			lead = rest
		}
		if got, want := letters(strings.ReplaceAll(p.out.String(), ">", "")), letters(joined(text)); got != want {
			t.Fatalf("seed %d: %q became %q", seed, want, got)
		}
	}
}

func joined(text []span) string {
	var b strings.Builder
	for _, s := range text {
		b.WriteString(s.text)
	}
	return b.String()
}

// letters is s without what a line break may replace.
func letters(s string) string { return strings.NewReplacer(" ", "", "\n", "").Replace(s) }

func TestFillColor(t *testing.T) {
	p := &page{width: 12, look: newLook(io.Discard, ColorAlways)}
	p.fill("- ", "  ", span{bad, "one two three"}, span{plain, " end"})
	want := "- \x1b[1;31mone two\x1b[0m\n  \x1b[1;31mthree\x1b[0m end\n"
	if got := p.out.String(); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestClip(t *testing.T) {
	for _, c := range []struct {
		text           string
		lines, columns int
		shown, more    string
	}{
		{"abc", 1, 3, "abc", ""},
		{"abcd", 1, 3, "abc", "(1 byte more; --format json has them all)"},
		{"a\nb", 2, 3, "a\nb", ""},
		{"a\nb\nc", 2, 3, "a\nb", "(2 bytes more; --format json has them all)"},
		{"漢字", 1, 3, "漢", "(3 bytes more; --format json has them all)"},
		{"", 1, 3, "", ""},
	} {
		shown, more := clip(c.text, c.lines, c.columns)
		if shown != c.shown || more != c.more {
			t.Errorf("clip(%q, %d, %d) = %q, %q; want %q, %q", c.text, c.lines, c.columns, shown, more, c.shown, c.more)
		}
	}
}
