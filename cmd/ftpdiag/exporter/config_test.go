package exporter

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"ftpdiag/cmd/ftpdiag/policy"
	"ftpdiag/probe"
	"ftpdiag/probe/diagnose"
	"ftpdiag/probe/evidence"
)

const secret = "s3cr3t-Pa%ss"

// write makes a file in dir.
func write(t testing.TB, dir, name, text string) string {
	t.Helper()
	name = filepath.Join(dir, name)
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestLoad(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "pw", secret+"\r\n")
	name := write(t, dir, "ftpdiag.yml", `
max_concurrent: 7
timeout_offset: 250ms
modules:
  default: &common
    allow: [ftp.example.com, 10.0.0.0/8, "2001:db8::1"]
  named: &named
    <<: *common
    user: bob
    password_file: pw
    tls: off
    insecure: true
    cert_days: 0
    mode: passive
    expect: passive
    path: pub/
    timeout: 2s
    deadline: 10s
    quick: false
    no_foreign: false
    ipv6: true
    active_ports: 50000-50100
    active_address: 203.0.113.20
    ports: [2121]
    fail_on: [greeting-slow, login-rejected]
    ignore: [tls-cert-untrusted]
    cache: 0s
    full_every: 1h
  last:
    <<: *named
    ignore: []
`)
	c, err := Load(name)
	if err != nil {
		t.Fatal(err)
	}
	if c.MaxConcurrent != 7 || c.TimeoutOffset != 250*time.Millisecond || len(c.Modules) != 3 {
		t.Errorf("%+v", c)
	}
	m := c.Modules["named"]
	want := probe.Config{
		Password: secret, Mode: evidence.Passive, Expect: "passive", TLS: "off", Family: 6, Timeout: 2 * time.Second, Deadline: 10 * time.Second,
		ActivePorts: probe.PortRange{Low: 50000, High: 50100}, ActiveAddress: netip.MustParseAddr("203.0.113.20"), Insecure: true, CertDays: -1,
	}
	if got := m.probeConfig(); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v", got)
	}
	if m.User != "bob" || m.Path != "pub/" || len(m.Allow) != 3 || m.Cache != 0 || m.FullEvery != time.Hour || m.Ports[0] != 2121 {
		t.Errorf("%+v", m)
	}
	if want := (policy.Policy{FailOn: []diagnose.Code{"greeting-slow", "login-rejected"}, Ignore: []diagnose.Code{"tls-cert-untrusted"}}); !reflect.DeepEqual(m.Policy, want) {
		t.Errorf("the policy is %+v", m.Policy)
	}
	d := c.Modules["default"]
	want = probe.Config{Expect: "any", TLS: "auto", Timeout: 5 * time.Second, Deadline: 20 * time.Second, Quick: true, NoForeign: true, CertDays: 21}
	if got := d.probeConfig(); !reflect.DeepEqual(got, want) {
		t.Errorf("the defaults are %+v", got)
	}
	if last := c.Modules["last"].Policy; len(last.FailOn) != 2 || last.Ignore != nil {
		t.Errorf("the policy of the last is %+v", last)
	}
	if !d.Policy.IsZero() || d.User != "anonymous" || d.Cache != 30*time.Second || d.FullEvery != 15*time.Minute || !reflect.DeepEqual(d.Ports, []int{21, 990}) {
		t.Errorf("the defaults are %+v", d)
	}
}

// No way to print a module shows its password.
func TestSecretIsNotPrinted(t *testing.T) {
	m := newModule("m")
	m.Password = Secret{secret}
	asJSON, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	for _, got := range []string{fmt.Sprint(m), fmt.Sprintf("%v %+v %#v %s %q %x", m, *m, *m, m.Password, m.Password, m.Password), string(asJSON)} {
		if strings.Contains(got, "s3cr3t") || strings.Contains(got, fmt.Sprintf("%x", "s3cr3t")) || !strings.Contains(got, "***") {
			t.Error(got)
		}
	}
}

