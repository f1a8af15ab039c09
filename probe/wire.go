package probe

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"
)

var errNotAsked = errors.New("another question than the one that was asked")

// wire is the control connection as the library sees it: a greeting, and for each
// of the two commands of its question the replies to it, each once, and then the
// end. What the library reads is written anew from what we have read of a reply:
// net/textproto never finds the end of one that ends in a bare code, or of which
// we have cut off the end, and keeps all that comes before it.
//
// A Read yields no more than one line, so that no buffered reader hoards a later
// reply.
type wire struct {
	t   *trial
	ctx context.Context
	q   question

	lines      []byte // of replies, waiting to be read
	opened     bool   // the library has its control connection
	negotiated bool   // it has asked for a data connection
	requested  bool   // it has asked for the transfer
	over       bool   // it has heard the completion, or what came in its place
	slow       bool   // the data connection is still being dialled
	ours       bool   // our own code is being run, called by the library
}

func newWire(ctx context.Context, t *trial, q question) *wire {
	return &wire{t: t, ctx: ctx, q: q, lines: []byte("220 \r\n")}
}

// dial gives the library its control connection first, and then data connections.
func (w *wire) dial(string, string) (net.Conn, error) {
	w.ours = true
	conn, err := w.connect()
	w.ours = false
	return conn, err
}

func (w *wire) connect() (net.Conn, error) {
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
	w.ours = true
	err := w.take(string(bytes.TrimRight(p, "\r\n")))
	w.ours = false
	if err != nil {
		return 0, err
	}
	return len(p), nil
}

// take carries out a command, each of the two once.
func (w *wire) take(line string) error {
	switch {
	case w.ctx.Err() != nil:
		return ended(w.ctx)
	case line == string(w.q.method) && !w.negotiated:
		w.negotiated = true
		a, err := w.t.negotiate(w.ctx, line)
		if err == nil {
			_, _, err = w.t.offer(a)
		}
		return w.give(a, err)
	case line == w.t.command() && w.negotiated && !w.requested:
		w.requested = true
		return w.t.request()
	}
	return errNotAsked
}

// Read gives the library a piece of what it was given, waiting for the mark or the
// completion where it has read everything.
func (w *wire) Read(p []byte) (int, error) {
	if len(w.lines) == 0 {
		w.ours = true
		err := w.hear()
		w.ours = false
		if err != nil {
			return 0, err
		}
	}
	line := w.lines[:bytes.IndexByte(w.lines, '\n')+1]
	n := copy(p, line)
	w.lines = w.lines[n:]
	return n, nil
}

// hear waits for the reply that is due. There is none but behind a command, and
// none behind the completion.
func (w *wire) hear() error {
	switch {
	case w.ctx.Err() != nil:
		return ended(w.ctx)
	case w.over || !w.requested:
		return io.EOF
	case w.t.a.Mark == nil && w.t.a.Reply == nil:
		a, err := w.t.mark(w.ctx)
		w.over = a.Code/100 != 1
		return w.give(a, err)
	}
	w.over = true
	a, err := w.t.complete(w.ctx)
	return w.give(a, err)
}

// give has the library read a reply; the error is for where there is none.
func (w *wire) give(a arrival, err error) error {
	if a.Code == 0 {
		return err
	}
	w.lines = a.written()
	return nil
}

// written is the reply as net/textproto reads it. It gives up on a bare code, as a
// single line; for the end of several lines it takes none, so that a reply which
// ends in one is a bare code to it. So it is to curl, which waits for the end of
// both; Python's ftplib knows both.
func (a arrival) written() []byte {
	if a.bare {
		return fmt.Appendf(nil, "%03d\r\n", a.Code)
	}
	var b []byte
	lines := strings.Split(a.Text, "\n")
	last := len(lines) - 1
	for _, line := range lines[:last] {
		b = fmt.Appendf(b, "%03d-%s\r\n", a.Code, line)
	}
	return fmt.Appendf(b, "%03d %s\r\n", a.Code, lines[last])
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
	d.w.ours = true
	d.receive()
	d.w.ours = false
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
		d.w.ours = true
		d.receive()
		d.w.ours = false
	}
	if d.received != nil {
		return nil // closed when it had ended
	}
	return d.Conn.Close()
}
