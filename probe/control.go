package probe

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"ftpdiag/probe/evidence"
	"ftpdiag/probe/ftp"
)

// Limits on what a peer may make us hold.
const (
	replyKept   = 64 << 10 // bytes of a reply that are kept
	lastKept    = 512      // of them for its last line
	replyLimit  = 16 << 20 // bytes after which a reply is not waited for any longer
	inboxLimit  = 32       // replies that may lie unread
	partialKept = 1 << 10  // bytes of an unfinished reply, for the failure that quotes it
)

var (
	errStrange = errors.New("the first bytes are not an FTP reply")
	errEndless = fmt.Errorf("a reply that does not end within %d bytes", replyLimit)
	errFlood   = fmt.Errorf("more than %d replies that nobody asked for", inboxLimit)
)

// arrival is a reply as it came.
type arrival struct {
	evidence.Reply
	bare bool // its last line is a code and nothing else
	at   evidence.Millis
}

// control is a control connection (RFC 959 §2.3) that records its dialogue. A
// goroutine reads replies whenever they come, since a 425 or 426 may come while
// we wait for data, and a 421 at any time.
type control struct {
	rec   *recorder
	s     *evidence.Session
	conn  net.Conn
	below *tap // what is below TLS; nil: no TLS

	pausing atomic.Bool // the reader ends behind a 234
	paused  atomic.Bool // it did
	behind  bool        // bytes came in clear behind the 234
	leaving atomic.Bool // QUIT is sent: that the server closes is no news

	mu      sync.Mutex
	inbox   []arrival
	unasked int           // replies that nobody asked for
	err     error         // why reading ended
	partial string        // the beginning of an unfinished reply
	ready   chan struct{} // closed while there is something to take: a reply or err
	stopped chan struct{} // closed when the reader has ended
}

// newControl makes a control connection whose replies nobody reads yet: see start.
func newControl(rec *recorder, s *evidence.Session, conn net.Conn) *control {
	c := &control{rec: rec, s: s, conn: conn, ready: make(chan struct{}), stopped: make(chan struct{})}
	close(c.stopped)
	return c
}

// start has the replies read.
func (c *control) start() {
	c.stopped = make(chan struct{})
	go c.read()
}

// close ends the connection and waits for the reader.
func (c *control) close() {
	c.conn.Close()
	<-c.stopped
}

// send writes one command line.
func (c *control) send(line string, wait time.Duration) error {
	clean := c.rec.redact.Command(line)
	if line != "QUIT" {
		c.rec.update(func() { c.s.After = verb(line) })
	}
	c.rec.exchange(c.s.ID, evidence.FromClient, clean)
	if err := c.conn.SetWriteDeadline(time.Now().Add(wait)); err != nil {
		return err
	}
	_, err := io.WriteString(c.conn, line+"\r\n")
	return err
}

// verb is the command word of a line.
func verb(line string) string {
	word, _, _ := strings.Cut(line, " ")
	return word
}

// await takes the next reply, waiting for it to be whole.
func (c *control) await(ctx context.Context, wait time.Duration) (arrival, error) {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-c.arrived():
	default:
		select {
		case <-c.arrived():
		case <-timer.C:
			return arrival{}, c.unfinished(wait)
		case <-ctx.Done():
			return arrival{}, ended(ctx)
		}
	}
	return c.take()
}

// ended is why a context ended. That the run's time is up says nothing about the
// server, so it is no timeout.
func ended(ctx context.Context) error {
	if err := context.Cause(ctx); !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return context.Canceled
}

// arrived is closed while a reply, or the end of the connection, can be taken.
func (c *control) arrived() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ready
}

// peek looks at the next reply without taking it.
func (c *control) peek() (arrival, error, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.inbox) > 0 {
		return c.inbox[0], nil, true
	}
	return arrival{}, c.err, c.err != nil
}

func (c *control) take() (arrival, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.inbox) == 0 {
		return arrival{}, c.err
	}
	a := c.inbox[0]
	c.inbox = c.inbox[1:]
	if len(c.inbox) == 0 && c.err == nil {
		c.ready = make(chan struct{})
	}
	return a, nil
}

// drain throws away replies that nobody asked for, so that the next command
// gets its own. A 421 among them is the server's farewell and is returned.
func (c *control) drain() (farewell *evidence.Reply, err error) {
	for {
		a, err, ok := c.peek()
		if !ok {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		_, _ = c.take()
		if a.Code == 421 {
			return &a.Reply, nil
		}
		if err := c.noteUnasked(a.Reply); err != nil {
			return nil, err
		}
	}
}

// unfinished is the failure of a wait, with what had come of the reply.
func (c *control) unfinished(wait time.Duration) error {
	c.mu.Lock()
	partial := c.rec.redact.Trim(c.partial)
	c.mu.Unlock()
	switch {
	case partial == "":
		return &waitError{wait: wait}
	case !ftp.IsDigit(partial[0]):
		return &strangeError{first: head(c.rec.redact.Clean(partial), 120)}
	}
	return &waitError{wait: wait, partial: head(c.rec.redact.Clean(partial), 80)}
}

// waitError is a reply that was not whole in time.
type waitError struct {
	wait    time.Duration
	partial string
}

func (e *waitError) Error() string {
	if e.partial == "" {
		return fmt.Sprintf("no reply within %v", e.wait)
	}
	return fmt.Sprintf("no whole reply within %v, it began with %q", e.wait, e.partial)
}

// Timeout makes it a timeout to errors.As with net.Error.
func (e *waitError) Timeout() bool   { return true }
func (e *waitError) Temporary() bool { return false }

// head is the beginning of s, at most n bytes of whole characters.
func head(s string, n int) string {
	if len(s) > n {
		return strings.ToValidUTF8(s[:n], "")
	}
	return s
}

func (c *control) deliver(a arrival, lines []string) bool {
	a.at = c.rec.exchange(c.s.ID, evidence.FromServer, c.rec.redact.Clean(strings.Join(lines, "\n")))
	c.mu.Lock()
	defer c.mu.Unlock()
	c.partial = ""
	if len(c.inbox) >= inboxLimit {
		return false
	}
	c.inbox = append(c.inbox, a)
	if len(c.inbox) == 1 {
		close(c.ready)
	}
	return true
}

func (c *control) fail(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil {
		return
	}
	c.err = err
	if len(c.inbox) == 0 {
		close(c.ready)
	}
}
