package probe

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strings"
	"time"

	"ftpdiag/probe/evidence"
	"ftpdiag/probe/ftp"
)

// Operations that open a data connection (RFC 959 §4.1.3, RFC 3659 §7).
const (
	opLIST    = "LIST"
	opNLST    = "NLST"
	opMLSD    = "MLSD"
	opRETR    = "RETR"
	opSTOR    = "STOR"
	opConnect = "CONNECT" // the data connection is opened and closed
	opNone    = ""        // negotiated only
)

// trial carries one attempt through its steps on one session: negotiate, open
// the data connection, ask, receive, complete. Each step writes what it saw
// into the Attempt; the first that fails writes the Failure and returns it.
type trial struct {
	*session
	a       *evidence.Attempt
	content []byte // what was received
	ended   bool   // a rider was answered with 421
	broken  bool   // the control connection is out of step: log in anew
	bare    bool   // the completion ended in a bare code

	requests int // see question

	dataTLS *encryption // of the data connection; nil: it goes in clear
}

func (s *session) newTrial(q question) *trial {
	t := &trial{session: s, requests: q.requests}
	if s.protected {
		t.dataTLS = s.encryption
	}
	if t.dataTLS != nil && q.purpose == evidence.PurposeNoReuse {
		t.dataTLS = t.dataTLS.withoutReuse()
	}
	t.a = s.rec.newAttempt(evidence.Attempt{Session: s.s.ID, Mode: q.method.Mode(), Method: q.method, TLS: s.protected,
		Operation: q.operation, Path: q.path, Purpose: q.purpose})
	return t
}

// attempt asks q in its mode. It reports whether the session may be used again.
func (s *session) attempt(ctx context.Context, q question) (usable bool) {
	if q.method.Mode() == evidence.Active {
		return s.activeTransfer(ctx, q)
	}
	return s.passiveTransfer(ctx, q)
}

// fail records the step that ended the attempt. Only the first counts.
func (t *trial) fail(op evidence.Op, err error) error {
	t.rec.update(func() {
		if t.a.Failure != nil {
			return
		}
		t.a.Failure = FailureOf(op, err)
		var no *errRejected
		errors.As(err, &no)
		if no != nil && t.a.Negotiation == nil && t.a.Reply == nil {
			t.a.Reply = &no.Reply // a farewell that nobody asked for
		}
	})
	return err
}

// end gives the attempt its outcome. It follows from the record alone (rule:
// a positive completion and a clean end of data, RFC 959 §4.2).
func (t *trial) end() {
	t.noteOusted()
	t.rec.update(func() {
		t.a.End = t.rec.since()
		t.a.Outcome = outcomeOf(t.a)
		if t.a.Outcome == evidence.OutcomeWorks {
			t.a.Failure = nil
		}
	})
	// Behind the outcome: speak marks those that have one. Not within update: whoever
	// holds the lock of the run may want that of the record.
	if t.overtaken() {
		t.rec.update(func() { overtake(t.a) })
	}
	t.dataDemands(t.a)
	t.noteEnd()
	if t.a.Outcome == evidence.OutcomeFails && t.a.Failure.Op != evidence.OpNegotiate && t.a.Failure.Op != evidence.OpDataConnect {
		t.broken = true
	}
}

// overtaken tells whether the run has gone on to TLS while the session goes in
// clear.
func (s *session) overtaken() bool {
	return s.encryption == nil && s.purpose() == evidence.PurposeDiagnose && s.run.speaks() != evidence.TLSOff
}

// noteEnd records that the server ended the session.
func (t *trial) noteEnd() {
	if _, err, ok := t.peek(); ok && err != nil {
		t.broken = true
		t.rec.update(func() {
			if t.s.Ended == nil && !t.leaving.Load() && !errors.Is(err, net.ErrClosed) {
				t.s.Ended = FailureOf(evidence.OpTransfer, err)
			}
		})
	}
}

func outcomeOf(a *evidence.Attempt) evidence.Outcome {
	positive := a.Reply != nil && a.Reply.Code/100 == 2
	switch {
	case a.Operation == opConnect && a.Failure == nil:
		return evidence.OutcomeWorks
	case a.Operation == opSTOR && a.Failure != nil && a.Failure.Op == evidence.OpCompletion:
		return evidence.OutcomeFails // stored, but not what was sent
	case a.Truncated && a.Bytes > 0, positive && a.CleanEnd:
		return evidence.OutcomeWorks
	case a.Failure == nil:
		return evidence.OutcomeInconclusive
	case a.Failure.Kind == evidence.KindInterrupted:
		return evidence.OutcomeInconclusive
	case a.Superseded && a.Failure.Op == evidence.OpDataConnect && (a.Failure.Kind == evidence.KindRefused || a.Failure.Kind == evidence.KindReset):
		return evidence.OutcomeInconclusive
	case a.Failure.Op == evidence.OpTransfer && a.Failure.Kind == evidence.KindRejected && !aboutData(a.Reply):
		return evidence.OutcomeInconclusive
	}
	return evidence.OutcomeFails
}

// aboutData tells whether a negative reply in place of the 1yz mark speaks of
// the data connection, and not of the file (RFC 959 §4.2.2, RFC 4217 §10).
func aboutData(r *evidence.Reply) bool {
	if r == nil {
		return false
	}
	switch r.Code {
	case 421, 425, 426, 521, 522:
		return true
	}
	if fatal(*r) { // vsftpd cannot bind port 20: 500 OOPS in answer to LIST
		return true
	}
	return strings.Contains(strings.ToLower(r.Text), "data connection")
}

