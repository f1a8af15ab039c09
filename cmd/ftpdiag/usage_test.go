package main

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/pflag"

	"ftpdiag/probe"
)

func ip(s string) netip.Addr { return netip.MustParseAddr(s) }

func describe(cfg probe.Config) string { return fmt.Sprintf("%+v", cfg) }

// wrongUsage holds what is common to all wrong usage: exit 3, nothing on stdout,
// at most four lines on stderr, the last a hint, nothing sent.
func wrongUsage(t *testing.T, got ran, message, hint string) {
	t.Helper()
	lines := strings.Split(strings.TrimSuffix(got.stderr, "\n"), "\n")
	last := lines[len(lines)-1]
	switch {
	case got.code != 3, got.stdout != "", len(got.configs) > 0:
		t.Errorf("exit %d, stdout %q, %d diagnoses", got.code, got.stdout, len(got.configs))
	case len(lines) > 4, !strings.HasPrefix(last, "hint: "), !strings.HasSuffix(got.stderr, "\n"):
		t.Errorf("stderr is not one to four lines with a hint at their end:\n%s", got.stderr)
	case !strings.HasPrefix(lines[0], "ftpdiag: "), !strings.Contains(lines[0], message):
		t.Errorf("message %q, want %q in it", lines[0], message)
	case !strings.Contains(last, hint):
		t.Errorf("%q, want %q in it", last, hint)
	}
}

