package probe

import (
	"errors"
	"testing"

	"ftpdiag/probe/evidence"
)

func TestTLSOfAConfig(t *testing.T) {
	for _, c := range []struct {
		all, target, user string
		port              int

		asked, begins string
		wantPort      int
		unusable      bool
	}{
		{"", "", "", 0, "auto", "off", 21, false},
		{"auto", "", "", 0, "auto", "off", 21, false},
		{"auto", "", "", 990, "auto", "implicit", 990, false},
		{"auto", "", "joe", 0, "auto", "explicit", 21, false},
		{"auto", "", "joe", 990, "auto", "implicit", 990, false},
		{"off", "", "joe", 0, "off", "off", 21, false},
		{"off", "", "", 990, "off", "off", 990, false},
		{"explicit", "", "", 0, "explicit", "explicit", 21, false},
		{"explicit", "", "", 990, "explicit", "explicit", 990, false},
		{"implicit", "", "", 0, "implicit", "implicit", 990, false},
		{"implicit", "", "", 2121, "implicit", "implicit", 2121, false},
		{"auto", "explicit", "", 0, "explicit", "explicit", 21, false},
		{"", "implicit", "", 0, "implicit", "implicit", 990, false},
		{"implicit", "implicit", "", 0, "implicit", "implicit", 990, false},
		{"off", "explicit", "", 0, "", "", 0, true},
		{"explicit", "implicit", "", 0, "", "", 0, true},
		{"ssl", "", "", 0, "", "", 0, true},
		{"", "ssl", "", 0, "", "", 0, true},
	} {
		cfg := Config{Target: evidence.Target{Host: "h", TLS: c.target, User: c.user, Port: c.port}, TLS: c.all}
		got, err := cfg.complete()
		switch {
		case c.unusable != errors.Is(err, ErrConfig):
			t.Errorf("%+v: %v", c, err)
		case c.unusable:
		case got.TLS != c.asked || got.Target.TLS != c.begins || got.Target.Port != c.wantPort:
			t.Errorf("%+v: asked %s, begins %s, port %d", c, got.TLS, got.Target.TLS, got.Target.Port)
		}
	}
}

func TestDemandsTLS(t *testing.T) {
	for _, c := range []struct {
		reply evidence.Reply
		want  bool
	}{
		{evidence.Reply{Code: 530, Text: "Non-anonymous sessions must use encryption."}, true},
		{evidence.Reply{Code: 550, Text: "SSL/TLS required on the control channel"}, true},
		{evidence.Reply{Code: 550, Text: "SSL/TLS required on the data channel."}, true},
		{evidence.Reply{Code: 421, Text: "Sorry, cleartext sessions and weak ciphers are not accepted on this server.\nPlease reconnect using TLS security mechanisms."}, true},
		{evidence.Reply{Code: 503, Text: "Use AUTH first."}, true},
		{evidence.Reply{Code: 534, Text: "Policy requires SSL."}, true},
		{evidence.Reply{Code: 530, Text: "Not logged in, need secure connection."}, true},
		{evidence.Reply{Code: 522, Text: "Data connections must be encrypted."}, true},
		{evidence.Reply{Code: 521, Text: "Data connection cannot be opened with this PROT setting."}, true},
		{evidence.Reply{Code: 521, Text: "PROT P required"}, true},
		{evidence.Reply{Code: 534, Text: "Protection level C not allowed"}, true},
		{evidence.Reply{Code: 425, Text: "Unable to build data connection: PROT C is not allowed when the control connection is secure. Use PROT P."}, true},

		{evidence.Reply{Code: 530, Text: "Please login with USER and PASS."}, false},
		{evidence.Reply{Code: 530, Text: "Login incorrect."}, false},
		{evidence.Reply{Code: 522, Text: "Network protocol not supported, use (1,2)"}, false}, // RFC 2428
		{evidence.Reply{Code: 522, Text: "SSL connection failed: session reuse required"}, false},
		{evidence.Reply{Code: 425, Text: "Security: Bad IP connecting."}, false},
		{evidence.Reply{Code: 331, Text: "TLS is required? Please specify the password."}, false},
		{evidence.Reply{Code: 230, Text: "TLS required for others"}, false},
	} {
		if got := DemandsTLS(c.reply); got != c.want {
			t.Errorf("%v: %v", c.reply, got)
		}
	}
}

func TestFailedOverTLS(t *testing.T) {
	dead := func(m evidence.Method) evidence.Attempt {
		return evidence.Attempt{Method: m, Mode: m.Mode(), TLS: true, Purpose: evidence.PurposeTransfer, Outcome: evidence.OutcomeFails, Failure: &evidence.Failure{Op: evidence.OpDataConnect, Kind: evidence.KindTimedOut}}
	}
	works := dead(evidence.EPSV)
	works.Outcome, works.Failure = evidence.OutcomeWorks, nil
	clear := dead(evidence.EPSV)
	clear.TLS = false
	sample := dead(evidence.PASV)
	sample.Purpose = evidence.PurposeSample
	at := evidence.Millis(1)
	refused := dead(evidence.EPSV)
	refused.Connected, refused.Failure = &at, &evidence.Failure{Op: evidence.OpCompletion, Kind: evidence.KindRejected}
	shaken := dead(evidence.EPRT)
	shaken.Connected, shaken.Failure = &at, &evidence.Failure{Op: evidence.OpDataTLS, Kind: evidence.KindEOF}

	for _, c := range []struct {
		name     string
		attempts []evidence.Attempt
		matters  func(evidence.Attempt) bool
		want     evidence.Method // "": none
	}{
		{"nothing tried", nil, anyFailure, ""},
		{"one failed", []evidence.Attempt{dead(evidence.EPSV)}, anyFailure, evidence.EPSV},
		{"PASV before EPSV", []evidence.Attempt{dead(evidence.EPSV), dead(evidence.PASV)}, anyFailure, evidence.PASV},
		{"PORT before EPRT", []evidence.Attempt{dead(evidence.EPRT), dead(evidence.PORT)}, anyFailure, evidence.PORT},
		{"one of two works", []evidence.Attempt{dead(evidence.PASV), works}, anyFailure, ""},
		{"it failed in clear", []evidence.Attempt{clear}, anyFailure, ""},
		{"only a sample failed", []evidence.Attempt{sample}, anyFailure, ""},
		{"the dial failed, not TLS", []evidence.Attempt{dead(evidence.EPSV)}, failedInTLS, ""},
		{"refused after the mark, no byte", []evidence.Attempt{refused}, failedInTLS, evidence.EPSV},
		{"the handshake failed", []evidence.Attempt{shaken}, failedInTLS, evidence.EPRT},
	} {
		if got, ok := failedOverTLS(c.attempts, c.matters); got.Method != c.want || ok != (c.want != "") {
			t.Errorf("%s: %q, %v", c.name, got.Method, ok)
		}
	}
}
