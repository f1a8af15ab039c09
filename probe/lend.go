package probe

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/jlaffaye/ftp"
)

var errNotAsked = errors.New("another question than the one that was asked")

// lend lends the wire of the session to the client library for one passive
// transfer, so that what is judged is what an ordinary client does. Every byte
// still passes through us: the library's commands go out over the recorded
// control connection one at a time, its data connection is ours. The record
// decides what happened; where it says that the transfer can go on, or worked,
// and the library gave up, that is noted in Attempt.Library.
func (t *trial) lend(ctx context.Context, q question) error {
	if q.operation == opMLSD || q.operation == opConnect || q.purpose == PurposeForeign {
		return t.alone(ctx, q)
	}
	w := &wire{t: t, ctx: ctx, q: q}
	err := w.run()
	if errors.Is(err, errSlow) {
		return errSlow
	}
	if err == nil || t.a.Failure != nil {
		return err
	}
	t.rec.update(func() {
		t.a.Library = FailureOf(w.step(), err)
		t.a.Library.Kind = KindMalformed
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

// wire is the control connection as the library sees it. It yields one line a
// Read, so that no buffered reader hoards a later reply.
type wire struct {
	t      *trial
	ctx    context.Context
	q      question
	lines  []string // of replies, waiting to be read
	opened bool     // the library has its control connection
	slow   bool     // the data connection is still being dialled
}

func (w *wire) run() (err error) {
	// Its parser of the 227 slices by what the server wrote, and panics where
	// the parentheses are the wrong way round.
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the client library broke down: %v", p)
		}
	}()
	w.lines = []string{"220 "}
	c, err := ftp.Dial(w.t.peer.String(),
		ftp.DialWithDialFunc(w.dial), ftp.DialWithDisabledEPSV(w.q.method == PASV))
	if err != nil {
		return err
	}
	switch w.q.operation {
	case opNLST:
		_, err = c.NameList(w.q.path)
	case opRETR:
		err = retrieve(c, w.q.path)
	default:
		var entries []*ftp.Entry
		entries, err = c.List(w.q.path)
		w.t.run.noteEntries(entries)
	}
	if w.slow {
		return errSlow
	}
	return err
}

func retrieve(c *ftp.ServerConn, path string) error {
	r, err := c.Retr(path)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, r)
	return errors.Join(err, r.Close())
}

// step is where the library gave up.
func (w *wire) step() Op {
	switch {
	case !w.t.a.Dialed.IsValid():
		return OpNegotiate
	case w.t.a.Reply == nil:
		return OpTransfer
	}
	return OpCompletion
}

// dial gives the library its control connection first, and then data connections.
func (w *wire) dial(string, string) (net.Conn, error) {
	if !w.opened {
		w.opened = true
		return w, nil
	}
	if !w.t.a.Offered.IsValid() {
		return nil, errUnparseable // to us; the library takes port 0 for a port
	}
	conn, err := w.t.open(w.ctx, w.t.endpoint(int(w.t.a.Offered.Port())), w.q.patience)
	if errors.Is(err, errSlow) {
		w.slow = true
	}
	if err != nil {
		return nil, err
	}
	return &lentData{Conn: conn, w: w}, nil
}

// Write takes a command of the library.
func (w *wire) Write(p []byte) (int, error) {
	line := string(bytes.TrimRight(p, "\r\n"))
	switch {
	case line == string(w.q.method):
		a, err := w.t.negotiate(w.ctx, line)
		if len(a.raw) > 0 {
			w.lines = append(w.lines, a.raw...)
		}
		if err == nil {
			_, _, err = w.t.offer(a)
		}
		if err != nil && len(a.raw) == 0 {
			return 0, err
		}
		return len(p), nil
	case line == w.t.command():
		if err := w.t.request(); err != nil {
			return 0, err
		}
		return len(p), nil
	}
	return 0, errNotAsked
}

// Read gives the library the next line of a reply, waiting for the mark or the
// completion where none is there.
func (w *wire) Read(p []byte) (int, error) {
	if len(w.lines) == 0 {
		if err := w.hear(); err != nil {
			return 0, err
		}
	}
	n := copy(p, w.lines[0]+"\r\n")
	w.lines = w.lines[1:]
	return n, nil
}

func (w *wire) hear() error {
	var a arrival
	var err error
	if w.t.a.Mark == nil && w.t.a.Reply == nil {
		a, err = w.t.mark(w.ctx)
	} else {
		a, err = w.t.complete(w.ctx)
	}
	if len(a.raw) == 0 && a.Code != 0 { // heard while the data was received
		a.raw = []string{(&errRejected{a.Reply}).line()}
	}
	w.lines = a.raw
	if len(w.lines) > 0 {
		return nil
	}
	return err
}

// Close leaves the control connection open: it is only lent.
func (w *wire) Close() error { return nil }

// The rest of net.Conn. Our own waits bound every step.
func (w *wire) LocalAddr() net.Addr              { return w.t.conn.LocalAddr() }
func (w *wire) RemoteAddr() net.Addr             { return w.t.conn.RemoteAddr() }
func (w *wire) SetDeadline(time.Time) error      { return nil }
func (w *wire) SetReadDeadline(time.Time) error  { return nil }
func (w *wire) SetWriteDeadline(time.Time) error { return nil }

// lentData is a data connection as the library sees it: what we received.
type lentData struct {
	net.Conn
	w        *wire
	received *bytes.Reader
}

// Read receives everything at the first call, and hands it out.
func (d *lentData) Read(p []byte) (int, error) {
	d.receive()
	return d.received.Read(p)
}

func (d *lentData) receive() {
	if d.received == nil {
		d.w.t.receive(d.w.ctx, d.Conn)
		d.received = bytes.NewReader(d.w.t.content)
	}
}

// Close receives what the library did not want, if there is anything to come.
func (d *lentData) Close() error {
	if d.w.t.a.Failure == nil && (d.w.t.a.Mark != nil || d.w.t.a.Reply != nil) {
		d.receive()
	}
	if d.received != nil {
		return nil // closed when it had ended
	}
	return d.Conn.Close()
}
