package diagnose

import (
	"cmp"
	"strings"
	"time"

	"ftpdiag/probe/evidence"
)

// began is when a run with TLS began.
var began = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// wants is what the caller wants of TLS; spoken is what the run ended up speaking.
func wants(tls, spoken string) part {
	return func(ev *evidence.Evidence) { ev.Options.TLS, ev.Target.TLS, ev.Started = tls, spoken, began }
}

// step changes the session that was added last.
func step(parts part, change func(*evidence.Session)) part {
	return func(ev *evidence.Evidence) {
		parts(ev)
		change(&ev.Sessions[len(ev.Sessions)-1])
	}
}

// explicitly is a session that got as far as the reply to AUTH TLS.
func explicitly(s part, auth string) part {
	return step(s, func(s *evidence.Session) {
		s.Greeting, s.Auth, s.After = msp(13), reply(auth), cmp.Or(s.After, "AUTH TLS")
	})
}

// shaken is a session whose handshake succeeded.
func shaken(s part, version string) part {
	return step(s, func(s *evidence.Session) {
		s.TLS, s.Handshake, s.TLSVersion, s.Ticket = true, msp(30), evidence.Maybe(version), true
	})
}

// atHandshake is a session that failed there, with a message.
func atHandshake(kind evidence.Kind, message string) part {
	return step(ended(evidence.OpTLSHandshake, kind, "", nil), func(s *evidence.Session) {
		s.Handshake, s.Failure.Message = msp(30), message
		_, s.FirstBytes, _ = strings.Cut(message, "plain text: ")
	})
}

// inside is a session that is logged in.
func inside(ev *evidence.Evidence) {
	ended(evidence.OpLogin, "", "", nil)(ev)
	s := &ev.Sessions[len(ev.Sessions)-1]
	s.Failure, s.Greeting, s.Login = nil, msp(13), msp(24)
}

// overTLS has the first session speak explicit TLS.
func overTLS(ev *evidence.Evidence) {
	wants(evidence.TLSExplicit, evidence.TLSExplicit)(ev)
	ev.Sessions = nil
	secured(ev)
	ev.Server.TLS = &evidence.TLS{Version: "TLS 1.3", Cipher: "TLS_AES_128_GCM_SHA256", Certificate: certified()}
}

// secured is one more session that is logged in over explicit TLS.
func secured(ev *evidence.Evidence) {
	shaken(explicitly(inside, "234 AUTH TLS OK."), "TLS 1.3")(ev)
	ev.Sessions[len(ev.Sessions)-1].Protection = reply("200 PROT now Private.")
}

func limitedTo(limit string, s part) part {
	return step(s, func(s *evidence.Session) { s.TLSLimit = evidence.Maybe(limit) })
}

func wantsCertificate(s part) part {
	return step(s, func(s *evidence.Session) { s.CertificateRequested = true })
}

// certified is a certificate with which nothing is wrong.
func certified(problems ...string) *evidence.Certificate {
	c := &evidence.Certificate{Subject: "CN=ftp.example.com", Issuer: "CN=Authority", Names: []string{"ftp.example.com"},
		NotBefore: evidence.Time{Time: began.AddDate(0, 0, -30)}, NotAfter: evidence.Time{Time: began.AddDate(0, 0, 60)},
		SHA256: "00ff", Key: "RSA 2048", Signature: "SHA256-RSA", Served: 2, Verified: true, Problems: problems}
	if len(problems) > 0 {
		c.Problem = evidence.Maybe(problems[0])
		c.Verified = problems[0] == evidence.CertWeakKey || problems[0] == evidence.CertWeakSignature
	}
	return c
}

// shows has the server show a certificate.
func shows(c *evidence.Certificate) part {
	return func(ev *evidence.Evidence) {
		ev.Server.TLS = &evidence.TLS{Version: "TLS 1.3", Cipher: "TLS_AES_128_GCM_SHA256", Certificate: c}
	}
}

func insecure(ev *evidence.Evidence) { ev.Options.Insecure = true }
func warnsBefore(days int) part      { return func(ev *evidence.Evidence) { ev.Options.CertDays = days } }
func expiring(days int) *evidence.Certificate {
	c := certified()
	c.NotAfter = evidence.Time{Time: began.AddDate(0, 0, days).Add(time.Hour)}
	return c
}
