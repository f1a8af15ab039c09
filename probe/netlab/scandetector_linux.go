package netlab

import "fmt"

// ScanDetector is, on the server's gateway, what CSF does on most shared web
// hosts (PS_LIMIT 10, PS_INTERVAL 300): more than ten SYNs over IPv4 to ports
// where nobody listens or that the firewall does not let through, and everything
// from their sender is dropped for ten minutes, port 21 and connections that are
// open included. A repeated SYN counts again. It looks before the firewall drops,
// so it goes with [Stateful] or [Forward], and a packet that has no hop left at
// the gateway is not seen.
//
// The count is exact from the first of the SYNs on, for 300 seconds, and then
// begins anew: the bucket of ten that an address gets is not refilled within its
// time, and the eleventh overflows.
func ScanDetector() Block {
	return func(h *Host) {
		h.rules.preamble = append(h.rules.preamble,
			"counter scanned { }",
			"set seen { type ipv4_addr; size 1024; flags dynamic,timeout; timeout 5m; }",
			"set scanners { type ipv4_addr; size 1024; flags dynamic,timeout; timeout 10m; }")
		const syn = `iifname "wan" meta nfproto ipv4 tcp flags & (syn|ack) == syn `
		h.rules.tracked = prepend(h.rules.tracked, "ip saddr @scanners drop")
		h.rules.last = prepend(h.rules.last, syn+"ct status and dnat != dnat "+suspect("saddr"))
		h.rules.input = prepend(h.rules.input, syn+suspect("saddr"))
		// A RST of sequence number 0 answers a SYN and nothing else (RFC 9293 §3.10.7.1).
		h.rules.first = prepend(h.rules.first,
			`iifname "lan" meta nfproto ipv4 tcp flags & (rst|ack) == (rst|ack) tcp sequence 0 `+suspect("daddr"))
	}
}

// suspect counts a packet against an address, and bans it.
func suspect(address string) string {
	return fmt.Sprintf("counter name scanned add @seen { ip %s limit rate over 1/week burst 10 packets } add @scanners { ip %[1]s }", address)
}

func prepend(rules []string, rule string) []string { return append([]string{rule}, rules...) }
