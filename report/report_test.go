package report_test

import (
	"bytes"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"

	"ftpdiag/probe/diagnose"
	"ftpdiag/probe/evidence"
	"ftpdiag/report"
	"ftpdiag/report/reporttest"
)

func TestNew(t *testing.T) {
	for _, name := range append(report.Formats(), "ndjson") {
		if r, err := report.New(name, report.Options{}); r == nil || err != nil {
			t.Errorf("New(%q) = %v, %v", name, r, err)
		}
	}
	for _, name := range []string{"", "yaml", "TEXT"} {
		if _, err := report.New(name, report.Options{}); err == nil || !strings.Contains(err.Error(), "text, json") {
			t.Errorf("New(%q): %v", name, err)
		}
	}
	if _, err := report.New("text", report.Options{Color: "blue"}); err == nil || !strings.Contains(err.Error(), "always") {
		t.Errorf("colour blue: %v", err)
	}
}

// TestZeroResult: even a Result that nobody filled in is rendered, and honestly.
func TestZeroResult(t *testing.T) {
	var zero diagnose.Result
	var out bytes.Buffer
	if err := (report.JSON{}).Render(&out, &zero); err != nil {
		t.Fatal(err)
	}
	reporttest.Validate(t, out.Bytes())
	for _, want := range []string{`"status":"unknown"`, `"passive":"not_tested"`, `"findings":[]`, `"passes":null`} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %s in %s", want, &out)
		}
	}
	if text := string(render(t, report.Options{}, []*diagnose.Result{&zero})); !strings.HasPrefix(text, "No verdict:") {
		t.Errorf("text begins %.80s", text)
	}
	if !reflect.DeepEqual(zero, diagnose.Result{}) {
		t.Error("the Result was changed")
	}
}

