package ftptest

import (
	"context"
	"io"
	"net"
	"net/netip"
	"syscall"
	"time"
)

// Rule does something to the dials that To chooses; nil chooses all.
type Rule struct {
	To func(netip.AddrPort) bool
	Do Effect
}

// Effect is what a network does to a dial. A connection or an error ends the
// dial; neither lets it go on to the next rule. It is made by the functions here.
type Effect func(ctx context.Context, d *dial) (net.Conn, error)

// Port chooses dials to a port.
func Port(port uint16) func(netip.AddrPort) bool { return Ports(port, port) }

// Ports chooses dials to a range of ports, low and high included.
func Ports(low, high uint16) func(netip.AddrPort) bool {
	return func(to netip.AddrPort) bool { return low <= to.Port() && to.Port() <= high }
}

// Host chooses dials to an address.
func Host(ip netip.Addr) func(netip.AddrPort) bool {
	return func(to netip.AddrPort) bool { return to.Addr() == ip }
}

// Not chooses what a choice does not.
func Not(choice func(netip.AddrPort) bool) func(netip.AddrPort) bool {
	return func(to netip.AddrPort) bool { return !choice(to) }
}

// Both chooses what two choices do.
func Both(a, b func(netip.AddrPort) bool) func(netip.AddrPort) bool {
	return func(to netip.AddrPort) bool { return a(to) && b(to) }
}

// Drop drops: the dial fails when its context ends.
func Drop() Effect {
	return func(ctx context.Context, _ *dial) (net.Conn, error) {
		<-ctx.Done()
		return nil, contextError(ctx)
	}
}

// Refuse answers with a RST, or with port-unreachable: both look the same.
func Refuse() Effect { return failing(errnoRefused) }

// HostUnreachable answers as a firewall does that prohibits, or a router that
// does not find the host.
func HostUnreachable() Effect { return failing(errnoHostUnreachable) }

// Blackhole fails as a blackhole route of this machine does on Linux.
func Blackhole() Effect { return failing(errnoInvalid) }

// NetUnreachable answers as where there is no route.
func NetUnreachable() Effect { return failing(errnoNetUnreachable) }

// Deny fails as under a local policy that forbids the connect.
func Deny() Effect { return failing(errnoDenied) }

// NoLocalPort fails as where all local ports are taken.
func NoLocalPort() Effect { return failing(errnoAddrNotAvail) }

func failing(errno syscall.Errno) Effect {
	return func(context.Context, *dial) (net.Conn, error) { return nil, connectError(errno) }
}

// Delay waits, and lets the dial go on.
func Delay(d time.Duration) Effect {
	return func(ctx context.Context, _ *dial) (net.Conn, error) { return nil, wait(ctx, d) }
}

// To sends the dial to another address and port, and plays the one dialled.
func To(to netip.AddrPort) Effect {
	return func(_ context.Context, d *dial) (net.Conn, error) {
		d.to, d.played = to, true
		return nil, nil
	}
}

// Through sends the connection through a middlebox.
func Through(box func(net.Conn) net.Conn) Effect {
	return func(_ context.Context, d *dial) (net.Conn, error) {
		d.wraps = append(d.wraps, box)
		return nil, nil
	}
}

// AcceptAll connects whatever is dialled, takes what is sent and never says a
// word: a proxy that answers every SYN.
func AcceptAll() Effect {
	return func(_ context.Context, d *dial) (net.Conn, error) {
		near, far := net.Pipe()
		go func() {
			_, _ = io.Copy(io.Discard, far)
			far.Close()
		}()
		local := d.network.Local
		if !local.IsValid() {
			local = loopback
		}
		return &playedConn{Conn: near, local: netip.AddrPortFrom(local, silentPort), remote: d.remote}, nil
	}
}

// silentPort is the local port of connections that lead nowhere.
const silentPort = 50000
