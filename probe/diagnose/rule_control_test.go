package diagnose

import (
	"testing"

	"ftpdiag/probe"
)

func unresolved(kind probe.Kind) part {
	return func(ev *probe.Evidence) {
		ev.Addresses, ev.Resolve.Failure = nil, failure(probe.OpResolve, kind)
	}
}

func named(host string) part { return func(ev *probe.Evidence) { ev.Target.Host = host } }

func TestNames(t *testing.T) { check(t, namesCases()) }

func namesCases() []verdictCase {
	return []verdictCase{
		{"no such host", outside(unresolved(probe.KindNoSuchHost)), `passive not_tested, active not_tested: none, critical
			error - dns-no-such-host medium or dns-split-horizon`},
		{"the resolver fails", outside(unresolved(probe.KindResolver)), `passive not_tested, active not_tested: none, critical
			error - dns-resolver-failure medium`},
		{"the resolver is silent", outside(unresolved(probe.KindTimedOut)), `passive not_tested, active not_tested: none, critical
			error - dns-resolver-failure medium`},
		{"interrupted while looking up", outside(unresolved(probe.KindInterrupted)), `passive not_tested, active not_tested: none, unknown`},
		{"IPv6 dead beside IPv4", given(address(serverV6, true, probe.KindTimedOut), epsv(50001, works(9)), eprt(works(9))), `passive works, active works: passive EPSV, warning
			warning - dns-dead-aaaa high`},
		{"IPv4 dead beside IPv6", given(peer(serverV6), address(serverIP, true, probe.KindRefused), func(ev *probe.Evidence) {
			ev.Addresses[0].Family = 6
		}, epsv(50001, works(9)), eprt(works(9))), `passive works, active works: passive EPSV, warning
			warning - dns-dead-aaaa high`},
		{"IPv6 without a route", given(address(serverV6, false, probe.KindNetUnreachable), epsv(50001, works(9)), eprt(works(9))), `passive works, active works: passive EPSV, ok`},
		{"IPv6 not awaited", given(address(serverV6, true, "pending"), epsv(50001, works(9)), eprt(works(9))), `passive works, active works: passive EPSV, ok`},
		{"one of two IPv6 addresses dead", given(address(serverV6, true, probe.KindTimedOut), address("2001:db8::11", true, ""),
			epsv(50001, works(9)), eprt(works(9))), `passive works, active works: passive EPSV, ok`},
		{"another IPv4 address dead", given(address("203.0.113.11", true, probe.KindTimedOut), epsv(50001, works(9)), eprt(works(9))), `passive works, active works: passive EPSV, ok`},
		{"loopback over IPv6 refused", given(loopbackServer, address("::1", true, probe.KindRefused), epsv(50001, works(9)), eprt(works(9))), `passive works, active works: passive EPSV, ok`},
		{"both families dead", outside(unreached(serverIP, true, probe.KindTimedOut), address(serverV6, true, probe.KindRefused)), `passive not_tested, active not_tested: none, critical
			error - control-refused medium or control-client-banned`},
	}
}

func TestControlConnection(t *testing.T) { check(t, controlConnectionCases()) }

