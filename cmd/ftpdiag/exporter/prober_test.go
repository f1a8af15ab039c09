package exporter

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"ftpdiag/probe"
	"ftpdiag/probe/diagnose"
)

// held is a diagnosis that takes until it is released or told to end.
type held struct {
	release chan struct{}
	begun   atomic.Int32
	ended   atomic.Int32 // told to end
}

func (h *held) diagnose(ctx context.Context, cfg probe.Config) (*diagnose.Result, error) {
	h.begun.Add(1)
	select {
	case <-h.release:
		return played(cfg, diagnose.StatusOK), nil
	case <-ctx.Done():
		h.ended.Add(1)
		return played(cfg, diagnose.StatusUnknown), nil
	}
}

func (b *bench) waiting() (n int) {
	b.prober.mu.Lock()
	defer b.prober.mu.Unlock()
	for _, f := range b.prober.flights {
		n += f.waiting
	}
	return n
}

// Requests for one target share a probe, which ends only when nobody waits.
func TestSharing(t *testing.T) {
	h := &held{release: make(chan struct{})}
	b := newBench(t, minimal, h.diagnose)
	ctx, leave := context.WithCancel(context.Background())
	var all sync.WaitGroup
	ask := func(ctx context.Context) {
		all.Go(func() {
			r, _ := http.NewRequestWithContext(ctx, http.MethodGet, b.http.URL+probeOf("a.example"), nil)
			got, err := b.http.Client().Do(r)
			if err == nil {
				got.Body.Close()
			}
			if stays := ctx.Err() == nil; stays && (err != nil || got.StatusCode != 200) {
				t.Errorf("%v %v", got, err)
			}
		})
	}
	for range 5 {
		ask(ctx)
	}
	ask(context.Background())
	eventually(t, "six wait", func() bool { return b.waiting() == 6 })
	leave()
	eventually(t, "one waits", func() bool { return b.waiting() == 1 })
	if h.begun.Load() != 1 || h.ended.Load() != 0 {
		t.Errorf("%d begun, %d ended", h.begun.Load(), h.ended.Load())
	}
	close(h.release)
	all.Wait()
	b.get(t, "/metrics").has(t, "ftpdiag_exporter_probe_requests_shared_total 5", `ftpdiag_exporter_probes_total{result="ok"} 1`)
}

// A probe that everybody has left ends, is remembered by nobody, and nobody who
// comes later waits for it.
func TestAbandoned(t *testing.T) {
	var begun atomic.Int32
	told, end := make(chan struct{}), make(chan struct{})
	b := newBench(t, minimal, func(ctx context.Context, cfg probe.Config) (*diagnose.Result, error) {
		if begun.Add(1) > 1 {
			return played(cfg, diagnose.StatusOK), nil
		}
		<-ctx.Done()
		close(told)
		<-end // it takes its time to close what is open
		return played(cfg, diagnose.StatusUnknown), nil
	})
	ctx, leave := context.WithCancel(context.Background())
	q, _ := b.config.Load().read(map[string][]string{"target": {"a.example"}}, "")
	gone := make(chan error)
	go func() {
		_, err := b.prober.ask(ctx, q)
		gone <- err
	}()
	eventually(t, "one waits", func() bool { return b.waiting() == 1 })
	leave()
	if err := <-gone; err != errGone {
		t.Error(err)
	}
	<-told
	b.get(t, probeOf("a.example")).has(t, "ftpdiag_status 0", "ftpdiag_probe_cached 0")
	close(end)
	b.prober.tasks.Wait()
	b.get(t, probeOf("a.example")).has(t, "ftpdiag_status 0", "ftpdiag_probe_cached 1")
	if begun.Load() != 2 {
		t.Errorf("%d probes", begun.Load())
	}
}

