package ftptest

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/netip"
	"net/textproto"
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"

	"ftpdiag/probe/ftp"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience bounds every wait of these tests.
const patience = 10 * time.Second

// client is a plain FTP client.
type client struct {
	t    *testing.T
	conn net.Conn
	text *textproto.Conn
	net  *Network
}

// otherLoopback is one that Linux and Windows have and macOS has not.
var otherLoopback = netip.MustParseAddr("127.0.0.2")

// need skips a test where this machine lacks a loopback address; where the whole
// surroundings are required, that is a failure.
func need(t *testing.T, ip netip.Addr) {
	t.Helper()
	l, err := net.Listen("tcp", netip.AddrPortFrom(ip, 0).String())
	if err != nil && os.Getenv("FTPDIAG_REQUIRE_SERVERS") == "1" {
		t.Fatalf("this machine has no %v: %v", ip, err)
	}
	if err != nil {
		t.Skipf("this machine has no %v: %v", ip, err)
	}
	l.Close()
}

func start(t *testing.T, b Behaviour) *Server {
	t.Helper()
	s, err := Start(b)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

func dialServer(t *testing.T, s *Server) *client {
	t.Helper()
	return dialThrough(t, &Network{Latency: s.behaviour.Latency}, s.Addr())
}

func dialThrough(t *testing.T, n *Network, to netip.AddrPort) *client {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	conn, err := n.DialTCP(ctx, netip.Addr{}, to)
	if err != nil {
		t.Fatal(err)
	}
	return newClient(t, conn, n)
}

func newClient(t *testing.T, conn net.Conn, n *Network) *client {
	_ = conn.SetDeadline(time.Now().Add(patience))
	c := &client{t: t, conn: conn, text: textproto.NewConn(conn), net: n}
	t.Cleanup(func() { c.text.Close() })
	return c
}

// login logs in as anonymous.
func login(t *testing.T, s *Server) *client {
	t.Helper()
	c := dialServer(t, s)
	c.enter()
	return c
}

func (c *client) enter() {
	c.t.Helper()
	c.want(220)
	c.ask(331, "USER anonymous")
	c.ask(230, "PASS me@")
}

func (c *client) send(format string, args ...any) {
	c.t.Helper()
	if err := c.text.PrintfLine(format, args...); err != nil {
		c.t.Fatal(err)
	}
}

// want reads a reply.
func (c *client) want(code int) string {
	c.t.Helper()
	got, text, err := c.text.ReadResponse(0)
	if err != nil || got != code {
		c.t.Fatalf("reply %d %q, %v; want %d", got, text, err, code)
	}
	return text
}

func (c *client) ask(code int, format string, args ...any) string {
	c.t.Helper()
	c.send(format, args...)
	return c.want(code)
}

// wantEnd wants the control connection to be closed.
func (c *client) wantEnd() {
	c.t.Helper()
	if line, err := c.text.ReadLine(); err != io.EOF {
		c.t.Fatalf("%q, %v; want the end of the connection", line, err)
	}
}

// passive negotiates and connects.
func (c *client) passive() net.Conn {
	c.t.Helper()
	conn, err := c.dialData(c.negotiate())
	if err != nil {
		c.t.Fatal(err)
	}
	return conn
}

// negotiate is where EPSV says to connect.
func (c *client) negotiate() netip.AddrPort {
	c.t.Helper()
	r, err := ftp.ParseEPSV(c.ask(229, "EPSV"))
	if err != nil {
		c.t.Fatal(err)
	}
	return netip.AddrPortFrom(addrPort(c.conn.RemoteAddr()).Addr(), uint16(r.Port))
}

func (c *client) dialData(to netip.AddrPort) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(c.t.Context(), patience)
	defer cancel()
	conn, err := c.net.DialTCP(ctx, netip.Addr{}, to)
	if err != nil {
		return nil, err
	}
	_ = conn.SetDeadline(time.Now().Add(patience))
	c.t.Cleanup(func() { conn.Close() })
	return conn, nil
}

// active negotiates and gives the listener.
func (c *client) active(verb string) net.Listener {
	c.t.Helper()
	l, err := net.Listen("tcp", netip.AddrPortFrom(addrPort(c.conn.LocalAddr()).Addr(), 0).String())
	if err != nil {
		c.t.Fatal(err)
	}
	_ = l.(*net.TCPListener).SetDeadline(time.Now().Add(patience))
	c.t.Cleanup(func() { l.Close() })
	c.send("%s %s", verb, argument(verb, addrPort(l.Addr())))
	return l
}

func argument(verb string, to netip.AddrPort) string {
	if verb == "PORT" {
		return ftp.FormatPORT(to)
	}
	return ftp.FormatEPRT(to)
}

func readAll(t *testing.T, conn net.Conn) string {
	t.Helper()
	b, err := io.ReadAll(conn)
	conn.Close()
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func accept(t *testing.T, l net.Listener) net.Conn {
	t.Helper()
	conn, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	_ = conn.SetDeadline(time.Now().Add(patience))
	t.Cleanup(func() { conn.Close() })
	return conn
}

func lines(s *Server, session int) string {
	out := ""
	for _, c := range s.Dialogue()[session] {
		out += fmt.Sprintln(c.Line)
	}
	return out
}
