package report

import (
	"bytes"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"ftpdiag/probe/diagnose"
	"ftpdiag/probe/evidence"
)

var now = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func text(spans []span) string {
	var b strings.Builder
	for _, s := range spans {
		b.WriteString(s.text)
	}
	return b.String()
}

func TestWhen(t *testing.T) {
	for seconds, want := range map[int64]string{
		0: "in a moment", -1: "a moment ago", 119: "in a moment", 120: "in 2 minutes", 7199: "in 119 minutes", 7200: "in 2 hours",
		2*secondsADay - 1: "in 47 hours", 2 * secondsADay: "in 2 days", -3 * secondsADay: "3 days ago", 13*secondsADay - 1: "in 12 days",
		729 * secondsADay: "in 729 days", 730 * secondsADay: "in 2 years", -9999 * 365 * secondsADay: "9999 years ago",
	} {
		if got := when(seconds); got != want {
			t.Errorf("%d s: %q, want %q", seconds, got, want)
		}
	}
}

// What is said of a certificate, relative to when it was seen and not to today.
func TestCertificateState(t *testing.T) {
	days := func(n int) evidence.Time { return evidence.Time{Time: now.AddDate(0, 0, n)} }
	year := days(365)
	for _, c := range []struct {
		cert evidence.Certificate
		want string
		ink  ink // of the last words
	}{
		{evidence.Certificate{Verified: true, NotAfter: year}, "verified; valid until 2027-01-02 (in 365 days)", plain},
		{evidence.Certificate{Verified: true, NotAfter: days(12)}, "verified; valid until 2026-01-14 (in 12 days)", doubtful},
		{evidence.Certificate{Verified: true, NotAfter: days(22)}, "verified; valid until 2026-01-24 (in 22 days)", plain},
		{evidence.Certificate{Verified: true}, "verified", good},
		{evidence.Certificate{NotAfter: days(-3), Problems: []string{"expired"}}, "not verified: expired 3 days ago (2025-12-30)", bad},
		{evidence.Certificate{NotAfter: year, Problems: []string{"expired"}}, "not verified: a certificate above it has expired; valid until 2027-01-02 (in 365 days)", plain},
		{evidence.Certificate{NotBefore: days(31), NotAfter: year, Problems: []string{"not-yet-valid"}},
			"not verified: not valid before 2026-02-02 (in 31 days); valid until 2027-01-02 (in 365 days)", plain},
		{evidence.Certificate{NotAfter: days(-3), Problems: []string{"expired", "wrong-host", "self-signed"}},
			"not verified: expired 3 days ago (2025-12-30); it does not name ftp.example.com; self-signed", bad},
		{evidence.Certificate{Problems: []string{"incomplete-chain"}}, "not verified: the server does not send its issuer's certificate", bad},
		{evidence.Certificate{Problems: []string{"unknown-authority"}}, "not verified: this computer does not trust its issuer", bad},
		{evidence.Certificate{Problems: []string{"other"}, Detail: "x509: odd"}, "not verified: x509: odd", bad},
		{evidence.Certificate{Problems: []string{"of-tomorrow"}}, "not verified: of-tomorrow", bad},
		{evidence.Certificate{}, "not verified", bad},
		{evidence.Certificate{Verified: true, Key: "RSA 1024", Signature: "SHA1-RSA", Problems: []string{"weak-key", "weak-signature"}},
			"verified, but its key is weak (RSA 1024); its signature is weak (SHA1-RSA)", doubtful},
	} {
		r := &diagnose.Result{Started: diagnose.Timestamp{Time: now}}
		r.Target.Host, r.Options.CertDays = "ftp.example.com", 21
		got := certificateState(r, &c.cert)
		if text(got) != c.want || got[len(got)-1].ink != c.ink {
			t.Errorf("%+v:\n got %s, in ink %d\nwant %s, in ink %d", c.cert, text(got), got[len(got)-1].ink, c.want, c.ink)
		}
	}
	r := &diagnose.Result{Started: diagnose.Timestamp{Time: now}}
	r.Options.Insecure = true
	if got := text(certificateState(r, &evidence.Certificate{Problems: []string{"self-signed"}})); got != "not verified, allowed by --insecure: self-signed" {
		t.Error(got)
	}
}

