package ftptest

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"sync/atomic"
	"time"
)

var errGone = errors.New("ftptest: the connection has ended")

// outlet is the server's end of a connection, in clear or in TLS. With a latency,
// what is written and how it ends reach the wire that much later, in order.
type outlet struct {
	srv     *Server
	conn    net.Conn
	tls     atomic.Pointer[tls.Conn] // nil: in clear
	latency time.Duration
	answer  func()      // told of every write
	heard   func()      // told of every read of a handshake
	queue   chan parcel // nil without latency
	broken  chan struct{}
}

// parcel is what goes out at a time.
type parcel struct {
	at    time.Time
	bytes []byte
	end   func(net.Conn) // nil: bytes only
}

func newOutlet(s *Server, conn net.Conn, f *flights) *outlet {
	o := &outlet{srv: s, conn: conn, latency: s.behaviour.Latency, answer: f.answered, heard: f.acted, broken: make(chan struct{})}
	if o.latency > 0 {
		o.queue = make(chan parcel, 64)
		s.wg.Add(1)
		go o.post()
	}
	return o
}

func (o *outlet) encrypted() bool { return o.tls.Load() != nil }

// Read reads what the client sends. Before TLS a control connection is read
// otherwise: see session.read.
func (o *outlet) Read(p []byte) (int, error) {
	if conn := o.tls.Load(); conn != nil {
		return conn.Read(p)
	}
	return o.conn.Read(p)
}

// Write writes b, or puts it on its way.
func (o *outlet) Write(b []byte) (int, error) {
	if conn := o.tls.Load(); conn != nil {
		return conn.Write(b)
	}
	return o.writeClear(b)
}

// writeClear writes b as it is.
func (o *outlet) writeClear(b []byte) (int, error) {
	o.answer()
	if o.queue == nil {
		return o.conn.Write(b)
	}
	return len(b), o.put(parcel{bytes: append([]byte(nil), b...)})
}

// close ends the connection with end when all before it has gone out; an orderly
// end of TLS says so first (RFC 8446 §6.1).
func (o *outlet) close(end func(net.Conn)) {
	o.answer()
	if o.queue != nil {
		select {
		case o.queue <- parcel{at: time.Now().Add(o.latency), end: end}:
			return
		case <-o.srv.done:
		}
	}
	end(o.conn)
	o.srv.forget(o.conn)
}

// closeOrderly says close_notify, where the connection is encrypted, and closes.
func (o *outlet) closeOrderly() {
	if conn := o.tls.Load(); conn != nil {
		_ = conn.CloseWrite()
	}
	o.close(orderly)
}

// linger ends the connection, and reads what the client still sends: closed with
// that unread, it would end with a RST, which can overtake what was said.
func (o *outlet) linger() {
	o.close(func(conn net.Conn) {
		left := lingering{conn}
		if !o.srv.keep(left) {
			return
		}
		if tcp, ok := conn.(*net.TCPConn); ok {
			_ = tcp.CloseWrite()
		}
		o.srv.wg.Go(func() {
			_, _ = io.Copy(io.Discard, conn)
			conn.Close()
			o.srv.forget(left)
		})
	})
}

// lingering is a connection of which only the client's end is still open.
type lingering struct{ net.Conn }

func (o *outlet) put(p parcel) error {
	p.at = time.Now().Add(o.latency)
	select {
	case <-o.broken:
		return errGone
	default:
	}
	select {
	case o.queue <- p:
		return nil
	case <-o.broken:
	case <-o.srv.done:
	}
	return errGone
}

// post sends the parcels when they are due, until one ends the connection. When
// the client has gone it goes on taking them, so that no end is lost.
func (o *outlet) post() {
	defer o.srv.wg.Done()
	gone := false
	for {
		select {
		case p := <-o.queue:
			if p.end != nil {
				o.srv.sleep(time.Until(p.at))
				p.end(o.conn)
				o.srv.forget(o.conn)
				return
			}
			if gone {
				continue
			}
			o.srv.sleep(time.Until(p.at))
			if _, err := o.conn.Write(p.bytes); err != nil {
				gone = true
				close(o.broken)
			}
		case <-o.srv.done:
			return
		}
	}
}
