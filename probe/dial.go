package probe

import (
	"context"
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
	return d.DialContext(ctx, "tcp", remote.String())
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
