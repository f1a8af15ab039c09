package report

import (
	"net/netip"
	"testing"

	"ftpdiag/probe/evidence"
)

// What is said of an attempt that failed is English, and true of its step.
func TestWhatFailed(t *testing.T) {
	at := evidence.At(netip.MustParseAddr("192.0.2.7"), 50000)
	fail := func(op evidence.Op, kind evidence.Kind) *evidence.Failure {
		return &evidence.Failure{Op: op, Kind: kind, Message: "broken"}
	}
	listening := func(f *evidence.Failure) evidence.Attempt {
		return evidence.Attempt{Mode: evidence.Active, Method: evidence.EPRT, Listened: at, Negotiated: new(evidence.Millis), Failure: f}
	}
	epsv := func(kind evidence.Kind) evidence.Attempt {
		return evidence.Attempt{Mode: evidence.Passive, Method: evidence.EPSV, Failure: fail(evidence.OpNegotiate, kind)}
	}
	deaf := func(kind evidence.Kind) evidence.Attempt {
		return evidence.Attempt{Mode: evidence.Active, Method: evidence.EPRT, Failure: fail(evidence.OpDataAccept, kind)}
	}
	for _, c := range []struct {
		a    evidence.Attempt
		want string
	}{
		{epsv(evidence.KindTimedOut), "no answer to EPSV"},
		{epsv(evidence.KindEOF), "closed too early after EPSV"},
		{epsv(evidence.KindReset), "cut off after EPSV"},
		{epsv(evidence.KindMalformed), "answer to EPSV not understood"},
		{epsv(evidence.KindOther), "broken after EPSV"},
		{epsv(evidence.KindInterrupted), "stopped early"},

		{deaf(evidence.KindExhausted), "could not listen: no local port left"},
		{deaf(evidence.KindDenied), "could not listen: forbidden by this computer"},
		{deaf(evidence.KindOther), "could not listen: broken"},
		{listening(fail(evidence.OpDataAccept, evidence.KindTimedOut)), "the server did not connect back"},
		{listening(fail(evidence.OpDataAccept, evidence.KindReset)), "cut off when the server connected back"},
	} {
		got := ""
		for _, s := range whatFailed(&c.a) {
			got += s.text
		}
		if got != c.want {
			t.Errorf("%s %s: %q, want %q", c.a.Failure.Op, c.a.Failure.Kind, got, c.want)
		}
	}
}

// A port that was only opened says so: nothing came through it.
func TestWhatCame(t *testing.T) {
	for _, c := range []struct {
		a    evidence.Attempt
		want string
	}{
		{evidence.Attempt{Operation: "CONNECT", End: evidence.Millis(15e5)}, "the port opens, 1.5 ms"},
		{evidence.Attempt{Operation: "LIST", Bytes: 197, End: evidence.Millis(15e5)}, "listing, 197 bytes, 1.5 ms"},
		{evidence.Attempt{Operation: "LIST"}, "empty listing, 0.0 ms"},
		{evidence.Attempt{Operation: "RETR", Bytes: 1}, "file, 1 byte, 0.0 ms"},
		{evidence.Attempt{Operation: "STOR", Bytes: 2}, "upload, 2 bytes, 0.0 ms"},
	} {
		if got := whatCame(&c.a); got != c.want {
			t.Errorf("%+v: %q, want %q", c.a, got, c.want)
		}
	}
}
