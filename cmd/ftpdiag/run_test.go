package main

import (
	"bytes"
	"context"
	"hash/fnv"
	"io"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"ftpdiag/probe"
	"ftpdiag/probe/diagnose"
	"ftpdiag/probe/evidence"
	"ftpdiag/report"
)

// ran is what a call of the program left behind.
type ran struct {
	code           int
	stdout, stderr string
	configs        []probe.Config // of the diagnoses that it asked for
}

// fake plays the diagnosis.
type fake func(context.Context, probe.Config) (*diagnose.Result, error)

// call runs the program without a network: each diagnosis is d's, or a healthy
// server where d is nil. No password of this machine's user is in its reach.
func call(t *testing.T, d fake, args ...string) ran {
	t.Helper()
	return callWith(t, context.Background(), d, strings.NewReader(""), args...)
}

func callWith(t *testing.T, ctx context.Context, d fake, stdin io.Reader, args ...string) ran {
	t.Helper()
	if d == nil {
		d = func(_ context.Context, cfg probe.Config) (*diagnose.Result, error) {
			return result(cfg, diagnose.StatusOK), nil
		}
	}
	var got ran
	var stdout, stderr bytes.Buffer
	var mu sync.Mutex // a fake plays one diagnosis at a time
	a := &app{stdin: stdin, stdout: &stdout, stderr: &stderr, resolver: everyName{},
		diagnose: func(ctx context.Context, cfg probe.Config) (*diagnose.Result, error) {
			mu.Lock()
			defer mu.Unlock()
			got.configs = append(got.configs, cfg)
			return d(ctx, cfg)
		}}
	got.code = a.run(ctx, args)
	got.stdout, got.stderr = stdout.String(), stderr.String()
	return got
}

// everyName is a Resolver that knows every name, each by an address of its own.
type everyName struct{}

func (everyName) LookupNetIP(_ context.Context, _, host string) ([]netip.Addr, error) {
	sum := fnv.New32a()
	sum.Write([]byte(host))
	n := sum.Sum32()
	return []netip.Addr{netip.AddrFrom4([4]byte{127, byte(n >> 16), byte(n >> 8), byte(n)})}, nil
}

// home gives the test an empty home directory and environment.
func home(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	t.Setenv("HOME", dir)
	t.Setenv("USERPROFILE", dir)
	t.Setenv("NETRC", "")
	t.Setenv(passwordVariable, "")
	return dir
}

// result is one with a status and nothing else.
func result(cfg probe.Config, status diagnose.Status) *diagnose.Result {
	return &diagnose.Result{
		Schema: diagnose.Schema, Started: diagnose.Timestamp{Time: time.Unix(0, 0)}, Target: cfg.Target, Status: status,
		Modes:          diagnose.Modes{Passive: diagnose.Works, Active: diagnose.Works},
		Recommendation: diagnose.Recommendation{Mode: "passive", Method: evidence.EPSV, Confidence: diagnose.High, Reason: "both work"},
	}
}

// saved reads what JSON said.
func saved(t *testing.T, stdout string) []*diagnose.Result {
	t.Helper()
	results, err := report.Read(strings.NewReader(stdout))
	if err != nil {
		t.Fatalf("stdout is no report: %v\n%s", err, stdout)
	}
	return results
}

func statuses(statuses ...diagnose.Status) fake {
	i := -1
	return func(_ context.Context, cfg probe.Config) (*diagnose.Result, error) {
		i++
		return result(cfg, statuses[i]), nil
	}
}

// Of several targets the worst counts.
func TestExitCode(t *testing.T) {
	home(t)
	const ok, warning, critical, unknown = diagnose.StatusOK, diagnose.StatusWarning, diagnose.StatusCritical, diagnose.StatusUnknown
	tests := []struct {
		statuses []diagnose.Status
		want     int
	}{
		{[]diagnose.Status{ok}, 0},
		{[]diagnose.Status{warning}, 1},
		{[]diagnose.Status{critical}, 2},
		{[]diagnose.Status{unknown}, 3},
		{[]diagnose.Status{ok, ok}, 0},
		{[]diagnose.Status{unknown, ok}, 3},
		{[]diagnose.Status{unknown, warning, ok}, 1},
		{[]diagnose.Status{critical, unknown, warning}, 2},
	}
	for _, tt := range tests {
		got := call(t, statuses(tt.statuses...), append([]string{"-f", "json", "--parallel", "1"}, strings.Fields(strings.Repeat("h ", len(tt.statuses)))...)...)
		if got.code != tt.want || got.stderr != "" {
			t.Errorf("%v: exit %d, want %d; stderr %q", tt.statuses, got.code, tt.want, got.stderr)
		}
		for i, r := range saved(t, got.stdout) {
			if r.Status != tt.statuses[i] || r.Target.Index != i || r.Version != version() {
				t.Errorf("%v: result %d is %v of target %d, version %q", tt.statuses, i, r.Status, r.Target.Index, r.Version)
			}
		}
	}
}

