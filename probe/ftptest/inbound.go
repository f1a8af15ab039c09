package ftptest

import (
	"maps"
	"net"
	"net/netip"
	"slices"
)

// privileged are the ports that only a privileged user listens on.
const privileged = 1024

// ListenTCP listens on loopback. Where local is the played address, so are those
// of the listener and its connections; a connection from the address of a played
// server is seen as coming from the played one. A privileged port is played too.
func (n *Network) ListenTCP(local netip.AddrPort) (net.Listener, error) {
	ip := local.Addr()
	if !ip.IsLoopback() {
		if ip != n.Local {
			return nil, &net.OpError{Op: "listen", Net: "tcp", Addr: net.TCPAddrFromAddrPort(local), Err: connectError(errnoAddrNotAvail)}
		}
		ip = loopback
		if local.Addr().Is6() && !n.hostsOnIPv4() {
			ip = netip.IPv6Loopback()
		}
	}
	port := local.Port()
	if port < privileged {
		port = 0
	}
	l, err := net.Listen("tcp", netip.AddrPortFrom(ip, port).String())
	if err != nil {
		return nil, err
	}
	if local.Port() == 0 {
		local = netip.AddrPortFrom(local.Addr(), addrPort(l.Addr()).Port())
	}
	return &playedListener{Listener: l, network: n, local: local}, nil
}

// hostsOnIPv4 tells whether a played host is truly on 127.0.0.1: it may be
// played at an IPv6 address on a machine that has none.
func (n *Network) hostsOnIPv4() bool {
	for _, s := range n.Hosts {
		if s.Addr().Addr().Is4() {
			return true
		}
	}
	return false
}

type playedListener struct {
	net.Listener
	network *Network
	local   netip.AddrPort
}

// Addr is the played address.
func (l *playedListener) Addr() net.Addr { return net.TCPAddrFromAddrPort(l.local) }

func (l *playedListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	from := addrPort(conn.RemoteAddr())
	port := from.Port()
	if l.network.DataPort != 0 {
		port = l.network.DataPort
	}
	return &playedConn{Conn: conn, local: l.local,
		remote: netip.AddrPortFrom(l.network.seenFrom(from.Addr()), port)}, nil
}

// seenFrom is the played address of what truly connects from ip.
func (n *Network) seenFrom(ip netip.Addr) netip.Addr {
	if n.Inbound.IsValid() {
		return n.Inbound
	}
	for _, played := range slices.SortedFunc(maps.Keys(n.Hosts), netip.Addr.Compare) {
		if n.Hosts[played].Addr().Addr() == ip {
			return played
		}
	}
	return ip
}
