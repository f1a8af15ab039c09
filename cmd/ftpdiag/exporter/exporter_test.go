package exporter

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	"go.uber.org/goleak"

	"ftpdiag/probe"
	"ftpdiag/probe/diagnose"
	"ftpdiag/probe/evidence"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is how long a test waits for what takes no time.
const patience = 30 * time.Second

// plan plays the diagnosis.
type plan func(context.Context, probe.Config) (*diagnose.Result, error)

// verdictIs is a diagnosis that takes no time.
func verdictIs(status diagnose.Status, findings ...diagnose.Finding) plan {
	return func(_ context.Context, cfg probe.Config) (*diagnose.Result, error) {
		return played(cfg, status, findings...), nil
	}
}

// played is a result with a status.
func played(cfg probe.Config, status diagnose.Status, findings ...diagnose.Finding) *diagnose.Result {
	works := diagnose.Works
	if status == diagnose.StatusCritical {
		works = diagnose.Fails
	}
	return &diagnose.Result{
		Schema: diagnose.Schema, Started: diagnose.Timestamp{Time: time.Now()}, Duration: evidence.Millis(time.Millisecond), Target: cfg.Target, Status: status,
		Modes: diagnose.Modes{Passive: works, Active: works}, Recommendation: diagnose.Recommendation{Mode: "passive", TLS: "off"}, Findings: findings,
	}
}

// bench is an exporter under test.
type bench struct {
	*server
	dir  string
	http *httptest.Server
	end  context.CancelFunc

	log lines

	mu      sync.Mutex
	configs []probe.Config // of the diagnoses that were asked for
}

// lines is a log that can be read while it is written.
type lines struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

const minimal = "modules:\n  default:\n    allow: [\"*.example\"]\n"

// newBench makes an exporter whose diagnoses are d's.
func newBench(t testing.TB, config string, d plan, change ...func(*Options)) *bench {
	t.Helper()
	b := &bench{dir: t.TempDir()}
	write(t, b.dir, "pw", secret)
	life, end := context.WithCancel(context.Background())
	o := logged(b, d)
	o.Config = write(t, b.dir, "ftpdiag.yml", config)
	for _, c := range change {
		c(&o)
	}
	b.server, b.end = newServer(context.Background(), life, o), end
	if err := b.reload(context.Background()); err != nil {
		t.Fatal(err)
	}
	b.http = httptest.NewServer(b.handler())
	t.Cleanup(func() {
		end()
		b.http.Close()
		b.prober.tasks.Wait()
	})
	return b
}

// logged are options whose diagnoses are d's, and are noted.
func logged(b *bench, d plan) Options {
	return Options{Version: "1.2.3",
		Log: slog.New(slog.NewTextHandler(&b.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Diagnose: func(ctx context.Context, cfg probe.Config) (*diagnose.Result, error) {
			b.mu.Lock()
			b.configs = append(b.configs, cfg)
			b.mu.Unlock()
			return d(ctx, cfg)
		}}
}

func (b *bench) asked() []probe.Config {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.configs
}

// reply is what a client got.
type reply struct {
	code   int
	body   string
	header http.Header
}

func (b *bench) do(t testing.TB, method, path string, header ...string) reply {
	t.Helper()
	return do(t, b.http.Client(), method, b.http.URL+path, header...)
}

func do(t testing.TB, client *http.Client, method, where string, header ...string) reply {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, where, nil)
	if err != nil {
		t.Error(err)
		return reply{}
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	got, err := client.Do(r)
	if err != nil {
		t.Error(err)
		return reply{}
	}
	defer got.Body.Close()
	body, err := io.ReadAll(got.Body)
	if err != nil {
		t.Error(err)
	}
	return reply{got.StatusCode, string(body), got.Header}
}

func (b *bench) get(t testing.TB, path string, header ...string) reply {
	t.Helper()
	return b.do(t, http.MethodGet, path, header...)
}

// probe asks for a target of the module default.
func probeOf(target string) string { return "/probe?target=" + url.QueryEscape(target) }

// has wants lines in the answer.
func (r reply) has(t testing.TB, wanted ...string) {
	t.Helper()
	for _, w := range wanted {
		if !strings.Contains("\n"+r.body, "\n"+w+"\n") {
			t.Errorf("%d, no line %q in:\n%s", r.code, w, r.body)
		}
	}
}

// eventually waits for a condition.
func eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !holds(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("in vain: %s", what)
		}
	}
}

