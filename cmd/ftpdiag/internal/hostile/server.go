// Package hostile has FTP servers that misbehave at one step of the dialogue, byte
// by byte, and are healthy at every other. [Kinds] names them all.
package hostile

import (
	"bufio"
	"crypto/tls"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"ftpdiag/probe/ftptest"
)

// patience is how long the server waits for a data connection or a handshake.
const patience = time.Second

// Server is a server on loopback that misbehaves in one way.
type Server struct {
	kind     Kind
	listener net.Listener
	tls      *tls.Config
	done     chan struct{}
	wg       sync.WaitGroup

	misbehaved atomic.Bool

	mu   sync.Mutex
	open []io.Closer
}

// Start starts a server of a kind. [Server.Close] ends it.
func Start(k Kind) (*Server, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &Server{kind: k, listener: l, done: make(chan struct{})}
	if k.TLS {
		c, err := ftptest.ClientCertificate() // any will do: an anonymous client goes on
		if err != nil {
			return nil, err
		}
		s.tls = &tls.Config{Certificates: []tls.Certificate{c}}
	}
	s.wg.Go(s.accept)
	return s, nil
}

// Addr is where the control port is.
func (s *Server) Addr() string { return s.listener.Addr().String() }

// Misbehaved tells whether a client has come to the step, or to the one at which the
// reply comes early.
func (s *Server) Misbehaved() bool { return s.misbehaved.Load() }

// Close ends every connection and returns when nothing of the server runs any more.
func (s *Server) Close() {
	s.listener.Close()
	s.mu.Lock()
	close(s.done)
	for _, c := range s.open {
		c.Close()
	}
	s.mu.Unlock()
	s.wg.Wait()
}

// keep notes what Close has to close; false: it has come already.
func (s *Server) keep(c io.Closer) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-s.done:
		c.Close()
		return false
	default:
	}
	s.open = append(s.open, c)
	return true
}

func (s *Server) accept() {
	for {
		conn, err := s.listener.Accept()
		if err != nil {
			return
		}
		if s.keep(conn) {
			s.wg.Go(func() {
				ss := &session{srv: s, tcp: conn.(*net.TCPConn), conn: conn, in: bufio.NewReader(conn)}
				ss.serve()
				ss.end()
			})
		}
	}
}

// session is one control connection.
type session struct {
	srv  *Server
	tcp  *net.TCPConn // conn, or what is below its TLS
	conn net.Conn
	in   *bufio.Reader

	passive net.Listener // nil: none
	active  string       // where EPRT or PORT wants the data connection; "": nowhere
	private bool         // PROT P has come
	stored  int64        // bytes of the last upload
}

func (s *session) end() {
	s.conn.Close()
	if s.passive != nil {
		s.passive.Close()
	}
}

func (s *session) serve() {
	for more := s.say(Greeting); more; {
		line, err := s.in.ReadString('\n')
		if err != nil {
			return
		}
		verb, arg, _ := strings.Cut(strings.TrimRight(line, "\r\n"), " ")
		more = s.obey(verb, arg)
	}
}

// obey carries out a command; false: the session is over.
func (s *session) obey(verb, arg string) bool {
	if slices.Contains(s.srv.kind.refused, verb) {
		return s.write("500 no\r\n")
	}
	switch verb {
	case "AUTH":
		return s.say("AUTH") && s.shake()
	case "PROT":
		s.private = arg == "P" && s.srv.tls != nil
	case "EPRT", "PORT":
		s.active = offered(verb, arg)
	case "LIST", "NLST", "MLSD", "STOR":
		return s.transfer(verb)
	case "QUIT":
		s.say("QUIT")
		return false
	}
	return s.say(Step(verb))
}

// say answers at a step: in the way of the kind, where it is the kind's own.
func (s *session) say(step Step) bool {
	k := s.srv.kind
	if step == k.Step || step == k.early {
		s.srv.misbehaved.Store(true)
	}
	if step == k.Step && k.act != nil {
		return k.act(s, s.reply(step))
	}
	if step == k.Step && k.early != "" && !k.again {
		return true // it was said already
	}
	reply := s.reply(step)
	if step == k.early {
		reply += s.reply(k.Step)
	}
	if reply == "" {
		reply = "502 no\r\n"
	}
	return s.write(reply)
}

func (s *session) write(text string) bool {
	_, err := io.WriteString(s.conn, text)
	return err == nil
}

// wait passes the time, unless the server is closed: then it is false.
func (s *session) wait(d time.Duration) bool {
	select {
	case <-s.srv.done:
		return false
	case <-time.After(d):
		return true
	}
}

// hang waits for the client to go.
func (s *session) hang() bool {
	_, _ = io.Copy(io.Discard, s.in)
	return false
}

// shake is the handshake behind AUTH, where the client begins one.
func (s *session) shake() bool {
	first, err := s.in.Peek(1)
	if err != nil || first[0] != 22 {
		return err == nil
	}
	if k := s.srv.kind; k.Step == Handshake {
		s.srv.misbehaved.Store(true)
		return k.act(s, "")
	}
	conn := tls.Server(&buffered{s.tcp, s.in}, s.srv.tls)
	_ = conn.SetDeadline(time.Now().Add(patience))
	if conn.Handshake() != nil {
		return false
	}
	_ = conn.SetDeadline(time.Time{})
	s.conn, s.in = conn, bufio.NewReader(conn)
	return true
}

// buffered is a connection of which the beginning was read already.
type buffered struct {
	net.Conn
	in *bufio.Reader
}

func (b *buffered) Read(p []byte) (int, error) { return b.in.Read(p) }
