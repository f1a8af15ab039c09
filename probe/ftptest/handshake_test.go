package ftptest

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"ftpdiag/probe/ftp"
)

// ends of a handshake, as crypto/tls tells the client.
const (
	byEOF     = "EOF"
	byReset   = "reset"
	bySilence = "silence"
)

// endOf says how a handshake ended.
func endOf(err error) string {
	switch {
	case err == nil:
		return ""
	case isTimeout(err):
		return bySilence
	case errors.Is(err, errnoReset):
		return byReset
	case errors.Is(err, io.EOF):
		return byEOF
	}
	return err.Error()
}

const (
	noRecord   = "first record does not look like a TLS handshake"
	fatal      = "remote error: tls: handshake failure"
	oldVersion = "remote error: tls: protocol version not supported"
)

// mishandled are handshakes that go wrong, and what the client makes of them.
var mishandled = []struct {
	name string
	h    Handshake
	want string // how it ends, or part of it
}{
	{"closed", Handshake{Answers: []Answer{{Then: Close}}}, byEOF},
	{"reset", Handshake{Hello: true, Answers: []Answer{{Then: Reset}}}, byReset},
	{"closed after the hello", Handshake{Hello: true, Answers: []Answer{{Then: Close}}}, byEOF},
	{"silent", Handshake{Answers: []Answer{{Then: Hang}}}, bySilence},
	{"silent after the hello", Handshake{Hello: true, Answers: []Answer{{Then: Hang}}}, bySilence},
	{"in clear", Handshake{Hello: true, Answers: []Answer{{Text: "500 OOPS: no TLS", Then: Close}}}, noRecord},
	{"handshake failure", Handshake{Hello: true, Answers: []Answer{{Text: TLSAlert(AlertHandshakeFailure), Raw: true, Then: Close}}}, fatal},
	{"protocol version", Handshake{Hello: true, Answers: []Answer{{Text: TLSAlert(AlertProtocolVersion), Raw: true, Then: Close}}}, oldVersion},
	{"warnings", Handshake{Hello: true, Answers: []Answer{{Text: TLSRecord(21, "\x01\x5a"), Raw: true, Endless: true}}}, "too many ignored records"},
	{"empty records", Handshake{Hello: true, Answers: []Answer{{Text: TLSRecord(22, ""), Raw: true, Endless: true}}}, "unexpected message"},
	{"giant record", Handshake{Hello: true, Answers: []Answer{{Text: "\x16\x03\x03\xff\xff", Raw: true}, {Text: "x", Raw: true, Endless: true}}}, "oversized record"},
	{"endless message", Handshake{Hello: true, Answers: []Answer{{Text: TLSRecord(22, "\x02\xff\xff\xff"+strings.Repeat("x", 1000)), Raw: true, Endless: true}}}, "exceeds maximum"},
	{"drip", Handshake{Hello: true, Answers: []Answer{{Text: TLSRecord(22, "\x02\x00\x40\x00"), Raw: true}, {Text: TLSRecord(22, "x"), Raw: true, Endless: true, Pace: Pace{Chunk: 1, Every: time.Millisecond}}}}, bySilence},
}

func TestMishandledControl(t *testing.T) {
	for _, try := range mishandled {
		for _, latency := range []time.Duration{0, 5 * time.Millisecond} {
			t.Run(try.name+" "+latency.String(), func(t *testing.T) {
				t.Parallel()
				s := start(t, Behaviour{TLS: TLS{Explicit: true, Handshake: try.h}, Latency: latency})
				c := dialServer(t, s)
				c.want(220)
				c.ask(234, "AUTH TLS")
				if try.want == bySilence {
					_ = c.conn.SetDeadline(time.Now().Add(100 * time.Millisecond))
				}
				if _, err := c.secured(clientConfig()); !strings.Contains(endOf(err), try.want) || err == nil {
					t.Errorf("%v, want %s", err, try.want)
				}
			})
		}
	}
}

func TestMishandledData(t *testing.T) {
	for _, try := range mishandled {
		t.Run(try.name, func(t *testing.T) {
			t.Parallel()
			s := start(t, Behaviour{TLS: TLS{Explicit: true, Data: try.h}})
			c := inside(t, s, clientConfig())
			raw := c.passive()
			c.ask(150, "LIST")
			if try.want == bySilence {
				_ = raw.SetDeadline(time.Now().Add(100 * time.Millisecond))
			}
			err := tls.Client(raw, c.config).Handshake()
			if !strings.Contains(endOf(err), try.want) || err == nil {
				t.Errorf("%v, want %s", err, try.want)
			}
			raw.Close()
			if got := c.want(522); got != "SSL handshake failed." {
				t.Errorf("%q", got)
			}
			c.ask(200, "NOOP")
			if shaken := s.Secured(); len(shaken) != 2 || !shaken[1].Data || shaken[1].Err == nil {
				t.Errorf("%+v", shaken)
			}
		})
	}
}

