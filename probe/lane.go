package probe

import (
	"context"
	"net/netip"
	"slices"
	"time"

	"ftpdiag/probe/evidence"
)

// passiveLane asks the passive questions one after the other and returns the
// session if it can serve further. What is only worth knowing waits until the other
// mode has been tried: a guard may count it. Where a mode is in doubt a few more
// dials come before that, unless the server lets one session live.
func (r *run) passiveLane(ctx context.Context, s *session) *session {
	begin := time.Now()
	for ctx.Err() == nil {
		if s == nil && r.suspectsOuster() && r.activeEnded != nil {
			return nil // what is left is asked on the session of the active mode
		}
		q, ok := planPassive(r.view(evidence.Passive, time.Since(begin)))
		if s != nil && (ok && q.fresh && r.failedOn(s) || s.overtaken()) {
			r.release(s)
			s = nil
		}
		if ok && s == nil {
			r.awaitTurn(ctx)
			s, _ = r.login(ctx)
		}
		switch {
		case ok && s != nil:
			s = r.askPassive(ctx, s, q)
		case !ok && r.passivePending() && r.anyWorks(evidence.Passive):
			r.awaitPending(ctx)
		case !ok && r.activeUnderWay():
			s = r.waitForActive(ctx, s)
		default:
			s = r.explore(ctx, s)
			return r.afterFailure(s)
		}
	}
	return s
}

// waitForActive waits until the active mode has been tried. Where a dial is silent,
// that mode may want the slot of this session for a fresh one.
func (r *run) waitForActive(ctx context.Context, s *session) *session {
	if r.passivePending() || !r.anyWorks(evidence.Passive) {
		select {
		case <-r.activeEnded:
			return s
		default:
			r.release(s)
			s = nil
		}
	}
	begin := time.Now()
	select {
	case <-r.activeEnded:
	case <-ctx.Done():
	}
	slow := time.Since(begin) > r.view(evidence.Passive, 0).patience()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.activeSlow = slow
	return s
}

// activeUnderWay tells whether the active mode is being tried at present.
func (r *run) activeUnderWay() bool {
	if r.activeEnded == nil {
		return false
	}
	select {
	case <-r.activeEnded:
		return false
	default:
		return true
	}
}

// activeDecided tells whether the active mode has been tried, or is not wanted.
func (r *run) activeDecided() bool {
	return !r.wanted(evidence.Active) || !r.activeUnderWay() && len(r.rec.snapshot(evidence.Active)) > 0
}

func (r *run) anyWorks(m evidence.Mode) bool {
	return slices.ContainsFunc(r.rec.snapshot(m), func(a evidence.Attempt) bool { return a.Outcome == evidence.OutcomeWorks })
}

// explore tries ports that nobody offered, once both modes have been tried, and
// waits for the dials that are under way. A session that is still there shows
// whether the server's host goes on answering us.
func (r *run) explore(ctx context.Context, s *session) *session {
	if r.activeDecided() && r.probePorts(ctx) && s != nil {
		s = r.checkContact(ctx, s)
	}
	if d := r.view(evidence.Passive, 0).offeredDials(); !r.cfg.Thorough && !r.cfg.Quick && d.dead > 0 && d.all < samplesOnDoubt {
		r.budget.spare()
	}
	r.awaitPending(ctx)
	return s
}

// awaitPending waits for the dials that go on in the background.
func (r *run) awaitPending(ctx context.Context) {
	select {
	case <-done(&r.pending):
	case <-ctx.Done():
	}
}

// failedOn tells whether anything that was asked on the session did not work.
func (r *run) failedOn(s *session) bool {
	return slices.ContainsFunc(append(r.rec.snapshot(evidence.Passive), r.rec.snapshot(evidence.Active)...), func(a evidence.Attempt) bool {
		return a.Session == s.s.ID && a.Outcome != evidence.OutcomeWorks
	})
}

// afterFailure gives the session up where something failed on it: a dial that
// timed out on pyftpdlib made the next, innocent, active attempt end in 426.
func (r *run) afterFailure(s *session) *session {
	for _, a := range r.rec.snapshot(evidence.Passive) {
		if s != nil && a.Session == s.s.ID && a.Dialed.IsValid() && a.Outcome != evidence.OutcomeWorks {
			r.release(s)
			return nil
		}
	}
	return s
}

// askPassive asks q; it returns nil where the session can no longer be used.
func (r *run) askPassive(ctx context.Context, s *session, q question) *session {
	usable := false
	if q.purpose == evidence.PurposeSample {
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

// sample negotiates and dials, and does not wait long for the answer: the dial
// starts before the next negotiation, since helpers keep only the newest
// expectation.
func (s *session) sample(ctx context.Context, q question) (usable bool) {
	t := s.newTrial(q)
	s.run.supersede(s)
	a, err := t.negotiate(ctx, string(q.method))
	if err != nil {
		t.end()
		s.noteContact(err)
		return !t.broken
	}
	port, _, err := t.offer(a)
	if err != nil {
		t.end()
		return true
	}
	t.background(ctx, t.endpoint(port), q.patience)
	return true
}

// supersede marks the pending dials of the session: from now on the server may
// have closed their ports.
func (r *run) supersede(s *session) {
	r.rec.update(func() {
		for _, a := range r.rec.attempts {
			if a.Session == s.s.ID && a.Mode == evidence.Passive && a.Dialed.IsValid() && a.Outcome == "" {
				a.Superseded = true
			}
		}
	})
}

func (r *run) passivePending() bool {
	for _, a := range r.rec.snapshot(evidence.Passive) {
		if pending(a) {
			return true
		}
	}
	return false
}

func otherMode(m evidence.Mode) evidence.Mode {
	if m == evidence.Passive {
		return evidence.Active
	}
	return evidence.Passive
}

// view is what the plan of a mode looks at.
func (r *run) view(m evidence.Mode, since time.Duration) view {
	decided, readable, syns := r.activeDecided(), r.helperReads(), r.budget.leftSYNs()-r.reserve()
	r.mu.Lock()
	defer r.mu.Unlock()
	return view{
		attempts: slices.DeleteFunc(r.rec.snapshot(m), beside),
		others:   r.rec.snapshot(otherMode(m)),
		path:     r.cfg.Target.Path,
		file:     r.fileOfListing(),
		peer:     r.peer.Addr(),
		since:    since,
		rtt:      r.roundTrip(),
		timeout:  r.cfg.Timeout,
		quick:    r.cfg.Quick,
		foreign:  !r.cfg.NoForeign && !r.cfg.Quick,
		serial:   r.serial,
		thorough: r.cfg.Thorough,
		readable: readable,
		decided:  decided,
		slow:     r.activeSlow,
		syns:     syns,
		seenAs:   r.rec.seenAs(),
	}
}

// reserve is how many requests are kept for what is asked after the samples: a
// step of the hop walk, and the same question in clear or at port 21.
func (r *run) reserve() int {
	if r.speaks() != evidence.TLSOff || r.cfg.Target.Port != 21 {
		return 2
	}
	return 1
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