func controlConnectionCases() []verdictCase {
	icmp := func(from int, ip, what string) probe.Walk {
		return probe.Walk{Hops: hops("10.10.0.1", "198.51.100.2")[:from-1], Answer: probe.AnswerICMP,
			AnswerFrom: &probe.Hop{Distance: from, IP: ip}, ICMP: probe.Maybe(what)}
	}
	return []verdictCase{
		{"refused", outside(unreached(serverIP, true, probe.KindRefused)), `passive not_tested, active not_tested: none, critical
			error - control-refused medium or control-client-banned`},
		{"silent", outside(unreached(serverIP, true, probe.KindTimedOut)), `passive not_tested, active not_tested: none, critical
			error - control-filtered medium or control-client-banned, control-proxy-required`},
		{"silent at an accelerator", outside(unreached("104.16.1.2", true, probe.KindTimedOut)), `passive not_tested, active not_tested: none, critical
			error - control-filtered medium or control-client-banned, control-proxy-required, dns-cdn-proxied-host`},
		{"silent at a private address of a name", outside(unreached(serverLAN, true, probe.KindTimedOut)), `passive not_tested, active not_tested: none, critical
			error - control-filtered medium or control-client-banned, control-proxy-required, dns-split-horizon`},
		{"silent at a private address as given", outside(named(serverLAN), unreached(serverLAN, true, probe.KindTimedOut)), `passive not_tested, active not_tested: none, critical
			error - control-filtered medium or control-client-banned, control-proxy-required`},
		{"silent behind the server's gateway", outside(unreached(serverIP, true, probe.KindTimedOut),
			walked(21, probe.Walk{Hops: hops("10.10.0.1", "198.51.100.2"), Answer: probe.AnswerSilence})), `passive not_tested, active not_tested: none, critical
			error - control-filtered medium or control-client-banned`},
		{"silent behind the client's gateway", outside(unreached(serverIP, true, probe.KindTimedOut), route("10.10.0.1"),
			walked(21, probe.Walk{Hops: hops("10.10.0.1"), Answer: probe.AnswerSilence})), `passive not_tested, active not_tested: none, critical
			error - control-filtered medium or control-proxy-required`},
		{"prohibited", outside(unreached(serverIP, true, probe.KindProhibited)), `passive not_tested, active not_tested: none, critical
			error - control-prohibited medium`},
		{"unreachable with a route", outside(unreached(serverIP, true, probe.KindHostUnreachable)), `passive not_tested, active not_tested: none, critical
			error - control-prohibited medium or control-no-route`},
		{"unreachable without a route", outside(unreached(serverIP, false, probe.KindHostUnreachable)), `passive not_tested, active not_tested: none, critical
			error - control-no-route medium`},
		{"unreachable, says a router for want of a route", outside(unreached(serverIP, true, probe.KindNetUnreachable),
			walked(21, icmp(1, "10.10.0.1", "net-unreachable"))), `passive not_tested, active not_tested: none, critical
			error - control-no-route high`},
		{"unreachable, says the server's firewall", outside(unreached(serverIP, true, probe.KindHostUnreachable),
			walked(21, icmp(2, "198.51.100.2", "admin-prohibited"))), `passive not_tested, active not_tested: none, critical
			error - control-prohibited high`},
		{"unreachable, says the client's gateway", outside(unreached(serverIP, true, probe.KindHostUnreachable),
			walked(21, icmp(1, "10.10.0.1", "host-prohibited"))), `passive not_tested, active not_tested: none, critical
			error - control-prohibited high`},
		{"denied here", outside(unreached(serverIP, true, probe.KindDenied)), `passive not_tested, active not_tested: none, critical
			error - control-local-policy medium`},
		{"no port left here", outside(unreached(serverIP, true, probe.KindExhausted)), `passive not_tested, active not_tested: none, critical
			error - control-local-ports-exhausted medium`},
		{"routed to nowhere", outside(unreached(serverIP, true, probe.KindOther)), `passive not_tested, active not_tested: none, critical
			error - control-no-route medium`},
		{"refused, and no route for IPv6", outside(unreached(serverIP, true, probe.KindRefused), address(serverV6, false, probe.KindNetUnreachable)), `passive not_tested, active not_tested: none, critical
			error - control-refused medium or control-client-banned`},
		{"interrupted", outside(unreached(serverIP, true, probe.KindInterrupted)), `passive not_tested, active not_tested: none, unknown`},
	}
}

func TestGreeting(t *testing.T) { check(t, greetingCases()) }

