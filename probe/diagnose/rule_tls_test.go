package diagnose

import (
	"strings"
	"testing"

	"ftpdiag/probe/evidence"
)

func TestTLS(t *testing.T) { check(t, tlsCases()) }

const stopped = "passive not_tested, active not_tested: none, critical\n"

func tlsCases() []verdictCase {
	explicit, implicit := wants(evidence.TLSExplicit, evidence.TLSExplicit), wants(evidence.TLSImplicit, evidence.TLSImplicit)
	auto := wants(evidence.TLSAuto, evidence.TLSExplicit)
	refused := func(line string) part {
		return explicitly(refusedAt(evidence.OpAuthTLS, "AUTH TLS", line), line)
	}
	silent := ended(evidence.OpGreeting, evidence.KindTimedOut, "", nil)
	behind234 := func(s part) part { return explicitly(s, "234 AUTH TLS OK.") }
	works2 := []part{epsv(50001, works(9)), eprt(works(9))}
	and := func(parts ...part) *evidence.Evidence { return outside(append(parts, works2...)...) }
	const fine = "passive works, active works: passive EPSV, "
	alert := atHandshake(evidence.KindRejected, "TLS alert: handshake failure")
	return []verdictCase{
		// AUTH refused
		{"vsftpd without TLS, a password", outside(explicit, user("joe"), refused("530 Please login with USER and PASS.")), stopped + "error - tls-not-offered medium"},
		{"the same, anonymous", outside(explicit, refused("530 Please login with USER and PASS.")), stopped + "error - tls-not-offered medium"},
		{"ProFTPD without TLS", outside(auto, user("joe"), refused("500 AUTH not understood")), stopped + "error - tls-not-offered medium"},
		{"an unknown command, and not in FEAT", outside(auto, user("joe"), features("EPSV"), refused("500 AUTH not understood")), stopped + "error - tls-not-offered high"},
		{"stripped on the way", outside(auto, user("joe"), refused("500 Unknown command.")), stopped + "error - tls-not-offered medium or greeting-intercepted"},
		{"refused, although FEAT has it", outside(auto, user("joe"), features("AUTH TLS", "PBSZ"), refused("500 AUTH not understood")), stopped + "error - tls-not-offered medium or greeting-intercepted"},
		{"ProFTPD without a certificate", outside(explicit, refused("431 Necessary security resource unavailable")), stopped + "error - tls-no-server-cert medium"},
		{"IIS without a certificate", outside(explicit, refused("534 Policy requires SSL.")), stopped + "error - tls-no-server-cert medium"},
		{"a policy against TLS", outside(explicit, refused("534 Local policy on server does not allow TLS secure connections.")), stopped + "error - tls-no-server-cert medium or tls-not-offered"},
		{"an error in the server's own settings", outside(explicit, refused("500 OOPS: cannot read config file")), stopped + "error - greeting-server-error medium"},
		{"too many connections", outside(explicit, refused("421 Too many connections (3) from this IP")), stopped + "error - greeting-busy medium"},
		{"421 in other words", outside(explicit, refused("421 Not now.")), stopped + "error - login-session-limit medium or control-client-banned"},
		{"a mail server", outside(explicit, greets("mx.example.net ESMTP Postfix"), refused("502 5.5.2 Error: command not recognized")), stopped + "error - greeting-wrong-protocol high"},

		// the connection ends
		{"reset after 234", outside(explicit, behind234(atHandshake(evidence.KindReset, "the connection was reset"))), stopped + "error - tls-killed-by-middlebox medium or tls-version-cipher, tls-no-server-cert"},
		{"closed after 234, each time", outside(explicit, behind234(atHandshake(evidence.KindEOF, "closed")), limitedTo(evidence.LimitTLS12, behind234(atHandshake(evidence.KindEOF, "closed")))),
			stopped + "error - tls-killed-by-middlebox medium or tls-version-cipher, tls-no-server-cert"},
		{"closed on AUTH", outside(explicit, ended(evidence.OpAuthTLS, evidence.KindEOF, "AUTH TLS", nil)), stopped + "error - tls-killed-by-middlebox medium or control-closed"},
		{"reset on the ClientHello of implicit TLS", outside(implicit, atHandshake(evidence.KindReset, "reset")), stopped + "error - tls-killed-by-middlebox medium or greeting-refused, tls-version-cipher"},
		{"AUTH is never answered", outside(explicit, ended(evidence.OpAuthTLS, evidence.KindTimedOut, "AUTH TLS", nil)), stopped + "error - tls-killed-by-middlebox medium or control-closed"},
		{"nothing after 234", outside(explicit, behind234(atHandshake(evidence.KindTimedOut, "no answer in time"))), stopped + "error - tls-handshake-stalled medium or transfer-mtu-black-hole, tls-killed-by-middlebox"},
		{"nothing on implicit TLS", outside(implicit, atHandshake(evidence.KindTimedOut, "no answer in time")), stopped + "error - tls-handshake-stalled medium or transfer-mtu-black-hole, greeting-silent, tls-killed-by-middlebox"},
		{"closed on PROT", outside(explicit, shaken(behind234(ended(evidence.OpAuthTLS, evidence.KindEOF, "PROT P", nil)), "TLS 1.3")), stopped + "error - control-closed medium"},

		// handshakes that fail
		{"an alert", outside(explicit, behind234(alert)), stopped + "error - tls-version-cipher medium or tls-no-server-cert"},
		{"an alert whatever we allow", outside(explicit, behind234(alert), limitedTo(evidence.LimitTLS12, behind234(alert)), limitedTo(evidence.LimitLegacy, behind234(alert))),
			stopped + "error - tls-version-cipher medium or tls-no-server-cert"},
		{"an old version", outside(explicit, behind234(atHandshake(evidence.KindMalformed, "server selected unsupported protocol version 301"))), stopped + "error - tls-version-cipher medium or tls-no-server-cert"},
		{"the server's word in clear", outside(explicit, behind234(atHandshake(evidence.KindMalformed, "no TLS, but plain text: 421 TLS handshake failed"))), stopped + "error - tls-version-cipher medium or tls-no-server-cert"},
		{"TLS 1.2 works", and(explicit, behind234(alert), limitedTo(evidence.LimitTLS12, secured)), fine + "warning\nwarning - tls-version-cipher high"},
		{"TLS 1.2 works where 1.3 stalled", and(explicit, behind234(atHandshake(evidence.KindTimedOut, "no answer in time")), limitedTo(evidence.LimitTLS12, secured)), fine + "warning\nwarning - tls-version-cipher medium or tls-handshake-stalled"},
		{"old ciphers work", and(explicit, behind234(alert), limitedTo(evidence.LimitTLS12, behind234(alert)), limitedTo(evidence.LimitLegacy, secured)), fine + "warning\nwarning - tls-version-cipher high"},
		{"old ciphers work, and a password waits", outside(explicit, behind234(alert), limitedTo(evidence.LimitTLS12, behind234(alert)),
			limitedTo(evidence.LimitLegacy, shaken(behind234(atHandshake(evidence.KindDenied, "outdated")), "TLS 1.0"))), stopped + "error - tls-version-cipher high"},
		{"TLS 1.2 works, and then the login is rejected", outside(explicit, behind234(alert), limitedTo(evidence.LimitTLS12, shaken(behind234(refusedAt(evidence.OpLogin, "PASS", "530 Login incorrect.")), "TLS 1.2"))),
			stopped + "error - login-anonymous-refused medium\nwarning - tls-version-cipher high"},
		{"not TLS at all", outside(explicit, behind234(atHandshake(evidence.KindMalformed, "first record does not look like a TLS handshake"))), stopped + "error - tls-handshake-malformed medium or greeting-intercepted, tls-version-cipher"},
		{"an endless handshake", outside(explicit, behind234(atHandshake(evidence.KindMalformed, "too many messages"))), stopped + "error - tls-handshake-malformed medium or greeting-intercepted, tls-version-cipher"},
		{"more behind the 234", outside(explicit, behind234(ended(evidence.OpAuthTLS, evidence.KindMalformed, "AUTH TLS", nil))), stopped + "error - tls-response-injected medium"},
		{"a page of a proxy behind the 234", outside(explicit, behind234(atHandshake(evidence.KindMalformed, "no TLS, but plain text: <html>blocked"))), stopped + "error - tls-response-injected medium"},
		{"interrupted", outside(explicit, behind234(atHandshake(evidence.KindInterrupted, "interrupted"))), "passive not_tested, active not_tested: none, unknown"},

		// client certificates
		{"no certificate, TLS 1.2", outside(explicit, wantsCertificate(behind234(atHandshake(evidence.KindRejected, "TLS alert: handshake failure")))), stopped + "error - tls-client-cert-required medium or tls-version-cipher"},
		{"no certificate, TLS 1.3", outside(explicit, wantsCertificate(shaken(behind234(ended(evidence.OpLogin, evidence.KindRejected, "USER", nil)), "TLS 1.3")), func(ev *evidence.Evidence) {
			ev.Sessions[0].Failure.Message = "TLS alert: certificate required"
		}), stopped + "error - tls-client-cert-required high"},
		{"no certificate, closed", outside(explicit, wantsCertificate(behind234(atHandshake(evidence.KindEOF, "closed")))), stopped + "error - tls-client-cert-required medium or tls-killed-by-middlebox"},
		{"no certificate, implicit", outside(implicit, wantsCertificate(shaken(ended(evidence.OpGreeting, evidence.KindReset, "", nil), "TLS 1.3"))), stopped + "error - tls-client-cert-required medium or tls-killed-by-middlebox"},
		{"no certificate, in z/OS's words", outside(explicit, shaken(behind234(refusedAt(evidence.OpLogin, "USER", "531 Server requires client certificate for login processing")), "TLS 1.3")), stopped + "error - tls-client-cert-required medium"},
		{"asked for, and not needed", and(explicit, wantsCertificate(secured)), fine + "ok"},
		{"asked for, and the password is wrong", outside(explicit, wantsCertificate(shaken(behind234(ended(evidence.OpLogin, evidence.KindEOF, "PASS", nil)), "TLS 1.3"))), stopped + "error - control-closed medium"},
		{"an alert after the handshake", outside(explicit, shaken(behind234(ended(evidence.OpLogin, evidence.KindRejected, "USER", nil)), "TLS 1.3")), stopped + "error - tls-version-cipher medium or tls-client-cert-required"},

		// implicit and explicit
		{"silent port, TLS off", outside(wants(evidence.TLSOff, evidence.TLSOff), silent, hello(true)), stopped + "error - greeting-implicit-tls high"},
		{"silent port, explicit", outside(explicit, silent, hello(true)), stopped + "error - tls-implicit-explicit-mismatch high"},
		{"silent port, and the run goes on", and(wants(evidence.TLSAuto, evidence.TLSImplicit), silent, hello(true), shaken(inside, "TLS 1.3")), fine + "ok\ninfo - greeting-implicit-tls high"},
		{"silent port, and implicit TLS fails", outside(wants(evidence.TLSAuto, evidence.TLSImplicit), silent, hello(true), alert), stopped + "error - tls-version-cipher medium or tls-no-server-cert\ninfo - greeting-implicit-tls high"},
		{"implicit where it is explicit", outside(implicit, atHandshake(evidence.KindMalformed, "no TLS, but plain text: 220 (vsFTPd 3.0.3)")), stopped + "error - tls-implicit-explicit-mismatch high"},
		{"implicit where SSH is spoken", outside(implicit, atHandshake(evidence.KindMalformed, "no TLS, but plain text: SSH-2.0-OpenSSH_9.2p1")), stopped + "error - greeting-wrong-protocol high"},
		{"implicit where the server is full", outside(implicit, atHandshake(evidence.KindMalformed, "no TLS, but plain text: 421 There are too many connected users, please try later.")), stopped + "error - greeting-busy medium"},
		{"port 990 in clear", and(wants(evidence.TLSAuto, evidence.TLSOff), atHandshake(evidence.KindMalformed, "no TLS, but plain text: 220 ready"), inside), fine + "ok\ninfo - tls-implicit-explicit-mismatch high"},

		// demands
		{"TLS demanded, off", outside(wants(evidence.TLSOff, evidence.TLSOff), refusedAt(evidence.OpLogin, "USER", "530 Anonymous sessions must use encryption.")), stopped + "error - tls-required medium"},
		{"TLS demanded in the greeting", outside(wants(evidence.TLSOff, evidence.TLSOff), refusedAt(evidence.OpGreeting, "", "534 Policy requires SSL.")), stopped + "error - tls-required medium"},
		{"TLS demanded, and the run goes on", and(auto, refusedAt(evidence.OpLogin, "USER", "530 Anonymous sessions must use encryption."), secured), fine + "ok\ninfo - tls-required high"},
		{"TLS demanded, and then refused", outside(auto, refusedAt(evidence.OpLogin, "USER", "534 Policy requires SSL."), refused("534 Policy requires SSL.")), stopped + "error - tls-no-server-cert medium\ninfo - tls-required medium"},
		{"the same, and a second connection was let go", outside(auto, refusedAt(evidence.OpLogin, "USER", "530 Anonymous sessions must use encryption."), refused("500 AUTH not understood"),
			step(inside, func(s *evidence.Session) { s.Login = nil })), stopped + "error - tls-not-offered medium\ninfo - tls-required medium"},
		{"anonymous users may not encrypt", outside(explicit, shaken(behind234(refusedAt(evidence.OpLogin, "USER", "530 Anonymous sessions may not use encryption.")), "TLS 1.3")), stopped + "error - tls-not-offered medium"},
		{"Pure-FTPd dislikes the cipher", outside(explicit, shaken(behind234(refusedAt(evidence.OpLogin, "USER", "421 Sorry, cleartext sessions and weak ciphers are not accepted on this server.")), "TLS 1.2")), stopped + "error - tls-version-cipher medium"},
		{"data wants TLS, and the run goes on", outside(append([]part{auto, inside, epsv(50001, connected, answers(evidence.OpTransfer, "522 Data connections must be encrypted.", 20), purpose(evidence.PurposePlain)),
			eprt(works(9), purpose(evidence.PurposePlain)), secured}, epsv(50001, works(9), over(2)), eprt(works(9), over(2)))...), fine + "ok\ninfo - data-tls-required high"},
		{"data wants TLS, and AUTH is refused", outside(auto, inside, epsv(50001, connected, answers(evidence.OpTransfer, "522 Data connections must be encrypted.", 20), purpose(evidence.PurposePlain)),
			refused("500 AUTH not understood")), stopped + "error - tls-not-offered medium\ninfo - data-tls-required medium"},
		{"data wants TLS, off", outside(wants(evidence.TLSOff, evidence.TLSOff), inside, epsv(50001, connected, answers(evidence.OpTransfer, "522 Data connections must be encrypted.", 20)),
			eprt(connected, answers(evidence.OpTransfer, "522 Data connections must be encrypted.", 20))), "passive fails, active fails: none, critical\nerror - data-tls-required high"},
		{"PROT P refused", and(explicit, step(secured, func(s *evidence.Session) { s.Protection = reply("534 Unwilling to accept security parameters") })), fine + "warning\nwarning - data-tls-refused high"},
	}
}