func TestNoResult(t *testing.T) {
	for _, name := range report.Formats() {
		r, err := report.New(name, report.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Render(io.Discard, nil); err == nil {
			t.Errorf("%s: nil was rendered", name)
		}
		var out bytes.Buffer
		if err := r.Render(&out); err != nil || out.Len() != 0 {
			t.Errorf("%s: of no results %q, %v", name, &out, err)
		}
	}
}

type brokenWriter struct{}

var errBroken = errors.New("broken")

func (brokenWriter) Write([]byte) (int, error) { return 0, errBroken }

func TestRenderSaysThatItFailed(t *testing.T) {
	for _, name := range report.Formats() {
		r, err := report.New(name, report.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Render(brokenWriter{}, &diagnose.Result{}); !errors.Is(err, errBroken) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestRead(t *testing.T) {
	const minimal = `{"schema":"ftpdiag/1","started":"2026-01-02T03:04:05.678Z","findings":null,"new":[1]}`
	for _, c := range []struct {
		name, in string
		results  int
		err      string
	}{
		{"nothing", "", 0, ""},
		{"a line that lacks most", minimal, 1, ""},
		{"two lines and an empty one", minimal + "\n\n" + minimal + "\n", 2, ""},
		{"indented", "{\n  \"schema\": \"ftpdiag/1\"\n}\n", 1, ""},
		{"another version", minimal + `{"schema":"ftpdiag/2"}`, 1, `result 2: schema is "ftpdiag/2", not "ftpdiag/1"`},
		{"something else", `{"a":1}`, 0, `result 1: schema is ""`},
		{"null", `null`, 0, `result 1: schema is ""`},
		{"cut off", minimal[:20], 0, "result 1: unexpected EOF"},
		{"text", "Use passive mode", 0, "result 1: invalid character"},
		{"wrong type", `{"schema":"ftpdiag/1","status":1}`, 0, "result 1: json: cannot unmarshal number"},
		{"escape in the schema", "{\"schema\":\"\\u001b[31m\"}", 0, `schema is "\x1b[31m"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			results, err := report.Read(strings.NewReader(c.in))
			if len(results) != c.results {
				t.Errorf("%d results, want %d", len(results), c.results)
			}
			if (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
				t.Errorf("error %v, want %q", err, c.err)
			}
			for _, r := range results {
				if r.Findings == nil || r.Transcript == nil || r.Status != diagnose.StatusUnknown {
					t.Errorf("not brought into its full form: %+v", r)
				}
			}
		})
	}
}

// TestColor: a report has colours where it is told so, and nowhere else unless
// the writer is a terminal.
func TestColor(t *testing.T) {
	results := readGolden(t, "passive-private-address")
	for _, c := range []struct {
		color   report.Color
		noColor string
		want    bool
	}{
		{"", "", false},
		{report.ColorAuto, "", false},
		{report.ColorAlways, "", true},
		{report.ColorAlways, "1", true}, // a flag is more than a variable
		{report.ColorNever, "", false},
	} {
		t.Setenv("NO_COLOR", c.noColor)
		out := render(t, report.Options{Color: c.color}, results)
		if got := bytes.Contains(out, []byte("\x1b[")); got != c.want {
			t.Errorf("colour %q with NO_COLOR=%q: coloured is %v", c.color, c.noColor, got)
		}
		if plain := sgr.ReplaceAll(out, nil); !bytes.Equal(plain, render(t, report.Options{}, results)) {
			t.Errorf("colour %q changes the words", c.color)
		}
	}
}

// TestColorAuto: CLICOLOR_FORCE stands for a terminal here; NO_COLOR wins.
func TestColorAuto(t *testing.T) {
	results := readGolden(t, "all-fine")
	t.Setenv("NO_COLOR", "")
	t.Setenv("CLICOLOR_FORCE", "1")
	if out := render(t, report.Options{}, results); !bytes.Contains(out, []byte("\x1b[")) {
		t.Error("no colour although it is forced")
	}
	t.Setenv("NO_COLOR", "1")
	if out := render(t, report.Options{}, results); bytes.Contains(out, []byte("\x1b[")) {
		t.Error("colour in spite of NO_COLOR")
	}
}

func TestWidth(t *testing.T) {
	results := readGolden(t, "neither")
	at := func(width int) string { return string(render(t, report.Options{Width: width}, results)) }
	if at(0) != at(80) {
		t.Error("the default is not 80")
	}
	if at(1) != at(60) || at(60) == at(80) {
		t.Error("the least is not 60")
	}
	if at(1000) != at(100) || at(100) == at(80) {
		t.Error("the most is not 100")
	}
}

// TestTextOfVerdicts: the first line for what the goldens leave out.
func TestTextOfVerdicts(t *testing.T) {
	share := 0.004
	for _, c := range []struct {
		name string
		r    diagnose.Result
		want string
	}{
		{"rare", diagnose.Result{
			Modes:          diagnose.Modes{Passive: diagnose.Intermittent},
			Recommendation: diagnose.Recommendation{Mode: "passive", Method: "PASV"},
			PassivePorts:   evidence.PassivePorts{Share: &share},
		}, "Use passive mode (PASV), in which the client opens every connection. It works\nonly some of the time: less than 1 % of the transfers.\n"},
		{"active sometimes", diagnose.Result{
			Modes:          diagnose.Modes{Active: diagnose.Intermittent},
			Recommendation: diagnose.Recommendation{Mode: "active", Method: "PORT"},
			PassivePorts:   evidence.PassivePorts{Share: &share},
		}, "Use active mode (PORT), in which the server connects back to the client. It works\nonly some of the time.\n"},
		{"only active asked", diagnose.Result{
			Modes: diagnose.Modes{Active: diagnose.Fails},
		}, "Passive mode was not tried; active mode does not work. (Passive: the client opens\n"},
		{"time ran out", diagnose.Result{
			Modes: diagnose.Modes{Passive: diagnose.Inconclusive}, Cut: true,
		}, "No verdict: the time ran out before passive or active mode could be judged.\n"},
		{"a layer of tomorrow", diagnose.Result{
			Findings: []diagnose.Finding{{Severity: diagnose.Error, Layer: "aether"}},
		}, "No verdict: what was seen decides nothing about passive or active mode.\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			out := string(render(t, report.Options{Width: 81}, []*diagnose.Result{&c.r}))
			if !strings.HasPrefix(out, c.want) {
				t.Errorf("got %.200s\nwant %s", out, c.want)
			}
		})
	}
}
