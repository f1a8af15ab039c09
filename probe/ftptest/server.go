package ftptest

import (
	"crypto/tls"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/netip"
	"sync"
	"time"
)

// errNotLoopback guards the promise that nothing leaves this machine.
var errNotLoopback = errors.New("ftptest: not a loopback address")

var loopback = netip.AddrFrom4([4]byte{127, 0, 0, 1})

// Server is an FTP server on loopback. Start one with [Start].
type Server struct {
	behaviour Behaviour
	listener  net.Listener
	tls       *tls.Config // nil: none
	record    record
	files     *tree
	turns     turns

	done chan struct{} // closed by Close
	wg   sync.WaitGroup

	mu       sync.Mutex
	closed   bool
	open     map[closer]struct{}
	slots    map[netip.Addr]int // taken control connections by peer
	byPort   map[uint16]uint16  // true passive ports by advertised one
	loggedIn *session           // the latest that is
	played   netip.Addr         // where a Network plays the server
}

// closer is what the server has open.
type closer interface{ Close() error }

// Start starts a server that behaves so. It fails where b.Listen is not a
// loopback address or cannot be listened on.
func Start(b Behaviour) (*Server, error) {
	if !b.Listen.Addr().IsValid() {
		b.Listen = netip.AddrPortFrom(loopback, b.Listen.Port())
	}
	if !b.Listen.Addr().IsLoopback() {
		return nil, fmt.Errorf("%w: %v", errNotLoopback, b.Listen)
	}
	s := &Server{
		behaviour: b,
		done:      make(chan struct{}),
		open:      map[closer]struct{}{},
		slots:     map[netip.Addr]int{},
		byPort:    map[uint16]uint16{},
		files:     newTree(b.Files),
		turns:     turns{},
	}
	if b.TLS.Explicit || b.TLS.Implicit {
		var err error
		if s.tls, err = b.tlsConfig(); err != nil {
			return nil, err
		}
	}
	l, err := net.Listen("tcp", b.Listen.String())
	if err != nil {
		return nil, err
	}
	s.listener = l
	s.wg.Add(1)
	go s.accept()
	return s, nil
}

// Addr is where the control port is.
func (s *Server) Addr() netip.AddrPort { return addrPort(s.listener.Addr()) }

// Close ends every connection and returns when nothing of the server runs any
// more. It may be called twice.
func (s *Server) Close() {
	s.mu.Lock()
	if !s.closed {
		s.closed = true
		close(s.done)
	}
	open := maps.Clone(s.open)
	s.mu.Unlock()
	s.listener.Close()
	for c := range open {
		c.Close()
	}
	s.wg.Wait()
}

// keep registers what Close has to close; it closes c at once and reports false
// where Close was before it.
func (s *Server) keep(c closer) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		c.Close()
		return false
	}
	s.open[c] = struct{}{}
	return true
}

func (s *Server) forget(c closer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.open, c)
}

func (s *Server) accept() {
	defer s.wg.Done()
	for {
		conn, err := s.listener.Accept()
		if err != nil {
			return
		}
		if !s.keep(conn) {
			return
		}
		s.wg.Add(1)
		go func() {
			defer s.wg.Done()
			s.serve(conn)
		}()
	}
}

// serve runs one control connection from its greeting to its end.
func (s *Server) serve(conn net.Conn) {
	peer := addrPort(conn.RemoteAddr()).Addr()
	ss := newSession(s, conn)
	free, ok := s.take(peer)
	if !ok {
		ss.refuse(s.behaviour.Limits.Refusal)
		ss.end()
		return
	}
	ss.run()
	ss.end()
	free(ss.aborted)
}

// take takes a slot for a control connection; free gives it back.
func (s *Server) take(peer netip.Addr) (free func(aborted bool), ok bool) {
	limits := s.behaviour.Limits
	if !limits.PerPeer {
		peer = netip.Addr{}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if limits.Connections > 0 && s.slots[peer] >= limits.Connections {
		return nil, false
	}
	s.slots[peer]++
	return func(aborted bool) {
		if aborted && limits.Hold > 0 {
			s.sleep(limits.Hold)
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		s.slots[peer]--
	}, true
}

// sleep waits, or until the server is closed.
func (s *Server) sleep(d time.Duration) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-s.done:
	}
}

// PassivePort is the port that the server truly listens on where it last
// advertised port; false where it never did.
func (s *Server) PassivePort(port uint16) (uint16, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	truth, ok := s.byPort[port]
	return truth, ok
}

func (s *Server) advertise(port, truth uint16) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.byPort[port] = truth
}

// playAt tells the server which address its clients take it to have.
func (s *Server) playAt(ip netip.Addr) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.played = ip
}

func (s *Server) playedAt() netip.Addr {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.played
}

// addrPort is the address of one end of a connection, IPv4 in its own form.
func addrPort(a net.Addr) netip.AddrPort {
	tcp, ok := a.(*net.TCPAddr)
	if !ok {
		return netip.AddrPort{}
	}
	ap := tcp.AddrPort()
	return netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port())
}

// reset ends a connection with a RST.
func reset(conn net.Conn) {
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	conn.Close()
}

// orderly ends a connection as a peer that has said everything.
func orderly(conn net.Conn) { conn.Close() }

// turns hands out the members of lists in turn, over all sessions.
type turns struct {
	mu   sync.Mutex
	next map[string]int
}

func (t *turns) take(name string, list []int) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.next == nil {
		t.next = map[string]int{}
	}
	n := t.next[name]
	t.next[name]++
	return list[n%len(list)]
}

// count is how often name was counted before, over all sessions.
func (t *turns) count(name string) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.next == nil {
		t.next = map[string]int{}
	}
	n := t.next[name]
	t.next[name]++
	return n
}