// What each request is answered with.
func TestRequests(t *testing.T) {
	b := newBench(t, `
modules:
  default:
    allow: ["*.example", 10.0.0.0/8, "2001:db8::/32"]
    ports: [21, 990, 2121]
  plain:
    allow: [a.example]
    tls: off
  implicit:
    allow: [a.example]
    tls: implicit
`, verdictIs(diagnose.StatusOK))
	for _, tt := range []struct {
		path string
		code int
		body string // contained
	}{
		{probeOf("a.example"), 200, "ftpdiag_status 0"},
		{probeOf("A.Example.:2121"), 200, "ftpdiag_status 0"},
		{probeOf("10.1.2.3"), 200, "ftpdiag_status 0"},
		{probeOf("[2001:db8::1]:2121"), 200, "ftpdiag_status 0"},
		{probeOf("ftps://a.example"), 200, "ftpdiag_status 0"},
		{probeOf("a.example") + "&module=implicit", 200, "ftpdiag_status 0"},
		{"/probe", 400, "name one target"},
		{"/probe?target=", 400, "name one target"},
		{probeOf("a.example") + "&target=b.example", 400, "name one target"},
		{probeOf("a.example") + "&module=none", 400, `there is no module "none"`},
		{probeOf("a.example") + "&module=", 400, `there is no module ""`},
		{probeOf("a.example") + "&module=default&module=plain", 400, "name one module"},
		{probeOf("a b"), 400, "its host is not a valid name"},
		{probeOf("http://a.example"), 400, "http:// is not FTP"},
		{probeOf("ftp://bob@a.example"), 400, "names no user and no password"},
		{probeOf("ftp://bob:" + url.PathEscape(secret) + "@a.example"), 400, "names no user and no password"},
		{probeOf("ftp://:" + url.PathEscape(secret) + "@a.example"), 400, "its user is empty"},
		{probeOf("ftp://a.example/pub/"), 400, "names no path"},
		{probeOf("ftpes://a.example") + "&module=plain", 400, "asks for explicit TLS"},
		{probeOf("0x7f000001"), 400, "neither a name nor an address"},
		{probeOf("a.example\r\nX: y"), 400, "carriage return"},
		{probeOf("a.example:22"), 403, `module default does not allow the target "a.example:22"`},
		{probeOf("192.0.2.1"), 403, "does not allow"},
		{probeOf("::1"), 403, "does not allow"},
		{probeOf("::ffff:192.0.2.1"), 403, "does not allow"},
		{probeOf("b.example") + "&module=plain", 403, "does not allow"},
		{probeOf("ftps://a.example") + "&module=implicit", 200, "ftpdiag_status 0"},
		{"/-/healthy", 200, "healthy"},
		{"/-/ready", 200, "ready"},
		{"/-/reload", 405, "not one of POST, PUT"},
		{"/none", 404, "not found"},
		{"/debug/pprof/", 404, "not found"},
		{"/debug/vars", 404, "not found"},
		{"/report?target=never.example", 404, "there is no report"},
		{"/report?target=a.example&module=none", 400, "there is no module"},
	} {
		got := b.get(t, tt.path)
		if got.code != tt.code || !strings.Contains(got.body, tt.body) || strings.Contains(got.body, secret) || strings.Contains(got.body, "s3cr3t") {
			t.Errorf("%s: %d %q", tt.path, got.code, got.body)
		}
		if csp := got.header.Get("Content-Security-Policy"); !strings.HasPrefix(csp, "default-src 'none'") || got.header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: the answer is not hardened: %v", tt.path, got.header)
		}
	}
	for _, path := range []string{probeOf("a.example"), "/", "/metrics", "/report?target=a.example", "/-/healthy", "/-/ready", "/style.css"} {
		if got := b.do(t, http.MethodPost, path); got.code != 405 || got.header.Get("Allow") != "GET, HEAD" {
			t.Errorf("POST %s: %d, Allow %q", path, got.code, got.header.Get("Allow"))
		}
		if got := b.do(t, http.MethodHead, path); got.code != 200 || got.body != "" {
			t.Errorf("HEAD %s: %d %q", path, got.code, got.body)
		}
	}
	if got := b.do(t, http.MethodDelete, "/-/reload"); got.code != 405 || got.header.Get("Allow") != "POST, PUT" {
		t.Errorf("DELETE /-/reload: %d", got.code)
	}
	if got := b.get(t, "/metrics"); !strings.Contains(got.body, `ftpdiag_exporter_probe_requests_rejected_total{reason="denied"} 5`) ||
		!strings.Contains(got.body, `ftpdiag_exporter_probe_requests_rejected_total{reason="invalid"} 15`) {
		t.Error(got.body)
	}
}

// What the module and the target say is what the diagnosis is asked for.
func TestConfigOfProbe(t *testing.T) {
	b := newBench(t, minimal+"    user: bob\n    password_file: pw\n    path: pub/\n    ports: [990]\n    deadline: 8s\n    timeout: 6s\n", verdictIs(diagnose.StatusOK))
	b.get(t, probeOf("ftps://A.example"), scrapeTimeoutHeader, "5")
	got := b.asked()[0]
	if got.Target.Host != "a.example" || got.Target.Port != 990 || got.Target.TLS != "implicit" || got.Target.User != "bob" || got.Target.Path != "pub/" ||
		got.Password != secret || !got.Quick || !got.NoForeign || got.Deadline != 3600*time.Millisecond || got.Timeout != got.Deadline {
		t.Errorf("%+v", got)
	}
}

