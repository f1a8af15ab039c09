package probe_test

import (
	"sync/atomic"
	"testing"
	"time"

	"ftpdiag/probe"
	"ftpdiag/probe/diagnose"
	"ftpdiag/probe/evidence"
	"ftpdiag/probe/ftptest"
)

// A server that loses one of two transfers which it makes at once is asked again by
// one alone, and that is what counts; whichever transfer it was, and where it stopped.
func TestStalledBesideAnother(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, verb string
		lost       []ftptest.Step
	}{
		{"a listing, not a byte", "LIST", []ftptest.Step{ftptest.Stall()}},
		{"a listing, after a few bytes", "LIST", []ftptest.Step{ftptest.SendFirst(10), ftptest.Stall()}},
		{"a file of the listing, not a byte", "RETR", []ftptest.Step{ftptest.Stall()}},
		{"a file of the listing, after a few bytes", "RETR", []ftptest.Step{ftptest.SendFirst(10), ftptest.Stall()}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			srv := start(t, ftptest.Behaviour{Transfers: ftptest.Transfers{c.verb: {
				ftptest.Connect(), ftptest.Mark(), firstOfTwo(c.lost...), ftptest.Send(), ftptest.CloseData(), ftptest.Complete()}}})
			ev := ask(t, srv.Addr(), func(cfg *probe.Config) { cfg.Timeout, cfg.Retrieve = time.Second, c.verb == "RETR" })
			works(evidence.EPSV, evidence.PASV, evidence.EPRT)(t, ev)
			if r := diagnose.Diagnose(ev); r.Status != diagnose.StatusOK {
				t.Errorf("status %s, findings %+v", r.Status, r.Findings)
			}
			if n := len(ev.Sessions); n != 3 {
				t.Errorf("%d control connections", n)
			}
		})
	}
}

// Where every transfer stalls, none is asked again.
func TestAllStall(t *testing.T) {
	t.Parallel()
	srv := start(t, ftptest.Behaviour{Transfers: ftptest.Transfers{"": {ftptest.Connect(), ftptest.Mark(), ftptest.Stall()}}})
	ev := ask(t, srv.Addr(), func(cfg *probe.Config) { cfg.Timeout = time.Second })
	for _, a := range ev.Attempts {
		if a.Purpose == evidence.PurposeRetry {
			t.Errorf("%s is asked again", a.Method)
		}
	}
	if r := diagnose.Diagnose(ev); r.Findings[0].Code != diagnose.TransferStalled {
		t.Errorf("found %s first", r.Findings[0].Code)
	}
}

// firstOfTwo waits in the first transfer for the second, and then takes other steps.
func firstOfTwo(lost ...ftptest.Step) ftptest.Step {
	var transfers atomic.Int32
	second := make(chan struct{})
	return func(t *ftptest.Transfer) bool {
		switch transfers.Add(1) {
		case 1:
			<-second
			for _, step := range lost {
				if !step(t) {
					return false
				}
			}
		case 2:
			close(second)
		}
		return true
	}
}
