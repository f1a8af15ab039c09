package probe

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"time"

	"ftpdiag/probe/evidence"
	"ftpdiag/probe/ftp"
)

var errNoListen = errors.New("no port to listen on")

// accepted is a data connection that the server opened.
type accepted struct {
	conn net.Conn
	at   evidence.Millis
	err  error
}

// listener waits for the server's data connection on the control connection's
// local address, never on the wildcard.
type listener struct {
	net.Listener
	addr netip.AddrPort
	in   chan accepted
}

// listen opens a listener. No port serves twice in a run while there is another:
// a server that still dials the first time from port 20 cannot dial the same port
// again (EADDRNOTAVAIL).
func (t *trial) listen() (*listener, error) {
	local := t.local.Addr()
	if t.run.cfg.Bind.IsValid() {
		local = t.run.cfg.Bind
	}
	var err error = errNoListen
	for _, port := range t.run.portsToListen() {
		var l net.Listener
		l, err = t.run.cfg.Listener.ListenTCP(netip.AddrPortFrom(local, uint16(port)))
		if err != nil {
			continue
		}
		addr := hostOf(l.Addr())
		if port == 0 && !t.run.listenOnce(addr.Port()) {
			defer l.Close() // held meanwhile, so that the system gives another
			continue
		}
		t.run.listenOnce(addr.Port())
		return &listener{Listener: l, addr: addr, in: make(chan accepted, 1)}, nil
	}
	return nil, err
}

// portsToListen are the ports to try in turn; those that have not served in this
// run come first. 0 is any.
func (r *run) portsToListen() []int {
	ports := r.cfg.ActivePorts
	if ports.Low == 0 && ports.High == 0 {
		return []int{0, 0, 0, 0}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	var fresh, served []int
	for port := ports.Low; port <= ports.High; port++ {
		if r.listened[uint16(port)] {
			served = append(served, port)
		} else {
			fresh = append(fresh, port)
		}
	}
	return append(fresh, served...)
}

// listenOnce notes that the port serves, and tells whether it is the first time.
func (r *run) listenOnce(port uint16) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	first := !r.listened[port]
	r.listened[port] = true
	return first
}

// accept takes one connection; anybody may make it, so who it was is recorded.
func (l *listener) accept(rec *recorder) {
	conn, err := l.Accept()
	l.Listener.Close()
	l.in <- accepted{conn, rec.since(), err}
}

// close ends the listener and a connection that nobody took.
func (l *listener) close() {
	l.Listener.Close()
	if got := <-l.in; got.conn != nil {
		got.conn.Close()
	}
}

// activeTransfer asks q on the session. It reports whether the session may be
// used again. The listener and the control connection are watched at once: a
// 425 that comes a second after the 150 must be seen then.
func (s *session) activeTransfer(ctx context.Context, q question) (usable bool) {
	t := s.newTrial(q)
	defer func() {
		t.end()
		usable = !t.broken
	}()
	if q.operation == opRETR && !s.typeImage(ctx, t) {
		return
	}
	l, err := t.listen()
	if err != nil {
		t.fail(evidence.OpDataAccept, err)
		return
	}
	stop := t.watchInbound(l)
	defer stop()
	go l.accept(t.rec)
	defer l.close()
	if t.offerActive(ctx, l, q) != nil || q.operation == opNone || t.request() != nil {
		return
	}
	t.rec.say("active (%s): waiting for the server to connect to %s", q.method, l.addr)
	conn := t.awaitData(ctx, l, cmp.Or(q.patience, t.run.cfg.Timeout))
	if conn == nil {
		return
	}
	t.receive(ctx, conn)
	if t.a.Failure == nil {
		_, _ = t.complete(ctx)
	}
	return
}

