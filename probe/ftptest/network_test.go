package ftptest

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"reflect"
	"testing"
	"time"

	"ftpdiag/probe"
	"ftpdiag/probe/ftp"
)

var (
	_ probe.Dialer   = (*Network)(nil)
	_ probe.Resolver = (*Network)(nil)
	_ probe.Listener = (*Network)(nil)
)

var (
	public  = netip.MustParseAddr("203.0.113.10")
	private = netip.MustParseAddr("10.10.0.2")
)

func TestRuleErrors(t *testing.T) {
	to := netip.AddrPortFrom(public, 21)
	for _, try := range []struct {
		name   string
		effect Effect
		want   error
	}{
		{"drop", Drop(), os.ErrDeadlineExceeded},
		{"refuse", Refuse(), errnoRefused},
		{"host", HostUnreachable(), errnoHostUnreachable},
		{"net", NetUnreachable(), errnoNetUnreachable},
		{"blackhole", Blackhole(), errnoInvalid},
		{"deny", Deny(), errnoDenied},
		{"ports", NoLocalPort(), errnoAddrNotAvail},
	} {
		n := &Network{Rules: []Rule{{Port(22), AcceptAll()}, {Host(public), try.effect}}}
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		_, err := n.DialTCP(ctx, netip.Addr{}, to)
		cancel()
		var op *net.OpError
		if !errors.As(err, &op) || op.Op != "dial" || op.Addr.String() != to.String() || !errors.Is(err, try.want) {
			t.Errorf("%s: %#v", try.name, err)
		}
		if timeout := try.want == os.ErrDeadlineExceeded; op.Timeout() != timeout {
			t.Errorf("%s: a timeout: %v", try.name, op.Timeout())
		}
		if len(n.Escapes()) > 0 {
			t.Errorf("%s: escaped: %v", try.name, n.Escapes())
		}
	}
}

// A played error must be told apart by the same tests as a true one.
func TestRefusedAsATrueDialerDoes(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	_, truth := net.Dial("tcp", l.Addr().String())
	n := &Network{Rules: []Rule{{nil, Refuse()}}}
	_, played := n.DialTCP(t.Context(), netip.Addr{}, addrPort(l.Addr()))
	if truth == nil || played == nil || truth.Error() != played.Error() {
		t.Errorf("played %q, true %q", played, truth)
	}
}

func TestCancelledDrop(t *testing.T) {
	n := &Network{Rules: []Rule{{nil, Drop()}}}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := n.DialTCP(ctx, netip.Addr{}, netip.AddrPortFrom(public, 21)); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

func TestNothingEscapes(t *testing.T) {
	n := &Network{Rules: []Rule{{Port(21), To(netip.MustParseAddrPort("192.0.2.9:21"))}}}
	for _, to := range []string{"203.0.113.10:21", "203.0.113.10:22"} {
		_, err := n.DialTCP(t.Context(), netip.Addr{}, netip.MustParseAddrPort(to))
		var escape *EscapeError
		if !errors.As(err, &escape) {
			t.Errorf("%s: %v", to, err)
		}
	}
	want := []netip.AddrPort{netip.MustParseAddrPort("192.0.2.9:21"), netip.MustParseAddrPort("203.0.113.10:22")}
	if got := n.Escapes(); !reflect.DeepEqual(got, want) {
		t.Errorf("escapes %v, want %v", got, want)
	}
}

// TestPlayedHost goes through a whole session at a public address, from a
// private one, in both modes, with ports that the server only advertises.
func TestPlayedHost(t *testing.T) {
	s := start(t, Behaviour{Passive: Passive{Advertise: []int{5001, 5002}}, Active: Active{ToPeer: true, NoChecks: true}})
	n := &Network{Hosts: map[netip.Addr]*Server{public: s}, Local: private}
	c := dialThrough(t, n, netip.AddrPortFrom(public, 21))
	if c.conn.RemoteAddr().String() != "203.0.113.10:21" || addrPort(c.conn.LocalAddr()).Addr() != private {
		t.Errorf("control connection %v -> %v", c.conn.LocalAddr(), c.conn.RemoteAddr())
	}
	c.enter()
	if to := c.negotiate(); to.Port() != 5001 {
		t.Errorf("offered %v", to)
	}
	r, err := ftp.ParsePASV(c.ask(227, "PASV"))
	if err != nil || r.Addr != public || r.Port != 5002 {
		t.Fatal(r, err)
	}
	data, err := c.dialData(netip.AddrPortFrom(public, 5002))
	if err != nil {
		t.Fatal(err)
	}
	c.ask(150, "LIST")
	if got := readAll(t, data); got != smallListing {
		t.Errorf("%q", got)
	}
	c.want(226)
	if _, err := c.dialData(netip.AddrPortFrom(public, 5003)); !errors.Is(err, errnoRefused) {
		t.Errorf("a port that nobody offered: %v", err)
	}

	l, err := n.ListenTCP(netip.AddrPortFrom(private, 0))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	if addrPort(l.Addr()).Addr() != private {
		t.Errorf("listening on %v", l.Addr())
	}
	c.ask(200, "PORT %s", ftp.FormatPORT(addrPort(l.Addr())))
	c.send("LIST")
	conn := accept(t, l)
	if addrPort(conn.RemoteAddr()).Addr() != public {
		t.Errorf("data connection from %v", conn.RemoteAddr())
	}
	if got := readAll(t, conn); got != smallListing {
		t.Errorf("%q", got)
	}
	want := map[netip.AddrPort]int{netip.AddrPortFrom(public, 21): 1, netip.AddrPortFrom(public, 5002): 1, netip.AddrPortFrom(public, 5003): 1}
	if got := n.Dials(); !reflect.DeepEqual(got, want) {
		t.Errorf("dials %v", got)
	}
	if _, err := n.ListenTCP(netip.AddrPortFrom(public, 0)); !errors.Is(err, errnoAddrNotAvail) {
		t.Errorf("listening on an address of somebody else: %v", err)
	}
}

func TestAcceptAll(t *testing.T) {
	n := &Network{Rules: []Rule{{nil, AcceptAll()}}}
	conn, err := n.DialTCP(t.Context(), netip.Addr{}, netip.AddrPortFrom(public, 4711))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if conn.RemoteAddr().String() != "203.0.113.10:4711" {
		t.Errorf("connected to %v", conn.RemoteAddr())
	}
	if _, err := io.WriteString(conn, "anybody?\r\n"); err != nil {
		t.Error(err)
	}
	_ = conn.SetReadDeadline(time.Now().Add(20 * time.Millisecond))
	if _, err := conn.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("%v", err)
	}
}

