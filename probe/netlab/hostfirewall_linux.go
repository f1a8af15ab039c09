package netlab

// HostFirewall is the firewall of a client or server itself: it lets in what the
// host asked for, and connections to the ports in open.
func HostFirewall(a Action, open ...string) Block {
	return func(h *Host) {
		add(&h.rules.input, `iifname "lo" accept`)
		add(&h.rules.input, "ct state established,related accept")
		add(&h.rules.input, "meta l4proto { icmp, ipv6-icmp } accept")
		if len(open) > 0 {
			add(&h.rules.input, "tcp dport %s accept", set(open))
		}
		add(&h.rules.input, "meta l4proto tcp %s", a)
	}
}

// HostFirewallFrom is HostFirewall that lets connections in by their source port.
func HostFirewallFrom(a Action, sourcePorts ...string) Block {
	return func(h *Host) {
		add(&h.rules.input, "tcp sport %s accept", set(sourcePorts))
		HostFirewall(a)(h)
	}
}

// HostEgress is a host's own policy for connections that it opens: none but to
// these ports.
func HostEgress(a Action, open ...string) Block {
	return func(h *Host) {
		add(&h.rules.output, `oifname "lo" accept`)
		add(&h.rules.output, "ct state established,related accept")
		if len(open) > 0 {
			add(&h.rules.output, "tcp dport %s accept", set(open))
		}
		add(&h.rules.output, "ct state new meta l4proto tcp %s", a)
	}
}

// HostHelper is the FTP helper on the host itself, for control connections that
// arrive there.
func HostHelper(ports ...string) Block {
	return func(h *Host) {
		once(&h.rules.preamble, `ct helper ftp { type "ftp" protocol tcp; }`)
		add(&h.rules.tracked, `tcp dport %s ct helper set "ftp"`, set(ports))
	}
}

// MultiHomed gives a public server a second address, from which it opens every
// connection of its own.
func MultiHomed() Block {
	return func(h *Host) {
		h.links = append(h.links, "address add "+SecondPublic.String()+"/24 dev eth0")
		add(&h.rules.snat, `oifname "eth0" meta nfproto ipv4 meta l4proto tcp ct direction original snat ip to %s`, SecondPublic)
	}
}

// Sibling gives a private server the address of a second one.
func Sibling() Block {
	return func(h *Host) {
		h.links = append(h.links, "address add "+SecondServer.String()+"/24 dev eth0")
	}
}

// LinkMTU sets the MTU of a gateway's outer link.
func LinkMTU(bytes int) Block {
	return func(h *Host) { add(&h.links, "link set wan mtu %d", bytes) }
}

// NoICMPErrors keeps a gateway's own ICMP errors from leaving it, those of a
// packet that was too big among them.
func NoICMPErrors() Block {
	return func(h *Host) {
		add(&h.rules.output, "icmp type destination-unreachable drop")
		add(&h.rules.output, "icmpv6 type { packet-too-big, destination-unreachable } drop")
	}
}

// Loss drops one forwarded packet in n, by chance.
func Loss(n int) Block {
	return func(h *Host) { add(&h.rules.first, "numgen random mod %d == 0 drop", n) }
}

// Rate limits what leaves a gateway's outer link, in tc(8)'s words: "1mbit".
func Rate(rate string) Block {
	return func(h *Host) {
		add(&h.queues, "qdisc add dev wan root tbf rate %s burst 16kb latency 400ms", rate)
	}
}

// Forgets makes a gateway forget a connection that was idle for these seconds,
// and pick none up in the middle.
func Forgets(seconds int) Block {
	return func(h *Host) {
		known(h)
		// Only a network that tracks connections has these parameters, and it
		// begins to with its first rule.
		h.services = append(h.services, func(h *Host) error {
			return h.Do(func() error {
				if err := setSysctl("netfilter.nf_conntrack_tcp_loose=0"); err != nil {
					return err
				}
				return setSysctl("netfilter.nf_conntrack_tcp_timeout_established=" + itoa(seconds))
			})
		})
	}
}

// CutsAfter resets data connections, those whose server port is in ports, when
// the server has sent that many bytes: the server is told, the client is not.
func CutsAfter(bytes int, ports ...string) Block {
	return func(h *Host) {
		h.sysctls = append(h.sysctls, "netfilter.nf_conntrack_acct=1")
		add(&h.rules.first, `iifname "lan" tcp sport %s ct bytes > %d reject with tcp reset`, set(ports), bytes)
	}
}

// NoRoute makes a gateway's route to the public servers a dead end, which it
// reports.
func NoRoute() Block {
	return func(h *Host) {
		add(&h.links, "route replace unreachable 203.0.113.0/24")
		add(&h.links, "route replace unreachable 2001:db8:20::/64")
	}
}

// RouteType gives the host itself a route of that type to the public servers:
// prohibit, unreachable or blackhole (ip-route(8)).
func RouteType(kind string) Block {
	return func(h *Host) { add(&h.links, "route replace %s 203.0.113.0/24", kind) }
}

// NoIPv6Route takes the default route of IPv6 away from a client.
func NoIPv6Route() Block {
	return func(h *Host) { add(&h.links, "route del default via 2001:db8:10::1") }
}

// MayNotConnect forbids a host, by its own routing policy, to open connections
// from the ports that Linux chooses, and from the low ones that Pure-FTPd tries
// first.
func MayNotConnect() Block {
	return func(h *Host) {
		add(&h.links, "rule add ipproto tcp sport 32768-60999 prohibit")
		add(&h.links, "rule add ipproto tcp sport 1-20 prohibit")
	}
}
