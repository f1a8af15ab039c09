package probe

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"time"

	"ftpdiag/probe/evidence"
	"ftpdiag/probe/ftp"
)

var (
	errUnparseable  = errors.New("the reply names no port that could be dialled")
	errOtherAddress = errors.New("the reply names another address this time")
	errSlow         = errors.New("the dial goes on in the background")
)

// offer reads the address and port out of a 229 or 227 and records them.
// strict is false where a common client would not have understood the reply.
func (t *trial) offer(a arrival) (port int, strict bool, err error) {
	offered := t.peer.Addr()
	switch a.Code {
	case 229:
		var r ftp.EPSVReply
		r, err = ftp.ParseEPSV(a.Text)
		port, strict = r.Port, r.Strict
	case 227:
		var r ftp.PASVReply
		r, err = ftp.ParsePASV(a.Text)
		offered, port, strict = r.Addr, r.Port, r.Strict
	default:
		err = errUnparseable
	}
	if err != nil {
		return 0, false, t.fail(evidence.OpNegotiate, errors.Join(errUnparseable, err))
	}
	if (a.Code == 229) != (t.a.Method == evidence.EPSV) {
		strict = false // 229 to PASV, or 227 to EPSV
	}
	t.rec.update(func() {
		t.a.Offered = evidence.At(offered, port)
		if !strict {
			t.a.Library = &evidence.Failure{Op: evidence.OpNegotiate, Kind: evidence.KindMalformed, Message: "not in the form that common clients understand"}
		}
	})
	return port, strict, nil
}

// open dials the data connection at to. It uses the time for questions that may
// ride along, and gives up waiting, but not dialling, after the patience.
func (t *trial) open(ctx context.Context, to netip.AddrPort, patience time.Duration) (net.Conn, error) {
	t.rec.say("passive (%s): connecting to %s", t.a.Method, to)
	dialing, giveUp := context.WithCancel(ctx)
	context.AfterFunc(ctx, giveUp) // not deferred: the dial may go on when we have
	answer := t.dialLater(dialing, to)
	if t.ride(ctx); t.broken {
		giveUp()
		return nil, t.spoiled(answer)
	}
	d, ok := t.waitFor(answer, patience)
	if !ok || d.err != nil {
		t.run.walkLater(ctx, to, d.err != nil && !isTimeout(d.err))
	}
	if !ok {
		return nil, errSlow
	}
	return d.conn, d.err
}

// openToEnd dials the data connection at to and waits for the answer, however long
// the dial takes: nobody else ends the attempt.
func (t *trial) openToEnd(ctx context.Context, to netip.AddrPort) (net.Conn, error) {
	d := <-t.dialLater(ctx, to)
	if d.err != nil {
		t.run.walkLater(ctx, to, !isTimeout(d.err))
	}
	return d.conn, d.err
}

// background dials to without using the connection.
func (t *trial) background(ctx context.Context, to netip.AddrPort, patience time.Duration) {
	if d, ok := t.waitFor(t.dialLater(ctx, to), patience); ok {
		if d.conn != nil {
			d.conn.Close()
		}
		t.end()
	}
}

// waitFor takes the answer of a dial if it comes within the patience. If not,
// the dial goes on and its answer is recorded when it comes. How long the dial
// itself may take only the dial knows: where the patience is no shorter, what comes
// is its own answer.
func (t *trial) waitFor(answer <-chan dialed, patience time.Duration) (d dialed, ok bool) {
	if patience >= t.dialTime() {
		return <-answer, true
	}
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case d = <-answer:
		return d, true
	case <-timer.C:
	}
	t.run.pending.Add(1)
	go func() {
		defer t.run.pending.Done()
		if d := <-answer; d.conn != nil {
			d.conn.Close()
		}
		t.end()
	}()
	return dialed{}, false
}

// dialed is the answer to a dial.
type dialed struct {
	conn net.Conn
	err  error
}

// dialLater dials in the background and records the answer.
func (t *trial) dialLater(ctx context.Context, to netip.AddrPort) <-chan dialed {
	t.rec.update(func() { t.a.Dialed = evidence.Endpoint{AddrPort: to} })
	answer := make(chan dialed, 1)
	go func() {
		conn, err := t.run.dialCounted(ctx, to, t.dialTime())
		if err != nil {
			t.fail(evidence.OpDataConnect, err)
		} else {
			t.rec.update(func() { t.a.Connected = t.rec.at() })
		}
		answer <- dialed{conn, err}
	}()
	return answer
}

// passiveTransfer asks q on the session. It reports whether the session may be
// used again.
func (s *session) passiveTransfer(ctx context.Context, q question) (usable bool) {
	t := s.newTrial(q)
	if q.operation == opRETR && !s.typeImage(ctx, t) {
		return !t.broken
	}
	if q.purpose == evidence.PurposePRET {
		_, _ = s.ask(ctx, "PRET "+t.command())
	}
	s.run.supersede(s)
	if err := t.lend(ctx, q); errors.Is(err, errSlow) {
		return true
	}
	t.end()
	return !t.broken
}

// plainTransfer is the operation without the library: for what it does not
// know, and where it gave up on a reply that we can read.
func (t *trial) plainTransfer(ctx context.Context, port int, q question) error {
	if q.purpose == evidence.PurposeForeign && !mayDial(t.a.Offered.Addr(), t.peer.Addr()) {
		return t.fail(evidence.OpNegotiate, errOtherAddress) // not the one that was worth asking for
	}
	conn, err := t.open(ctx, q.target(t, port), q.patience)
	switch {
	case err != nil:
		return err
	case q.operation == opConnect:
		return conn.Close()
	}
	return t.transfer(ctx, conn)
}

// transfer asks for the operation over an open data connection and sees it
// through.
func (t *trial) transfer(ctx context.Context, conn net.Conn) error {
	if err := t.request(); err != nil {
		conn.Close()
		return err
	}
	t.rec.say("%s (%s): transferring", t.a.Mode, t.a.Method)
	if _, err := t.mark(ctx); err != nil {
		conn.Close()
		return err
	}
	t.receive(ctx, conn)
	if t.a.Failure != nil {
		return t.a.Failure
	}
	_, err := t.complete(ctx)
	return err
}