func TestBudget(t *testing.T) {
	c := &Config{TimeoutOffset: 500 * time.Millisecond}
	m := &Module{Deadline: 20 * time.Second}
	for _, tt := range []struct {
		header           string
		budget, deadline time.Duration
	}{
		{"", 21 * time.Second, 20 * time.Second},
		{"60", 21 * time.Second, 20 * time.Second},
		{"1e300", 21 * time.Second, 20 * time.Second},
		{"10", 9500 * time.Millisecond, 8500 * time.Millisecond},
		{"1.5", time.Second, 800 * time.Millisecond},
		{"0.2", 100 * time.Millisecond, 80 * time.Millisecond},
	} {
		got, err := c.budget(m, tt.header)
		q := request{key: key{module: m}, budget: got}
		if err != nil || got != tt.budget || q.deadline() != tt.deadline {
			t.Errorf("%s: %v, %v, %v", tt.header, got, q.deadline(), err)
		}
	}
	b := newBench(t, minimal, verdictIs(diagnose.StatusOK))
	for _, bad := range []string{"x", "-1", "0", "NaN", "1s", "1e-9"} {
		if got := b.get(t, probeOf("a.example"), scrapeTimeoutHeader, bad); got.code != 400 {
			t.Errorf("%s: %d %s", bad, got.code, got.body)
		}
	}
}

// Both /metrics and /probe keep the rules of Prometheus for names and help.
func TestLint(t *testing.T) {
	b := newBench(t, minimal, verdictIs(diagnose.StatusCritical, diagnose.Finding{Code: diagnose.ControlRefused, Severity: diagnose.Error, Who: []diagnose.Who{diagnose.ServerAdmin}}))
	for _, path := range []string{probeOf("a.example"), probeOf("a.example"), "/metrics"} {
		got := b.get(t, path)
		problems, err := promlint.New(strings.NewReader(got.body)).Lint()
		if err != nil || len(problems) > 0 {
			t.Errorf("%s: %v %v", path, problems, err)
		}
	}
}

// The names that dashboards and alerts rely on.
func TestMetricNames(t *testing.T) {
	b := newBench(t, minimal, verdictIs(diagnose.StatusOK))
	b.get(t, probeOf("a.example"))
	b.get(t, probeOf("a.example")).has(t, "ftpdiag_probe_cached 1", "ftpdiag_status 0")
	b.get(t, "/metrics").has(t,
		"ftpdiag_exporter_config_last_reload_successful 1", "ftpdiag_exporter_probes_in_flight 0",
		`ftpdiag_exporter_probes_total{result="ok"} 1`, "ftpdiag_exporter_cache_hits_total 1", "ftpdiag_exporter_probe_requests_shared_total 0",
		`ftpdiag_exporter_probe_requests_rejected_total{reason="busy"} 0`, `ftpdiag_exporter_full_diagnoses_total{result="critical"} 0`,
		"ftpdiag_exporter_probe_requests_cut_total 0", "ftpdiag_exporter_targets 1",
		"# TYPE ftpdiag_exporter_config_last_reload_success_timestamp_seconds gauge", "# TYPE process_cpu_seconds_total counter", "# TYPE go_goroutines gauge")
}

// A diagnosis that cannot be carried out, and one that panics, cost nobody else
// anything.
func TestFailures(t *testing.T) {
	b := newBench(t, minimal+"    user: bob\n    password_file: pw\n    cache: 0s\n", func(_ context.Context, cfg probe.Config) (*diagnose.Result, error) {
		switch cfg.Target.Host {
		case "panic.example":
			panic("with " + secret)
		case "error.example":
			return nil, fmt.Errorf("%w: %s", probe.ErrConfig, secret)
		}
		return played(cfg, diagnose.StatusOK), nil
	})
	for range 2 {
		for _, host := range []string{"panic.example", "error.example"} {
			if got := b.get(t, probeOf(host)); got.code != 500 || strings.Contains(got.body, secret) {
				t.Errorf("%s: %d %s", host, got.code, got.body)
			}
		}
	}
	b.get(t, probeOf("a.example")).has(t, "ftpdiag_status 0")
	b.get(t, "/metrics").has(t, "ftpdiag_exporter_probes_in_flight 0", `ftpdiag_exporter_probes_total{result="failed"} 4`)
	if log := b.log.String(); !strings.Contains(log, "a probe panicked") || strings.Contains(log, secret) {
		t.Error(log)
	}
}

// Where every place is taken a request is refused before anything is done for it,
// and a supervisor still gets its answer.
func TestTooManyRequests(t *testing.T) {
	b := newBench(t, minimal, verdictIs(diagnose.StatusOK))
	for range mostRequests() {
		b.requests <- struct{}{}
	}
	for range mostPages {
		b.pages <- struct{}{}
	}
	for _, path := range []string{probeOf("a.example"), "/", "/report?target=a.example"} {
		if got := b.get(t, path); got.code != 503 || got.header.Get("Retry-After") == "" {
			t.Errorf("%s: %d", path, got.code)
		}
	}
	b.get(t, "/-/healthy").has(t, "healthy")
	b.get(t, "/metrics").has(t, `ftpdiag_exporter_probe_requests_rejected_total{reason="unavailable"} 3`)
	<-b.requests
	b.get(t, probeOf("a.example")).has(t, "ftpdiag_status 0")
}
