package report_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"ftpdiag/probe/diagnose"
	"ftpdiag/report"
	"ftpdiag/report/metrics"
)

// TestPrometheusOfAnyResult: every output is read again, follows the rules, and
// tells of every target.
func TestPrometheusOfAnyResult(t *testing.T) {
	everyResult(t, func(t *testing.T, results ...*diagnose.Result) {
		out := renderAs(t, "prometheus", report.Options{}, results...)
		checkHarmless(t, out)
		parser := expfmt.NewTextParser(model.LegacyValidation)
		families, err := parser.TextToMetricFamilies(strings.NewReader(out))
		if err != nil {
			t.Fatalf("%v in\n%s", err, out)
		}
		problems, err := promlint.New(strings.NewReader(out)).Lint()
		if err != nil || len(problems) > 0 {
			t.Fatalf("%v, %v in\n%s", problems, err, out)
		}
		for name, f := range families {
			if !slices.Contains(metrics.Names(), name) {
				t.Errorf("%s is not listed", name)
			}
			series := map[string]bool{}
			for _, m := range f.Metric {
				if !slices.ContainsFunc(m.Label, func(l *dto.LabelPair) bool { return l.GetName() == "target" }) {
					t.Errorf("%s without target", name)
				}
				if key := m.String(); series[key] {
					t.Errorf("%s twice: %s", name, key)
				} else {
					series[key] = true
				}
			}
		}
		if got := len(families["ftpdiag_status"].Metric); got != len(results) {
			t.Errorf("%d targets instead of %d", got, len(results))
		}
	})
}
