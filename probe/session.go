package probe

import (
	"context"
	"crypto/x509"
	"errors"
	"net"
	"net/netip"
	"slices"
	"strings"
	"time"

	"ftpdiag/probe/evidence"
)

// What an anonymous login sends (RFC 1635): the password is an address of the
// user, and names nobody.
const (
	anonymous         = "anonymous"
	anonymousPassword = "ftpdiag@"
)

func (r *run) password() string {
	if r.cfg.Password == "" && !r.named() {
		return anonymousPassword
	}
	return r.cfg.Password
}

// session is a control connection and who is at its ends.
type session struct {
	*control
	run    *run
	opened evidence.Millis // when the control connection was there
	peer   netip.AddrPort  // of the control connection
	local  netip.AddrPort

	*encryption                   // nil: the control connection goes in clear
	leaf        *x509.Certificate // the server's own
	trusted     bool              // it verifies
	protected   bool              // data connections are encrypted
}

// errRejected stands for a reply of the server that says no.
type errRejected struct{ evidence.Reply }

func (e *errRejected) Error() string { return e.line() }

func (e *errRejected) line() string {
	first, _, _ := strings.Cut(e.Text, "\n")
	return strings.TrimSpace(itoa(e.Code) + " " + first)
}

// openSession connects another control connection to the address in use.
func (r *run) openSession(ctx context.Context, port uint16, purpose string) (*session, error) {
	if !r.budget.takeSession(purpose != evidence.PurposeDiagnose && purpose != evidence.PurposePort21 || r.tlsTrouble()) {
		return nil, errSpared
	}
	begin := time.Now()
	peer := netip.AddrPortFrom(r.peer.Addr(), port)
	conn, err := r.dialCounted(ctx, peer, r.overdue())
	if err != nil {
		s := r.rec.newSession(evidence.Session{Purpose: purpose, IP: peer.Addr().String(), Port: int(port)})
		r.rec.update(func() { s.Failure = FailureOf(evidence.OpConnect, err) })
		return nil, err
	}
	took := time.Since(begin)
	r.noteRTT(took)
	return r.newSession(conn, micros(took), purpose), nil
}

func (r *run) newSession(conn net.Conn, took evidence.Millis, purpose string) *session {
	peer, local := hostOf(conn.RemoteAddr()), hostOf(conn.LocalAddr())
	s := r.rec.newSession(evidence.Session{Purpose: purpose, IP: peer.Addr().String(), Port: int(peer.Port()),
		Local: local.String(), Connect: &took})
	return &session{opened: r.rec.since(), control: newControl(r.rec, s, conn), run: r, peer: peer, local: local}
}

func (s *session) purpose() string { return s.s.Purpose }

// fail records why the session ended.
func (s *session) fail(op evidence.Op, err error) error {
	s.rec.update(func() {
		s.s.Failure = FailureOf(op, err)
		var no *errRejected
		if errors.As(err, &no) {
			s.s.Reply = &no.Reply
		}
	})
	return err
}

// greet waits for the greeting: 220, after any number of 120 (RFC 959 §5.4).
// Under implicit TLS the handshake comes before it.
func (s *session) greet(ctx context.Context) error {
	if s.run.speaks() == evidence.TLSImplicit && s.purpose() != evidence.PurposePlain {
		if err := s.handshake(ctx); err != nil {
			return err
		}
	} else {
		s.start()
	}
	end := time.Now().Add(s.run.cfg.longWait())
	for waits := 0; ; waits++ {
		a, err := s.await(ctx, time.Until(end))
		switch {
		case err != nil:
			return s.fail(evidence.OpGreeting, err)
		case waits > inboxLimit:
			return s.fail(evidence.OpGreeting, errFlood)
		case a.Code/100 == 1:
			s.rec.say("the server asks to wait: %s", a.Text)
			continue
		case a.Code/100 != 2:
			return s.fail(evidence.OpGreeting, &errRejected{a.Reply})
		}
		s.rec.update(func() {
			took := a.at - s.opened
			s.s.Greeting = &took
			if s.rec.ev.Server.Greeting == "" {
				s.rec.ev.Server.Greeting = a.Text
			}
		})
		return nil
	}
}

