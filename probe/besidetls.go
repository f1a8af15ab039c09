package probe

import (
	"context"
	"time"

	"ftpdiag/probe/evidence"
)

// askReuse asks, on the session that is still open, whether the server demands
// that data connections resume the TLS session of the control connection: many
// clients do not. It asks only where a transfer that resumed it worked.
func (r *run) askReuse(ctx context.Context, s *session) {
	worked, ok := r.resumedTransfer()
	if r.cfg.Quick || !ok || len(r.failedTLS13())+len(r.failedButForTLS()) > 0 && s == nil {
		return
	}
	if s == nil || !s.protected {
		fresh, err := r.login(ctx)
		if err != nil {
			return
		}
		defer r.release(fresh)
		s = fresh
	}
	r.rec.say("does the server demand that TLS sessions be resumed?")
	r.askBeside(ctx, s, worked, evidence.PurposeNoReuse)
}

// resumedTransfer is a transfer that worked over a data connection that resumed
// the TLS session, in passive mode if there is one.
func (r *run) resumedTransfer() (evidence.Attempt, bool) {
	for _, mode := range []evidence.Mode{evidence.Passive, evidence.Active} {
		for _, a := range r.rec.snapshot(mode) {
			if judges(a) && a.Outcome == evidence.OutcomeWorks && a.Resumed != nil && *a.Resumed {
				return a, true
			}
		}
	}
	return evidence.Attempt{}, false
}

// askBeside puts the question of an attempt once more. It reports whether the
// session may be used again.
func (r *run) askBeside(ctx context.Context, s *session, of evidence.Attempt, purpose string) (usable bool) {
	q := question{method: of.Method, operation: opLIST, purpose: purpose, patience: r.cfg.Timeout + time.Second} // to its end
	if of.Outcome == evidence.OutcomeWorks {
		q.operation, q.path = of.Operation, of.Path
	}
	return s.attempt(ctx, q)
}

// askBesideTLS asks why transfers over TLS failed: with TLS 1.2 at most, and in
// clear, where no password would go with it. Both modes are asked on one session,
// as long as that lasts: each takes a login.
func (r *run) askBesideTLS(ctx context.Context) {
	if r.speaks() == evidence.TLSOff {
		return
	}
	r.askFresh(ctx, r.failedTLS13(), evidence.PurposeTLS12)
	r.askFresh(ctx, r.failedButForTLS(), evidence.PurposePlain)
}

// failedTLS13 are the transfers that TLS 1.2 may mend, one a mode.
func (r *run) failedTLS13() (found []evidence.Attempt) {
	for _, mode := range []evidence.Mode{evidence.Passive, evidence.Active} {
		a, ok := failedOverTLS(r.rec.snapshot(mode), failedInTLS)
		if ok && r.tlsLimit() == "" && r.spoke13(a.Session) {
			found = append(found, a)
		}
	}
	return found
}

// failedButForTLS are the transfers that may work in clear, one a mode.
func (r *run) failedButForTLS() (found []evidence.Attempt) {
	if r.named() || r.speaks() == evidence.TLSImplicit {
		return nil
	}
	for _, mode := range []evidence.Mode{evidence.Passive, evidence.Active} {
		if a, ok := failedOverTLS(r.rec.snapshot(mode), anyFailure); ok {
			found = append(found, a)
		}
	}
	return found
}

// failedOverTLS is the transfer of a mode that failed over TLS in the way that
// matters, where none of that mode worked. Of several methods it is the one whose
// reply a helper rewrites.
func failedOverTLS(attempts []evidence.Attempt, matters func(evidence.Attempt) bool) (found evidence.Attempt, ok bool) {
	for _, a := range attempts {
		switch {
		case !a.TLS || !judges(a):
		case a.Outcome == evidence.OutcomeWorks:
			return evidence.Attempt{}, false
		case a.Outcome == evidence.OutcomeFails && matters(a) && (!ok || a.Method == evidence.PASV || a.Method == evidence.PORT):
			found, ok = a, true
		}
	}
	return found, ok
}

func anyFailure(evidence.Attempt) bool { return true }

// failedInTLS tells a transfer whose data connection was made, and whose TLS did
// not please one of the two sides.
func failedInTLS(a evidence.Attempt) bool {
	if a.Failure == nil || a.Connected == nil {
		return false
	}
	return a.Failure.Op == evidence.OpDataTLS || a.Bytes == 0 && (a.Failure.Op == evidence.OpCompletion || a.Failure.Op == evidence.OpTransfer)
}

// spoke13 tells whether the session spoke TLS 1.3.
func (r *run) spoke13(session int) bool {
	r.rec.mu.Lock()
	defer r.rec.mu.Unlock()
	return session > 0 && session <= len(r.rec.sessions) && r.rec.sessions[session-1].TLSVersion == "TLS 1.3"
}

// askFresh puts the questions once more, on a session of their own.
func (r *run) askFresh(ctx context.Context, of []evidence.Attempt, purpose string) {
	var s *session
	for _, a := range of {
		r.rec.say("%s (%s): the same %s", a.Mode, a.Method, map[string]string{evidence.PurposePlain: "without TLS", evidence.PurposeTLS12: "with TLS 1.2"}[purpose])
		if s == nil {
			s, _ = r.loginFor(ctx, purpose)
		}
		if s == nil {
			return
		}
		if usable := r.askBeside(ctx, s, a, purpose); !usable {
			r.release(s)
			s = nil
		}
	}
	r.release(s)
}