// Beyond max_concurrent a request is told to come again, and then there is room.
func TestBusy(t *testing.T) {
	h := &held{release: make(chan struct{})}
	b := newBench(t, "max_concurrent: 2\n"+minimal, h.diagnose)
	var all sync.WaitGroup
	for i := range 2 {
		all.Go(func() { b.get(t, probeOf(fmt.Sprintf("a%d.example", i))).has(t, "ftpdiag_status 0") })
	}
	eventually(t, "two are under way", func() bool { return h.begun.Load() == 2 })
	if got := b.get(t, probeOf("c.example")); got.code != 503 || got.header.Get("Retry-After") == "" {
		t.Errorf("%d %s", got.code, got.body)
	}
	b.get(t, "/metrics").has(t, "ftpdiag_exporter_probes_in_flight 2", `ftpdiag_exporter_probe_requests_rejected_total{reason="busy"} 1`)
	all.Go(func() { b.get(t, probeOf("a0.example")).has(t, "ftpdiag_status 0") }) // shares, and needs no room
	eventually(t, "three wait", func() bool { return b.waiting() == 3 })
	close(h.release)
	all.Wait()
	b.get(t, probeOf("c.example")).has(t, "ftpdiag_status 0")
}

// An answer serves for the module's time and not beyond a reload; one that was cut
// short by its scrape serves nobody else.
func TestCache(t *testing.T) {
	b := newBench(t, minimal+"  none:\n    allow: [a.example]\n    cache: 0s\n", func(_ context.Context, cfg probe.Config) (*diagnose.Result, error) {
		r := played(cfg, diagnose.StatusOK)
		r.Cut = cfg.Target.Host == "cut.example"
		return r, nil
	})
	for i, want := range []string{"0", "1", "1"} {
		b.get(t, probeOf("a.example")).has(t, "ftpdiag_probe_cached "+want)
		b.get(t, probeOf("a.example")+"&module=none").has(t, "ftpdiag_probe_cached 0")
		b.get(t, probeOf("cut.example"), scrapeTimeoutHeader, "1").has(t, "ftpdiag_probe_cached 0")
		if n := len(b.asked()); n != 3+2*i {
			t.Errorf("%d probes", n)
		}
	}
	b.get(t, probeOf("cut.example")).has(t, "ftpdiag_probe_cached 0") // has the module's whole time
	b.get(t, probeOf("cut.example")).has(t, "ftpdiag_probe_cached 1")
	if got := b.do(t, http.MethodPost, "/-/reload"); got.code != 200 {
		t.Error(got)
	}
	b.get(t, probeOf("a.example")).has(t, "ftpdiag_probe_cached 0")
}

// A scrape gets its answer in time, whatever the probe does.
func TestScrapeTimeout(t *testing.T) {
	h := &held{release: make(chan struct{})}
	b := newBench(t, minimal, h.diagnose)
	begun := time.Now()
	got := b.get(t, probeOf("a.example"), scrapeTimeoutHeader, "0.4")
	got.has(t, "ftpdiag_status 3", "ftpdiag_probe_cached 0")
	if strings.Contains(got.body, "\nftpdiag_up ") {
		t.Errorf("a target that was not tried is up or down:\n%s", got.body)
	}
	if took := time.Since(begun); took < 200*time.Millisecond || took > patience/2 {
		t.Errorf("after %v", took)
	}
	eventually(t, "the probe is told to end", func() bool { return h.ended.Load() == 1 })
	b.get(t, "/metrics").has(t, "ftpdiag_exporter_probe_requests_cut_total 1")
}

// names is a DNS in which each question has its own answer.
type names struct {
	mu      sync.Mutex
	answers map[string][]string // each answer once, the last for ever
	asked   int
}

func (n *names) LookupNetIP(_ context.Context, _, host string) (ips []netip.Addr, err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.asked++
	host = strings.TrimSuffix(host, ".")
	answers := n.answers[host]
	if len(answers) == 0 {
		return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
	}
	if len(answers) > 1 {
		n.answers[host] = answers[1:]
	}
	for _, ip := range strings.Fields(answers[0]) {
		ips = append(ips, netip.MustParseAddr(ip))
	}
	return ips, nil
}

