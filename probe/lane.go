package probe

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"time"
)

// passiveLane asks the passive questions one after the other and returns the
// session if it can serve further. What is only worth knowing waits until the other
// mode has been tried: a guard may count it.
func (r *run) passiveLane(ctx context.Context, s *session) *session {
	begin := time.Now()
	for ctx.Err() == nil {
		if s == nil && r.suspectsOuster() && r.activeEnded != nil {
			return nil // what is left is asked on the session of the active mode
		}
		q, ok := planPassive(r.view(Passive, time.Since(begin)))
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
		case !ok && r.passivePending() && r.anyWorks(Passive):
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
	if r.passivePending() || !r.anyWorks(Passive) {
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
	slow := time.Since(begin) > r.view(Passive, 0).patience()
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
	return !r.wanted(Active) || !r.activeUnderWay() && len(r.rec.snapshot(Active)) > 0
}

func (r *run) anyWorks(m Mode) bool {
	return slices.ContainsFunc(r.rec.snapshot(m), func(a Attempt) bool { return a.Outcome == OutcomeWorks })
}

// explore tries ports that nobody offered, once both modes have been tried, and
// waits for the dials that are under way. A session that is still there shows
// whether the server's host goes on answering us.
func (r *run) explore(ctx context.Context, s *session) *session {
	if r.activeDecided() && r.probePorts(ctx) && s != nil {
		s = r.checkContact(ctx, s)
	}
	if d := r.view(Passive, 0).offeredDials(); !r.cfg.Thorough && !r.cfg.Quick && d.dead > 0 && d.all < samplesOnDoubt {
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
	return slices.ContainsFunc(append(r.rec.snapshot(Passive), r.rec.snapshot(Active)...), func(a Attempt) bool {
		return a.Session == s.s.ID && a.Outcome != OutcomeWorks
	})
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

// activeLane asks the active questions, and returns the session if it can serve
// further. While EPRT waits, PORT may be tried on a fresh session beside it.
func (r *run) activeLane(ctx context.Context, s *session) *session {
	for ctx.Err() == nil {
		q, ok := planActive(r.view(Active, 0))
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
		if usable && q.method == PORT && q.purpose == PurposeTransfer {
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
	if q.method != EPRT || !r.peer.Addr().Is4() {
		return s.activeTransfer(ctx, q)
	}
	begin := time.Now()
	q.patience = r.cfg.Timeout
	over := make(chan bool, 1)
	go func() { over <- s.activeTransfer(ctx, q) }()
	select {
	case usable = <-over:
		return usable
	case <-time.After(r.view(Active, 0).patience()):
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
		beside.method, beside.patience = PORT, max(q.patience-time.Since(begin), r.view(Active, 0).patience()+portMargin)
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
	return r.cfg.Thorough || r.speaks() == TLSOff && (r.cfg.Target.Port == 21 || r.named())
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
	decided, readable, syns := r.activeDecided(), r.helperReads(), r.budget.leftSYNs()-r.reserve()
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
	if r.speaks() != TLSOff || r.cfg.Target.Port != 21 {
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

// login opens another control connection and logs in on it, in a slot of its
// own. Where the server refuses because our last connection is hardly closed,
// it asks once more.
func (r *run) login(ctx context.Context) (*session, error) {
	return r.loginFor(ctx, PurposeDiagnose)
}

func (r *run) loginFor(ctx context.Context, purpose string) (*session, error) {
	select {
	case r.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	for again := true; ; again = false {
		if r.isNoLogin() {
			<-r.slots
			return nil, errNoLogin
		}
		r.awaitFreeSlot(ctx)
		s, err := r.enter(ctx, r.peer.Port(), purpose)
		if err == nil {
			return s, nil
		}
		if !ourOwnDoing(err) || !again || sleep(ctx, slotTime) != nil {
			<-r.slots
			return nil, err
		}
	}
}

// awaitFreeSlot lets a server that allows one session forget the last one: what
// it refuses costs a control connection of the budget.
func (r *run) awaitFreeSlot(ctx context.Context) {
	if !r.isSerial() {
		return
	}
	select {
	case <-done(&r.leaving):
		_ = sleep(ctx, forgetTime)
	case <-ctx.Done():
	}
}

// forgetTime is how long a server may take to notice the end of its own process
// for a session (vsftpd).
const forgetTime = 300 * time.Millisecond

// slotTime is how long a server commonly counts a connection that has been closed.
const slotTime = 1500 * time.Millisecond

func (r *run) tryLogin(ctx context.Context, port uint16) (*session, error) {
	purpose := PurposeDiagnose
	if port != r.peer.Port() {
		purpose = PurposePort21
	}
	return r.enter(ctx, port, purpose)
}

// enter connects and logs in.
func (r *run) enter(ctx context.Context, port uint16, purpose string) (*session, error) {
	if !r.budget.mayLogIn() {
		return nil, errSpared
	}
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

// errNoLogin: a password that was rejected once is not sent again, and anonymous is
// not tried a third time.
var errNoLogin = errors.New("the login was rejected before")

func (r *run) isNoLogin() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.noLogin
}

// noteRejected remembers that the password of a named user was rejected, or
// anonymous twice in a row.
func (r *run) noteRejected() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.admitted { // it is not the password: the server has had enough of us
		r.serial = true
		return
	}
	r.rejected++
	r.noLogin = r.noLogin || r.named() || r.rejected > 1
}

func (r *run) noteAdmitted() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.rejected, r.admitted = 0, true
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
