package deploy

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// farm is the exporters of both vantage points, on 127.0.VANTAGE.1SHARD and one
// port. They say that all is well and keep who was asked for what.
type farm struct {
	port int

	mu    sync.Mutex
	asked map[probeOf]map[string]int // how often, by the exporter's address
}

type probeOf struct{ vantage, target, module string }

const (
	vantages = 2
	shards   = 3
)

func newFarm(t *testing.T) *farm {
	t.Helper()
	f := &farm{asked: map[probeOf]map[string]int{}}
	var listeners []net.Listener
	for try := 1; len(listeners) < vantages*shards; try++ {
		for _, l := range listeners { // the port was not free on every address
			l.Close()
		}
		if listeners = f.listen(t); try == 20 {
			t.Fatal("no port is free on all of the exporters' addresses")
		}
	}
	for _, l := range listeners {
		s := httptest.NewUnstartedServer(f)
		s.Listener.Close()
		s.Listener = l
		s.Start()
		t.Cleanup(s.Close)
	}
	return f
}

// listen opens one free port on each address until one has it taken.
func (f *farm) listen(t *testing.T) (all []net.Listener) {
	t.Helper()
	f.port = 0
	for v := range vantages {
		for s := range shards {
			l, err := net.Listen("tcp", fmt.Sprintf("127.0.%d.1%d:%d", v+1, s, f.port))
			if err != nil {
				return all
			}
			f.port = l.Addr().(*net.TCPAddr).Port
			all = append(all, l)
		}
	}
	return all
}

func (f *farm) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.FormValue("collect[]") == "textfile":
		fmt.Fprintln(w, `ftpdiag_status{target="ftp.example.com:21"} 0`)
		return
	case r.URL.Path != "/probe":
		return
	}
	fmt.Fprintln(w, "ftpdiag_status 0")
	host, _, _ := net.SplitHostPort(r.Host)
	of := probeOf{
		vantage: strings.Split(host, ".")[2],
		target:  r.FormValue("target"), module: r.FormValue("module"),
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.asked[of] == nil {
		f.asked[of] = map[string]int{}
	}
	f.asked[of][host]++
}

// askedAtLeast tells whether each of n probes was asked for that often.
func (f *farm) askedAtLeast(n, times int) (bool, string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for of, by := range f.asked {
		sum := 0
		for _, n := range by {
			sum += n
		}
		if sum < times {
			return false, fmt.Sprintf("%v was asked for %d times", of, sum)
		}
	}
	return len(f.asked) >= n, fmt.Sprintf("%d of %d probes were asked for", len(f.asked), n)
}

// local is the shipped scrape configuration with the farm's addresses, on which
// the vantage points office and cloud are 1 and 2.
func (f *farm) local(t *testing.T) string {
	t.Helper()
	return replaced(t, hurried(t),
		`ftpdiag-\$1\.\$2\.example\.net:\d+`, fmt.Sprintf("127.0.$$2.1$$1:%d", f.port),
		`ftpdiag-(\d)\.(office|cloud)\.example\.net:\d+`, fmt.Sprintf("127.0.$2.1$1:%d", f.port),
		`sweep\.office\.example\.net:\d+`, fmt.Sprintf("127.0.1.10:%d", f.port),
		`\boffice\b`, "1",
		`\bcloud\b`, "2")
}

// Prometheus with the shipped configuration asks exactly one exporter of each
// vantage point for each target, and every exporter has a share.
func TestSharding(t *testing.T) {
	t.Parallel()
	const targets = 60
	var list strings.Builder
	list.WriteString("- targets:\n")
	for i := range targets {
		fmt.Fprintf(&list, "    - ftp%d.example.com\n", i)
	}
	list.WriteString("- targets: ['ftpes://files.example.net']\n  labels: {module: acme}\n")
	f := newFarm(t)
	p := startPrometheus(t, map[string]string{
		"prometheus.yml":    f.local(t),
		"ftpdiag.rules.yml": read(t, rulesFile),
		"targets/all.yml":   list.String(),
	})
	const all = vantages * (targets + 1)
	eventually(t, func() (bool, string) { return f.askedAtLeast(all, 3) })
	wellLabelled(t, p, targets+1)
	p.process.stop()

	shares := map[string]int{}
	f.mu.Lock()
	defer f.mu.Unlock()
	for of, by := range f.asked {
		if len(by) != 1 {
			t.Errorf("%v is probed by %d exporters: %v", of, len(by), by)
		}
		if want := "default"; of.target != "ftpes://files.example.net" && of.module != want {
			t.Errorf("%v: want module %s", of, want)
		}
		for host := range by {
			shares[host]++
		}
	}
	if len(f.asked) != all {
		t.Errorf("%d different probes, want %d", len(f.asked), all)
	}
	if len(shares) != vantages*shards {
		t.Errorf("%d of %d exporters have a share: %v", len(shares), vantages*shards, shares)
	}
	for host, n := range shares {
		if n < targets/shards/2 {
			t.Errorf("%s has only %d of %d targets: %v", host, n, targets, shares)
		}
	}
}

// wellLabelled checks that every target has a series of each vantage point, that
// the series name the target and not its exporter, and that every exporter has
// its own.
func wellLabelled(t *testing.T, p *prometheus, targets int) {
	t.Helper()
	p.has(t, targets, `count by (instance, module) (ftpdiag_status{job="ftpdiag", vantage=~"1|2"}) == 2`)
	p.has(t, vantages, `ftpdiag_status{job="ftpdiag", instance="ftpes://files.example.net", module="acme"}`)
	p.has(t, vantages*shards, `up{job="ftpdiag-exporter"} == 1`)
	p.has(t, 1, `ftpdiag_status{job="ftpdiag-sweep", vantage="1", instance="ftp.example.com:21", target=""}`)
}
