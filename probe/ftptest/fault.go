package ftptest

import (
	"net/netip"
	"slices"
	"strings"
	"time"

	"ftpdiag/probe"
	"ftpdiag/probe/diagnose"
	"ftpdiag/probe/evidence"
)

// Fault is a server and a network that show one cause, and are in order
// otherwise.
type Fault struct {
	Code  diagnose.Code
	Title string        // what is wrong, in one line
	Mode  evidence.Mode // that the finding is about; "": not about one mode

	Behaviour Behaviour
	Network   func(s *Server) *Network // nil: the server at 127.0.0.1, port 21, and nothing else
	Options   func(*probe.Config)      // nil: none
}

// Scene is a fault that is being played.
type Scene struct {
	Server  *Server
	Network *Network
	// Config diagnoses the server over the network. Its timeout is 2 s unless the
	// fault has another.
	Config probe.Config
}

// sceneTimeout is long for loopback, and short for somebody who waits for it.
const sceneTimeout = 2 * time.Second

// Start plays the fault, until the scene is closed.
func (f Fault) Start() (*Scene, error) {
	s, err := Start(f.Behaviour)
	if err != nil {
		return nil, err
	}
	network := f.Network
	if network == nil {
		network = at(loopback)
	}
	n := network(s)
	cfg := probe.Config{Timeout: sceneTimeout, Resolver: n, Dialer: n, Listener: n}
	for played := range n.Hosts { // the only one
		cfg.Target.Host, cfg.Target.Port = played.String(), int(n.controlPort())
	}
	if f.Options != nil {
		f.Options(&cfg)
	}
	return &Scene{Server: s, Network: n, Config: cfg}, nil
}

// Close ends the scene and returns when nothing of it runs any more.
func (s *Scene) Close() { s.Server.Close() }

// Faults are all faults, sorted by code.
func Faults() []Fault {
	all := slices.Concat(controlFaults(), greetingFaults(), loginFaults(), passiveFaults(),
		passiveDataFaults(), activeFaults(), transferFaults(), tlsFaults(), dataTLSFaults(), blindFaults())
	slices.SortStableFunc(all, func(a, b Fault) int { return strings.Compare(string(a.Code), string(b.Code)) })
	return all
}

// The addresses that the faults are played at: documentation and private ranges.
// serverRouted is of the range for benchmarks (RFC 2544), which is neither, and
// which nobody on the Internet has.
var (
	serverRouted  = netip.MustParseAddr("198.18.0.10")
	serverPublic  = netip.MustParseAddr("203.0.113.10")
	serverOther   = netip.MustParseAddr("203.0.113.77") // another address of the server's side
	serverPrivate = netip.MustParseAddr("192.168.1.10")
	serverIPv6    = netip.MustParseAddr("2001:db8::10")
	clientIPv6    = netip.MustParseAddr("2001:db8::2")
	clientPublic  = netip.MustParseAddr("198.51.100.1")
	clientPrivate = netip.MustParseAddr("10.10.0.2")
	clientLAN     = netip.MustParseAddr("192.168.1.20")
	clientShared  = netip.MustParseAddr("100.64.0.2") // of a carrier-grade NAT
)

// at plays the server at an address, behind the rules.
func at(played netip.Addr, rules ...Rule) func(*Server) *Network {
	return func(s *Server) *Network {
		return &Network{Hosts: map[netip.Addr]*Server{played: s}, DataPort: 20, Rules: rules}
	}
}

// behind plays the server at 127.0.0.1, which is what it is. The control port
// suffers one effect, every other port the other, where they are not nil. Ports
// of other servers on this machine are out of reach all the same.
func behind(control, data Effect) func(*Server) *Network {
	var rules []Rule
	if control != nil {
		rules = append(rules, Rule{Port(21), control})
	}
	if data != nil {
		rules = append(rules, Rule{Not(Port(21)), data})
	}
	return at(loopback, rules...)
}

// named plays the server under a name.
func named(name Name, rules ...Rule) func(*Server) *Network {
	return func(s *Server) *Network {
		n := at(serverPublic, rules...)(s)
		n.Names = map[string]Name{exampleHost: name}
		return n
	}
}

// exampleHost is the name that faults about names use.
const exampleHost = "ftp.example.com"

func toExampleHost(cfg *probe.Config) { cfg.Target.Host, cfg.Target.Port = exampleHost, 21 }