// over puts an attempt on a session.
func over(session int) tried {
	return but(func(a *evidence.Attempt) { a.Session, a.TLS = session, true })
}

// What a client should speak, whether or not we got in.
func TestRecommendedTLS(t *testing.T) {
	want := map[string]string{
		"silent port, TLS off": "implicit", "silent port, explicit": "implicit", "silent port, and the run goes on": "implicit",
		"implicit where it is explicit": "explicit", "port 990 in clear": "off",
		"TLS demanded, off": "explicit", "TLS demanded in the greeting": "explicit", "TLS demanded, and the run goes on": "explicit",
		"data wants TLS, off": "explicit", "data wants TLS, and the run goes on": "explicit",
		"vsftpd without TLS, a password": "explicit", "the same, anonymous": "off", "anonymous users may not encrypt": "off",
		"an alert": "explicit", "nothing on implicit TLS": "implicit",
	}
	for _, c := range tlsCases() {
		if tls, ok := want[c.name]; ok {
			delete(want, c.name)
			if got := Diagnose(c.ev).Recommendation.TLS; got != tls {
				t.Errorf("%s: %s, want %s", c.name, got, tls)
			}
		}
	}
	if len(want) > 0 {
		t.Errorf("no case for %v", want)
	}
}

// Where a password was kept back the report says so, and nowhere else.
func TestKeptPasswordIsSaid(t *testing.T) {
	for _, c := range tlsCases() {
		said := strings.Contains(proof(Diagnose(c.ev)), "neither USER nor PASS was sent")
		if want := c.ev.Target.User == "joe"; said != want {
			t.Errorf("%s: said %v, want %v", c.name, said, want)
		}
	}
}