func TestWrongUsage(t *testing.T) {
	home(t)
	tests := []struct {
		args          []string
		message, hint string
	}{
		{nil, "no target", "--help"},
		{[]string{"-v"}, "no target", "ftpdiag ftp.example.com"},
		{[]string{""}, "empty", "HOST"},
		{[]string{"help"}, "help is no command", "--help shows the usage; a host of that name is written ftp://help"},
		{[]string{"help", "demo"}, "help is no command", "ftp://help"},
		{[]string{"-v", "help"}, "help is no command", "ftp://help"},
		{[]string{"--", "--list"}, "begins with -", "behind -- every word is a target"},
		{[]string{"--", "h", "-v"}, "begins with -", "behind -- every word is a target"},
		{[]string{"-"}, "begins with -", "write flags before it"},
		{[]string{"h", ""}, "empty", "HOST"},
		{[]string{"h:0"}, "within 1 and 65535", "65535"},
		{[]string{"ftp://h:70000"}, "within 1 and 65535", "65535"},
		{[]string{"sftp://h"}, "sftp:// is not FTP", "SSH"},
		{[]string{"http://h/"}, "http:// is not FTP", "ftp://"},
		{[]string{"h/pub"}, "path", "--path"},
		{[]string{"bob@h"}, "user", "--user"},

		{[]string{"h\r\nQUIT"}, "carriage return", "HOST"},
		{[]string{"ftp://h/%0A"}, "line feed", "CR, LF or NUL"},
		{[]string{"ftp://bob%00@h/"}, "NUL", "CR, LF or NUL"},
		{[]string{"ftp://bob:x%0d@h/"}, "carriage return", "CR, LF or NUL"},
		{[]string{"-u", "bob\r\nDELE x", "h"}, "--user contains", "--user"},
		{[]string{"--path", "a\nb", "h"}, "--path contains", "--path"},
		{[]string{"-u", "", "h"}, "--user is empty", "--user"},
		{[]string{"--path=", "h"}, "--path is empty", "--path"},

		{[]string{"--pasive", "h"}, "unknown flag --pasive", "--help"},
		{[]string{"--passive", "h"}, "unknown flag --passive", "--mode passive"},
		{[]string{"--verbos", "h"}, "unknown flag --verbos", "--verbose"},
		{[]string{"--tiemout", "3s", "h"}, "unknown flag --tiemout", "--timeout"},
		{[]string{"--dead", "3s", "h"}, "unknown flag --dead", "--deadline"},
		{[]string{"--password", "x", "h"}, "unknown flag --password", "--password-file"},
		{[]string{"-x", "h"}, "unknown flag -x", "--help"},
		{[]string{"-p", "x", "h"}, "unknown flag -p", "--password-file"},
		{[]string{"--=x", "h"}, "malformed", "--help"},
		{[]string{"---", "h"}, "malformed", "--help"},
		{[]string{"h", "--mode"}, "--mode needs a value", "both, passive or active"},
		{[]string{"h", "-f"}, "--format needs a value", "text, json, nagios, prometheus, junit, markdown or ndjson"},
		{[]string{"h", "-o"}, "--output needs a value", "--output"},
		{[]string{"--quick", "--thorough", "h"}, "--quick and --thorough exclude each other", "--thorough"},
		{[]string{"--thoroug", "h"}, "unknown flag --thoroug", "--thorough"},
		{[]string{"--quick=perhaps", "h"}, `--quick "perhaps"`, "--quick"},

		{[]string{"-f", "yaml", "h"}, `unknown format "yaml"`, "--format takes text"},
		{[]string{"-f", "jsom", "h"}, `unknown format "jsom"`, "--format json"},
		{[]string{"-f", "", "h"}, `unknown format ""`, "--format"},
		{[]string{"-m", "pasive", "h"}, `unknown mode "pasive"`, "--mode passive"},
		{[]string{"-m", "\x1b[31m", "h"}, `unknown mode "\x1b[31m"`, "--mode takes"},
		{[]string{"--expect", "all", "h"}, `unknown expect "all"`, "--expect takes"},
		{[]string{"--color", "maybe", "h"}, `unknown color "maybe"`, "--color"},

		{[]string{"--timeout", "0s", "h"}, "--timeout 0s", "5s or 500ms"},
		{[]string{"--timeout", "-5s", "h"}, "--timeout -5s", "5s or 500ms"},
		{[]string{"--timeout", "5", "h"}, `--timeout "5" is not a duration`, "5s or 500ms"},
		{[]string{"--deadline", "0", "h"}, "--deadline 0s", "--deadline"},
		{[]string{"--repeat", "2", "--interval", "-1s", "h"}, "--interval -1s", "--interval"},
		{[]string{"--repeat", "2", "--interval", "0s", "h"}, "--interval 0s", "--interval"},
		{[]string{"--repeat", "0", "h"}, "--repeat 0", "--repeat"},
		{[]string{"--repeat", "-1", "h"}, "--repeat -1", "--repeat"},
		{[]string{"--repeat", "1001", "h"}, "--repeat 1001 is above 1000", "1 to 1000"},
		{[]string{"--repeat", "1", "--interval", "1s", "h"}, "--interval", "--repeat"},
		{[]string{"--repeat", "many", "h"}, `--repeat "many" is not a number`, "--repeat"},
		{[]string{"--cert-days", "-1", "h"}, "--cert-days -1", "--cert-days"},

		{[]string{"--active-ports", "0-10", "h"}, `"0-10"`, "--active-ports"},
		{[]string{"--active-ports", "1-65536", "h"}, `"1-65536"`, "--active-ports"},
		{[]string{"--active-ports", "20-10", "h"}, "begins above its end", "--active-ports"},
		{[]string{"--active-ports", "-5", "h"}, `"-5"`, "--active-ports"},
		{[]string{"--active-ports", "a-b", "h"}, `"a-b"`, "--active-ports"},
		{[]string{"--active-address", "me", "h"}, `"me" is not an IP address`, "--active-address"},
		{[]string{"--active-address", "0.0.0.0", "h"}, "not the address of a host", "--active-address"},
		{[]string{"--bind", "eth0", "h"}, `"eth0" is not an IP address`, "--bind"},
		{[]string{"--bind", "ff02::1", "h"}, "not the address of a host", "--bind"},
		{[]string{"--bind", "::", "h"}, "not the address of a host", "--bind"},

		{[]string{"--bind", "192.0.2.1", "h"}, "--bind 192.0.2.1 is not an address of this machine", "--bind takes an IP address of this machine"},
		{[]string{"--bind", "2001:db8::1", "h"}, "--bind 2001:db8::1 is not an address of this machine", "--bind takes an IP address of this machine"},

		{[]string{"-4", "-6", "h"}, "-4 and -6", "-4"},
		{[]string{"-46", "h"}, "-4 and -6", "-6"},
		{[]string{"-4", "--bind", "::1", "h"}, "contradicts -4", "--bind"},
		{[]string{"-6", "--active-address", "192.0.2.1", "h"}, "contradicts -6", "-4"},
		{[]string{"-4", "[::1]:21"}, "contradicts -4", "-4"},
		{[]string{"-6", "127.0.0.1"}, "contradicts -6", "-6"},
		{[]string{"--bind", "127.0.0.1", "::1"}, "--bind 127.0.0.1", "--bind"},
		{[]string{"--active-address", "::1", "127.0.0.1"}, "cannot connect back to --active-address ::1", "--active-address"},
		{[]string{"--active-address", "192.0.2.1", "[::1]:2121"}, "cannot connect back to --active-address 192.0.2.1", "--active-address"},
		{[]string{"-4", "--active-address", "::1", "h"}, "contradicts -4", "-6"},
		{[]string{"--bind", "127.0.0.1", "--active-address", "::1", "h"}, "--bind 127.0.0.1 and --active-address ::1", "same family"},
		{[]string{"-m", "active", "--expect", "passive", "h"}, "--expect passive", "--mode both"},
		{[]string{"-m", "active", "--expect", "both", "h"}, "--expect both", "--mode both"},
		{[]string{"-m", "passive", "--expect", "active", "h"}, "--expect active", "--mode both"},
		{[]string{"-m", "passive", "--active-address", "192.0.2.1", "h"}, "--mode passive", "--mode active"},
		{[]string{"-m", "passive", "--active-ports", "1-2", "h"}, "--mode passive", "--mode active"},
		{[]string{"--interval", "1s", "h"}, "--interval", "--repeat"},
		{[]string{"--cert", "c.pem", "h"}, "needs --cert and --key", "--key"},
		{[]string{"--tls", "off", "ftpes://h"}, "contradicts --tls off", "--tls"},
		{[]string{"--tls", "off", "ftps://h"}, "contradicts --tls off", "--tls"},
		{[]string{"--tls", "implicit", "ftpes://h"}, "contradicts --tls implicit", "--tls"},
		{[]string{"--upload", "--path", "file", "h"}, "--upload needs a directory", "--path"},
		{[]string{"--upload", "ftp://h/file"}, "--upload needs a directory", "/"},
		{[]string{"--path", "a", "ftp://h/b"}, "different paths", "--path"},
		{[]string{"-u", "bob", "--tls", "off", "ftp://alice@h"}, "--user", "--user"},
		{[]string{"--list", "h"}, "--list belongs", "demo --list"},

		{[]string{"--insecure", "--tls", "off", "h"}, "--insecure means nothing with --tls off", "leave --insecure or --tls off away"},
		{[]string{"--ca-file", "x", "--tls", "off", "h"}, "--ca-file means nothing with --tls off", "--tls off away"},
		{[]string{"--cert", "x", "--key", "y", "--tls", "off", "h"}, "--cert means nothing with --tls off", "--cert"},
		{[]string{"--cert-days", "30", "--tls", "off", "h"}, "--cert-days means nothing with --tls off", "--cert-days"},
		{[]string{"--cert-days", "36501", "h"}, "--cert-days 36501 is above 36500", "0 (no warning) to 36500"},
		{[]string{"--cert-days", "soon", "h"}, `--cert-days "soon" is not a number`, "--cert-days"},
		{[]string{"--key", "k.pem", "h"}, "needs --cert and --key", "a file that holds both is given to both"},
		{[]string{"--cert", "", "--key", "k.pem", "h"}, "--cert is empty", "--cert"},
		{[]string{"--ca-file=", "h"}, "--ca-file is empty", "--ca-file"},
		{[]string{"--ca-file", "no/such/file", "h"}, `the file of --ca-file, "no/such/file", cannot be read`, "PEM"},
		{[]string{"--ca-file", ".", "h"}, `the file of --ca-file, ".", cannot be read`, "PEM"},
		{[]string{"--cert", "no/such/file", "--key", "x", "h"}, `the file of --cert, "no/such/file", cannot be read`, "--cert takes"},

		{[]string{"--tls", "on", "h"}, `unknown tls "on"`, "--tls explicit?"},
		{[]string{"--tls", "ftps", "h"}, `unknown tls "ftps"`, "--tls implicit?"},
		{[]string{"--tls", "none", "h"}, `unknown tls "none"`, "--tls off?"},
		{[]string{"--tls", "explict", "h"}, `unknown tls "explict"`, "--tls explicit?"},
		{[]string{"--tls", "h"}, `unknown tls "h"`, "--tls takes auto, off, explicit or implicit"},
		{[]string{"h", "--tls"}, "--tls needs a value", "auto, off, explicit or implicit"},
		{[]string{"--ssl", "h"}, "unknown flag --ssl", "--tls explicit"},
		{[]string{"--ssl-reqd", "h"}, "unknown flag --ssl-reqd", "--tls explicit"},
		{[]string{"--ftps", "h"}, "unknown flag --ftps", "--tls implicit"},
		{[]string{"--no-tls", "h"}, "unknown flag --no-tls", "--tls off"},
		{[]string{"--implicit", "h"}, "unknown flag --implicit", "--tls implicit"},
		{[]string{"-k", "h"}, "unknown flag -k", "--insecure"},
		{[]string{"--no-check-certificate", "h"}, "unknown flag --no-check-certificate", "--insecure"},
		{[]string{"--insecur", "h"}, "unknown flag --insecur", "--insecure"},
		{[]string{"--cacert", "x", "h"}, "unknown flag --cacert", "--ca-file"},
		{[]string{"--private-key", "x", "h"}, "unknown flag --private-key", "--key"},
		{[]string{"-E", "x", "h"}, "unknown flag -E", "--cert"},

		{[]string{"--fail-on", "passive-private-adress", "h"}, `unknown code "passive-private-adress" in --fail-on`, "did you mean --fail-on passive-private-address?"},
		{[]string{"--ignore", "dns-dead-aaaa,nonsense", "h"}, `unknown code "nonsense" in --ignore`, "such as dns-dead-aaaa"},
		{[]string{"--ignore", "", "h"}, `unknown code "" in --ignore`, "codes of findings"},
		{[]string{"--fail-on", "login-rejected", "--ignore", "dns-dead-aaaa,login-rejected", "h"}, "--fail-on and --ignore both name login-rejected", "one of them"},
		{[]string{"-w", "0.5", "h"}, `--warning "0.5" has no =`, "connect=0.5"},
		{[]string{"-w", "conect=0.5", "h"}, `unknown measure "conect" in --warning`, "did you mean --warning connect=0.5?"},
		{[]string{"-c", "days=7:", "h"}, `unknown measure "days" in --critical`, "connect, login, total or cert_days"},
		{[]string{"-c", "connect=500ms", "h"}, `the range of --critical "connect=500ms": "500ms" is not a number`, "cert_days=7:"},
		{[]string{"-c", "total=10:5", "h"}, "it begins at 10, above its end", "--critical takes"},

		{[]string{"-o", "no/such/directory/x", "h"}, "no directory", "--output"},
		{[]string{"-o", ".", "h"}, "is a directory", "--output"},
	}
	for _, tt := range tests {
		t.Run(strings.Join(tt.args, " "), func(t *testing.T) {
			wrongUsage(t, call(t, nil, tt.args...), tt.message, tt.hint)
		})
	}
}

