//go:build linux

package netlab

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"ftpdiag/probe/evidence"
	"ftpdiag/probe/realserver"
)

// tap records every byte that crosses the client's link, until the function that
// it returns is called.
func (st *stage) tap(t *testing.T) func() []byte {
	t.Helper()
	return st.tcpdump(t, "-U", "-s", "0", "-w", "-", "tcp")
}

// A password never crosses the wire in clear unless that was asked for, whatever
// is done to TLS on the way, and neither does the name that it belongs to.
func TestNoPasswordInClear(t *testing.T) {
	Need(t)
	secure := vsftpd(overTLS(), joesToo())
	for _, c := range []struct {
		scenario
		code string
	}{
		{scenario{name: "TLS is not offered by vsftpd", server: vsftpd(joesToo())}, "tls-not-offered"},
		{scenario{name: "TLS is not offered by ProFTPD", server: proftpd(joesToo())}, "tls-not-offered"},
		{scenario{name: "TLS is not offered by Pure-FTPd", server: pureftpd(joesToo())}, "tls-not-offered"},
		{scenario{name: "TLS is not offered by pyftpdlib", server: pyftpdlib(joesToo())}, "tls-not-offered"},
		{scenario{name: "AUTH is stripped", server: secure, net: Plan{ClientGateway: Does(StripsTLS().In(21))}}, "tls-not-offered"},
		{scenario{name: "AUTH is reset", server: secure, net: Plan{ClientGateway: Does(ResetOn("AUTH"))}}, ""},
		{scenario{name: "AUTH is swallowed", server: secure, net: Plan{ClientGateway: Does(Swallow("AUTH"))}}, ""},
		{scenario{name: "TLS is reset", server: secure, net: Plan{ClientGateway: Does(ResetOnClientHello())}}, "tls-killed-by-middlebox"},
		{scenario{name: "TLS stalls", server: secure, net: Plan{ClientGateway: Does(SwallowClientHello())}}, "tls-handshake-stalled"},
		{scenario{name: "a proxy hangs up behind 234", server: secure, net: Plan{ClientGateway: Does(HangsUpBehind("234").In(21))}}, "tls-killed-by-middlebox"},
		{scenario{name: "the certificate is nobody's", server: secure, cert: certificate{untrusted: true}}, "tls-cert-untrusted"},
		{scenario{name: "all is well", server: secure}, ""},
	} {
		c.tls, c.user = evidence.TLSAuto, joe
		t.Run(strings.ReplaceAll(c.name, " ", "-"), func(t *testing.T) {
			t.Parallel()
			st := c.build(t)
			stop := st.tap(t)
			verdict := st.ftpdiag(t, asRoot)
			wire := stop()
			if !bytes.Contains(wire, []byte("220")) {
				t.Fatal("the tap saw no greeting")
			}
			for _, secret := range []string{joe.Password, "PASS ", "USER " + joe.Name, joe.Name + "\r\n"} {
				if bytes.Contains(wire, []byte(secret)) {
					t.Errorf("%q was on the wire", secret)
				}
			}
			if f := verdict.found(""); c.code != "" && (f == nil || f.Code != c.code || f.Severity != "error" || verdict.exit != 2) {
				t.Errorf("want %s, exit 2; exit %d\n%s", c.code, verdict.exit, verdict.explain())
			}
			if c.name == "all is well" && verdict.Modes.Passive != "works" {
				t.Errorf("with TLS nothing works:\n%s", verdict.explain())
			}
		})
	}
}

// What the tap is worth: where the password may go in clear, it is seen.
func TestTapSeesPasswords(t *testing.T) {
	Need(t)
	t.Parallel()
	s := &scenario{server: vsftpd(joesToo()), tls: evidence.TLSOff, user: joe}
	st := s.build(t)
	stop := st.tap(t)
	st.ftpdiag(t, asRoot, "--mode", "passive")
	if wire := stop(); !bytes.Contains(wire, []byte("PASS "+joe.Password)) || !bytes.Contains(wire, []byte("USER "+joe.Name)) {
		t.Errorf("%d bytes without the password", len(wire))
	}
}