func TestWordsAfterAFailedHandshake(t *testing.T) {
	alert := Answer{Text: TLSAlert(AlertHandshakeFailure), Raw: true, Then: Close}
	s := start(t, Behaviour{TLS: TLS{Explicit: true, Failed: Answer{Text: "421 Negotiation failed: no shared cipher"},
		Handshake: Handshake{Hello: true, Answers: []Answer{alert}}}})
	c := dialServer(t, s)
	c.want(220)
	c.ask(234, "AUTH TLS")
	below := &kept{Conn: c.conn}
	if err := tls.Client(below, clientConfig()).Handshake(); endOf(err) != fatal {
		t.Errorf("%v", err)
	}
	rest, err := io.ReadAll(c.conn)
	if got := below.got + string(rest); err != nil || got != alert.Text+"421 Negotiation failed: no shared cipher\r\n" {
		t.Errorf("%q, %v", got, err)
	}
}

// kept keeps what was read.
type kept struct {
	net.Conn
	got string
}

func (k *kept) Read(p []byte) (int, error) {
	n, err := k.Conn.Read(p)
	k.got += string(p[:n])
	return n, err
}

func TestWordsBehindThe234(t *testing.T) {
	c := dialServer(t, start(t, Behaviour{TLS: TLS{Explicit: true, Accepted: "234 Proceed.\r\n230 You are in.\r\n"}}))
	c.want(220)
	c.ask(234, "AUTH TLS")
	if n := c.text.R.Buffered(); n != len("230 You are in.\r\n") {
		t.Errorf("%d bytes in the same packet", n)
	}
	c.want(230)
	if _, err := c.secured(clientConfig()); err != nil {
		t.Error(err)
	}
}

func TestRenegotiation(t *testing.T) {
	for _, suite := range []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384} {
		s := start(t, Behaviour{TLS: TLS{Explicit: true, MaxVersion: tls.VersionTLS12, Suites: []uint16{suite}, Handshake: Handshake{Renegotiate: true}}})
		c := explicit(t, s, clientConfig())
		if _, err := c.conn.Read(make([]byte, 1)); err == nil || !strings.Contains(err.Error(), "no renegotiation") {
			t.Errorf("%s: %v", tls.CipherSuiteName(suite), err)
		}
	}
}

func TestDataTLSFailureEndsTheSession(t *testing.T) {
	alert := Handshake{Hello: true, Answers: []Answer{{Text: TLSAlert(AlertHandshakeFailure), Raw: true, Then: Close}}}
	t.Run("without a word", func(t *testing.T) { // as Pure-FTPd
		c := inside(t, start(t, Behaviour{TLS: TLS{Explicit: true, Data: alert, DataFailed: Answer{Then: Close}}}), clientConfig())
		if _, err := c.passiveTLS(c.config); endOf(err) != fatal {
			t.Errorf("%v", err)
		}
		c.wantEnd()
	})
	t.Run("in clear", func(t *testing.T) { // as vsftpd
		words := Answer{Text: "522 SSL connection failed: session reuse required", Clear: true, Then: Close}
		c := inside(t, start(t, Behaviour{TLS: TLS{Explicit: true, Data: alert, DataFailed: words}}), clientConfig())
		if _, err := c.passiveTLS(c.config); endOf(err) != fatal {
			t.Errorf("%v", err)
		}
		_, err := c.text.ReadLine()
		var header tls.RecordHeaderError
		if !errors.As(err, &header) || string(header.RecordHeader[:]) != "522 S" {
			t.Errorf("%v", err)
		}
	})
}

