package probe

import "net/netip"

// mayDial tells whether the address of a 227 may be dialled although it is not
// the control host's: it must be public, or in the control peer's own /16 (IPv6
// /48), and the peer must not be loopback. A hostile server must not make us
// scan for it.
func mayDial(ip, peer netip.Addr) bool {
	if ip == peer || peer.IsLoopback() || !ip.IsValid() {
		return false
	}
	return public(ip) || near(ip, peer)
}

func near(ip, peer netip.Addr) bool {
	bits := 16
	if peer.Is6() {
		bits = 48
	}
	p, err := peer.Prefix(bits)
	return err == nil && p.Contains(ip) && !ip.IsUnspecified()
}

var (
	sharedSpace = netip.MustParsePrefix("100.64.0.0/10") // RFC 6598
	reserved    = netip.MustParsePrefix("240.0.0.0/4")
	thisNetwork = netip.MustParsePrefix("0.0.0.0/8")
)

// public tells whether ip is one of the Internet's. Documentation ranges count
// as public.
func public(ip netip.Addr) bool {
	return ip.IsGlobalUnicast() && !ip.IsPrivate() &&
		!sharedSpace.Contains(ip) && !reserved.Contains(ip) && !thisNetwork.Contains(ip)
}
