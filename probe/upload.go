package probe

import (
	"context"
	"crypto/rand"
	"fmt"
	"net"
	"strings"
	"time"

	"ftpdiag/probe/evidence"
)

// uploadText is what an upload stores: a page that says what it is, in case it
// cannot be deleted again.
const uploadText = "ftpdiag stored this file to see whether uploads work. It may be deleted.\r\n"

// askUpload stores a small file, checks its size and deletes it, in the mode
// that works. Whatever fails, it tries to delete what it may have stored.
func (r *run) askUpload(ctx context.Context) {
	method, ok := r.workingMethod()
	if !r.cfg.Upload || !ok {
		return
	}
	s, err := r.login(ctx)
	if err != nil {
		r.rec.remark(0, "no upload was tried: %v", err)
		return
	}
	name := r.cfg.Target.Path + "ftpdiag-" + strings.ToLower(rand.Text()[:12]) + ".txt"
	t := s.newTrial(question{method: method, operation: opSTOR, path: name, purpose: evidence.PurposeUpload})
	r.rec.say("uploading %s", name)
	if t.store(ctx) {
		t.checkSize(ctx)
	}
	t.end()
	r.remove(ctx, t, name)
}

// workingMethod is the negotiation that worked, passive before active.
func (r *run) workingMethod() (evidence.Method, bool) {
	for _, mode := range []evidence.Mode{evidence.Passive, evidence.Active} {
		for _, a := range r.rec.snapshot(mode) {
			if a.Outcome == evidence.OutcomeWorks && judges(a) {
				return a.Method, true
			}
		}
	}
	return "", false
}

// store carries the upload through its steps. It tells whether the server says that
// it stored the file.
func (t *trial) store(ctx context.Context) bool {
	if !t.typeImage(ctx, t) {
		return false
	}
	conn, err := t.openForUpload(ctx)
	if err != nil {
		return false
	}
	if conn, err = t.encryptForUpload(ctx, conn); err != nil {
		return false
	}
	err = t.deliver(conn)
	conn.Close()
	if err != nil {
		t.fail(evidence.OpTransfer, err)
		return false
	}
	t.rec.update(func() { t.a.Bytes, t.a.CleanEnd = int64(len(uploadText)), true })
	_, err = t.complete(ctx)
	return err == nil
}

// openForUpload negotiates, asks for STOR and returns the data connection after
// the 1yz mark.
func (t *trial) openForUpload(ctx context.Context) (net.Conn, error) {
	if t.a.Mode == evidence.Active {
		return t.acceptForUpload(ctx)
	}
	a, err := t.negotiate(ctx, string(t.a.Method))
	if err != nil {
		return nil, err
	}
	port, _, err := t.offer(a)
	if err != nil {
		return nil, err
	}
	conn, err := t.openToEnd(ctx, t.endpoint(port))
	if err != nil {
		return nil, err
	}
	if err = t.request(); err == nil {
		_, err = t.mark(ctx)
	}
	if err != nil {
		conn.Close()
		return nil, err
	}
	return conn, nil
}

func (t *trial) acceptForUpload(ctx context.Context) (net.Conn, error) {
	l, err := t.listen()
	if err != nil {
		return nil, t.fail(evidence.OpDataAccept, err)
	}
	go l.accept(t.rec)
	defer l.close()
	if err := t.offerActive(ctx, l, question{method: t.a.Method}); err != nil {
		return nil, err
	}
	if err := t.request(); err != nil {
		return nil, err
	}
	conn := t.awaitData(ctx, l, t.run.cfg.Timeout)
	if conn == nil {
		return nil, t.a.Failure
	}
	if t.a.Mark == nil && t.a.Reply == nil {
		if _, err := t.mark(ctx); err != nil {
			conn.Close()
			return nil, err
		}
	}
	return conn, nil
}

// encryptForUpload shakes hands on the data connection where it is to be encrypted.
func (t *trial) encryptForUpload(ctx context.Context, conn net.Conn) (net.Conn, error) {
	if t.dataTLS == nil {
		return conn, nil
	}
	client, _, err := t.shakeData(ctx, conn, t.run.cfg.Timeout)
	if err != nil {
		conn.Close()
		t.lastReplies(ctx)
		return nil, t.fail(evidence.OpDataTLS, err)
	}
	return client, nil
}

// deliver writes the file.
func (t *trial) deliver(conn net.Conn) error {
	if err := conn.SetWriteDeadline(time.Now().Add(t.run.cfg.Timeout)); err != nil {
		return err
	}
	_, err := conn.Write([]byte(uploadText))
	return err
}

// checkSize asks the server for the size of what it stored (RFC 3659 §4). A
// server without SIZE is believed.
func (t *trial) checkSize(ctx context.Context) {
	reply, err := t.ask(ctx, "SIZE "+t.a.Path)
	if err != nil || reply.Code != 213 {
		return
	}
	if want := fmt.Sprint(len(uploadText)); strings.TrimSpace(reply.Text) != want {
		t.fail(evidence.OpCompletion, fmt.Errorf("the server says that %s bytes were stored, %s were sent", strings.TrimSpace(reply.Text), want))
	}
}

// remove deletes the file, on a fresh session where the one that stored it is
// out of step, and says so where that fails.
func (r *run) remove(ctx context.Context, t *trial, name string) {
	s := t.session
	if t.broken {
		r.release(s)
		s, _ = r.login(ctx)
	}
	if s == nil {
		r.rec.update(func() { t.a.LeftBehind = t.a.Mark != nil })
		r.rec.remark(t.s.ID, "%s may have been left behind: no session to delete it on", name)
		return
	}
	defer r.release(s)
	if t.a.Asked == nil {
		return
	}
	reply, err := s.ask(ctx, "DELE "+name)
	stored := t.a.Mark != nil
	if stored && (err != nil || reply.Code/100 != 2) {
		r.rec.update(func() { t.a.LeftBehind = true })
		r.rec.remark(s.s.ID, "%s may have been left behind", name)
	}
}