// ask sends a command and takes its reply.
func (s *session) ask(ctx context.Context, line string) (evidence.Reply, error) {
	if farewell, err := s.drain(); err != nil {
		return evidence.Reply{}, err
	} else if farewell != nil {
		return *farewell, nil
	}
	if err := s.send(line, s.run.cfg.Timeout); err != nil {
		return evidence.Reply{}, s.lastWords(err)
	}
	a, err := s.await(ctx, s.run.cfg.Timeout)
	return a.Reply, err
}

// lastWords prefers what the server said before it closed to the error of a
// write that came too late.
func (s *session) lastWords(err error) error {
	select {
	case <-s.stopped:
		if a, gone, ok := s.peek(); ok && gone == nil {
			return &errRejected{a.Reply}
		} else if gone != nil {
			return gone
		}
	case <-time.After(100 * time.Millisecond):
	}
	return err
}

// login sends USER and, where the server asks for it, PASS, and then asks for
// encrypted data connections where the control connection is. It sends a password
// once, and nothing after a rejection.
func (s *session) login(ctx context.Context) error {
	if err := s.mayCarry(); err != nil {
		return s.fail(evidence.OpLogin, err)
	}
	if !s.run.budget.takeLogin() {
		return s.fail(evidence.OpLogin, errSpared)
	}
	begin := s.rec.since()
	if s.run.host {
		if reply, err := s.ask(ctx, "HOST "+s.run.cfg.Target.Host); err != nil || reply.Code/100 != 2 {
			s.rec.remark(s.s.ID, "HOST was not accepted")
		}
	}
	asked := s.rec.since()
	reply, err := s.askFor(ctx, "USER "+s.run.cfg.Target.User, s.run.cfg.Timeout)
	if err == nil && reply.Code/100 < 4 && reply.at > asked { // and no farewell that was on its way before
		s.run.noteRTT((reply.at - asked).Duration())
	}
	if err == nil && reply.Code == 331 {
		reply, err = s.sendPassword(ctx)
		if err == nil && reply.Code/100 > 3 {
			s.run.noteRejected()
		}
	}
	switch {
	case err != nil:
		return s.fail(evidence.OpLogin, err)
	case reply.Code/100 != 2:
		return s.fail(evidence.OpLogin, &errRejected{reply.Reply})
	}
	s.run.noteAdmitted()
	s.rec.update(func() {
		took := s.rec.since() - begin
		s.s.Login = &took
	})
	return s.protect(ctx)
}

// sendPassword sends PASS. vsftpd, Pure-FTPd and PAM hold the answer to a wrong
// password for seconds: a login's wait is not a stall. Another 331 is USER answered
// twice, if the answer to PASS follows.
func (s *session) sendPassword(ctx context.Context) (arrival, error) {
	reply, err := s.askFor(ctx, "PASS "+s.run.password(), s.run.cfg.longWait())
	if err != nil || reply.Code != 331 {
		return reply, err
	}
	if a, later := s.await(ctx, s.run.cfg.Timeout); later == nil {
		return a, s.noteUnasked(reply.Reply)
	}
	return reply, nil
}

// expect is await for a reply that the command can have: a positive one with
// another code was not asked for.
func (s *session) expect(ctx context.Context, wait time.Duration, positive ...int) (arrival, error) {
	for {
		a, err := s.await(ctx, wait)
		if err != nil || a.Code/100 != 2 || slices.Contains(positive, a.Code) {
			return a, err
		}
		if err := s.noteUnasked(a.Reply); err != nil {
			return arrival{}, err
		}
	}
}

// askFor asks for a step of the login, whose positive replies are 230, 232 (RFC
// 2228) and 202; a second greeting of a proxy is not among them.
func (s *session) askFor(ctx context.Context, line string, wait time.Duration) (arrival, error) {
	if farewell, err := s.drain(); err != nil {
		return arrival{}, err
	} else if farewell != nil {
		return arrival{Reply: *farewell}, nil
	}
	if err := s.send(line, s.run.cfg.Timeout); err != nil {
		return arrival{}, s.lastWords(err)
	}
	return s.expect(ctx, wait, 230, 232, 202)
}

// quit says goodbye, if anybody is there to hear it.
func (s *session) quit() {
	if s.run.contactLost() {
		return
	}
	if _, gone, ok := s.peek(); !ok || gone == nil {
		s.leaving.Store(true)
		_ = s.send("QUIT", time.Second)
	}
}
