package metrics_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"ftpdiag/probe/diagnose"
	"ftpdiag/probe/evidence"
	"ftpdiag/report"
	"ftpdiag/report/metrics"
)

// TestSeries compares what is said of a few results with the whole text.
func TestSeries(t *testing.T) {
	ms := func(n float64) *evidence.Millis {
		m := evidence.Millis(n * float64(time.Millisecond))
		return &m
	}
	share := 0.25
	whole := diagnose.Result{
		Started: diagnose.Timestamp{Time: time.UnixMilli(1767323045678)}, Duration: *ms(812.4),
		Target: evidence.Target{Host: "ftp.example.com", Port: 21}, Status: diagnose.StatusWarning,
		Resolve: evidence.Resolve{Duration: *ms(3)}, Addresses: []evidence.Address{{IP: "203.0.113.10"}},
		Sessions: []evidence.Session{
			{ID: 1, Purpose: evidence.PurposeClientHello, Connect: ms(99), TLS: false},
			{ID: 2, Purpose: evidence.PurposeDiagnose, Connect: ms(98)},
			{ID: 3, Purpose: evidence.PurposeDiagnose, TLS: true, Connect: ms(12), Greeting: ms(13), Handshake: ms(14), Login: ms(15)},
		},
		Server: diagnose.Server{Product: "vsftpd 3.0.3", Server: evidence.Server{TLS: &evidence.TLS{
			Version: "TLS 1.3", Cipher: "TLS_AES_128_GCM_SHA256",
			Certificate: &evidence.Certificate{NotAfter: evidence.Time{Time: time.Unix(1800000000, 0)}, Verified: true},
		}}},
		Modes:          diagnose.Modes{Passive: diagnose.Conditional, Active: diagnose.Fails},
		Recommendation: diagnose.Recommendation{Mode: "passive"},
		Findings: []diagnose.Finding{
			{Code: diagnose.PassivePrivateAddress, Severity: diagnose.Warning, Who: []diagnose.Who{diagnose.ServerAdmin, diagnose.ISP}},
			{Code: diagnose.TransferStalled, Severity: diagnose.Warning, Mode: evidence.Passive},
			{Code: diagnose.TransferStalled, Severity: diagnose.Warning, Mode: evidence.Active},
			{Code: diagnose.GreetingSlow, Severity: diagnose.Info},
		},
		Attempts: []evidence.Attempt{
			{ID: 1, Mode: evidence.Passive, Purpose: evidence.PurposeForeign, Outcome: evidence.OutcomeWorks, Negotiated: ms(777)},
			{ID: 2, Mode: evidence.Passive, Purpose: evidence.PurposeTransfer, Outcome: evidence.OutcomeFails, Start: *ms(100), Negotiated: ms(888)},
			{ID: 3, Mode: evidence.Passive, Purpose: evidence.PurposeTransfer, Outcome: evidence.OutcomeWorks, Start: *ms(100), Negotiated: ms(101),
				Asked: ms(102), Connected: ms(103), Marked: ms(104), Encrypted: ms(108), FirstByte: ms(116), Replied: ms(132), End: *ms(133)},
			{ID: 4, Mode: evidence.Active, Purpose: evidence.PurposeTransfer, Outcome: evidence.OutcomeFails, Start: *ms(200), Negotiated: ms(201),
				Asked: ms(203), Connected: ms(207), End: *ms(999)},
		},
	}
	for _, c := range []struct {
		name      string
		collector prometheus.Collector
		want      string
	}{
		{"whole", metrics.New(&whole), `
ftpdiag_status 1
ftpdiag_up 1
ftpdiag_mode_works{mode="active"} 0
ftpdiag_mode_works{mode="passive"} 1
ftpdiag_mode_conditional{mode="active"} 0
ftpdiag_mode_conditional{mode="passive"} 1
ftpdiag_recommended_mode{mode="active"} 0
ftpdiag_recommended_mode{mode="none"} 0
ftpdiag_recommended_mode{mode="passive"} 1
ftpdiag_finding{code="passive-private-address",severity="warning",who="server-admin"} 1
ftpdiag_finding{code="transfer-stalled",severity="warning",who=""} 1
ftpdiag_findings{severity="error"} 0
ftpdiag_findings{severity="info"} 1
ftpdiag_findings{severity="warning"} 3
ftpdiag_phase_duration_seconds{mode="",phase="connect"} 0.012
ftpdiag_phase_duration_seconds{mode="",phase="greeting"} 0.013
ftpdiag_phase_duration_seconds{mode="",phase="login"} 0.015
ftpdiag_phase_duration_seconds{mode="",phase="resolve"} 0.003
ftpdiag_phase_duration_seconds{mode="",phase="tls"} 0.014
ftpdiag_phase_duration_seconds{mode="active",phase="data_connect"} 0.004
ftpdiag_phase_duration_seconds{mode="active",phase="negotiate"} 0.001
ftpdiag_phase_duration_seconds{mode="passive",phase="data_connect"} 0.002
ftpdiag_phase_duration_seconds{mode="passive",phase="data_tls"} 0.004
ftpdiag_phase_duration_seconds{mode="passive",phase="first_byte"} 0.008
ftpdiag_phase_duration_seconds{mode="passive",phase="negotiate"} 0.001
ftpdiag_phase_duration_seconds{mode="passive",phase="transfer"} 0.016
ftpdiag_duration_seconds 0.8124
ftpdiag_tls 1
ftpdiag_tls_info{cipher="TLS_AES_128_GCM_SHA256",version="TLS 1.3"} 1
ftpdiag_tls_certificate_not_after_timestamp_seconds 1.8e+09
ftpdiag_tls_certificate_verified 1
ftpdiag_server_info{product="vsftpd"} 1
ftpdiag_start_time_seconds 1.767323045678e+09
`},
		{"nothing", metrics.New(&diagnose.Result{}), `
ftpdiag_status 3
ftpdiag_recommended_mode{mode="active"} 0
ftpdiag_recommended_mode{mode="none"} 0
ftpdiag_recommended_mode{mode="passive"} 0
ftpdiag_findings{severity="error"} 0
ftpdiag_findings{severity="info"} 0
ftpdiag_findings{severity="warning"} 0
ftpdiag_duration_seconds 0
`},
		{"up", only("ftpdiag_up", metrics.WithTargets(
			&diagnose.Result{Target: evidence.Target{Label: "interrupted"}, Status: diagnose.StatusUnknown},
			&diagnose.Result{Target: evidence.Target{Label: "interrupted while it connected"}, Status: diagnose.StatusUnknown, Sessions: []evidence.Session{{Purpose: evidence.PurposeDiagnose}}},
			&diagnose.Result{Target: evidence.Target{Label: "no such host"}, Status: diagnose.StatusCritical, Findings: []diagnose.Finding{{Code: diagnose.DNSNoSuchHost}}},
			&diagnose.Result{Target: evidence.Target{Label: "no such host, ignored"}, Status: diagnose.StatusUnknown, Findings: []diagnose.Finding{{Code: diagnose.DNSNoSuchHost}}},
			&diagnose.Result{Target: evidence.Target{Label: "no finding"}, Status: diagnose.StatusCritical},
		)), `
ftpdiag_up{target="interrupted while it connected"} 0
ftpdiag_up{target="no finding"} 0
ftpdiag_up{target="no such host"} 0
ftpdiag_up{target="no such host, ignored"} 0
`},
		{"targets", only("ftpdiag_status", metrics.WithTargets(
			&diagnose.Result{Target: evidence.Target{Host: "2001:db8::1", Port: 2121}},
			&diagnose.Result{Target: evidence.Target{Host: "a.example", Port: 21}, Status: diagnose.StatusOK},
			&diagnose.Result{Target: evidence.Target{Host: "a.example", Port: 21, User: "bob"}, Status: diagnose.StatusCritical},
			&diagnose.Result{Target: evidence.Target{Host: "b.example", Port: 21, Label: "Accounting\x1b[31m"}, Status: diagnose.StatusOK},
			&diagnose.Result{Target: evidence.Target{Input: "odd"}, Status: diagnose.StatusOK},
		)), `
ftpdiag_status{target="Accounting\\x1b[31m"} 0
ftpdiag_status{target="[2001:db8::1]:2121"} 3
ftpdiag_status{target="a.example:21"} 0
ftpdiag_status{target="a.example:21#2"} 2
ftpdiag_status{target="odd"} 0
`},
		{"share of the sampled ports", only("ftpdiag_mode_works", metrics.New(&diagnose.Result{
			Modes:        diagnose.Modes{Passive: diagnose.Intermittent, Active: diagnose.Intermittent},
			PassivePorts: evidence.PassivePorts{Share: &share},
			Attempts: []evidence.Attempt{
				{Mode: evidence.Active, Outcome: evidence.OutcomeWorks}, {Mode: evidence.Active, Outcome: evidence.OutcomeFails},
				{Mode: evidence.Active, Outcome: evidence.OutcomeInconclusive}, {Mode: evidence.Passive, Outcome: evidence.OutcomeWorks},
			},
		})), `
ftpdiag_mode_works{mode="active"} 0.5
ftpdiag_mode_works{mode="passive"} 0.25
`},
		{"share of the repeats", only("ftpdiag_mode_works", metrics.New(&diagnose.Result{
			Modes:        diagnose.Modes{Passive: diagnose.Intermittent, Active: diagnose.Inconclusive},
			PassivePorts: evidence.PassivePorts{Share: new(float64)},
			Repeats:      &diagnose.Repeats{Passive: diagnose.Share{Share: &share}},
		})), "\nftpdiag_mode_works{mode=\"passive\"} 0.25\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if err := testutil.CollectAndCompare(c.collector, strings.NewReader(withHelp(c.want))); err != nil {
				t.Error(err)
			}
		})
	}
}