func greetingCases() []verdictCase {
	silent := ended(probe.OpGreeting, probe.KindTimedOut, "", nil)
	first := func(message string) part {
		return func(ev *probe.Evidence) {
			ended(probe.OpGreeting, probe.KindMalformed, "", nil)(ev)
			ev.Sessions[0].Failure.Message = message
		}
	}
	return []verdictCase{
		{"silence, TLS answers", outside(silent, hello(true)), `passive not_tested, active not_tested: none, critical
			error - greeting-implicit-tls high`},
		{"silence, TLS does not answer", outside(silent, hello(false)), `passive not_tested, active not_tested: none, critical
			error - greeting-silent medium or greeting-slow`},
		{"silence, TLS not asked", outside(silent), `passive not_tested, active not_tested: none, critical
			error - greeting-silent medium or greeting-slow, greeting-implicit-tls`},
		{"silence, and every port answers", outside(silent, hello(false), probes(map[int]probe.Kind{65530: ""})), `passive not_tested, active not_tested: none, critical
			error - greeting-silent high`},
		{"silence after 120", outside(silent, hello(false), server("120 Service ready in 1 minute.")), `passive not_tested, active not_tested: none, critical
			error - greeting-slow medium`},
		{"SSH", outside(first("the first bytes are not an FTP reply: SSH-2.0-OpenSSH_9.2p1")), `passive not_tested, active not_tested: none, critical
			error - greeting-wrong-protocol high`},
		{"HTTP", outside(first("the first bytes are not an FTP reply: HTTP/1.1 400 Bad Request")), `passive not_tested, active not_tested: none, critical
			error - greeting-wrong-protocol high`},
		{"something else", outside(first("the first bytes are not an FTP reply: hello")), `passive not_tested, active not_tested: none, critical
			error - greeting-wrong-protocol high`},
		{"a mail server", outside(greets("mx.example.net ESMTP Postfix"), refusedAt(probe.OpLogin, "USER", "502 5.5.2 Error: command not recognized")), `passive not_tested, active not_tested: none, critical
			error - greeting-wrong-protocol high`},
		{"full", outside(refusedAt(probe.OpGreeting, "", "421 There are too many connected users, please try later.")), `passive not_tested, active not_tested: none, critical
			error - greeting-busy medium`},
		{"full, Pure-FTPd", outside(refusedAt(probe.OpGreeting, "", "421 50 users (the maximum) are already logged in, sorry")), `passive not_tested, active not_tested: none, critical
			error - greeting-busy medium`},
		{"full, ProFTPD", outside(refusedAt(probe.OpGreeting, "", "530 Sorry, the maximum number of connections (1) for your host are already connected.")), `passive not_tested, active not_tested: none, critical
			error - greeting-busy medium`},
		{"banned", outside(refusedAt(probe.OpGreeting, "", "421 Temporarily banned for too many failed login attempts")), `passive not_tested, active not_tested: none, critical
			error - control-client-banned medium`},
		{"not available", outside(refusedAt(probe.OpGreeting, "", "421 Service not available.")), `passive not_tested, active not_tested: none, critical
			error - greeting-refused medium`},
		{"421 in other words", outside(refusedAt(probe.OpGreeting, "", "421 Go away.")), `passive not_tested, active not_tested: none, critical
			error - greeting-refused medium or greeting-busy, control-client-banned`},
		{"450 in other words", outside(refusedAt(probe.OpGreeting, "", "450 Not now.")), `passive not_tested, active not_tested: none, critical
			error - greeting-busy medium or greeting-refused`},
		{"an error of its own", outside(refusedAt(probe.OpGreeting, "", "500 OOPS: vsftpd: cannot locate user specified in 'ftp_username':ftp")), `passive not_tested, active not_tested: none, critical
			error - greeting-server-error medium`},
		{"closed at once", outside(ended(probe.OpGreeting, probe.KindEOF, "", nil)), `passive not_tested, active not_tested: none, critical
			error - greeting-refused medium or greeting-busy, control-client-banned`},
		{"reset at once", outside(ended(probe.OpGreeting, probe.KindReset, "", nil)), `passive not_tested, active not_tested: none, critical
			error - greeting-refused medium or greeting-busy, control-client-banned`},
		{"interrupted", outside(ended(probe.OpGreeting, probe.KindInterrupted, "", nil)), `passive not_tested, active not_tested: none, unknown`},
		{"our second connection refused", given(refusedAt(probe.OpGreeting, "", "421 There are too many connections from your internet address."),
			func(ev *probe.Evidence) { ev.Serial = true }, epsv(50001, works(9)), eprt(works(9))), `passive works, active works: passive EPSV, ok`},
	}
}

func TestSlowGreeting(t *testing.T) { check(t, slowGreetingCases()) }

