package deploy

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"ftpdiag/probe/realserver"
	"ftpdiag/report/metrics"
)

// subject is a server that the exporter probes, and what must come of it.
type subject struct {
	name   string
	config realserver.Config
	module string   // what the exporter's module has beside the address and the port
	alerts []string // that fire about it, and no others
	cause  string   // a code that they name; "": none is looked for
	who    string   // somebody whom they name
	series []string // expressions that Prometheus has an answer to; %s is the target

	target string
}

// subjects are real servers, one healthy and each of the others broken in a way
// of its own.
func subjects(t *testing.T) []subject {
	t.Helper()
	unknown := realserver.NewCertificate(t, 365*24*time.Hour, "127.0.0.1")
	short := realserver.NewCertificate(t, 5*24*time.Hour, "127.0.0.1")
	return []subject{{
		name:   "healthy",
		config: realserver.Config{},
		series: []string{
			`ftpdiag_status{%s} == 0`, `ftpdiag_up{%s} == 1`, `ftpdiag_mode_works{mode="passive",%s} == 1`, `ftpdiag_mode_works{mode="active",%s} == 1`,
			`ftpdiag_recommended_mode{mode="passive",%s} == 1`, `ftpdiag_server_info{product=~"vsftpd.*",%s} == 1`, `ftpdiag_tls{%s} == 0`,
			`ftpdiag_phase_duration_seconds{phase="login",%s} > 0`, `time() - ftpdiag_start_time_seconds{%s} < 120`,
		},
	}, {
		name:   "neither mode",
		config: realserver.Config{NoPassive: true, NoActive: true},
		alerts: []string{"FtpdiagNoTransferPossible"},
		cause:  "passive-disabled",
		who:    "server-admin",
		series: []string{
			`ftpdiag_status{%s} == 2`, `ftpdiag_up{%s} == 1`, `ftpdiag_mode_works{mode="passive",%s} == 0`, `ftpdiag_mode_works{mode="active",%s} == 0`,
			`ftpdiag_recommended_mode{mode="none",%s} == 1`, `ftpdiag_finding{code="passive-disabled",severity="error",who="server-admin",%s} == 1`,
		},
	}, {
		name:   "no active mode",
		config: realserver.Config{NoActive: true},
		alerts: []string{"FtpdiagModeDead"},
		cause:  "active-disabled",
		who:    "server-admin",
		series: []string{`ftpdiag_status{%s} == 0`, `ftpdiag_mode_works{mode="active",%s} == 0`, `ftpdiag_finding{code="active-disabled",severity="warning",%s} == 1`},
	}, {
		name:   "no active mode, which is expected",
		config: realserver.Config{NoActive: true},
		module: "{expect: active}",
		alerts: []string{"FtpdiagExpectationFails", "FtpdiagModeDead"},
		cause:  "active-disabled",
		who:    "server-admin",
		series: []string{`ftpdiag_status{%s} == 2`},
	}, {
		name:   "no anonymous login",
		config: realserver.Config{NoAnonymous: true},
		alerts: []string{"FtpdiagLoginFails"},
		cause:  "login-anonymous-refused",
		who:    "client-user",
		series: []string{`ftpdiag_status{%s} == 2`, `ftpdiag_up{%s} == 0`},
	}, {
		name:   "private address in the 227",
		config: realserver.Config{PassiveAddress: "192.168.3.4"},
		series: []string{`ftpdiag_mode_works{mode="passive",%s} == 1`, `ftpdiag_mode_conditional{mode="passive",%s} == 1`},
	}, {
		name:   "a certificate that nobody knows",
		config: realserver.Config{TLS: &realserver.TLS{CertFile: unknown.CertFile, KeyFile: unknown.KeyFile}},
		module: "{tls: explicit}",
		alerts: []string{"FtpdiagCertificateUnverified"},
		series: []string{`ftpdiag_tls{%s} == 1`, `ftpdiag_tls_info{version=~"TLS 1.[23]",%s} == 1`, `ftpdiag_tls_certificate_verified{%s} == 0`},
	}, {
		name:   "a certificate for five days",
		config: realserver.Config{TLS: &realserver.TLS{CertFile: short.CertFile, KeyFile: short.KeyFile}},
		module: "{tls: explicit, ca_file: " + short.CertFile + "}",
		alerts: []string{"FtpdiagCertificateExpiresSoon"},
		series: []string{`ftpdiag_tls_certificate_verified{%s} == 1`, `ftpdiag_tls_certificate_not_after_timestamp_seconds{%s} - time() < 6*24*3600`},
	}, {
		name:   "not allowed",
		config: realserver.Config{},
		module: "{allow: [192.0.2.1]}",
		alerts: []string{"FtpdiagNoAnswer"},
		series: []string{`up{job="ftpdiag",%s} == 0`},
	}}
}

