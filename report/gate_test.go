package report_test

import (
	"strings"
	"testing"

	"ftpdiag/probe/diagnose"
	"ftpdiag/report"
)

// TestGateWords: a status that rules of the caller's own changed says so.
func TestGateWords(t *testing.T) {
	r := &diagnose.Result{Status: diagnose.StatusCritical, Gated: &diagnose.Gated{
		FailOn: []diagnose.Code{"greeting-slow", "control-idle-421"}, Ignored: []diagnose.Code{"dns-dead-aaaa"},
		Exceeded: []diagnose.Limit{
			{What: "connect", Value: 0.512, Range: "0.5", Status: diagnose.StatusWarning},
			{What: "total", Value: 12, Range: "10", Status: diagnose.StatusCritical},
			{What: "cert_days", Value: -3, Range: "21:", Status: diagnose.StatusWarning},
		},
	}}
	text := strings.Join(strings.Fields(string(render(t, report.Options{}, []*diagnose.Result{r}))), " ")
	for _, want := range []string{
		"Connect took 0.512 s: warning (range 0.5).", "The whole diagnosis took 12 s: critical (range 10).",
		"The certificate has -3 days left: warning (range 21:).",
		"The status is critical: fail-on names greeting-slow, control-idle-421.",
		"Not counted towards the status: ignore names dns-dead-aaaa.",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
}
