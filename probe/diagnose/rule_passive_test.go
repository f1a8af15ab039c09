package diagnose

import (
	"testing"

	"ftpdiag/probe/evidence"
)

// activeWorks stands beside what is wrong with the passive mode.
var activeWorks = eprt(works(197))

func passive(parts ...part) *evidence.Evidence { return given(append(parts, activeWorks)...) }

func TestPassiveRefused(t *testing.T) { check(t, passiveRefusedCases()) }

func passiveRefusedCases() []verdictCase {
	no := func(line string) tried { return says(line) }
	epsvNo := func(line string) part { return attempt(evidence.EPSV, no(line)) }
	pasvNo := func(line string) part { return attempt(evidence.PASV, no(line)) }
	return []verdictCase{
		{"vsftpd", passive(features("UTF8"), epsvNo("550 Permission denied."), pasvNo("550 Permission denied.")), `passive fails, active works: active EPRT, ok
			warning passive passive-disabled high`},
		{"ProFTPD", passive(epsvNo("501 EPSV: Operation not permitted"), pasvNo("501 PASV: Operation not permitted")), `passive fails, active works: active EPRT, ok
			warning passive passive-disabled high`},
		{"Pure-FTPd", passive(epsvNo("500 Unknown command"), pasvNo("500 Unknown command")), `passive fails, active works: active EPRT, ok
			warning passive passive-disabled high`},
		{"EPSV alone, over IPv6", passive(peer(serverV6), epsvNo("500 Unknown command")), `passive fails, active works: active EPRT, ok
			warning passive passive-disabled medium or passive-epsv-unsupported`},
		{"EPSV not known", passive(epsvNo("500 Unknown command."), pasv(50001, works(197))), `passive works, active works: passive PASV, ok
			info passive passive-epsv-unsupported medium`},
		{"EPSV denied, which sounds like passive disabled", passive(epsvNo("550 Permission denied."), pasv(50001, works(197))), `passive works, active works: passive PASV, ok
			info passive passive-epsv-unsupported medium`},
		{"EPSV not known and the ports dropped", passive(epsvNo("500 Unknown command."), pasv(50001, dial(evidence.KindTimedOut))), `passive fails, active works: active EPRT, ok
			warning passive passive-ports-dropped medium or passive-client-egress-blocked, passive-helper-missing, passive-low-ports-only
			info passive passive-epsv-unsupported medium`},
		{"PASV not known", passive(epsv(50001, works(197)), pasvNo("502 Command not implemented.")), `passive conditional, active works: passive EPSV use-epsv, warning
			warning passive passive-pasv-unsupported medium`},
		{"PASV mangled", passive(epsv(50001, works(197)), pasvNo("500 P@SW not understood")), `passive conditional, active works: passive EPSV use-epsv, warning
			warning passive passive-command-mangled high`},
		{"PASV mangled, EPSV not known", passive(epsvNo("500 EPSV not understood"), pasvNo("500 P@SW not understood")), `passive fails, active works: active EPRT, ok
			warning passive passive-command-mangled medium
			info passive passive-epsv-unsupported medium`},
		{"ports exhausted, Pure-FTPd", passive(epsvNo("425 All reserved TCP ports are busy"), pasvNo("425 All reserved TCP ports are busy")), `passive fails, active works: active EPRT, ok
			warning passive passive-ports-exhausted high`},
		{"ports exhausted, vsftpd", passive(epsvNo("500 OOPS: vsf_sysutil_bind"), pasvNo("500 OOPS: vsf_sysutil_bind")), `passive fails, active works: active EPRT, ok
			warning passive passive-ports-exhausted medium or server-mac-policy`},
		{"not now, in other words", passive(epsvNo("425 Can't open passive connection"), pasvNo("425 Can't open passive connection")), `passive fails, active works: active EPRT, ok
			warning passive passive-ports-exhausted medium or passive-disabled, server-mac-policy`},
		{"exhausted the second time", passive(epsv(50001, works(197)), pasv(50002, works(197)), attempt(evidence.PASV, no("425 No."), purpose(evidence.PurposeRetry))), `passive works, active works: passive EPSV, warning
			warning passive passive-ports-exhausted medium or passive-disabled`},
		{"tired of our samples", passive(epsv(50001, works(197)), pasv(50002, works(197)), attempt(evidence.PASV, no("425 No."), purpose(evidence.PurposeSample), operation(opConnect))), `passive works, active works: passive EPSV, ok`},
		{"PRET wanted, and it helps", passive(attempt(evidence.PASV, no("500 You need to use a client supporting PRET (PRE Transfer) to use PASV")),
			epsvNo("500 Unknown command"), pasv(50001, works(197), purpose(evidence.PurposePRET))), `passive conditional, active works: passive PASV use-pret, warning
			warning passive passive-pret-required high
			info passive passive-epsv-unsupported medium`},
		{"PRET wanted, and nothing helps", passive(epsvNo("500 Unknown command"), pasvNo("500 You need to use a client supporting PRET (PRE Transfer) to use PASV")), `passive fails, active works: active EPRT, ok
			warning passive passive-pret-required medium
			info passive passive-epsv-unsupported medium`},
		{"data over TLS only, says pyftpdlib", given(epsvNo("550 SSL/TLS required on the data channel."), pasvNo("550 SSL/TLS required on the data channel."),
			attempt(evidence.EPRT, no("550 SSL/TLS required on the data channel."))), `passive fails, active fails: none, critical
			error - data-tls-required high`},
		{"an error of its own", passive(epsvNo("500 OOPS: invalid pasv_address"), pasvNo("500 OOPS: invalid pasv_address")), `passive fails, active works: active EPRT, ok
			warning passive greeting-server-error high`},
		{"idle, says the server", passive(epsvNo("421 Timeout."), pasvNo("421 Timeout.")), `passive fails, active works: active EPRT, ok
			warning passive control-idle-421 high`},
	}
}

