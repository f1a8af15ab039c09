package ftptest

import (
	"net/netip"
	"sync"
	"time"

	"ftpdiag/probe/evidence"
)

// Command is a command line as it came, without its line end.
type Command struct {
	At        time.Time
	Line      string
	Encrypted bool // it came over TLS
}

// DataConnection is one data connection, or the server's try at one.
type DataConnection struct {
	Session int // index of the control connection in [Server.Dialogue]
	Mode    evidence.Mode
	At      time.Time
	From    netip.AddrPort // zero: no connection came about
	To      netip.AddrPort
	Err     error // why the server's dial failed; [errNotLoopback]: it was not tried
}

// record is what the server writes down.
type record struct {
	mu         sync.Mutex
	dialogue   [][]Command
	flights    []*flights
	data       []DataConnection
	handshakes []Secured
	open       int
	most       int
}

// Dialogue is every command line that came, by control connection in the order
// in which they were accepted. Lines are as they came: a password stands in them.
func (s *Server) Dialogue() [][]Command {
	s.record.mu.Lock()
	defer s.record.mu.Unlock()
	out := make([][]Command, len(s.record.dialogue))
	for i, commands := range s.record.dialogue {
		out[i] = append([]Command(nil), commands...)
	}
	return out
}

// Accepted is the number of control connections that were accepted, those that
// were refused with a greeting included.
func (s *Server) Accepted() int {
	s.record.mu.Lock()
	defer s.record.mu.Unlock()
	return len(s.record.dialogue)
}

// MostOpen is the largest number of control connections that were open at once.
func (s *Server) MostOpen() int {
	s.record.mu.Lock()
	defer s.record.mu.Unlock()
	return s.record.most
}

// Data is every data connection, in order: those that clients made, and those
// that the server made or tried to make.
func (s *Server) Data() []DataConnection {
	s.record.mu.Lock()
	defer s.record.mu.Unlock()
	return append([]DataConnection(nil), s.record.data...)
}

// Secured is every TLS handshake that was tried, in order.
func (s *Server) Secured() []Secured {
	s.record.mu.Lock()
	defer s.record.mu.Unlock()
	return append([]Secured(nil), s.record.handshakes...)
}

// Flights is the number of flights in which the client waited for the server.
//
// A client acts: it opens a control connection, sends a command, opens a passive
// data connection, or does its part of a TLS handshake. The server answers: with a reply, with data, with the
// handshake of a data connection. An act belongs to the flight after that of the
// latest answer that had reached the client when it acted, on the same control
// connection; commands sent without waiting share a flight. The control
// connection's first flight is the wait for its greeting; one that is opened
// when answers had already come on another connection counts on from there. The
// number is that of the longest chain. The connect of a control connection is
// not counted, nor is the server's of an active data connection: neither is an
// answer to anything that the server was told.
//
// Whether an answer had reached the client is measured: [Behaviour.Latency]
// holds every byte of the server for the whole of a round trip, so what comes
// within a latency of an answer was sent without it. The handshake of a data
// connection cannot be held by the server: dial through a [Network] of the same
// Latency. Without latency the number is an upper bound.
func (s *Server) Flights() int {
	s.record.mu.Lock()
	defer s.record.mu.Unlock()
	most := 0
	for _, f := range s.record.flights {
		most = max(most, f.depth)
	}
	return most
}

// join registers a control connection and gives it its number.
func (r *record) join(latency time.Duration) (id int, f *flights) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := time.Now()
	f = &flights{mu: &r.mu, latency: latency}
	for _, other := range r.flights {
		f.reached = max(f.reached, other.reachedBy(now))
	}
	f.act(now)
	r.dialogue = append(r.dialogue, nil)
	r.flights = append(r.flights, f)
	r.open++
	r.most = max(r.most, r.open)
	return len(r.dialogue) - 1, f
}

func (r *record) leave() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.open--
}

func (r *record) command(id int, line string, encrypted bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := time.Now()
	r.dialogue[id] = append(r.dialogue[id], Command{At: now, Line: line, Encrypted: encrypted})
	if line != "QUIT" { // nobody waits for the answer
		r.flights[id].act(now)
	}
}

// secured notes a handshake.
func (r *record) secured(id int, data bool, o *outlet, err error) {
	s := Secured{Session: id, Data: data, Err: err}
	if conn := o.tls.Load(); conn != nil {
		s.State = conn.ConnectionState()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.handshakes = append(r.handshakes, s)
}

func (r *record) connection(c DataConnection) {
	r.mu.Lock()
	defer r.mu.Unlock()
	c.At = time.Now()
	r.data = append(r.data, c)
	if c.Mode == evidence.Passive {
		r.flights[c.Session].act(c.At)
		r.flights[c.Session].answer(c.At)
	}
}

// flights measures one control connection: see [Server.Flights].
type flights struct {
	mu      *sync.Mutex // of the record
	latency time.Duration
	depth   int      // flight of the latest act
	reached int      // flight of the latest answer that had reached the client
	answers []answer // those still on their way
}

// answer is when an answer reaches the client, and its flight.
type answer struct {
	at    time.Time
	depth int
}

// reachedBy is the flight of the latest answer that has reached the client.
func (f *flights) reachedBy(now time.Time) int {
	n := 0
	for n < len(f.answers) && !now.Before(f.answers[n].at) {
		f.reached = max(f.reached, f.answers[n].depth)
		n++
	}
	f.answers = f.answers[n:]
	return f.reached
}

// acted is act under the lock.
func (f *flights) acted() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.act(time.Now())
}

func (f *flights) act(now time.Time) {
	f.depth = max(f.depth, f.reachedBy(now)+1)
}

// answer notes an answer that is sent now.
func (f *flights) answer(now time.Time) {
	if n := len(f.answers); n > 0 && f.answers[n-1].depth == f.depth {
		return // an earlier answer of the flight reaches the client before it
	}
	f.answers = append(f.answers, answer{now.Add(f.latency), f.depth})
}

// answered is answer under the lock.
func (f *flights) answered() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.answer(time.Now())
}
