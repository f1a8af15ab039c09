package diagnose

import "net/netip"

func prefixes(texts ...string) []netip.Prefix {
	var out []netip.Prefix
	for _, t := range texts {
		out = append(out, netip.MustParsePrefix(t))
	}
	return out
}

var (
	sharedSpace   = prefixes("100.64.0.0/10")                                                                   // RFC 6598: carrier-grade NAT
	documentation = prefixes("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32")              // RFC 5737, RFC 3849
	impossible    = prefixes("0.0.0.0/8", "224.0.0.0/4", "240.0.0.0/4", "::/128", "ff00::/8")                   // nobody can be connected to there
	containerNets = prefixes("172.17.0.0/16", "172.18.0.0/15", "172.20.0.0/14", "10.42.0.0/16", "10.88.0.0/16") // defaults of Docker, k3s and Podman

	// The edge of Cloudflare, as it publishes it: an edge that carries the web
	// and not FTP.
	cloudflare = prefixes("173.245.48.0/20", "103.21.244.0/22", "103.22.200.0/22", "103.31.4.0/22",
		"141.101.64.0/18", "108.162.192.0/18", "190.93.240.0/20", "188.114.96.0/20", "197.234.240.0/22",
		"198.41.128.0/17", "162.158.0.0/15", "104.16.0.0/13", "104.24.0.0/14", "172.64.0.0/13", "131.0.72.0/22",
		"2400:cb00::/32", "2606:4700::/32", "2803:f800::/32", "2405:b500::/32", "2405:8100::/32",
		"2a06:98c0::/29", "2c0f:f248::/32")
)

func within(ip netip.Addr, nets []netip.Prefix) bool {
	for _, p := range nets {
		if p.Contains(ip) {
			return true
		}
	}
	return false
}

// private tells an address that only its own network knows: RFC 1918, shared
// space, link-local, unique local.
func private(ip netip.Addr) bool {
	return ip.IsPrivate() || ip.IsLinkLocalUnicast() || within(ip, sharedSpace)
}

// public tells an address of the Internet; documentation ranges count.
func public(ip netip.Addr) bool {
	return ip.IsGlobalUnicast() && !private(ip) && !within(ip, impossible)
}

// routable is public and really used on the Internet: to such an address nobody
// gets from a private one without NAT.
func routable(ip netip.Addr) bool { return public(ip) && !within(ip, documentation) }

// unusable tells an address that no other machine can connect to.
func unusable(ip, peer netip.Addr) bool {
	return !ip.IsValid() || within(ip, impossible) || ip.IsLoopback() && !peer.IsLoopback()
}

// translation is what is known about NAT between this machine and the server.
type translation int

const (
	natUnknown translation = iota
	natNone
	natThere
)

// nat compares this end of the control connection with the address that the
// server says it sees. Where the server does not say, a private address that
// reached one of the Internet's has been translated.
func (v *view) nat() (state translation, local, seen netip.Addr) {
	var peer netip.Addr
	for _, s := range v.ev.Sessions {
		if s.Local == "" {
			continue
		}
		if !local.IsValid() {
			local, peer = hostPart(s.Local), parseAddr(s.IP)
		}
		if ip := parseAddr(string(s.SeenAs)); ip.IsValid() && !seen.IsValid() {
			local, peer, seen = hostPart(s.Local), parseAddr(s.IP), ip
		}
	}
	switch {
	case !local.IsValid():
		return natUnknown, local, seen
	case seen.IsValid() && seen == local:
		return natNone, local, seen
	case seen.IsValid(), local.Is4() && private(local) && routable(peer):
		return natThere, local, seen
	case local.IsLoopback(), routable(local):
		return natNone, local, seen
	}
	return natUnknown, local, seen
}
