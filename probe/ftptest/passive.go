package ftptest

import (
	"fmt"
	"net"
	"net/netip"
	"sync"
	"time"

	"ftpdiag/probe/evidence"
)

// source is where the data connection of the next transfer comes from.
type source interface {
	// connect brings the data connection about; cancel and late end the wait.
	// Where it cannot be had, refusal is what the server says; "" is nothing.
	connect(cancel <-chan struct{}, late <-chan time.Time) (conn net.Conn, refusal string)
	close()
	mode() evidence.Mode
}

// passiveSource listens for a data connection.
type passiveSource struct {
	ss       *session
	listener net.Listener // nil: closed on purpose
	in       chan net.Conn

	mu     sync.Mutex
	closed bool // no connection may be put in any more
}

func (ss *session) pasvCommand(string) bool {
	if ss.wantsPRET() {
		return ss.say(pretWanted)
	}
	p, port, ok := ss.listen()
	if !ok {
		return ss.say("425 Can't listen for a data connection.")
	}
	offer := netip.AddrPortFrom(ss.namedAddr(), port)
	ss.setData(p)
	if write := ss.srv.behaviour.Passive.Reply227; write != nil {
		return ss.say(write(offer))
	}
	a := offer.Addr().As4()
	return ss.say(fmt.Sprintf("227 Entering Passive Mode (%d,%d,%d,%d,%d,%d).", a[0], a[1], a[2], a[3], port>>8, port&0xff))
}

// pretWanted is what drftpd says to PASV without a PRET before it.
const pretWanted = "500 You need to use a client supporting PRET (PRE Transfer) to use PASV"

func (ss *session) wantsPRET() bool {
	return ss.srv.behaviour.Passive.NeedPRET && !ss.pret
}

// namedAddr is the address in a 227. Over IPv6 there is none to name, and
// vsftpd's 0.0.0.0 stands in its place.
func (ss *session) namedAddr() netip.Addr {
	addr := ss.srv.behaviour.Passive.Addr
	if !addr.IsValid() {
		addr = ss.srv.playedAt()
	}
	if !addr.IsValid() {
		addr = ss.local.Addr()
	}
	if !addr.Is4() {
		return netip.IPv4Unspecified()
	}
	return addr
}

func (ss *session) epsvCommand(arg string) bool {
	switch arg {
	case "ALL":
		return ss.say("200 EPSV ALL ok.")
	case "", "1", "2":
	default:
		return ss.say("522 Network protocol not supported, use (1,2).")
	}
	if ss.wantsPRET() {
		return ss.say(pretWanted)
	}
	p, port, ok := ss.listen()
	if !ok {
		return ss.say("425 Can't listen for a data connection.")
	}
	ss.setData(p)
	if write := ss.srv.behaviour.Passive.Reply229; write != nil {
		return ss.say(write(netip.AddrPortFrom(ss.namedAddr(), port)))
	}
	return ss.say(fmt.Sprintf("229 Entering Extended Passive Mode (|||%d|)", port))
}

// setData replaces what an earlier command prepared.
func (ss *session) setData(d source) {
	ss.dropData()
	ss.data = d
}

func (ss *session) dropData() {
	if ss.data != nil {
		ss.data.close()
		ss.data = nil
	}
}

// listen opens a passive port and gives the port to advertise.
func (ss *session) listen() (p *passiveSource, port uint16, ok bool) {
	ss.dropData()
	passive := ss.srv.behaviour.Passive
	ss.pret = false
	l, err := ss.listenTurn(passive.Ports)
	if err != nil {
		return nil, 0, false
	}
	truth := addrPort(l.Addr()).Port()
	port = truth
	if len(passive.Advertise) > 0 {
		port = uint16(ss.srv.turns.take("advertise", passive.Advertise))
	}
	ss.srv.advertise(port, truth)
	p = &passiveSource{ss: ss, listener: l, in: make(chan net.Conn, 1)}
	if passive.NoListener {
		l.Close()
		p.listener = nil
		return p, port, true
	}
	if !ss.srv.keep(l) {
		return nil, 0, false
	}
	ss.srv.wg.Add(1)
	go p.accept(l)
	return p, port, true
}

// listenTurn listens on the next port of the list that is free.
func (ss *session) listenTurn(ports []int) (l net.Listener, err error) {
	if len(ports) == 0 {
		ports = []int{0}
	}
	for range ports {
		port := ss.srv.turns.take("listen", ports)
		l, err = net.Listen("tcp", netip.AddrPortFrom(ss.local.Addr(), uint16(port)).String())
		if err == nil {
			return l, nil
		}
	}
	return nil, err
}

// accept takes connections until the listener is closed.
func (p *passiveSource) accept(l net.Listener) {
	defer p.ss.srv.wg.Done()
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		p.ss.srv.record.connection(DataConnection{Session: p.ss.id, Mode: evidence.Passive,
			From: addrPort(conn.RemoteAddr()), To: addrPort(conn.LocalAddr())})
		if p.ss.srv.keep(conn) {
			p.receive(conn)
		}
	}
}

// receive treats a connection as the behaviour says.
func (p *passiveSource) receive(conn net.Conn) {
	passive := p.ss.srv.behaviour.Passive
	switch passive.Accept {
	case AcceptClose:
		p.discard(conn, orderly)
		return
	case AcceptReset:
		p.discard(conn, reset)
		return
	case AcceptReject:
		p.discard(conn, orderly)
		p.ss.say(p.refusal())
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || len(p.in) > 0 { // one is enough
		p.discard(conn, orderly)
		return
	}
	p.in <- conn
}

func (p *passiveSource) discard(conn net.Conn, how func(net.Conn)) {
	how(conn)
	p.ss.srv.forget(conn)
}

func (p *passiveSource) refusal() string {
	if text := p.ss.srv.behaviour.Passive.Refusal; text != "" {
		return text
	}
	return "425 Security: Bad IP connecting."
}

func (p *passiveSource) connect(cancel <-chan struct{}, late <-chan time.Time) (net.Conn, string) {
	in := p.in
	accept := p.ss.srv.behaviour.Passive.Accept
	if accept == AcceptIgnore {
		in = nil
	}
	select {
	case conn := <-in:
		p.closeListener()
		if accept == AcceptRefuse {
			p.discard(conn, orderly)
			return nil, p.refusal()
		}
		return conn, ""
	case <-cancel:
	case <-late:
	}
	return nil, ""
}

func (p *passiveSource) mode() evidence.Mode { return evidence.Passive }

func (p *passiveSource) closeListener() {
	if p.listener != nil {
		p.listener.Close()
		p.ss.srv.forget(p.listener)
		p.listener = nil
	}
}

// close ends the listener and the connection that nobody used.
func (p *passiveSource) close() {
	p.closeListener()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	select {
	case conn := <-p.in:
		p.discard(conn, orderly)
	default:
	}
}
