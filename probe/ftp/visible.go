package ftp

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Visible writes what a terminal would act upon, or a reader would not see, as
// text: control characters and invalid bytes as \x1b, C1 controls and format
// characters (bidirectional ones, zero-width ones, the byte order mark) as
// \u202e. The result is valid UTF-8. \n stays, being our own separator of lines;
// a lone \r and a tab do not. A backslash stays as it is, so that a text that is
// made visible twice is the same as one made visible once.
func Visible(s string) string {
	first := strings.IndexFunc(s, func(r rune) bool { return r == utf8.RuneError || hidden(r) })
	if first < 0 {
		return s
	}
	var b strings.Builder
	b.Grow(len(s) + 16)
	b.WriteString(s[:first])
	for rest := s[first:]; rest != ""; {
		r, size := utf8.DecodeRuneInString(rest)
		switch {
		case r == utf8.RuneError && size == 1, r < utf8.RuneSelf && hidden(r):
			fmt.Fprintf(&b, `\x%02x`, rest[0])
		case !hidden(r):
			b.WriteString(rest[:size])
		case r > 0xffff:
			fmt.Fprintf(&b, `\U%08x`, r)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
		rest = rest[size:]
	}
	return b.String()
}

// hidden tells whether r must not reach a terminal.
func hidden(r rune) bool {
	return r != '\n' && unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp)
}
