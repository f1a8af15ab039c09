package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ftpdiag/probe/diagnose"
	"ftpdiag/report/reporttest"
)

// A resumed run asks only those who have no verdict yet, and counts all.
func TestResume(t *testing.T) {
	home(t)
	d := byHost(map[string]diagnose.Status{"b": diagnose.StatusCritical, "c": diagnose.StatusUnknown})
	list := listFile(t, "a", "b", "c", "a", "d", "b label=other")
	before := call(t, d, "-f", "json", "--parallel", "1", "--targets", listFile(t, "a", "b", "c")).stdout
	dir := t.TempDir()
	for _, tt := range []struct {
		name, saved, stderr string
		want                int // diagnoses
	}{
		{"whole", before, "", 4},
		{"cut off", before + `{"schema":"ftpdiag/1","ver`, "ftpdiag: warning: line 4 of FILE is cut off: its target is tested again\n", 4},
		{"cut off, a whole line without its end", strings.TrimSuffix(before, "\n"), "ftpdiag: warning: line 3 of FILE is cut off: its target is tested again\n", 4},
		{"broken inside", before + "{\"schema\"\n" + before, "ftpdiag: warning: line 4 of FILE is no result: its target is tested again\n", 3},
		{"twice", before + before, "", 3},
		{"nothing", "", "", 6},
		{"blank", "\n" + before, "", 4},
	} {
		file := write(t, filepath.Join(dir, "run.ndjson"), tt.saved)
		got := call(t, d, "-f", "json", "--resume", file, "--targets", list)
		if want := strings.ReplaceAll(tt.stderr, "FILE", quotePath(file)); got.code != 2 || got.stderr != want || len(got.configs) != tt.want {
			t.Errorf("%s: exit %d, %d diagnoses, want %d; stderr %q", tt.name, got.code, len(got.configs), tt.want, got.stderr)
		}
		if r := saved(t, got.stdout); len(r) != tt.want {
			t.Errorf("%s: %d results", tt.name, len(r))
		}
		got = call(t, d, "--resume", file, "--targets", list)
		if !strings.Contains(got.stdout, "6 targets in ") || !strings.Contains(got.stdout, ": 2 critical, 1 unknown, 3 ok\n") {
			t.Errorf("%s:\n%s", tt.name, got.stdout)
		}
		got = call(t, d, "-f", "junit", "--resume", file, "--targets", list)
		for _, name := range []string{"other", `"d`} {
			if !strings.Contains(got.stdout, name) {
				t.Errorf("%s: junit lacks %s:\n%s", tt.name, name, got.stdout)
			}
		}
	}
}

// What was asked otherwise is asked again.
func TestResumeOtherOptions(t *testing.T) {
	home(t)
	d := byHost(nil)
	file := write(t, filepath.Join(t.TempDir(), "run.ndjson"), call(t, d, "-f", "json", "--targets", listFile(t, "h")).stdout)
	for _, tt := range []struct {
		args []string
		want int
	}{
		{[]string{"--targets", listFile(t, "h")}, 0},
		{[]string{"--timeout", "9s", "--targets", listFile(t, "h")}, 0},
		{[]string{"--quick=false", "--targets", listFile(t, "h")}, 1},
		{[]string{"h"}, 1},
		{[]string{"--quick", "h"}, 0},
		{[]string{"--thorough", "--targets", listFile(t, "h")}, 1},
		{[]string{"--expect", "both", "--targets", listFile(t, "h")}, 1},
		{[]string{"--tls", "off", "--targets", listFile(t, "h")}, 1},
		{[]string{"--targets", listFile(t, "h label=x")}, 1},
		{[]string{"--targets", listFile(t, "h path=x/")}, 1},
		{[]string{"--targets", listFile(t, "h:21")}, 1},
	} {
		if got := call(t, d, append(tt.args, "-f", "json", "--resume", file)...); got.code != 0 || len(got.configs) != tt.want {
			t.Errorf("%q: exit %d, %d diagnoses, want %d; stderr %q", tt.args, got.code, len(got.configs), tt.want, got.stderr)
		}
	}
}