// What the flags say arrives at the probe.
func TestConfig(t *testing.T) {
	home(t)
	got := call(t, nil, "--mode", "active", "--expect=active", "-4", "--bind", "127.0.0.1", "--timeout", "500ms", "--deadline", "3s",
		"--active-ports", "50000-50100", "--active-address", "198.51.100.7", "--no-foreign", "--quick", "--retrieve", "--upload",
		"--tls", "off", "ftp://h:2121/pub/", "--path", "pub/")
	if got.code != 0 || len(got.configs) != 1 {
		t.Fatalf("exit %d, %d diagnoses, stderr %q", got.code, len(got.configs), got.stderr)
	}
	cfg := got.configs[0]
	cfg.Progress = nil
	want := probe.Config{
		Target: evidence.Target{Input: "ftp://h:2121/pub/", Host: "h", Port: 2121, User: "anonymous", Path: "pub/"},
		Mode:   evidence.Active, Expect: "active", TLS: "off", CertDays: 21, Family: 4, Bind: ip("127.0.0.1"), Timeout: 500 * time.Millisecond,
		Deadline: 3 * time.Second, ActivePorts: probe.PortRange{Low: 50000, High: 50100}, ActiveAddress: ip("198.51.100.7"),
		NoForeign: true, Quick: true, Retrieve: true, Upload: true,
	}
	if describe(cfg) != describe(want) {
		t.Errorf("\n got %s\nwant %s", describe(cfg), describe(want))
	}
	got = call(t, nil, "h")
	cfg = got.configs[0]
	cfg.Progress = nil
	want = probe.Config{Target: evidence.Target{Input: "h", Host: "h", User: "anonymous"}, Expect: "any", TLS: "auto", CertDays: 21,
		Timeout: probe.DefaultTimeout, Deadline: probe.DefaultDeadline}
	if describe(cfg) != describe(want) {
		t.Errorf("without flags:\n got %s\nwant %s", describe(cfg), describe(want))
	}
}

// A host that is named like a command.
func TestHostNamedDemo(t *testing.T) {
	home(t)
	for _, args := range [][]string{{"ftp://demo"}, {"--", "demo"}, {"demo."}, {"ftp://help"}, {"--", "help"}, {"help."}} {
		host := args[len(args)-1]
		host = strings.TrimPrefix(host, "ftp://")
		if got := call(t, nil, args...); got.code != 0 || len(got.configs) != 1 || !strings.HasPrefix(got.configs[0].Target.Host, host[:4]) {
			t.Errorf("%q: exit %d, stderr %q, %d diagnoses", args, got.code, got.stderr, len(got.configs))
		}
	}
}

func TestNameOf(t *testing.T) {
	for _, tt := range []struct {
		target evidence.Target
		of     int
		want   string
	}{
		{evidence.Target{Host: "h"}, 1, "h"},
		{evidence.Target{Host: "h", Port: 21, Index: 1}, 3, "2 of 3, h"},
		{evidence.Target{Host: "h", Port: 2121, Index: 2}, 3, "3 of 3, h:2121"},
		{evidence.Target{Host: "::1", Port: 2121}, 1, "[::1]:2121"},
	} {
		if got := nameOf(tt.target, tt.of); got != tt.want {
			t.Errorf("nameOf(%+v, %d) = %q, want %q", tt.target, tt.of, got, tt.want)
		}
	}
}

// An interrupt ends the series; what is known is printed, and the rest is unknown.
func TestInterrupted(t *testing.T) {
	home(t)
	for _, tt := range []struct {
		status diagnose.Status
		want   int
	}{{diagnose.StatusOK, 3}, {diagnose.StatusCritical, 2}} {
		ctx, cancel := context.WithCancel(context.Background())
		d := func(_ context.Context, cfg probe.Config) (*diagnose.Result, error) {
			cancel()
			return result(cfg, tt.status), nil
		}
		got := callWith(t, ctx, d, strings.NewReader(""), "-f", "json", "--parallel", "1", "a", "b", "c")
		if n := len(saved(t, got.stdout)); got.code != tt.want || n != 3 || got.stderr != "ftpdiag: interrupted: 2 of 3 targets are not tested\n" {
			t.Errorf("%v: exit %d, %d results, stderr %q", tt.status, got.code, n, got.stderr)
		}
	}
}
