package ftp

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"ftpdiag/probe/evidence"
)

func TestRedactorClean(t *testing.T) {
	r := NewRedactor("s3cret!", "pa ss", "geheim%25x", "t\tb\x1b", "abc", "", "s3cret!longer", "päss")
	tests := []struct{ in, want string }{
		{"530 Login incorrect.", "530 Login incorrect."},
		{"you sent s3cret!", "you sent ***"},
		{"s3cret!s3cret!", "******"},
		{"s3cret!longer", "***"},
		{"S3CRET!", "S3CRET!"},
		{"ftp://u:s3cret%21@host", "ftp://u:***@host"},
		{"%73%33%63%72%65%74%21", "***"},
		{"%733%63ret%21", "***"},
		{"pa%20ss pa ss", "*** ***"},
		{"p%C3%A4ss p%c3%a4ss p%C3%a4%73s", "*** *** ***"},
		{"geheim%25x geheim%2525x geheim%25%32%35x", "*** *** ***"},
		{"geheim%x", "geheim%x"},
		{"t\tb\x1b", "***"},
		{`t\x09b\x1b`, "***"},
		{"t%09b%1B", "***"},
		{"abc", "abc"}, // three characters
		{"s3cret", "s3cret"},
		{"\x1b[2J s3cret!\n", `\x1b[2J ***` + "\n"},
		{"caf\xe9s3cret!", `caf\xe9***`},
		{"%7", "%7"},
		{"%%73", "%%73"},
	}
	for _, tt := range tests {
		if got := r.Clean(tt.in); got != tt.want {
			t.Errorf("Clean(%q) = %q, want %q", tt.in, got, tt.want)
		}
	}
}

func TestRedactorSeesWhatVisibleMakes(t *testing.T) {
	if got := NewRedactor(`\x1b[2J`).Clean("\x1b[2J"); got != Redacted {
		t.Errorf("got %q, want %q: the visible form is the secret", got, Redacted)
	}
}

func TestRedactorCommand(t *testing.T) {
	r := NewRedactor("hunter2")
	tests := []struct{ in, want string }{
		{"USER anonymous", "USER anonymous"},
		{"PASS hunter2", "PASS ***"},
		{"PASS x", "PASS ***"},
		{"pass x y z", "pass ***"},
		{"PASS\tx", "PASS ***"},
		{"ACCT a", "ACCT ***"},
		{"PASS", "PASS"},
		{"PASV", "PASV"},
		{"PASSERBY x", "PASSERBY x"},
		{"CWD /hunter2/x", "CWD /***/x"},
		{"CWD \x1b", `CWD \x1b`},
	}
	for _, tt := range tests {
		if got := r.Command(tt.in); got != tt.want {
			t.Errorf("Command(%q) = %q, want %q", tt.in, got, tt.want)
		}
	}
}

func TestNilRedactor(t *testing.T) {
	var r *Redactor
	if got := r.Clean("a\x1bb"); got != `a\x1bb` {
		t.Errorf("Clean gives %q, want what Visible gives", got)
	}
	if got := r.Command("PASS x"); got != "PASS ***" {
		t.Errorf("Command gives %q, want no password", got)
	}
}

func FuzzRedactor(f *testing.F) {
	f.Add("before ", "hunter2", " after", uint64(0))
	f.Add("ftp://u:", "p%25\x1b\xff", "@host", ^uint64(0))
	f.Add("a", "aaab", "aab", uint64(5))
	f.Fuzz(func(t *testing.T, before, secret, after string, encoded uint64) {
		if strings.Trim(secret, "*") != secret || utf8.RuneCountInString(secret) < shortestSecret {
			return
		}
		var b strings.Builder
		for i := range len(secret) { // the bits say which bytes are encoded, and in which case
			switch encoded >> (2 * (i % 32)) & 3 {
			case 0, 1:
				b.WriteByte(secret[i])
			case 2:
				fmt.Fprintf(&b, "%%%02x", secret[i])
			case 3:
				fmt.Fprintf(&b, "%%%02X", secret[i])
			}
		}
		r := NewRedactor(secret)
		got := r.Clean(before + b.String() + after)
		if !strings.Contains(got, Redacted) {
			t.Fatalf("%q as %q stayed in %q", secret, b.String(), got)
		}
		if got != Visible(got) {
			t.Fatalf("%q is not visible", got)
		}
		if strings.Contains(strings.ReplaceAll(got, Redacted, ""), Visible(secret)) && !strings.Contains(before+after, "*") {
			for _, part := range strings.Split(got, Redacted) {
				if strings.Contains(part, Visible(secret)) {
					t.Fatalf("%q stayed in %q", secret, got)
				}
			}
		}
	})
}

// What the caller calls the host is readable, though the password says the same.
func TestRedactorTarget(t *testing.T) {
	for _, c := range []struct{ password, input, host, user, path, wantInput, wantUser, wantPath string }{
		{"example.com", "example.com", "example.com", "bob", "", "example.com", "bob", ""},
		{"example", "ftp.example.com:2121", "ftp.example.com", "bob", "", "ftp.example.com:2121", "bob", ""},
		{"example.com", "ftp://bob:***@example.com/", "example.com", "bob", "", "ftp://bob:***@example.com/", "bob", ""},
		{"example.com", "ftp://bob:example.com@example.com:21/example.com/x", "example.com", "bob", "example.com/x",
			"ftp://bob:***@example.com:21/***/x", "bob", "***/x"},
		{"ftpes", "ftpes://ftpes@ftpes/", "ftpes", "ftpes", "", "ftpes://***@ftpes/", "***", ""},
		{"2001:db8::1", "[2001:db8::1]:21", "2001:db8::1", "bob", "", "[2001:db8::1]:21", "bob", ""},
		{"hunter22", "ftp://bob@h/hunter%32%32/", "h", "bob", "hunter22/", "ftp://bob@h/***/", "bob", "***/"},
	} {
		got := NewRedactor(c.password).Target(evidence.Target{Input: c.input, Host: c.host, User: c.user, Path: c.path})
		if want := (evidence.Target{Input: c.wantInput, Host: c.host, User: c.wantUser, Path: c.wantPath}); got != want {
			t.Errorf("%s: %+v, want %+v", c.password, got, want)
		}
	}
}
