package ftp

import (
	"errors"
	"strings"
	"testing"

	"ftpdiag/probe/evidence"
)

func TestParseTarget(t *testing.T) {
	tests := []struct {
		in       string
		want     evidence.Target // Input only where it is not in
		password string          // "-": none
	}{
		{"ftp.example.com", evidence.Target{Host: "ftp.example.com"}, "-"},
		{"ftp.example.com.", evidence.Target{Host: "ftp.example.com."}, "-"},
		{"ftp.example.com:2121", evidence.Target{Host: "ftp.example.com", Port: 2121}, "-"},
		{"demo", evidence.Target{Host: "demo"}, "-"},
		{"my_nas", evidence.Target{Host: "my_nas"}, "-"},
		{"192.0.2.1:65535", evidence.Target{Host: "192.0.2.1", Port: 65535}, "-"},
		{"[2001:db8::1]:1", evidence.Target{Host: "2001:db8::1", Port: 1}, "-"},
		{"[2001:db8::1]", evidence.Target{Host: "2001:db8::1"}, "-"},
		{"2001:DB8:0::1", evidence.Target{Host: "2001:db8::1"}, "-"},
		{"fe80::1%eth0", evidence.Target{Host: "fe80::1%eth0"}, "-"},
		{"[fe80::1%256]:21", evidence.Target{Host: "fe80::1%256", Port: 21}, "-"},
		{"ftp://[fe80::1%25eth0]:21/", evidence.Target{Host: "fe80::1%eth0", Port: 21}, "-"},
		{"ftp://[fe80::1%eth0]", evidence.Target{Host: "fe80::1%eth0"}, "-"},
		{"bücher.example", evidence.Target{Host: "xn--bcher-kva.example"}, "-"},
		{"ftp://BÜCHER.example/", evidence.Target{Host: "xn--bcher-kva.example"}, "-"},

		{"ftp://ftp.example.com", evidence.Target{Host: "ftp.example.com"}, "-"},
		{"ftp://demo", evidence.Target{Host: "demo"}, "-"},
		{"FTP://ftp.example.com/", evidence.Target{Host: "ftp.example.com"}, "-"},
		{"ftpes://h", evidence.Target{Host: "h", TLS: "explicit"}, "-"},
		{"ftps://h", evidence.Target{Host: "h", TLS: "implicit"}, "-"},
		{"ftps://h:21", evidence.Target{Host: "h", Port: 21, TLS: "implicit"}, "-"},

		{"ftp://h/pub", evidence.Target{Host: "h", Path: "pub"}, "-"},
		{"ftp://h/pub/", evidence.Target{Host: "h", Path: "pub/"}, "-"},
		{"ftp://h/%2Fpub/a%20b", evidence.Target{Host: "h", Path: "/pub/a b"}, "-"},
		{"ftp://h//pub", evidence.Target{Host: "h", Path: "/pub"}, "-"},
		{"ftp://h/a;type=I", evidence.Target{Host: "h", Path: "a"}, "-"},
		{"ftp://h/a;type=a", evidence.Target{Host: "h", Path: "a"}, "-"},
		{"ftp://h/a;type=d", evidence.Target{Host: "h", Path: "a/"}, "-"},
		{"ftp://h/;type=d", evidence.Target{Host: "h"}, "-"},
		{"ftp://h/a;b", evidence.Target{Host: "h", Path: "a;b"}, "-"},
		{"ftp://h/a%3Btype=x", evidence.Target{Host: "h", Path: "a;type=x"}, "-"},
		{"ftp://h/me@home", evidence.Target{Host: "h", Path: "me@home"}, "-"},
		{"ftp://[::1]/me@home", evidence.Target{Host: "::1", Path: "me@home"}, "-"},

		{"ftp://bob@h", evidence.Target{Host: "h", User: "bob"}, "-"},
		{"ftp://bob:secret@h/x", evidence.Target{Host: "h", User: "bob", Path: "x", Input: "ftp://bob:***@h/x"}, "secret"},
		{"ftp://bob:@h", evidence.Target{Host: "h", User: "bob", Input: "ftp://bob:***@h"}, ""},
		{"ftp://bob:s%2Fe%40c%3Aret@h:2121/", evidence.Target{Host: "h", Port: 2121, User: "bob", Input: "ftp://bob:***@h:2121/"}, "s/e@c:ret"},
		{"ftp://bob:a:b@h", evidence.Target{Host: "h", User: "bob", Input: "ftp://bob:***@h"}, "a:b"},
		{"ftp://bob:p@ss@h", evidence.Target{Host: "h", User: "bob", Input: "ftp://bob:***@h"}, "p@ss"},
		{"ftp://bob%40example.com:secret@h", evidence.Target{Host: "h", User: "bob@example.com", Input: "ftp://bob%40example.com:***@h"}, "secret"},
		{"ftp://bob@example.com:secret@h", evidence.Target{Host: "h", User: "bob@example.com", Input: "ftp://bob@example.com:***@h"}, "secret"},
		{"ftp://bob:secret@h/secret/se%63ret", evidence.Target{Host: "h", User: "bob", Path: "secret/secret", Input: "ftp://bob:***@h/***/***"}, "secret"},
	}
	for _, tt := range tests {
		if tt.want.Input == "" {
			tt.want.Input = tt.in
		}
		got, password, has, err := ParseTarget(tt.in)
		if err != nil {
			t.Errorf("%q: %v", tt.in, err)
			continue
		}
		if got != tt.want {
			t.Errorf("%q:\n got %+v\nwant %+v", tt.in, got, tt.want)
		}
		if has != (tt.password != "-") || has && password != tt.password {
			t.Errorf("%q: password %q, %v; want %q", tt.in, password, has, tt.password)
		}
	}
}