// startAll runs the servers and writes the exporter's configuration and the targets
// of Prometheus.
func startAll(t *testing.T, all []subject) (config, targets string) {
	t.Helper()
	var modules, list strings.Builder
	modules.WriteString("modules:\n")
	for i := range all {
		s := &all[i]
		s.config.Product = realserver.Vsftpd
		server := s.config.Start(t, realserver.Loopback)
		s.target = server.Addr.String()
		extra := strings.Trim(s.module, "{}")
		if !strings.Contains(extra, "allow:") {
			extra = strings.TrimSuffix("allow: [127.0.0.0/8], "+extra, ", ")
		}
		fmt.Fprintf(&modules, "  module%d: {ports: [%d], %s}\n", i, server.Addr.Port(), extra)
		fmt.Fprintf(&list, "- targets: [%q]\n  labels: {module: module%d, server: %q}\n", s.target, i, s.name)
	}
	return modules.String(), list.String()
}

// serve runs the exporter by the command line of its unit, on loopback.
func serve(t *testing.T, config string) (p *process, address string) {
	t.Helper()
	argv := words(commands(t, "ftpdiag-exporter.service")[0],
		installedAt, ftpdiag(t), ":9821", "127.0.0.1:0", "/etc/ftpdiag/ftpdiag.yml", config)
	p = start(t, argv...)
	return p, p.says(t, `(?i)listening.*?\b(127\.0\.0\.1:\d+)`)
}

