package ftptest

import (
	"fmt"
	"net/netip"

	"ftpdiag/probe/diagnose"
	"ftpdiag/probe/evidence"
)

// passiveFaults are those of cause 6: the negotiation of passive mode.
func passiveFaults() []Fault {
	faults := []Fault{
		{Code: diagnose.PassiveDisabled, Title: "the server does not allow passive mode",
			Behaviour: Behaviour{Greeting: vsftpd, Features: without("EPSV", "PASV"),
				Replies: []Override{On("PASV EPSV", "550 Permission denied.")}}},
		{Code: diagnose.PassiveEPSVUnsupported, Title: "the server knows PASV and not EPSV",
			Behaviour: Behaviour{Features: without("EPSV"), Replies: []Override{On("EPSV", "500 Unknown command.")}}},
		{Code: diagnose.PassivePASVUnsupported, Title: "the server knows EPSV and not PASV",
			Behaviour: Behaviour{Features: without("PASV"), Replies: []Override{On("PASV", "502 Command not implemented.")}}},
		{Code: diagnose.PassiveReplyUnparseable, Title: "the reply to EPSV lacks a delimiter",
			Behaviour: Behaviour{Passive: Passive{Reply229: func(to netip.AddrPort) string {
				return fmt.Sprintf("229 Entering Extended Passive Mode (||%d|)", to.Port())
			}}}},
		{Code: diagnose.PassivePASVOverIPv6, Title: "over IPv6 PASV is refused, and EPSV unknown",
			Behaviour: Behaviour{Greeting: pureftpd, Active: Active{NoChecks: true, ToPeer: true}, Replies: []Override{
				On("EPSV", "500 Unknown command"),
				On("PASV", "425 You cannot use PASV on IPv6 connections. Use EPSV instead.")}},
			Network: fromTo(clientIPv6, serverIPv6)}, // works on machines without IPv6 too
		{Code: diagnose.PassiveUnusableAddress, Title: "the 227 reply names 0.0.0.0",
			Behaviour: Behaviour{Passive: Passive{Addr: netip.IPv4Unspecified()}}},
		{Code: diagnose.PassivePortsExhausted, Title: "the server has no passive port left",
			Behaviour: Behaviour{Greeting: pureftpd, Replies: []Override{On("PASV EPSV", "425 All reserved TCP ports are busy")}}},
		{Code: diagnose.PassivePRETRequired, Title: "PASV is refused until PRET says what for",
			Behaviour: Behaviour{Features: append([]string{"PRET"}, canDo...), Passive: Passive{NeedPRET: true}}},
		{Code: diagnose.PassiveCommandMangled, Title: "a router turns PASV into P@SW",
			Behaviour: Behaviour{Greeting: proftpd, Replies: []Override{On("P@SW", "500 P@SW not understood")}},
			Network:   behind(Through(Mangle("PASV", "P@SW")), nil)},
		{Code: diagnose.PassiveReplySwallowed, Title: "a firewall swallows the reply to PASV",
			Network: behind(Through(Swallow("227")), nil)},
	}
	for i := range faults {
		faults[i].Mode = evidence.Passive
	}
	return faults
}

// without are the features without some.
func without(gone ...string) []string {
	out := []string{}
	for _, f := range canDo {
		keep := true
		for _, g := range gone {
			keep = keep && f != g
		}
		if keep {
			out = append(out, f)
		}
	}
	return out
}
