package ftptest

import (
	"fmt"
	"net/netip"
	"strings"

	"ftpdiag/probe"
	"ftpdiag/probe/diagnose"
	"ftpdiag/probe/evidence"
	"ftpdiag/probe/ftp"
)

// activeFaults are those of causes 8 and 9: active mode.
func activeFaults() []Fault {
	faults := append(activeNegotiationFaults(), activeDataFaults()...)
	for i := range faults {
		faults[i].Mode = evidence.Active
	}
	return faults
}

func activeNegotiationFaults() []Fault {
	return []Fault{
		{Code: diagnose.ActiveDisabled, Title: "the server does not allow active mode",
			Behaviour: Behaviour{Greeting: vsftpd, Features: without("EPRT"), Active: Active{Refusal: "550 Permission denied."}}},
		{Code: diagnose.ActiveAddressRejected, Title: "PORT names a private address, and is refused",
			Behaviour: Behaviour{Greeting: pureftpd, SeenAs: clientPublic, Replies: notYours(clientPrivate, clientPublic)},
			Network:   fromTo(clientPrivate, serverPublic)},
		{Code: diagnose.ActiveALGNonstandardPort, Title: "a NAT helper minds port 21, the server has 2121",
			Behaviour: Behaviour{Greeting: vsftpd, SeenAs: clientPublic, Active: Active{ToPeer: true}},
			Network: fromTo(clientPrivate, serverPublic,
				Rule{Port(21), Through(RewriteAddresses(clientPublic, netip.Addr{}))},
				Rule{Port(2121), To(netip.AddrPortFrom(serverPublic, 21))}),
			Options: func(cfg *probe.Config) { cfg.Target.Port = 2121 }},
		{Code: diagnose.ActiveEPRTUnsupported, Title: "the server knows PORT and not EPRT",
			Behaviour: Behaviour{Features: without("EPRT"), Replies: []Override{On("EPRT", "500 Unknown command.")}}},
		{Code: diagnose.ActiveEPRTBlocked, Title: "a NAT router mangles EPRT; PORT passes",
			Behaviour: Behaviour{Active: Active{NoChecks: true}}, Network: behind(Through(mangledEPRT), nil)},
		{Code: diagnose.ActivePortBelow1024, Title: "the client listens below port 1024",
			Behaviour: Behaviour{Greeting: pureftpd, Replies: []Override{
				On("PORT EPRT", "501 Sorry, but I won't connect to ports < 1024")}},
			Options: func(cfg *probe.Config) { cfg.ActivePorts = probe.PortRange{Low: 1000, High: 1010} }},
		{Code: diagnose.ActiveRootrevoke, Title: "ProFTPD has given up the right to use port 20",
			Behaviour: Behaviour{Greeting: proftpd, Replies: []Override{
				On("PORT", "500 Unable to service PORT commands"), On("EPRT", "500 Unable to service EPRT commands")}}},
	}
}

func activeDataFaults() []Fault {
	return []Fault{
		{Code: diagnose.ActiveInboundDropped, Title: "a firewall drops the server's connects",
			Behaviour: Behaviour{Greeting: vsftpd, Active: Active{Never: true}}},
		{Code: diagnose.ActiveInboundRefused, Title: "something refuses the server's connects",
			Behaviour: Behaviour{Greeting: proftpd, Active: Active{Failure: "425 Unable to build data connection: Connection refused"}}},
		{Code: diagnose.ActiveNATNotForwarded, Title: "a NAT router drops the server's connects",
			Behaviour: Behaviour{Greeting: proftpd, SeenAs: clientPublic, Active: Active{NoChecks: true, Never: true}},
			Network:   fromTo(clientPrivate, serverRouted)},
		{Code: diagnose.ActiveServerCannotConnect, Title: "the server's network keeps it from connecting",
			Behaviour: Behaviour{Greeting: proftpd, Active: Active{Failure: "425 Unable to build data connection: Network is unreachable"}}},
		{Code: diagnose.ActiveSourcePortNot20, Title: "all works, from another port than 20",
			Behaviour: Behaviour{Greeting: proftpd},
			Network: func(s *Server) *Network {
				n := at(loopback)(s)
				n.DataPort = 0
				return n
			}},
		{Code: diagnose.ActiveServerCannotBind20, Title: "the server cannot bind port 20",
			Behaviour: Behaviour{Greeting: proftpd, Active: Active{Failure: "425 Unable to build data connection: Cannot assign requested address"}}},
		{Code: diagnose.ActiveForeignAddress, Title: "data come from another address of the server",
			Network: func(s *Server) *Network {
				n := at(serverPublic)(s)
				n.Inbound = serverOther
				return n
			}},
	}
}

// notYours is Pure-FTPd's refusal of any address but the one that it sees.
func notYours(offered, seen netip.Addr) []Override {
	text := fmt.Sprintf("500 I won't open a connection to %v (only to %v)", offered, seen)
	foreign := func(verb, arg string) bool {
		to, ok := parsePORT(arg)
		if verb == "EPRT" {
			to, ok = parseEPRT(arg)
		}
		return ok && to.Addr() == offered
	}
	return []Override{{Verbs: "PORT EPRT", When: foreign, Answers: []Answer{{Text: text}}}}
}

// mangledEPRT replaces the address in EPRT by one that nobody has.
var mangledEPRT = Inspect(func(fromServer bool, text string) (string, bool) {
	arg, isEPRT := strings.CutPrefix(text, "EPRT ")
	if to, ok := parseEPRT(strings.TrimSpace(arg)); ok && isEPRT && !fromServer {
		return "EPRT " + ftp.FormatEPRT(netip.AddrPortFrom(serverOther, to.Port())) + "\r\n", true
	}
	return text, true
})
