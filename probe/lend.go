package probe

import (
	"context"
	"errors"
	"fmt"
	"io"

	jlaffaye "github.com/jlaffaye/ftp"

	"ftpdiag/probe/evidence"
)

// lend lends the wire of the session to the client library for one passive
// transfer, so that what is judged is what an ordinary client does. Every byte
// still passes through us: the library's commands go out over the recorded
// control connection one at a time, its data connection is ours. The record
// decides what happened; where it says that the transfer can go on, or worked,
// and the library gave up, that is noted in Attempt.Library.
func (t *trial) lend(ctx context.Context, q question) error {
	if q.operation == opMLSD || q.operation == opConnect || q.purpose == evidence.PurposeForeign {
		return t.alone(ctx, q)
	}
	w := newWire(ctx, t, q)
	err := w.run()
	if errors.Is(err, errSlow) {
		return errSlow
	}
	if err == nil || t.a.Failure != nil {
		return err
	}
	t.rec.update(func() {
		t.a.Library = FailureOf(w.step(), err)
		t.a.Library.Kind = evidence.KindMalformed
		t.a.Library.Message = t.rec.redact.Clean(t.a.Library.Message) // it quotes the server
	})
	switch {
	case t.a.Dialed.IsValid() && t.a.CleanEnd:
		_, err := t.complete(ctx) // a mark that the library does not know, say
		return err
	case t.a.Dialed.IsValid():
		return nil
	}
	return t.plainTransfer(ctx, int(t.a.Offered.Port()), q)
}

// alone asks q without the library.
func (t *trial) alone(ctx context.Context, q question) error {
	a, err := t.negotiate(ctx, string(q.method))
	if err != nil {
		return err
	}
	port, _, err := t.offer(a)
	if err != nil {
		return err
	}
	return t.plainTransfer(ctx, port, q)
}

// run has the library ask the question.
func (w *wire) run() error {
	entries, err := w.transfer()
	w.t.run.noteEntries(entries)
	if w.slow {
		return errSlow
	}
	return err
}

// transfer is the library's part. Its parser of the 227 slices by what the server
// wrote, and panics where the parentheses are the wrong way round.
func (w *wire) transfer() (entries []*jlaffaye.Entry, err error) {
	defer func() {
		if w.ours {
			return // so is the panic, if there is one
		}
		if p := recover(); p != nil {
			err = fmt.Errorf("the client library broke down: %v", p)
		}
	}()
	c, err := jlaffaye.Dial(w.t.peer.String(),
		jlaffaye.DialWithDialFunc(w.dial), jlaffaye.DialWithDisabledEPSV(w.q.method == evidence.PASV))
	if err != nil {
		return nil, err
	}
	switch w.q.operation {
	case opNLST:
		_, err = c.NameList(w.q.path)
	case opRETR:
		err = retrieve(c, w.q.path)
	default:
		entries, err = c.List(w.q.path)
	}
	return entries, err
}

func retrieve(c *jlaffaye.ServerConn, path string) error {
	r, err := c.Retr(path)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, r)
	return errors.Join(err, r.Close())
}

// step is where the library gave up.
func (w *wire) step() evidence.Op {
	switch {
	case !w.t.a.Dialed.IsValid():
		return evidence.OpNegotiate
	case w.t.a.Reply == nil:
		return evidence.OpTransfer
	}
	return evidence.OpCompletion
}