// withHelp puts the descriptions before the series of each metric.
func withHelp(series string) string {
	help := map[string]string{}
	for _, m := range metrics.All() {
		help[m.Name] = m.Help
	}
	var b strings.Builder
	last := ""
	for line := range strings.Lines(strings.TrimPrefix(series, "\n")) {
		name := line[:strings.IndexAny(line, "{ ")]
		if name != last {
			b.WriteString("# HELP " + name + " " + help[name] + "\n# TYPE " + name + " gauge\n")
		}
		last = name
		b.WriteString(line)
	}
	return b.String()
}

// only collects one metric of c.
func only(name string, c prometheus.Collector) prometheus.Collector { return filtered{c, name} }

type filtered struct {
	prometheus.Collector
	name string
}

func (f filtered) Collect(to chan<- prometheus.Metric) {
	all := make(chan prometheus.Metric)
	go func() { f.Collector.Collect(all); close(all) }()
	for m := range all {
		if strings.Contains(m.Desc().String(), `"`+f.name+`"`) {
			to <- m
		}
	}
}

// results are all those of the goldens.
func results(t *testing.T) (all []*diagnose.Result) {
	t.Helper()
	files, err := filepath.Glob("../testdata/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no results: %v", err)
	}
	for _, name := range files {
		f, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		some, err := report.Read(f)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, some...)
	}
	return all
}

