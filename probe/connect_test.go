package probe_test

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"

	"ftpdiag/probe"
	"ftpdiag/probe/diagnose"
	"ftpdiag/probe/evidence"
	"ftpdiag/probe/ftptest"
)

// counting is a Dialer that counts what is under way or open towards the control
// port, at this end: the client closes before the server can know.
type counting struct {
	*ftptest.Network
	mu              sync.Mutex
	open, most, all int
}

func (c *counting) DialTCP(ctx context.Context, local netip.Addr, remote netip.AddrPort) (net.Conn, error) {
	if remote.Port() != 21 {
		return c.Network.DialTCP(ctx, local, remote)
	}
	c.count(1)
	conn, err := c.Network.DialTCP(ctx, local, remote)
	if err != nil {
		c.count(-1)
		return nil, err
	}
	return &counted{Conn: conn, closed: sync.OnceFunc(func() { c.count(-1) })}, nil
}

func (c *counting) count(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.open += n
	c.most = max(c.most, c.open)
	if n > 0 {
		c.all++
	}
}

type counted struct {
	net.Conn
	closed func()
}

func (c *counted) Close() error {
	defer c.closed()
	return c.Conn.Close()
}

// manyAddresses plays one server at n addresses of each family, those of IPv6 first
// where sixFirst.
func manyAddresses(t *testing.T, four, six int, rules ...ftptest.Rule) *counting {
	t.Helper()
	srv := start(t, ftptest.Behaviour{Latency: 60 * time.Millisecond})
	n := &ftptest.Network{Hosts: map[netip.Addr]*ftptest.Server{}, Latency: 60 * time.Millisecond, Rules: rules}
	var ips []netip.Addr
	for i := range six {
		ips = append(ips, netip.MustParseAddr(fmt.Sprintf("2001:db8::%d", i+1)))
	}
	for i := range four {
		ips = append(ips, netip.MustParseAddr(fmt.Sprintf("203.0.113.%d", i+1)))
	}
	for _, ip := range ips {
		n.Hosts[ip] = srv
	}
	n.Names = map[string]ftptest.Name{"ftp.example.com": ftptest.Addrs(ips...)}
	return &counting{Network: n}
}

func (c *counting) ask(t *testing.T, change func(*probe.Config)) *evidence.Evidence {
	t.Helper()
	ev, err := probe.Run(t.Context(), c.config(change))
	if err != nil {
		t.Fatal(err)
	}
	if c.most > 2 {
		t.Errorf("%d control connections at once", c.most)
	}
	return ev
}

func (c *counting) config(change func(*probe.Config)) probe.Config {
	cfg := probe.Config{Target: evidence.Target{Host: "ftp.example.com"}, Timeout: 2 * time.Second,
		Resolver: c.Network, Dialer: c, Listener: c.Network}
	if change != nil {
		change(&cfg)
	}
	return cfg
}

// addressesOf says of each address how its connect went.
func addressesOf(ev *evidence.Evidence) (out []string) {
	for _, a := range ev.Addresses {
		word := "not tried"
		switch {
		case a.Used:
			word = "used"
		case a.Failure != nil:
			word = string(a.Failure.Kind)
		case a.Connect != nil:
			word = "connects"
		}
		out = append(out, word)
	}
	return out
}

func host(ip string) func(netip.AddrPort) bool { return ftptest.Host(netip.MustParseAddr(ip)) }

// A client tries addresses in turn, each with a head start, and so does a run:
// whatever the name has, two control connections are under way or open at the most,
// and none is dialled in vain.
func TestAddressesInTurn(t *testing.T) {
	drop := func(ips ...string) (rules []ftptest.Rule) {
		for _, ip := range ips {
			rules = append(rules, ftptest.Rule{To: host(ip), Do: ftptest.Drop()})
		}
		return rules
	}
	refuse := ftptest.Rule{To: host("203.0.113.1"), Do: ftptest.Refuse()}
	slow := ftptest.Rule{To: host("203.0.113.1"), Do: ftptest.Delay(600 * time.Millisecond)}
	for _, c := range []struct {
		name      string
		four, six int
		rules     []ftptest.Rule
		want      string
		control   int // connects to the control port
	}{
		{"eight alive", 8, 0, nil, "[used not tried not tried not tried not tried not tried not tried not tried]", 2},
		{"the first is silent", 3, 0, drop("203.0.113.1"), "[not tried used not tried]", 3},
		{"the first is refused", 3, 0, []ftptest.Rule{refuse}, "[refused used not tried]", 3},
		{"the first is slow", 3, 0, []ftptest.Rule{slow}, "[not tried used not tried]", 3},
		{"the first two are silent", 3, 0, drop("203.0.113.1", "203.0.113.2"), "[timed-out not tried used]", 4},
		{"both families are alive", 2, 2, nil, "[used not tried connects not tried]", 3},
		{"IPv6 is dead", 2, 1, drop("2001:db8::1"), "[timed-out used not tried]", 3},
		{"IPv6 is dead, twice", 1, 2, drop("2001:db8::1", "2001:db8::2"), "[timed-out timed-out used]", 4},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			n := manyAddresses(t, c.four, c.six, c.rules...)
			ev := n.ask(t, nil)
			if got := fmt.Sprint(addressesOf(ev)); got != c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
			if n.all != c.control {
				t.Errorf("%d connects to the control port, want %d", n.all, c.control)
			}
			for _, m := range []evidence.Method{evidence.EPSV, evidence.EPRT} {
				if !worked(ev, m) {
					t.Errorf("%s did not work", m)
				}
			}
			dead := false
			for _, f := range diagnose.Diagnose(ev).Findings {
				dead = dead || f.Code == diagnose.DNSDeadAAAA
			}
			if dead != (c.six > 0 && len(c.rules) > 0) {
				t.Errorf("a dead family was found: %v", dead)
			}
		})
	}
}

// A silent first address costs a client its head start, not the whole timeout.
func TestSilentFirstAddressCostsLittle(t *testing.T) {
	t.Parallel()
	n := manyAddresses(t, 2, 0, ftptest.Rule{To: host("203.0.113.1"), Do: ftptest.Drop()})
	const timeout = 10 * time.Second
	begin := time.Now()
	n.ask(t, func(cfg *probe.Config) { cfg.Timeout, cfg.Deadline = timeout, 3*timeout })
	if took := time.Since(begin); took >= timeout {
		t.Errorf("took %v, the timeout is %v", took, timeout)
	}
}

// Where all addresses are silent, all are tried within the deadline, and each is a
// failure of its own.
func TestAllAddressesSilent(t *testing.T) {
	t.Parallel()
	n := manyAddresses(t, 8, 0, ftptest.Rule{Do: ftptest.Drop()})
	ev := n.ask(t, func(cfg *probe.Config) { cfg.Deadline = 20 * time.Second })
	if got := fmt.Sprint(addressesOf(ev)); got != "[timed-out timed-out timed-out timed-out timed-out timed-out timed-out timed-out]" || ev.Cut {
		t.Errorf("%s, cut %v", got, ev.Cut)
	}
}
