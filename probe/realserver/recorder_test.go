package realserver_test

import (
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/netip"
	"regexp"
	"strings"
	"testing"
	"time"

	"ftpdiag/probe/realserver"
)

// recorder carries out one situation on one server and writes down the replies.
type recorder struct {
	t testing.TB
	s *realserver.Server
	d *dialogue

	tlsConfig *tls.Config // of the session, once it speaks TLS

	log []realserver.Exchange
}

// connect opens a control connection and reads nothing.
func (r *recorder) connect() { r.d = dial(r.t, r.s.Addr) }

// login logs in as anonymous; nothing of it is written down.
func (r *recorder) login() { r.d = anonymous(r.t, r.s.Addr) }

func (r *recorder) close() {
	if r.d != nil {
		r.d.conn.Close()
	}
}

// ask sends a command and writes down the reply.
func (r *recorder) ask(commands ...string) {
	for _, c := range commands {
		r.log = append(r.log, realserver.Exchange{Sent: c, Reply: r.d.ask(c)})
	}
}

// next writes down a reply that comes unasked, or the end of the connection.
func (r *recorder) next() {
	r.log = append(r.log, realserver.Exchange{Reply: r.d.read()})
}

// unaskedWait is how long a server gets to say something that nobody asked for,
// where it usually says nothing.
const unaskedWait = 2 * time.Second

// unasked writes down a reply that comes without a command, or the end of the
// connection; silence is not written down, nor what vsftpd's other process may
// have to add to the end of the first.
func (r *recorder) unasked() {
	if strings.HasPrefix(r.last(), "500 OOPS") {
		return
	}
	r.d.wait = unaskedWait
	if reply := r.d.read(); reply != realserver.Silence {
		r.log = append(r.log, realserver.Exchange{Reply: reply})
	}
	r.d.wait = 0
}

// finish writes down what follows a mark (RFC 959 §4.2: a 1yz reply).
func (r *recorder) finish() {
	for r.last()[0] == '1' {
		r.next()
	}
}

// last is the last reply; before any, one that is neither a refusal nor an end.
func (r *recorder) last() string {
	if len(r.log) == 0 {
		return " "
	}
	return r.log[len(r.log)-1].Reply
}

// over says that the server has ended the control connection.
func (r *recorder) over() bool {
	return strings.HasSuffix(r.last(), realserver.EOF) || strings.HasSuffix(r.last(), realserver.Reset)
}

// refused says that the last reply was a refusal.
func (r *recorder) refused() bool { return r.last()[0] == '4' || r.last()[0] == '5' }

// settle lets a server notice one thing before the next happens.
const settle = 50 * time.Millisecond

// passive negotiates a data connection, of which nothing is written down, and
// dials it from the local address; an invalid one is any.
func (r *recorder) passive(local netip.Addr) net.Conn {
	reply := r.d.want("EPSV", "229")
	m := regexp.MustCompile(`\|\|\|(\d+)\|`).FindStringSubmatch(reply)
	if m == nil {
		r.t.Fatalf("EPSV: %q", reply)
	}
	dialer := net.Dialer{Timeout: replyWait}
	if local.IsValid() {
		dialer.LocalAddr = net.TCPAddrFromAddrPort(netip.AddrPortFrom(local, 0))
	}
	conn, err := dialer.Dial("tcp", net.JoinHostPort(r.s.Addr.Addr().String(), m[1]))
	if err != nil {
		r.t.Fatal(err)
	}
	time.Sleep(settle)
	r.t.Cleanup(func() { conn.Close() })
	return conn
}

// listen gives a listener on the control connection's own address, and the PORT
// command that offers it.
func (r *recorder) listen() (net.Listener, string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { l.Close() })
	return l, port(l.Addr().(*net.TCPAddr).AddrPort())
}

func port(a netip.AddrPort) string {
	ip := strings.ReplaceAll(a.Addr().String(), ".", ",")
	return fmt.Sprintf("PORT %s,%d,%d", ip, a.Port()>>8, a.Port()&0xff)
}

func eprt(a netip.AddrPort) string {
	family := 1
	if a.Addr().Is6() {
		family = 2
	}
	return fmt.Sprintf("EPRT |%d|%s|%d|", family, a.Addr(), a.Port())
}

// closedPort is a port of 127.0.0.1 on which nobody listens.
func closedPort(t testing.TB) netip.AddrPort {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).AddrPort()
}

// drain reads a data connection to its end and closes it.
func (r *recorder) drain(conn net.Conn) {
	_ = conn.SetReadDeadline(time.Now().Add(replyWait))
	_, _ = io.Copy(io.Discard, conn)
	conn.Close()
}

// transfer carries out a command over a passive data connection.
func (r *recorder) transfer(command string) {
	conn := r.passive(netip.Addr{})
	r.ask(command)
	if r.last()[0] == '1' {
		r.drain(conn)
	}
	r.finish()
	conn.Close()
}

// asks is a situation in which an anonymous user sends commands.
func asks(name string, commands ...string) situation {
	return situation{name, func(r *recorder) { r.login(); r.ask(commands...) }}
}

// greeted is a situation in which commands are sent before a login.
func greeted(name string, commands ...string) situation {
	return situation{name, func(r *recorder) { r.connect(); r.d.read(); r.ask(commands...) }}
}

// transfers is a situation in which a command works over a data connection.
func transfers(name, command string) situation {
	return situation{name, func(r *recorder) { r.login(); r.transfer(command) }}
}
