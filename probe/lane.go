package probe

import (
	"context"
	"errors"
	"net/netip"
	"time"
)

// passiveLane asks the passive questions one after the other and returns the
// session if it can serve further. Dials that are still pending when nothing is
// left to ask are waited for without a control connection.
func (r *run) passiveLane(ctx context.Context, s *session) *session {
	begin := time.Now()
	for ctx.Err() == nil {
		q, ok := planPassive(r.view(Passive, time.Since(begin)))
		if ok && s != nil && q.fresh {
			r.release(s)
			s = nil
		}
		if ok && s == nil {
			s, _ = r.login(ctx)
		}
		switch {
		case ok && s == nil:
			return nil
		case ok:
			s = r.askPassive(ctx, s, q)
		case !r.passivePending():
			return s
		default:
			if r.wanted(Active) && !r.isSerial() {
				r.release(s) // a PORT on a fresh session may need the slot
				s = nil
			}
			r.probePorts(ctx)
			r.awaitPending(ctx)
		}
	}
	return s
}

// askPassive asks q; it returns nil where the session can no longer be used.
func (r *run) askPassive(ctx context.Context, s *session, q question) *session {
	usable := false
	if q.purpose == PurposeSample {
		usable = s.sample(ctx, q)
	} else {
		usable = s.passiveTransfer(ctx, q)
	}
	if usable {
		return s
	}
	r.release(s)
	return nil
}

// sample negotiates and dials, without waiting for the answer: the dial starts
// before the next negotiation, since helpers keep only the newest expectation.
func (s *session) sample(ctx context.Context, q question) (usable bool) {
	t := s.newTrial(q)
	s.run.supersede(s)
	a, err := t.negotiate(ctx, string(q.method))
	if err != nil {
		t.end()
		return !t.broken && !t.refusedFarewell(a)
	}
	port, _, err := t.offer(a)
	if err != nil {
		t.end()
		return true
	}
	to := t.endpoint(port)
	t.rec.update(func() { t.a.Dialed = Endpoint{to} })
	t.run.pending.Add(1)
	answer := t.dialLater(ctx, to)
	go func() {
		defer t.run.pending.Done()
		if d := <-answer; d.conn != nil {
			d.conn.Close()
		}
		t.end()
	}()
	return true
}

// refusedFarewell tells a 421, after which the server closes.
func (t *trial) refusedFarewell(a arrival) bool { return a.Code == 421 }

// supersede marks the pending dials of the session: from now on the server may
// have closed their ports.
func (r *run) supersede(s *session) {
	r.rec.update(func() {
		for _, a := range r.rec.attempts {
			if a.Session == s.s.ID && a.Mode == Passive && a.Dialed.IsValid() && a.Outcome == "" {
				a.Superseded = true
			}
		}
	})
}

func (r *run) passivePending() bool {
	for _, a := range r.rec.snapshot(Passive) {
		if a.pending() {
			return true
		}
	}
	return false
}

func (r *run) awaitPending(ctx context.Context) {
	select {
	case <-done(&r.pending):
	case <-ctx.Done():
	}
}

// activeLane asks the active questions. While EPRT waits, PORT may be tried on
// a fresh session beside it.
func (r *run) activeLane(ctx context.Context, s *session) {
	defer func() { r.release(s) }()
	for ctx.Err() == nil {
		q, ok := planActive(r.view(Active, 0))
		if !ok {
			return
		}
		if s != nil && q.fresh {
			r.release(s)
			s = nil
		}
		if s == nil {
			if s, _ = r.login(ctx); s == nil {
				return
			}
		}
		if !s.activeTransfer(ctx, q) {
			r.release(s)
			s = nil
		} else if q.method == PORT && q.purpose == PurposeTransfer {
			s.askStatus(ctx)
		}
	}
}

// view is what the plan of a mode looks at.
func (r *run) view(m Mode, since time.Duration) view {
	r.mu.Lock()
	defer r.mu.Unlock()
	return view{
		attempts: r.rec.snapshot(m),
		path:     r.cfg.Target.Path,
		file:     r.fileOfListing(),
		peer:     r.peer.Addr(),
		since:    since,
		rtt:      r.rtt,
		timeout:  r.cfg.Timeout,
		quick:    r.cfg.Quick,
		foreign:  !r.cfg.NoForeign && !r.cfg.Quick,
		serial:   r.serial,
		waiting:  r.active,
		seenAs:   r.rec.seenAs(),
	}
}

// seenAs is the address that the server says it sees.
func (r *recorder) seenAs() netip.Addr {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range r.sessions {
		if ip, err := netip.ParseAddr(string(s.SeenAs)); err == nil {
			return ip
		}
	}
	return netip.Addr{}
}

// login opens another control connection and logs in on it, in a slot of its
// own. Where the server refuses because our last connection is hardly closed,
// it asks again a few times.
func (r *run) login(ctx context.Context) (*session, error) {
	select {
	case r.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	wait := 200 * time.Millisecond
	for {
		s, err := r.tryLogin(ctx, uint16(r.cfg.Target.Port))
		if err == nil {
			return s, nil
		}
		if !ourOwnDoing(err) || wait > 2*time.Second || sleep(ctx, wait) != nil {
			<-r.slots
			return nil, err
		}
		wait *= 2
	}
}

func (r *run) tryLogin(ctx context.Context, port uint16) (*session, error) {
	s, err := r.openSession(ctx, port)
	if err != nil {
		return nil, err
	}
	if err = s.greet(ctx); err == nil {
		err = s.login(ctx)
	}
	if err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

// ourOwnDoing tells a refusal that may come from a connection of ours which the
// server still counts.
func ourOwnDoing(err error) bool {
	var no *errRejected
	return errors.As(err, &no) && no.Code == 421
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