// Each mistake is named with its line, and no value that may be a password is.
func TestLoadErrors(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "pw", secret)
	write(t, dir, "empty", "\n")
	write(t, dir, "two", "a\nb\n")
	const head = "modules:\n  default:\n    allow: [ftp.example.com]\n"
	for _, tt := range []struct{ text, want string }{
		{"", "it is empty"},
		{"- a\n", "line 1: the configuration is no mapping of keys to values"},
		{"modules: {}\n", "line 1: there are no modules"},
		{"modules:\n", "line 1: modules is no mapping of keys to values"},
		{"a: b\n---\nc: d\n", "line 2: there is more than one document"},
		{"modules: [\n", "line 1: did not find expected node content"},
		{head + "moduls: 1\n", `line 4: unknown key "moduls" in the configuration; its keys are max_concurrent, modules, timeout_offset`},
		{head + "    pasword: " + secret + "\n", `line 4: unknown key "pasword" in module default; its keys are active_address, `},
		{head + "    allow: [b]\n", `line 4: "allow" is given twice in module default`},
		{head + "    cache: 1\n", "line 4: cache is no duration such as 5s or 500ms"},
		{head + "    cache: -1s\n", "line 4: cache is not within 0s and 24h0m0s"},
		{head + "    deadline: 3m\n", "line 4: deadline is not within 1ms and 2m0s"},
		{head + "    quick: 1\n", "line 4: quick is neither true nor false"},
		{head + "    tls: maybe\n", "line 4: tls is none of auto, off, explicit, implicit"},
		{head + "    ports: 21\n", "line 4: ports is no list"},
		{head + "    ports: [21,\n      70000]\n", "line 5: entry is no number within 1 and 65535"},
		{head + "    active_ports: 9-8\n", "line 4: active_ports is no range within 1 and 65535 such as 50000-50100"},
		{head + "    active_address: here\n", "line 4: active_address is not the address of a host"},
		{head + "    path: [a]\n", "line 4: path is no text"},
		{head + "    user: \"a\\nb\"\n", "line 4: user contains CR, LF or NUL"},
		{head + "    ipv4: true\n    ipv6: true\n", "line 2: module default: ipv4 and ipv6 exclude each other: leave both away for both families"},
		{head + "    mode: passive\n    expect: both\n", "line 2: module default: expect: both cannot be judged with mode: passive"},
		{head + "    cert: a\n", "line 2: module default: a client certificate needs both cert and key"},
		{head + "    user: bob\n", "line 2: module default: user needs a password_file"},
		{head + "    password_file: pw\n", "line 2: module default: password_file needs a user"},
		{head + "    timeout: 30s\n", "line 2: module default: timeout: 30s is above deadline: 20s"},
		{head + "    user: bob\n    password_file: " + secret + "\n", "line 5: password_file cannot be read: no such file or directory"},
		{head + "    user: bob\n    password_file: empty\n", "line 5: password_file names an empty file"},
		{head + "    user: bob\n    password_file: two\n", "line 5: password_file names a file with more than the password in it: it contains CR, LF or NUL"},
		{head + "    ca_file: pw\n", "line 4: ca_file holds no certificate in PEM form"},
		{head + "    cert: pw\n    key: pw\n", "line 4: cert and key: failed to find any PEM data in certificate input"},
		{head + "    ca_file: " + secret + "\n", "line 4: ca_file cannot be read: no such file or directory"},
		{head + "    cert: " + secret + "\n    key: pw\n", "line 4: cert cannot be read: no such file or directory"},
		{head + "    cert: pw\n    key: " + secret + "\n", "line 5: key cannot be read: no such file or directory"},
		{head + "    fail_on: [login-rejected,\n      greting-slow]\n", "line 5: entry is no code of a finding: did you mean greeting-slow?"},
		{head + "    ignore: [" + secret + "]\n", "line 4: entry is no code of a finding"},
		{head + "    ignore: greeting-slow\n", "line 4: ignore is no list"},
		{head + "    ignore: [[greeting-slow]]\n", "line 4: entry is no code of a finding"},
		{head + "    fail_on: [dns-dead-aaaa, greeting-slow]\n    ignore: [greeting-slow]\n", "line 2: module default: fail_on and ignore both name greeting-slow"},
		{"modules:\n  default:\n    allow: [1.2.3]\n", "line 3: entry is neither a name pattern such as *.example.com nor an address or CIDR block"},
		{"modules:\n  default:\n    allow:\n    - 10.1.0.0/8\n", "line 4: entry has bits set behind its prefix: write 10.0.0.0/8"},
		{"modules:\n  default:\n    allow: []\n", "line 3: allow is an empty list"},
		{"modules:\n  a b:\n    allow: [x]\n", "line 2: the name of a module is letters, digits, - and _"},
		{"modules:\n  a: &a\n    <<: *a\n", "is no mapping of keys to values"},
	} {
		_, err := parse([]byte(tt.text), dir)
		if err == nil || !strings.HasPrefix(err.Error(), tt.want) && !strings.HasSuffix(err.Error(), tt.want) || strings.Contains(err.Error(), secret) {
			t.Errorf("%q:\n got %v\nwant %s", tt.text, err, tt.want)
		}
	}
	if _, err := Load(filepath.Join(dir, "none.yml")); err == nil || !strings.HasSuffix(err.Error(), `none.yml" cannot be read: no such file or directory`) {
		t.Error(err)
	}
}