func TestReuseRequired(t *testing.T) {
	list := func(t *testing.T, c *tlsClient, config *tls.Config) {
		t.Helper()
		data, err := c.passiveTLS(config)
		if err != nil {
			t.Fatal(err)
		}
		if n, err := data.Read(make([]byte, 1)); n != 0 || err != io.EOF {
			t.Errorf("%d bytes, %v", n, err)
		}
		data.Close()
	}
	for name, version := range versions {
		t.Run(name, func(t *testing.T) {
			capped := func() *tls.Config {
				c := clientConfig()
				c.MaxVersion = version
				return c
			}
			t.Run("vsftpd", func(t *testing.T) {
				s := start(t, Behaviour{TLS: TLS{Explicit: true, Reuse: Reuse{Required: true}}})
				c := inside(t, s, capped())
				c.list()
				c.list()
				list(t, c, capped())
				if got := c.want(522); got != "SSL connection failed: session reuse required" {
					t.Errorf("%q", got)
				}
				c.wantEnd()
			})
			t.Run("ProFTPD", func(t *testing.T) {
				refusal := Answer{Text: "425 Unable to build data connection: Operation not permitted"}
				s := start(t, Behaviour{TLS: TLS{Explicit: true, Reuse: Reuse{Required: true, Refusal: refusal}}})
				other := capped()
				inside(t, s, other)
				c := inside(t, s, capped())
				list(t, c, other) // the session of another control connection
				c.want(425)
				c.list()
			})
			t.Run("in clear", func(t *testing.T) {
				s := start(t, Behaviour{TLS: TLS{Explicit: true, Reuse: Reuse{Required: true, Refusal: Answer{Text: "522 reuse", Clear: true, Then: Close}}}})
				c := inside(t, s, capped())
				list(t, c, capped())
				if _, err := c.text.ReadLine(); !errors.As(err, new(tls.RecordHeaderError)) {
					t.Errorf("%v", err)
				}
			})
			t.Run("no tickets", func(t *testing.T) {
				c := inside(t, start(t, Behaviour{TLS: TLS{Explicit: true, Reuse: Reuse{Required: true, NoTickets: true}}}), capped())
				list(t, c, c.config)
				c.want(522)
			})
			t.Run("expires", func(t *testing.T) {
				refusal := Answer{Text: "425 Unable to build data connection: Operation not permitted"}
				c := inside(t, start(t, Behaviour{TLS: TLS{Explicit: true, Reuse: Reuse{Required: true, Refusal: refusal, Expires: 2}}}), capped())
				c.list()
				c.list()
				list(t, c, c.config)
				c.want(425)
			})
			t.Run("only TLS 1.2", func(t *testing.T) {
				c := inside(t, start(t, Behaviour{TLS: TLS{Explicit: true, Reuse: Reuse{Required: true, Only12: true}}}), capped())
				if version == tls.VersionTLS12 {
					c.list()
					return
				}
				list(t, c, c.config)
				c.want(522)
			})
		})
	}
}

func TestUncleanClose(t *testing.T) {
	for _, clean := range []bool{true, false} {
		last := CloseData()
		if !clean {
			last = CutData()
		}
		s := start(t, Behaviour{TLS: TLS{Explicit: true}, Transfers: Transfers{"": {Connect(), Mark(), Send(), last, Complete()}}})
		c := inside(t, s, clientConfig())
		raw := c.passive()
		c.ask(150, "LIST")
		below := &eofWatch{Conn: raw}
		data := tls.Client(below, c.config)
		if got := readAll(t, data); got != smallListing {
			t.Errorf("%q", got)
		}
		c.want(226)
		if below.eof == clean { // crypto/tls reads no more after a close_notify
			t.Errorf("clean %v: the end of TCP was seen: %v", clean, below.eof)
		}
	}
}

type eofWatch struct {
	net.Conn
	eof bool
}

func (w *eofWatch) Read(p []byte) (int, error) {
	n, err := w.Conn.Read(p)
	w.eof = w.eof || err == io.EOF
	return n, err
}

func TestSecureStep(t *testing.T) {
	s := start(t, Behaviour{TLS: TLS{Explicit: true}, Transfers: Transfers{"": {Connect(), Mark(), Secure(), Say("426 no"), CloseData()}}})
	c := inside(t, s, clientConfig())
	if _, err := c.passiveTLS(c.config); err != nil {
		t.Error(err)
	}
	c.want(426)
}

