// Package metrics turns a [diagnose.Result] into Prometheus metrics, for an
// exporter ([New]) and for a text file of many targets ([WithTargets]).
//
// Every value is a gauge that says how the last diagnosis went. What was not
// tested has no series, so that it never looks like a failure. Every label but
// target comes from a list that ends: a server cannot add series by what it
// says.
package metrics

import (
	"slices"

	"github.com/prometheus/client_golang/prometheus"

	"ftpdiag/probe/diagnose"
)

// Metric describes one metric. Its name holds its unit, if it has one.
type Metric struct {
	Name   string
	Help   string
	Labels []string // without target

	value func(*diagnose.Result, func(value float64, labels ...string))
}

// metrics is the list of all, in the order in which a reader wants them.
var metrics = []Metric{
	{"ftpdiag_status", "Status as a monitoring plugin has it: 0 ok, 1 warning, 2 critical, 3 unknown.", nil, status},
	{"ftpdiag_up", "Whether a login succeeded. Absent if nothing was tried.", nil, up},
	{"ftpdiag_mode_works", "Whether transfers in the mode work: 1, 0, or the estimated share of those that do. Absent if not decided.", []string{"mode"}, modeWorks},
	{"ftpdiag_mode_conditional", "Whether the mode works only for clients that heed a condition. Absent if not decided.", []string{"mode"}, modeConditional},
	{"ftpdiag_recommended_mode", "1 for the mode to use, 0 for the others; none is a mode here.", []string{"mode"}, recommendedMode},
	{"ftpdiag_finding", "1 for each of the first three findings; who is the person who can most likely mend it.", []string{"code", "severity", "who"}, finding},
	{"ftpdiag_findings", "Number of findings.", []string{"severity"}, findings},
	{"ftpdiag_phase_duration_seconds", "Time that a step took; mode is empty before the transfers. Absent if the step was not completed.", []string{"phase", "mode"}, phases},
	{"ftpdiag_duration_seconds", "Time that the whole diagnosis took.", nil, duration},
	{"ftpdiag_tls", "Whether the control connection is encrypted. Absent without a control connection.", nil, encrypted},
	{"ftpdiag_tls_info", "TLS version and cipher suite of the control connection.", []string{"version", "cipher"}, tlsInfo},
	{"ftpdiag_tls_certificate_not_after_timestamp_seconds", "Unix time after which the certificate of the server is expired.", nil, notAfter},
	{"ftpdiag_tls_certificate_verified", "Whether chain, name and time of the certificate are in order.", nil, verified},
	{"ftpdiag_server_info", "Product of the server. Absent if not recognised.", []string{"product"}, serverInfo},
	{"ftpdiag_start_time_seconds", "Unix time at which the diagnosis began.", nil, started},
}

// All describes every metric.
func All() []Metric { return slices.Clone(metrics) }

// Names lists the names of the metrics.
func Names() []string {
	names := make([]string, len(metrics))
	for i, m := range metrics {
		names[i] = m.Name
	}
	return names
}

// New makes a Collector of one result, whose series do not say which target they
// are about: Prometheus adds that to what it scrapes.
func New(r *diagnose.Result) prometheus.Collector {
	return newCollector(nil, []series{{result: r}})
}

// WithTargets makes a Collector of several results. Each series has the label
// target: the label of the target, else its host and port.
func WithTargets(results ...*diagnose.Result) prometheus.Collector {
	names := TargetNames(results)
	all := make([]series, len(results))
	for i, r := range results {
		all[i] = series{r, []string{names[i]}}
	}
	return newCollector([]string{"target"}, all)
}

// series are the metrics of one result.
type series struct {
	result *diagnose.Result
	target []string // the value of the label target, if there is that label
}

type collector struct {
	descriptions []*prometheus.Desc // of metrics, in their order
	series       []series
}

func newCollector(labels []string, all []series) collector {
	c := collector{series: all}
	for _, m := range metrics {
		c.descriptions = append(c.descriptions, prometheus.NewDesc(m.Name, m.Help, slices.Concat(labels, m.Labels), nil))
	}
	return c
}

// Describe sends what there may be.
func (c collector) Describe(to chan<- *prometheus.Desc) {
	for _, d := range c.descriptions {
		to <- d
	}
}

// Collect sends what there is.
func (c collector) Collect(to chan<- prometheus.Metric) {
	for i, m := range metrics {
		for _, s := range c.series {
			m.value(s.result, func(value float64, labels ...string) {
				to <- prometheus.MustNewConstMetric(c.descriptions[i], prometheus.GaugeValue, value, slices.Concat(s.target, labels)...)
			})
		}
	}
}