func TestRules(t *testing.T) {
	for _, tt := range []struct {
		rule         string
		names, other string // of the names, those that match; those that do not
		in, out      string // the same for addresses
	}{
		{"ftp.example.com", "ftp.example.com FTP.Example.COM ftp.example.com.", "xftp.example.com ftp.example.com.evil ftpxexample.com", "", "192.0.2.1"},
		{"*.example.com", "a.example.com", "example.com a.b.example.com .example.com a.example.com.evil.net", "", "::1"},
		{"**.example.com", "a.example.com a.b.example.com", "example.com", "", "::1"},
		{"ftp*.Example.com", "ftp1.example.com", "ftp.a.example.com", "", "::1"},
		{"192.0.2.0/24", "", "192.0.2.1 ftp.example.com", "192.0.2.255 ::ffff:192.0.2.7", "192.0.3.0 ::1"},
		{"0.0.0.0/0", "", "a", "1.2.3.4", "::1 2001:db8::1"},
		{"::ffff:192.0.2.1", "", "a", "192.0.2.1", "192.0.2.2"},
		{"fe80::/10", "", "a", "fe80::1%eth0", "fec0::1"},
	} {
		rule, err := parseRule(tt.rule)
		if err != nil {
			t.Errorf("%s: %v", tt.rule, err)
			continue
		}
		m := &Module{Allow: []Rule{rule}}
		for _, name := range strings.Fields(tt.names) {
			if !m.allowsName(name) {
				t.Errorf("%s does not allow %s", tt.rule, name)
			}
		}
		for _, name := range strings.Fields(tt.other) {
			if m.allowsName(name) {
				t.Errorf("%s allows %s", tt.rule, name)
			}
		}
		for _, ip := range strings.Fields(tt.in) {
			if !m.allowsAddress(netip.MustParseAddr(ip)) {
				t.Errorf("%s does not allow %s", tt.rule, ip)
			}
		}
		for _, ip := range strings.Fields(tt.out) {
			if m.allowsAddress(netip.MustParseAddr(ip)) {
				t.Errorf("%s allows %s", tt.rule, ip)
			}
		}
	}
	for _, bad := range []string{"", "a b", "http://a", "a/24", "192.0.2", "1", "::ffff:10.0.0.0/104", "a..b", ".a", "10.0.0.0/33", "fe80::1%eth0"} {
		if _, err := parseRule(bad); err == nil {
			t.Errorf("%q is taken for a rule", bad)
		}
	}
}

// commentedModule is the # before each line of a module that needs a file.
var commentedModule = regexp.MustCompile(`(?m)^  #(\S|  )`)

// The example is read as it is, and with the module whose password file one has to
// write. What it says in comments are the defaults.
func TestExample(t *testing.T) {
	const name = "../deploy/exporter/ftpdiag.yml"
	if _, err := Load(name); err != nil {
		t.Error(err)
	}
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	data = commentedModule.ReplaceAll(data, []byte("  $1"))
	dir := t.TempDir()
	write(t, dir, "acme.password", secret+"\n")
	plain, err := parse(data, dir)
	if err != nil {
		t.Fatal(err)
	}
	if m := plain.Modules["acme"]; m == nil || m.User != "monitor" || m.Password.text != secret {
		t.Errorf("the module with a login is %+v", m)
	}
	var full strings.Builder
	for line := range strings.Lines(string(data)) {
		before, rest, found := strings.Cut(line, "# ")
		key, _, isKey := strings.Cut(rest, ": ")
		if found && isKey && strings.TrimSpace(before) == "" && !strings.Contains(key, " ") && !slices.Contains(notDefaults, key) {
			line = before + rest
		}
		full.WriteString(line)
	}
	said, err := parse([]byte(full.String()), dir)
	if err != nil {
		t.Fatalf("%v\n%s", err, full.String())
	}
	if strings.Count(full.String(), "#") > strings.Count(string(data), "#")-19 {
		t.Errorf("the comments hold too few keys:\n%s", full.String())
	}
	if !reflect.DeepEqual(plain, said) {
		t.Errorf("the defaults in the comments are not those:\n%s", full.String())
	}
}

// notDefaults are the keys in the comments of the example that have no default.
var notDefaults = []string{"path", "active_ports", "active_address", "ca_file", "cert", "key"}
