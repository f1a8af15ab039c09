package probe

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"ftpdiag/probe/evidence"
)

// lastDataGrace is how long data may still come after the control connection
// has said that the transfer failed: a RST to the server ends in 426 while our
// data socket stays open and silent.
const lastDataGrace = 500 * time.Millisecond

// reading is the receiving end of a data connection.
type reading struct {
	conn     net.Conn // TCP
	in       net.Conn // the same, or TLS over it
	below    *tap     // between the two; nil: no TLS
	t        *trial
	promised atomic.Bool  // the completion came before the data
	until    atomic.Int64 // unix nanoseconds after which no data is waited for; 0: none
	content  []byte
	n        int64
	cut      bool
}

// receive reads the data connection to its end, to the limit, or to a pause
// longer than the timeout, and closes it at once: vsftpd sends its completion
// only when the client has closed. Meanwhile it watches the control connection.
func (t *trial) receive(ctx context.Context, conn net.Conn) {
	rd := &reading{conn: conn, in: conn, t: t}
	if !t.marked(ctx) {
		conn.Close()
		return
	}
	over := make(chan error, 1)
	go func() { over <- rd.run(ctx) }()
	err := t.watch(ctx, rd, over)
	if _, gone, ok := t.peek(); ok && gone != nil && isTimeout(err) {
		err = gone // not the data paused, the control connection is cut
	}
	rd.in.Close()
	t.content = rd.content
	var shaking *handshakeError
	unshaken := errors.As(err, &shaking)
	t.rec.update(func() {
		t.a.Bytes, t.a.Truncated = rd.n, rd.cut
		t.a.CleanEnd = errors.Is(err, io.EOF) && !unshaken
		t.a.Unclean = t.a.CleanEnd && rd.below != nil && rd.below.unclean()
	})
	if !rd.cut && !t.a.CleanEnd && !isTimeout(err) {
		t.lastReplies(ctx)
	}
	switch {
	case unshaken && t.a.Reply != nil && t.a.Reply.Code/100 > 2:
		t.fail(evidence.OpDataTLS, &errRejected{*t.a.Reply})
	case unshaken:
		t.fail(evidence.OpDataTLS, shaking.cause)
	case rd.cut, t.a.CleanEnd:
	case t.a.Reply != nil && t.a.Reply.Code/100 != 2:
		_ = t.refusal(arrival{Reply: *t.a.Reply})
	default:
		t.fail(evidence.OpTransfer, err)
	}
}

// lastReplies gives the control connection a grace after data that broke: what
// the server says about it comes at the same moment.
func (t *trial) lastReplies(ctx context.Context) {
	ctx, cancel := bounded(ctx, 2*lastDataGrace)
	defer cancel()
	for t.a.Reply == nil && !t.broken {
		a, err := t.await(ctx, lastDataGrace)
		if err != nil {
			return
		}
		t.hear(a)
	}
}

// watch returns how the data ended. A mark or a completion that comes
// meanwhile is noted; a negative one leaves the data a last grace.
func (t *trial) watch(ctx context.Context, rd *reading, over <-chan error) error {
	for {
		var arrived <-chan struct{}
		if t.a.Reply == nil && !t.broken {
			arrived = t.arrived()
		}
		select {
		case err := <-over:
			return err
		case <-arrived:
			a, gone, _ := t.peek()
			if gone != nil {
				t.broken = true
				rd.limit(time.Now().Add(lastDataGrace))
				continue
			}
			_, _ = t.take()
			t.hear(a)
			rd.promised.Store(a.Code/100 == 2)
			if a.Code/100 > 2 {
				rd.limit(time.Now().Add(lastDataGrace))
			}
		case <-ctx.Done():
			rd.conn.Close()
			<-over
			return ended(ctx)
		}
	}
}

// limit bounds the rest of the reading.
func (rd *reading) limit(at time.Time) {
	rd.until.Store(at.UnixNano())
	_ = rd.conn.SetReadDeadline(at)
}

// readBuffers are for the reading of data connections, most of which bring a few
// hundred bytes.
var readBuffers = sync.Pool{New: func() any { return new([32 << 10]byte) }}

// run reads until something ends it. Data that keeps moving is not a stall,
// however slow: of a listing enough has been seen after twice the timeout, of a
// file when just the time for its completion is left.
func (rd *reading) run(ctx context.Context) error {
	timeout := rd.t.run.cfg.Timeout
	enough := time.Now().Add(2 * timeout)
	if end, ok := ctx.Deadline(); ok && rd.t.a.Operation == opRETR {
		enough = end.Add(-timeout - time.Second)
	}
	if rd.t.dataTLS != nil {
		if err := rd.encrypt(ctx, timeout); err != nil {
			return err
		}
	}
	buf := readBuffers.Get().(*[32 << 10]byte)
	defer readBuffers.Put(buf)
	for {
		deadline := time.Now().Add(timeout)
		if at := rd.until.Load(); at != 0 {
			deadline = time.Unix(0, at)
		}
		_ = rd.conn.SetReadDeadline(deadline)
		n, err := rd.in.Read(buf[:])
		rd.take(buf[:n])
		if rd.n >= DataLimit || (n > 0 && time.Now().After(enough)) {
			rd.cut = true
			return nil
		}
		if err != nil && isTimeout(err) && rd.promised.Load() && time.Now().Before(enough) {
			continue // 226 is there: what is missing was lost on the way and comes again
		}
		if err != nil {
			return err
		}
	}
}

func (rd *reading) take(part []byte) {
	if len(part) == 0 {
		return
	}
	rd.content = append(rd.content, part[:min(len(part), DataLimit-int(rd.n))]...)
	rd.n += int64(len(part))
	rd.t.rec.update(func() {
		if rd.t.a.FirstByte == nil {
			rd.t.a.FirstByte = rd.t.rec.at()
		}
		rd.t.a.Bytes = rd.n
	})
}