// What is said in the forms that TLS gives a cause.
func TestTLSVariants(t *testing.T) {
	want := map[string]struct {
		code Code
		has  []string
	}{
		"vsftpd without TLS, a password":       {TLSNotOffered, []string{"password would be readable", "Repeat with `--tls off`", "in clear"}},
		"the same, anonymous":                  {TLSNotOffered, []string{"no password to protect"}},
		"silent port, explicit":                {TLSImplicitExplicitMismatch, []string{"`--tls implicit`", "`ftps://`"}},
		"implicit where it is explicit":        {TLSImplicitExplicitMismatch, []string{"`--tls explicit`", "port 990"}},
		"TLS 1.2 works":                        {TLSVersionCipher, []string{"held to TLS 1.2", "`--tls-max 1.2`"}},
		"old ciphers work":                     {TLSVersionCipher, []string{"outdated", "TLS 1.2 and 1.3"}},
		"AUTH is never answered":               {TLSKilledByMiddlebox, []string{"gets no answer", "inspection"}},
		"reset after 234":                      {TLSKilledByMiddlebox, []string{"port 990"}},
		"anonymous users may not encrypt":      {TLSNotOffered, []string{"named users only", "`--tls off`"}},
		"421 in other words":                   {LoginSessionLimit, []string{"reply 421"}},
		"nothing after 234":                    {TLSHandshakeStalled, []string{"MTU to 1280"}},
		"asked for, and the password is wrong": {ControlClosed, []string{"after PASS"}},
	}
	for _, c := range tlsCases() {
		w, ok := want[c.name]
		if !ok {
			continue
		}
		delete(want, c.name)
		got := told(findingOf(t, c.ev, w.code))
		for _, has := range w.has {
			if !strings.Contains(got, has) {
				t.Errorf("%s: %q is missing from\n%s", c.name, has, got)
			}
		}
	}
	if len(want) > 0 {
		t.Errorf("no case for %v", want)
	}
}

// The evidence says after what a connection ended, and what was allowed in each try.
func TestTLSEvidence(t *testing.T) {
	wantProof(t, tlsCases(), map[string][]string{
		"reset after 234":                          {"connection 1: reset after 234 AUTH TLS OK."},
		"closed after 234, each time":              {"connection 1: closed by the other side after 234 AUTH TLS OK.", "connection 2: "},
		"closed on AUTH":                           {"connection 1: closed by the other side after AUTH TLS"},
		"reset on the ClientHello of implicit TLS": {"after the ClientHello"},
		"an alert whatever we allow":               {"TLS 1.2 or 1.3: TLS alert", "TLS 1.2 at most: TLS alert", "with old ciphers: TLS alert"},
		"TLS 1.2 works":                            {"TLS 1.2 at most: TLS 1.3"},
		"more behind the 234":                      {"AUTH TLS: 234"},
		"stripped on the way":                      {"AUTH TLS: 500 Unknown command."},
		"PROT P refused":                           {"PROT P: 534", "went in clear"},
	})
}
