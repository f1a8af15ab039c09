package probe

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"time"

	"ftpdiag/probe/evidence"
)

// Defaults of a Config.
const (
	DefaultTimeout  = 5 * time.Second
	DefaultDeadline = 20 * time.Second

	// A greeting may take three timeouts, at most this: ident and reverse
	// lookups of the server commonly hold it for ten seconds. So may the answer
	// to PASS: Pure-FTPd takes five to eight seconds to say no.
	maxLongWait = 15 * time.Second

	// DataLimit is where reading of a data connection stops.
	DataLimit = 1 << 20
)

// Config says whom to diagnose and how far to go. Only Target.Host is
// required; the zero value of every other field is the default.
type Config struct {
	Target   evidence.Target
	Password string // for a named user; anonymous sends its own

	Mode   evidence.Mode // "" tries both
	Expect string        // any, passive, active, both; recorded for the diagnosis, "" is any
	TLS    string        // auto, off, explicit, implicit; "" is auto; Target.TLS may name another in place of auto
	Family int           // 4 or 6; 0 is both

	Bind          netip.Addr    // connect and listen from this address
	Timeout       time.Duration // longest wait for a connect, a whole reply, a pause in data
	Deadline      time.Duration // longest run; raised to Timeout where that is longer
	ActivePorts   PortRange     // where to listen in active mode
	ActiveAddress netip.Addr    // what to offer in active mode in place of the local address

	NoForeign bool // never dial an address of a 227 that is not the control host's
	Quick     bool // only what decides the verdict
	Thorough  bool // sample ports to the exact boundary, beyond the budget of an ordinary run; not with Quick
	Retrieve  bool // also fetch one file of the listing
	Upload    bool // store, check and delete a small file

	Insecure    bool             // a password may cross a connection whose certificate does not verify
	RootCAs     *x509.CertPool   // who may sign the server's certificate; nil: whom the system trusts
	Certificate *tls.Certificate // what we show a server that asks for one; nil: none
	MaxTLS      uint16           // the newest version to speak, such as [tls.VersionTLS12]; 0 is the newest that there is
	CertDays    int              // see Options; 0 is [DefaultCertDays], below 0 is none

	// Resolver looks names up; nil is net.DefaultResolver.
	Resolver Resolver
	// Dialer opens every TCP connection; nil is a net.Dialer.
	Dialer Dialer
	// Listener opens the listeners of active mode; nil is net.Listen.
	Listener Listener
	// Progress is told what the run waits for, from several goroutines; nil is silent.
	Progress func(what string)
}

// PortRange is an inclusive range of ports; the zero value is any port.
type PortRange struct{ Low, High int }

// Resolver is the part of net.Resolver that a run uses.
type Resolver interface {
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
}

// Dialer opens a TCP connection from local (invalid: any address) to remote. Its
// errors are those of net.Dialer: [FailureOf] looks at their types. One that has
// a method Routed(netip.Addr) bool is asked for routes in the system's place.
type Dialer interface {
	DialTCP(ctx context.Context, local netip.Addr, remote netip.AddrPort) (net.Conn, error)
}

// Listener opens a TCP listener on local; port 0 is any port. Its errors, and the
// addresses of its connections, are those of net.Listen.
type Listener interface {
	ListenTCP(local netip.AddrPort) (net.Listener, error)
}

// tlsWords are what Config.TLS and Target.TLS may be.
var tlsWords = []string{"", evidence.TLSAuto, evidence.TLSOff, evidence.TLSExplicit, evidence.TLSImplicit}

// complete checks the Config and fills in the defaults.
func (c Config) complete() (Config, error) {
	t := &c.Target
	switch {
	case t.Host == "":
		return c, fmt.Errorf("%w: no host", ErrConfig)
	case t.Port < 0 || t.Port > 65535:
		return c, fmt.Errorf("%w: port %d", ErrConfig, t.Port)
	case strings.ContainsAny(t.Host+t.User+t.Path+c.Password, "\r\n\x00"):
		return c, fmt.Errorf("%w: CR, LF or NUL in host, user, path or password", ErrConfig)
	case !slices.Contains(tlsWords, c.TLS), !slices.Contains(tlsWords, t.TLS):
		return c, fmt.Errorf("%w: TLS %q, and %q for the target", ErrConfig, c.TLS, t.TLS)
	case c.asked() != evidence.TLSAuto && t.TLS != "" && t.TLS != evidence.TLSAuto && t.TLS != c.asked():
		return c, fmt.Errorf("%w: TLS %s, and %s for the target", ErrConfig, c.TLS, t.TLS)
	case c.ActivePorts.Low < 0 || c.ActivePorts.High > 65535 || c.ActivePorts.Low > c.ActivePorts.High:
		return c, fmt.Errorf("%w: active ports %d-%d", ErrConfig, c.ActivePorts.Low, c.ActivePorts.High)
	case c.Timeout < 0 || c.Deadline < 0:
		return c, fmt.Errorf("%w: a wait below zero", ErrConfig)
	case c.Quick && c.Thorough:
		return c, fmt.Errorf("%w: quick and thorough", ErrConfig)
	case c.Mode != "" && c.Mode != evidence.Passive && c.Mode != evidence.Active:
		return c, fmt.Errorf("%w: mode %q", ErrConfig, c.Mode)
	}
	c.TLS = c.asked()
	if t.Port == 0 && c.TLS == evidence.TLSImplicit {
		t.Port = implicitPort
	}
	t.Port = cmp.Or(t.Port, 21)
	t.User = cmp.Or(t.User, anonymous)
	t.TLS = c.begins()
	c.Timeout = cmp.Or(c.Timeout, DefaultTimeout)
	c.Deadline = max(cmp.Or(c.Deadline, DefaultDeadline), c.Timeout)
	if c.Resolver == nil {
		c.Resolver = net.DefaultResolver
	}
	if c.Dialer == nil {
		c.Dialer = netDialer{}
	}
	if c.Listener == nil {
		c.Listener = netListener{}
	}
	return c, nil
}

// options are what the Evidence keeps of the Config.
func (c Config) options() evidence.Options {
	return evidence.Options{
		Mode:     cmp.Or(string(c.Mode), "both"),
		Expect:   cmp.Or(c.Expect, "any"),
		TLS:      c.TLS,
		Family:   map[int]string{0: "any", 4: "ipv4", 6: "ipv6"}[c.Family],
		Timeout:  evidence.Millis(c.Timeout),
		Deadline: evidence.Millis(c.Deadline),
		Quick:    c.Quick,
		Thorough: c.Thorough,
		Insecure: c.Insecure,
		CertDays: max(0, cmp.Or(c.CertDays, evidence.DefaultCertDays)),
	}
}

// longWait is for what servers commonly take long for: the greeting, and the
// answer to a password.
func (c Config) longWait() time.Duration {
	return min(3*c.Timeout, max(maxLongWait, c.Timeout))
}