// A real Prometheus with the shipped configuration and rules scrapes a real
// exporter, which probes real servers: the right series appear, the right alerts
// fire, and about a healthy server none. The dashboard has something to show.
func TestEndToEnd(t *testing.T) {
	realserver.Need(t, string(realserver.Vsftpd))
	realserver.Tool(t, "prometheus")
	t.Parallel()
	all := subjects(t)
	config, targets := startAll(t, all)
	file := write(t, "ftpdiag.yml", config)
	exporter, address := serve(t, file)
	p := startPrometheus(t, map[string]string{
		"prometheus.yml":    toExporter(t, address, sweep(t, all[0].target, all[1].target)),
		"ftpdiag.rules.yml": replaced(t, read(t, rulesFile), `\bfor: \S+`, "for: 0s"),
		"targets/all.yml":   targets,
	})
	rightSeries(t, p, all)
	p.has(t, 1, fmt.Sprintf(`ftpdiag_mode_works{job="ftpdiag-sweep",instance=%q,mode="passive"} == 1`, all[0].target))
	alerts := append(expected(all), fmt.Sprintf("%s about %s from office", all[1].alerts[0], all[1].target)) // by the sweep too
	p.fires(t, alerts)
	rightCauses(t, p, all)
	t.Run("dashboard", func(t *testing.T) { showsAll(t, p, address) })

	if err := os.WriteFile(file, []byte("modulse: {}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := exporter.cmd.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	for _, vantage := range vantagePoints {
		alerts = append(alerts, fmt.Sprintf("FtpdiagConfigReloadFailed about %s from %s", address, vantage))
	}
	p.fires(t, alerts)
}

// vantagePoints are those of the shipped configuration.
var vantagePoints = []string{"office", "cloud"}

// toExporter is the shipped scrape configuration with short intervals, in which
// every exporter is the one at the address, and the sweep's node exporter another.
func toExporter(t *testing.T, exporter, node string) string {
	t.Helper()
	return replaced(t, replaced(t, read(t, scrapeConfig),
		`(scrape_interval|scrape_timeout): \S+`, "$1: 5s",
		`evaluation_interval: \S+`, "evaluation_interval: 1s"),
		`ftpdiag-\$1\.\$2\.example\.net:\d+`, exporter,
		`ftpdiag-\d\.\w+\.example\.net:\d+`, exporter,
		`sweep\.office\.example\.net:\d+`, node)
}

// expected lists the alerts that must fire.
func expected(all []subject) (list []string) {
	for _, s := range all {
		for _, a := range s.alerts {
			for _, vantage := range vantagePoints {
				list = append(list, fmt.Sprintf("%s about %s from %s", a, s.target, vantage))
			}
		}
	}
	return list
}

// fires waits until those alerts fire, and no other, and stay so.
func (p *prometheus) fires(t *testing.T, want []string) {
	t.Helper()
	slices.Sort(want)
	same := 0
	eventually(t, func() (bool, string) {
		var got []string
		for _, a := range p.alerts(t) {
			if a.State == "firing" {
				got = append(got, fmt.Sprintf("%s about %s from %s", a.Labels["alertname"], a.Labels["instance"], a.Labels["vantage"]))
			}
		}
		slices.Sort(got)
		if !slices.Equal(got, want) {
			same = 0
			return false, fmt.Sprintf("these alerts fire:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
		time.Sleep(500 * time.Millisecond) // an evaluation may follow that changes them
		same++
		return same == 5, "the alerts do not stay"
	})
}

func rightSeries(t *testing.T, p *prometheus, all []subject) {
	t.Helper()
	for _, s := range all {
		for _, expr := range s.series {
			p.has(t, len(vantagePoints), fmt.Sprintf(expr, fmt.Sprintf("instance=%q,server=%q", s.target, s.name)))
		}
	}
}

// rightCauses checks that the alerts about a server name the cause and somebody
// who must act.
func rightCauses(t *testing.T, p *prometheus, all []subject) {
	t.Helper()
	for _, a := range p.alerts(t) {
		i := slices.IndexFunc(all, func(s subject) bool { return s.target == a.Labels["instance"] })
		if i < 0 || all[i].cause == "" {
			continue
		}
		names := func(annotation, word string) bool {
			return slices.Contains(strings.Split(a.Annotations[annotation], ", "), word)
		}
		if !names("cause", all[i].cause) || !names("who", all[i].who) || !strings.Contains(a.Annotations["summary"], all[i].target) {
			t.Errorf("%s of a server with %s: %v", a.Labels["alertname"], all[i].name, a.Annotations)
		}
	}
}

// showsAll checks that each expression of the dashboard has an answer, and that
// the metrics in it and in the rules are those of the probe, or of the running
// exporter.
func showsAll(t *testing.T, p *prometheus, exporter string) {
	known := append(metrics.Names(), "up", "ALERTS")
	for _, m := range regexp.MustCompile(`(?m)^# TYPE (\w+) `).FindAllStringSubmatch(fetch(t, "http://"+exporter+"/metrics"), -1) {
		known = append(known, m[1])
	}
	for place, expr := range readDashboard(t).exprs(t) {
		for _, name := range metricNames(expr) {
			if !slices.Contains(known, name) {
				t.Errorf("%s: no metric %s", place, name)
			}
		}
		eventually(t, func() (bool, string) {
			return len(p.query(t, promqlOf(expr))) > 0, place + " is empty: " + expr
		})
	}
	for _, r := range readRules(t) {
		for _, name := range metricNames(r.Expr) {
			if !slices.Contains(known, name) {
				t.Errorf("%s: no metric %s", r.Alert, name)
			}
		}
	}
}

func fetch(t *testing.T, url string) string {
	t.Helper()
	client := http.Client{Timeout: patience}
	resp, err := client.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s, %v", url, resp.Status, err)
	}
	return string(text)
}

// sweep runs the nightly sweep by the command lines of its unit, and stands for
// the node exporter of its machine, which shows the file that the sweep leaves.
func sweep(t *testing.T, targets ...string) (address string) {
	t.Helper()
	list := write(t, "targets", strings.Join(targets, "\n")+"\n")
	dir := t.TempDir()
	left := filepath.Join(dir, "ftpdiag.prom")
	for _, command := range commands(t, "ftpdiag-sweep.service") {
		argv := words(command, installedAt, ftpdiag(t), "/etc/ftpdiag/targets", list,
			"/var/lib/ftpdiag/sweep.ndjson", filepath.Join(dir, "sweep.ndjson"), "/var/lib/prometheus/node-exporter/ftpdiag.prom", left)
		mayFail := argv[0] == "-"
		if mayFail {
			argv = argv[1:]
		}
		cmd := exec.Command(argv[0], argv[1:]...)
		out, err := cmd.CombinedOutput()
		if code := cmd.ProcessState.ExitCode(); !mayFail && (code < 0 || code > 2) { // SuccessExitStatus
			t.Fatalf("%q: %v\n%s", argv, err, out)
		}
	}
	file, err := os.ReadFile(left)
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/metrics" && r.FormValue("collect[]") == "textfile" {
			_, _ = w.Write(file)
		}
	}))
	t.Cleanup(s.Close)
	return strings.TrimPrefix(s.URL, "http://")
}
