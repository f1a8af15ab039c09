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

// Where no mode works without TLS, the first line says so.
func TestWantedTLS(t *testing.T) {
	for _, c := range []struct {
		mode           diagnose.RecommendedMode
		spoken, wanted string
		want           bool
	}{
		{diagnose.None, "off", "explicit", true},
		{diagnose.None, "explicit", "implicit", true},
		{diagnose.None, "explicit", "explicit", false},
		{diagnose.None, "off", "off", false},
		{diagnose.None, "explicit", "off", false},
		{"passive", "off", "explicit", false}, // said with the mode
	} {
		r := &diagnose.Result{}
		r.Recommendation.Mode, r.Target.TLS, r.Recommendation.TLS = c.mode, c.spoken, c.wanted
		p := newPage(80)
		p.verdict(r)
		if got := strings.Contains(p.out.String(), " Use "+c.wanted+" TLS."); got != c.want {
			t.Errorf("%+v: %s", c, p.out.String())
		}
	}
}