// TestLint: names, units and help texts follow the rules of Prometheus, and every
// series is one that the registry takes, for every result alone and all together.
func TestLint(t *testing.T) {
	all := results(t)
	collectors := []prometheus.Collector{metrics.WithTargets(all...)}
	for _, r := range all {
		collectors = append(collectors, metrics.New(r))
	}
	for _, c := range collectors {
		problems, err := testutil.CollectAndLint(c)
		if err != nil {
			t.Error(err)
		}
		for _, p := range problems {
			t.Errorf("%s: %s", p.Metric, p.Text)
		}
	}
}

// TestLabelsAreBounded: a server, and a file that somebody wrote, can add no
// series.
func TestLabelsAreBounded(t *testing.T) {
	const odd = "odd\x1b[31m"
	r := &diagnose.Result{
		Status: odd, Modes: diagnose.Modes{Passive: odd, Active: odd},
		Recommendation: diagnose.Recommendation{Mode: odd},
		Server:         diagnose.Server{Product: odd, Server: evidence.Server{TLS: &evidence.TLS{Version: odd, Cipher: odd}}},
		Findings:       []diagnose.Finding{{Code: odd, Severity: odd, Who: []diagnose.Who{odd}}},
		Attempts:       []evidence.Attempt{{Mode: odd, Purpose: odd, Negotiated: new(evidence.Millis)}},
		Repeats:        &diagnose.Repeats{},
	}
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(metrics.New(r))
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	for _, f := range families {
		for _, m := range f.Metric {
			for _, l := range m.Label {
				if strings.Contains(l.GetValue(), "odd") {
					t.Errorf("%s{%s=%q}", f.GetName(), l.GetName(), l.GetValue())
				}
				found[f.GetName()+" "+l.GetName()+" "+l.GetValue()] = true
			}
		}
	}
	for _, want := range []string{"ftpdiag_finding code other", "ftpdiag_finding severity other", "ftpdiag_finding who other", "ftpdiag_tls_info version other", "ftpdiag_tls_info cipher other"} {
		if !found[want] {
			t.Errorf("no %s", want)
		}
	}
}

// TestPhases: the phases that the goldens show are those that are listed.
func TestPhases(t *testing.T) {
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(metrics.WithTargets(results(t)...))
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, f := range families {
		for _, m := range f.Metric {
			for _, l := range m.Label {
				if l.GetName() == "phase" {
					seen[l.GetValue()] = true
				}
			}
		}
		if f.GetName() == "ftpdiag_phase_duration_seconds" {
			for _, m := range f.Metric {
				if v := m.Gauge.GetValue(); v < 0 || v > 60 {
					t.Errorf("%v: %v s", m.Label, v)
				}
			}
		}
	}
	for name := range seen {
		if !slices.Contains(metrics.Phases(), name) {
			t.Errorf("phase %s is not listed", name)
		}
	}
	for _, name := range []string{"resolve", "connect", "greeting", "login", "negotiate", "data_connect", "first_byte", "transfer"} {
		if !seen[name] {
			t.Errorf("phase %s is never shown", name)
		}
	}
}

// TestNames: what dashboards and alerts rely on.
func TestNames(t *testing.T) {
	want := []string{"ftpdiag_status", "ftpdiag_up", "ftpdiag_mode_works", "ftpdiag_mode_conditional", "ftpdiag_recommended_mode",
		"ftpdiag_finding", "ftpdiag_findings", "ftpdiag_phase_duration_seconds", "ftpdiag_duration_seconds", "ftpdiag_tls",
		"ftpdiag_tls_info", "ftpdiag_tls_certificate_not_after_timestamp_seconds", "ftpdiag_tls_certificate_verified",
		"ftpdiag_server_info", "ftpdiag_start_time_seconds"}
	if got := metrics.Names(); !slices.Equal(got, want) {
		t.Errorf("names %v", got)
	}
}
