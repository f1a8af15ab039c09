package exporter

import (
	"runtime"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"ftpdiag/probe/diagnose"
)

// Values of labels. The lists end, so that no request adds a series.
const (
	reasonInvalid     = "invalid"     // 400
	reasonDenied      = "denied"      // 403
	reasonBusy        = "busy"        // 503
	reasonUnavailable = "unavailable" // 503: too many requests, or the end is near
	reasonFailed      = "failed"      // 500

	resultDenied = "denied"
	resultFailed = "failed"
)

// gauges are the exporter's own metrics, at /metrics.
type gauges struct {
	registry *prometheus.Registry

	probes, full, rejected *prometheus.CounterVec
	shared, cached, cut    prometheus.Counter
	reloaded, reloadedAt   prometheus.Gauge
}

func newGauges(p *prober, version string) *gauges {
	counter := func(name, help string, label string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: "ftpdiag_exporter_" + name, Help: help}, []string{label})
	}
	count := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Name: "ftpdiag_exporter_" + name, Help: help})
	}
	gauge := func(name, help string) prometheus.Gauge {
		return prometheus.NewGauge(prometheus.GaugeOpts{Name: "ftpdiag_exporter_" + name, Help: help})
	}
	g := &gauges{
		registry:   prometheus.NewRegistry(),
		probes:     counter("probes_total", "Probes that ended, by status; denied: an address of the name was not allowed; failed: there was no diagnosis.", "result"),
		full:       counter("full_diagnoses_total", "Full diagnoses that followed a quick probe, by status.", "result"),
		rejected:   counter("probe_requests_rejected_total", "Requests to /probe without a diagnosis: invalid 400, denied 403, failed 500, busy and unavailable 503.", "reason"),
		shared:     count("probe_requests_shared_total", "Requests that waited for a probe that was under way."),
		cached:     count("cache_hits_total", "Requests that a finished probe answered."),
		cut:        count("probe_requests_cut_total", "Requests whose time was over before the probe ended; they were answered with status unknown."),
		reloaded:   gauge("config_last_reload_successful", "Whether the last attempt to read the configuration succeeded."),
		reloadedAt: gauge("config_last_reload_success_timestamp_seconds", "Unix time of the last time that the configuration was read."),
	}
	for _, r := range []string{"ok", "warning", "critical", "unknown", resultDenied, resultFailed} {
		g.probes.WithLabelValues(r)
		g.full.WithLabelValues(r)
	}
	for _, r := range []string{reasonInvalid, reasonDenied, reasonBusy, reasonUnavailable, reasonFailed} {
		g.rejected.WithLabelValues(r)
	}
	info := prometheus.NewGauge(prometheus.GaugeOpts{Name: "ftpdiag_exporter_build_info", Help: "1, with the version as a label.",
		ConstLabels: prometheus.Labels{"version": version, "goversion": runtime.Version()}})
	info.Set(1)
	g.registry.MustRegister(g.probes, g.full, g.rejected, g.shared, g.cached, g.cut, g.reloaded, g.reloadedAt, info,
		p.gauge("probes_in_flight", "Probes and full diagnoses under way.", func() float64 { return float64(p.running) }),
		p.gauge("probes_overdue", "Probes that go on beyond their deadline; their targets are not asked meanwhile.", func() float64 { return float64(p.late()) }),
		p.gauge("targets", "Targets whose last verdict is remembered.", func() float64 { return float64(p.history.entries.Len()) }),
		p.gauge("targets_bytes", "Memory that what is remembered of them takes.", func() float64 { return float64(p.history.bytes) }),
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return g
}

// gauge reads a value of the prober.
func (p *prober) gauge(name, help string, read func() float64) prometheus.Collector {
	return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "ftpdiag_exporter_" + name, Help: help}, func() float64 {
		p.mu.Lock()
		defer p.mu.Unlock()
		return read()
	})
}

// statusLabel is the status, as a label.
func statusLabel(r *diagnose.Result) string {
	switch r.Status {
	case diagnose.StatusOK, diagnose.StatusWarning, diagnose.StatusCritical:
		return string(r.Status)
	}
	return string(diagnose.StatusUnknown)
}

// About the answer itself, beside the metrics of the result.
var (
	cachedDesc = prometheus.NewDesc("ftpdiag_probe_cached", "Whether an earlier probe answers, of which ftpdiag_start_time_seconds says when.", nil, nil)
	fullDesc   = prometheus.NewDesc("ftpdiag_full_diagnosis_timestamp_seconds", "Unix time at which the full diagnosis ended that the findings are from. Absent if they are the probe's own.", nil, nil)
)

// Describe sends what there may be.
func (a answer) Describe(to chan<- *prometheus.Desc) {
	to <- cachedDesc
	to <- fullDesc
}

// Collect sends what there is.
func (a answer) Collect(to chan<- prometheus.Metric) {
	cached := 0.0
	if a.cached {
		cached = 1
	}
	to <- prometheus.MustNewConstMetric(cachedDesc, prometheus.GaugeValue, cached)
	if _, from := a.shown(); from != nil {
		to <- prometheus.MustNewConstMetric(fullDesc, prometheus.GaugeValue, float64(from.ended.Unix()))
	}
}
