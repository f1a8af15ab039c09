package probe

import (
	"errors"
	"testing"
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
		cfg := Config{Target: Target{Host: "h", TLS: c.target, User: c.user, Port: c.port}, TLS: c.all}
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
		reply Reply
		want  bool
	}{
		{Reply{530, "Non-anonymous sessions must use encryption."}, true},
		{Reply{550, "SSL/TLS required on the control channel"}, true},
		{Reply{550, "SSL/TLS required on the data channel."}, true},
		{Reply{421, "Sorry, cleartext sessions and weak ciphers are not accepted on this server.\nPlease reconnect using TLS security mechanisms."}, true},
		{Reply{503, "Use AUTH first."}, true},
		{Reply{534, "Policy requires SSL."}, true},
		{Reply{530, "Not logged in, need secure connection."}, true},
		{Reply{522, "Data connections must be encrypted."}, true},
		{Reply{521, "Data connection cannot be opened with this PROT setting."}, true},
		{Reply{521, "PROT P required"}, true},
		{Reply{534, "Protection level C not allowed"}, true},
		{Reply{425, "Unable to build data connection: PROT C is not allowed when the control connection is secure. Use PROT P."}, true},

		{Reply{530, "Please login with USER and PASS."}, false},
		{Reply{530, "Login incorrect."}, false},
		{Reply{522, "Network protocol not supported, use (1,2)"}, false}, // RFC 2428
		{Reply{522, "SSL connection failed: session reuse required"}, false},
		{Reply{425, "Security: Bad IP connecting."}, false},
		{Reply{331, "TLS is required? Please specify the password."}, false},
		{Reply{230, "TLS required for others"}, false},
	} {
		if got := DemandsTLS(c.reply); got != c.want {
			t.Errorf("%v: %v", c.reply, got)
		}
	}
}

func TestFailedOverTLS(t *testing.T) {
	dead := func(m Method) Attempt {
		return Attempt{Method: m, Mode: m.mode(), TLS: true, Purpose: PurposeTransfer, Outcome: OutcomeFails, Failure: &Failure{Op: OpDataConnect, Kind: KindTimedOut}}
	}
	works := dead(EPSV)
	works.Outcome, works.Failure = OutcomeWorks, nil
	clear := dead(EPSV)
	clear.TLS = false
	sample := dead(PASV)
	sample.Purpose = PurposeSample
	at := Millis(1)
	refused := dead(EPSV)
	refused.Connected, refused.Failure = &at, &Failure{Op: OpCompletion, Kind: KindRejected}
	shaken := dead(EPRT)
	shaken.Connected, shaken.Failure = &at, &Failure{Op: OpDataTLS, Kind: KindEOF}

	for _, c := range []struct {
		name     string
		attempts []Attempt
		matters  func(Attempt) bool
		want     Method // "": none
	}{
		{"nothing tried", nil, anyFailure, ""},
		{"one failed", []Attempt{dead(EPSV)}, anyFailure, EPSV},
		{"PASV before EPSV", []Attempt{dead(EPSV), dead(PASV)}, anyFailure, PASV},
		{"PORT before EPRT", []Attempt{dead(EPRT), dead(PORT)}, anyFailure, PORT},
		{"one of two works", []Attempt{dead(PASV), works}, anyFailure, ""},
		{"it failed in clear", []Attempt{clear}, anyFailure, ""},
		{"only a sample failed", []Attempt{sample}, anyFailure, ""},
		{"the dial failed, not TLS", []Attempt{dead(EPSV)}, Attempt.failedInTLS, ""},
		{"refused after the mark, no byte", []Attempt{refused}, Attempt.failedInTLS, EPSV},
		{"the handshake failed", []Attempt{shaken}, Attempt.failedInTLS, EPRT},
	} {
		if got, ok := failedOverTLS(c.attempts, c.matters); got.Method != c.want || ok != (c.want != "") {
			t.Errorf("%s: %q, %v", c.name, got.Method, ok)
		}
	}
}