// watchInbound looks for the server's SYN before this machine's firewall does,
// where we may (CAP_NET_RAW). The function that it returns writes down whether
// one came. A quick run does without: with such a socket a sweep over near servers
// takes half as long again, for its end waits for the kernel.
func (t *trial) watchInbound(l *listener) (stop func()) {
	if _, own := t.run.cfg.Listener.(netListener); !own || t.run.cfg.Quick {
		return func() {}
	}
	w, err := Watch(int(l.addr.Port()))
	if err != nil {
		return func() {}
	}
	t.rec.update(func() { t.a.Watched = true })
	return func() {
		defer w.Close()
		if from, at, ok := w.SYN(); ok {
			t.rec.update(func() {
				t.a.SYNSeen = &evidence.SYN{From: evidence.Endpoint{AddrPort: from}, At: micros(at.Sub(t.rec.start))}
			})
		}
	}
}

// offerActive sends EPRT or PORT.
func (t *trial) offerActive(ctx context.Context, l *listener, q question) error {
	offered := l.addr
	if own := t.run.cfg.ActiveAddress; own.IsValid() && family(own) != family(offered.Addr()) {
		t.rec.remark(t.s.ID, "%s is not offered: the control connection is of the other family", own)
	} else if own.IsValid() {
		offered = netip.AddrPortFrom(own, offered.Port())
	}
	if q.address.IsValid() {
		offered = netip.AddrPortFrom(q.address, offered.Port())
	}
	t.rec.update(func() {
		t.a.Offered, t.a.Listened = evidence.Endpoint{AddrPort: offered}, evidence.Endpoint{AddrPort: l.addr}
	})
	argument := ftp.FormatEPRT(offered)
	if q.method == evidence.PORT {
		argument = ftp.FormatPORT(offered)
	}
	_, err := t.negotiate(ctx, fmt.Sprintf("%s %s", q.method, argument))
	return err
}

// awaitData waits for the data connection, and for what the server says about
// it on the control connection.
func (t *trial) awaitData(ctx context.Context, l *listener, wait time.Duration) net.Conn {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	over := false // the server says so
	for {
		select {
		case got := <-l.in:
			l.in <- accepted{err: net.ErrClosed}
			if got.err != nil {
				t.fail(evidence.OpDataAccept, got.err)
				return nil
			}
			t.noteAccepted(got)
			return got.conn
		case <-t.arrived():
			a, err := t.take()
			if err != nil {
				t.fail(evidence.OpDataAccept, err)
				return nil
			}
			t.hear(a)
			if a.Code/100 > 2 {
				return t.late(l, a)
			}
			if a.Code/100 == 2 && !over { // the connection is there or never comes
				over = true
				timer.Reset(min(time.Second, t.run.cfg.Timeout))
			}
		case <-timer.C:
			t.broken = true
			t.fail(evidence.OpDataAccept, &waitError{wait: wait})
			return nil
		case <-ctx.Done():
			t.broken = true
			t.fail(evidence.OpDataAccept, ended(ctx))
			return nil
		}
	}
}

// late decides a negative reply that came before we saw a data connection: it
// may lie in the accept queue already, where the transfer broke at once.
func (t *trial) late(l *listener, a arrival) net.Conn {
	select {
	case got := <-l.in:
		l.in <- accepted{err: net.ErrClosed}
		if got.err == nil {
			t.noteAccepted(got)
			return got.conn
		}
	case <-time.After(20 * time.Millisecond):
	}
	if t.a.Mark != nil && !aboutData(&a.Reply) {
		t.fail(evidence.OpCompletion, &errRejected{a.Reply})
	} else if aboutData(&a.Reply) {
		t.fail(evidence.OpDataAccept, &errRejected{a.Reply})
	} else {
		_ = t.refusal(a)
	}
	return nil
}

// noteAccepted records who connected. Data from another address than the
// server's is read and counted, never parsed (rule 12).
func (t *trial) noteAccepted(got accepted) {
	from := hostOf(got.conn.RemoteAddr())
	t.rec.update(func() {
		t.a.Connected, t.a.AcceptedFrom = &got.at, evidence.Endpoint{AddrPort: from}
		if from.Addr().WithZone("") != t.peer.Addr().WithZone("") {
			t.a.Foreign = evidence.Endpoint{AddrPort: from}
		}
	})
}
