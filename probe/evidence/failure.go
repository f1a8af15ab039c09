package evidence

// Op is the step at which something failed.
type Op string

// The steps, in the order of a transfer.
const (
	OpResolve      Op = "resolve"
	OpConnect      Op = "connect"
	OpGreeting     Op = "greeting"
	OpAuthTLS      Op = "auth-tls"
	OpTLSHandshake Op = "tls-handshake"
	OpLogin        Op = "login"
	OpNegotiate    Op = "negotiate"
	OpDataConnect  Op = "data-connect"
	OpDataAccept   Op = "data-accept"
	OpDataTLS      Op = "data-tls"
	OpTransfer     Op = "transfer"
	OpCompletion   Op = "completion"
)

// Kind is the way in which it failed.
type Kind string

// The kinds.
const (
	KindRefused         Kind = "refused"          // ECONNREFUSED: a RST, or an ICMP port-unreachable
	KindTimedOut        Kind = "timed-out"        // silence for the whole wait
	KindReset           Kind = "reset"            // ECONNRESET, EPIPE
	KindEOF             Kind = "eof"              // an orderly close where more was due
	KindHostUnreachable Kind = "host-unreachable" // EHOSTUNREACH
	KindNetUnreachable  Kind = "net-unreachable"  // ENETUNREACH
	KindProhibited      Kind = "prohibited"       // an ICMP administratively prohibited
	KindDenied          Kind = "denied"           // EACCES, EPERM: this machine's own policy; or that of this program: no password over outdated TLS
	KindRejected        Kind = "rejected"         // a reply of the server said no
	KindMalformed       Kind = "malformed"        // not what the protocol says
	KindExhausted       Kind = "exhausted"        // EADDRNOTAVAIL, ENOBUFS, EADDRINUSE: no local port or buffer left
	KindNoSuchHost      Kind = "no-such-host"     // NXDOMAIN, or no address of the wanted family
	KindResolver        Kind = "resolver-failure" // the resolver answered with an error
	KindInterrupted     Kind = "interrupted"      // the caller or the deadline ended it
	KindUntrusted       Kind = "untrusted"        // a certificate that does not verify
	KindOther           Kind = "other"
)

// Failure says at which step and in which way something failed. Message is for
// people; its wording may change.
type Failure struct {
	Op      Op     `json:"op"`
	Kind    Kind   `json:"kind"`
	Message string `json:"message"`

	Cause error `json:"-"` // that it was made from; nil after JSON
}

// Error makes a Failure an error.
func (f *Failure) Error() string { return string(f.Op) + ": " + f.Message }

// Unwrap gives the error that the Failure was made from; nil after JSON.
func (f *Failure) Unwrap() error { return f.Cause }
