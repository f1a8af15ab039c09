package ftptest

import (
	"context"
	"fmt"
	"maps"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"
)

// Network is the path between a client and loopback: a probe.Dialer, a
// probe.Resolver and a probe.Listener. The zero value passes everything on
// loopback and knows no names. It is set up before it is used.
//
// A dial goes through the Rules in order, then to the Hosts; what is left must
// be a loopback address, or the dial fails with an [EscapeError]: nothing leaves
// this machine.
type Network struct {
	// Latency is how long every connect takes: see [Server.Flights].
	Latency time.Duration
	Rules   []Rule
	// Hosts are servers by the address at which they are played: their control
	// port is ControlPort there, their passive ports are those that they
	// advertise, every other port is closed. Connections to them report the
	// played address as the remote one, and the servers name it in their 227s.
	Hosts       map[netip.Addr]*Server
	ControlPort uint16 // 0: 21
	// Local is the played address of this end of connections to Hosts, the zero
	// value a true one. Listeners on it listen on 127.0.0.1 or ::1.
	Local netip.Addr
	// Inbound is where connections to listeners seem to come from, the zero value
	// the played address of the server that made them.
	Inbound netip.Addr
	// DataPort is the port that they seem to come from, 0 the true one. Servers
	// that may bind port 20 connect from there (RFC 959 §5.2).
	DataPort uint16
	Names    map[string]Name // by host; others do not exist
	// Unrouted are addresses for which this machine has no route.
	Unrouted []netip.Addr

	mu      sync.Mutex
	dials   map[netip.AddrPort]int
	escapes []netip.AddrPort
	lookups int
}

// EscapeError is a dial that would have left loopback.
type EscapeError struct{ To netip.AddrPort }

func (e *EscapeError) Error() string {
	return fmt.Sprintf("ftptest: a dial to %v would have left this machine", e.To)
}

// Dials is how often each address and port was dialled, as the client named them.
func (n *Network) Dials() map[netip.AddrPort]int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return maps.Clone(n.dials)
}

// Escapes are the dials that would have left loopback, had they been made.
func (n *Network) Escapes() []netip.AddrPort {
	n.mu.Lock()
	defer n.mu.Unlock()
	return append([]netip.AddrPort(nil), n.escapes...)
}

// Lookups is the number of names that were looked up.
func (n *Network) Lookups() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.lookups
}

// Routed tells whether this machine has a route for ip: on a played network it
// does not ask the system.
func (n *Network) Routed(ip netip.Addr) bool { return !slices.Contains(n.Unrouted, ip) }

// DialTCP dials remote as a net.Dialer would across this network.
func (n *Network) DialTCP(ctx context.Context, local netip.Addr, remote netip.AddrPort) (net.Conn, error) {
	n.mu.Lock()
	if n.dials == nil {
		n.dials = map[netip.AddrPort]int{}
	}
	n.dials[remote]++
	n.mu.Unlock()
	d := &dial{network: n, local: local, remote: remote, to: remote}
	conn, err := d.follow(ctx)
	if err != nil {
		return nil, d.opError(err)
	}
	for _, wrap := range d.wraps {
		conn = wrap(conn)
	}
	return conn, nil
}

// dial is a dial on its way through the rules.
type dial struct {
	network *Network
	local   netip.Addr     // to dial from, as the client said
	remote  netip.AddrPort // whom the client dialled
	to      netip.AddrPort // where it goes by now
	played  bool           // the client must not see where it truly went
	wraps   []func(net.Conn) net.Conn
}

// follow takes a dial through the network.
func (d *dial) follow(ctx context.Context) (net.Conn, error) {
	for _, rule := range d.network.Rules {
		if rule.To != nil && !rule.To(d.remote) {
			continue
		}
		if conn, err := rule.Do(ctx, d); conn != nil || err != nil {
			return conn, err
		}
	}
	if err := d.toHost(); err != nil {
		return nil, err
	}
	if !d.to.Addr().IsLoopback() {
		return nil, d.escaped()
	}
	conn, err := d.truly(ctx)
	if err != nil || d.network.Latency == 0 {
		return conn, err
	}
	if err := wait(ctx, d.network.Latency); err != nil {
		conn.Close()
		return nil, err
	}
	return conn, nil
}

// toHost finds the true port of a played server.
func (d *dial) toHost() error {
	host := d.network.Hosts[d.to.Addr()]
	if host == nil {
		return nil
	}
	d.played = true
	addr := host.Addr()
	if d.to.Port() == d.network.controlPort() {
		host.playAt(d.to.Addr())
	} else {
		port, ok := host.PassivePort(d.to.Port())
		if !ok {
			return connectError(errnoRefused)
		}
		addr = netip.AddrPortFrom(addr.Addr(), port)
	}
	d.to = addr
	return nil
}

func (n *Network) controlPort() uint16 {
	if n.ControlPort == 0 {
		return 21
	}
	return n.ControlPort
}

func (d *dial) escaped() error {
	d.network.mu.Lock()
	defer d.network.mu.Unlock()
	d.network.escapes = append(d.network.escapes, d.to)
	return &EscapeError{To: d.to}
}

// truly dials a loopback address.
func (d *dial) truly(ctx context.Context) (net.Conn, error) {
	dialer := net.Dialer{KeepAlive: -1}
	if d.local.IsValid() && d.local != d.network.Local {
		dialer.LocalAddr = net.TCPAddrFromAddrPort(netip.AddrPortFrom(d.local, 0))
	}
	conn, err := dialer.DialContext(ctx, "tcp", d.to.String())
	if err != nil || !d.played {
		return conn, unwrapOp(err)
	}
	local := addrPort(conn.LocalAddr())
	if d.network.Local.IsValid() {
		local = netip.AddrPortFrom(d.network.Local, local.Port())
	}
	return &playedConn{Conn: conn, local: local, remote: d.remote}, nil
}

// playedConn is a connection with other addresses than its true ones.
type playedConn struct {
	net.Conn
	local, remote netip.AddrPort
}

func (c *playedConn) LocalAddr() net.Addr  { return net.TCPAddrFromAddrPort(c.local) }
func (c *playedConn) RemoteAddr() net.Addr { return net.TCPAddrFromAddrPort(c.remote) }

// wait waits for d, or for the context: then it gives a dialler's error.
func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return contextError(ctx)
	}
}