// A name that no pattern has is dialled only where it has addresses and all lie in
// the blocks, and at the addresses that were checked. Of another, the answer, the
// page and the log do not say whether it exists.
func TestAddressesOfNames(t *testing.T) {
	dns := &names{answers: map[string][]string{
		"inside.example.net":  {"10.0.0.1 10.0.0.2"},
		"outside.example.net": {"10.0.0.1 192.0.2.1"},
		"mapped.example.net":  {"::ffff:192.0.2.1"},
		"rebind.example.net":  {"10.0.0.1", "127.0.0.1"},
		"empty.example.net":   {""},
		"trusted.example":     {"127.0.0.1"},
	}}
	var mu sync.Mutex
	dialled := map[string]string{}
	b := newBench(t, "modules:\n  default:\n    allow: [10.0.0.0/8, \"*.example\"]\n    cache: 0s\n",
		func(ctx context.Context, cfg probe.Config) (*diagnose.Result, error) {
			ips, err := cfg.Resolver.LookupNetIP(ctx, "ip", cfg.Target.Host) // once, as probe.Run does
			if err != nil {
				return played(cfg, diagnose.StatusCritical, diagnose.Finding{Code: diagnose.DNSNoSuchHost, Severity: diagnose.Error}), nil
			}
			mu.Lock()
			defer mu.Unlock()
			dialled[cfg.Target.Host] += fmt.Sprint(ips)
			return played(cfg, diagnose.StatusOK), nil
		}, func(o *Options) { o.Resolver = dns })
	for _, tt := range []struct {
		host    string
		code    int
		dialled string
	}{
		{"inside.example.net", 200, "[10.0.0.1 10.0.0.2]"},
		{"outside.example.net", 403, ""},
		{"mapped.example.net", 403, ""},
		{"rebind.example.net", 200, "[10.0.0.1]"},
		{"rebind.example.net", 403, "[10.0.0.1]"},
		{"trusted.example", 200, "[127.0.0.1]"},
		{"unknown.example.net", 403, ""},
		{"empty.example.net", 403, ""},
		{"unknown.example", 200, ""}, // nothing was dialled, and of a trusted name that is a verdict
	} {
		got := b.get(t, probeOf(tt.host))
		b.prober.tasks.Wait() // a full diagnosis, where one follows
		if got.code != tt.code || dialled[tt.host] != tt.dialled {
			t.Errorf("%s: %d %s, dialled %s", tt.host, got.code, got.body, dialled[tt.host])
		}
		if want := fmt.Sprintf("module default does not allow the target %q; see its allow-list and its ports\n", tt.host); tt.code == 403 && got.body != want {
			t.Errorf("%s: %q tells it from other targets that are not allowed", tt.host, got.body)
		}
	}
	b.get(t, "/metrics").has(t, `ftpdiag_exporter_probes_total{result="denied"} 5`,
		`ftpdiag_exporter_full_diagnoses_total{result="critical"} 1`, `ftpdiag_exporter_full_diagnoses_total{result="denied"} 0`)
	page := b.get(t, "/").body
	for _, host := range []string{"outside.example.net", "mapped.example.net", "unknown.example.net", "empty.example.net"} {
		if strings.Contains(page, host) {
			t.Errorf("%s is not allowed and on the page", host)
		}
		for line := range strings.Lines(b.log.String()) {
			if strings.Contains(line, host) && strings.Contains(line, "level=INFO") {
				t.Errorf("not allowed, and in the log: %s", line)
			}
		}
	}
}

