package netlab

import (
	"fmt"
	"strings"
)

// Block is one thing that a host does beside forwarding.
type Block func(*Host)

// Action is what a firewall does with a packet that it does not let through.
type Action string

// The actions.
const (
	Drop            Action = "drop"
	Reset           Action = "reject with tcp reset"
	Prohibit        Action = "reject with icmpx admin-prohibited"
	HostUnreachable Action = "reject with icmpx host-unreachable"
	PortUnreachable Action = "reject with icmpx port-unreachable" // the default of iptables' REJECT
)

// Stateful is a gateway's firewall: connections from its LAN pass, those from
// outside meet the action unless [Admit] or [AdmitFrom] lets them in. Without a
// [Helper] no data connection is related to a control connection.
func Stateful(a Action) Block {
	return func(h *Host) {
		known(h)
		h.rules.last = append(h.rules.last, `iifname "wan" ct state new meta l4proto tcp `+string(a))
	}
}

// known lets packets of known connections pass, and none that the gateway has
// lost track of.
func known(h *Host) {
	once(&h.rules.state, "ct state established,related accept")
	once(&h.rules.state, "ct state invalid drop")
}

// Admit lets new connections from outside to these ports in: "21", "50000-50099".
func Admit(ports ...string) Block {
	return func(h *Host) { add(&h.rules.pass, `iifname "wan" tcp dport %s accept`, set(ports)) }
}

// AdmitFrom lets new connections in by their source port.
func AdmitFrom(ports ...string) Block {
	return func(h *Host) { add(&h.rules.pass, `iifname "wan" tcp sport %s accept`, set(ports)) }
}

// Shut turns new connections from outside to these ports away and lets all
// others in.
func Shut(a Action, ports ...string) Block {
	return func(h *Host) {
		known(h)
		add(&h.rules.pass, `iifname "wan" ct state new tcp dport %s %s`, set(ports), a)
	}
}

// ShutFrom turns new connections from outside away by their source port.
func ShutFrom(a Action, ports ...string) Block {
	return func(h *Host) {
		known(h)
		add(&h.rules.pass, `iifname "wan" ct state new tcp sport %s %s`, set(ports), a)
	}
}

// Egress lets connections from the LAN out to these ports only; without a port,
// to none.
func Egress(a Action, ports ...string) Block {
	return func(h *Host) {
		known(h)
		if len(ports) > 0 {
			add(&h.rules.pass, `iifname "lan" tcp dport %s accept`, set(ports))
		}
		add(&h.rules.last, `iifname "lan" ct state new meta l4proto tcp %s`, a)
	}
}

// EgressShut turns connections from the LAN to these ports away.
func EgressShut(a Action, ports ...string) Block {
	return func(h *Host) {
		known(h)
		add(&h.rules.pass, `iifname "lan" ct state new tcp dport %s %s`, set(ports), a)
	}
}

// NoFamily drops every forwarded packet of a family, 4 or 6.
func NoFamily(family int) Block {
	return func(h *Host) { add(&h.rules.first, "meta nfproto ipv%d drop", family) }
}

// Self is what the gateway does with connections from outside to itself. Without
// it the kernel answers that no port is open there.
func Self(a Action) Block {
	return func(h *Host) {
		add(&h.rules.input, "ct state established,related accept")
		add(&h.rules.input, `iifname "wan" meta l4proto tcp %s`, a)
	}
}

// Helper is the kernel's FTP helper, on control connections to these ports: it
// reads the negotiation, lets the data connection pass as related, and rewrites
// addresses where the gateway translates them.
func Helper(ports ...string) Block {
	return func(h *Host) {
		once(&h.rules.preamble, `ct helper ftp { type "ftp" protocol tcp; }`)
		add(&h.rules.tracked, `tcp dport %s ct helper set "ftp"`, set(ports))
		known(h)
	}
}

// Masquerade hides the LAN behind the gateway's outer address. Nothing can be
// sent to the LAN's own addresses from outside.
func Masquerade() Block {
	return func(h *Host) {
		known(h)
		once(&h.rules.last, `iifname "wan" ct status and dnat != dnat drop`)
		once(&h.rules.snat, `oifname "wan" meta nfproto ipv4 masquerade`)
	}
}

// SecondUplink sends connections to these ports out of the gateway's second
// address, as a site with two uplinks does.
func SecondUplink(ports ...string) Block {
	return func(h *Host) {
		h.links = append(h.links, "address add "+SecondWAN.String()+"/24 dev wan")
		rule := fmt.Sprintf(`oifname "wan" meta nfproto ipv4 tcp dport %s snat ip to %s`, set(ports), SecondWAN)
		h.rules.snat = append([]string{rule}, h.rules.snat...)
	}
}

// Forward hands connections to the gateway's outer address on these ports to the
// server behind it, on the same port, and hides the server behind the gateway.
func Forward(ports ...string) Block {
	return func(h *Host) {
		Masquerade()(h)
		add(&h.rules.dnat, `ip daddr %s tcp dport %s dnat ip to %s`, ServerWAN, set(ports), PrivateAddr)
	}
}

// ForwardHairpin is Forward that also serves the LAN itself, by answering for
// the outer address there.
func ForwardHairpin(ports ...string) Block {
	return func(h *Host) {
		Forward(ports...)(h)
		add(&h.rules.snat, `ct status dnat ip saddr 10.20.0.0/24 ip daddr %s masquerade`, PrivateAddr)
	}
}

// Balance hands connections on these ports to two servers in turn, one to the
// first and two to the second, and does not remember the client. Were it one and
// one, a client that asks for EPSV and PASV in turn would see one of them work.
func Balance(ports ...string) Block {
	return func(h *Host) {
		Masquerade()(h)
		add(&h.rules.dnat, `ip daddr %s tcp dport %s dnat ip to numgen inc mod 3 map { 0 : %s, 1 : %s, 2 : %[4]s }`,
			ServerWAN, set(ports), PrivateAddr, SecondServer)
	}
}

// PortsFrom hands connections to low..high to the server at ports that begin
// elsewhere, as containers with remapped ports do.
func PortsFrom(low, high, inside int) Block {
	return func(h *Host) {
		Masquerade()(h)
		for p := low; p <= high; p++ {
			add(&h.rules.dnat, `ip daddr %s tcp dport %d dnat ip to %s:%d`, ServerWAN, p, PrivateAddr, inside+p-low)
		}
	}
}

// ForTraffic adds a raw rule before everything that is forwarded.
func ForTraffic(rule string) Block {
	return func(h *Host) { add(&h.rules.first, "%s", rule) }
}

// set writes ports as nft does: one, or a set.
func set(ports []string) string {
	if len(ports) == 1 {
		return ports[0]
	}
	return "{ " + strings.Join(ports, ", ") + " }"
}

func add(list *[]string, format string, args ...any) {
	*list = append(*list, fmt.Sprintf(format, args...))
}
