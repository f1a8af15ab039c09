package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ftpdiag/probe"
	"ftpdiag/probe/diagnose"
	"ftpdiag/probe/ftptest"
)

// Each fault is found by its name, in the real diagnosis of the real demo.
func TestDemoFaults(t *testing.T) {
	home(t)
	faults := ftptest.Faults()
	if len(faults) < 15 {
		t.Fatalf("%d faults", len(faults))
	}
	for _, f := range faults {
		t.Run(string(f.Code), func(t *testing.T) {
			t.Parallel()
			var stdout, stderr bytes.Buffer
			code := run(context.Background(), []string{"demo", string(f.Code), "-f", "json"}, strings.NewReader(""), &stdout, &stderr)
			if want := demoHeading(f) + "\n\n"; code != 0 || stderr.String() != want {
				t.Errorf("exit %d, stderr %q, want %q", code, stderr.String(), want)
			}
			results := saved(t, stdout.String())
			if len(results) != 1 || len(results[0].Findings) == 0 || results[0].Findings[0].Code != f.Code || f.Mode != "" && results[0].Findings[0].Mode != f.Mode {
				t.Errorf("stdout %s", stdout.String())
			}
		})
	}
}

func TestDemoHealthy(t *testing.T) {
	home(t)
	var stdout, stderr bytes.Buffer
	code := run(context.Background(), []string{"demo"}, strings.NewReader(""), &stdout, &stderr)
	if code != 0 || stderr.Len() > 0 || !strings.HasPrefix(stdout.String(), "demo: a healthy server\n\n") {
		t.Errorf("exit %d, stderr %q, stdout:\n%s", code, stderr.String(), stdout.String())
	}
}

// What is shown is said in 80 columns, whatever the fault.
func TestDemoHeading(t *testing.T) {
	for _, f := range append(ftptest.Faults(), ftptest.Fault{}) {
		lines := strings.Split(demoHeading(f), "\n")
		for i, line := range lines {
			if len(line) > 80 || strings.HasSuffix(line, " ") || i > 0 && !strings.HasPrefix(line, "      ") {
				t.Errorf("line %d: %q", i+1, line)
			}
		}
		if got := strings.Join(strings.Fields(demoHeading(f)), " "); got != "demo: "+show(f) {
			t.Errorf("%q, want demo: %s", got, show(f))
		}
	}
}

// What a report says decides the exit code, and nothing else.
func TestDemoExitCode(t *testing.T) {
	home(t)
	const shown = "passive-private-address"
	both := diagnose.Modes{Passive: diagnose.Works, Active: diagnose.Works}
	finding := func(code diagnose.Code, s diagnose.Severity) []diagnose.Finding {
		return []diagnose.Finding{{Code: code, Severity: s}}
	}
	tests := []struct {
		args     []string
		modes    diagnose.Modes
		findings []diagnose.Finding
		want     int
		stderr   string
	}{
		{[]string{"demo"}, both, nil, 0, ""},
		{[]string{"demo"}, both, finding(diagnose.ClientBehindNAT, diagnose.Info), 0, ""},
		{[]string{"demo"}, both, finding(diagnose.GreetingSlow, diagnose.Warning), 2, "greeting-slow was found on a healthy server"},
		{[]string{"demo"}, diagnose.Modes{Passive: diagnose.Works, Active: diagnose.Fails}, nil, 2, "passive works and active fails"},
		{[]string{"demo"}, diagnose.Modes{Passive: diagnose.NotTested, Active: diagnose.Works}, nil, 2, "passive not_tested"},
		{[]string{"demo", shown}, both, finding(shown, diagnose.Error), 0, ""},
		{[]string{"demo", shown}, both, finding(shown, diagnose.Info), 0, ""},
		{[]string{"demo", shown}, both, append(finding(diagnose.GreetingSlow, diagnose.Error), finding(shown, diagnose.Error)...), 2, "greeting-slow was found in place of passive-private-address"},
		{[]string{"demo", shown}, both, nil, 2, "nothing was found in place of passive-private-address"},
	}
	for _, tt := range tests {
		got := call(t, func(_ context.Context, cfg probe.Config) (*diagnose.Result, error) {
			r := result(cfg, diagnose.StatusCritical)
			r.Modes, r.Findings = tt.modes, tt.findings
			return r, nil
		}, tt.args...)
		if got.code != tt.want || !strings.Contains(got.stderr, tt.stderr) || (tt.stderr == "") != (got.stderr == "") {
			t.Errorf("%q, %+v: exit %d, want %d; stderr %q", tt.args, tt.findings, got.code, tt.want, got.stderr)
		}
		if !strings.HasPrefix(got.stdout, "demo: ") || len(got.configs) != 1 || got.configs[0].Target.Input != strings.Join(tt.args, " ") {
			t.Errorf("%q: stdout %q, %+v", tt.args, got.stdout, got.configs)
		}
	}
}