func TestPassiveReplies(t *testing.T) { check(t, passiveRepliesCases()) }

func passiveRepliesCases() []verdictCase {
	bad := func(line string) tried {
		return func(_ *evidence.Evidence, a *evidence.Attempt) {
			a.Negotiation, a.Failure = reply(line), failure(evidence.OpNegotiate, evidence.KindMalformed)
		}
	}
	written := func(line string) tried {
		return func(_ *evidence.Evidence, a *evidence.Attempt) { a.Negotiation = reply(line) }
	}
	library := func(_ *evidence.Evidence, a *evidence.Attempt) {
		a.Library = &evidence.Failure{Op: evidence.OpNegotiate, Kind: evidence.KindMalformed, Message: "invalid PASV response format"}
	}
	silent := func(m evidence.Method, kind evidence.Kind) part { return attempt(m, fails(evidence.OpNegotiate, kind)) }
	return []verdictCase{
		{"a 229 without a port, PASV works", passive(attempt(evidence.EPSV, bad("229 Entering Extended Passive Mode")), pasv(50001, works(197))), `passive conditional, active works: passive PASV use-pasv, warning
			warning passive passive-reply-unparseable high`},
		{"both without a port", passive(attempt(evidence.EPSV, bad("229 OK")), attempt(evidence.PASV, bad("227 OK"))), `passive fails, active works: active EPRT, ok
			warning passive passive-reply-unparseable high`},
		{"a 229 with a delimiter too few", passive(epsv(50001, works(197), written("229 Entering Extended Passive Mode (||50001|)")), pasv(50002, works(197))), `passive conditional, active works: passive PASV use-pasv, warning
			warning passive passive-reply-unparseable medium`},
		{"a bare 227", passive(attempt(evidence.EPSV, says("500 Unknown command.")), pasv(50001, written("227 =203,0,113,10,195,81"), works(197), library)), `passive conditional, active works: passive PASV lenient-227, warning
			warning passive passive-reply-unparseable high
			info passive passive-epsv-unsupported medium`},
		{"a bare 227 beside EPSV", passive(epsv(50002, works(197)), pasv(50001, written("227 =203,0,113,10,195,81"), works(197), library)), `passive conditional, active works: passive EPSV use-epsv, warning
			warning passive passive-reply-unparseable high`},
		{"229 to PASV", passive(epsv(50002, works(197)), pasv(50001, written("229 Entering Extended Passive Mode (|||50001|)"), works(197))), `passive conditional, active works: passive EPSV use-epsv, warning
			warning passive passive-reply-unparseable medium`},
		{"spaces and a full stop", passive(epsv(50002, works(197)), pasv(50001, written("227 Entering Passive Mode (203,0,113,10,195,81)."), works(197))), `passive works, active works: passive EPSV, ok`},
		{"PASV is not answered", passive(epsv(50001, works(197)), silent(evidence.PASV, evidence.KindTimedOut)), `passive conditional, active works: passive EPSV use-epsv, warning
			warning passive passive-reply-swallowed high`},
		{"PASV is reset", passive(epsv(50001, works(197)), silent(evidence.PASV, evidence.KindReset)), `passive conditional, active works: passive EPSV use-epsv, warning
			warning passive passive-reply-swallowed high`},
		{"neither is answered", passive(silent(evidence.EPSV, evidence.KindTimedOut), silent(evidence.PASV, evidence.KindTimedOut)), `passive fails, active works: active EPRT, ok
			warning passive passive-reply-swallowed medium or control-closed`},
	}
}

