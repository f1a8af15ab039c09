package probe

import (
	"context"
	"net"
	"time"
)

// handshakeError is a TLS handshake on a data connection that failed.
type handshakeError struct{ cause error }

func (e *handshakeError) Error() string { return e.cause.Error() }
func (e *handshakeError) Unwrap() error { return e.cause }

// marked waits for the 1yz mark where the data connection is to be encrypted: a
// handshake that began before it hung, or was reset, on all four servers that were
// tried (rule 3). In active mode the data connection may come first.
func (t *trial) marked(ctx context.Context) bool {
	if t.dataTLS == nil || t.a.Mark != nil || t.a.Reply != nil {
		return true
	}
	_, err := t.mark(ctx)
	return err == nil
}

// encrypt shakes hands on the data connection.
func (rd *reading) encrypt(ctx context.Context, wait time.Duration) error {
	conn, below, err := rd.t.shakeData(ctx, rd.conn, wait)
	if err != nil {
		return err
	}
	rd.in, rd.below = conn, below
	return nil
}

// shakeData shakes hands on a data connection and records whether it resumed the
// TLS session of the control connection. The error is a *handshakeError.
func (t *trial) shakeData(ctx context.Context, raw net.Conn, wait time.Duration) (net.Conn, *tap, error) {
	t.rec.update(func() { t.s.Ticket = t.encryption.tickets.got.Load() })
	conn, below, err := t.dataTLS.shake(ctx, raw, wait)
	if err != nil {
		t.rec.update(func() { t.a.FirstBytes = t.rec.redact.FirstLine(below.inClear(err)) })
		return nil, nil, &handshakeError{err}
	}
	state := conn.ConnectionState()
	if len(state.PeerCertificates) > 0 && !state.PeerCertificates[0].Equal(t.leaf) {
		t.rec.remark(t.s.ID, "the data connection shows another certificate than the control connection")
	}
	resumed := state.DidResume
	t.rec.update(func() { t.a.Resumed, t.a.Encrypted = &resumed, t.rec.at() })
	return conn, below, nil
}
