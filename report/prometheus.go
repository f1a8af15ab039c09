package report

import (
	"io"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/expfmt"

	"ftpdiag/probe/diagnose"
	"ftpdiag/report/metrics"
)

// Prometheus writes metrics in the text exposition format, for the textfile
// collector of the node exporter. Each series has the label target; see
// [metrics.WithTargets].
type Prometheus struct{}

// Render writes the metrics of all results: a metric stands in one place.
func (Prometheus) Render(w io.Writer, results ...*diagnose.Result) error {
	all, err := normals(results)
	if err != nil {
		return err
	}
	registry := prometheus.NewPedanticRegistry()
	if err := registry.Register(metrics.WithTargets(all...)); err != nil {
		return err
	}
	families, err := registry.Gather()
	if err != nil {
		return err
	}
	for _, f := range families {
		if _, err := expfmt.MetricFamilyToText(w, f); err != nil {
			return err
		}
	}
	return nil
}
