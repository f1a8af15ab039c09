package probe_test

import (
	"testing"
	"time"

	"ftpdiag/probe"
	"ftpdiag/probe/evidence"
	"ftpdiag/probe/ftptest"
)

// start runs a scripted server until the test ends.
func start(t *testing.T, b ftptest.Behaviour) *ftptest.Server {
	t.Helper()
	srv, err := ftptest.Start(b)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(srv.Close)
	return srv
}

// An anonymous diagnosis of both modes waits for the server eight times: for the
// greeting, USER, PASS, EPSV, the data connection (FEAT rides on it), LIST, PASV,
// the data connection (SYST rides on it). The active mode runs beside it, one
// flight behind.
func TestFlights(t *testing.T) {
	const latency = 50 * time.Millisecond
	srv := start(t, ftptest.Behaviour{Latency: latency})
	network := &ftptest.Network{Latency: latency}
	ev := ask(t, srv.Addr(), func(cfg *probe.Config) { cfg.Dialer = network })
	for _, m := range []evidence.Method{evidence.EPSV, evidence.PASV, evidence.EPRT} {
		if !worked(ev, m) {
			t.Errorf("%s did not work", m)
		}
	}
	if got := srv.Flights(); got > 9 {
		t.Errorf("the client waited %d times, want at most 9", got)
	}
	if got := srv.MostOpen(); got > 2 {
		t.Errorf("%d control connections at once, want at most 2", got)
	}
}

// TLS adds five: AUTH TLS, a handshake, PBSZ and PROT together, and on the data
// connection a handshake and the wait for what follows it. At 50 ms one listing by
// curl takes longer (netlab: BenchmarkBesideCurl). The question whether sessions must be resumed comes after
// both verdicts, and a quick run does without.
func TestFlightsOverTLS(t *testing.T) {
	const latency = 50 * time.Millisecond
	srv := start(t, ftptest.Behaviour{Latency: latency, TLS: ftptest.TLS{Explicit: true}})
	network := &ftptest.Network{Latency: latency}
	ev := ask(t, srv.Addr(), func(cfg *probe.Config) {
		cfg.Dialer, cfg.TLS, cfg.Quick, cfg.RootCAs = network, evidence.TLSExplicit, true, srv.Roots()
	})
	for _, m := range []evidence.Method{evidence.EPSV, evidence.PASV, evidence.EPRT} {
		if !worked(ev, m) {
			t.Errorf("%s did not work", m)
		}
	}
	for _, a := range ev.Attempts {
		if a.Bytes > 0 && (a.Resumed == nil || !*a.Resumed) {
			t.Errorf("%s resumed no session", a.Method)
		}
	}
	if got := srv.Flights(); got > 13 {
		t.Errorf("the client waited %d times, want at most 13", got)
	}
	if got := srv.MostOpen(); got > 2 {
		t.Errorf("%d control connections at once, want at most 2", got)
	}
}

func worked(ev *evidence.Evidence, m evidence.Method) bool {
	for _, a := range ev.Attempts {
		if a.Method == m && a.Outcome == evidence.OutcomeWorks &&
			(a.Purpose == evidence.PurposeTransfer || a.Purpose == evidence.PurposeRetry) {
			return true
		}
	}
	return false
}
