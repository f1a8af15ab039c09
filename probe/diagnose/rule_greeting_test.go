package diagnose

import (
	"testing"

	"ftpdiag/probe/evidence"
)

func TestGreeting(t *testing.T) { check(t, greetingCases()) }

func greetingCases() []verdictCase {
	silent := ended(evidence.OpGreeting, evidence.KindTimedOut, "", nil)
	first := func(message string) part {
		return func(ev *evidence.Evidence) {
			ended(evidence.OpGreeting, evidence.KindMalformed, "", nil)(ev)
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
		{"silence, and every port answers", outside(silent, hello(false), probes(map[int]evidence.Kind{65530: ""})), `passive not_tested, active not_tested: none, critical
			error - greeting-silent high`},
		{"silence after 120", outside(silent, hello(false), server("120 Service ready in 1 minute.")), `passive not_tested, active not_tested: none, critical
			error - greeting-slow medium`},
		{"SSH", outside(first("the first bytes are not an FTP reply: SSH-2.0-OpenSSH_9.2p1")), `passive not_tested, active not_tested: none, critical
			error - greeting-wrong-protocol high`},
		{"HTTP", outside(first("the first bytes are not an FTP reply: HTTP/1.1 400 Bad Request")), `passive not_tested, active not_tested: none, critical
			error - greeting-wrong-protocol high`},
		{"something else", outside(first("the first bytes are not an FTP reply: hello")), `passive not_tested, active not_tested: none, critical
			error - greeting-wrong-protocol high`},
		{"a mail server", outside(greets("mx.example.net ESMTP Postfix"), refusedAt(evidence.OpLogin, "USER", "502 5.5.2 Error: command not recognized")), `passive not_tested, active not_tested: none, critical
			error - greeting-wrong-protocol high`},
		{"full", outside(refusedAt(evidence.OpGreeting, "", "421 There are too many connected users, please try later.")), `passive not_tested, active not_tested: none, critical
			error - greeting-busy medium`},
		{"full, Pure-FTPd", outside(refusedAt(evidence.OpGreeting, "", "421 50 users (the maximum) are already logged in, sorry")), `passive not_tested, active not_tested: none, critical
			error - greeting-busy medium`},
		{"full, ProFTPD", outside(refusedAt(evidence.OpGreeting, "", "530 Sorry, the maximum number of connections (1) for your host are already connected.")), `passive not_tested, active not_tested: none, critical
			error - greeting-busy medium`},
		{"banned", outside(refusedAt(evidence.OpGreeting, "", "421 Temporarily banned for too many failed login attempts")), `passive not_tested, active not_tested: none, critical
			error - control-client-banned medium`},
		{"not available", outside(refusedAt(evidence.OpGreeting, "", "421 Service not available.")), `passive not_tested, active not_tested: none, critical
			error - greeting-refused medium`},
		{"421 in other words", outside(refusedAt(evidence.OpGreeting, "", "421 Go away.")), `passive not_tested, active not_tested: none, critical
			error - greeting-refused medium or greeting-busy, control-client-banned`},
		{"450 in other words", outside(refusedAt(evidence.OpGreeting, "", "450 Not now.")), `passive not_tested, active not_tested: none, critical
			error - greeting-busy medium or greeting-refused`},
		{"an error of its own", outside(refusedAt(evidence.OpGreeting, "", "500 OOPS: vsftpd: cannot locate user specified in 'ftp_username':ftp")), `passive not_tested, active not_tested: none, critical
			error - greeting-server-error medium`},
		{"closed at once", outside(ended(evidence.OpGreeting, evidence.KindEOF, "", nil)), `passive not_tested, active not_tested: none, critical
			error - greeting-refused medium or greeting-busy, control-client-banned`},
		{"reset at once", outside(ended(evidence.OpGreeting, evidence.KindReset, "", nil)), `passive not_tested, active not_tested: none, critical
			error - greeting-refused medium or greeting-busy, control-client-banned`},
		{"interrupted", outside(ended(evidence.OpGreeting, evidence.KindInterrupted, "", nil)), `passive not_tested, active not_tested: none, unknown`},
		{"our second connection refused", given(refusedAt(evidence.OpGreeting, "", "421 There are too many connections from your internet address."),
			func(ev *evidence.Evidence) { ev.Serial = true }, epsv(50001, works(9)), eprt(works(9))), `passive works, active works: passive EPSV, ok`},
	}
}

func TestSlowGreeting(t *testing.T) { check(t, slowGreetingCases()) }

func slowGreetingCases() []verdictCase {
	greeted := func(waits ...float64) part {
		return func(ev *evidence.Evidence) {
			first := ev.Sessions[0]
			ev.Sessions = nil
			for i, w := range waits {
				first.ID, first.Greeting = i+1, msp(w)
				ev.Sessions = append(ev.Sessions, first)
			}
		}
	}
	healthy := []part{epsv(50001, works(9)), eprt(works(9))}
	with := func(p ...part) *evidence.Evidence { return given(append(p, healthy...)...) }
	return []verdictCase{
		{"ten seconds", with(greeted(10_000)), `passive works, active works: passive EPSV, warning
			warning - greeting-slow medium`},
		{"three seconds each time", with(greeted(3000, 3010)), `passive works, active works: passive EPSV, warning
			warning - greeting-slow high`},
		{"three seconds once, a lost packet", with(greeted(3000, 40)), `passive works, active works: passive EPSV, ok`},
		{"three seconds, asked once", with(greeted(3000)), `passive works, active works: passive EPSV, ok`},
		{"longer than the timeout", with(greeted(1500), func(ev *evidence.Evidence) { ev.Options.Timeout = ms(1000) }), `passive works, active works: passive EPSV, warning
			warning - greeting-slow medium`},
		{"a long line", with(greeted(4500), func(ev *evidence.Evidence) { ev.Sessions[0].Connect = msp(600) }), `passive works, active works: passive EPSV, ok`},
		{"120 first", with(greeted(900), server("120 Service ready in 0 minutes.")), `passive works, active works: passive EPSV, warning
			warning - greeting-slow medium`},
		{"masked", with(greets("****************************"), func(ev *evidence.Evidence) { ev.Server.System = "XXXXXXXXXXXXXXXX" }), `passive works, active works: passive EPSV, ok
			info - greeting-intercepted medium`},
		{"a proxy says what it is", with(greets("Frox transparent ftp proxy. Login with username[@host[:port]]")), `passive works, active works: passive EPSV, ok
			info - greeting-intercepted medium`},
		{"stars around a welcome", with(greets("*** Welcome to the FTP service of Example University ***")), `passive works, active works: passive EPSV, ok`},
	}
}
