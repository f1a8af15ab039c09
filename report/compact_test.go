package report_test

import (
	"bytes"
	"math/rand"
	"testing"

	"ftpdiag/probe/diagnose"
	"ftpdiag/report"
)

// What is kept of many results makes the reports that the whole results make.
func TestCompact(t *testing.T) {
	for seed := range int64(300) {
		g := generator{Rand: rand.New(rand.NewSource(seed)), wild: seed%3 == 0, full: seed%10 == 1}
		var whole, compact []*diagnose.Result
		for range 3 {
			r := g.result()
			whole, compact = append(whole, r), append(compact, report.Compact(r))
		}
		for _, format := range []string{"text", "nagios", "prometheus", "junit", "markdown"} {
			want, got := renderedAs(t, format, whole), renderedAs(t, format, compact)
			if got != want {
				t.Fatalf("seed %d, %s:\n%s\nof whole results:\n%s", seed, format, got, want)
			}
		}
		if whole[0].Transcript != nil && compact[0].Transcript != nil {
			t.Fatal("the dialogue is kept")
		}
	}
}

func renderedAs(t *testing.T, format string, results []*diagnose.Result) string {
	t.Helper()
	renderer, err := report.New(format, report.Options{Color: report.ColorNever})
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := renderer.Render(&b, results...); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// A duration that is part of something larger does not keep that in memory.
func TestCompactDetaches(t *testing.T) {
	r := generator{Rand: rand.New(rand.NewSource(1)), full: true}.result()
	c := report.Compact(r)
	if c.Sessions[0].Connect == r.Sessions[0].Connect || c.Attempts[0].Connected == r.Attempts[0].Connected || c.Addresses[0].Connect == r.Addresses[0].Connect {
		t.Error("durations are shared")
	}
}
