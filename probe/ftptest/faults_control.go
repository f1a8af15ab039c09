package ftptest

import (
	"net/netip"
	"time"

	"ftpdiag/probe"
	"ftpdiag/probe/diagnose"
)

// controlFaults are those of causes 1 and 2: this machine, the name, and the
// TCP connection to the control port.
func controlFaults() []Fault {
	return append(nameFaults(), []Fault{
		{Code: diagnose.ControlRefused, Title: "nothing listens on the control port", Network: behind(Refuse(), nil)},
		{Code: diagnose.ControlFiltered, Title: "a firewall drops connects to the control port",
			Network: behind(Drop(), nil), Options: within(time.Second)},
		{Code: diagnose.ControlProhibited, Title: "a firewall prohibits the control port (ICMP)",
			Network: behind(HostUnreachable(), nil)},
		{Code: diagnose.ControlNoRoute, Title: "this machine's route to the server is dead",
			Network: at(serverPublic, Rule{nil, Blackhole()})},
		{Code: diagnose.ControlLocalPolicy, Title: "a policy of this machine forbids the connect", Network: behind(Deny(), nil)},
		{Code: diagnose.ControlLocalPortsExhausted, Title: "this machine has no local port left", Network: behind(NoLocalPort(), nil)},
		{Code: diagnose.ControlClosed, Title: "the server closes the connection after USER",
			Behaviour: Behaviour{Replies: []Override{OnThen("USER", "", Close)}}},
		{Code: diagnose.ControlClientBanned, Title: "a firewall bans who tries a port that it has closed",
			Behaviour: Behaviour{Passive: Passive{Advertise: sequence(50000, 100)}},
			Network:   at(serverPublic, Rule{nil, Ban(1, Port(50002), Drop())}), Options: within(time.Second)},
	}...)
}

// within sets the timeout where silence is part of the fault.
func within(timeout time.Duration) func(*probe.Config) {
	return func(cfg *probe.Config) { cfg.Timeout = timeout }
}

func nameFaults() []Fault {
	return []Fault{
		{Code: diagnose.DNSNoSuchHost, Title: "the name does not exist",
			Network: named(Name{Fail: NoSuchName}), Options: toExampleHost},
		{Code: diagnose.DNSResolverFailure, Title: "the resolver answers with an error",
			Network: named(Name{Fail: ServFail}), Options: toExampleHost},
		{Code: diagnose.DNSDeadAAAA, Title: "the name's IPv6 address is dead, IPv4 works",
			Network: named(Addrs(serverIPv6, serverPublic), Rule{Host(serverIPv6), Drop()}), Options: toExampleHost},
		{Code: diagnose.ClientBehindNAT, Title: "all works, through a NAT router",
			Behaviour: helped, Network: fromTo(clientPrivate, serverRouted)},
		{Code: diagnose.ClientBehindCGNAT, Title: "all works, through a carrier's NAT",
			Behaviour: helped, Network: fromTo(clientShared, serverRouted)},
	}
}

// helped is a server that gets to the client whatever address PORT names: for
// it, that is how a client behind a NAT router with a helper looks.
var helped = Behaviour{Greeting: vsftpd, SeenAs: clientPublic, Active: Active{NoChecks: true, ToPeer: true}}

// fromTo plays the client at local and the server at remote.
func fromTo(local, remote netip.Addr, rules ...Rule) func(*Server) *Network {
	return func(s *Server) *Network {
		n := at(remote, rules...)(s)
		n.Local = local
		return n
	}
}
