package ftp

import (
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestVisible(t *testing.T) {
	tests := []struct{ in, want string }{
		{"", ""},
		{"220 (vsFTPd 3.0.3)", "220 (vsFTPd 3.0.3)"},
		{"first\nsecond", "first\nsecond"},
		{"Größe ✓ 日本 👍", "Größe ✓ 日本 👍"},
		{`C:\x1b\temp`, `C:\x1b\temp`},
		{"\x1b[2J\x07", `\x1b[2J\x07`},
		{"\x00\x08\x7f", `\x00\x08\x7f`},
		{"a\tb\rc", `a\x09b\x0dc`},
		{"\u009b31m\u0085", `\u009b31m\u0085`},
		{"caf\xe9 \xff\xc3", `caf\xe9 \xff\xc3`},
		{"\xed\xa0\x80", `\xed\xa0\x80`}, // half a surrogate pair
		{"\ufffd", "\ufffd"},             // that character itself
		{"\u202egpj.exe\u202c", `\u202egpj.exe\u202c`},
		{"\u061c\u200e\u200f\u202a\u202b\u202d", `\u061c\u200e\u200f\u202a\u202b\u202d`},
		{"\u2066\u2067\u2068\u2069", `\u2066\u2067\u2068\u2069`},
		{"\u2028\u2029\ufeff\u200b\u00ad", `\u2028\u2029\ufeff\u200b\u00ad`},
		{"\U000e0041", `\U000e0041`}, // a tag character
	}
	for _, tt := range tests {
		if got := Visible(tt.in); got != tt.want {
			t.Errorf("Visible(%q) = %q, want %q", tt.in, got, tt.want)
		}
	}
}

func FuzzVisible(f *testing.F) {
	for _, s := range []string{"plain", "\x1b]0;title\x07", "\xff\xfb\x01", "\u202eabc", "a\r\nb", `\u202e`, "\ufffd", "\U000e0041"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := Visible(s)
		if !utf8.ValidString(got) {
			t.Fatalf("Visible(%q) = %q is not UTF-8", s, got)
		}
		for _, r := range got {
			if r != '\n' && unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) {
				t.Fatalf("Visible(%q) = %q has %U", s, got, r)
			}
		}
		if again := Visible(got); again != got {
			t.Fatalf("Visible(%q) = %q, and again %q", s, got, again)
		}
	})
}
