package report

import (
	"strings"
	"testing"

	"ftpdiag/probe/diagnose"
)

// Nothing can be more or less sure where nothing was decided.
func TestConfidenceOfNoVerdict(t *testing.T) {
	broken := []diagnose.Finding{{Severity: diagnose.Error, Layer: diagnose.LayerLogin}}
	for _, c := range []struct {
		name     string
		modes    diagnose.Modes
		findings []diagnose.Finding
		want     bool
	}{
		{"both undecided", diagnose.Modes{Passive: diagnose.Inconclusive, Active: diagnose.Inconclusive}, nil, false},
		{"one not tried", diagnose.Modes{Passive: diagnose.NotTested, Active: diagnose.Inconclusive}, nil, false},
		{"one decided", diagnose.Modes{Passive: diagnose.Fails, Active: diagnose.Inconclusive}, nil, true},
		{"both decided", diagnose.Modes{Passive: diagnose.Fails, Active: diagnose.Fails}, nil, true},
		{"broken before the modes", diagnose.Modes{Passive: diagnose.NotTested, Active: diagnose.NotTested}, broken, true},
	} {
		r := &diagnose.Result{Status: diagnose.StatusCritical, Modes: c.modes, Findings: c.findings}
		r.Recommendation.Mode, r.Recommendation.Confidence = diagnose.None, diagnose.Low
		p := newPage(80)
		p.verdict(r)
		text := p.out.String()
		if got := strings.Contains(text, "Confidence"); got != c.want || got == strings.HasPrefix(text, "No verdict") {
			t.Errorf("%s: %s", c.name, text)
		}
	}
}
