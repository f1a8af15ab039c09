package probe

import (
	"encoding/binary"
	"net/netip"
	"strconv"
)

// Origins of an extended error (linux/errqueue.h).
const (
	originICMP  = 2
	originICMP6 = 3
)

// parseExtendedError reads a sock_extended_err with the address of its sender
// behind it, as Linux puts it into the error queue (ip(7)): error number, origin,
// type, code, padding, two numbers of no interest, a sockaddr. An error that no
// ICMP message caused is nothing.
func parseExtendedError(b []byte) hopEcho {
	const header = 16
	if len(b) < header+8 {
		return hopEcho{}
	}
	origin, kind, code := b[4], b[5], b[6]
	from, ok := senderOf(b[header:])
	if !ok {
		return hopEcho{}
	}
	switch {
	case origin == originICMP && kind == 11, origin == originICMP6 && kind == 3:
		return hopEcho{what: echoExpired, from: from}
	case origin == originICMP && kind == 3:
		return hopEcho{what: echoRefused, from: from, icmp: icmpWord(unreachable4, code)}
	case origin == originICMP6 && kind == 1:
		return hopEcho{what: echoRefused, from: from, icmp: icmpWord(unreachable6, code)}
	}
	return hopEcho{}
}

// senderOf reads a sockaddr_in or a sockaddr_in6 of Linux.
func senderOf(b []byte) (netip.Addr, bool) {
	const inet, inet6 = 2, 10
	switch family := binary.NativeEndian.Uint16(b); {
	case family == inet && len(b) >= 8:
		return netip.AddrFrom4([4]byte(b[4:8])), true
	case family == inet6 && len(b) >= 24:
		return netip.AddrFrom16([16]byte(b[8:24])).Unmap(), true
	}
	return netip.Addr{}, false
}

// Codes of ICMP type 3 (RFC 792, RFC 1122, RFC 1812).
var unreachable4 = map[uint8]string{
	0: "net-unreachable", 1: "host-unreachable", 2: "protocol-unreachable", 3: "port-unreachable",
	4: "packet-too-big", 5: "source-route-failed", 6: "net-unknown", 7: "host-unknown",
	9: "net-prohibited", 10: "host-prohibited", 11: "net-unreachable", 12: "host-unreachable",
	13: "admin-prohibited", 14: "precedence-violation", 15: "precedence-cutoff",
}

// Codes of ICMPv6 type 1 (RFC 4443).
var unreachable6 = map[uint8]string{
	0: "net-unreachable", 1: "admin-prohibited", 2: "beyond-scope", 3: "host-unreachable",
	4: "port-unreachable", 5: "policy-failed", 6: "route-rejected",
}

func icmpWord(words map[uint8]string, code uint8) string {
	if w, ok := words[code]; ok {
		return w
	}
	return "code-" + strconv.Itoa(int(code))
}
