package ftptest

import (
	"errors"
	"net"
	"time"
)

var errGone = errors.New("ftptest: the connection has ended")

// outlet is the server's writing end of a connection. With a latency, what is
// written and how it ends reach the wire that much later, in order.
type outlet struct {
	srv     *Server
	conn    net.Conn
	latency time.Duration
	answer  func()      // told of every write
	queue   chan parcel // nil without latency
	broken  chan struct{}
}

// parcel is what goes out at a time.
type parcel struct {
	at    time.Time
	bytes []byte
	end   func(net.Conn) // nil: bytes only
}

func newOutlet(s *Server, conn net.Conn, answer func()) *outlet {
	o := &outlet{srv: s, conn: conn, latency: s.behaviour.Latency, answer: answer, broken: make(chan struct{})}
	if o.latency > 0 {
		o.queue = make(chan parcel, 64)
		s.wg.Add(1)
		go o.post()
	}
	return o
}

// Write writes b, or puts it on its way.
func (o *outlet) Write(b []byte) (int, error) {
	if o.answer != nil {
		o.answer()
	}
	if o.queue == nil {
		return o.conn.Write(b)
	}
	return len(b), o.put(parcel{bytes: append([]byte(nil), b...)})
}

// close ends the connection with end when all before it has gone out.
func (o *outlet) close(end func(net.Conn)) {
	if o.answer != nil {
		o.answer()
	}
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
