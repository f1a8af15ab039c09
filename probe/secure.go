package probe

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"

	"ftpdiag/probe/evidence"
	"ftpdiag/probe/ftp"
)

var (
	errBehind    = errors.New("the server went on in clear behind its 234")
	errUntrusted = errors.New("the certificate does not verify, and no password goes to whoever shows it")
	errLegacy    = errors.New("encryption comes about only in an outdated way, and no password goes over that")
	errClear     = errors.New("no password goes over a connection that is not encrypted")
)

// secure makes the control connection one of TLS (RFC 4217 §4): AUTH TLS, then
// the handshake. It does nothing where the run goes in clear, or has begun with
// TLS.
func (s *session) secure(ctx context.Context) error {
	if s.run.speaks() != evidence.TLSExplicit || s.purpose() == evidence.PurposePlain {
		return nil
	}
	reply, err := s.auth(ctx)
	_, _, more := s.peek()
	switch {
	case err == nil && reply.Code/100 > 3:
		return s.fail(evidence.OpAuthTLS, &errRejected{reply})
	case err != nil: // whatever is on its way, nothing goes in clear any more
		return s.failSecure(evidence.OpAuthTLS, err)
	case !allowsTLS(reply.Code):
		return s.failSecure(evidence.OpAuthTLS, &errRejected{reply})
	case !s.paused.Load(), s.behind, more:
		return s.failSecure(evidence.OpAuthTLS, errBehind)
	}
	return s.handshake(ctx)
}

// allowsTLS tells the replies to AUTH TLS behind which the handshake begins: 234,
// and 334 of servers older than RFC 4217.
func allowsTLS(code int) bool { return code == 234 || code == 334 }

// auth sends AUTH TLS, alone, and has the reader stop behind the reply that
// allows it: what follows is TLS.
func (s *session) auth(ctx context.Context) (evidence.Reply, error) {
	s.pausing.Store(true)
	defer s.pausing.Store(false)
	reply, err := s.ask(ctx, "AUTH TLS")
	s.rec.update(func() {
		if err == nil && s.s.After == "AUTH" { // and no farewell that was there before
			s.s.Auth = &reply
		}
	})
	return reply, err
}

// handshake takes the control connection into TLS. The reader is not running,
// and runs again when it is over.
func (s *session) handshake(ctx context.Context) error {
	<-s.stopped
	s.rec.say("encrypting the control connection")
	begin := s.rec.since()
	limit := s.limit()
	s.encryption = s.run.newEncryption(limit)
	s.rec.update(func() { s.s.TLSLimit = evidence.Maybe(limit) })
	conn, below, err := s.encryption.shake(ctx, s.conn, s.run.cfg.Timeout)
	took := s.rec.since() - begin
	s.rec.update(func() { s.s.Handshake, s.s.CertificateRequested = &took, s.encryption.requested.Load() })
	if err != nil {
		if text := head(s.rec.redact.FirstLine(below.inClear(err)), 120); text != "" {
			s.rec.update(func() { s.s.FirstBytes = text })
			err = &clearError{text: text, cause: err}
		}
		return s.failSecure(evidence.OpTLSHandshake, err)
	}
	s.run.noteRTT(took.Duration()) // of one round trip or two
	state := conn.ConnectionState()
	s.conn, s.below = conn, below
	s.encryption.settle(state)
	s.trusted = s.run.noteTLS(state)
	s.rec.update(func() { s.s.TLS, s.s.TLSVersion = true, evidence.Maybe(tls.VersionName(state.Version)) })
	s.rec.remark(s.s.ID, "%s, %s", tls.VersionName(state.Version), tls.CipherSuiteName(state.CipherSuite))
	switch {
	case s.run.named() && !s.trusted && !s.run.cfg.Insecure:
		return s.failSecure(evidence.OpTLSHandshake, errUntrusted)
	case s.run.named() && limit == evidence.LimitLegacy:
		return s.failSecure(evidence.OpTLSHandshake, errLegacy)
	}
	s.leaf = state.PeerCertificates[0]
	s.start()
	return nil
}

// unshaken tells whether the session ended in its handshake, which has been tried
// in every way that may help.
func (s *session) unshaken() bool { return s.encryption != nil && !s.s.TLS }

// failSecure ends the session: nothing goes in clear any more on a connection
// that was to be encrypted.
func (s *session) failSecure(op evidence.Op, err error) error {
	s.control.close()
	s.control.fail(err)
	return s.fail(op, err)
}

// clearError is plain text in place of a handshake.
type clearError struct {
	text  string
	cause error
}

func (e *clearError) Error() string {
	return fmt.Sprintf("no TLS, but plain text: %s", ftp.Visible(e.text))
}
func (e *clearError) Unwrap() error { return e.cause }

// mayCarry tells whether the password may go over the session. In clear it goes
// only where that was asked for.
func (s *session) mayCarry() error {
	switch {
	case !s.run.named(), s.run.cfg.TLS == evidence.TLSOff:
		return nil
	case s.encryption == nil || !s.s.TLS:
		return errClear
	case !s.trusted && !s.run.cfg.Insecure:
		return errUntrusted
	case s.s.TLSLimit == evidence.LimitLegacy:
		return errLegacy
	}
	return nil
}

// protect asks for encrypted data connections (RFC 4217 §9): PBSZ 0 and PROT P,
// which may travel together. Where PROT P is refused they go in clear, and the
// report says so.
func (s *session) protect(ctx context.Context) error {
	if !s.s.TLS {
		return nil
	}
	for _, line := range []string{"PBSZ 0", "PROT P"} {
		if err := s.send(line, s.run.cfg.Timeout); err != nil {
			return s.fail(evidence.OpAuthTLS, s.lastWords(err))
		}
	}
	for range 2 {
		a, err := s.await(ctx, s.run.cfg.Timeout)
		if err != nil {
			return s.fail(evidence.OpAuthTLS, err)
		}
		s.rec.update(func() { s.s.Protection = &a.Reply })
	}
	s.protected = s.s.Protection.Code/100 == 2
	if !s.protected {
		s.rec.remark(s.s.ID, "the server refuses to encrypt data connections: they go in clear")
	}
	return nil
}

// readInClear delivers a reply that came in clear on an encrypted connection.
// vsftpd writes its 522 so, after a data connection that it refused.
func (c *control) readInClear(err error) {
	if c.below == nil {
		return
	}
	text := c.below.inClear(err)
	if ftp.CodeOf(ftp.FirstLine(text)) == 0 {
		return
	}
	c.rec.remark(c.s.ID, "in clear, on a connection that is encrypted:")
	line := c.rec.redact.FirstLine(text)
	c.deliver(arrival{Reply: evidence.Reply{Code: ftp.CodeOf(line), Text: ftp.TextOf([]string{line})}, at: c.rec.since()}, []string{line})
}

// limit is that under which the session shakes hands.
func (s *session) limit() string {
	if s.purpose() == evidence.PurposeTLS12 {
		return evidence.LimitTLS12
	}
	return s.run.tlsLimit()
}