func TestParseTargetRefuses(t *testing.T) {
	tests := []struct{ in, message, hint string }{
		{"", `target "": it is empty`, "HOST"},
		{"  ", "it is empty", "HOST"},
		{"h:0", `target "h:0": its port is not within`, "65535"},
		{"h:70000", `target "h:70000": its port is not within`, "65535"},
		{"[::1]:70000", `target "[::1]:70000": its port is not within`, "65535"},
		{"h:99999999999999999999", `its port is not within`, "65535"},
		{"h:", "its port is not a number", "65535"},
		{"h:+21", "its port is not a number", "65535"},
		{"h:ftp", `target "h:***": its port is not a number`, "65535"},
		{"ftp://h:-1/", "its port is not a number", "65535"},
		{"sftp://h", "sftp:// is not FTP", "SSH"},
		{"SFTP://bob:secret@h", `target "SFTP://bob:***@h": sftp:// is not FTP`, "SSH"},
		{"http://h", "http:// is not FTP", "ftp://HOST"},
		{"gopher://h", "its scheme is not one of FTP", "ftpes://"},
		{"://h", "its scheme is not one of FTP", "ftp://"},
		{"h\r\nQUIT", "a carriage return", "HOST"},
		{"ftp://h/a\nb", "a line feed", "HOST"},
		{"ftp://h/a\x00b", "a NUL", "HOST"},
		{"ftp://h/a%0d%0aDELE", "its path contains a carriage return", "CR, LF or NUL"},
		{"ftp://bob%0a@h/", "its user contains a line feed", "CR, LF or NUL"},
		{"ftp://bob:secret%00@h/", `target "ftp://bob:***@h/": its password contains a NUL`, "CR, LF or NUL"},
		{"ftp://bob:secret%zz@h/", `target "ftp://bob:***@h/": its password has a %`, "%25"},
		{"ftp://b%zz:secret@h/", "its user has a %", "%25"},
		{"ftp://h/%", "its path has a %", "%25"},
		{"ftp://h/a?b", "no ? or #", "%3F"},
		{"ftp://h/a#b", "no ? or #", "%23"},
		{"ftp://h/a;type=x", ";type=", "%3B"},
		{"ftp://@h/", "its user is empty", "anonymous"},
		{"ftp://:secret@h/", "its user is empty", "anonymous"},
		{"bob@h", "only in a URL", "ftp://USER@HOST"},
		{"bob:secret@h", `target "bob:***@h": a user is named only in a URL`, "--user"},
		{"h/pub", "only in a URL", "--path"},
		{"bob:secret/x", `target "bob:***": a path`, "--path"},
		{"ftp://", "its host is missing", "ftp.example.com"},
		{"ftp:///pub", "its host is missing", "ftp.example.com"},
		{":21", "its host is missing", "ftp.example.com"},
		{"ftp://bob:secret", `target "ftp://bob:***": its port is not a number`, "65535"},
		{"ftp://bob:se/cret@h/", `target "ftp://bob:***@h/": it is not clear`, "%2F"},
		{"ftp://bob:12/34@h/", `target "ftp://bob:***@h/": it is not clear`, "%2F"},
		{"ftp://bob:se#cret@h/", `target "ftp://bob:***@h/": it is not clear`, "%2F"},
		{"ftp://bob:p@ss/word@h/", `target "ftp://bob:***@h/": it is not clear`, "%2F"},
		{"ftp://[::1]:pw/x@h/", `target "ftp://[:***@h/": it is not clear`, "%2F"},
		{"[::1", "a [ without a ]", "2001:db8"},
		{"[::1]21", "after ]", "2001:db8"},
		{"[192.0.2.1]:21", "no valid IPv6", "2001:db8"},
		{"1:2:3", "no valid IPv6", "2001:db8"},
		{"fe80::1%", "zone", "eth0"},
		{"fe80::1%a b", "zone", "eth0"},
		{"ftp.exam ple.com", "not a valid name", "ftp.example.com"},
		{"ftp..example.com", "not a valid name", "ftp.example.com"},
		{"-v\x1b[31m", `target "-v\x1b[31m": `, "ftp.example.com"},
		{"192.0.2.256", "neither a name nor an IPv4", "ftp.example.com"},
		{"192.0.2", "neither a name nor an IPv4", "ftp.example.com"},
		{strings.Repeat("a.", 130) + "b", "longer than", "ftp.example.com"},
		{strings.Repeat("a", 64), "not a valid name", "ftp.example.com"},
		{"b\u00fc\u202echer.example", "internationalised", "ftp.example.com"},
	}
	for _, tt := range tests {
		_, password, has, err := ParseTarget(tt.in)
		var usage *UsageError
		if !errors.As(err, &usage) {
			t.Errorf("%q: error %v, want a UsageError", tt.in, err)
			continue
		}
		if !strings.Contains(usage.Message, tt.message) {
			t.Errorf("%q: message %q, want %q in it", tt.in, usage.Message, tt.message)
		}
		if !strings.Contains(usage.Hint, tt.hint) {
			t.Errorf("%q: hint %q, want %q in it", tt.in, usage.Hint, tt.hint)
		}
		if password != "" || has {
			t.Errorf("%q: gave a password with an error", tt.in)
		}
	}
}

