package diagnose

import (
	"strings"
	"testing"

	"ftpdiag/probe"
	"ftpdiag/probe/evidence"
)

func TestDataTLS(t *testing.T) { check(t, dataTLSCases()) }

// encrypted has the data connection speak TLS.
func encrypted(resumed bool) tried {
	return but(func(a *evidence.Attempt) { a.TLS, a.Resumed, a.Encrypted = true, &resumed, later(a, 35) })
}

// unencrypted is a data connection whose handshake did not come about.
var unencrypted = but(func(a *evidence.Attempt) { a.TLS = true })

// printing has plain text come in place of the handshake.
func printing(text string) tried { return but(func(a *evidence.Attempt) { a.FirstBytes = text }) }

// session changes the first one.
func session(change func(*evidence.Session)) part {
	return func(ev *evidence.Evidence) { change(&ev.Sessions[0]) }
}

const vsftpd522 = "522 SSL connection failed: session reuse required"
const proftpd425 = "425 Unable to build data connection: Operation not permitted"

func dataTLSCases() []verdictCase {
	under := func(parts ...part) *evidence.Evidence { return given(append([]part{overTLS}, parts...)...) }
	refuses := func(resumed bool, line string, more ...tried) []tried {
		return append([]tried{marked, encrypted(resumed), answers(evidence.OpCompletion, line, 50), cleanEnd}, more...)
	}
	breaks := func(kind evidence.Kind, more ...tried) []tried {
		return append([]tried{marked, unencrypted, fails(evidence.OpDataTLS, kind)}, more...)
	}
	works := func(more ...tried) []tried { return append([]tried{works(197), encrypted(true)}, more...) }
	byID := session(func(s *evidence.Session) { s.TLSVersion, s.Ticket = "TLS 1.2", false })
	noTicket := session(func(s *evidence.Session) { s.Ticket = false })
	both := []part{epsv(50001, works()...), eprt(works()...)}
	and := func(parts ...part) *evidence.Evidence { return under(append(append([]part{}, both...), parts...)...) }
	const fine, dead = "passive works, active works: passive EPSV, ", "passive fails, active fails: none, critical\n"
	noReuse, tls12 := purpose(evidence.PurposeNoReuse), purpose(evidence.PurposeTLS12)
	return []verdictCase{
		{"all resumes", and(), fine + "ok"},
		{"who does not resume is refused, vsftpd", and(epsv(50003, refuses(false, vsftpd522, noReuse)...)), fine + "ok\ninfo - data-tls-session-reuse-required high"},
		{"who does not resume is refused, ProFTPD", and(epsv(50003, refuses(false, proftpd425, noReuse)...)), fine + "ok\ninfo - data-tls-session-reuse-required high"},
		{"who does not resume is cut off", and(epsv(50003, breaks(evidence.KindReset, noReuse)...)), fine + "ok\ninfo - data-tls-session-reuse-required medium or data-tls-handshake-failed"},
		{"who does not resume is served", and(epsv(50003, append(works(), encrypted(false), noReuse)...)), fine + "ok"},
		{"the question itself went wrong", and(epsv(50003, breaks(evidence.KindTimedOut, noReuse)...)), fine + "ok"},
		{"refused in both modes, vsftpd", under(epsv(50001, refuses(false, vsftpd522)...), eprt(refuses(false, vsftpd522)...)), dead + "error - data-tls-session-reuse-required high"},
		{"refused in both modes, ProFTPD", under(epsv(50001, refuses(false, proftpd425)...), eprt(refuses(false, proftpd425)...)), dead + "error - data-tls-session-reuse-required medium or data-tls-handshake-failed"},
		{"refused in both modes, FileZilla", under(epsv(50001, refuses(false, "425 Unable to build data connection: TLS session of data connection not resumed.")...), eprt(refuses(true, "450 TLS session of data connection has not resumed or the session does not match the control connection")...)),
			dead + "error - data-tls-session-reuse-required high"},
		{"no ticket in TLS 1.3", under(noTicket, epsv(50001, refuses(false, vsftpd522)...), eprt(refuses(false, vsftpd522)...)), dead + "error - data-tls-session-reuse-required high"},
		{"a session with an ID alone", under(byID, epsv(50001, refuses(false, proftpd425)...), eprt(refuses(false, proftpd425)...)), "passive inconclusive, active inconclusive: none, warning\nwarning - data-tls-session-reuse-required high"},
		{"the same in passive mode alone", under(byID, epsv(50001, refuses(false, proftpd425)...), eprt(works()...)), "passive inconclusive, active works: active EPRT, ok\nwarning passive data-tls-session-reuse-required medium"},
		{"ProFTPD's EPERM before any handshake is over", under(epsv(50001, marked, unencrypted, answers(evidence.OpDataTLS, proftpd425, 50)), eprt(works()...)), "passive fails, active works: active EPRT, ok\nwarning passive data-tls-handshake-failed medium"},
		{"the session expires", under(epsv(50001, works()...), eprt(works()...), epsv(50002, refuses(true, vsftpd522, file("big"))...)), "passive works, active works: passive EPSV, critical\nerror passive data-tls-session-expired high"},
		{"the session expires between listings", under(epsv(50001, works()...), epsv(50002, refuses(true, vsftpd522)...)), "passive intermittent, active not_tested: passive EPSV, warning\nwarning passive data-tls-session-expired low"},
		{"TLS 1.2 works in both modes", under(epsv(50001, breaks(evidence.KindEOF)...), eprt(breaks(evidence.KindEOF)...), epsv(50002, append(works(), tls12)...), eprt(append(works(), tls12)...)),
			"passive conditional, active conditional: passive EPSV tls-1.2-at-most, warning\nwarning - data-tls-session-reuse-broken high"},
		{"TLS 1.2 works where reuse is demanded", under(epsv(50001, refuses(false, vsftpd522)...), epsv(50002, append(works(), tls12)...)),
			"passive conditional, active not_tested: passive EPSV tls-1.2-at-most, warning\nwarning passive data-tls-session-reuse-broken high"},
		{"TLS 1.2 was asked in passive mode alone", under(epsv(50001, breaks(evidence.KindEOF)...), eprt(breaks(evidence.KindEOF)...), epsv(50002, append(works(), tls12)...)),
			"passive conditional, active fails: passive EPSV tls-1.2-at-most, warning\nwarning active data-tls-session-reuse-broken medium or data-tls-handshake-failed\nwarning passive data-tls-session-reuse-broken high"},
		{"TLS 1.2 fails too", under(epsv(50001, breaks(evidence.KindEOF)...), eprt(breaks(evidence.KindEOF)...), epsv(50002, breaks(evidence.KindEOF, tls12)...)), dead + "error - data-tls-handshake-failed medium or data-tls-session-reuse-required"},
		{"plain text in place of TLS", under(epsv(50001, breaks(evidence.KindMalformed, printing("500 OOPS: cannot open"))...), eprt(works()...)), "passive fails, active works: active EPRT, ok\nwarning passive data-tls-handshake-failed high"},
		{"an alert", under(epsv(50001, breaks(evidence.KindRejected)...), eprt(works()...)), "passive fails, active works: active EPRT, ok\nwarning passive data-tls-handshake-failed medium or data-tls-session-reuse-required, tls-version-cipher"},
		{"an alert after the handshake", under(epsv(50001, marked, encrypted(true), fails(evidence.OpTransfer, evidence.KindRejected)), eprt(works()...)), "passive fails, active works: active EPRT, ok\nwarning passive data-tls-handshake-failed medium or tls-version-cipher"},
		{"the handshake stalls", under(epsv(50001, breaks(evidence.KindTimedOut)...), eprt(works()...)), "passive fails, active works: active EPRT, ok\nwarning passive data-tls-handshake-failed medium or transfer-mtu-black-hole, transfer-stalled"},
		{"Pure-FTPd ends the session", under(epsv(50001, marked, unencrypted, fails(evidence.OpTransfer, evidence.KindEOF)), eprt(works()...)), "passive fails, active works: active EPRT, ok\nwarning passive data-tls-handshake-failed medium or data-tls-session-reuse-required"},
		{"pyftpdlib's 522", under(epsv(50001, marked, unencrypted, answers(evidence.OpDataTLS, "522 SSL handshake failed.", 50)), eprt(works()...)), "passive fails, active works: active EPRT, ok\nwarning passive data-tls-handshake-failed medium"},
		{"426 once bytes came", under(epsv(50001, marked, encrypted(true), received(20), answers(evidence.OpCompletion, "426 Transfer aborted.", 50)), eprt(works()...)), "passive fails, active works: active EPRT, ok\nwarning passive passive-aborted-426 medium"},
		{"no close_notify", under(epsv(50001, append(works(), unclean)...), eprt(append(works(), unclean)...)), fine + "warning\nwarning - data-tls-unclean-close high"},
		{"no close_notify in passive mode", under(epsv(50001, append(works(), unclean)...), eprt(works()...)), fine + "warning\nwarning passive data-tls-unclean-close medium"},
		{"we closed", under(epsv(50001, append(works(), unclean, but(func(a *evidence.Attempt) { a.Truncated, a.Bytes = true, probe.DataLimit }))...), eprt(works()...)), fine + "ok"},
	}
}