func TestOwnerWords(t *testing.T) {
	for _, c := range []struct {
		subject string
		names   []string
		want    string
	}{
		{"CN=h", []string{"h"}, "for h"},
		{"CN=h", []string{"h", "i"}, "for h, i"},
		{"", []string{"h"}, "for h"},
		{"CN=Server 7", []string{"h"}, "CN=Server 7, for h"},
		{"CN=Server 7", nil, "CN=Server 7 (names no host)"},
		{"CN=a", []string{"a", "b", "c", "d", "e", "f"}, "for a, b, c, d and 2 more"},
		{"CN=c", []string{"a", "b", "c", "d", "e", "FTP.example.com"}, "for FTP.example.com, a, b, c and 2 more"},
		{"CN=c", []string{"a", "*.example.com"}, "CN=c, for *.example.com, a"},
		{"CN=c", []string{"*.com", "*.ftp.example.com", "example.com"}, "CN=c, for *.com, *.ftp.example.com, example.com"},
	} {
		r := &diagnose.Result{}
		r.Target.Host = "ftp.example.com"
		if got := ownerWords(r, &evidence.Certificate{Subject: c.subject, Names: c.names}); got != c.want {
			t.Errorf("%q %q: %q, want %q", c.subject, c.names, got, c.want)
		}
	}
}

// Why there is no encryption, and what was kept back for it.
func TestNoEncryption(t *testing.T) {
	ms := evidence.Millis(time.Millisecond)
	refused := &evidence.Reply{Code: 530, Text: "Please login with USER and PASS."}
	fails := func(op evidence.Op, kind evidence.Kind, auth *evidence.Reply) []evidence.Session {
		return []evidence.Session{{Purpose: evidence.PurposeDiagnose, Auth: auth, Failure: &evidence.Failure{Op: op, Kind: kind, Message: "m"}}}
	}
	for _, c := range []struct {
		tls         string
		sessions    []evidence.Session
		want, login string
	}{
		{"off", nil, "none", ""},
		{"off", []evidence.Session{{Login: &ms}}, "none", ", accepted"},
		{"off", fails(evidence.OpAuthTLS, evidence.KindRejected, refused), "none; AUTH TLS was answered 530 Please login with USER and PASS.", ", not sent, and no password"},
		{"explicit", fails(evidence.OpAuthTLS, evidence.KindTimedOut, nil), "none; AUTH TLS: no answer", ", not sent, and no password"},
		{"explicit", fails(evidence.OpTLSHandshake, evidence.KindReset, refused), "none; the TLS handshake failed: cut off", ", not sent, and no password"},
		{"explicit", fails(evidence.OpConnect, evidence.KindRefused, nil), "it did not come to that; explicit TLS is asked for", ""},
		{"off", fails(evidence.OpLogin, evidence.KindRejected, nil), "none", ", refused"},
		{"off", []evidence.Session{{Purpose: evidence.PurposeClientHello, Failure: &evidence.Failure{Op: evidence.OpTLSHandshake}}, {Login: &ms}}, "none", ", accepted"},
	} {
		r := &diagnose.Result{}
		r.Target.TLS, r.Sessions = c.tls, c.sessions
		if got := text(noEncryption(r)); got != c.want {
			t.Errorf("%s, %+v: %q, want %q", c.tls, c.sessions, got, c.want)
		}
		if got := loginOutcome("bob", c.sessions); got != c.login {
			t.Errorf("%+v: login %q, want %q", c.sessions, got, c.login)
		}
	}
	if got := loginOutcome("anonymous", fails(evidence.OpTLSHandshake, evidence.KindReset, nil)); got != ", not tried" {
		t.Errorf("anonymous: login %q", got)
	}
}