// A probe of probe.Run itself looks its target up once, through the guard.
func TestRunLooksUpOnce(t *testing.T) {
	dns := &names{answers: map[string][]string{"rebind.example.net": {"127.0.0.1", "192.0.2.1"}, "bad.example.net": {"192.0.2.1"}}}
	b := newBench(t, "modules:\n  default:\n    allow: [127.0.0.0/8]\n    ports: [1]\n    cache: 0s\n    full_every: 0s\n", real, func(o *Options) { o.Resolver = dns })
	b.get(t, probeOf("rebind.example.net:1")).has(t, "ftpdiag_up 0", `ftpdiag_finding{code="control-refused",severity="error",who="server-admin"} 1`)
	if dns.asked != 1 {
		t.Errorf("%d questions", dns.asked)
	}
	if got := b.get(t, probeOf("bad.example.net:1")); got.code != 403 {
		t.Errorf("%d %s", got.code, got.body)
	}
}

// real is the whole diagnosis.
func real(ctx context.Context, cfg probe.Config) (*diagnose.Result, error) {
	evidence, err := probe.Run(ctx, cfg)
	if err != nil {
		return nil, err
	}
	return diagnose.Diagnose(evidence), nil
}

// A target that turns bad gets one full diagnosis, whose findings are in the
// metrics while the quick probes say the same.
func TestFullDiagnosis(t *testing.T) {
	coarse := diagnose.Finding{Code: diagnose.TransferStalled, Severity: diagnose.Error}
	precise := diagnose.Finding{Code: diagnose.ControlRefused, Severity: diagnose.Error}
	var status atomic.Value
	status.Store(diagnose.StatusOK)
	full := make(chan struct{})
	var fulls atomic.Int32
	b := newBench(t, "max_concurrent: 4\n"+minimal+"    cache: 0s\n", func(_ context.Context, cfg probe.Config) (*diagnose.Result, error) {
		if !cfg.Quick {
			fulls.Add(1)
			if cfg.Deadline != 20*time.Second {
				t.Errorf("deadline %v", cfg.Deadline)
			}
			<-full
			return played(cfg, diagnose.StatusCritical, precise), nil
		}
		if s := status.Load().(diagnose.Status); s != diagnose.StatusOK {
			return played(cfg, s, coarse), nil
		}
		return played(cfg, diagnose.StatusOK, diagnose.Finding{Code: diagnose.GreetingSlow, Severity: diagnose.Info}), nil
	})
	const own, borrowed = `ftpdiag_finding{code="transfer-stalled",severity="error",who=""} 1`, `ftpdiag_finding{code="control-refused",severity="error",who=""} 1`
	b.get(t, probeOf("a.example"), scrapeTimeoutHeader, "2").has(t, "ftpdiag_status 0")
	if fulls.Load() != 0 {
		t.Error("a healthy target got a full diagnosis")
	}
	status.Store(diagnose.StatusCritical)
	b.get(t, probeOf("a.example"), scrapeTimeoutHeader, "2").has(t, own, "ftpdiag_probe_cached 0")
	eventually(t, "a full diagnosis begins", func() bool { return fulls.Load() == 1 })
	before := len(b.asked())
	b.get(t, probeOf("a.example")).has(t, own, "ftpdiag_probe_cached 1") // the target is not asked twice at once
	b.get(t, probeOf("b.example")).has(t, own)                           // bad too, but a quarter of the room is taken
	if n := len(b.asked()); n != before+1 {
		t.Errorf("%d diagnoses beside the full one", n-before)
	}
	close(full)
	eventually(t, "its findings are shown", func() bool {
		got := b.get(t, probeOf("a.example"))
		return strings.Contains(got.body, borrowed) && !strings.Contains(got.body, own) && strings.Contains(got.body, "ftpdiag_full_diagnosis_timestamp_seconds 1.")
	})
	if got := b.get(t, "/"); !strings.Contains(got.body, "Full diagnosis just now") {
		t.Error(got.body)
	}
	if got := b.get(t, "/report?target=a.example"); !strings.Contains(got.body, "transfer-stalled") || !strings.Contains(got.body, "Full diagnosis, 20") || !strings.Contains(got.body, "control-refused") {
		t.Error(got.body)
	}
	status.Store(diagnose.StatusWarning)
	for range 2 {
		if got := b.get(t, probeOf("a.example")); !strings.Contains(got.body, own) || strings.Contains(got.body, "full_diagnosis") {
			t.Error("another status has the findings of the last one:\n", got.body)
		}
		status.Store(diagnose.StatusCritical) // it has come back, and may be another fault
	}
	eventually(t, "the full diagnosis of the other target", func() bool {
		b.get(t, probeOf("b.example"))
		return fulls.Load() == 2
	})
	b.prober.tasks.Wait()
	for range 3 {
		b.get(t, probeOf("a.example"))
		b.get(t, probeOf("b.example"))
	}
	if n := fulls.Load(); n != 2 {
		t.Errorf("%d full diagnoses of two targets", n)
	}
	b.prober.mu.Lock()
	for _, e := range b.prober.history.entries.Values() {
		e.fullStarted = e.fullStarted.Add(-e.module.FullEvery)
	}
	b.prober.mu.Unlock()
	b.get(t, probeOf("a.example"))
	eventually(t, "the next full diagnosis after its time", func() bool { return fulls.Load() == 3 })
}

