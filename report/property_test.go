package report_test

import (
	"bytes"
	"math/rand"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/charmbracelet/lipgloss"

	"ftpdiag/probe/diagnose"
	"ftpdiag/report"
	"ftpdiag/report/reporttest"
)

const rounds = 150

// TestJSONOfAnyResult: whatever a diagnosis says agrees with the schema, and is
// the same again when it is read.
func TestJSONOfAnyResult(t *testing.T) {
	for seed := range int64(rounds) {
		g := generator{Rand: rand.New(rand.NewSource(seed))}
		want := []*diagnose.Result{g.result(), g.result()}
		var out bytes.Buffer
		if err := (report.JSON{}).Render(&out, want...); err != nil {
			t.Fatal(err)
		}
		if n := bytes.Count(out.Bytes(), []byte("\n")); n != len(want) {
			t.Fatalf("seed %d: %d lines for %d results", seed, n, len(want))
		}
		reporttest.ValidateLines(t, out.Bytes())
		got, err := report.Read(&out)
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("seed %d: read\n%+v\nwritten\n%+v", seed, got, want)
		}
		if t.Failed() {
			return
		}
	}
}

// TestTextOfAnyResult: no line is too wide unless a single word is, and nothing
// can act upon a terminal, whoever wrote the Result.
func TestTextOfAnyResult(t *testing.T) {
	for seed := range int64(rounds) {
		g := generator{Rand: rand.New(rand.NewSource(seed)), wild: true}
		o := report.Options{Verbose: true, Width: 60 + g.Intn(41), Color: report.ColorNever}
		if seed%2 == 0 {
			o.Color = report.ColorAlways
		}
		results := []*diagnose.Result{g.result(), g.result()}[:1+g.Intn(2)]
		out := string(render(t, o, results))
		if o.Color == report.ColorAlways {
			if !sgr.MatchString(out) {
				t.Fatalf("seed %d: no colour at all", seed)
			}
			out = sgr.ReplaceAllString(out, "")
		}
		checkHarmless(t, out)
		for line := range strings.Lines(out) {
			checkWidth(t, strings.TrimSuffix(line, "\n"), o.Width)
		}
		if t.Failed() {
			t.Fatalf("seed %d:\n%s", seed, out)
		}
	}
}

// TestJSONOfHostileResult: nothing in JSON can act upon a terminal either, as it
// stands or as jq -r would print it.
func TestJSONOfHostileResult(t *testing.T) {
	for seed := range int64(rounds) {
		g := generator{Rand: rand.New(rand.NewSource(seed)), wild: true}
		var out bytes.Buffer
		if err := (report.JSON{}).Render(&out, g.result()); err != nil {
			t.Fatal(err)
		}
		checkHarmless(t, out.String())
		if m := escaped.FindString(out.String()); m != "" {
			t.Errorf("a text decodes to the control character %s", m)
		}
		if t.Failed() {
			t.Fatalf("seed %d:\n%s", seed, &out)
		}
	}
}

var (
	sgr     = regexp.MustCompile(`\x1b\[[0-9;]*m`)
	escaped = regexp.MustCompile(`[^\\](\\\\)*\\(u00[01][0-9a-f]|u007f|[btrf])`) // in JSON; \n is allowed
)

// checkHarmless looks for what a terminal would act upon.
func checkHarmless(t *testing.T, out string) {
	t.Helper()
	if err := reporttest.CheckHarmless(out); err != nil {
		t.Error(err)
	}
}

// longestIndent is the widest beginning that a line can have: that of a line in
// the table, or of a dialogue whose numbers a hostile file made up.
const longestIndent = 46

// checkWidth lets a line be too wide only where it holds a word that no line
// could hold.
func checkWidth(t *testing.T, line string, width int) {
	t.Helper()
	if lipgloss.Width(line) <= width {
		return
	}
	for word := range strings.FieldsSeq(line) {
		if lipgloss.Width(word) > width-longestIndent {
			return
		}
	}
	t.Errorf("%d columns instead of %d: %s", lipgloss.Width(line), width, line)
}