func TestResumption(t *testing.T) {
	yes, no := true, false
	for want, attempts := range map[string][]evidence.Attempt{
		"":                                    {{}, {TLS: true}},
		"data connections resume the session": {{Resumed: &yes}, {}, {Resumed: &no, Purpose: evidence.PurposeNoReuse}},
		"data connections do not resume the session":    {{Resumed: &no}},
		"only some data connections resume the session": {{Resumed: &no}, {Resumed: &yes}},
	} {
		if got := resumption(attempts); got != want {
			t.Errorf("%+v: %q, want %q", attempts, got, want)
		}
	}
	for want, a := range map[string]evidence.Attempt{
		"":                 {},
		", encrypted":      {TLS: true, Resumed: &yes},
		", encrypted anew": {TLS: true, Resumed: &no},
	} {
		if got := dataEncryption(&a); got != want {
			t.Errorf("%+v: %q, want %q", a, got, want)
		}
	}
}

// What was asked without TLS, or so that it might fail, speaks for no method.
func TestSpokesmanOfTLS(t *testing.T) {
	attempts := []evidence.Attempt{
		{ID: 1, Method: evidence.EPSV, TLS: true, Outcome: evidence.OutcomeFails},
		{ID: 2, Method: evidence.EPSV, Outcome: evidence.OutcomeWorks, Purpose: evidence.PurposePlain},
		{ID: 3, Method: evidence.EPSV, TLS: true, Outcome: evidence.OutcomeFails, Purpose: evidence.PurposeNoReuse},
		{ID: 4, Method: evidence.EPSV, TLS: true, Outcome: evidence.OutcomeWorks, Purpose: evidence.PurposeTLS12},
	}
	for v, want := range map[diagnose.Verdict]int{diagnose.Fails: 1, diagnose.Works: 1, diagnose.Conditional: 4} {
		if a, _, _ := spokesman(attempts, evidence.EPSV, v); a.ID != want {
			t.Errorf("%s: attempt %d, want %d", v, a.ID, want)
		}
	}
}

// A certificate of whatever size takes a dozen lines of the page, and nothing in
// it can act upon a terminal.
func TestHostileCertificate(t *testing.T) {
	evil := strings.Repeat("\x1b[31m\u202e\x9b2J\x00\r\n\u2066\xff", 1000)
	names := make([]string, 200)
	for i := range names {
		names[i] = evil
	}
	problems := append(strings.Fields("expired not-yet-valid wrong-host self-signed incomplete-chain unknown-authority weak-key weak-signature other"), names[:100]...)
	r := &diagnose.Result{Started: diagnose.Timestamp{Time: now}}
	r.Target.Host = "ftp.example.com"
	r.Server.TLS = &evidence.TLS{Version: evil, Cipher: evil}
	render := func(verbose bool) string {
		var out bytes.Buffer
		if err := (Text{Options{Verbose: verbose, Color: ColorNever}}).Render(&out, r); err != nil {
			t.Fatal(err)
		}
		return out.String()
	}
	without := strings.Count(render(true), "\n")
	r.Server.TLS.Certificate = &evidence.Certificate{Subject: evil, Issuer: evil + "x", Names: names, SHA256: evil, Key: evil, Signature: evil, Problems: problems, Detail: evil}
	for verbose, most := range map[bool]int{false: 24, true: 36} {
		out := render(verbose)
		if n := strings.Count(out, "\n") - without; n > most || n < 3 {
			t.Errorf("verbose %v: the certificate takes %d lines:\n%s", verbose, n, out)
		}
		for _, line := range strings.Split(out, "\n") {
			if len(line) > 80 || strings.ContainsAny(line, "\x1b\x00\r\u202e\u2066\u009b") || !utf8.ValidString(line) {
				t.Errorf("verbose %v: line %q", verbose, line)
			}
		}
	}
}
