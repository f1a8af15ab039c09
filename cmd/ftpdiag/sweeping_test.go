package main

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"ftpdiag/probe"
	"ftpdiag/probe/diagnose"
	"ftpdiag/probe/evidence"
	"ftpdiag/report/reporttest"
)

// listFile writes a list of targets.
func listFile(t *testing.T, lines ...string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "targets.txt")
	if err := os.WriteFile(name, []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// byHost plays a status for each host; others are ok.
func byHost(statuses map[string]diagnose.Status) fake {
	return func(_ context.Context, cfg probe.Config) (*diagnose.Result, error) {
		status := statuses[cfg.Target.Host]
		if status == "" {
			status = diagnose.StatusOK
		}
		r := result(cfg, status)
		r.Options = evidence.Options{Mode: "both", Expect: cfg.Expect, TLS: cfg.TLS, Family: "any", Quick: cfg.Quick, Thorough: cfg.Thorough}
		if status == diagnose.StatusCritical {
			r.Findings = []diagnose.Finding{{Code: diagnose.LoginRejected, Severity: diagnose.Error, Layer: diagnose.LayerLogin}}
			r.Modes = diagnose.Modes{Passive: diagnose.NotTested, Active: diagnose.NotTested}
		}
		r.Transcript = []evidence.Exchange{{From: evidence.FromServer, Text: "220 hello"}}
		return r, nil
	}
}

// hosts are those of results, in order of the list.
func hosts(results []*diagnose.Result) string {
	slices.SortFunc(results, func(a, b *diagnose.Result) int { return a.Target.Index - b.Target.Index })
	var names []string
	for _, r := range results {
		names = append(names, r.Target.Host)
	}
	return strings.Join(names, " ")
}

// What stands behind a target takes the place of a flag, for it alone.
func TestListedTargets(t *testing.T) {
	home(t)
	pw := write(t, filepath.Join(t.TempDir(), "pw"), "bobs\n")
	name := listFile(t, "\ufeff# customers", "", "a # first\r", `b:2121 user=bob password-file=`+pw+` tls=explicit path="my dir/" expect=passive label='Customer 7'`,
		"ftp://h/pub/", "c")
	got := call(t, nil, "--parallel", "1", "-f", "json", "--path", "x/", "--targets", listFile(t, "d"), "e")
	if got.code != 0 || got.configs[0].Target.Host != "e" || got.configs[1].Target.Host != "d" || got.configs[1].Target.Path != "x/" {
		t.Errorf("exit %d, stderr %q, %+v", got.code, got.stderr, got.configs)
	}
	got = call(t, nil, "--parallel", "1", "-f", "json", "--targets", name)
	if got.code != 0 || got.stderr != "" || len(got.configs) != 4 {
		t.Fatalf("exit %d, %d diagnoses, stderr %q", got.code, len(got.configs), got.stderr)
	}
	b, c := got.configs[1], got.configs[3]
	if b.Target.Host != "b" || b.Target.Port != 2121 || b.Target.User != "bob" || b.Password != "bobs" || b.TLS != "explicit" ||
		b.Target.Path != "my dir/" || b.Expect != "passive" || b.Target.Label != "Customer 7" || b.Target.Index != 1 {
		t.Errorf("%+v", b)
	}
	if c.Target.User != anonymous || c.Password != "" || c.TLS != "auto" || c.Expect != "any" || c.Target.Label != "" || got.configs[2].Target.Path != "pub/" {
		t.Errorf("%+v", c)
	}
	for _, cfg := range got.configs {
		if !cfg.Quick || !cfg.NoForeign {
			t.Errorf("%s: quick %v, no foreign %v", cfg.Target.Host, cfg.Quick, cfg.NoForeign)
		}
	}
	got = call(t, nil, "-f", "json", "--quick=false", "--no-foreign=false", "--targets", name)
	if cfg := got.configs[0]; cfg.Quick || cfg.NoForeign {
		t.Errorf("quick %v, no foreign %v", cfg.Quick, cfg.NoForeign)
	}
	got = call(t, nil, "-f", "json", "--thorough", "--targets", name)
	if cfg := got.configs[0]; cfg.Quick || !cfg.Thorough {
		t.Errorf("quick %v, thorough %v", cfg.Quick, cfg.Thorough)
	}
	got = callWith(t, context.Background(), nil, strings.NewReader("x\ny"), "-f", "json", "--targets", "-")
	if hosts(saved(t, got.stdout)) != "x y" {
		t.Errorf("from standard input: %s", got.stdout)
	}
}

// Every bad line is said, with its number, and nothing is probed.
func TestBadLines(t *testing.T) {
	home(t)
	lines := []string{"good", "h:0", "x user=", `y label="z`, "sftp://z", "a expect=all", "b tls=on", "c user=bob password-file=/nonexistent/file",
		"d password-file=x", "ftp://bob@e user=carol", "f pass=s3cret", "-v", "ftp://bob:s3cret@h:0"}
	lines = append(lines, "ftp://bob:s3cret@h password-file="+write(t, filepath.Join(t.TempDir(), "pw"), "bobs"))
	name := listFile(t, lines...)
	got := call(t, nil, "--targets", name)
	said := strings.Split(strings.TrimSuffix(got.stderr, "\n"), "\n")
	if got.code != 3 || got.stdout != "" || len(got.configs) > 0 || len(said) != len(lines) || !strings.HasPrefix(said[len(said)-1], "hint: ") {
		t.Fatalf("exit %d, %d diagnoses, stdout %q, stderr\n%s", got.code, len(got.configs), got.stdout, got.stderr)
	}
	for i := range lines[1:] {
		if want := fmt.Sprintf("ftpdiag: %s:%d: ", name, i+2); !strings.HasPrefix(said[i], want) {
			t.Errorf("%q does not begin with %q", said[i], want)
		}
	}
	if strings.Contains(got.stderr, "s3cret") {
		t.Errorf("a password is shown:\n%s", got.stderr)
	}
	many := listFile(t, strings.Fields(strings.Repeat("h:0 ", 500))...)
	if got := call(t, nil, "--targets", many); strings.Count(got.stderr, "\n") != badLinesShown+2 || !strings.Contains(got.stderr, "ftpdiag: 480 more lines are bad\n") {
		t.Errorf("of 500 bad lines it says\n%s", got.stderr)
	}
}

// With --skip-invalid the others are diagnosed, and the bad ones do not vanish.
func TestSkipInvalid(t *testing.T) {
	home(t)
	name := listFile(t, "good", "h:0 user=bob", "fine")
	got := call(t, nil, "-f", "json", "--skip-invalid", "--targets", name)
	if want := fmt.Sprintf("ftpdiag: warning: skipped: %s:2: target \"h:0\": its port is not within 1 and 65535\n", name); got.code != 3 || got.stderr != want || len(got.configs) != 2 {
		t.Errorf("exit %d, %d diagnoses, stderr %q, want %q", got.code, len(got.configs), got.stderr, want)
	}
	results := saved(t, got.stdout)
	reporttest.ValidateLines(t, []byte(got.stdout))
	if len(results) != 3 {
		t.Fatalf("%d results", len(results))
	}
	for _, r := range results {
		bad := r.Target.Index == 1
		if bad != (r.Status == diagnose.StatusUnknown) || bad && (r.Target.Input != "h:0" || !strings.Contains(r.Recommendation.Reason, name+":2: ")) {
			t.Errorf("%+v, %s, %q", r.Target, r.Status, r.Recommendation.Reason)
		}
	}
	got = call(t, nil, "--skip-invalid", "--targets", listFile(t, "h:0"))
	if got.code != 3 || !strings.Contains(got.stdout, "1 target in ") || !strings.Contains(got.stdout, "1 unknown") {
		t.Errorf("exit %d, stdout %s", got.code, got.stdout)
	}
}

func TestWrongSweepUsage(t *testing.T) {
	home(t)
	dir := t.TempDir()
	empty := write(t, filepath.Join(dir, "empty"), "# nothing\n")
	for _, tt := range []struct {
		args          []string
		message, hint string
	}{
		{[]string{"--parallel", "0", "h"}, "--parallel 0 is not within 1 and 10000", "1 to 10000"},
		{[]string{"--parallel", "10001", "h"}, "--parallel 10001", "1 to 10000"},
		{[]string{"--parallel", "-1", "h"}, "--parallel -1", "1 to 10000"},
		{[]string{"--per-host", "0", "h"}, "--per-host 0", "1 to 10000"},
		{[]string{"--skip-invalid", "h"}, "--skip-invalid means nothing", "--targets FILE"},
		{[]string{"--targets", "", "h"}, "--targets is empty", "one a line"},
		{[]string{"--resume", "", "h"}, "--resume is empty", "--format json"},
		{[]string{"--targets", filepath.Join(dir, "none")}, "cannot be read: no such file", "--targets takes"},
		{[]string{"--targets", dir}, "cannot be read", "--targets takes"},
		{[]string{"--targets", empty}, "there is no target in", "--targets takes"},
		{[]string{"--targets", write(t, filepath.Join(dir, "utf16"), "\xff\xfea\x00")}, "UTF-16", "--targets takes"},
		{[]string{"--resume", filepath.Join(dir, "none"), "h"}, "cannot be read", "--resume takes"},
		{[]string{"--resume", write(t, filepath.Join(dir, "text"), "hello\nworld\n"), "h"}, "holds no results", "--resume takes"},
		{[]string{"-f", "json", "-o", filepath.Join(dir, "no", "file"), "--targets", listFile(t, "h")}, "there is no directory", "--output"},
		{[]string{"-m", "active", "--targets", listFile(t, "h expect=passive")}, "cannot be judged", "--mode both"},
	} {
		wrongUsage(t, call(t, nil, tt.args...), tt.message, tt.hint)
	}
}

// Names that stand for one address share it; a name is looked up once, and the
// probe gets the answer.
func TestOneAddressAtATime(t *testing.T) {
	home(t)
	for _, perHost := range []int{1, 3} {
		var mu sync.Mutex
		under, most, lookups := 0, 0, map[string]int{}
		d := func(ctx context.Context, cfg probe.Config) (*diagnose.Result, error) {
			if _, err := netip.ParseAddr(cfg.Target.Host); err != nil { // as the probe does
				if _, err := cfg.Resolver.LookupNetIP(ctx, "ip", cfg.Target.Host); err != nil {
					t.Error(err)
				}
			}
			mu.Lock()
			under++
			most = max(most, under)
			mu.Unlock()
			for range 200 { // the others have their chance
				mu.Lock()
				enough := under >= perHost+1
				mu.Unlock()
				if enough {
					break
				}
				time.Sleep(time.Millisecond)
			}
			mu.Lock()
			under--
			mu.Unlock()
			return result(cfg, diagnose.StatusOK), nil
		}
		var stdout strings.Builder
		a := &app{stdin: strings.NewReader(""), stdout: &stdout, stderr: &strings.Builder{}, diagnose: d,
			resolver: lookup(func(host string) netip.Addr {
				mu.Lock()
				defer mu.Unlock()
				lookups[host]++
				return ip("192.0.2.1")
			})}
		code := a.run(context.Background(), []string{"-f", "json", "--parallel", "8", "--per-host", fmt.Sprint(perHost), "a", "b", "a", "192.0.2.1", "::ffff:192.0.2.1"})
		if code != 0 || most != perHost || len(saved(t, stdout.String())) != 5 {
			t.Errorf("exit %d, %d at once, want %d", code, most, perHost)
		}
		if s := fmt.Sprint(lookups); s != "map[a:1 b:1]" {
			t.Errorf("lookups %s", s)
		}
	}
}

// lookup is a Resolver by a function.
type lookup func(host string) netip.Addr

func (l lookup) LookupNetIP(_ context.Context, _, host string) ([]netip.Addr, error) {
	return []netip.Addr{l(host)}, nil
}

// Many targets make a line each, and a summary; a handful whole reports, in the
// order in which they were named.
func TestManyInText(t *testing.T) {
	home(t)
	d := byHost(map[string]diagnose.Status{"b": diagnose.StatusCritical, "d": diagnose.StatusUnknown})
	got := call(t, d, "--parallel", "1", "--targets", listFile(t, "a", "b", "c label=Third", "d"))
	lines, summary, _ := strings.Cut(got.stdout, "\n\n")
	want := "OK        a: passive works, active works\nCRITICAL  b: fails at the login: login-rejected\n" +
		"OK        Third (c): passive works, active works\nUNKNOWN   d: passive works, active works"
	if got.code != 2 || got.stderr != "" || lines != want {
		t.Errorf("exit %d, stderr %q, stdout\n%s", got.code, got.stderr, got.stdout)
	}
	for _, line := range []string{"4 targets in ", ": 1 critical, 1 unknown, 2 ok\n", "CRITICAL        1  login-rejected: b\n", "OK              2  nothing wrong\n"} {
		if !strings.Contains(summary, line) {
			t.Errorf("the summary lacks %q:\n%s", line, summary)
		}
	}
	got = call(t, d, "--parallel", "1", "-v", "--targets", listFile(t, "a", "b"))
	if strings.Count(got.stdout, "Status: ") != 2 || strings.Count(got.stdout, "220 hello") != 2 || !strings.Contains(got.stdout, "2 targets in ") {
		t.Errorf("with -v:\n%s", got.stdout)
	}
	got = call(t, d, "a", "b", "c", "d", "e", "f")
	if !strings.Contains(got.stdout, "6 targets in ") || strings.Contains(got.stdout, "Confidence") {
		t.Errorf("six arguments:\n%s", got.stdout)
	}
	got = call(t, d, "a", "b", "c", "d", "e")
	if i, j := strings.Index(got.stdout, "== 1 of 5: a ="), strings.Index(got.stdout, "== 5 of 5: e ="); i < 0 || j < i || strings.Contains(got.stdout, "targets in") {
		t.Errorf("five arguments:\n%s", got.stdout)
	}
}

// A report of all has every target, in order, whatever was done first.
func TestManyInOneReport(t *testing.T) {
	home(t)
	for _, format := range []string{"junit", "markdown", "prometheus", "nagios"} {
		d := byHost(map[string]diagnose.Status{"h7": diagnose.StatusCritical})
		last := make(chan struct{})
		a := &app{stdin: strings.NewReader(""), stdout: &strings.Builder{}, stderr: &strings.Builder{}, resolver: everyName{},
			diagnose: func(ctx context.Context, cfg probe.Config) (*diagnose.Result, error) {
				if cfg.Target.Host == "h8" {
					defer close(last)
				} else {
					<-last // the last of the list is the first that is done
				}
				return d(ctx, cfg)
			}}
		stdout := a.stdout.(*strings.Builder)
		got := ran{code: a.run(t.Context(), []string{"-f", format, "--targets", listFile(t, strings.Fields("h1 h2 h3 h4 h5 h6 h7 h8")...)}), stderr: a.stderr.(*strings.Builder).String()}
		got.stdout = stdout.String()
		if format != "nagios" && strings.Index(got.stdout, "h1") > strings.Index(got.stdout, "h8") {
			t.Errorf("%s: not in the order of the list:\n%s", format, got.stdout)
		}
		if got.code != 2 || got.stderr != "" || !strings.Contains(got.stdout, "h7") || strings.Contains(got.stdout, "targets in") {
			t.Errorf("%s: exit %d, stderr %q\n%s", format, got.code, got.stderr, got.stdout)
		}
	}
}

// An interrupt marks what it cut short and what it left undone.
func TestSweepInterrupted(t *testing.T) {
	home(t)
	for _, format := range []string{"text", "json", "junit"} {
		ctx, cancel := context.WithCancel(context.Background())
		n := 0
		d := func(ctx context.Context, cfg probe.Config) (*diagnose.Result, error) {
			r := result(cfg, diagnose.StatusOK)
			r.Options = evidence.Options{Mode: "both", Expect: cfg.Expect, TLS: cfg.TLS, Family: "any", Quick: cfg.Quick, Thorough: cfg.Thorough}
			if n++; n == 2 {
				cancel()
				r.Modes.Active = diagnose.Inconclusive
			}
			return r, nil
		}
		got := callWith(t, ctx, d, strings.NewReader(""), "-f", format, "--parallel", "1", "--targets", listFile(t, "a", "b", "c", "d"))
		if got.code != 3 || len(got.configs) != 2 || got.stderr != "ftpdiag: interrupted: 2 of 4 targets are not tested\n" {
			t.Errorf("%s: exit %d, %d diagnoses, stderr %q", format, got.code, len(got.configs), got.stderr)
		}
		switch format {
		case "text":
			if !strings.Contains(got.stdout, "2 of 4 targets in ") || !strings.Contains(got.stdout, "UNKNOWN         2  not begun") || !strings.Contains(got.stdout, "UNKNOWN   b: ") {
				t.Errorf("%s", got.stdout)
			}
		case "json":
			r := saved(t, got.stdout)
			if len(r) != 4 || r[0].Status != diagnose.StatusOK {
				t.Fatalf("%s", got.stdout)
			}
			for i, r := range r[1:] {
				if r.Status != diagnose.StatusUnknown || r.Target.Index != i+1 || i > 0 && r.Recommendation.Reason != "not tested: interrupted" {
					t.Errorf("%+v", r)
				}
			}
			run := filepath.Join(t.TempDir(), "run")
			again := call(t, byHost(nil), "-f", "json", "--resume", write(t, run, got.stdout), "--targets", listFile(t, "a", "b", "c", "d"))
			if again.code != 0 || len(again.configs) != 3 {
				t.Errorf("resumed: exit %d, %d diagnoses", again.code, len(again.configs))
			}
		case "junit":
			if strings.Count(got.stdout, "not tested: interrupted") < 2 {
				t.Errorf("%s", got.stdout)
			}
		}
	}
}

// To mark very many as unknown takes no longer than an interrupt may.
func TestSweepInterruptedEarly(t *testing.T) {
	home(t)
	const n = 20000
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf("h%d", i)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var begin time.Time
	d := func(_ context.Context, cfg probe.Config) (*diagnose.Result, error) {
		begin = time.Now()
		cancel()
		return result(cfg, diagnose.StatusOK), nil
	}
	got := callWith(t, ctx, d, strings.NewReader(""), "-f", "json", "--parallel", "1", "--targets", listFile(t, names...))
	if took := time.Since(begin); took > 20*time.Second { // 5 s where nothing slows us down
		t.Errorf("an interrupt took %v", took)
	}
	if lines := strings.Count(got.stdout, "\n"); got.code != 3 || lines != n {
		t.Errorf("exit %d, %d lines", got.code, lines)
	}
}

// A Config that the probe refuses is the trouble of one target.
func TestSweepGoesOn(t *testing.T) {
	home(t)
	d := func(ctx context.Context, cfg probe.Config) (*diagnose.Result, error) {
		if cfg.Target.Host == "b" {
			return nil, fmt.Errorf("%w: no good", probe.ErrConfig)
		}
		return result(cfg, diagnose.StatusOK), nil
	}
	got := call(t, d, "-f", "json", "a", "b", "c")
	if r := saved(t, got.stdout); got.code != 3 || len(r) != 3 || got.stderr != "" {
		t.Errorf("exit %d, stderr %q, %s", got.code, got.stderr, got.stdout)
	}
	got = call(t, func(_ context.Context, cfg probe.Config) (*diagnose.Result, error) {
		if cfg.Target.Host == "b" {
			panic("a bug")
		}
		return result(cfg, diagnose.StatusOK), nil
	}, "-f", "json", "a", "b", "c")
	if r := saved(t, got.stdout); got.code != 3 || len(r) != 3 || !strings.HasPrefix(got.stderr, "ftpdiag: a bug\n") {
		t.Errorf("exit %d, stderr %q, %s", got.code, got.stderr, got.stdout)
	}
	if got := call(t, func(context.Context, probe.Config) (*diagnose.Result, error) { return nil, errors.New("out of order") }, "-f", "json", "a", "b"); got.code != 3 || got.stderr != "ftpdiag: out of order\n" {
		t.Errorf("exit %d, stderr %q", got.code, got.stderr)
	}
}