// Behind a certificate that does not verify nothing is said: the server itself
// bears witness of what came over TLS.
func TestNothingIsSaidBehindABadCertificate(t *testing.T) {
	Need(t)
	for name, c := range map[string]struct {
		cert certificate
		args []string
		told bool // the password arrives
	}{
		"nobody's":                  {cert: certificate{untrusted: true}},
		"expired":                   {cert: certificate{lifetime: -time.Minute}},
		"for another host":          {cert: certificate{only: []string{"www.example.net"}}},
		"nobody's, with --insecure": {cert: certificate{untrusted: true}, args: []string{"--insecure"}, told: true},
		"in order":                  {told: true},
	} {
		t.Run(strings.ReplaceAll(name, " ", "-"), func(t *testing.T) {
			t.Parallel()
			s := &scenario{server: pyftpdlib(overTLS(), joesToo(), loud()), tls: evidence.TLSAuto, user: joe, cert: c.cert, args: c.args}
			st := s.build(t)
			verdict := st.ftpdiag(t, asRoot)
			heard := st.servers[0].Output()
			if !strings.Contains(heard, "heard AUTH TLS") {
				t.Fatalf("the server bears no witness: %s", heard)
			}
			told := strings.Contains(heard, "heard USER") || strings.Contains(heard, "heard PASS")
			if told != c.told {
				t.Errorf("USER or PASS arrived: %v, want %v\n%s", told, c.told, heard)
			}
			if works := verdict.Modes.Passive == "works"; works != c.told {
				t.Errorf("passive %s\n%s", verdict.Modes.Passive, verdict.explain())
			}
		})
	}
}

// A rejected password of a real user goes to the server once, over TLS as well.
func TestOneRejectedPasswordOverTLS(t *testing.T) {
	Need(t)
	t.Parallel()
	wrong := *joe
	wrong.Password = "not that one"
	s := &scenario{server: pyftpdlib(overTLS(), joesToo(), loud()), tls: evidence.TLSAuto, user: &wrong}
	st := s.build(t)
	verdict := st.ftpdiag(t, asRoot)
	heard := st.servers[0].Output()
	if n := strings.Count(heard, "heard PASS"); n != 1 {
		t.Errorf("the password came %d times\n%s", n, heard)
	}
	if f := verdict.found(""); f == nil || f.Code != "login-rejected" {
		t.Errorf("found %v, want login-rejected", verdict.line())
	}
}

// loud makes pyftpdlib print every command that it hears.
func loud() option {
	return extra(
		"def hear(self, line, cmd, arg, real=handler.pre_process_command):\n"+
			"    print('heard', line, flush=True)\n"+
			"    return real(self, line, cmd, arg)",
		"handler.pre_process_command = hear",
	)
}

// Certificates that ftpdiag complains of are those that lftp, as Debian has it,
// does not accept.
func TestLftpVerifies(t *testing.T) {
	Need(t)
	for _, name := range []string{"an expired certificate", "a certificate for another host", "a certificate of nobody", "vsftpd over TLS", "a large certificate"} {
		t.Run(strings.ReplaceAll(name, " ", "-"), func(t *testing.T) {
			t.Parallel()
			s := named(t, name)
			st := s.build(t)
			request := st.request(t)
			request.CAFile = st.cert.CertFile
			if name == "a certificate of nobody" {
				request.CAFile = realserver.NewCertificate(t, months, HostName).CertFile
			}
			want := !s.cert.untrusted
			if r := request.Run(t, realserver.LftpPassive); r.OK != want {
				t.Errorf("lftp: %v, want %v\n%s", r.OK, want, r.Dialogue)
			}
		})
	}
}
