package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ftpdiag/probe"
	"ftpdiag/probe/diagnose"
)

// Every error of a monitoring plugin is one line on standard output, exit 3.
func TestPluginErrors(t *testing.T) {
	dir := home(t)
	broken := func(context.Context, probe.Config) (*diagnose.Result, error) {
		return nil, errors.New("no\nluck | 'x'=1")
	}
	panics := func(context.Context, probe.Config) (*diagnose.Result, error) { panic("a bug") }
	interrupted := func(ctx context.Context, cfg probe.Config) (*diagnose.Result, error) {
		return result(cfg, diagnose.StatusUnknown), nil
	}
	over, stop := context.WithCancel(context.Background())
	stop()
	tests := []struct {
		ctx  context.Context
		d    fake
		args []string
		want string
	}{
		{nil, nil, []string{"-f", "nagios"}, "no target (name a target"},
		{nil, nil, []string{"-f", "nagios", "--tls", "yes", "h"}, `unknown tls "yes" (did you mean --tls explicit?)`},
		{nil, nil, []string{"-f", "nagios", "--password-file", "missing", "-u", "bob", "h"}, "missing"},
		{nil, nil, []string{"-f", "nagios", "-w", "connect=x", "h"}, "the range of --warning"},
		{nil, nil, []string{"-f", "nagios", "-u", "bob", "h"}, `there is no password for user "bob" at h (use --password-file`},
		{nil, nil, []string{"-f", "nagios", "-o", filepath.Join(dir, "no", "x"), "h"}, "there is no directory for the output"},
		{nil, nil, []string{"-f", "nagios", "render", "missing.json"}, `"missing.json": `},
		{nil, nil, []string{"-f", "nagios", "demo", "nonsense"}, "unknown fault"},
		{nil, broken, []string{"-f", "nagios", "h"}, "no luck ¦ 'x'=1"},
		{nil, broken, []string{"-f", "nagios", "h", "x"}, "no luck"},
		{nil, panics, []string{"-f", "nagios", "h"}, "internal error: a bug"},
		{over, interrupted, []string{"-f", "nagios", "h"}, "interrupted"},
		// those that cannot even be read
		{nil, nil, []string{"-f", "nagios", "--nonsense", "h"}, "unknown flag --nonsense"},
		{nil, nil, []string{"--nonsense", "--format=nagios", "h"}, "unknown flag --nonsense"},
		{nil, nil, []string{"--nonsense", "-fnagios", "h"}, "unknown flag --nonsense"},
		{nil, nil, []string{"--repeat", "x", "--format", "nagios", "h"}, `--repeat "x" is not a number`},
	}
	for _, tt := range tests {
		t.Run(strings.Join(tt.args, " "), func(t *testing.T) {
			ctx := tt.ctx
			if ctx == nil {
				ctx = context.Background()
			}
			got := callWith(t, ctx, tt.d, strings.NewReader(""), tt.args...)
			first, rest, _ := strings.Cut(got.stdout, "\n")
			if got.code != 3 || !strings.HasPrefix(first, "FTPDIAG UNKNOWN - ") || !strings.Contains(first, tt.want) || rest != "" || strings.Contains(first, "|") {
				t.Errorf("exit %d, stdout %q, want %q in it", got.code, got.stdout, tt.want)
			}
		})
	}
}

// Without the format, or behind --, nothing of that.
func TestNoPlugin(t *testing.T) {
	home(t)
	for _, args := range [][]string{{"--nonsense", "h"}, {"--nonsense", "--", "-f", "nagios"}, {"--nonsense", "-f", "json", "nagios"}} {
		if got := call(t, nil, args...); got.code != 3 || got.stdout != "" || got.stderr == "" {
			t.Errorf("%q: exit %d, stdout %q", args, got.code, got.stdout)
		}
	}
	defer func() {
		if recover() == nil {
			t.Error("a panic was swallowed")
		}
	}()
	call(t, func(context.Context, probe.Config) (*diagnose.Result, error) { panic("a bug") }, "h")
}

// A check is quick and dials nobody else, unless it is told otherwise.
func TestPluginDefaults(t *testing.T) {
	home(t)
	for _, tt := range []struct {
		args                       string
		quick, noForeign, thorough bool
	}{
		{"h", false, false, false},
		{"-f nagios h", true, true, false},
		{"-f nagios --quick=false h", false, true, false},
		{"-f nagios --no-foreign=false h", true, false, false},
		{"-f nagios --thorough h", false, true, true},
		{"-f json --quick h", true, false, false},
		{"-f json --thorough h", false, false, true},
	} {
		got := call(t, nil, strings.Fields(tt.args)...)
		if c := got.configs[0]; c.Quick != tt.quick || c.NoForeign != tt.noForeign || c.Thorough != tt.thorough {
			t.Errorf("%s: quick %v, no foreign %v, thorough %v", tt.args, c.Quick, c.NoForeign, c.Thorough)
		}
	}
}

// The plugin as a process against a server that is not there: what a monitoring
// system gets.
func TestPluginProcess(t *testing.T) {
	cmd := program(t, "-f", "nagios", "-c", "total=60", "127.0.0.1:1")
	out, err := cmd.Output()
	if cmd.ProcessState.ExitCode() != 2 || !strings.HasPrefix(string(out), "FTPDIAG CRITICAL - ") || !strings.Contains(string(out), " | 'connect'=U;;;0; 'login'=U;;;0; 'total'=") {
		t.Errorf("%v, stdout %q", err, out)
	}
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		return // this system has no such device
	}
	defer full.Close()
	cmd = program(t, "-f", "nagios", "127.0.0.1:1")
	var stderr strings.Builder
	cmd.Stdout, cmd.Stderr = full, &stderr
	_ = cmd.Run()
	if code := cmd.ProcessState.ExitCode(); code != 3 || !strings.HasPrefix(stderr.String(), "ftpdiag: cannot write standard output: ") {
		t.Errorf("exit %d, stderr %q", code, stderr.String())
	}
}
