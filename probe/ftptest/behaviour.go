package ftptest

import (
	"net/netip"
	"time"
)

// Behaviour says how a [Server] behaves. The zero value is healthy.
type Behaviour struct {
	// Listen is the loopback address to listen on; the zero value is 127.0.0.1,
	// port 0 any free port.
	Listen netip.AddrPort

	// Latency holds every byte of the server, and the connects that it makes,
	// this long: one round trip, all of it on the way to the client. See
	// [Server.Flights].
	Latency time.Duration

	Greeting []Answer   // nil: "220 Service ready."
	Replies  []Override // answers in place of the server's own; the first that matches is taken
	// Rewrite, where it is not nil, has the last word about each reply, of one line
	// or of several: what it makes of it goes out as it is. It is told the verb of
	// the command that is answered, "" for the greeting.
	Rewrite func(verb, reply string) string

	System   string   // reply to SYST without the code; "": "UNIX Type: L8"
	Features []string // lines of FEAT; nil: what the server can do

	// SeenAs is the address that the server takes the client to come from: STAT
	// says it, and PORT is held against it. The zero value is the true one.
	SeenAs netip.Addr

	Login     Login
	Limits    Limits
	Passive   Passive
	Active    Active
	TLS       TLS
	Transfers Transfers

	// Files are the contents by path, "/" between directories, no "/" in front.
	// nil is a small directory; empty and not nil is an empty one.
	Files map[string]string

	// Idle is how long a client may keep silent before the server says IdleText
	// and closes; a data connection that does not come is silence too. Zero: for
	// ever.
	Idle     time.Duration
	IdleText string // "": "421 Timeout."
}

// Answer is something that the server says or does.
type Answer struct {
	After time.Duration // wait before

	// Text goes out as it is, but that a missing line end is added to it unless
	// it is Raw or Endless. An empty Text says nothing.
	Text    string
	Raw     bool
	Endless bool // Text again and again, until the client goes
	Clear   bool // past TLS, where the connection is encrypted
	Pace    Pace

	Then Then // what follows
}

// Pace writes Chunk bytes at a time and pauses Every in between. The zero value
// writes all at once.
type Pace struct {
	Chunk int // 0: all, or 1 where Every is set
	Every time.Duration
}

// Then is what the server does when it has answered.
type Then int

// What may follow an answer.
const (
	Continue Then = iota
	Close         // close the control connection in an orderly way
	Reset         // end it with a RST
	Hang          // keep it open and never say anything again
)

// Override replaces the server's own answer to some commands.
type Override struct {
	Verbs string                      // the verbs, separated by spaces, as clients write them; "*": every one
	Arg   string                      // only with an argument that begins so; "": with any or none
	When  func(verb, arg string) bool // only if it says so; nil: always

	// Answers are given in turn, one for each such command; the last one repeats.
	// None: the command is swallowed.
	Answers []Answer

	// Order says whether the command is carried out all the same.
	Order Order
}

// Order of an overriding answer and the command's own.
type Order int

// The orders.
const (
	Instead Order = iota // the command is not carried out
	Before               // the answers come first, then the command's own
	After                // the command's own comes first: a reply that nobody asked for
)

// On answers each of the verbs with the texts in turn, and does nothing else.
// Without a text the commands are swallowed.
func On(verbs string, texts ...string) Override {
	o := Override{Verbs: verbs}
	for _, text := range texts {
		o.Answers = append(o.Answers, Answer{Text: text})
	}
	return o
}

// OnThen is On with one text and what follows it.
func OnThen(verbs, text string, then Then) Override {
	return Override{Verbs: verbs, Answers: []Answer{{Text: text, Then: then}}}
}

// Greet is a greeting of one answer.
func Greet(text string) []Answer { return []Answer{{Text: text}} }

// GreetThen is a greeting of one answer and what follows it.
func GreetThen(text string, then Then) []Answer { return []Answer{{Text: text, Then: then}} }

// Login says who may log in.
type Login struct {
	Users       map[string]string // passwords by name; anonymous and ftp need none
	NoAnonymous bool
	Refusal     string        // to PASS; "": "530 Not logged in."
	Delay       time.Duration // before the refusal
	NeedHOST    bool          // USER is refused until HOST has named a site (RFC 7151)
	Single      Single
}

// Single allows one login at a time. The zero value lets everybody in.
type Single struct {
	Text string // what the one who has to go is told; "": nothing
	At   string // USER or PASS: the newcomer is refused there; Ousts: the newcomer is let in, and the other goes
}

// Ousts is for [Single].At.
const Ousts = "ousts"

// Limits bound the control connections.
type Limits struct {
	Connections int           // at once; 0: no limit
	PerPeer     bool          // the limit counts each client address by itself
	Refusal     string        // greeting of one too many; "": a 421
	Hold        time.Duration // the slot of a client that left during a transfer stays taken this long
}

// Passive says how the server opens data connections for PASV and EPSV.
type Passive struct {
	Addr netip.Addr // in the 227; the zero value is that of the control connection, as the client sees it

	// Ports are listened on in turn; nil: any free port.
	Ports []int
	// Advertise are named in the replies in turn in place of the port listened
	// on; [Network.Place] finds the true one.
	Advertise []int

	Reply227 func(netip.AddrPort) string // the whole reply to PASV; nil: as RFC 959 has it
	Reply229 func(netip.AddrPort) string // the whole reply to EPSV; nil: as RFC 2428 has it

	NoListener bool // the port named is closed
	NeedPRET   bool // PASV and EPSV are refused until PRET says what they are for

	Accept Accept
	// Refusal is said when Accept is AcceptRefuse; "": vsftpd's.
	Refusal string
}

// Accept is what the server does with a passive data connection.
type Accept int

// The ways to treat a passive data connection.
const (
	AcceptServe  Accept = iota // use it
	AcceptClose                // close it at once and serve no other
	AcceptReset                // reset it at once
	AcceptIgnore               // leave it lying: the transfer goes on waiting
	AcceptRefuse               // close it and say Refusal when the transfer is asked for
	AcceptReject               // close it and say Refusal at once, as pyftpdlib does
)

// Active says how the server opens data connections for PORT and EPRT. It dials
// loopback addresses only; any other is never reached.
type Active struct {
	Refusal string // to PORT and EPRT; "": accepted

	From     netip.Addr // dial from this loopback address; the zero value is the control connection's own
	FromPort int        // and this port; 0: any

	Never    bool          // do not connect; the transfer goes on waiting
	Delay    time.Duration // before the connect, or before Failure
	Failure  string        // said in place of connecting
	OnPORT   bool          // dial on PORT and EPRT, and answer them with the outcome, as pyftpdlib does
	NoChecks bool          // accept any address and port in PORT and EPRT
	ToPeer   bool          // dial the peer of the control connection, whatever address was accepted
}
