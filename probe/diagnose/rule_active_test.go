package diagnose

import (
	"testing"

	"ftpdiag/probe/evidence"
)

// passiveWorks stands beside what is wrong with the active mode.
var passiveWorks = []part{epsv(50001, works(197)), pasv(50002, works(197))}

func active(parts ...part) *evidence.Evidence {
	return given(append(append([]part{}, passiveWorks...), parts...)...)
}

// Greetings of the servers that treat active mode in their own ways.
var (
	isVsftpd    = greets("(vsFTPd 3.0.3)")
	isProFTPD   = greets("ProFTPD Server (Debian) [203.0.113.10]")
	isPyftpdlib = greets("pyftpdlib 1.5.7 ready.")
)

func syn(from string, n int) tried {
	return func(ev *evidence.Evidence, a *evidence.Attempt) {
		a.Watched = true
		if from != "" {
			a.SYNSeen = &evidence.SYN{From: evidence.At(parseAddr(from), n), At: *later(a, 20)}
		}
	}
}

var watchedNothing = syn("", 0)

func TestActiveRefused(t *testing.T) { check(t, activeRefusedCases()) }

func activeRefusedCases() []verdictCase {
	low := func(ev *evidence.Evidence, a *evidence.Attempt) {
		a.Offered = evidence.At(hostPart(ev.Sessions[0].Local), 1)
	}
	eprtNo := func(line string) part { return attempt(evidence.EPRT, offersOwn, says(line)) }
	portNo := func(line string) part { return attempt(evidence.PORT, offersOwn, says(line)) }
	both := func(line string) []part { return []part{eprtNo(line), portNo(line)} }
	with := func(p []part, more ...part) *evidence.Evidence { return active(append(more, p...)...) }
	seenAddress := func(steps ...tried) part {
		return attempt(evidence.PORT, append([]tried{offersOwn, purpose(evidence.PurposeSeenAddress), operation("")}, steps...)...)
	}
	at21 := func(steps ...tried) part {
		return attempt(evidence.PORT, append([]tried{offersOwn, purpose(evidence.PurposePort21)}, steps...)...)
	}
	return []verdictCase{
		{"disabled, vsftpd", with(both("550 Permission denied.")), `passive works, active fails: passive EPSV, ok
			warning active active-disabled high`},
		{"disabled, ProFTPD", with([]part{eprtNo("501 EPRT: Operation not permitted"), portNo("501 PORT: Operation not permitted")}), `passive works, active fails: passive EPSV, ok
			warning active active-disabled high`},
		{"disabled, SFTPGo", with([]part{eprtNo("421 EPRT command is disabled"), portNo("421 PORT command is disabled")}), `passive works, active fails: passive EPSV, ok
			warning active active-disabled high`},
		{"disabled, in other words", with(both("502 Command not implemented.")), `passive works, active fails: passive EPSV, ok
			warning active active-disabled high`},
		{"disabled, pyftpdlib, behind NAT", with([]part{eprtNo(`500 Command "EPRT" not understood.`), portNo(`500 Command "PORT" not understood.`)}, from(clientLAN), seenAs(clientIP)), `passive works, active fails: passive EPSV, ok
			warning active active-disabled high
			info - client-behind-nat high`},
		{"EPRT not known, PORT's address refused", with([]part{eprtNo("500 Unknown command."), portNo("500 Illegal PORT command.")}, from(clientLAN), seenAs(clientIP)), `passive works, active fails: passive EPSV, ok
			warning active active-address-rejected high
			info - client-behind-nat high`},
		{"EPRT not known, PORT refused in other words", with([]part{eprtNo("500 Unknown command."), portNo("500 No.")}, from(clientLAN), seenAs(clientIP)), `passive works, active fails: passive EPSV, ok
			warning active active-address-rejected medium or active-disabled
			info - client-behind-nat high`},
		{"refused in other words behind NAT", with(both("500 No."), from(clientLAN), seenAs(clientIP)), `passive works, active fails: passive EPSV, ok
			warning active active-address-rejected medium or active-disabled
			info - client-behind-nat high`},
		{"refused in other words with a private address", with(both("500 No."), from(clientLAN)), `passive works, active fails: passive EPSV, ok
			warning active active-disabled medium or active-address-rejected`},
		{"RootRevoke", with([]part{eprtNo("500 Unable to service EPRT commands"), portNo("500 Unable to service PORT commands")}), `passive works, active fails: passive EPSV, ok
			warning active active-rootrevoke high`},
		{"below 1024", with(both("501 Sorry, but I won't connect to ports < 1024")), `passive works, active fails: passive EPSV, ok
			warning active active-port-below-1024 high`},
		{"the address, vsftpd behind NAT", with([]part{eprtNo("500 Illegal EPRT command."), portNo("500 Illegal PORT command.")}, isVsftpd, from(clientLAN), seenAs(clientIP)), `passive works, active fails: passive EPSV, ok
			warning active active-address-rejected high
			info - client-behind-nat high`},
		{"the address, vsftpd does not say whom it sees", with([]part{eprtNo("500 Illegal EPRT command."), portNo("500 Illegal PORT command.")}, isVsftpd, from(clientLAN)), `passive works, active fails: passive EPSV, ok
			warning active active-address-rejected medium`},
		{"the address, although it is the one that the server sees", with([]part{eprtNo("500 Illegal EPRT command."), portNo("500 Illegal PORT command.")}, isVsftpd, seenAs(clientIP)), `passive works, active fails: passive EPSV, ok
			warning active active-disabled medium`},
		{"a port below 1024 in the words for an address", with([]part{attempt(evidence.EPRT, low, says("500 Illegal EPRT command.")), attempt(evidence.PORT, low, says("500 Illegal PORT command."))}, isVsftpd, seenAs(clientIP)), `passive works, active fails: passive EPSV, ok
			warning active active-port-below-1024 high`},
		{"a port below 1024, behind NAT", with([]part{attempt(evidence.PORT, low, says("500 Illegal PORT command."))}, isVsftpd, from(clientLAN), seenAs(clientIP)), `passive works, active fails: passive EPSV, ok
			warning active active-port-below-1024 medium or active-address-rejected
			info - client-behind-nat high`},
		{"the address, Pure-FTPd", with(both("500 I won't open a connection to 10.10.0.2 (only to 198.51.100.1)"), from(clientLAN), seenAs(clientIP)), `passive works, active fails: passive EPSV, ok
			warning active active-address-rejected high
			info - client-behind-nat high`},
		{"the address, pyftpdlib", with(both("501 Rejected data connection to foreign address 10.10.0.2:41723."), from(clientLAN), seenAs(clientIP)), `passive works, active fails: passive EPSV, ok
			warning active active-address-rejected high
			info - client-behind-nat high`},
		{"the address, FileZilla Server 0.9", with(both("421 Rejected command, requested IP address does not match control connection IP."), from(clientLAN)), `passive works, active fails: passive EPSV, ok
			warning active active-address-rejected medium`},
		{"the address, IIS", with(both("501 Server cannot accept argument."), from(clientLAN)), `passive works, active fails: passive EPSV, ok
			warning active active-address-rejected medium`},
		{"the address, proved by offering the seen one", with(append(both("500 No."), seenAddress()), from(clientLAN), seenAs(clientIP)), `passive works, active fails: passive EPSV, ok
			warning active active-address-rejected high
			info - client-behind-nat high`},
		{"the seen address is refused too", with(append(both("500 No."), seenAddress(says("500 No."))), from(clientLAN)), `passive works, active fails: passive EPSV, ok
			warning active active-disabled medium or active-address-rejected`},
		{"EPRT not known", with([]part{eprtNo("500 Unknown command."), port(works(197))}), `passive works, active works: passive EPSV, ok
			info active active-eprt-unsupported medium`},
		{"EPRT refused for its address, PORT corrected on the way", with([]part{eprtNo("500 Illegal EPRT command."), port(works(197))}, from(clientLAN), seenAs(clientIP)), `passive works, active works: passive EPSV, ok
			info - client-behind-nat high
			info active active-eprt-unsupported medium or active-eprt-blocked`},
		{"EPRT silent, PORT's address refused", with([]part{eprt(fails(evidence.OpDataAccept, evidence.KindTimedOut)), portNo("500 Illegal PORT command.")}, from(clientLAN), seenAs(clientIP)), `passive works, active fails: passive EPSV, ok
			warning active active-address-rejected high
			info - client-behind-nat high`},
		{"on 2121, and the helper watches 21", with(append(both("500 Illegal PORT command."), at21()), controlPort(2121), from(clientLAN), seenAs(clientIP)), `passive works, active fails: passive EPSV, ok
			warning active active-alg-nonstandard-port high
			info - client-behind-nat high`},
		{"on 2121, silent, and 21 works", with([]part{eprt(fails(evidence.OpDataAccept, evidence.KindTimedOut)), port(fails(evidence.OpDataAccept, evidence.KindTimedOut)), at21(works(197))}, controlPort(2121)), `passive works, active fails: passive EPSV, ok
			warning active active-alg-nonstandard-port high`},
		{"on 2121, and refused at 21 too", with(append(both("500 Illegal PORT command."), at21(says("500 Illegal PORT command."))), controlPort(2121), from(clientLAN), seenAs(clientIP)), `passive works, active fails: passive EPSV, ok
			warning active active-address-rejected high
			info - client-behind-nat high`},
		{"PORT ends the connection", with([]part{attempt(evidence.EPRT, fails(evidence.OpNegotiate, evidence.KindReset)), attempt(evidence.PORT, fails(evidence.OpNegotiate, evidence.KindReset))}), `passive works, active fails: passive EPSV, ok
			warning active control-closed high`},
		{"PORT is not answered by vsftpd", with([]part{attempt(evidence.EPRT, offersOwn, fails(evidence.OpNegotiate, evidence.KindTimedOut))}, isVsftpd), `passive works, active fails: passive EPSV, ok
			warning active control-closed medium or active-inbound-dropped, greeting-intercepted`},
	}
}

