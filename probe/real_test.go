package probe_test

import (
	"encoding/json"
	"net/netip"
	"testing"
	"time"

	"ftpdiag/probe"
	"ftpdiag/probe/evidence"
	"ftpdiag/probe/realserver"
)

// ask runs the probe against addr and prints the record where the test is verbose.
func ask(t *testing.T, addr netip.AddrPort, change func(*probe.Config)) *evidence.Evidence {
	t.Helper()
	cfg := probe.Config{
		Target:  evidence.Target{Host: addr.Addr().String(), Port: int(addr.Port())},
		Timeout: 2 * time.Second,
	}
	if change != nil {
		change(&cfg)
	}
	ev, err := probe.Run(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range ev.Transcript {
		t.Logf("%9.1f %d %-6s %s", float64(x.At)/1e6, x.Session, x.From, x.Text)
	}
	return ev
}

func dump(t *testing.T, v any) {
	t.Helper()
	b, _ := json.MarshalIndent(v, "", " ")
	t.Logf("%s", b)
}

func TestRealServersWork(t *testing.T) {
	for _, product := range realserver.Products {
		for _, host := range []string{"127.0.0.1", "::1"} {
			t.Run(string(product)+" "+host, func(t *testing.T) {
				t.Parallel()
				realserver.Need(t, string(product))
				srv := realserver.Config{Product: product, Address: netip.MustParseAddr(host)}.Start(t, realserver.Loopback)
				ev := ask(t, srv.Addr, nil)
				works := map[evidence.Method]bool{}
				for _, a := range ev.Attempts {
					if a.Outcome == evidence.OutcomeWorks {
						works[a.Method] = true
					} else {
						dump(t, a)
					}
				}
				if !works[evidence.EPSV] || !works[evidence.EPRT] {
					t.Errorf("works: %v", works)
				}
			})
		}
	}
}
