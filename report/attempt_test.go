package report

import (
	"net/netip"
	"testing"

	"ftpdiag/probe"
)

// What is said of an attempt that failed is English, and true of its step.
func TestWhatFailed(t *testing.T) {
	at := probe.At(netip.MustParseAddr("192.0.2.7"), 50000)
	fail := func(op probe.Op, kind probe.Kind) *probe.Failure {
		return &probe.Failure{Op: op, Kind: kind, Message: "broken"}
	}
	listening := func(f *probe.Failure) probe.Attempt {
		return probe.Attempt{Mode: probe.Active, Method: probe.EPRT, Listened: at, Negotiated: new(probe.Millis), Failure: f}
	}
	epsv := func(kind probe.Kind) probe.Attempt {
		return probe.Attempt{Mode: probe.Passive, Method: probe.EPSV, Failure: fail(probe.OpNegotiate, kind)}
	}
	deaf := func(kind probe.Kind) probe.Attempt {
		return probe.Attempt{Mode: probe.Active, Method: probe.EPRT, Failure: fail(probe.OpDataAccept, kind)}
	}
	for _, c := range []struct {
		a    probe.Attempt
		want string
	}{
		{epsv(probe.KindTimedOut), "no answer to EPSV"},
		{epsv(probe.KindEOF), "closed too early after EPSV"},
		{epsv(probe.KindReset), "cut off after EPSV"},
		{epsv(probe.KindMalformed), "answer to EPSV not understood"},
		{epsv(probe.KindOther), "broken after EPSV"},
		{epsv(probe.KindInterrupted), "stopped early"},

		{deaf(probe.KindExhausted), "could not listen: no local port left"},
		{deaf(probe.KindDenied), "could not listen: forbidden by this computer"},
		{deaf(probe.KindOther), "could not listen: broken"},
		{listening(fail(probe.OpDataAccept, probe.KindTimedOut)), "the server did not connect back"},
		{listening(fail(probe.OpDataAccept, probe.KindReset)), "cut off when the server connected back"},
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
		a    probe.Attempt
		want string
	}{
		{probe.Attempt{Operation: "CONNECT", End: probe.Millis(15e5)}, "the port opens, 1.5 ms"},
		{probe.Attempt{Operation: "LIST", Bytes: 197, End: probe.Millis(15e5)}, "listing, 197 bytes, 1.5 ms"},
		{probe.Attempt{Operation: "LIST"}, "empty listing, 0.0 ms"},
		{probe.Attempt{Operation: "RETR", Bytes: 1}, "file, 1 byte, 0.0 ms"},
		{probe.Attempt{Operation: "STOR", Bytes: 2}, "upload, 2 bytes, 0.0 ms"},
	} {
		if got := whatCame(&c.a); got != c.want {
			t.Errorf("%+v: %q, want %q", c.a, got, c.want)
		}
	}
}
