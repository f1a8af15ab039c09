package exporter

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/netip"
	"time"

	"ftpdiag/cmd/ftpdiag/policy"
	"ftpdiag/probe"
	"ftpdiag/probe/diagnose"
	"ftpdiag/probe/evidence"
	"ftpdiag/probe/ftp"
)

// Config is the configuration file, read and checked. The file is YAML:
//
//	max_concurrent: 50       # probes at once; a request beyond is answered 503
//	timeout_offset: 500ms    # an answer comes this long before the scrape times out
//	modules:
//	  default:               # what /probe without &module= uses
//	    allow: ["*.example.com", 192.0.2.0/24]
//
// Each key of a module is a field of [Module]. An unknown key is an error.
type Config struct {
	MaxConcurrent int
	TimeoutOffset time.Duration
	Modules       map[string]*Module
}

// Module says how its targets are probed, and which targets it has. In the file
// its keys are those in the comments; what is in parentheses is the default.
// Durations are Go's (5s, 500ms), names of files are relative to the
// configuration file.
type Module struct {
	Name string // the key under modules

	Allow []Rule // allow: patterns of names, addresses, CIDR blocks; nothing is allowed without (none)
	Ports []int  // ports: of the control connection ([21, 990])

	User      string // user (anonymous)
	Password  Secret // password_file: holds the password and nothing else; read again on reload
	TLS       string // tls: auto, off, explicit or implicit (auto)
	Insecure  bool   // insecure: send the password over an unverified certificate (false)
	RootCAs   *x509.CertPool
	ClientTLS *tls.Certificate
	CertDays  int // cert_days: warn so long before a certificate expires (21)

	Mode          string          // mode: both, passive or active (both)
	Expect        string          // expect: any, passive, active or both (any)
	Path          string          // path: file or directory to transfer (the login directory)
	Timeout       time.Duration   // timeout: longest single wait (5s)
	Deadline      time.Duration   // deadline: longest probe, 2m at most (20s); the scrape's timeout may shorten it
	Quick         bool            // quick: only what decides the verdict (true)
	NoForeign     bool            // no_foreign: never dial another host that a 227 names (true)
	Family        int             // ipv4: true, or ipv6: true, for one family only (both)
	ActivePorts   probe.PortRange // active_ports: LOW-HIGH, where to listen in active mode (any)
	ActiveAddress netip.Addr      // active_address: what to offer in active mode (the local one)

	// Which codes of findings make the status critical, and which do not count. They
	// judge what is served: what is remembered stays as it was found.
	Policy policy.Policy // fail_on, ignore: lists of codes (none)

	Cache     time.Duration // cache: how long an answer serves further requests (30s); 0s: not at all
	FullEvery time.Duration // full_every: see the package comment (15m); 0s: never
}

// Limits and defaults of a configuration.
const (
	defaultModule        = "default"
	defaultMaxConcurrent = 50
	defaultTimeoutOffset = 500 * time.Millisecond
	defaultCache         = 30 * time.Second
	defaultFullEvery     = 15 * time.Minute

	mostConcurrent = 10000
	mostDeadline   = 2 * time.Minute // an answer is written before the server's WriteTimeout
)

func newModule(name string) *Module {
	return &Module{
		Name: name, Ports: []int{21, 990}, User: anonymous, TLS: evidence.TLSAuto, CertDays: evidence.DefaultCertDays,
		Mode: "both", Expect: "any", Timeout: probe.DefaultTimeout, Deadline: probe.DefaultDeadline,
		Quick: true, NoForeign: true, Cache: defaultCache, FullEvery: defaultFullEvery,
	}
}

const anonymous = "anonymous"

// probeConfig is what every probe of the module has in common.
func (m *Module) probeConfig() probe.Config {
	cfg := probe.Config{
		Password: m.Password.text, Expect: m.Expect, TLS: m.TLS, Family: m.Family,
		Timeout: m.Timeout, Deadline: m.Deadline, ActivePorts: m.ActivePorts, ActiveAddress: m.ActiveAddress,
		NoForeign: m.NoForeign, Quick: m.Quick,
		Insecure: m.Insecure, RootCAs: m.RootCAs, Certificate: m.ClientTLS, CertDays: m.CertDays,
	}
	if m.Mode != "both" {
		cfg.Mode = evidence.Mode(m.Mode)
	}
	if m.CertDays == 0 {
		cfg.CertDays = -1 // to a probe.Config, 0 is the default
	}
	return cfg
}

// judged is r under the module's policy. It leaves r as it is.
func (m *Module) judged(r *diagnose.Result) *diagnose.Result {
	if r == nil || m.Policy.IsZero() {
		return r
	}
	c := *r
	m.Policy.Apply(&c)
	return &c
}

// Secret is a text that no format shows.
type Secret struct{ text string }

// Format writes ***, whatever the verb.
func (s Secret) Format(f fmt.State, _ rune) { fmt.Fprint(f, ftp.Redacted) }

// MarshalText writes ***.
func (s Secret) MarshalText() ([]byte, error) { return []byte(ftp.Redacted), nil }
