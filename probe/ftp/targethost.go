package ftp

import (
	"net/netip"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

const (
	hintPort = "a port is 1 to 65535; leave it away for 21"
	hintIPv6 = "write an IPv6 address as 2001:db8::1, with a port as [2001:db8::1]:21"
	hintHost = "a host is a name such as ftp.example.com or an address; IPv6 with a port is [2001:db8::1]:21"
)

// hostPort reads host, host:port, [v6], [v6]:port or v6.
func (p *parsedTarget) hostPort(s string) (bad *UsageError) {
	host, port, hasPort := s, "", false
	switch {
	case strings.HasPrefix(s, "["):
		if host, port, hasPort, bad = cutBrackets(s); bad == nil {
			p.Host, bad = ipv6(host, p.authority != "")
		}
	case strings.Count(s, ":") > 1:
		p.Host, bad = ipv6(s, p.authority != "")
	default:
		host, port, hasPort = strings.Cut(s, ":")
		p.Host, bad = hostname(host)
	}
	if bad == nil && hasPort {
		p.Port, bad = portNumber(port)
	}
	return bad
}

// cutBrackets reads [v6] or [v6]:port.
func cutBrackets(s string) (host, port string, hasPort bool, bad *UsageError) {
	host, port, closed := strings.Cut(s[1:], "]")
	if !closed {
		return "", "", false, &UsageError{"it has a [ without a ]", hintIPv6}
	}
	if port == "" {
		return host, "", false, nil
	}
	if port, hasPort = strings.CutPrefix(port, ":"); !hasPort {
		return "", "", false, &UsageError{"after ] only a : and a port may stand", hintIPv6}
	}
	return host, port, true, nil
}

// ipv6 reads an IPv6 address, which may name its zone behind %; in a URL also
// behind %25 (RFC 6874).
func ipv6(s string, inURL bool) (string, *UsageError) {
	address, zone, hasZone := strings.Cut(s, "%")
	if rest, encoded := strings.CutPrefix(zone, "25"); inURL && encoded && rest != "" {
		zone = rest
	}
	ip, err := netip.ParseAddr(address)
	if err != nil || !ip.Is6() {
		return "", &UsageError{"it has no valid IPv6 address", hintIPv6}
	}
	if hasZone && (zone == "" || strings.ContainsFunc(zone, func(r rune) bool { return !zoneRune(r) })) {
		return "", &UsageError{"the zone of its IPv6 address is not valid", "a zone is the name or number of an interface: fe80::1%eth0"}
	}
	return ip.WithZone(zone).String(), nil
}

// zoneRune tells whether r may stand in a zone without percent-encoding (RFC 6874).
func zoneRune(r rune) bool {
	return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("-._~", r)
}

// hostname reads a name or an IPv4 address. A name that is not ASCII becomes
// what the DNS knows it as (RFC 5891).
func hostname(s string) (string, *UsageError) {
	if s == "" {
		return "", &UsageError{"its host is missing", hintHost}
	}
	if _, err := netip.ParseAddr(s); err == nil {
		return s, nil
	}
	name := s
	if !ascii(s) {
		var err error
		if name, err = idna.Lookup.ToASCII(s); err != nil {
			return "", &UsageError{"its host is not a valid internationalised name", hintHost}
		}
	}
	labels := strings.Split(strings.TrimSuffix(name, "."), ".")
	if allDigits(labels[len(labels)-1]) { // no top-level domain is a number: a slip in an address
		return "", &UsageError{"its host is neither a name nor an IPv4 address", hintHost}
	}
	if len(name) > 254 {
		return "", &UsageError{"its host is longer than a name can be", hintHost}
	}
	for _, label := range labels {
		if label == "" || len(label) > 63 || strings.ContainsFunc(label, func(r rune) bool { return !labelRune(r) }) {
			return "", &UsageError{"its host is not a valid name", hintHost}
		}
	}
	return name, nil
}

func ascii(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r >= utf8.RuneSelf })
}

// labelRune tells whether r may stand in a label. Underscores are no part of a
// host's name (RFC 952), but are met in local ones.
func labelRune(r rune) bool {
	return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '-' || r == '_'
}

// portNumber never repeats what it read: ftp://bob:secret, with the host
// forgotten, has a password where a port should be.
func portNumber(s string) (int, *UsageError) {
	if s == "" || !allDigits(s) {
		return 0, &UsageError{"its port is not a number", hintPort}
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 || n > 65535 {
		return 0, &UsageError{"its port is not within 1 and 65535", hintPort}
	}
	return n, nil
}
