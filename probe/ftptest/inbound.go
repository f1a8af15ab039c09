package ftptest

import (
	"maps"
	"net"
	"net/netip"
	"slices"
)

// ListenTCP listens on loopback. Where local is the played address, so are those
// of the listener and its connections; a connection from the address of a played
// server is seen as coming from the played one.
func (n *Network) ListenTCP(local netip.AddrPort) (net.Listener, error) {
	truth := local
	if !local.Addr().IsLoopback() {
		if local.Addr() != n.Local {
			return nil, &net.OpError{Op: "listen", Net: "tcp", Addr: net.TCPAddrFromAddrPort(local), Err: connectError(errnoAddrNotAvail)}
		}
		ip := loopback
		if local.Addr().Is6() {
			ip = netip.IPv6Loopback()
		}
		truth = netip.AddrPortFrom(ip, local.Port())
	}
	l, err := net.Listen("tcp", truth.String())
	if err != nil {
		return nil, err
	}
	return &playedListener{Listener: l, network: n, local: local.Addr()}, nil
}

type playedListener struct {
	net.Listener
	network *Network
	local   netip.Addr
}

// Addr is the played address with the true port.
func (l *playedListener) Addr() net.Addr {
	return net.TCPAddrFromAddrPort(netip.AddrPortFrom(l.local, addrPort(l.Listener.Addr()).Port()))
}

func (l *playedListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	from := addrPort(conn.RemoteAddr())
	for _, played := range slices.SortedFunc(maps.Keys(l.network.Hosts), netip.Addr.Compare) {
		if l.network.Hosts[played].Addr().Addr() == from.Addr() {
			from = netip.AddrPortFrom(played, from.Port())
			break
		}
	}
	to := netip.AddrPortFrom(l.local, addrPort(conn.LocalAddr()).Port())
	return &playedConn{Conn: conn, local: to, remote: from}, nil
}