// A full diagnosis that comes to another verdict lends the metrics nothing.
func TestFullDisagrees(t *testing.T) {
	own := diagnose.Finding{Code: diagnose.TransferStalled, Severity: diagnose.Error}
	b := newBench(t, minimal+"    cache: 0s\n", func(_ context.Context, cfg probe.Config) (*diagnose.Result, error) {
		if !cfg.Quick {
			return played(cfg, diagnose.StatusOK), nil
		}
		return played(cfg, diagnose.StatusCritical, own), nil
	})
	b.get(t, probeOf("a.example"))
	b.prober.tasks.Wait()
	got := b.get(t, probeOf("a.example"))
	got.has(t, "ftpdiag_status 2", `ftpdiag_finding{code="transfer-stalled",severity="error",who=""} 1`, `ftpdiag_findings{severity="error"} 1`)
	if strings.Contains(got.body, "full_diagnosis") {
		t.Error(got.body)
	}
	if got := b.get(t, "/report?target=a.example"); !strings.Contains(got.body, "Full diagnosis, 20") {
		t.Error(got.body)
	}
}

// A probe that heeds neither its deadline nor an end gives its slot back, is heard
// of, and its target is not asked again before it has ended.
func TestOverdue(t *testing.T) {
	h := &held{release: make(chan struct{})}
	b := newBench(t, "max_concurrent: 1\n"+minimal+"    timeout: 10ms\n    deadline: 10ms\n    cache: 0s\n    full_every: 0s\n", func(_ context.Context, cfg probe.Config) (*diagnose.Result, error) {
		if cfg.Target.Host == "a.example" {
			return h.diagnose(context.Background(), cfg)
		}
		return played(cfg, diagnose.StatusOK), nil
	})
	b.get(t, probeOf("a.example")).has(t, "ftpdiag_status 3")
	eventually(t, "the slot is free", func() bool {
		return strings.Contains(b.get(t, "/metrics").body, "ftpdiag_exporter_probes_in_flight 0")
	})
	b.get(t, "/metrics").has(t, "ftpdiag_exporter_probes_overdue 1")
	b.get(t, probeOf("a.example")).has(t, "ftpdiag_status 3")
	if n := h.begun.Load(); n != 1 {
		t.Errorf("%d probes of a target that one goes on with", n)
	}
	if got := b.get(t, probeOf("b.example")); got.code != 503 {
		t.Errorf("as many probes as there may be do not end, and there is room for another: %d", got.code)
	}
	close(h.release)
	eventually(t, "it has ended", func() bool {
		return strings.Contains(b.get(t, "/metrics").body, "ftpdiag_exporter_probes_overdue 0")
	})
	b.get(t, probeOf("a.example")).has(t, "ftpdiag_status 0")
	b.get(t, probeOf("b.example")).has(t, "ftpdiag_status 0")
	if !strings.Contains(b.log.String(), "a probe does not end") {
		t.Error(b.log.String())
	}
}