var unclean = but(func(a *evidence.Attempt) { a.Unclean = true })

func TestBlindHelpers(t *testing.T) { check(t, blindCases()) }

func blindCases() []verdictCase {
	under := func(parts ...part) *evidence.Evidence { return given(append([]part{overTLS}, parts...)...) }
	plain := purpose(evidence.PurposePlain)
	dead := []tried{unencrypted, dial(evidence.KindTimedOut)}
	works := func(more ...tried) []tried { return append([]tried{works(197), encrypted(true)}, more...) }
	inClear := append([]tried{}, plain, but(func(a *evidence.Attempt) { a.TLS, a.Resumed = false, nil }))
	clearly := func() []tried { return append(works(), inClear...) }
	reject := says("500 Illegal PORT command.")
	const ports = " or passive-client-egress-blocked, passive-helper-missing, passive-low-ports-only"
	deadPassive := []part{epsv(50001, dead...), pasv(50002, dead...), eprt(works()...)}
	passive := func(parts ...part) *evidence.Evidence {
		return under(append(append([]part{}, deadPassive...), parts...)...)
	}
	declined := []part{epsv(50001, works()...), attempt(evidence.EPRT, reject), attempt(evidence.PORT, reject)}
	return []verdictCase{
		{"passive works in clear", passive(epsv(50003, clearly()...)), "passive fails, active works: active EPRT, ok\nwarning passive passive-alg-blind-to-tls high"},
		{"passive fails in clear too", passive(epsv(50003, dial(evidence.KindTimedOut), plain)), "passive fails, active works: active EPRT, ok\nwarning passive passive-ports-dropped medium" + ports},
		{"nobody asked in clear", passive(), "passive fails, active works: active EPRT, ok\nwarning passive passive-ports-dropped medium" + ports + ", passive-alg-blind-to-tls"},
		{"in clear the server demands TLS", passive(epsv(50003, connected, answers(evidence.OpTransfer, "522 Data connections must be encrypted.", 20), purpose(evidence.PurposePlain), func(ev *evidence.Evidence, a *evidence.Attempt) {
			ev.Sessions = append(ev.Sessions, evidence.Session{ID: 9, Purpose: evidence.PurposePlain, IP: serverIP})
			a.Session = 9
		})), "passive fails, active works: active EPRT, ok\nwarning passive passive-ports-dropped medium" + ports + ", passive-alg-blind-to-tls"},
		{"a private address under TLS, and refused", under(pasvTo("192.168.9.2", 50001, unencrypted, dial(evidence.KindRefused)), eprt(works()...), pasv(50003, clearly()...)),
			"passive fails, active works: active EPRT, ok\nwarning passive passive-alg-blind-to-tls high\ninfo passive passive-private-address medium"},
		{"one passive command works under TLS", under(epsv(50001, works()...), pasv(50002, dead...), eprt(works()...), pasv(50003, clearly()...)),
			"passive conditional, active works: passive EPSV use-epsv, warning\nwarning passive passive-alg-conflict medium or passive-alg-rewrote-port, passive-range-partly-open"},
		{"active works in clear", under(append(declined, port(clearly()...))...), "passive works, active fails: passive EPSV, ok\nwarning active active-alg-blind-to-tls high"},
		{"active fails in clear too", under(append(declined, attempt(evidence.PORT, reject, plain))...), "passive works, active fails: passive EPSV, ok\nwarning active active-address-rejected medium"},
		{"nobody asked active in clear", under(declined...), "passive works, active fails: passive EPSV, ok\nwarning active active-address-rejected medium or active-alg-blind-to-tls"},
		{"active is silent under TLS, and works in clear", under(epsv(50001, works()...), eprt(fails(evidence.OpDataAccept, evidence.KindTimedOut)), eprt(clearly()...)), "passive works, active fails: passive EPSV, ok\nwarning active active-alg-blind-to-tls high"},
		{"without TLS no question", given(epsv(50001, dial(evidence.KindTimedOut)), pasv(50002, dial(evidence.KindTimedOut)), eprt(fails(evidence.OpDataAccept, evidence.KindTimedOut))),
			"passive fails, active fails: none, critical\nerror active active-inbound-dropped medium or active-server-cannot-connect, active-source-port-not-20, active-inbound-dropped-locally\nerror passive passive-ports-dropped medium" + ports},
		{"on this machine nobody is between", under(loopbackServer, epsv(50001, dead...), pasv(50002, dead...)), "passive fails, active not_tested: none, critical\nerror passive passive-ports-dropped high"},
	}
}

