package diagnose

import (
	"testing"

	"ftpdiag/probe"
	"ftpdiag/probe/evidence"
)

func unresolved(kind evidence.Kind) part {
	return func(ev *evidence.Evidence) {
		ev.Addresses, ev.Resolve.Failure = nil, failure(evidence.OpResolve, kind)
	}
}

func named(host string) part { return func(ev *evidence.Evidence) { ev.Target.Host = host } }

func TestNames(t *testing.T) { check(t, namesCases()) }

func namesCases() []verdictCase {
	return []verdictCase{
		{"no such host", outside(unresolved(evidence.KindNoSuchHost)), `passive not_tested, active not_tested: none, critical
			error - dns-no-such-host medium or dns-split-horizon`},
		{"the resolver fails", outside(unresolved(evidence.KindResolver)), `passive not_tested, active not_tested: none, critical
			error - dns-resolver-failure medium`},
		{"the resolver is silent", outside(unresolved(evidence.KindTimedOut)), `passive not_tested, active not_tested: none, critical
			error - dns-resolver-failure medium`},
		{"interrupted while looking up", outside(unresolved(evidence.KindInterrupted)), `passive not_tested, active not_tested: none, unknown`},
		{"IPv6 dead beside IPv4", given(address(serverV6, true, evidence.KindTimedOut), epsv(50001, works(9)), eprt(works(9))), `passive works, active works: passive EPSV, warning
			warning - dns-dead-aaaa high`},
		{"IPv4 dead beside IPv6", given(peer(serverV6), address(serverIP, true, evidence.KindRefused), func(ev *evidence.Evidence) {
			ev.Addresses[0].Family = 6
		}, epsv(50001, works(9)), eprt(works(9))), `passive works, active works: passive EPSV, warning
			warning - dns-dead-aaaa high`},
		{"IPv6 without a route", given(address(serverV6, false, evidence.KindNetUnreachable), epsv(50001, works(9)), eprt(works(9))), `passive works, active works: passive EPSV, ok`},
		{"IPv6 not awaited", given(address(serverV6, true, "pending"), epsv(50001, works(9)), eprt(works(9))), `passive works, active works: passive EPSV, ok`},
		{"one of two IPv6 addresses dead", given(address(serverV6, true, evidence.KindTimedOut), address("2001:db8::11", true, ""),
			epsv(50001, works(9)), eprt(works(9))), `passive works, active works: passive EPSV, ok`},
		{"another IPv4 address dead", given(address("203.0.113.11", true, evidence.KindTimedOut), epsv(50001, works(9)), eprt(works(9))), `passive works, active works: passive EPSV, ok`},
		{"loopback over IPv6 refused", given(loopbackServer, address("::1", true, evidence.KindRefused), epsv(50001, works(9)), eprt(works(9))), `passive works, active works: passive EPSV, ok`},
		{"both families dead", outside(unreached(serverIP, true, evidence.KindTimedOut), address(serverV6, true, evidence.KindRefused)), `passive not_tested, active not_tested: none, critical
			error - control-refused medium or control-client-banned`},
	}
}

func TestControlConnection(t *testing.T) { check(t, controlConnectionCases()) }

