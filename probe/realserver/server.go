package realserver

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"strconv"
	"testing"
	"time"
)

// Server is a server that runs until the test ends.
type Server struct {
	Config Config // as given, with Address and Port filled in
	Host   Host
	Addr   netip.AddrPort // where it listens; an unspecified address means all
	Root   string         // the anonymous root, for the test to look into

	sandbox sandbox
	process *process
}

// startWait is how long a server may take until it listens. It takes a tenth of
// a second; a machine that runs other tests can be slower.
const startWait = 20 * time.Second

// Start runs the server on host and returns when it listens. It fails the test
// where that does not happen, and stops the server when the test ends.
func (c Config) Start(tb testing.TB, host Host) *Server {
	tb.Helper()
	Need(tb, string(c.Product))
	anyPort := c.Port == 0 && host.Namespace == ""
	for try := 1; ; try++ {
		s, err := c.withDefaults(host).start(tb.TempDir(), host)
		if err == nil {
			tb.Cleanup(s.Stop)
			return s
		}
		if !anyPort || try == 3 { // another process may have taken the free port
			tb.Fatalf("start %s: %v", c.Product, err)
		}
	}
}

func (c Config) withDefaults(host Host) Config {
	if !c.Address.IsValid() {
		c.Address = netip.IPv6Unspecified()
		if host.Namespace == "" {
			c.Address = netip.AddrFrom4([4]byte{127, 0, 0, 1})
		}
	}
	switch {
	case c.Port != 0:
	case host.Namespace == "":
		c.Port = freePort(c.Address)
	case c.TLS != nil && c.TLS.Implicit:
		c.Port = 990
	default:
		c.Port = 21
	}
	return c
}

// freePort finds a port below the ephemeral ones, so that no outgoing connection
// takes it before the server does.
func freePort(ip netip.Addr) int {
	for {
		port := 10000 + rand.IntN(20000)
		l, err := net.Listen("tcp", net.JoinHostPort(ip.String(), strconv.Itoa(port)))
		if err == nil {
			l.Close()
			return port
		}
	}
}

func (c Config) start(dir string, host Host) (*Server, error) {
	box, err := newSandbox(dir, c)
	if err != nil {
		return nil, err
	}
	argv, err := c.configure(box)
	if err != nil {
		return nil, err
	}
	output, err := os.Create(box.output())
	if err != nil {
		return nil, err
	}
	defer output.Close() // the server has its own
	p, err := startProcess(host.argv(box.argv(argv)), output)
	if err != nil {
		return nil, err
	}
	s := &Server{
		Config: c, Host: host, Root: box.root(), sandbox: box, process: p,
		Addr: netip.AddrPortFrom(c.Address, uint16(c.Port)),
	}
	if err := s.await(); err != nil {
		s.Stop()
		return nil, err
	}
	return s, nil
}

// configure writes the product's configuration and gives its command line.
func (c Config) configure(box sandbox) ([]string, error) {
	switch c.Product {
	case Vsftpd:
		return c.vsftpd(box)
	case ProFTPD:
		return c.proftpd(box)
	case PureFTPd:
		return c.pureftpd(box)
	case Pyftpdlib:
		return c.pyftpdlib(box)
	}
	return nil, fmt.Errorf("no product %q", c.Product)
}

func (s *Server) await() error {
	for end := time.Now().Add(startWait); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if s.process.hasEnded() {
			return fmt.Errorf("ended at once: %s", s.Output())
		}
		if listening(s.process.pid, s.Config.Port) {
			return nil
		}
	}
	return fmt.Errorf("does not listen on port %d after %v: %s", s.Config.Port, startWait, s.Output())
}

// Stop ends the server and all of its processes, and returns when they are gone.
// The test does this at its end.
func (s *Server) Stop() { s.process.kill() }

// Running says whether the server's first process is still there.
func (s *Server) Running() bool { return !s.process.hasEnded() }

// Output is what the server wrote to stdout and stderr until now.
func (s *Server) Output() string {
	b, _ := os.ReadFile(s.sandbox.output())
	return string(bytes.TrimSpace(b))
}

// unsupported reports the first option that is set and that the product lacks.
func (c Config) unsupported(options ...option) error {
	for _, o := range options {
		if o.set {
			return fmt.Errorf("%s has no option %s", c.Product, o.name)
		}
	}
	return nil
}

type option struct {
	name string
	set  bool
}
