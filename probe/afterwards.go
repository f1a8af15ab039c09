package probe

import (
	"context"
	"time"

	"ftpdiag/probe/evidence"
)

// askAfterwards asks what only the verdicts of both modes make worth asking.
func (r *run) askAfterwards(ctx context.Context) {
	if r.contactLost() {
		return
	}
	r.askUpload(ctx)
	r.askBesideTLS(ctx)
	if r.cfg.Quick {
		return
	}
	r.askMiddlebox(ctx)
	r.askPort21(ctx)
}

// askMiddlebox: a passive data connection that was accepted and then led
// nowhere may have been accepted by something on the way. Does it also accept
// where nobody listens?
func (r *run) askMiddlebox(ctx context.Context) {
	for _, a := range r.rec.snapshot(evidence.Passive) {
		if a.Connected != nil && a.Outcome == evidence.OutcomeFails && a.Bytes == 0 && a.Mark == nil && a.Reply == nil {
			r.probePort(ctx, unlikelyPort)
			return
		}
	}
}

// askPort21: a firewall's helper commonly watches port 21 alone. Where the
// control port is another and something failed that a helper mends, the same
// question is asked at port 21 of the same host.
func (r *run) askPort21(ctx context.Context) {
	if r.cfg.Target.Port == 21 || r.named() || r.speaks() != evidence.TLSOff { // a helper cannot read TLS
		return
	}
	var s *session
	for _, q := range helperQuestions(r.rec.snapshot(evidence.Passive), r.rec.snapshot(evidence.Active)) {
		if s == nil {
			s = r.logInAt21(ctx)
		}
		if s == nil {
			return
		}
		limited, cancel := context.WithTimeout(ctx, port21Time)
		usable := s.attempt(limited, q)
		cancel()
		if !usable {
			r.release(s)
			s = nil
		}
	}
	r.release(s)
}

// port21Time bounds each question at port 21, which comes after both verdicts.
const port21Time = 3 * time.Second

func (r *run) logInAt21(ctx context.Context) *session {
	select {
	case r.slots <- struct{}{}:
	case <-ctx.Done():
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, port21Time)
	defer cancel()
	s, err := r.tryLogin(ctx, 21)
	if err != nil {
		<-r.slots
		return nil
	}
	return s
}

// helperQuestions are those that a helper would have changed the answer to.
func helperQuestions(passive, active []evidence.Attempt) []question {
	var qs []question
	for _, a := range passive {
		if a.Method == evidence.PASV && a.Purpose == evidence.PurposeTransfer && a.Failure != nil && a.Failure.Op == evidence.OpDataConnect {
			qs = append(qs, question{method: evidence.PASV, operation: opLIST, purpose: evidence.PurposePort21, patience: minPatience})
			break
		}
	}
	for _, a := range active {
		if a.Purpose == evidence.PurposeTransfer && a.Failure != nil &&
			(a.Failure.Op == evidence.OpNegotiate && a.Failure.Kind == evidence.KindRejected || a.Failure.Op == evidence.OpDataAccept) {
			qs = append(qs, question{method: evidence.PORT, operation: opLIST, purpose: evidence.PurposePort21, patience: minPatience})
			break
		}
	}
	return qs
}
