package probe

import (
	"context"
	"fmt"
	"slices"
	"time"

	"ftpdiag/probe/evidence"
)

// errContactLost ends a run whose host stopped answering while ports were tried.
var errContactLost = fmt.Errorf("the server's host no longer answers: %w", context.Canceled)

// contactPatience bounds the wait for a host that may have banned this machine.
const contactPatience = 2 * time.Second

// checkContact asks, after ports were tried, whether the host still answers on a
// control connection that worked (NOOP, RFC 959 §4.1.3). It returns the session, or
// nil where the run is over.
func (r *run) checkContact(ctx context.Context, s *session) *session {
	if farewell, err := s.drain(); err != nil || farewell != nil {
		s.noteContact(err)
		return s
	}
	err := s.send("NOOP", r.cfg.Timeout)
	if err == nil {
		_, err = s.await(ctx, min(r.cfg.Timeout, contactPatience+2*r.roundTrip()))
	}
	s.noteContact(err)
	return s
}

// noteContact draws from an error on the control connection of a run that tries
// ports that the host is lost, and ends the run: nothing more is sent. A server that
// falls silent where every port was open has other reasons.
func (s *session) noteContact(err error) {
	kind := KindOf(err)
	if err == nil || kind != evidence.KindTimedOut && !closed(err) || !s.run.triedDeadPort() {
		return
	}
	s.rec.update(func() {
		if s.rec.ev.ContactLost == nil {
			s.rec.ev.ContactLost = &evidence.ContactLost{At: s.rec.since(), Session: s.s.ID, Kind: kind}
		}
	})
	s.rec.say("the server's host no longer answers")
	s.run.stop(errContactLost)
}

// triedDeadPort tells whether a port was dialled that did not connect, or has not
// yet: what a guard may have counted.
func (r *run) triedDeadPort() bool {
	r.rec.mu.Lock()
	defer r.rec.mu.Unlock()
	dead := func(a *evidence.Attempt) bool {
		return a.Mode == evidence.Passive && a.Dialed.IsValid() && a.Connected == nil
	}
	return len(r.rec.ev.PassivePorts.Probes) > 0 || slices.ContainsFunc(r.rec.attempts, dead)
}

// contactLost tells whether the run is over for that reason.
func (r *run) contactLost() bool {
	r.rec.mu.Lock()
	defer r.rec.mu.Unlock()
	return r.rec.ev.ContactLost != nil
}
