package diagnose

import (
	"testing"

	"ftpdiag/probe/evidence"
)

func TestLogin(t *testing.T) { check(t, loginCases()) }

func loginCases() []verdictCase {
	at := func(command, line string) *evidence.Evidence {
		return outside(refusedAt(evidence.OpLogin, command, line))
	}
	as := func(name, command, line string) *evidence.Evidence {
		return outside(user(name), refusedAt(evidence.OpLogin, command, line))
	}
	return []verdictCase{
		{"USER answered twice", given(func(ev *evidence.Evidence) {
			ev.Sessions[0].Unasked = &evidence.Reply{Code: 331, Text: "Please specify the password."}
		}, epsv(50001, works(9)), eprt(works(9))), `passive conditional, active conditional: passive EPSV discard-extra-replies, warning
			warning - login-extra-reply medium`},
		{"wrong password", as("joe", "PASS", "530 Login incorrect."), `passive not_tested, active not_tested: none, critical
			error - login-rejected medium
			info - login-cleartext high`},
		{"anonymous only", as("joe", "USER", "530 This FTP server is anonymous only."), `passive not_tested, active not_tested: none, critical
			error - login-rejected medium`},
		{"too many attempts", as("joe", "PASS", "530 Maximum login attempts. Disconnecting."), `passive not_tested, active not_tested: none, critical
			error - login-rejected medium
			info - login-cleartext high`},
		{"too many attempts, not sessions", as("joe", "PASS", "421 Too many login attempts."), `passive not_tested, active not_tested: none, critical
			error - login-rejected medium
			info - login-cleartext high`},
		{"anonymous not known", at("PASS", "530 Login incorrect."), `passive not_tested, active not_tested: none, critical
			error - login-anonymous-refused medium`},
		{"no anonymous, in words", at("PASS", "530 Sorry, no ANONYMOUS access allowed."), `passive not_tested, active not_tested: none, critical
			error - login-anonymous-refused medium`},
		{"refused where FEAT has HOST", outside(features("HOST", "EPSV"), refusedAt(evidence.OpLogin, "PASS", "530 Login incorrect.")), `passive not_tested, active not_tested: none, critical
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
		{"PASS is never answered", outside(ended(evidence.OpLogin, evidence.KindTimedOut, "PASS", nil)), `passive not_tested, active not_tested: none, critical
			error - login-timeout medium`},
		{"PASS is answered with garbage", outside(ended(evidence.OpLogin, evidence.KindMalformed, "PASS", nil)), `passive not_tested, active not_tested: none, critical
			error - login-malformed-reply medium or greeting-intercepted`},
		{"USER is asked to wait", at("USER", "120 Wait."), `passive not_tested, active not_tested: none, critical
			error - login-malformed-reply medium or greeting-intercepted`},
		{"PASS is asked for again and again", at("PASS", "331 Password required."), `passive not_tested, active not_tested: none, critical
			error - login-malformed-reply medium or greeting-intercepted`},
		{"closed after USER, twice", outside(ended(evidence.OpLogin, evidence.KindEOF, "USER", nil), ended(evidence.OpLogin, evidence.KindEOF, "USER", nil)), `passive not_tested, active not_tested: none, critical
			error - control-closed high`},
		{"reset after the greeting", outside(ended(evidence.OpLogin, evidence.KindReset, "", nil)), `passive not_tested, active not_tested: none, critical
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
		return func(ev *evidence.Evidence) {
			ev.Transcript = append(ev.Transcript, evidence.Exchange{Session: session, From: evidence.FromClient, Text: text})
		}
	}
	in := func(ev *evidence.Evidence) {
		ev.Sessions = append(ev.Sessions, evidence.Session{ID: len(ev.Sessions) + 1, Purpose: evidence.PurposeDiagnose, IP: serverIP,
			Port: 21, Local: clientIP + ":41001", Connect: msp(12), Login: msp(20)})
	}
	refused := refusedAt(evidence.OpLogin, "USER", "530 Not logged in.")
	return []verdictCase{
		{"let in with HOST", outside(refused, in, client(2, "HOST ftp.example.com"), epsv(50001, works(9)), eprt(works(9))), `passive works, active works: passive EPSV, warning
			warning - login-virtual-host high`},
		{"let in without HOST", outside(refused, in, epsv(50001, works(9)), eprt(works(9))), `passive works, active works: passive EPSV, ok`},
		{"refused with HOST, and then let in with HOST", outside(refused, client(1, "HOST ftp.example.com"), in, client(2, "HOST ftp.example.com"), epsv(50001, works(9)), eprt(works(9))), `passive works, active works: passive EPSV, ok`},
		{"refused with HOST too", outside(refused, features("HOST"), refused, client(2, "HOST ftp.example.com")), `passive not_tested, active not_tested: none, critical
			error - login-anonymous-refused medium or login-virtual-host`},
	}
}
