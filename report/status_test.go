package report_test

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"testing"

	"ftpdiag/report"
)

func TestStatus(t *testing.T) {
	var out bytes.Buffer
	s := report.NewStatus(&out, true)
	s.Clear() // nothing is there yet
	s.Set("connecting to 203.0.113.10")
	s.Set("漢字")
	s.Set("log\nin \x1b[2J")
	s.Clear()
	s.Clear()
	want := "\rconnecting to 203.0.113.10" +
		"\r漢字" + strings.Repeat(" ", 22) +
		"\r" + `log in \x1b[2J` +
		"\r" + strings.Repeat(" ", 14) + "\r"
	if got := out.String(); got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestStatusFitsTheLine(t *testing.T) {
	var out bytes.Buffer
	report.NewStatus(&out, true).Set(strings.Repeat("long ", 100))
	if got := strings.TrimPrefix(out.String(), "\r"); len(got) != 79 || !strings.HasSuffix(got, "...") {
		t.Errorf("%d columns: %q", len(got), got)
	}
}

func TestStatusIsSilentElsewhere(t *testing.T) {
	var out bytes.Buffer
	s := report.NewStatus(&out, false)
	s.Set("connecting")
	s.Clear()
	if out.Len() > 0 {
		t.Errorf("wrote %q", &out)
	}
}

// TestStatusAtOnce is for the race detector, and for lines that mix.
func TestStatusAtOnce(t *testing.T) {
	var out bytes.Buffer
	s := report.NewStatus(&out, true)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for range 50 {
				s.Set(fmt.Sprintf("<%d>", i))
			}
		})
	}
	wg.Wait()
	for i, line := range strings.Split(out.String(), "\r") {
		if i > 0 && (len(line) != 3 || line[0] != '<' || line[2] != '>') {
			t.Fatalf("line %d is %q", i, line)
		}
	}
}
