package reporttest

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// CheckHarmless finds what a terminal would act upon, but for the ends of lines:
// control characters, formats such as changes of direction, and invalid bytes.
func CheckHarmless(out string) error {
	if !utf8.ValidString(out) {
		return fmt.Errorf("invalid UTF-8")
	}
	acts := func(r rune) bool { return r != '\n' && unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) }
	if i := strings.IndexFunc(out, acts); i >= 0 {
		return fmt.Errorf("%q is in the output", out[max(i-20, 0):min(i+20, len(out))])
	}
	return nil
}