// The step against a blind helper is a range of ports, never to go without TLS.
func TestBlindHelpersCureIsARange(t *testing.T) {
	for _, c := range blindCases() {
		for _, f := range Diagnose(c.ev).Findings {
			if f.Code != PassiveALGBlindToTLS && f.Code != ActiveALGBlindToTLS {
				continue
			}
			got := told(f)
			if !strings.Contains(got, "range of") || strings.Contains(got, "TLS off") || strings.Contains(got, "--tls") {
				t.Errorf("%s: %s", c.name, got)
			}
			if tls := Diagnose(c.ev).Recommendation.TLS; tls != evidence.TLSExplicit {
				t.Errorf("%s: recommended TLS %s", c.name, tls)
			}
		}
	}
}

// What is seen of a data connection whose TLS failed.
func TestDataTLSEvidence(t *testing.T) {
	wantProof(t, dataTLSCases(), map[string][]string{
		"refused in both modes, vsftpd":          {"150 Here", vsftpd522, "did not resume"},
		"plain text in place of TLS":             {"in place of TLS on the data connection: 500 OOPS: cannot open"},
		"an alert after the handshake":           {"resumed the session"},
		"a session with an ID alone":             {"by its ID only", "most clients can"},
		"the session expires":                    {"resumed: LIST over EPSV", vsftpd522},
		"TLS 1.2 works in both modes":            {"TLS 1.2 at most: LIST over EPSV: 197 bytes"},
		"who does not resume is refused, vsftpd": {"did not resume", "resumed: LIST over EPSV"},
		"no close_notify":                        {"without close_notify"},
		"Pure-FTPd ends the session":             {"TLS handshake on the data connection: eof"},
	})
}
