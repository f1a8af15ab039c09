package main

import (
	"context"
	"errors"
	"os"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"ftpdiag/probe"
	"ftpdiag/probe/diagnose"
)

// A failing writer.
type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

func TestOutputFails(t *testing.T) {
	home(t)
	gone := error(syscall.EPIPE)
	if runtime.GOOS == "windows" {
		gone = syscall.Errno(109)
	}
	critical := func(_ context.Context, cfg probe.Config) (*diagnose.Result, error) {
		return result(cfg, diagnose.StatusCritical), nil
	}
	tests := []struct {
		name, format, stderr string
		err                  error
		want                 int
	}{
		{"disk full", "text", "ftpdiag: cannot write standard output: no space\n", &os.PathError{Op: "write", Path: "stdout", Err: errors.New("no space")}, 3},
		{"disk full", "json", "ftpdiag: cannot write standard output: no space\n", errors.New("no space"), 3},
		{"reader gone", "text", "", &os.PathError{Op: "write", Path: "stdout", Err: gone}, 2},
		{"reader gone", "json", "", gone, 2},
	}
	for _, tt := range tests {
		var stderr strings.Builder
		a := &app{stdin: strings.NewReader(""), stdout: failing{tt.err}, stderr: &stderr, diagnose: critical, resolver: everyName{}}
		if code := a.run(context.Background(), []string{"-f", tt.format, "a", "b"}); code != tt.want || stderr.String() != tt.stderr {
			t.Errorf("%s, %s: exit %d, want %d; stderr %q", tt.name, tt.format, code, tt.want, stderr.String())
		}
		stderr.Reset()
		want := 3
		if tt.stderr == "" {
			want = 0
		}
		if code := a.run(context.Background(), []string{"--help"}); code != want || stderr.String() != tt.stderr {
			t.Errorf("help, %s: exit %d, want %d; stderr %q", tt.name, code, want, stderr.String())
		}
	}
}

// JSON goes out target by target, so that an interrupt loses none.
func TestJSONStreams(t *testing.T) {
	home(t)
	var stdout strings.Builder
	var lines []int
	d := func(_ context.Context, cfg probe.Config) (*diagnose.Result, error) {
		lines = append(lines, strings.Count(stdout.String(), "\n"))
		return result(cfg, diagnose.StatusOK), nil
	}
	a := &app{stdin: strings.NewReader(""), stdout: &stdout, stderr: &strings.Builder{}, diagnose: d, resolver: everyName{}}
	if code := a.run(context.Background(), []string{"-f", "ndjson", "--parallel", "1", "a", "b", "c"}); code != 0 || len(lines) != 3 || lines[1] != 1 || lines[2] != 2 {
		t.Errorf("exit %d, lines before each target: %v", code, lines)
	}
}

// What is waited for is said on a terminal only: into a file or a pipe nothing
// goes but warnings and errors.
func TestProgressOnTerminalOnly(t *testing.T) {
	home(t)
	d := func(_ context.Context, cfg probe.Config) (*diagnose.Result, error) {
		cfg.Progress("connecting")
		return result(cfg, diagnose.StatusOK), nil
	}
	if got := call(t, d, "h"); got.stderr != "" {
		t.Errorf("stderr %q", got.stderr)
	}
}

// -o - is standard output, not a file of that name.
func TestOutputDash(t *testing.T) {
	home(t)
	t.Chdir(t.TempDir())
	list := listFile(t, "a", "b")
	one := call(t, byHost(nil), "-f", "json", "-o", "-", "h")
	if n := len(saved(t, one.stdout)); one.code != 0 || n != 1 {
		t.Errorf("exit %d, %d results", one.code, n)
	}
	if many := call(t, byHost(nil), "-f", "json", "-o", "-", "--targets", list); len(saved(t, many.stdout)) != 2 {
		t.Errorf("%q", many.stdout)
	}
	again := callWith(t, t.Context(), nil, strings.NewReader(one.stdout), "render", "-f", "markdown", "-o", "-", "-")
	if again.code != 0 || !strings.HasPrefix(again.stdout, "#") {
		t.Errorf("render: exit %d, %q, %q", again.code, again.stdout, again.stderr)
	}
	if _, err := os.Stat("-"); err == nil {
		t.Error("there is a file named -")
	}
}
