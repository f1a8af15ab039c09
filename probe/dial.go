package probe

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"time"
)

// netDialer is the Dialer of a Config that names none.
type netDialer struct{}

func (netDialer) DialTCP(ctx context.Context, local netip.Addr, remote netip.AddrPort) (net.Conn, error) {
	// Keep-alive probes would be packets that nobody asked for on connections
	// that live for seconds.
	d := net.Dialer{KeepAlive: -1}
	if local.IsValid() {
		d.LocalAddr = net.TCPAddrFromAddrPort(netip.AddrPortFrom(local, 0))
	}
	boundRequests(ctx, &d)
	conn, err := d.DialContext(ctx, "tcp", remote.String())
	if err != nil {
		return nil, err
	}
	unbound(conn)
	return conn, nil
}

// netListener is the Listener of a Config that names none.
type netListener struct{}

func (netListener) ListenTCP(local netip.AddrPort) (net.Listener, error) {
	return net.Listen("tcp", local.String())
}

// dial opens a TCP connection within the wait. A dial that the end of the run
// cut short is interrupted, not timed out.
func (r *run) dial(ctx context.Context, remote netip.AddrPort, wait time.Duration) (net.Conn, error) {
	limited, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	conn, err := r.cfg.Dialer.DialTCP(limited, r.cfg.Bind, remote)
	if err != nil && ctx.Err() != nil {
		return nil, context.Canceled
	}
	return conn, err
}

// errSpared is a question that the budget left out.
var errSpared = fmt.Errorf("not asked, so as not to send more: %w", context.Canceled)

// dialCounted dials a port that may not answer. It lives as long as the wait and
// the budget let it: each second the system sends another request.
func (r *run) dialCounted(ctx context.Context, remote netip.AddrPort, wait time.Duration) (net.Conn, error) {
	if ctx.Err() != nil {
		return nil, context.Canceled
	}
	n := r.budget.takeSYNs(synsWithin(wait - synMargin))
	if n == 0 {
		r.budget.spare()
		return nil, errSpared
	}
	begin := time.Now()
	conn, err := r.dial(ctx, remote, min(wait, beforeRequest(n)))
	used := synsWithin(time.Since(begin)) // more than n where this machine was late
	if err == nil {
		used = 0
	}
	r.budget.returnSYNs(n - used)
	return conn, err
}

// overdue is when the answer to a data connection's dial is overdue: the first
// request may be lost, and the answer to the second takes a round trip.
func (r *run) overdue() time.Duration {
	n := 2
	for beforeRequest(n) < synTimes[1]*time.Second+r.roundTrip()*3/2 && n < 5 {
		n++
	}
	return r.bounded(n)
}

// dialTime is how long the dial of a passive data connection may take.
func (t *trial) dialTime() time.Duration {
	switch t.requests {
	case 0:
		return t.run.overdue()
	case 1:
		return t.run.oneRequest()
	}
	return t.run.bounded(t.requests)
}

// oneRequest is how long a dial lives that is worth one request: as long as that
// may be answered.
func (r *run) oneRequest() time.Duration {
	return r.bounded(synsWithin(r.roundTrip() * 3 / 2))
}

// bounded is how long a dial lives that may send n requests.
func (r *run) bounded(n int) time.Duration {
	if r.cfg.Thorough {
		return r.cfg.Timeout
	}
	return min(r.cfg.Timeout, beforeRequest(n))
}

// routed tells whether this machine, or the network of the Dialer, has a route
// for ip. Connecting a datagram socket asks the routing table and sends nothing.
func (r *run) routed(ip netip.Addr) bool {
	if d, ok := r.cfg.Dialer.(interface{ Routed(netip.Addr) bool }); ok {
		return d.Routed(ip)
	}
	c, err := net.Dial("udp", netip.AddrPortFrom(ip, 9).String())
	if err != nil {
		return false
	}
	c.Close()
	return true
}

// hostOf is the address of one end of a connection, IPv4 in its own form.
func hostOf(a net.Addr) netip.AddrPort {
	tcp, ok := a.(*net.TCPAddr)
	if !ok {
		return netip.AddrPort{}
	}
	ap := tcp.AddrPort()
	return netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port())
}
