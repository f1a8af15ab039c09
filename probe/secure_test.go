package probe_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"ftpdiag/probe"
	"ftpdiag/probe/evidence"
	"ftpdiag/probe/ftptest"
)

// A 234 that nobody asked for is no leave to begin TLS, whenever it comes.
func TestUnsolicited234(t *testing.T) {
	long := "220 hello\r\n234-" + strings.Repeat("x", 1<<10) + "\r\n" + strings.Repeat(strings.Repeat("y", 1<<13)+"\r\n", 6) + "234 go on\r\n"
	p := servePeer(t, func(p *peer, conn net.Conn) {
		fmt.Fprint(conn, long)
		p.rest(conn)
	})
	for range 10 {
		ev, err := probe.Run(t.Context(), probe.Config{Target: evidence.Target{Host: "127.0.0.1", Port: int(p.addr.Port())},
			TLS: evidence.TLSExplicit, Timeout: 100 * time.Millisecond, Deadline: time.Second})
		if err != nil {
			t.Fatal(err)
		}
		// Whether it came before AUTH or behind it cannot always be told.
		if f := ev.Sessions[0].Failure; f == nil || f.Op != evidence.OpAuthTLS && f.Op != evidence.OpTLSHandshake {
			t.Fatalf("%+v", f)
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if strings.Contains(p.heard.String(), "USER") {
		t.Error("USER was sent")
	}
}

// Another 2yz than 234 is no leave either, and nothing follows in clear.
func TestOddReplyToAuth(t *testing.T) {
	p := servePeer(t, func(p *peer, conn net.Conn) {
		if p.untilAuth(conn) {
			fmt.Fprint(conn, "250 ok\r\n234 go on\r\n")
			p.rest(conn)
		}
	})
	for range 10 {
		ev := ask(t, p.addr, func(cfg *probe.Config) { cfg.TLS, cfg.Mode = evidence.TLSExplicit, evidence.Passive })
		sessionFailed(evidence.OpAuthTLS, evidence.KindRejected)(t, ev)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.after.Len() > 0 {
		t.Errorf("sent in clear behind AUTH: %q", p.after.String())
	}
}

// A port that speaks TLS now and clear text then is asked each way once.
func TestFickleServer(t *testing.T) {
	var n atomic.Int64
	p := servePeer(t, func(p *peer, conn net.Conn) {
		switch n.Add(1) {
		case 1:
			_, _ = io.Copy(io.Discard, conn)
		case 2:
			_, _ = conn.Read(make([]byte, 1))
			_, _ = conn.Write([]byte(ftptest.TLSAlert(ftptest.AlertHandshakeFailure)))
		default:
			fmt.Fprint(conn, "421 busy\r\n")
			p.rest(conn)
		}
	})
	ev := ask(t, p.addr, func(cfg *probe.Config) { cfg.Deadline = 8 * time.Second })
	if len(ev.Sessions) > 12 {
		t.Errorf("%d sessions", len(ev.Sessions))
	}
}

// What demands TLS beside the question changes no verdict.
func TestUploadThatDemandsTLS(t *testing.T) {
	srv := start(t, ftptest.Behaviour{Replies: []ftptest.Override{ftptest.On("STOR", "534 Policy requires SSL.")}})
	ev := ask(t, srv.Addr(), func(cfg *probe.Config) { cfg.Upload = true })
	works(evidence.EPSV, evidence.EPRT)(t, ev)
	if last := ev.Attempts[len(ev.Attempts)-1]; last.Purpose != evidence.PurposeUpload || ev.Target.TLS != evidence.TLSOff {
		t.Errorf("the upload is called %s, the run speaks %s", last.Purpose, ev.Target.TLS)
	}
}

// A server that demands TLS and has one connection for us is not taken for full.
func TestOneConnectionThatDemandsTLS(t *testing.T) {
	for range 3 {
		srv := start(t, ftptest.Behaviour{Limits: ftptest.Limits{Connections: 1}, Latency: 10 * time.Millisecond,
			TLS: ftptest.TLS{Explicit: true, Required: ftptest.Answer{Text: "530 Anonymous sessions must use encryption.", Then: ftptest.Close}}})
		ev := ask(t, srv.Addr(), nil)
		works(evidence.EPSV, evidence.EPRT)(t, ev)
	}
}

// With a password the handshake is tried in outdated ways too, so that the report
// can say what the server has; the password stays at home.
func TestNoPasswordOverOutdatedTLS(t *testing.T) {
	srv := start(t, ftptest.Behaviour{Login: ftptest.Login{Users: map[string]string{"joe": "secret"}},
		TLS: ftptest.TLS{Explicit: true, MaxVersion: tls.VersionTLS10}})
	ev := ask(t, srv.Addr(), func(cfg *probe.Config) {
		cfg.Target.User, cfg.Password, cfg.RootCAs = "joe", "secret", srv.Roots()
	})
	var last evidence.Session
	for _, s := range ev.Sessions {
		if s.Failure != nil {
			last = s
		}
	}
	if last.TLSVersion != "TLS 1.0" || last.TLSLimit != evidence.LimitLegacy || last.Failure.Kind != evidence.KindDenied {
		t.Errorf("%+v", last)
	}
	for _, session := range srv.Dialogue() {
		for _, c := range session {
			if strings.HasPrefix(c.Line, "USER") || strings.HasPrefix(c.Line, "PASS") {
				t.Error("the user or the password was sent")
			}
		}
	}
}

// cutOnce is a network that cuts the first connection behind the 234.
type cutOnce struct {
	ftptest.Network
	n atomic.Int64
}

func (c *cutOnce) DialTCP(ctx context.Context, local netip.Addr, remote netip.AddrPort) (net.Conn, error) {
	conn, err := c.Network.DialTCP(ctx, local, remote)
	if err == nil && c.n.Add(1) == 1 {
		return &cutConn{Conn: conn}, nil
	}
	return conn, err
}

type cutConn struct {
	net.Conn
	cut bool
}

func (c *cutConn) Read(p []byte) (int, error) {
	if c.cut {
		return 0, io.EOF
	}
	n, err := c.Conn.Read(p)
	c.cut = bytes.HasPrefix(p[:n], []byte("234"))
	return n, err
}

// One handshake that is cut is chance, and limits nothing.
func TestCutOnce(t *testing.T) {
	srv := start(t, ftptest.Behaviour{TLS: ftptest.TLS{Explicit: true}})
	ev := ask(t, srv.Addr(), func(cfg *probe.Config) { cfg.Dialer, cfg.TLS = &cutOnce{}, evidence.TLSExplicit })
	sessionFailed(evidence.OpTLSHandshake, evidence.KindEOF)(t, ev)
	works(evidence.EPSV, evidence.EPRT)(t, ev)
	for _, s := range ev.Sessions {
		if s.TLSLimit != "" {
			t.Errorf("session %d is limited to %s", s.ID, s.TLSLimit)
		}
	}
}
