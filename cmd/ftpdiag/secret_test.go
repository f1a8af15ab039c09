package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ftpdiag/cmd/ftpdiag/credential"
	"ftpdiag/probe"
	"ftpdiag/probe/diagnose"
	"ftpdiag/probe/ftp"
)

// secret is the password of every test. Where it shows, a test fails.
const secret = "Tr0ub4dor&3"

func write(t *testing.T, name, text string) string {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// noSecret holds that the password shows nowhere.
func noSecret(t *testing.T, got ran) {
	t.Helper()
	for where, text := range map[string]string{"stdout": got.stdout, "stderr": got.stderr} {
		for _, form := range []string{secret, "Tr0ub4dor%263", "Tr0ub4dor"} {
			if strings.Contains(text, form) {
				t.Errorf("%s shows the password:\n%s", where, text)
			}
		}
	}
}

// sources puts the password where a password may come from, in the contract's
// order but for the URL; each gives the arguments that go with it. A URL is
// visible, and warned about.
var sources = map[string]func(t *testing.T, home string) []string{
	"file": func(t *testing.T, home string) []string {
		return []string{"--password-file", write(t, filepath.Join(home, "pw"), secret+"\n"), "-u", "bob", "h"}
	},
	"file, Windows line end": func(t *testing.T, home string) []string {
		return []string{"--password-file", write(t, filepath.Join(home, "pw"), secret+"\r\n"), "-u", "bob", "h"}
	},
	"file, user in the URL": func(t *testing.T, home string) []string {
		return []string{"--password-file", write(t, filepath.Join(home, "pw"), secret), "ftp://bob@h"}
	},
	"environment": func(t *testing.T, home string) []string {
		t.Setenv(passwordVariable, secret)
		return []string{"-u", "bob", "h"}
	},
	"netrc": func(t *testing.T, home string) []string {
		netrcAt(t, home, "machine other login bob password wrong\nmachine h login bob password "+secret+"\n")
		return []string{"-u", "bob", "h"}
	},
	"netrc of NETRC": func(t *testing.T, home string) []string {
		t.Setenv("NETRC", write(t, filepath.Join(home, "n"), "machine h\n\tlogin bob\n\tpassword \""+secret+"\""))
		return []string{"ftp://bob@H"}
	},
	"URL": func(t *testing.T, home string) []string { return []string{"ftp://bob:Tr0ub4dor%263@h/"} },
}

// netrcAt writes the netrc file of both systems.
func netrcAt(t *testing.T, home, text string) {
	t.Helper()
	write(t, filepath.Join(home, ".netrc"), text)
	write(t, filepath.Join(home, "_netrc"), text)
}

// Each source gives the password to the probe, and no format shows it.
func TestSources(t *testing.T) {
	for name, source := range sources {
		for _, format := range []string{"text", "json", "ndjson"} {
			t.Run(name+" "+format, func(t *testing.T) {
				args := append(source(t, home(t)), "--tls", "off", "-v", "-f", format)
				got := call(t, nil, args...)
				noSecret(t, got)
				if got.code != 0 || got.stdout == "" || len(got.configs) != 1 {
					t.Fatalf("exit %d, stderr %q", got.code, got.stderr)
				}
				if cfg := got.configs[0]; cfg.Password != secret || cfg.Target.User != "bob" {
					t.Errorf("user %q, password %q", cfg.Target.User, cfg.Password)
				}
				if warned := strings.Contains(got.stderr, "visible to others"); warned != (name == "URL") {
					t.Errorf("stderr %q", got.stderr)
				}
			})
		}
	}
}

// Whatever else is wrong, what is said about it does not show the password.
func TestSourcesWithMistakes(t *testing.T) {
	mistakes := [][]string{
		{"--insecure"}, {"--tls", "ftp://bob:" + secret + "@h"}, {"--tls", "auto", "--ca-file", "ftp://bob:" + secret + "@h"}, {"-f", "yaml"}, {"--color", "x"}, {"--bogus"}, {"-4", "-6"},
		{"h:0"}, {"sftp://x"}, {"-o", "/no/such/place"}, {"-p" + secret}, {"bob:" + secret + "@h"},
		{"ftp://bob:" + secret + "@h:0"}, {"ftp://bob:" + secret + "%@h"}, {"ftp://bob:/" + secret + "@h"},
		{"sftp://bob:" + secret + "@h"}, {"http://bob:" + secret + "@h/"}, {"ftp://bob:" + secret}, {"ftp://bob:" + secret + "@"},
		{"-m", "ftp://bob:" + secret + "@h"}, {"-f", "ftp://bob:" + secret + "@h"}, {"-o", "ftp://bob:" + secret + "@h"},
		{"--password-file", "ftp://bob:" + secret + "@h"}, {"--timeout", "ftp://bob:" + secret + "@h"},
		{"--bind", "ftp://bob:" + secret + "@h"}, {"--active-ports", "ftp://bob:" + secret + "@h"}, {"--repeat", "bob:" + secret + "@h"},
		{"--ftp://bob:" + secret + "@h"}, {"ftpes://bob:" + secret + "@h"}, {"--path", "x", "ftp://bob:" + secret + "@h/y"},
		{"-6", "ftp://bob:" + secret + "@127.0.0.1"}, {"--upload", "ftp://bob:" + secret + "@h/x"},
	}
	for name, source := range sources {
		t.Run(name, func(t *testing.T) {
			args := append(source(t, home(t)), "--tls", "off")
			for _, mistake := range mistakes {
				got := call(t, nil, append(args[:len(args):len(args)], mistake...)...)
				noSecret(t, got)
				wrongUsage(t, got, "", "")
			}
		})
	}
}

// An error of the run itself.
func TestConfigError(t *testing.T) {
	home(t)
	d := func(context.Context, probe.Config) (*diagnose.Result, error) { return nil, errors.New("no such thing") }
	if got := call(t, d, "h"); got.code != 3 || got.stdout != "" || got.stderr != "ftpdiag: no such thing\n" {
		t.Errorf("exit %d, stdout %q, stderr %q", got.code, got.stdout, got.stderr)
	}
}

// The contract's order, and the URL before all of it.
func TestSourceOrder(t *testing.T) {
	dir := home(t)
	netrcAt(t, dir, "machine h login bob password fourth")
	args := []string{"--tls", "off", "-u", "bob", "h"}
	expect := func(want string) {
		t.Helper()
		got := call(t, nil, args...)
		if got.code != 0 || got.configs[0].Password != want {
			t.Errorf("%q: exit %d, %+v, want password %q; stderr %q", args, got.code, got.configs, want, got.stderr)
		}
	}
	expect("fourth")
	t.Setenv(passwordVariable, "third")
	expect("third")
	args = append(args, "--password-file", write(t, filepath.Join(dir, "pw"), "second"))
	expect("second")
	args[3] = "ftp://bob:first@h"
	args = append(args[:2:2], append([]string{"ftp://bob:first@h"}, args[5:]...)...)
	expect("first")
}

// One password goes to the targets of one user; the netrc file serves each host
// by itself.
func TestPasswordGoesOnlyToItsUser(t *testing.T) {
	dir := home(t)
	netrcAt(t, dir, "machine b login alice password alices")
	t.Setenv(passwordVariable, "bobs")
	got := call(t, nil, "-f", "json", "--parallel", "1", "--tls", "off", "-u", "bob", "a", "ftp://alice@b", "ftp://bob@c", "ftp://carol:carols@d", "ftp://anonymous@e")
	var passwords []string
	for _, cfg := range got.configs {
		passwords = append(passwords, cfg.Target.User+"="+cfg.Password)
	}
	if s := strings.Join(passwords, " "); s != "bob=bobs alice=alices bob=bobs carol=carols anonymous=" {
		t.Errorf("exit %d, passwords %s, stderr %q", got.code, s, got.stderr)
	}
	got = call(t, nil, "--tls", "off", "-u", "bob", "a", "ftp://alice@c")
	wrongUsage(t, got, `no password for user "alice" at c`, "--password-file")
	got = call(t, nil, "--tls", "off", "ftp://bob@a", "ftp://alice@b")
	wrongUsage(t, got, "more users than one", "--user")
}

// An anonymous login has no secret: what a URL gives as its password is not sent,
// not warned about, and no reason to ask for TLS.
func TestAnonymousPassword(t *testing.T) {
	home(t)
	for _, args := range [][]string{{"ftp://Anonymous:me%40example.com@h"}, {"-u", "ANONYMOUS", "h"}} {
		got := call(t, nil, args...)
		if got.code != 0 || got.stderr != "" || got.configs[0].Target.User != "anonymous" || got.configs[0].Password != "" {
			t.Errorf("%q: exit %d, stderr %q, %+v", args, got.code, got.stderr, got.configs)
		}
	}
}

func TestNoPassword(t *testing.T) {
	dir := home(t)
	netrcs := map[string]string{
		"none":           "",
		"other host":     "machine other login bob password " + secret,
		"other user":     "machine h login alice password " + secret,
		"no user":        "machine h password " + secret,
		"default":        "default login bob password " + secret,
		"no password":    "machine h login bob",
		"in a macro":     "macdef x\n\tput machine\n\n",
		"cut short":      "machine",
		"longer host":    "machine h.example.com login bob password " + secret,
		"commented":      "# machine h login bob password " + secret,
		"other password": "machine h login bob account " + secret,
	}
	for name, text := range netrcs {
		netrcAt(t, dir, text)
		got := call(t, nil, "--tls", "off", "-u", "bob", "h")
		noSecret(t, got)
		t.Run(name, func(t *testing.T) { wrongUsage(t, got, `no password for user "bob" at h`, passwordVariable) })
	}
}

// Files that cannot serve are errors even where nothing needs them.
func TestUnreadable(t *testing.T) {
	dir := home(t)
	long := write(t, filepath.Join(dir, "long"), strings.Repeat("x", credential.MaxFile+1))
	files := map[string]string{
		filepath.Join(dir, "missing"): "cannot be read",
		dir:                           "cannot be read",
		long:                          "longer than 1 MiB",
		write(t, filepath.Join(dir, "empty"), ""):                  "is empty",
		write(t, filepath.Join(dir, "newline"), "\n"):              "is empty",
		write(t, filepath.Join(dir, "two"), secret+"\n"+secret):    "CR, LF or NUL",
		write(t, filepath.Join(dir, "three"), secret+"\n\n"):       "CR, LF or NUL",
		write(t, filepath.Join(dir, "nul"), secret[:5]+"\x00rest"): "CR, LF or NUL",
	}
	for name, message := range files {
		for _, args := range [][]string{{"h"}, {"--tls", "off", "-u", "bob", "h"}, {"--tls", "off", "ftp://bob:x@h"}} {
			got := call(t, nil, append(args, "--password-file", name)...)
			noSecret(t, got)
			wrongUsage(t, got, message, "--password-file")
		}
	}
	for _, args := range [][]string{{"h"}, {"--tls", "off", "-u", "bob", "h"}} {
		for name, message := range map[string]string{"missing": "cannot be read", ".": "cannot be read", "long": "longer than"} {
			t.Setenv("NETRC", filepath.Join(dir, name))
			wrongUsage(t, call(t, nil, args...), message, "NETRC")
		}
	}
	t.Setenv("NETRC", "")
	for _, name := range []string{".netrc", "_netrc"} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	wrongUsage(t, call(t, nil, "h"), "cannot be read", "NETRC")
	t.Setenv("HOME", os.DevNull)
	t.Setenv("USERPROFILE", os.DevNull)
	if got := call(t, nil, "h"); got.code != 0 {
		t.Errorf("no home directory: exit %d, stderr %q", got.code, got.stderr)
	}
	t.Setenv(passwordVariable, "x\ny")
	wrongUsage(t, call(t, nil, "h"), "CR, LF or NUL", "--password-file")
}

// A file that is not used is said to be unused: the user was forgotten.
func TestPasswordFileUnused(t *testing.T) {
	dir := home(t)
	got := call(t, nil, "--password-file", write(t, filepath.Join(dir, "pw"), secret), "h")
	noSecret(t, got)
	if got.code != 0 || !strings.Contains(got.stderr, "--password-file is not used") || !strings.Contains(got.stderr, "--user") {
		t.Errorf("exit %d, stderr %q", got.code, got.stderr)
	}
}

func TestNetrcPassword(t *testing.T) {
	tests := []struct{ text, want string }{
		{"machine h login bob password p", "p"},
		{"machine h login bob password p\r\n", "p"},
		{"\ufeffmachine h login bob password p", "p"},
		{"machine h\n  login bob\n  account x\n  password p", "p"},
		{"machine h port 21 login bob password p", "p"},
		{"machine h login alice password x machine h login bob password p", "p"},
		{"machine h login bob password machine", "machine"},
		{"machine h login bob password #p", "#p"},
		{"machine h login bob password p#q", "p#q"},
		{`machine h login "bob" password "p"`, "p"},
		{`machine h login bob password "p\"q\\"`, `p"q\`},
		{`machine h login bob password p"q`, `p"q`},
		{"machine h login bob password pässwörd", "pässwörd"},
		{"macdef m\n put x\n\nmachine h login bob password p", "p"},
		{"machine h login bob password p\ndefault login anonymous password x", "p"},
		{"# hosts\nmachine h # login alice\nlogin bob password p", "p"},
	}
	for _, tt := range tests {
		n, err := parseNetrc("netrc", []byte(tt.text))
		if err != nil {
			t.Errorf("%q: %v", tt.text, err)
			continue
		}
		if got, found, err := n.password("h", "bob"); got != tt.want || !found || err != nil {
			t.Errorf("%q: password %q, %v, %v; want %q", tt.text, got, found, err, tt.want)
		}
	}
}

// A password that was cut would be rejected, and the server blamed.
func TestNetrcRefuses(t *testing.T) {
	dir := home(t)
	for text, message := range map[string]string{
		`machine h login bob password "` + secret + ` 2"`:        "contains a blank",
		`machine h login bob password "`:                         "contains a blank",
		"machine h login bob password #" + secret + " account x": "contains a blank",
		"login bob password " + secret:                           "malformed in line 1",
		"machine h\nlogin bob login alice password " + secret:    "malformed in line 2",
		"default login x password y\nmachine h password z":       "malformed in line 2",
	} {
		netrcAt(t, dir, text)
		got := call(t, nil, "--tls", "off", "-u", "bob", "h")
		noSecret(t, got)
		wrongUsage(t, got, message, "--password-file")
		if got := call(t, nil, "h"); got.code != 0 { // anonymous: not parsed
			t.Errorf("%q: exit %d, stderr %q", text, got.code, got.stderr)
		}
	}
}

// FuzzNetrc: no text makes the reader fail, show a password in an error, or give
// one for a host and a user that it does not name.
func FuzzNetrc(f *testing.F) {
	for _, seed := range []string{
		"machine h login bob password p\n", "default login bob password p", "macdef init\ncd /\n\nmachine h login bob",
		"machine", "machine h login", "machine h login bob password", "machine h login \"bob\" password \"a b\"", "# x",
		"machine h login bob password #x y\n", "\ufeffmachine h\r\nlogin bob\r\n", "machine\x00", "machine h password p login bob",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		n, err := parseNetrc("netrc", []byte(text))
		if err != nil {
			var u *ftp.UsageError
			if !errors.As(err, &u) || u.Hint == "" {
				t.Fatalf("%q: %v", text, err)
			}
			return
		}
		password, found, err := n.password("h", "bob")
		if err == nil && found && (password == "" && !strings.Contains(text, `""`) || !strings.Contains(text, "h") || !strings.Contains(text, "bob") || checkPassword("", password) != nil) {
			t.Errorf("%q: gave %q", text, password)
		}
		if other, found, _ := n.password("no-such-host", "bob"); found && !strings.Contains(text, "no-such-host") {
			t.Errorf("%q: gave %q to another host", text, other)
		}
	})
}