func TestPassiveOverIPv6(t *testing.T) { check(t, passiveOverIPv6Cases()) }

func passiveOverIPv6Cases() []verdictCase {
	v6 := func(parts ...part) *evidence.Evidence {
		return given(append([]part{peer(serverV6), from("2001:db8::2")}, append(parts, activeWorks)...)...)
	}
	return []verdictCase{
		{"vsftpd's zeros", v6(epsv(50001, works(197)), pasv(50002, works(197))), `passive works, active works: passive EPSV, ok
			info passive passive-pasv-over-ipv6 medium`},
		{"zeros, and the port dead", v6(epsv(50001, works(197)), pasv(50002, dial(evidence.KindRefused))), `passive works, active works: passive EPSV, ok
			info passive passive-pasv-over-ipv6 medium`},
		{"Pure-FTPd says so", v6(epsv(50001, works(197)), attempt(evidence.PASV, says("425 You cannot use PASV on IPv6 connections. Use EPSV instead."))), `passive works, active works: passive EPSV, ok
			info passive passive-pasv-over-ipv6 medium`},
		{"EPSV not known, PASV refused because of IPv6", v6(attempt(evidence.EPSV, says("500 Unknown command.")),
			attempt(evidence.PASV, says("425 You cannot use PASV on IPv6 connections. Use EPSV instead."))), `passive fails, active works: active EPRT, ok
			warning passive passive-pasv-over-ipv6 medium`},
		{"EPSV not known, zeros serve", v6(attempt(evidence.EPSV, says("500 Unknown command.")), pasv(50002, works(197))), `passive conditional, active works: passive PASV ignore-227-address, warning
			warning passive passive-pasv-over-ipv6 medium
			info passive passive-epsv-unsupported medium`},
		{"EPSV not known, zeros and the port dropped", v6(attempt(evidence.EPSV, says("500 Unknown command.")), pasv(50002, dial(evidence.KindTimedOut))), `passive fails, active works: active EPRT, ok
			warning passive passive-ports-dropped medium or passive-client-egress-blocked, passive-helper-missing, passive-low-ports-only
			info passive passive-epsv-unsupported medium
			info passive passive-pasv-over-ipv6 medium`},
		{"both refused", v6(attempt(evidence.EPSV, says("502 No.")), attempt(evidence.PASV, says("502 No."))), `passive fails, active works: active EPRT, ok
			warning passive passive-disabled high`},
		{"EPSV ports dropped, PASV refused because of IPv6", v6(epsv(50001, dial(evidence.KindTimedOut)),
			attempt(evidence.PASV, says("425 You cannot use PASV on IPv6 connections. Use EPSV instead."))), `passive fails, active works: active EPRT, ok
			warning passive passive-ports-dropped medium or passive-client-egress-blocked, passive-helper-missing, passive-low-ports-only
			info passive passive-pasv-over-ipv6 medium`},
	}
}

func TestPassiveAddress(t *testing.T) { check(t, passiveAddressCases()) }

