package netlab

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"
)

// The addresses of a lab. Those of the documentation ranges are its public ones.
var (
	ClientAddr   = netip.MustParseAddr("10.10.0.2")
	ClientPublic = netip.MustParseAddr("192.0.2.2")  // of a client that needs no NAT
	ClientShared = netip.MustParseAddr("100.64.0.2") // of a client behind its provider's NAT (RFC 6598)
	ClientAddr6  = netip.MustParseAddr("2001:db8:10::2")
	ClientWAN    = netip.MustParseAddr("198.51.100.1") // of the client's gateway
	SecondWAN    = netip.MustParseAddr("198.51.100.3") // of the client's gateway, where it has two
	ServerWAN    = netip.MustParseAddr("198.51.100.2") // of the server's gateway
	PublicAddr   = netip.MustParseAddr("203.0.113.10") // of the server
	SecondPublic = netip.MustParseAddr("203.0.113.11") // of the server, where it has two
	PublicAddr6  = netip.MustParseAddr("2001:db8:20::10")
	PrivateAddr  = netip.MustParseAddr("10.20.0.10") // of a server behind a forwarding gateway
	SecondServer = netip.MustParseAddr("10.20.0.11") // of its sibling
)

// HostName is what both addresses of a public server are called in a lab with
// Named set.
const HostName = "ftp.example.net"

// Plan says what a lab is like. The zero value is four hosts that forward
// everything.
type Plan struct {
	// What the hosts do beside forwarding.
	Client, ClientGateway, ServerGateway, Server []Block

	Private bool // the server has PrivateAddr only, and no IPv6; ServerWAN is what the client knows
	OnLAN   bool // the client is on the server's LAN, with PrivateAddr's network
	// ClientIP is the client's IPv4 address in place of ClientAddr; the gateway has
	// the first address of its /24. A private client without NAT is rare, and a
	// server that accepts any address of it does not show that there is none.
	ClientIP netip.Addr
	Named    bool          // programs on the client find the server by HostName
	Delay    time.Duration // one way, on the link between the gateways
}

// Does is a list of building blocks, for reading's sake.
func Does(blocks ...Block) []Block { return blocks }

// Lab is a network that stands until the test ends.
type Lab struct {
	Client, ClientGateway, ServerGateway, Server *Host

	Target netip.Addr // where the client finds the server
	name   string
	plan   Plan
}

// LANClient is the client's address with OnLAN.
var LANClient = netip.MustParseAddr("10.20.0.2")

// Build builds the lab and takes it down when the test ends. It fails the test
// where that is not possible: call [Need] first.
func Build(tb testing.TB, p Plan) *Lab {
	tb.Helper()
	name, err := newName()
	if err != nil {
		tb.Fatal(err)
	}
	l := newLab(name, p)
	tb.Cleanup(func() {
		if err := l.tearDown(); err != nil {
			tb.Errorf("take the lab down: %v", err)
		}
	})
	if err := l.build(); err != nil {
		tb.Fatalf("build the lab: %v", err)
	}
	return l
}

func newLab(name string, p Plan) *Lab {
	l := &Lab{
		Client: &Host{Name: name + "client"}, ClientGateway: &Host{Name: name + "cgw"},
		ServerGateway: &Host{Name: name + "sgw"}, Server: &Host{Name: name + "server"},
		Target: PublicAddr, name: name, plan: p,
	}
	if p.Private {
		l.Target = ServerWAN
	}
	l.address()
	for _, h := range []struct {
		host   *Host
		blocks []Block
	}{{l.Client, p.Client}, {l.ClientGateway, p.ClientGateway}, {l.ServerGateway, p.ServerGateway}, {l.Server, p.Server}} {
		for _, b := range h.blocks {
			b(h.host)
		}
	}
	return l
}

func (l *Lab) hosts() []*Host {
	return []*Host{l.Client, l.ClientGateway, l.ServerGateway, l.Server}
}

// build makes namespaces and links, and then configures all hosts side by side.
func (l *Lab) build() error {
	var batch strings.Builder
	for _, h := range l.hosts() {
		fmt.Fprintf(&batch, "netns add %s\n", h.Name)
	}
	for i, c := range l.cables() {
		// Where both ends happen to have the same index in their namespaces, the
		// kernel takes a second to call the link up.
		fmt.Fprintf(&batch, "link add %s index %d address %s netns %s type veth peer name %s index %d address %s netns %s\n",
			c.aName, 10+2*i, c.aMAC, c.a.Name, c.bName, 11+2*i, c.bMAC, c.b.Name)
	}
	cmd := exec.Command("ip", "-batch", "-")
	cmd.Stdin = strings.NewReader(batch.String())
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("ip: %w: %s", err, out)
	}
	if l.plan.Delay > 0 {
		if err := l.layLongCable(); err != nil {
			return err
		}
	}
	if l.plan.Named {
		if err := l.writeHosts(); err != nil {
			return err
		}
	}
	for _, step := range []func(*Host) error{(*Host).configure, (*Host).awaitLinks, (*Host).startServices} {
		if err := l.each(step); err != nil {
			return err
		}
	}
	return nil
}

// each calls f for all hosts side by side.
func (l *Lab) each(f func(*Host) error) error {
	var wg sync.WaitGroup
	errs := make([]error, len(l.hosts()))
	for i, h := range l.hosts() {
		wg.Go(func() { errs[i] = f(h) })
	}
	wg.Wait()
	return errors.Join(errs...)
}

func (l *Lab) writeHosts() error {
	file := files() + strings.TrimPrefix(l.name, own()) + "hosts"
	text := fmt.Sprintf("127.0.0.1 localhost\n%s %s\n%s %s\n", PublicAddr, HostName, PublicAddr6, HostName)
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		return err
	}
	l.Client.hosts = file
	l.Client.stop = append(l.Client.stop, func() { os.Remove(file) })
	return nil
}

// tearDown stops what runs and removes the namespaces. The kernel frees a
// namespace when its last process and socket are gone.
func (l *Lab) tearDown() error {
	var errs []error
	for _, h := range l.hosts() {
		for i := len(h.stop) - 1; i >= 0; i-- {
			h.stop[i]()
		}
		if _, err := os.Stat(namespaces + "/" + h.Name); err != nil {
			continue // it was never built
		}
		if out, err := exec.Command("ip", "netns", "del", h.Name).CombinedOutput(); err != nil {
			errs = append(errs, fmt.Errorf("ip netns del: %w: %s", err, out))
		}
	}
	return errors.Join(errs...)
}