func TestNames(t *testing.T) {
	v4, v6 := public, netip.MustParseAddr("2001:db8::10")
	n := &Network{Names: map[string]Name{
		"both": Addrs(v6, v4), "four": Addrs(v4),
		"slow": {Fail: NameTimeout}, "broken": {Fail: ServFail}, "gone": {Fail: NoSuchName},
	}}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	for _, try := range []struct {
		network, host string
		want          []netip.Addr
	}{{"ip", "both", []netip.Addr{v6, v4}}, {"ip4", "both", []netip.Addr{v4}}, {"ip6", "both", []netip.Addr{v6}}} {
		if got, err := n.LookupNetIP(ctx, try.network, try.host); err != nil || !reflect.DeepEqual(got, try.want) {
			t.Errorf("%s %s: %v, %v", try.network, try.host, got, err)
		}
	}
	for host, is := range map[string]func(*net.DNSError) bool{
		"four":    func(e *net.DNSError) bool { return e.IsNotFound },
		"unknown": func(e *net.DNSError) bool { return e.IsNotFound },
		"gone":    func(e *net.DNSError) bool { return e.IsNotFound },
		"slow":    func(e *net.DNSError) bool { return e.IsTimeout && !e.IsNotFound },
		"broken":  func(e *net.DNSError) bool { return e.IsTemporary && !e.IsTimeout && !e.IsNotFound },
	} {
		_, err := n.LookupNetIP(ctx, "ip6", host)
		var dns *net.DNSError
		if !errors.As(err, &dns) || !is(dns) {
			t.Errorf("%s: %#v", host, err)
		}
	}
	if n.Lookups() != 8 {
		t.Errorf("%d lookups", n.Lookups())
	}
}

func TestMiddleboxes(t *testing.T) {
	through := func(t *testing.T, b Behaviour, box func(net.Conn) net.Conn) (*client, *Server) {
		s := start(t, b)
		c := dialThrough(t, &Network{Rules: []Rule{{nil, Through(box)}}}, s.Addr())
		c.enter()
		return c, s
	}
	t.Run("rewrite", func(t *testing.T) {
		c, s := through(t, Behaviour{}, RewriteAddresses(public, private))
		c.ask(500, "PORT 10,0,0,2,200,10")
		if got := s.Dialogue()[0][2].Line; got != "PORT 203,0,113,10,200,10" {
			t.Errorf("the server got %q", got)
		}
		r, err := ftp.ParsePASV(c.ask(227, "PASV"))
		if err != nil || r.Addr != private {
			t.Errorf("227 %v, %v", r, err)
		}
	})
	t.Run("swallow", func(t *testing.T) {
		c, _ := through(t, Behaviour{}, Swallow("227"))
		c.send("PASV")
		c.ask(200, "NOOP")
	})
	t.Run("mangle", func(t *testing.T) {
		c, s := through(t, Behaviour{}, Mangle("PASV", "P@SW"))
		c.ask(500, "PASV")
		if got := s.Dialogue()[0][2].Line; got != "P@SW" {
			t.Errorf("the server got %q", got)
		}
	})
	t.Run("cut", func(t *testing.T) {
		c, _ := through(t, Behaviour{}, CutOn("AUTH"))
		c.send("AUTH TLS")
		if _, err := c.text.ReadLine(); !errors.Is(err, errnoReset) {
			t.Errorf("%v", err)
		}
	})
}