func passiveAddressCases() []verdictCase {
	foreign := func(ip string, n int, steps ...tried) part {
		return pasvTo(ip, n, append([]tried{purpose(evidence.PurposeForeign), but(func(a *evidence.Attempt) { a.Dialed = a.Offered })}, steps...)...)
	}
	return []verdictCase{
		{"private, the control host serves, EPSV too", passive(epsv(50001, works(197)), pasvTo("10.20.0.10", 50069, works(197))), `passive conditional, active works: passive EPSV ignore-227-address, warning
			warning passive passive-private-address high`},
		{"private, the control host serves", passive(attempt(evidence.EPSV, says("500 Unknown command.")), pasvTo("10.20.0.10", 50069, works(197))), `passive conditional, active works: passive PASV ignore-227-address, warning
			warning passive passive-private-address high
			info passive passive-epsv-unsupported medium`},
		{"a container's, the control host serves", passive(epsv(50001, works(197)), pasvTo("172.17.0.2", 50069, works(197))), `passive conditional, active works: passive EPSV ignore-227-address, warning
			warning passive passive-private-address medium or passive-container-ports`},
		{"the control host's own private one", given(peer(serverLAN), from("192.168.1.20"), epsv(50001, works(197)), pasv(50002, works(197)), eprt(works(9))), `passive works, active works: passive EPSV, ok`},
		{"private, and refused", passive(epsv(50001, dial(evidence.KindRefused)), pasvTo("10.20.0.10", 50069, dial(evidence.KindRefused))), `passive fails, active works: active EPRT, ok
			warning passive passive-nat-not-forwarded medium or passive-ports-refused
			info passive passive-private-address medium`},
		{"private, and dropped", passive(epsv(50001, dial(evidence.KindTimedOut)), pasvTo("10.20.0.10", 50069, dial(evidence.KindTimedOut))), `passive fails, active works: active EPRT, ok
			warning passive passive-nat-not-forwarded medium or passive-ports-dropped
			info passive passive-private-address medium`},
		{"a container's, and refused", passive(epsv(50001, dial(evidence.KindRefused)), pasvTo("172.17.0.2", 50069, dial(evidence.KindRefused))), `passive fails, active works: active EPRT, ok
			warning passive passive-nat-not-forwarded medium or passive-ports-refused, passive-container-ports
			info passive passive-private-address medium or passive-container-ports`},
		{"another public one", passive(epsv(50001, works(197)), pasvTo("203.0.113.99", 50069, works(197))), `passive conditional, active works: passive EPSV ignore-227-address, warning
			warning passive passive-wrong-address medium or passive-multi-backend`},
		{"another public one, and dropped", passive(epsv(50001, dial(evidence.KindTimedOut)), pasvTo("203.0.113.99", 50069, dial(evidence.KindTimedOut))), `passive fails, active works: active EPRT, ok
			warning passive passive-ports-dropped medium or passive-client-egress-blocked, passive-helper-missing, passive-low-ports-only
			info passive passive-wrong-address medium or passive-multi-backend`},
		{"only the one in the 227 serves", passive(epsv(50001, dial(evidence.KindTimedOut)), pasvTo("203.0.113.99", 50069, dial(evidence.KindTimedOut)),
			foreign("203.0.113.99", 50070, works(197))), `passive conditional, active works: passive PASV use-227-address, warning
			warning passive passive-multi-backend high`},
		{"the one in the 227 is dead too", passive(epsv(50001, dial(evidence.KindTimedOut)), pasvTo("203.0.113.99", 50069, dial(evidence.KindTimedOut)),
			foreign("203.0.113.99", 50070, dial(evidence.KindTimedOut))), `passive fails, active works: active EPRT, ok
			warning passive passive-ports-dropped medium or passive-client-egress-blocked, passive-helper-missing, passive-low-ports-only
			info passive passive-wrong-address medium or passive-multi-backend`},
		{"the outer one on the LAN", given(peer(serverLAN), from("192.168.1.20"), epsv(50001, works(197)), pasvTo(serverIP, 50069, works(197)), eprt(works(9))), `passive conditional, active works: passive EPSV ignore-227-address, warning
			warning passive passive-hairpin high`},
		{"0.0.0.0", passive(epsv(50001, works(197)), pasvTo("0.0.0.0", 50069, works(197))), `passive conditional, active works: passive EPSV ignore-227-address, warning
			warning passive passive-unusable-address high`},
		{"127.0.0.1", passive(epsv(50001, works(197)), pasvTo("127.0.0.1", 50069, works(197))), `passive conditional, active works: passive EPSV ignore-227-address, warning
			warning passive passive-unusable-address high`},
		{"127.0.0.1 of a server on this machine", given(loopbackServer, epsv(50001, works(197)), pasvTo("127.0.0.1", 50069, works(197)), eprt(works(9))), `passive works, active works: passive EPSV, ok`},
		{"private on this machine", given(loopbackServer, epsv(50001, works(197)), pasvTo("10.20.0.10", 50069, works(197)), eprt(works(9))), `passive conditional, active works: passive EPSV ignore-227-address, warning
			warning passive passive-private-address high`},
		{"public on this machine", given(loopbackServer, epsv(50001, works(197)), pasvTo(serverIP, 50069, works(197)), eprt(works(9))), `passive conditional, active works: passive EPSV ignore-227-address, warning
			warning passive passive-wrong-address medium or passive-multi-backend`},
	}
}

