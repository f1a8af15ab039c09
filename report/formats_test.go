package report_test

import (
	"bytes"
	"math/rand"
	"testing"

	"ftpdiag/probe/diagnose"
	"ftpdiag/report"
)

// systems are the formats that other systems read, by the ending of their golden
// files, and the results that have such files.
var (
	systems = map[string]string{"nagios": "nagios.txt", "prometheus": "prom", "junit": "junit.xml", "markdown": "md"}
	shown   = []string{"all-fine", "passive-private-address", "login-rejected", "passive-low-ports-only", "tls-passive-only",
		"several", "hostile", "repeated-port", "unknown"}
)

// renderAs writes results in a format.
func renderAs(t *testing.T, format string, o report.Options, results ...*diagnose.Result) string {
	t.Helper()
	r, err := report.New(format, o)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := r.Render(&out, results...); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// TestGoldenSystems compares what systems read with the golden files.
func TestGoldenSystems(t *testing.T) {
	for _, name := range shown {
		for format, ending := range systems {
			compare(t, name+"."+ending, []byte(renderAs(t, format, report.Options{}, readGolden(t, name)...)))
		}
	}
}

// everyResult calls f for all results of testdata, alone and together, and for
// random ones, tame and hostile.
func everyResult(t *testing.T, f func(t *testing.T, results ...*diagnose.Result)) {
	var all []*diagnose.Result
	for _, g := range goldens {
		results := readGolden(t, g.name)
		all = append(all, results...)
		t.Run(g.name, func(t *testing.T) { f(t, results...) })
	}
	t.Run("all", func(t *testing.T) { f(t, all...) })
	t.Run("zero", func(t *testing.T) { f(t, &diagnose.Result{}) })
	for _, wild := range []bool{false, true} {
		for seed := range int64(rounds / 3) {
			g := generator{Rand: rand.New(rand.NewSource(seed)), wild: wild}
			f(t, []*diagnose.Result{g.result(), g.result(), g.result()}[:1+g.Intn(3)]...)
			if t.Failed() {
				t.Fatalf("seed %d, wild %v", seed, wild)
			}
		}
	}
}