func slowGreetingCases() []verdictCase {
	greeted := func(waits ...float64) part {
		return func(ev *probe.Evidence) {
			first := ev.Sessions[0]
			ev.Sessions = nil
			for i, w := range waits {
				first.ID, first.Greeting = i+1, msp(w)
				ev.Sessions = append(ev.Sessions, first)
			}
		}
	}
	healthy := []part{epsv(50001, works(9)), eprt(works(9))}
	with := func(p ...part) *probe.Evidence { return given(append(p, healthy...)...) }
	return []verdictCase{
		{"ten seconds", with(greeted(10_000)), `passive works, active works: passive EPSV, warning
			warning - greeting-slow medium`},
		{"three seconds each time", with(greeted(3000, 3010)), `passive works, active works: passive EPSV, warning
			warning - greeting-slow high`},
		{"three seconds once, a lost packet", with(greeted(3000, 40)), `passive works, active works: passive EPSV, ok`},
		{"three seconds, asked once", with(greeted(3000)), `passive works, active works: passive EPSV, ok`},
		{"longer than the timeout", with(greeted(1500), func(ev *probe.Evidence) { ev.Options.Timeout = ms(1000) }), `passive works, active works: passive EPSV, warning
			warning - greeting-slow medium`},
		{"a long line", with(greeted(4500), func(ev *probe.Evidence) { ev.Sessions[0].Connect = msp(600) }), `passive works, active works: passive EPSV, ok`},
		{"120 first", with(greeted(900), server("120 Service ready in 0 minutes.")), `passive works, active works: passive EPSV, warning
			warning - greeting-slow medium`},
		{"masked", with(greets("****************************"), func(ev *probe.Evidence) { ev.Server.System = "XXXXXXXXXXXXXXXX" }), `passive works, active works: passive EPSV, ok
			info - greeting-intercepted medium`},
		{"a proxy says what it is", with(greets("Frox transparent ftp proxy. Login with username[@host[:port]]")), `passive works, active works: passive EPSV, ok
			info - greeting-intercepted medium`},
		{"stars around a welcome", with(greets("*** Welcome to the FTP service of Example University ***")), `passive works, active works: passive EPSV, ok`},
	}
}

func TestLogin(t *testing.T) { check(t, loginCases()) }

func loginCases() []verdictCase {
	at := func(command, line string) *probe.Evidence { return outside(refusedAt(probe.OpLogin, command, line)) }
	as := func(name, command, line string) *probe.Evidence {
		return outside(user(name), refusedAt(probe.OpLogin, command, line))
	}
	return []verdictCase{
		{"wrong password", as("joe", "PASS", "530 Login incorrect."), `passive not_tested, active not_tested: none, critical
			error - login-rejected medium
			info - login-cleartext high`},
		{"anonymous only", as("joe", "USER", "530 This FTP server is anonymous only."), `passive not_tested, active not_tested: none, critical
			error - login-rejected medium`},
		{"too many attempts", as("joe", "PASS", "530 Maximum login attempts. Disconnecting."), `passive not_tested, active not_tested: none, critical
			error - login-rejected medium
			info - login-cleartext high`},
		{"anonymous not known", at("PASS", "530 Login incorrect."), `passive not_tested, active not_tested: none, critical
			error - login-anonymous-refused medium`},
		{"no anonymous, in words", at("PASS", "530 Sorry, no ANONYMOUS access allowed."), `passive not_tested, active not_tested: none, critical
			error - login-anonymous-refused medium`},
		{"refused where FEAT has HOST", outside(features("HOST", "EPSV"), refusedAt(probe.OpLogin, "PASS", "530 Login incorrect.")), `passive not_tested, active not_tested: none, critical
			error - login-anonymous-refused medium or login-virtual-host`},
		{"which site, asks IIS", at("USER", "530 Valid hostname is expected."), `passive not_tested, active not_tested: none, critical
			error - login-virtual-host medium`},
		{"address denied", at("PASS", "530 Not logged in, unauthorized IP address."), `passive not_tested, active not_tested: none, critical
			error - login-address-denied medium`},
		{"address denied, FileZilla", at("USER", "521 This user is not allowed to connect from this IP"), `passive not_tested, active not_tested: none, critical
			error - login-address-denied medium`},
		{"too many sessions, Pure-FTPd", at("PASS", "421 50 users (the maximum) are already logged in, sorry"), `passive not_tested, active not_tested: none, critical
			error - login-session-limit medium or passive-ports-exhausted`},
		{"too many sessions, ProFTPD", at("PASS", "530 Sorry, the maximum number of clients (1) from your host are already connected."), `passive not_tested, active not_tested: none, critical
			error - login-session-limit medium`},
		{"421 in other words", at("PASS", "421 Closing."), `passive not_tested, active not_tested: none, critical
			error - login-session-limit medium or login-rejected, control-client-banned`},
		{"writable root", at("PASS", "500 OOPS: vsftpd: refusing to run with writable root inside chroot()"), `passive not_tested, active not_tested: none, critical
			error - login-home-unavailable medium`},
		{"home directory gone", at("PASS", "421 Home directory not available - aborting"), `passive not_tested, active not_tested: none, critical
			error - login-home-unavailable medium`},
		{"another OOPS", at("PASS", "500 OOPS: child died"), `passive not_tested, active not_tested: none, critical
			error - greeting-server-error medium`},
		{"account", at("PASS", "332 Need account for login."), `passive not_tested, active not_tested: none, critical
			error - login-account-required medium`},
		{"timeout", at("PASS", "421 Login timeout (300 seconds): closing control connection"), `passive not_tested, active not_tested: none, critical
			error - login-timeout medium`},
		{"PASS is never answered", outside(ended(probe.OpLogin, probe.KindTimedOut, "PASS", nil)), `passive not_tested, active not_tested: none, critical
			error - login-timeout medium`},
		{"closed after USER, twice", outside(ended(probe.OpLogin, probe.KindEOF, "USER", nil), ended(probe.OpLogin, probe.KindEOF, "USER", nil)), `passive not_tested, active not_tested: none, critical
			error - control-closed high`},
		{"reset after the greeting", outside(ended(probe.OpLogin, probe.KindReset, "", nil)), `passive not_tested, active not_tested: none, critical
			error - control-closed medium`},
		{"TLS wanted, vsftpd", at("USER", "530 Anonymous sessions must use encryption."), `passive not_tested, active not_tested: none, critical
			error - tls-required medium`},
		{"TLS wanted, ProFTPD", at("USER", "550 SSL/TLS required on the control channel"), `passive not_tested, active not_tested: none, critical
			error - tls-required medium`},
		{"TLS wanted, Pure-FTPd", at("USER", "421 Sorry, cleartext sessions and weak ciphers are not accepted on this server.\nPlease reconnect using TLS security mechanisms."), `passive not_tested, active not_tested: none, critical
			error - tls-required medium`},
		{"TLS wanted, FileZilla Server", at("USER", "503 Use AUTH first."), `passive not_tested, active not_tested: none, critical
			error - tls-required medium`},
		{"TLS wanted, IIS", at("USER", "534 Policy requires SSL."), `passive not_tested, active not_tested: none, critical
			error - tls-required medium`},
		{"TLS wanted, Serv-U", at("PASS", "530 Not logged in, need secure connection."), `passive not_tested, active not_tested: none, critical
			error - tls-required medium`},
		{"TLS wanted, by its code", at("USER", "534 No."), `passive not_tested, active not_tested: none, critical
			error - tls-required medium`},
		{"in clear", given(user("joe"), epsv(50001, works(9)), eprt(works(9))), `passive works, active works: passive EPSV, ok
			info - login-cleartext high`},
		{"anonymous in clear", given(user("ftp"), epsv(50001, works(9)), eprt(works(9))), `passive works, active works: passive EPSV, ok`},
	}
}