func TestPassiveData(t *testing.T) { check(t, passiveDataCases()) }

func passiveDataCases() []verdictCase {
	before := func(line string, after float64) tried { return answers(evidence.OpTransfer, line, after) }
	refusedProbe := probes(map[int]evidence.Kind{65530: evidence.KindRefused})
	openProbe := probes(map[int]evidence.Kind{65530: ""})
	silentLIST := fails(evidence.OpTransfer, evidence.KindTimedOut)
	return []verdictCase{
		{"bad IP, vsftpd", passive(epsv(50001, connected, before("425 Security: Bad IP connecting.", 30)), pasv(50002, connected, before("425 Security: Bad IP connecting.", 30))), `passive fails, active works: active EPRT, ok
			warning passive passive-address-mismatch medium or passive-egress-address-varies`},
		{"bad IP, pyftpdlib", passive(epsv(50001, connected, before("425 Rejected data connection from foreign address 198.51.100.9:40000.", 30))), `passive fails, active works: active EPRT, ok
			warning passive passive-address-mismatch medium or passive-egress-address-varies`},
		{"bad IP, a client behind NAT", passive(from(clientLAN), seenAs(clientIP), epsv(50001, connected, before("425 Security: Bad IP connecting.", 30))), `passive fails, active works: active EPRT, ok
			warning passive passive-address-mismatch medium or passive-egress-address-varies
			info - client-behind-nat high`},
		{"425 at once, in other words", passive(refusedProbe, epsv(50001, connected, before("425 Can't open data connection.", 30))), `passive fails, active works: active EPRT, ok
			warning passive passive-address-mismatch medium or passive-egress-address-varies, passive-multi-backend`},
		{"425 late", passive(refusedProbe, epsv(50001, connected, before("425 Failed to establish connection.", 4500))), `passive fails, active works: active EPRT, ok
			warning passive passive-middlebox-accepts medium or passive-multi-backend`},
		{"425, and every port answers", passive(openProbe, epsv(50001, connected, before("425 Failed to establish connection.", 4500))), `passive fails, active works: active EPRT, ok
			warning passive passive-middlebox-accepts high`},
		{"ProFTPD saw nobody, and loses patience", passive(refusedProbe, epsv(50001, connected, before("421 No transfer timeout (4 seconds): closing control connection", 4100))), `passive fails, active works: active EPRT, ok
			warning passive passive-middlebox-accepts medium or passive-multi-backend`},
		{"pyftpdlib saw nobody", passive(epsv(50001, connected, before("421 Passive data channel timed out.", 4900))), `passive fails, active works: active EPRT, ok
			warning passive passive-middlebox-accepts medium or passive-multi-backend`},
		{"no mark, and every port answers", passive(openProbe, epsv(50001, connected, silentLIST), pasv(50002, connected, silentLIST)), `passive fails, active works: active EPRT, ok
			warning passive passive-middlebox-accepts high`},
		{"no mark, and other ports refuse", passive(refusedProbe, epsv(50001, connected, silentLIST)), `passive fails, active works: active EPRT, ok
			warning passive transfer-stalled medium or passive-multi-backend`},
		{"no mark, other ports not asked", passive(epsv(50001, connected, silentLIST)), `passive fails, active works: active EPRT, ok
			warning passive transfer-stalled medium or passive-middlebox-accepts, passive-multi-backend`},
		{"no mark, Pure-FTPd", passive(greets("---------- Welcome to Pure-FTPd [privsep] [TLS] ----------"), refusedProbe, epsv(50001, connected, silentLIST)), `passive fails, active works: active EPRT, ok
			warning passive passive-address-mismatch medium or passive-egress-address-varies, transfer-stalled`},
		{"closed on LIST", passive(epsv(50001, connected, fails(evidence.OpTransfer, evidence.KindEOF))), `passive fails, active works: active EPRT, ok
			warning passive control-closed medium`},
	}
}
