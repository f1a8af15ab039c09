package probe_test

import (
	"net/netip"
	"testing"
	"time"

	"ftpdiag/probe"
	"ftpdiag/probe/evidence"
	"ftpdiag/probe/ftptest"
)

// Both data paths are dead, and the questions overlap: the verdict is there
// within the timeout and three seconds.
func TestBothModesDeadInTime(t *testing.T) {
	const timeout = 3 * time.Second
	server := netip.MustParseAddr("203.0.113.10")
	srv := start(t, ftptest.Behaviour{Active: ftptest.Active{Never: true}})
	network := &counting{Network: &ftptest.Network{
		Hosts: map[netip.Addr]*ftptest.Server{server: srv},
		Rules: []ftptest.Rule{{To: ftptest.Not(ftptest.Port(21)), Do: ftptest.Drop()}},
	}}
	begin := time.Now()
	ev := quietly(t, netip.AddrPortFrom(server, 21), func(cfg *probe.Config) {
		cfg.Dialer, cfg.Listener, cfg.Timeout = network, network.Network, timeout
	})
	if took := time.Since(begin); took > timeout+3*time.Second {
		t.Errorf("took %v", took)
	}
	tried := map[evidence.Method]bool{}
	for _, a := range ev.Attempts {
		tried[a.Method] = true
		if a.Outcome == evidence.OutcomeWorks {
			t.Errorf("%s works", a.Method)
		}
	}
	for _, m := range []evidence.Method{evidence.EPSV, evidence.PASV, evidence.EPRT, evidence.PORT} {
		if !tried[m] {
			t.Errorf("%s was not tried", m)
		}
	}
	// At this end: a server that waits for a data connection does not read QUIT, and
	// learns later that its client has gone.
	if network.most > 2 {
		t.Errorf("%d control connections at once", network.most)
	}
	if n := len(ev.PassivePorts.Probes); n == 0 || n > 12 {
		t.Errorf("%d ports dialled that nobody offered", n)
	}
}