// Each flag is in the help, with its default, and no other.
func TestHelp(t *testing.T) {
	home(t)
	for _, args := range [][]string{{"--help"}, {"-h"}, {"h", "-h"}, {"demo", "--help"}, {"help", "-h"}} {
		if got := call(t, nil, args...); got.code != 0 || got.stdout != help || got.stderr != "" {
			t.Errorf("%q: exit %d, stderr %q, stdout %q", args, got.code, got.stderr, got.stdout)
		}
	}
	for i, line := range strings.Split(help, "\n") {
		if len(line) > 80 {
			t.Errorf("line %d has %d columns: %s", i+1, len(line), line)
		}
	}
	o, err := parseFlags(nil)
	if err != nil {
		t.Fatal(err)
	}
	o.flags.VisitAll(func(f *pflag.Flag) {
		long := regexp.MustCompile(`\n  (-.,|   ) --` + f.Name + `\b(.*(?:\n {20}.*)*)`).FindStringSubmatch(help)
		if long == nil {
			t.Errorf("--%s is not in the help", f.Name)
			return
		}
		if want := "-" + f.Shorthand + ","; f.Shorthand != "" && long[1] != want {
			t.Errorf("--%s stands behind %q, not %q", f.Name, long[1], want)
		}
		switch f.DefValue {
		case "", "false", "0s", "[]":
		default:
			want := "(" + f.DefValue + ")"
			if !strings.Contains(strings.Join(strings.Fields(long[2]), " "), want) {
				t.Errorf("the help of --%s does not say %s:%s", f.Name, want, long[2])
			}
		}
	})
	for _, m := range regexp.MustCompile(`\n  (?:-.,|   ) --([a-z0-9-]+)`).FindAllStringSubmatch(help, -1) {
		if o.flags.Lookup(m[1]) == nil {
			t.Errorf("the help names --%s, which is no flag", m[1])
		}
	}
}

func TestVersion(t *testing.T) {
	home(t)
	if got := call(t, nil, "--version"); got.code != 0 || got.stderr != "" || !regexp.MustCompile(`^ftpdiag \S+\n$`).MatchString(got.stdout) {
		t.Errorf("exit %d, stdout %q, stderr %q", got.code, got.stdout, got.stderr)
	}
}

// Nothing is diagnosed for a report that could not be written; what was there
// before stays until the new one is whole.
func TestOutputFile(t *testing.T) {
	home(t)
	name := filepath.Join(t.TempDir(), "report.json")
	for _, target := range []string{"first", "second"} {
		if got := call(t, nil, "-f", "json", "-o", name, target, "x"); got.code != 0 || got.stdout != "" || got.stderr != "" {
			t.Fatalf("exit %d, stdout %q, stderr %q", got.code, got.stdout, got.stderr)
		}
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if r := saved(t, string(data)); len(r) != 2 || r[0].Target.Host != target {
			t.Errorf("%d results in the file", len(r))
		}
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(name), "*")); len(left) != 1 {
		t.Errorf("left behind: %q", left)
	}
}
