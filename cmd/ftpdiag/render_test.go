package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ftpdiag/probe/diagnose"
	"ftpdiag/report"
)

const goldens = "../../report/testdata/"

// A saved result renders to every format, as the format itself writes it, and
// with the exit code that its own run had.
func TestRender(t *testing.T) {
	home(t)
	for name, code := range map[string]int{"all-fine": 0, "dns-dead-aaaa": 1, "login-rejected": 2, "unknown": 3, "several": 2, "hostile": 2} {
		file := goldens + name + ".json"
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, format := range append(report.Formats(), "ndjson") {
			renderer, err := report.New(format, report.Options{})
			if err != nil {
				t.Fatal(err)
			}
			var want bytes.Buffer
			if err := renderer.Render(&want, saved(t, string(data))...); err != nil {
				t.Fatal(err)
			}
			output := filepath.Join(t.TempDir(), "report")
			for how, got := range map[string]ran{
				"file":   call(t, nil, "render", file, "-f", format),
				"stdin":  callWith(t, context.Background(), nil, bytes.NewReader(data), "-f", format, "render", "-"),
				"output": call(t, nil, "render", "-f", format, "-o", output, file),
			} {
				if how == "output" && got.stdout == "" {
					written, _ := os.ReadFile(output)
					got.stdout = string(written)
				}
				if got.code != code || got.stdout != want.String() || got.stderr != "" || len(got.configs) > 0 {
					t.Errorf("%s, %s as %s: exit %d, stderr %q, %d diagnoses, stdout\n%.300s", how, name, format, got.code, got.stderr, len(got.configs), got.stdout)
				}
			}
		}
	}
}

// Several files are one report; rules of the caller's own judge what is saved.
func TestRenderSeveral(t *testing.T) {
	home(t)
	got := call(t, nil, "render", "-f", "nagios", goldens+"all-fine.json", goldens+"several.json", "--ignore", "dns-no-such-host")
	if got.code != 3 || !strings.HasPrefix(got.stdout, "FTPDIAG UNKNOWN - 4 targets: 1 unknown, 3 ok; ") {
		t.Errorf("exit %d, stdout %.200s", got.code, got.stdout)
	}
	got = call(t, nil, "render", "-f", "json", "-c", "total=0.5", goldens+"all-fine.json")
	if r := saved(t, got.stdout); got.code != 2 || r[0].Status != diagnose.StatusCritical || len(r[0].Gated.Exceeded) != 1 {
		t.Errorf("exit %d, stdout %.200s", got.code, got.stdout)
	}
	again := callWith(t, context.Background(), nil, strings.NewReader(got.stdout), "render", "-")
	if again.code != 2 || !strings.Contains(again.stdout, "The whole diagnosis took 0.8124 s: critical (range 0.5).") {
		t.Errorf("exit %d, stdout %s", again.code, again.stdout)
	}
}

func TestRenderWrongUsage(t *testing.T) {
	dir := home(t)
	file := func(name, text string) string {
		name = filepath.Join(dir, name)
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	const what = "render takes what --format json wrote"
	for _, tt := range []struct {
		args          []string
		message, hint string
	}{
		{[]string{"render"}, "no result to render", "a host of that name is ftp://render"},
		{[]string{"render", ""}, "the name of a result is empty", "RESULT.json"},
		{[]string{"render", "-", "-"}, "standard input can be read once only", "once"},
		{[]string{"render", "-"}, "standard input: there is no result in it", what},
		{[]string{"render", filepath.Join(dir, "missing")}, "no such file", what},
		{[]string{"render", dir}, "is a directory", what},
		{[]string{"render", file("empty", "")}, "there is no result in it", what},
		{[]string{"render", file("text", "Use passive mode")}, "result 1: invalid character", what},
		{[]string{"render", file("cut", `{"schema":"ftpdiag/1"}`+"\n"+`{"schema":"ftp`)}, "result 2: unexpected EOF", what},
		{[]string{"render", file("tomorrow", `{"schema":"ftpdiag/2"}`)}, `schema is "ftpdiag/2", not "ftpdiag/1"`, what},
		{[]string{"render", "--mode", "active", "x"}, "--mode means nothing to render", "ftp://render"},
		{[]string{"render", "-f", "xml", "x"}, `unknown format "xml"`, "junit"},
		{[]string{"render", "--fail-on", "x", "x"}, `unknown code "x"`, "--fail-on"},
		{[]string{"render", "-o", "no/such/directory/x", goldens + "all-fine.json"}, "no directory", "--output"},
		{[]string{"render", "-v", "--color", "blue", "x"}, `unknown color "blue"`, "always"},
	} {
		t.Run(strings.Join(tt.args, " "), func(t *testing.T) {
			wrongUsage(t, call(t, nil, tt.args...), tt.message, tt.hint)
		})
	}
}

// A host of that name is a target.
func TestHostCalledRender(t *testing.T) {
	home(t)
	for _, args := range [][]string{{"ftp://render"}, {"--", "render"}} {
		if got := call(t, nil, args...); got.code != 0 || len(got.configs) != 1 || got.configs[0].Target.Host != "render" {
			t.Errorf("%q: exit %d, %+v, stderr %q", args, got.code, got.configs, got.stderr)
		}
	}
}