func TestVirtualHost(t *testing.T) { check(t, virtualHostCases()) }

func virtualHostCases() []verdictCase {
	client := func(session int, text string) part {
		return func(ev *probe.Evidence) {
			ev.Transcript = append(ev.Transcript, probe.Exchange{Session: session, From: probe.FromClient, Text: text})
		}
	}
	in := func(ev *probe.Evidence) {
		ev.Sessions = append(ev.Sessions, probe.Session{ID: len(ev.Sessions) + 1, Purpose: probe.PurposeDiagnose, IP: serverIP,
			Port: 21, Local: clientIP + ":41001", Connect: msp(12), Login: msp(20)})
	}
	refused := refusedAt(probe.OpLogin, "USER", "530 Not logged in.")
	return []verdictCase{
		{"let in with HOST", outside(refused, in, client(2, "HOST ftp.example.com"), epsv(50001, works(9)), eprt(works(9))), `passive works, active works: passive EPSV, warning
			warning - login-virtual-host high`},
		{"let in without HOST", outside(refused, in, epsv(50001, works(9)), eprt(works(9))), `passive works, active works: passive EPSV, ok`},
		{"refused with HOST too", outside(refused, features("HOST"), refused, client(2, "HOST ftp.example.com")), `passive not_tested, active not_tested: none, critical
			error - login-anonymous-refused medium or login-virtual-host`},
	}
}

func TestBehindNAT(t *testing.T) { check(t, behindNATCases()) }

func behindNATCases() []verdictCase {
	healthy := func(p ...part) *probe.Evidence { return given(append(p, epsv(50001, works(9)), eprt(works(9)))...) }
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
