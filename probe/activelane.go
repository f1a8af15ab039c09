package probe

import (
	"context"
	"time"

	"ftpdiag/probe/evidence"
)

// activeLane asks the active questions, and returns the session if it can serve
// further. While EPRT waits, PORT may be tried on a fresh session beside it.
func (r *run) activeLane(ctx context.Context, s *session) *session {
	for ctx.Err() == nil {
		q, ok := planActive(r.view(evidence.Active, 0))
		if !ok {
			return s
		}
		if s != nil && (q.fresh || s.overtaken()) {
			r.release(s)
			s = nil
		}
		if s == nil {
			if s, _ = r.login(ctx); s == nil {
				return nil
			}
		}
		usable := !q.fresh || s.askStatus(ctx)
		if usable {
			usable = r.askActive(ctx, s, q)
		}
		if usable && q.method == evidence.PORT && q.purpose == evidence.PurposeTransfer {
			usable = s.askStatus(ctx)
		}
		if !usable {
			r.release(s)
			s = nil
		}
	}
	return s
}

// askActive asks q. An EPRT that was accepted and then brings nothing may be due
// to a helper that knows only PORT: PORT is tried beside it, on a fresh session,
// once the patience is over and a slot is free (rule 16).
func (r *run) askActive(ctx context.Context, s *session, q question) (usable bool) {
	if q.method != evidence.EPRT || !r.peer.Addr().Is4() {
		return s.activeTransfer(ctx, q)
	}
	begin := time.Now()
	q.patience = r.cfg.Timeout
	over := make(chan bool, 1)
	go func() { over <- s.activeTransfer(ctx, q) }()
	select {
	case usable = <-over:
		return usable
	case <-time.After(r.view(evidence.Active, 0).patience()):
	}
	onePort := r.cfg.ActivePorts.Low != 0 && r.cfg.ActivePorts.Low == r.cfg.ActivePorts.High
	if r.isSerial() || onePort || !r.eprtSilent() || !r.helperReads() {
		return <-over
	}
	select {
	case r.slots <- struct{}{}:
	case usable = <-over:
		return usable
	}
	if fresh, err := r.tryLogin(ctx, r.peer.Port()); err != nil || !fresh.askStatus(ctx) || !r.eprtSilent() {
		r.release(fresh)
		if err != nil {
			<-r.slots
		}
	} else {
		beside := q
		beside.method, beside.patience = evidence.PORT, max(q.patience-time.Since(begin), r.view(evidence.Active, 0).patience()+portMargin)
		fresh.activeTransfer(ctx, beside)
		r.release(fresh)
	}
	return <-over
}

// portMargin is how much longer than the usual patience PORT waits for its data
// connection, where it is asked late beside EPRT.
const portMargin = 400 * time.Millisecond

// helperReads: what an old helper reads is commands in clear on port 21. Where the
// run can ask the same in clear, or at port 21, that tells more than PORT here, and
// there is one login left for either.
func (r *run) helperReads() bool {
	return r.cfg.Thorough || r.speaks() == evidence.TLSOff && (r.cfg.Target.Port == 21 || r.named())
}

// eprtSilent tells whether EPRT has brought nothing yet, be it an answer
// (pyftpdlib dials before it answers) or a data connection.
func (r *run) eprtSilent() bool {
	for _, a := range r.rec.snapshot(evidence.Active) {
		if a.Method == evidence.EPRT && pending(a) {
			return a.Connected == nil && a.Reply == nil
		}
	}
	return false
}
