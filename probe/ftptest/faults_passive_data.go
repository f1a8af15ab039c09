package ftptest

import (
	"net/netip"
	"strings"
	"time"

	"ftpdiag/probe"
	"ftpdiag/probe/diagnose"
	"ftpdiag/probe/evidence"
	"ftpdiag/probe/ftp"
)

// passiveDataFaults are those of cause 7: the passive data connection.
func passiveDataFaults() []Fault {
	faults := append(addressFaults(), append(portFaults(), helperFaults()...)...)
	faults = append(faults, []Fault{
		{Code: diagnose.PassiveAddressMismatch, Title: "the server takes us for somebody else",
			Behaviour: Behaviour{Greeting: vsftpd, Passive: Passive{Accept: AcceptRefuse, Refusal: "425 Security: Bad IP connecting."}}},
		{Code: diagnose.PassiveMiddleboxAccepts, Title: "something on the way accepts every connection",
			Network: behind(nil, AcceptAll())},
	}...)
	for i := range faults {
		faults[i].Mode = evidence.Passive
	}
	return faults
}

// addressFaults are about the address in the 227.
func addressFaults() []Fault {
	return []Fault{
		{Code: diagnose.PassivePrivateAddress, Title: "the 227 reply names a private address; the ports are open",
			Behaviour: Behaviour{Passive: Passive{Addr: serverPrivate}}, Network: at(serverPublic)},
		{Code: diagnose.PassiveWrongAddress, Title: "the 227 reply names a stale address; the ports are open",
			Behaviour: Behaviour{Passive: Passive{Addr: serverOther}},
			Network:   at(serverPublic, Rule{Host(serverOther), Drop()})},
		{Code: diagnose.PassiveHairpin, Title: "on the LAN the 227 names the public address",
			Behaviour: Behaviour{Passive: Passive{Addr: serverPublic}, Active: Active{NoChecks: true, ToPeer: true}},
			Network:   fromTo(clientLAN, serverPrivate, Rule{Host(serverPublic), Drop()})},
		{Code: diagnose.PassiveNATNotForwarded, Title: "the router forwards port 21, no passive ports",
			Behaviour: Behaviour{Passive: Passive{Addr: serverPrivate}},
			Network:   at(serverPublic, Rule{Not(Port(21)), Refuse()})},
	}
}

// portFaults are about which ports the path passes.
func portFaults() []Fault {
	return []Fault{
		{Code: diagnose.PassivePortsDropped, Title: "a firewall drops the passive ports",
			Network: behind(nil, Drop()), Options: within(time.Second)},
		{Code: diagnose.PassivePortsRefused, Title: "the passive ports refuse",
			Behaviour: Behaviour{Passive: Passive{NoListener: true}}},
		{Code: diagnose.PassivePortsProhibited, Title: "a firewall prohibits the passive ports (ICMP)",
			Network: behind(nil, HostUnreachable())},
		{Code: diagnose.PassiveRangePartlyOpen, Title: "a firewall passes half of the passive range",
			Behaviour: Behaviour{Passive: Passive{Advertise: alternating(30000, 39000, 40)}},
			Network:   at(serverPublic, Rule{Ports(35000, 65535), Drop()})},
		{Code: diagnose.PassiveLowPortsOnly, Title: "only ports up to 5000 pass, higher are offered",
			Behaviour: Behaviour{Greeting: vsftpd, Passive: Passive{Advertise: spread(5001, 65535, 64)}},
			Network:   at(serverPublic, Rule{Ports(5001, 65535), Drop()})},
		{Code: diagnose.PassiveHighPortsOnly, Title: "only ports from 49152 pass, lower are offered",
			Behaviour: Behaviour{Greeting: iis, Passive: Passive{Advertise: spread(1024, 5000, 64)}},
			Network:   at(serverPublic, Rule{Ports(22, 49151), Drop()})},
		{Code: diagnose.PassiveOnePortBlocked, Title: "one port of the passive range is blocked, 5060",
			Behaviour: Behaviour{Passive: Passive{Advertise: sequence(5060, 60)}},
			Network:   at(serverPublic, Rule{Port(5060), Drop()})},
	}
}

// helperFaults are about helpers of firewalls.
func helperFaults() []Fault {
	return []Fault{
		{Code: diagnose.PassiveALGNonstandardPort, Title: "a firewall helper minds port 21, the server 2121",
			Network: func(s *Server) *Network {
				h := &Helper{}
				return at(serverPublic, Rule{Port(21), h.Watch(evidence.EPSV, evidence.PASV)},
					Rule{Port(2121), To(netip.AddrPortFrom(serverPublic, 21))},
					Rule{Both(Not(Port(21)), Both(Not(Port(2121)), h.Unexpected)), Drop()})(s)
			},
			Options: func(cfg *probe.Config) { cfg.Target.Port = 2121 }},
		{Code: diagnose.PassiveALGConflict, Title: "a NAT helper ignores a 227 with a public address",
			Behaviour: Behaviour{Passive: Passive{Addr: serverPublic}},
			Network:   onlyExpected(Refuse(), evidence.EPSV)},
		{Code: diagnose.PassiveALGRewrotePort, Title: "a NAT helper puts a wrong port into the 227",
			Behaviour: Behaviour{Passive: Passive{Advertise: sequence(50000, 100)}},
			Network:   at(serverPublic, Rule{Port(21), Through(rewrittenPort)})},
		{Code: diagnose.PassiveEPSVBlocked, Title: "a firewall's helper knows PASV and not EPSV",
			Network: onlyExpected(Drop(), evidence.PASV)},
	}
}

// onlyExpected passes data connections that a helper expects, which knows the
// methods; others suffer the effect.
func onlyExpected(others Effect, methods ...evidence.Method) func(*Server) *Network {
	return func(s *Server) *Network {
		h := &Helper{}
		return at(serverPublic, Rule{Port(21), h.Watch(methods...)},
			Rule{Both(Not(Port(21)), h.Unexpected), others})(s)
	}
}

// spread are n ports between low and high, out of order, as servers pick them.
func spread(low, high, n int) []int {
	ports := make([]int, n)
	for i := range ports {
		ports[i] = low + (i*37%n)*(high-low)/(n-1)
	}
	return ports
}

// alternating are n ports, by turns from the lower and the upper half.
func alternating(low, high, n int) []int {
	ports := make([]int, n)
	for i := range ports {
		ports[i] = low + i*50
		if i%2 == 1 {
			ports[i] = high - i*50
		}
	}
	return ports
}

// sequence are n ports from low.
func sequence(low, n int) []int {
	ports := make([]int, n)
	for i := range ports {
		ports[i] = low + i
	}
	return ports
}

// rewrittenPort puts another port into 227 replies.
var rewrittenPort = Inspect(func(fromServer bool, text string) (string, bool) {
	rest, is227 := strings.CutPrefix(text, "227 ")
	if r, err := ftp.ParsePASV(rest); err == nil && is227 && fromServer {
		return "227 Entering Passive Mode (" + ftp.FormatPORT(netip.AddrPortFrom(r.Addr, uint16(r.Port-30000))) + ").\r\n", true
	}
	return text, true
})
