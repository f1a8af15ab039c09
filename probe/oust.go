package probe

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"ftpdiag/probe/evidence"
)

// Some servers let one session of a user live: a second login ends the first, with
// 421 or without a word. What that one was asked then says nothing about the mode.

// errOusted is an attempt that our own second login ended.
var errOusted = fmt.Errorf("the server ended this session when another one of ours logged in: %w", context.Canceled)

// ousterTime is how soon after the second login the end of the first counts as its
// doing.
const ousterTime = 2 * time.Second

// ouster is the second session's login, and what it seems to have ended.
type ouster struct {
	session int               // the second one's number; 0: it has not asked for its login
	since   time.Duration     // of the run, when it asked
	ended   int               // the number of the session that it ended; 0: none
	method  evidence.Method   // what was asked on that
	rider   bool              // a question beside it was not answered either
	attempt *evidence.Attempt // that was spoiled
	failure *evidence.Failure // how it would have counted
}

// noteSecond notes that the second session is about to log in.
func (r *run) noteSecond(s *session) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ouster.session, r.ouster.since = s.s.ID, r.rec.since().Duration()
}

// noteOusted looks whether the server ended the session just when the second one
// had logged in. Then it is one session at a time from here on, and the question
// is asked again when the other session is over: whether it was that is seen then.
func (t *trial) noteOusted() {
	if t.a.Failure == nil || t.a.Mode != evidence.Passive || t.a.Mark != nil || t.a.Failure.Op == evidence.OpDataTLS || !t.endedByServer() {
		return
	}
	r := t.run
	r.mu.Lock()
	o := &r.ouster
	late := r.rec.since().Duration() - o.since
	if o.session == 0 || o.ended != 0 || t.s.ID > o.session || late > ousterTime+4*r.roundTrip() {
		r.mu.Unlock()
		return
	}
	o.ended, o.method, o.rider = t.s.ID, t.a.Method, errors.Is(t.a.Failure, errRider)
	r.serial = true
	r.mu.Unlock()
	t.broken = true
	t.rec.update(func() {
		o.attempt, o.failure = t.a, t.a.Failure
		t.a.Failure = FailureOf(evidence.OpNegotiate, errOusted)
	})
	t.rec.remark(t.s.ID, "the server ended this session as another one of ours logged in")
}

// endedByServer tells whether the server closed the session or said that it does.
func (t *trial) endedByServer() bool {
	if t.ended {
		return true
	}
	for _, reply := range []*evidence.Reply{t.a.Negotiation, t.a.Reply} {
		if reply != nil && reply.Code == 421 {
			return true
		}
	}
	next, err, ok := t.peek()
	return ok && (err != nil && closed(err) || err == nil && next.Code == 421)
}

// awaitTurn waits for the session of the active mode to end, where the server lets
// one live.
func (r *run) awaitTurn(ctx context.Context) {
	if r.activeEnded == nil || !r.isSerial() {
		return
	}
	select {
	case <-r.activeEnded:
	case <-ctx.Done():
	}
}

// settleOuster takes the suspicion back where the same question, asked while no
// other session was open, went no better, or where the question beside it ends the
// session s too, which has nothing else to do any more. It returns s if that lives.
func (r *run) settleOuster(ctx context.Context, s *session) *session {
	if !r.settledByItself() && r.suspectsRider() && s != nil {
		if reply, err := s.ask(ctx, riders[0].command); err != nil || reply.Code == 421 {
			r.mu.Lock()
			r.serial = false
			r.mu.Unlock()
			r.release(s)
			return nil
		}
	}
	return s
}

// acquit takes the suspicion back where the second session ended no better than the
// first: then it is what was asked that the server does not like.
func (r *run) acquit() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ouster.ended == 0 || !r.endedToo() {
		return
	}
	r.rec.update(func() {
		a := r.ouster.attempt
		a.Failure = r.ouster.failure
		a.Outcome = outcomeOf(a)
	})
	r.ouster, r.serial = ouster{}, false
}

// endedToo tells whether the server ended the session of the active mode as well.
func (r *run) endedToo() bool {
	r.rec.mu.Lock()
	defer r.rec.mu.Unlock()
	return slices.ContainsFunc(r.rec.attempts, func(a *evidence.Attempt) bool {
		return a.Mode == evidence.Active && a.Session == r.ouster.session && a.Outcome != evidence.OutcomeWorks &&
			(a.Reply != nil && a.Reply.Code == 421 || a.Negotiation != nil && a.Negotiation.Code == 421 || a.Failure != nil && closed(a.Failure))
	})
}

// suspectsOuster tells whether our second login seems to have ended a session.
func (r *run) suspectsOuster() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.ouster.ended != 0
}

func (r *run) suspectsRider() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.ouster.ended != 0 && r.ouster.rider
}

// settledByItself tells whether the question went no better; then the suspicion is
// taken back.
func (r *run) settledByItself() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ouster.ended == 0 {
		return true
	}
	for _, a := range r.rec.snapshot(evidence.Passive) {
		if a.Session > r.ouster.ended && a.Method == r.ouster.method && a.Negotiation != nil &&
			a.Negotiation.Code/100 == 2 && (a.Failure == nil || a.Failure.Kind != evidence.KindInterrupted) {
			return false
		}
	}
	r.serial = false
	return true
}