func TestDemoInterrupted(t *testing.T) {
	home(t)
	ctx, cancel := context.WithCancel(context.Background())
	got := callWith(t, ctx, func(_ context.Context, cfg probe.Config) (*diagnose.Result, error) {
		cancel()
		return result(cfg, diagnose.StatusUnknown), nil
	}, strings.NewReader(""), "demo")
	if got.code != 3 || got.stderr != "ftpdiag: interrupted\n" || got.stdout == "" {
		t.Errorf("exit %d, stderr %q, stdout %q", got.code, got.stderr, got.stdout)
	}
}

func TestDemoList(t *testing.T) {
	home(t)
	got := call(t, nil, "demo", "--list")
	seen := map[string]bool{}
	for line := range strings.Lines(got.stdout) {
		name, title, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		if len(line) > 81 || strings.TrimSpace(title) == "" || name != "" && seen[name] {
			t.Errorf("line %q", line)
		}
		seen[name] = true
	}
	delete(seen, "") // lines that go on
	if got.code != 0 || got.stderr != "" || len(seen) != len(ftptest.Faults()) || len(seen) < 15 {
		t.Errorf("exit %d, stderr %q, %d faults", got.code, got.stderr, len(seen))
	}
	for _, name := range []string{"passive-private-address", "passive-disabled", "passive-aborted-426", "active-address-rejected"} {
		if !seen[name] {
			t.Errorf("%s is not in the list", name)
		}
	}
}

func TestDemoUsage(t *testing.T) {
	home(t)
	tests := []struct {
		args          []string
		message, hint string
	}{
		{[]string{"demo", "bogus"}, `unknown fault "bogus"`, "ftpdiag demo --list"},
		{[]string{"demo", ""}, `unknown fault ""`, "ftpdiag demo --list"},
		{[]string{"demo", "pasive-disabled"}, `unknown fault "pasive-disabled"`, "did you mean ftpdiag demo passive-disabled?"},
		{[]string{"demo", "passive-private"}, `unknown fault`, "did you mean ftpdiag demo passive-private-address?"},
		{[]string{"demo", "ftp://bob:secret@h"}, `unknown fault "ftp://bob:***@h"`, "--list"},
		{[]string{"demo", "passive-disabled", "active-disabled"}, "one fault", "FAULT"},
		{[]string{"demo", "-u", "bob"}, "--user means nothing in a demo", "ftp://demo"},
		{[]string{"demo", "--timeout", "1s"}, "--timeout means nothing", "--format"},
		{[]string{"demo", "-f", "yaml"}, `unknown format "yaml"`, "--format"},
		{[]string{"demo", "--list", "passive-disabled"}, "--list takes no fault", "--list"},
		{[]string{"demo", "--list", "-f", "json"}, "--format means nothing with --list", "--list"},
		{[]string{"demo", "-o", "no/such/directory/x"}, "no directory", "--output"},
	}
	for _, tt := range tests {
		t.Run(strings.Join(tt.args, " "), func(t *testing.T) {
			wrongUsage(t, call(t, nil, tt.args...), tt.message, tt.hint)
		})
	}
}

// With --output only the report is in the file.
func TestDemoOutput(t *testing.T) {
	home(t)
	name := filepath.Join(t.TempDir(), "out.json")
	got := call(t, nil, "demo", "-f", "json", "-o", name)
	if got.code != 0 || got.stdout != "" || got.stderr != "demo: a healthy server\n\n" {
		t.Errorf("exit %d, stdout %q, stderr %q", got.code, got.stdout, got.stderr)
	}
	data, err := os.ReadFile(name)
	if err != nil || len(saved(t, string(data))) != 1 {
		t.Errorf("%v: %s", err, data)
	}
}