// negotiate sends EPSV, PASV, EPRT or PORT, alone: a firewall's helper matches
// only at the start of a packet (rule 8).
func (t *trial) negotiate(ctx context.Context, command string) (arrival, error) {
	if farewell, err := t.drain(); err != nil {
		return arrival{}, t.fail(evidence.OpNegotiate, err)
	} else if farewell != nil {
		return arrival{}, t.fail(evidence.OpNegotiate, &errRejected{*farewell})
	}
	if err := t.send(command, t.run.cfg.Timeout); err != nil {
		return arrival{}, t.fail(evidence.OpNegotiate, t.lastWords(err))
	}
	a, err := t.expect(ctx, t.run.cfg.Timeout, 200, 227, 228, 229)
	if err != nil {
		t.broken = true
		return a, t.fail(evidence.OpNegotiate, err)
	}
	t.rec.update(func() {
		t.a.Negotiation, t.a.Negotiated = &a.Reply, &a.at
		t.noteSeen(a.Reply)
	})
	if a.Code/100 != 2 {
		t.broken = fatal(a.Reply)
		return a, t.fail(evidence.OpNegotiate, &errRejected{a.Reply})
	}
	return a, nil
}

// fatal tells a reply after which the server commonly closes: 421 (RFC 959
// §4.2.2), and vsftpd's 500 OOPS.
func fatal(r evidence.Reply) bool {
	return r.Code == 421 || strings.HasPrefix(r.Text, "OOPS")
}

// noteSeen keeps the address that a reply says the server sees.
func (s *session) noteSeen(r evidence.Reply) {
	if ip, ok := ftp.SeenAddress(r.Text); ok {
		s.s.SeenAs = evidence.Maybe(ip.String())
	}
}

// command is the operation with its argument.
func (t *trial) command() string {
	if t.a.Path == "" {
		return t.a.Operation
	}
	return t.a.Operation + " " + t.a.Path
}

// request sends the operation, unless the server has refused the data
// connection already.
func (t *trial) request() error {
	if a, gone, ok := t.peek(); ok && gone == nil && aboutData(&a.Reply) {
		_, _ = t.take()
		t.hear(a)
	}
	if t.a.Reply != nil && t.a.Reply.Code/100 > 2 {
		return t.refusal(arrival{Reply: *t.a.Reply})
	}
	t.rec.update(func() { t.a.Asked = t.rec.at() })
	if err := t.send(t.command(), t.run.cfg.Timeout); err != nil {
		return t.fail(evidence.OpTransfer, t.lastWords(err))
	}
	return nil
}

// hear notes a reply that came after the operation was asked for: the mark, or
// the completion, or the refusal in its place.
func (t *trial) hear(a arrival) {
	t.rec.update(func() {
		if a.Code/100 == 1 {
			t.a.Mark, t.a.Marked = &a.Reply, &a.at
		} else {
			t.a.Reply, t.a.Replied = &a.Reply, &a.at
			t.bare = a.bare
		}
	})
}

// refusal is the failure that a negative reply means at this point.
func (t *trial) refusal(a arrival) error {
	no := &errRejected{a.Reply}
	switch {
	case t.a.Mark != nil || t.a.Bytes > 0:
		return t.fail(evidence.OpCompletion, no)
	case t.a.Mode == evidence.Active && t.a.Connected == nil && aboutData(&a.Reply):
		return t.fail(evidence.OpDataAccept, no)
	}
	return t.fail(evidence.OpTransfer, no)
}

// mark waits for the 1yz reply.
func (t *trial) mark(ctx context.Context) (arrival, error) {
	a, err := t.await(ctx, t.run.cfg.Timeout)
	if err != nil {
		return a, t.fail(evidence.OpTransfer, err)
	}
	t.hear(a)
	if a.Code/100 > 2 {
		return a, t.refusal(a)
	}
	return a, nil
}

// complete waits for the completion reply, unless it is there already. After a
// transfer that we cut short any answer will do, and none is waited for long.
func (t *trial) complete(ctx context.Context) (arrival, error) {
	wait := t.run.cfg.Timeout
	if t.a.Truncated {
		wait = min(wait, time.Second)
	}
	ctx, cancel := bounded(ctx, 2*wait) // another mark is no reason to wait for ever
	defer cancel()
	for marks := 0; t.a.Reply == nil; marks++ {
		a, err := t.await(ctx, wait)
		if err == nil && marks > inboxLimit {
			err = errFlood
		}
		if err != nil {
			t.broken = true
			return a, t.fail(evidence.OpCompletion, err)
		}
		t.hear(a)
	}
	a := arrival{Reply: *t.a.Reply, bare: t.bare}
	if a.Code/100 != 2 && !t.a.Truncated {
		return a, t.refusal(a)
	}
	return a, nil
}

// bounded ends the waits of a step together, as one that took too long.
func bounded(ctx context.Context, wait time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, wait, &waitError{wait: wait})
}

// endpoint names the address of the control host with another port.
func (t *trial) endpoint(port int) netip.AddrPort {
	return netip.AddrPortFrom(t.peer.Addr(), uint16(port))
}
