package report_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ftpdiag/probe/diagnose"
	"ftpdiag/report"
	"ftpdiag/report/reporttest"
)

var update = flag.Bool("update", false, "write the golden files anew: JSON in its full form, text as it is rendered")

// goldens are the results in testdata, each with the ways in which it is
// rendered besides plain at 80 columns.
var goldens = []struct {
	name  string
	extra map[string]report.Options // by the middle of the file name
}{
	{"all-fine", map[string]report.Options{"verbose": {Verbose: true}}},
	{"passive-private-address", map[string]report.Options{
		"color":   {Color: report.ColorAlways},
		"verbose": {Verbose: true, Width: 100},
	}},
	{"active-only", nil},
	{"neither", map[string]report.Options{"narrow": {Width: 60}}},
	{"login-rejected", nil},
	{"dns-no-such-host", nil},
	{"passive-low-ports-only", nil},
	{"passive-aborted-426", nil},
	{"dns-dead-aaaa", nil},
	{"hostile", map[string]report.Options{"verbose": {Verbose: true, Color: report.ColorAlways}}},
	{"long-lines", map[string]report.Options{"verbose": {Verbose: true}}},
	{"blocked-at", nil},
	{"blocked-at-reset", nil},
	{"control-prohibited", nil},
	{"cut-by-deadline", nil},
	{"unknown", nil},
	{"tls-passive-only", nil},
	{"tls-explicit", map[string]report.Options{"verbose": {Verbose: true}}},
	{"tls-implicit", nil},
	{"tls-cert-expired", map[string]report.Options{"color": {Color: report.ColorAlways}}},
	{"tls-self-signed-insecure", nil},
	{"tls-untrusted-password", nil},
	{"tls-not-offered", nil},
	{"tls-required", nil},
	{"tls-reuse-required", nil},
	{"tls-reuse-broken", nil},
	{"tls-alg-blind", map[string]report.Options{"verbose": {Verbose: true}}},
	{"several", nil},
	{"repeated-port", map[string]report.Options{"color": {Color: report.ColorAlways}}},
	{"repeated-since", nil},
	{"spared", map[string]report.Options{"verbose": {Verbose: true}}},
	{"contact-lost", nil},
}

// TestGolden renders each result of testdata as text and as JSON. The JSON in
// testdata is what the JSON renderer writes, only indented.
func TestGolden(t *testing.T) {
	for _, g := range goldens {
		t.Run(g.name, func(t *testing.T) {
			results := readGolden(t, g.name)
			compare(t, g.name+".txt", render(t, report.Options{}, results))
			for kind, o := range g.extra {
				compare(t, g.name+"."+kind+".txt", render(t, o, results))
			}
			if g.name == "hostile" { // its JSON is not ours: TestJSONOfHostileResult
				return
			}
			var lines bytes.Buffer
			if err := (report.JSON{}).Render(&lines, results...); err != nil {
				t.Fatal(err)
			}
			reporttest.ValidateLines(t, lines.Bytes())
			compare(t, g.name+".json", indented(t, lines.Bytes()))
		})
	}
}

// TestGoldenFiles fails for files that no test reads.
func TestGoldenFiles(t *testing.T) {
	want := map[string]bool{"junit.xsd": true}
	for _, name := range shown {
		for _, ending := range systems {
			want[name+"."+ending] = true
		}
	}
	for _, g := range goldens {
		want[g.name+".json"], want[g.name+".txt"] = true, true
		for kind := range g.extra {
			want[g.name+"."+kind+".txt"] = true
		}
	}
	files, err := os.ReadDir("testdata")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if !want[f.Name()] {
			t.Errorf("testdata/%s belongs to no test", f.Name())
		}
		delete(want, f.Name())
	}
	for name := range want {
		t.Errorf("testdata/%s is missing", name)
	}
}

func readGolden(t *testing.T, name string) []*diagnose.Result {
	t.Helper()
	f, err := os.Open(filepath.Join("testdata", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	results, err := report.Read(f)
	if err != nil {
		t.Fatal(err)
	}
	return results
}

func render(t *testing.T, o report.Options, results []*diagnose.Result) []byte {
	t.Helper()
	text, err := report.New("text", o)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := text.Render(&out, results...); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// compare checks got against a golden file, or writes it.
func compare(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	want = bytes.ReplaceAll(want, []byte("\r\n"), []byte("\n")) // a checkout on Windows
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs (go test ./report -run Golden -update writes it anew):\n%s", path, difference(got, want))
	}
}

// difference shows the first line that differs.
func difference(got, want []byte) string {
	g, w := strings.Split(string(got), "\n"), strings.Split(string(want), "\n")
	for i := range max(len(g), len(w)) {
		switch {
		case i >= len(g):
			return "missing: " + w[i]
		case i >= len(w):
			return "too much: " + g[i]
		case g[i] != w[i]:
			return fmt.Sprintf("got  %.300s\nwant %.300s", g[i], w[i])
		}
	}
	return "nothing"
}

// indented is each JSON line over many lines.
func indented(t *testing.T, lines []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	for line := range bytes.Lines(lines) {
		if err := json.Indent(&out, line, "", "  "); err != nil {
			t.Fatal(err)
		}
	}
	return out.Bytes()
}