func controlConnectionCases() []verdictCase {
	icmp := func(from int, ip, what string) evidence.Walk {
		return evidence.Walk{Hops: hops("10.10.0.1", "198.51.100.2")[:from-1], Answer: probe.AnswerICMP,
			AnswerFrom: &evidence.Hop{Distance: from, IP: ip}, ICMP: evidence.Maybe(what)}
	}
	return []verdictCase{
		{"refused", outside(unreached(serverIP, true, evidence.KindRefused)), `passive not_tested, active not_tested: none, critical
			error - control-refused medium or control-client-banned`},
		{"silent", outside(unreached(serverIP, true, evidence.KindTimedOut)), `passive not_tested, active not_tested: none, critical
			error - control-filtered medium or control-client-banned, control-proxy-required`},
		{"silent at an accelerator", outside(unreached("104.16.1.2", true, evidence.KindTimedOut)), `passive not_tested, active not_tested: none, critical
			error - control-filtered medium or control-client-banned, control-proxy-required, dns-cdn-proxied-host`},
		{"silent at a private address of a name", outside(unreached(serverLAN, true, evidence.KindTimedOut)), `passive not_tested, active not_tested: none, critical
			error - control-filtered medium or control-client-banned, control-proxy-required, dns-split-horizon`},
		{"silent at a private address as given", outside(named(serverLAN), unreached(serverLAN, true, evidence.KindTimedOut)), `passive not_tested, active not_tested: none, critical
			error - control-filtered medium or control-client-banned, control-proxy-required`},
		{"silent behind the server's gateway", outside(unreached(serverIP, true, evidence.KindTimedOut),
			walked(21, evidence.Walk{Hops: hops("10.10.0.1", "198.51.100.2"), Answer: probe.AnswerSilence})), `passive not_tested, active not_tested: none, critical
			error - control-filtered medium or control-client-banned`},
		{"silent behind the client's gateway", outside(unreached(serverIP, true, evidence.KindTimedOut), route("10.10.0.1"),
			walked(21, evidence.Walk{Hops: hops("10.10.0.1"), Answer: probe.AnswerSilence})), `passive not_tested, active not_tested: none, critical
			error - control-filtered medium or control-proxy-required`},
		{"prohibited", outside(unreached(serverIP, true, evidence.KindProhibited)), `passive not_tested, active not_tested: none, critical
			error - control-prohibited medium`},
		{"unreachable with a route", outside(unreached(serverIP, true, evidence.KindHostUnreachable)), `passive not_tested, active not_tested: none, critical
			error - control-prohibited medium or control-no-route`},
		{"unreachable without a route", outside(unreached(serverIP, false, evidence.KindHostUnreachable)), `passive not_tested, active not_tested: none, critical
			error - control-no-route medium`},
		{"unreachable, says a router for want of a route", outside(unreached(serverIP, true, evidence.KindNetUnreachable),
			walked(21, icmp(1, "10.10.0.1", "net-unreachable"))), `passive not_tested, active not_tested: none, critical
			error - control-no-route high`},
		{"unreachable, says the server's firewall", outside(unreached(serverIP, true, evidence.KindHostUnreachable),
			walked(21, icmp(2, "198.51.100.2", "admin-prohibited"))), `passive not_tested, active not_tested: none, critical
			error - control-prohibited high`},
		{"unreachable, says the client's gateway", outside(unreached(serverIP, true, evidence.KindHostUnreachable),
			walked(21, icmp(1, "10.10.0.1", "host-prohibited"))), `passive not_tested, active not_tested: none, critical
			error - control-prohibited high`},
		{"denied here", outside(unreached(serverIP, true, evidence.KindDenied)), `passive not_tested, active not_tested: none, critical
			error - control-local-policy medium`},
		{"no port left here", outside(unreached(serverIP, true, evidence.KindExhausted)), `passive not_tested, active not_tested: none, critical
			error - control-local-ports-exhausted medium`},
		{"routed to nowhere", outside(unreached(serverIP, true, evidence.KindOther)), `passive not_tested, active not_tested: none, critical
			error - control-no-route medium`},
		{"refused, and no route for IPv6", outside(unreached(serverIP, true, evidence.KindRefused), address(serverV6, false, evidence.KindNetUnreachable)), `passive not_tested, active not_tested: none, critical
			error - control-refused medium or control-client-banned`},
		{"interrupted", outside(unreached(serverIP, true, evidence.KindInterrupted)), `passive not_tested, active not_tested: none, unknown`},
	}
}

func TestBehindNAT(t *testing.T) { check(t, behindNATCases()) }

func behindNATCases() []verdictCase {
	healthy := func(p ...part) *evidence.Evidence { return given(append(p, epsv(50001, works(9)), eprt(works(9)))...) }
	return []verdictCase{
		{"the server sees another address", healthy(from(clientLAN), seenAs(clientIP)), `passive works, active works: passive EPSV, ok
			info - client-behind-nat high`},
		{"the server sees our own", healthy(from(clientLAN), seenAs(clientLAN)), `passive works, active works: passive EPSV, ok`},
		{"the server does not say", healthy(from(clientLAN)), `passive works, active works: passive EPSV, ok`},
		{"a private address on the Internet", healthy(peer("198.18.0.10"), from(clientLAN)), `passive works, active works: passive EPSV, ok
			info - client-behind-nat medium`},
		{"shared space", healthy(from("100.64.0.2"), seenAs(clientIP)), `passive works, active works: passive EPSV, ok
			info - client-behind-cgnat high`},
		{"shared space on the way", healthy(from(clientLAN), seenAs(clientIP), route("10.10.0.1", "100.64.3.1")), `passive works, active works: passive EPSV, ok
			info - client-behind-cgnat high`},
		{"two ends of a private overlay in shared space", healthy(peer("100.101.1.1"), from("100.101.1.2"), seenAs("100.101.1.2")), `passive works, active works: passive EPSV, ok`},
	}
}
