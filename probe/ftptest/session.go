package ftptest

import (
	"bufio"
	"net"
	"net/netip"
	"strings"
	"time"
)

const lineLimit = 64 << 10 // bytes of a command line

// session is one control connection.
type session struct {
	srv     *Server
	id      int
	in      *bufio.Reader
	out     *outlet
	flights *flights
	peer    netip.AddrPort
	local   netip.AddrPort
	lines   chan string
	resume  chan struct{} // lets the reader go on after a command that may change the connection
	waiting bool          // the reader waits for that
	gone    chan struct{} // closed when the client has
	abort   chan struct{} // an ABOR came while something else was being done
	stop    chan struct{} // closed when the session ends
	ousted  chan struct{} // closed when another login ends this session
	ended   bool          // by us
	aborted bool          // the client left during a transfer

	verb    string // of the command being answered
	user    string
	inside  bool
	cwd     string
	rest    int64
	pret    bool   // PRET has come
	host    bool   // HOST has come
	pbsz    bool   // PBSZ has come
	private bool   // data connections are encrypted
	shaken  int    // data connections that were, or were to be
	data    source // what PASV, EPSV, PORT or EPRT prepared; nil: nothing
}

func newSession(s *Server, conn net.Conn) *session {
	ss := &session{
		srv:    s,
		in:     bufio.NewReaderSize(conn, lineLimit),
		peer:   addrPort(conn.RemoteAddr()),
		local:  addrPort(conn.LocalAddr()),
		lines:  make(chan string, 64),
		resume: make(chan struct{}),
		gone:   make(chan struct{}),
		abort:  make(chan struct{}, 1),
		stop:   make(chan struct{}),
		ousted: make(chan struct{}),
	}
	ss.id, ss.flights = s.record.join(s.behaviour.Latency)
	ss.out = newOutlet(s, conn, ss.flights)
	return ss
}

// end closes what the session still has open. It is counted out before the client
// can see that: who waits for the end and comes again is no second at once.
func (ss *session) end() {
	close(ss.stop)
	ss.dropData()
	ss.leave()
	ss.srv.record.leave()
	if !ss.ended {
		ss.out.closeOrderly()
	}
}

// refuse greets a client that is one too many.
func (ss *session) refuse(text string) {
	if text == "" {
		text = "421 Too many connections, try later."
	}
	ss.say(text)
}

// run greets the client and serves its commands.
func (ss *session) run() {
	if ss.srv.behaviour.TLS.Implicit && !ss.secure() {
		return
	}
	ss.srv.wg.Add(1)
	go ss.read()
	if ss.greet() {
		for ss.serveNext() {
		}
	}
}

func (ss *session) greet() bool {
	// The greeting waits for the handshake, which takes a round trip.
	if !ss.wait(ss.srv.behaviour.Latency) {
		return false
	}
	greeting := ss.srv.behaviour.Greeting
	if greeting == nil {
		greeting = Greet("220 Service ready.")
	}
	return ss.answer(greeting...)
}

// read hands on command lines as they come.
func (ss *session) read() {
	defer ss.srv.wg.Done()
	defer close(ss.gone)
	for {
		text, err := ss.in.ReadString('\n')
		if err != nil || len(text) > lineLimit {
			return
		}
		line := strings.TrimRight(text, "\r\n")
		ss.srv.record.command(ss.id, line, ss.out.encrypted())
		verb, _ := split(line)
		if verb == "ABOR" {
			select {
			case ss.abort <- struct{}{}:
			default:
			}
		}
		select {
		case ss.lines <- line:
		case <-ss.stop:
			return
		}
		if verb == "AUTH" && !ss.mayGoOn() {
			return
		}
	}
}

// mayGoOn waits for the session to have answered a command after which the
// connection may be another one: the handshake must not be read as a command.
func (ss *session) mayGoOn() bool {
	select {
	case <-ss.resume:
		return true
	case <-ss.stop:
		return false
	}
}

// serveNext serves one command; false ends the session.
func (ss *session) serveNext() bool {
	var idle <-chan time.Time
	if d := ss.srv.behaviour.Idle; d > 0 {
		timer := time.NewTimer(d)
		defer timer.Stop()
		idle = timer.C
	}
	select {
	case line := <-ss.lines:
		return ss.serve(line)
	default:
	}
	select {
	case line := <-ss.lines:
		return ss.serve(line)
	case <-idle:
		ss.say(ss.idleText())
		return false
	case <-ss.ousted:
		ss.say(ss.srv.behaviour.Login.Single.Text)
		return false
	case <-ss.gone:
		// What came before the client went is still served: its QUIT, say.
		select {
		case line := <-ss.lines:
			return ss.serve(line)
		default:
			return false
		}
	case <-ss.srv.done:
		return false
	}
}

// idleText is what a client is told that was idle.
func (ss *session) idleText() string {
	if text := ss.srv.behaviour.IdleText; text != "" {
		return text
	}
	return "421 Timeout."
}

func (ss *session) serve(line string) bool {
	verb, arg := split(line)
	ss.verb = verb
	over := ss.override(verb, arg)
	ss.waiting = verb == "AUTH"
	if over == nil {
		return ss.carryOut(verb, arg)
	}
	switch over.order {
	case Before:
		return ss.answer(over.answers...) && ss.carryOut(verb, arg)
	case After:
		return ss.carryOut(verb, arg) && ss.answer(over.answers...)
	}
	ss.letGoOn()
	return ss.answer(over.answers...)
}

// letGoOn lets the reader read what follows AUTH.
func (ss *session) letGoOn() {
	if !ss.waiting {
		return
	}
	ss.waiting = false
	select {
	case ss.resume <- struct{}{}:
	case <-ss.gone:
	case <-ss.srv.done:
	}
}

// split parts a command line.
func split(line string) (verb, arg string) {
	verb, arg, _ = strings.Cut(line, " ")
	return strings.ToUpper(verb), arg
}

// say sends one reply, or several lines as they are.
func (ss *session) say(text string) bool {
	return ss.answer(Answer{Text: text})
}

// wait waits; false: the client or the server went meanwhile.
func (ss *session) wait(d time.Duration) bool {
	if d <= 0 {
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ss.gone:
	case <-ss.srv.done:
	}
	return false
}

// hang waits for the client to go.
func (ss *session) hang() {
	ss.letGoOn()
	for {
		select {
		case line := <-ss.lines:
			verb, _ := split(line)
			ss.waiting = verb == "AUTH"
			ss.letGoOn()
		case <-ss.gone:
			return
		case <-ss.srv.done:
			return
		}
	}
}