// However a user and a password are stuck into a target, the password shows
// neither in what is understood nor in what is said about it.
func FuzzParseTargetSecret(f *testing.F) {
	const secret = "Tr0ub4dor&3"
	for _, seed := range [][2]string{
		{"ftp://bob", "h/"}, {"bob", "h"}, {"ftp://bob", "h:70000"}, {"ftp://bob:12/34", "h"}, {"ftp://[::1]", "h"},
		{"ftp://[::1", "]/"}, {"ftp://h/x", "y"}, {"ftp://u@[::1%25", "]"}, {"sftp://x", "y"}, {"ftp:/bob", "h"},
		{"ftp://b%", "h"}, {"ftp://bob:x@h/?", "#@"}, {"", "@@::[["}, {"ftp://bob:%00", "h"},
	} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, before, after string) {
		if strings.Contains(before+"\n"+after, secret) {
			return
		}
		in := before + ":" + secret + "@" + after
		got, _, _, err := ParseTarget(in)
		if err != nil && strings.Contains(err.Error(), secret) {
			t.Errorf("%q: the error shows the password: %v", in, err)
		}
		if strings.Contains(got.Input+got.User+got.Host+got.Path, secret) {
			t.Errorf("%q: the target shows the password: %+v", in, got)
		}
	})
}

// What was understood is understood again from Input, which is how a saved
// report names its target.
func FuzzParseTarget(f *testing.F) {
	for _, seed := range []string{
		"ftp.example.com", "h:21", "[2001:db8::1]:21", "fe80::1%eth0", "ftp://[fe80::1%25eth0]:21/", "bücher.example",
		"ftp://bob:secret@h:2121/%2Fa/b;type=i", "ftpes://h//x", "ftps://bob@h/%2525", "ftp://bob:p@ss@h", "sftp://h",
		"ftp://h/a?b#c", "http://bob:secret@h/", "::", "ftp://:@", "ftp://bob:12/34@h", "\x00", "ftp://b:%41%42@h/AB",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, in string) {
		first, password, has, err := ParseTarget(in)
		if err != nil {
			var usage *UsageError
			if !errors.As(err, &usage) || usage.Hint == "" {
				t.Errorf("%q: error without a hint: %v", in, err)
			}
			if first != (evidence.Target{}) {
				t.Errorf("%q: a target and an error", in)
			}
			return
		}
		if first.Host == "" || first.Port < 0 || first.Port > 65535 || forbidden(first.Host+first.User+first.Path+password) != "" {
			t.Errorf("%q: understood as %+v", in, first)
		}
		if NewRedactor(password).Clean(first.Path) != Visible(first.Path) {
			return // Input cannot show such a path
		}
		second, _, hasAgain, err := ParseTarget(first.Input)
		if err != nil || hasAgain != has || second != first {
			t.Errorf("%q:\nonce  %+v\nagain %+v, %v, %v", in, first, second, hasAgain, err)
		}
	})
}