// Two runs of another depth are not one, and only the depth tells them apart.
func TestResumeOfAThoroughRun(t *testing.T) {
	home(t)
	d := byHost(nil)
	file := write(t, filepath.Join(t.TempDir(), "run.ndjson"), call(t, d, "-f", "json", "--thorough", "h").stdout)
	for args, want := range map[string]int{"--thorough h": 0, "h": 1, "--quick h": 1} {
		if got := call(t, d, append(strings.Fields(args), "-f", "json", "--resume", file)...); len(got.configs) != want {
			t.Errorf("%s: %d diagnoses, want %d; stderr %q", args, len(got.configs), want, got.stderr)
		}
	}
}

// A file of results grows beside its place; what a killed run left there is gone
// on with, and the file has it all in the end.
func TestResumeIntoFile(t *testing.T) {
	home(t)
	d := byHost(map[string]diagnose.Status{"c": diagnose.StatusUnknown})
	name := filepath.Join(t.TempDir(), "run.ndjson")
	before := call(t, d, "-f", "json", "--parallel", "1", "--targets", listFile(t, "a", "b", "c")).stdout
	write(t, name, "yesterday\n")
	write(t, partialName(name), before+`{"schema"`)
	got := call(t, byHost(nil), "-f", "json", "-o", name, "--resume", name, "--targets", listFile(t, "a", "b", "c", "d"))
	if got.code != 0 || len(got.configs) != 2 || got.stdout != "" || !strings.Contains(got.stderr, "line 4") {
		t.Errorf("exit %d, %d diagnoses, stdout %q, stderr %q", got.code, len(got.configs), got.stdout, got.stderr)
	}
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	reporttest.ValidateLines(t, data)
	results := saved(t, string(data))
	if !strings.HasPrefix(string(data), strings.Join(strings.SplitAfter(before, "\n")[:2], "")) || len(results) != 4 {
		t.Errorf("%d results, or not those of before:\n%s", len(results), data)
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(name), "*")); len(left) != 1 {
		t.Errorf("left behind: %q", left)
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(name), ".ftpdiag*")); len(left) != 0 {
		t.Errorf("left behind: %q", left)
	}
	got = call(t, byHost(nil), "-f", "json", "-o", name, "--resume", name, "--targets", listFile(t, "a", "b", "c", "d"))
	if got.code != 0 || len(got.configs) != 0 {
		t.Errorf("a whole run is resumed with %d diagnoses, exit %d, stderr %q", len(got.configs), got.code, got.stderr)
	}
	write(t, partialName(name), before)
	got = call(t, byHost(nil), "-f", "json", "-o", name, "--targets", listFile(t, "a"))
	if got.code != 0 || !strings.Contains(got.stderr, "is replaced: --resume") {
		t.Errorf("exit %d, stderr %q", got.code, got.stderr)
	}
}

// Results that are appended to the file that is resumed begin on a line of their
// own.
func TestResumeAppending(t *testing.T) {
	home(t)
	d := byHost(nil)
	name := write(t, filepath.Join(t.TempDir(), "run.ndjson"), call(t, d, "-f", "json", "--targets", listFile(t, "a")).stdout+`{"schema":"ft`)
	stdout, err := os.OpenFile(name, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer stdout.Close()
	var stderr strings.Builder
	a := &app{stdin: strings.NewReader(""), stdout: stdout, stderr: &stderr, resolver: everyName{}, diagnose: d}
	code := a.run(t.Context(), []string{"-f", "json", "--resume", name, "--targets", listFile(t, "a", "b")})
	data, _ := os.ReadFile(name)
	if code != 0 || hosts(saved(t, string(data))) != "a b" {
		t.Errorf("exit %d, stderr %q:\n%s", code, stderr.String(), data)
	}
	if err := stdout.Truncate(0); err != nil { // what > does
		t.Fatal(err)
	}
	stderr.Reset()
	if code := a.run(t.Context(), []string{"-f", "json", "--resume", name, "--targets", listFile(t, "a", "b")}); code != 3 || !strings.Contains(stderr.String(), ">> FILE") {
		t.Errorf("exit %d, stderr %q", code, stderr.String())
	}
}
