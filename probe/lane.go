package probe

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"time"
)

// passiveLane asks the passive questions one after the other and returns the
// session if it can serve further. Dials that are still pending when nothing is
// left to ask are waited for without a control connection.
func (r *run) passiveLane(ctx context.Context, s *session) *session {
	begin := time.Now()
	waiting := false // the other mode takes its time, and there is some for samples
	for ctx.Err() == nil {
		v := r.view(Passive, time.Since(begin))
		v.waiting = waiting
		q, ok := planPassive(v)
		if s != nil && (ok && q.fresh || s.overtaken()) {
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
		case r.passivePending():
			// Nothing is asked after a failure on the same control connection, and
			// the active mode may need the slot for a fresh one.
			r.release(s)
			s = nil
			r.probePorts(ctx)
			r.awaitPending(ctx)
		case !waiting && r.activeTakesLong(ctx, v.patience()):
			waiting = true
		default:
			s = r.afterFailure(s)
			r.probePorts(ctx) // where the last dial was waited for, none was pending
			return s
		}
	}
	return s
}

// activeTakesLong tells whether the active mode is still being tried after the
// patience. A quick run does not wait to know.
func (r *run) activeTakesLong(ctx context.Context, patience time.Duration) bool {
	if r.activeEnded == nil || r.cfg.Quick {
		return false
	}
	select {
	case <-r.activeEnded:
	case <-ctx.Done():
	case <-time.After(patience):
		return true
	}
	return false
}

// afterFailure gives the session up where something failed on it: a dial that
// timed out on pyftpdlib made the next, innocent, active attempt end in 426.
func (r *run) afterFailure(s *session) *session {
	for _, a := range r.rec.snapshot(Passive) {
		if s != nil && a.Session == s.s.ID && a.Dialed.IsValid() && a.Outcome != OutcomeWorks {
			r.release(s)
			return nil
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

// sample negotiates and dials, and does not wait long for the answer: the dial
// starts before the next negotiation, since helpers keep only the newest
// expectation.
func (s *session) sample(ctx context.Context, q question) (usable bool) {
	t := s.newTrial(q)
	s.run.supersede(s)
	a, err := t.negotiate(ctx, string(q.method))
	if err != nil {
		t.end()
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
		if s != nil && (q.fresh || s.overtaken()) {
			r.release(s)
			s = nil
		}
		if s == nil {
			if s, _ = r.login(ctx); s == nil {
				return
			}
		}
		usable := !q.fresh || s.askStatus(ctx)
		if usable {
			usable = r.askActive(ctx, s, q)
		}
		if usable && q.method == PORT && q.purpose == PurposeTransfer {
			usable = s.askStatus(ctx)
		}
		if !usable {
			r.release(s)
			s = nil
		}
	}
}

// askActive asks q. An EPRT that was accepted and then brings nothing may be due
// to a helper that knows only PORT: PORT is tried beside it, on a fresh session,
// once the patience is over and a slot is free (rule 16).
func (r *run) askActive(ctx context.Context, s *session, q question) (usable bool) {
	if q.method != EPRT || !r.peer.Addr().Is4() {
		return s.activeTransfer(ctx, q)
	}
	over := make(chan bool, 1)
	go func() { over <- s.activeTransfer(ctx, q) }()
	select {
	case usable = <-over:
		return usable
	case <-time.After(r.view(Active, 0).patience()):
	}
	onePort := r.cfg.ActivePorts.Low != 0 && r.cfg.ActivePorts.Low == r.cfg.ActivePorts.High
	if r.isSerial() || onePort || !r.eprtSilent() {
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
		beside.method = PORT
		fresh.activeTransfer(ctx, beside)
		r.release(fresh)
	}
	return <-over
}

// eprtSilent tells whether EPRT has brought nothing yet, be it an answer
// (pyftpdlib dials before it answers) or a data connection.
func (r *run) eprtSilent() bool {
	for _, a := range r.rec.snapshot(Active) {
		if a.Method == EPRT && a.pending() {
			return a.Connected == nil && a.Reply == nil
		}
	}
	return false
}

// view is what the plan of a mode looks at.
func (r *run) view(m Mode, since time.Duration) view {
	r.mu.Lock()
	defer r.mu.Unlock()
	return view{
		attempts: slices.DeleteFunc(r.rec.snapshot(m), Attempt.beside),
		path:     r.cfg.Target.Path,
		file:     r.fileOfListing(),
		peer:     r.peer.Addr(),
		since:    since,
		rtt:      r.roundTrip(),
		timeout:  r.cfg.Timeout,
		quick:    r.cfg.Quick,
		foreign:  !r.cfg.NoForeign && !r.cfg.Quick,
		serial:   r.serial,
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
	return r.loginFor(ctx, PurposeDiagnose)
}

func (r *run) loginFor(ctx context.Context, purpose string) (*session, error) {
	select {
	case r.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	wait := 200 * time.Millisecond
	for {
		if r.isNoLogin() {
			<-r.slots
			return nil, errNoLogin
		}
		s, err := r.enter(ctx, r.peer.Port(), purpose)
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
	purpose := PurposeDiagnose
	if port != r.peer.Port() {
		purpose = PurposePort21
	}
	return r.enter(ctx, port, purpose)
}

// enter connects and logs in.
func (r *run) enter(ctx context.Context, port uint16, purpose string) (*session, error) {
	s, err := r.openSession(ctx, port, purpose)
	if err != nil {
		return nil, err
	}
	if err = s.greet(ctx); err == nil {
		err = s.secure(ctx)
	}
	if err == nil {
		err = s.login(ctx)
	}
	if err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

// errNoLogin: a password that was rejected once is not sent again.
var errNoLogin = errors.New("the password was rejected before")

func (r *run) isNoLogin() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.noLogin
}

// noteRejected remembers that the password of a named user was rejected.
func (r *run) noteRejected() {
	if !r.named() {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.noLogin = true
}

// ourOwnDoing tells a refusal that may come from a connection of ours which the
// server still counts.
func ourOwnDoing(err error) bool {
	var no *errRejected
	return errors.As(err, &no) && no.Code == 421 && !DemandsTLS(no.Reply)
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
