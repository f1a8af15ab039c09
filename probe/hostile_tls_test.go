package probe_test

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"ftpdiag/probe"
	"ftpdiag/probe/evidence"
)

// peer serves each connection with serve, and keeps what came in clear.
type peer struct {
	addr  netip.AddrPort
	mu    sync.Mutex
	heard strings.Builder // all that came in clear
	after strings.Builder // behind the 234
}

func servePeer(t *testing.T, serve func(*peer, net.Conn)) *peer {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &peer{addr: l.Addr().(*net.TCPAddr).AddrPort()}
	var conns sync.WaitGroup
	conns.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			conns.Go(func() {
				defer conn.Close()
				_ = conn.SetDeadline(time.Now().Add(30 * time.Second))
				serve(p, conn)
			})
		}
	})
	t.Cleanup(func() {
		l.Close()
		conns.Wait()
	})
	return p
}

// untilAuth greets and reads commands up to AUTH TLS.
func (p *peer) untilAuth(conn net.Conn) bool {
	fmt.Fprint(conn, "220 hello\r\n")
	in := bufio.NewReader(conn)
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return false
		}
		p.mu.Lock()
		p.heard.WriteString(line)
		p.mu.Unlock()
		if strings.HasPrefix(line, "AUTH") {
			return true
		}
		fmt.Fprint(conn, "500 what?\r\n")
	}
}

// rest keeps what the client still sends.
func (p *peer) rest(conn net.Conn) {
	buf := make([]byte, 4096)
	for {
		n, err := conn.Read(buf)
		p.mu.Lock()
		p.heard.Write(buf[:n])
		p.after.Write(buf[:n])
		p.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// record is the beginning of a TLS record of a handshake that claims n bytes.
func record(n int) []byte { return []byte{22, 3, 3, byte(n >> 8), byte(n)} }

// drip writes a byte now and then, until the client has had enough.
func drip(conn net.Conn, head []byte) {
	_, _ = io.ReadFull(conn, make([]byte, 5))
	_, err := conn.Write(head)
	for err == nil {
		time.Sleep(50 * time.Millisecond)
		_, err = conn.Write([]byte{0})
	}
}

// longChain is a certificate with n more behind it.
func longChain(t *testing.T, n int) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: strings.Repeat("x", 900)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	c := tls.Certificate{PrivateKey: key}
	for range n + 1 {
		c.Certificate = append(c.Certificate, der)
	}
	return c
}

// Peers that misbehave in TLS end in a named failure, in time, and hear nothing
// in clear behind the 234.
func TestHostileTLS(t *testing.T) {
	for _, c := range []struct {
		name  string
		serve func(*peer, net.Conn)
		op    evidence.Op
		kind  evidence.Kind
	}{
		{"more replies behind the 234", func(p *peer, conn net.Conn) {
			if p.untilAuth(conn) {
				fmt.Fprint(conn, "234 go on\r\n220 you are in\r\n230 logged in\r\n")
				p.rest(conn)
			}
		}, evidence.OpAuthTLS, evidence.KindMalformed},
		{"plain text in place of the handshake", func(p *peer, conn net.Conn) {
			if p.untilAuth(conn) {
				fmt.Fprint(conn, "234 go on\r\n")
				_, _ = io.ReadFull(conn, make([]byte, 5))
				fmt.Fprint(conn, "421 no\r\n")
				p.rest(conn)
			}
		}, evidence.OpTLSHandshake, evidence.KindMalformed},
		{"a handshake that never ends", func(p *peer, conn net.Conn) {
			if p.untilAuth(conn) {
				fmt.Fprint(conn, "234 go on\r\n")
				drip(conn, append(record(1<<14), 2, 0, 0x40, 0))
			}
		}, evidence.OpTLSHandshake, evidence.KindTimedOut},
		{"a handshake message of 16 MB", func(p *peer, conn net.Conn) {
			if p.untilAuth(conn) {
				fmt.Fprint(conn, "234 go on\r\n")
				drip(conn, append(record(1<<14), 2, 0xff, 0xff, 0xff))
			}
		}, evidence.OpTLSHandshake, evidence.KindTimedOut},
		{"silence behind the 234", func(p *peer, conn net.Conn) {
			if p.untilAuth(conn) {
				fmt.Fprint(conn, "234 go on\r\n")
				_, _ = io.Copy(io.Discard, conn)
			}
		}, evidence.OpTLSHandshake, evidence.KindTimedOut},
		{"closed behind the 234", func(p *peer, conn net.Conn) {
			if p.untilAuth(conn) {
				fmt.Fprint(conn, "234 go on\r\n")
			}
		}, evidence.OpTLSHandshake, evidence.KindEOF},
		{"records of nothing", func(p *peer, conn net.Conn) {
			if p.untilAuth(conn) {
				fmt.Fprint(conn, "234 go on\r\n")
				_, _ = io.ReadFull(conn, make([]byte, 5))
				for {
					if _, err := conn.Write(record(0)); err != nil {
						return
					}
				}
			}
		}, evidence.OpTLSHandshake, evidence.KindMalformed},
	} {
		t.Run(c.name, func(t *testing.T) {
			before := goleak.IgnoreCurrent()
			t.Cleanup(func() { goleak.VerifyNone(t, before) })
			p := servePeer(t, c.serve)
			begin := time.Now()
			ev := ask(t, p.addr, func(cfg *probe.Config) {
				cfg.TLS, cfg.Timeout, cfg.Deadline = evidence.TLSExplicit, 500*time.Millisecond, 4*time.Second
				cfg.Target.User, cfg.Password = "joe", "a secret word"
			})
			if took := time.Since(begin); took > 6*time.Second {
				t.Errorf("took %v", took)
			}
			sessionFailed(c.op, c.kind)(t, ev)
			p.mu.Lock()
			defer p.mu.Unlock()
			for _, word := range []string{"USER", "PASS", "joe", "secret"} {
				if strings.Contains(p.heard.String(), word) {
					t.Errorf("%s was sent in clear", word)
				}
			}
			if strings.Contains(p.after.String(), "QUIT") {
				t.Error("QUIT was sent in clear behind the 234")
			}
		})
	}
}

// A chain of certificates beyond all measure ends the handshake; a long one is
// read, and judged by its first.
func TestLongChain(t *testing.T) {
	for _, c := range []struct {
		name string
		n    int
		fits bool
	}{{"long", 50, true}, {"without measure", 300, false}} {
		t.Run(c.name, func(t *testing.T) {
			config := &tls.Config{Certificates: []tls.Certificate{longChain(t, c.n)}}
			p := servePeer(t, func(p *peer, conn net.Conn) {
				if p.untilAuth(conn) {
					fmt.Fprint(conn, "234 go on\r\n")
					secure := tls.Server(conn, config)
					if secure.Handshake() == nil {
						fmt.Fprint(secure, "421 enough\r\n")
						_, _ = io.Copy(io.Discard, secure)
					}
				}
			})
			ev := ask(t, p.addr, func(cfg *probe.Config) { cfg.TLS = evidence.TLSExplicit })
			f := ev.Sessions[0].Failure
			switch {
			case f == nil:
				t.Error("logged in")
			case c.fits && (ev.Server.TLS == nil || ev.Server.TLS.Certificate.Served != c.n+1):
				t.Errorf("%v, %+v", f, ev.Server.TLS)
			case !c.fits && (f.Op != evidence.OpTLSHandshake || f.Kind != evidence.KindMalformed):
				t.Errorf("%s %s: %s", f.Op, f.Kind, f.Message)
			}
		})
	}
}