func TestTLSThroughMiddleboxes(t *testing.T) {
	through := func(t *testing.T, box func(net.Conn) net.Conn) (*client, *Server) {
		s := start(t, Behaviour{TLS: TLS{Explicit: true}, Passive: Passive{Addr: private}})
		c := dialThrough(t, &Network{Rules: []Rule{{Port(s.Addr().Port()), Through(box)}}}, s.Addr())
		c.want(220)
		return c, s
	}
	ends := func(c *client) string {
		c.send("AUTH TLS")
		_, err := c.text.ReadLine()
		if err == nil {
			_, err = c.secured(clientConfig())
		}
		return endOf(err)
	}
	t.Run("strip", func(t *testing.T) {
		c, s := through(t, StripAuth())
		if got := c.ask(211, "FEAT"); strings.Contains(got, "AUTH") || strings.Contains(got, "PROT") || !strings.Contains(got, "EPSV") {
			t.Errorf("FEAT %q", got)
		}
		c.ask(500, "AUTH TLS")
		if got := lines(s, 0); got != "FEAT\nXXXX TLS\n" {
			t.Errorf("the server got %q", got)
		}
	})
	for name, box := range map[string]func(net.Conn) net.Conn{
		byReset + " on 234": CutOnReply("234", true), byEOF + " on 234": CutOnReply("234", false),
		byReset + " on the hello": CutTLS(true), byEOF + " on the hello": CutTLS(false),
	} {
		t.Run(name, func(t *testing.T) {
			c, _ := through(t, box)
			c.ask(211, "FEAT")
			if got := ends(c); !strings.HasPrefix(name, got) || got == "" {
				t.Errorf("it ended by %q", got)
			}
		})
	}
	t.Run("large segments", func(t *testing.T) {
		c, s := through(t, DropLarge(1000))
		c.ask(211, "FEAT")
		_ = c.conn.SetReadDeadline(time.Now().Add(200 * time.Millisecond))
		small := clientConfig()
		small.CurvePreferences = []tls.CurveID{tls.X25519}
		c.ask(234, "AUTH TLS")
		if _, err := c.secured(small); endOf(err) != bySilence {
			t.Errorf("%v", err)
		}
		if got := lines(s, 0); got != "FEAT\nAUTH TLS\n" {
			t.Errorf("the server got %q", got)
		}
	})
	t.Run("helper", func(t *testing.T) {
		c, _ := through(t, RewriteAddresses(public, public))
		if r, err := ftp.ParsePASV(plainPASV(c)); err != nil || r.Addr != public {
			t.Errorf("in clear: %v, %v", r, err)
		}
		c, s := through(t, RewriteAddresses(public, public))
		c.ask(234, "AUTH TLS")
		secured, err := c.secured(clientConfig())
		if err != nil {
			t.Fatal(err)
		}
		secured.protect()
		if r, err := ftp.ParsePASV(secured.ask(227, "PASV")); err != nil || r.Addr != private {
			t.Errorf("in TLS: %v, %v", r, err)
		}
		secured.ask(500, "PORT 10,0,0,2,200,10")
		if got := lines(s, 0); !strings.HasSuffix(got, "PORT 10,0,0,2,200,10\n") {
			t.Errorf("the server got %q", got)
		}
	})
}

func plainPASV(c *client) string {
	c.ask(331, "USER ftp")
	c.ask(230, "PASS me@")
	return c.ask(227, "PASV")
}

func TestIntolerant(t *testing.T) {
	s := start(t, Behaviour{TLS: TLS{Explicit: true, Handshake: Handshake{Intolerant: true}}})
	c := dialServer(t, s)
	c.want(220)
	c.ask(234, "AUTH TLS")
	if _, err := c.secured(clientConfig()); err == nil || !strings.Contains(err.Error(), "internal error") {
		t.Errorf("TLS 1.3: %v", err)
	}
	config := clientConfig()
	config.MaxVersion = tls.VersionTLS12
	inside(t, s, config).list()
}

// Records without end may come inside TLS too.
func TestFloodInTLS(t *testing.T) {
	for name, pace := range map[string]Pace{"large": {}, "one byte each": {Chunk: 1, Every: time.Microsecond}} {
		t.Run(name, func(t *testing.T) {
			s := start(t, Behaviour{TLS: TLS{Explicit: true}, Replies: []Override{
				{Verbs: "FEAT", Answers: []Answer{{Text: "211-more\r\n", Endless: true, Pace: pace}}}}})
			c := explicit(t, s, clientConfig())
			c.send("FEAT")
			for range 100 {
				if line, err := c.text.ReadLine(); err != nil || line != "211-more" {
					t.Fatalf("%q, %v", line, err)
				}
			}
		})
	}
}

// A ClientHello that was read first is not lost to the handshake.
func TestHelloReadFirst(t *testing.T) {
	s := start(t, Behaviour{TLS: TLS{Explicit: true, Handshake: Handshake{Hello: true}, Data: Handshake{Hello: true}}})
	inside(t, s, clientConfig()).list()
}