func TestActiveData(t *testing.T) { check(t, activeDataCases()) }

func activeDataCases() []verdictCase {
	silent := fails(evidence.OpDataAccept, evidence.KindTimedOut)
	says425 := func(line string, after float64) tried { return answers(evidence.OpDataAccept, line, after) }
	refused := "425 Unable to build data connection: Connection refused"
	pyftpd := func(line string, after float64) tried {
		return func(ev *evidence.Evidence, a *evidence.Attempt) {
			offersOwn(ev, a)
			says(line)(ev, a)
			a.Asked, a.End = nil, *later(a, after)
		}
	}
	foreign := but(func(a *evidence.Attempt) {
		a.AcceptedFrom = evidence.At(parseAddr("203.0.113.11"), 20)
		a.Foreign = a.AcceptedFrom
	})
	return []verdictCase{
		{"silence", active(eprt(silent), port(silent)), `passive works, active fails: passive EPSV, ok
			warning active active-inbound-dropped medium or active-server-cannot-connect, active-source-port-not-20, active-inbound-dropped-locally`},
		{"silence, and no packet reached us", active(eprt(silent, watchedNothing), port(silent, watchedNothing)), `passive works, active fails: passive EPSV, ok
			warning active active-inbound-dropped medium or active-server-cannot-connect, active-source-port-not-20`},
		{"silence, and its SYN from port 20 reached us", active(eprt(silent, syn(serverIP, 20))), `passive works, active fails: passive EPSV, ok
			warning active active-inbound-dropped-locally high`},
		{"silence, and its SYN from another port reached us", active(eprt(silent, syn(serverIP, 35759))), `passive works, active fails: passive EPSV, ok
			warning active active-inbound-dropped-locally medium or active-source-port-not-20`},
		{"silence, and a SYN from another host reached us", active(eprt(silent, syn("203.0.113.11", 20))), `passive works, active fails: passive EPSV, ok
			warning active active-foreign-address high`},
		{"refused, and its SYN reached us", active(eprt(says425("425 Failed to establish connection.", 40), syn(serverIP, 20))), `passive works, active fails: passive EPSV, ok
			warning active active-inbound-refused high`},
		{"425 at once, vsftpd", active(isVsftpd, eprt(says425("425 Failed to establish connection.", 40))), `passive works, active fails: passive EPSV, ok
			warning active active-inbound-refused medium or active-server-cannot-connect`},
		{"425 at once on a long line", active(func(ev *evidence.Evidence) { ev.Sessions[0].Connect = msp(900) }, eprt(says425("425 Failed to establish connection.", 3300))), `passive works, active fails: passive EPSV, ok
			warning active active-inbound-refused medium or active-server-cannot-connect`},
		{"425 late, vsftpd", active(isVsftpd, eprt(says425("425 Failed to establish connection.", 4800))), `passive works, active fails: passive EPSV, ok
			warning active active-inbound-dropped medium or active-server-cannot-connect, active-source-port-not-20, active-inbound-dropped-locally`},
		{"refused, says ProFTPD", active(isProFTPD, eprt(says425(refused, 40))), `passive works, active fails: passive EPSV, ok
			warning active active-inbound-refused high`},
		{"refused late, says ProFTPD", active(isProFTPD, eprt(says425(refused, 4000))), `passive works, active fails: passive EPSV, ok
			warning active active-inbound-refused high`},
		{"timed out, says ProFTPD", active(isProFTPD, eprt(says425("425 Unable to build data connection: Connection timed out", 40))), `passive works, active fails: passive EPSV, ok
			warning active active-inbound-dropped medium or active-server-cannot-connect, active-source-port-not-20, active-inbound-dropped-locally`},
		{"no route, says ProFTPD", active(isProFTPD, eprt(says425("425 Unable to build data connection: No route to host", 40))), `passive works, active fails: passive EPSV, ok
			warning active active-inbound-refused medium or active-server-cannot-connect`},
		{"unreachable, says ProFTPD", active(isProFTPD, eprt(says425("425 Unable to build data connection: Network is unreachable", 40))), `passive works, active fails: passive EPSV, ok
			warning active active-server-cannot-connect medium`},
		{"not permitted, says Pure-FTPd", active(eprt(says425("425 Could not open data connection to port 41723: Operation not permitted", 40))), `passive works, active fails: passive EPSV, ok
			warning active active-server-cannot-connect medium`},
		{"port 20 taken, ProFTPD", active(isProFTPD, eprt(says425("425 Unable to build data connection: Address already in use", 40))), `passive works, active fails: passive EPSV, ok
			warning active active-server-cannot-bind-20 medium`},
		{"port 20 taken, vsftpd", active(isVsftpd, eprt(answers(evidence.OpTransfer, "500 OOPS: vsf_sysutil_bind", 40))), `passive works, active fails: passive EPSV, ok
			warning active active-server-cannot-bind-20 medium`},
		{"port 20 taken, vsftpd, seen while waiting", active(isVsftpd, eprt(says425("500 OOPS: vsf_sysutil_bind", 40))), `passive works, active fails: passive EPSV, ok
			warning active active-server-cannot-bind-20 medium`},
		{"pyftpdlib refuses at PORT", active(isPyftpdlib, attempt(evidence.EPRT, pyftpd("425 Can't connect to specified address.", 40))), `passive works, active fails: passive EPSV, ok
			warning active active-inbound-refused medium or active-server-cannot-connect`},
		{"pyftpdlib gives up at PORT", active(isPyftpdlib, attempt(evidence.EPRT, pyftpd("421 Active data channel timed out.", 4900))), `passive works, active fails: passive EPSV, ok
			warning active active-inbound-dropped medium or active-server-cannot-connect, active-source-port-not-20, active-inbound-dropped-locally`},
		{"pyftpdlib still dials at PORT", active(isPyftpdlib, attempt(evidence.EPRT, offersOwn, fails(evidence.OpNegotiate, evidence.KindTimedOut))), `passive works, active fails: passive EPSV, ok
			warning active active-inbound-dropped medium or active-server-cannot-connect, active-source-port-not-20, active-inbound-dropped-locally`},
		{"behind NAT, ProFTPD dials the router, which refuses", active(isProFTPD, from(clientLAN), seenAs(clientIP), eprt(says425(refused, 40))), `passive works, active fails: passive EPSV, ok
			warning active active-nat-not-forwarded high
			info - client-behind-nat high`},
		{"behind NAT, ProFTPD dials the router, which is silent", active(isProFTPD, from(clientLAN), seenAs(clientIP), eprt(silent)), `passive works, active fails: passive EPSV, ok
			warning active active-nat-not-forwarded high
			info - client-behind-nat high`},
		{"private, ProFTPD does not say whom it sees", active(isProFTPD, from(clientLAN), eprt(silent)), `passive works, active fails: passive EPSV, ok
			warning active active-nat-not-forwarded medium or active-inbound-dropped`},
		{"private, vsftpd took the address", active(isVsftpd, from(clientLAN), eprt(silent)), `passive works, active fails: passive EPSV, ok
			warning active active-inbound-dropped medium or active-server-cannot-connect, active-source-port-not-20, active-inbound-dropped-locally, active-nat-not-forwarded`},
		{"private, and the server sees the same", active(isProFTPD, from(clientLAN), seenAs(clientLAN), eprt(silent)), `passive works, active fails: passive EPSV, ok
			warning active active-inbound-dropped medium or active-server-cannot-connect, active-source-port-not-20, active-inbound-dropped-locally`},
		{"behind NAT, the router's address was offered", active(isVsftpd, from(clientLAN), seenAs(clientIP), eprt(silent, but(func(a *evidence.Attempt) { a.Offered = evidence.At(parseAddr(clientIP), 41723) }))), `passive works, active fails: passive EPSV, ok
			warning active active-nat-not-forwarded high
			info - client-behind-nat high`},
		{"behind NAT with a helper, and then nothing", active(isVsftpd, from(clientLAN), seenAs(clientIP), eprt(silent), port(silent)), `passive works, active fails: passive EPSV, ok
			warning active active-inbound-dropped medium or active-server-cannot-connect, active-source-port-not-20, active-inbound-dropped-locally, active-nat-not-forwarded
			info - client-behind-nat high`},
		{"EPRT silent, PORT works", active(eprt(silent), port(works(197))), `passive works, active conditional: passive EPSV, ok
			warning active active-eprt-blocked high`},
		{"EPRT refused at once by 425, PORT works", active(eprt(says425("425 Failed to establish connection.", 40)), port(works(197))), `passive works, active conditional: passive EPSV, ok
			warning active active-eprt-blocked high`},
		{"EPRT silent, PORT stalls", active(eprt(silent), port(marked, fails(evidence.OpTransfer, evidence.KindTimedOut))), `passive works, active fails: passive EPSV, ok
			warning active transfer-stalled medium
			info active active-eprt-blocked high`},
		{"data from another address", active(eprt(works(197), foreign)), `passive works, active conditional: passive EPSV, ok
			warning active active-foreign-address high`},
		{"data from port 20", active(eprt(works(197))), `passive works, active works: passive EPSV, ok`},
		{"data from another port", active(eprt(works(197), but(func(a *evidence.Attempt) { a.AcceptedFrom = evidence.At(parseAddr(serverIP), 42493) }))), `passive works, active works: passive EPSV, ok
			info active active-source-port-not-20 medium`},
		{"data from the port below 2121", active(controlPort(2121), eprt(works(197))), `passive works, active works: passive EPSV, ok`},
		{"no port to listen on", active(attempt(evidence.EPRT, fails(evidence.OpDataAccept, evidence.KindExhausted))), `passive works, active inconclusive: passive EPSV, ok
			warning active control-local-ports-exhausted medium`},
		{"not allowed to listen", active(attempt(evidence.EPRT, fails(evidence.OpDataAccept, evidence.KindDenied))), `passive works, active inconclusive: passive EPSV, ok
			warning active control-local-policy medium`},
		{"the control connection ends while we wait", active(eprt(fails(evidence.OpDataAccept, evidence.KindEOF))), `passive works, active fails: passive EPSV, ok
			warning active control-closed medium`},
		{"ProFTPD loses patience with the data connection", active(isProFTPD, eprt(says425("421 No transfer timeout (4 seconds): closing control connection", 4100))), `passive works, active fails: passive EPSV, ok
			warning active active-inbound-dropped medium or active-server-cannot-connect, active-source-port-not-20, active-inbound-dropped-locally`},
		{"data over TLS only", active(eprt(says425("522 Data connections must be encrypted.", 40))), `passive works, active fails: passive EPSV, ok
			warning active data-tls-required medium`},
	}
}
