package probe

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"ftpdiag/probe/evidence"
	"ftpdiag/probe/ftp"
)

// Other programs read these words: one may be added, none may change.
func TestWordsOfFailures(t *testing.T) {
	ops := []evidence.Op{
		evidence.OpResolve, evidence.OpConnect, evidence.OpGreeting, evidence.OpAuthTLS, evidence.OpTLSHandshake, evidence.OpLogin,
		evidence.OpNegotiate, evidence.OpDataConnect, evidence.OpDataAccept, evidence.OpDataTLS, evidence.OpTransfer, evidence.OpCompletion,
	}
	wantOps := []evidence.Op{
		"resolve", "connect", "greeting", "auth-tls", "tls-handshake", "login",
		"negotiate", "data-connect", "data-accept", "data-tls", "transfer", "completion",
	}
	if !slices.Equal(ops, wantOps) {
		t.Errorf("ops are %q, want %q", ops, wantOps)
	}
	kinds := []evidence.Kind{
		evidence.KindRefused, evidence.KindTimedOut, evidence.KindReset, evidence.KindEOF, evidence.KindHostUnreachable, evidence.KindNetUnreachable,
		evidence.KindProhibited, evidence.KindDenied, evidence.KindRejected, evidence.KindMalformed, evidence.KindExhausted, evidence.KindNoSuchHost,
		evidence.KindResolver, evidence.KindInterrupted, evidence.KindUntrusted, evidence.KindOther,
	}
	wantKinds := []evidence.Kind{
		"refused", "timed-out", "reset", "eof", "host-unreachable", "net-unreachable",
		"prohibited", "denied", "rejected", "malformed", "exhausted", "no-such-host",
		"resolver-failure", "interrupted", "untrusted", "other",
	}
	if !slices.Equal(kinds, wantKinds) {
		t.Errorf("kinds are %q, want %q", kinds, wantKinds)
	}
}

// dialled wraps an error as the net package does.
func dialled(err error) error {
	return &net.OpError{Op: "dial", Net: "tcp", Addr: &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 21}, Err: err}
}

func errno(e syscall.Errno) error { return dialled(os.NewSyscallError("connect", e)) }

// What this package knows of an error it says in the same way wherever the error
// ends something.
func TestKindOfOurErrors(t *testing.T) {
	no := &errRejected{evidence.Reply{Code: 530, Text: "no\nmore"}}
	for _, c := range []struct {
		err     error
		kind    evidence.Kind
		message string
	}{
		{no, evidence.KindRejected, "530 no"},
		{&strangeError{first: "SSH-2.0"}, evidence.KindMalformed, "the first bytes are not an FTP reply: SSH-2.0"},
		{errEndless, evidence.KindMalformed, errEndless.Error()},
		{errFlood, evidence.KindMalformed, errFlood.Error()},
		{errBehind, evidence.KindMalformed, errBehind.Error()},
		{errUnparseable, evidence.KindMalformed, errUnparseable.Error()},
		{ftp.ErrMalformed, evidence.KindMalformed, ftp.ErrMalformed.Error()},
		{errUntrusted, evidence.KindUntrusted, errUntrusted.Error()},
		{errLegacy, evidence.KindDenied, errLegacy.Error()},
		{errClear, evidence.KindDenied, errClear.Error()},
	} {
		rec := newRecorder(Config{})
		s := &session{control: &control{rec: rec, s: rec.newSession(evidence.Session{})}}
		trial := s.newTrial(question{method: evidence.EPSV})
		_, _ = s.fail(evidence.OpLogin, c.err), trial.fail(evidence.OpLogin, c.err)
		for what, f := range map[string]*evidence.Failure{"session": s.s.Failure, "attempt": trial.a.Failure, "alone": FailureOf(evidence.OpLogin, c.err)} {
			if f.Kind != c.kind || f.Message != c.message {
				t.Errorf("%v, %s: %s %q, want %s %q", c.err, what, f.Kind, f.Message, c.kind, c.message)
			}
		}
	}
}

func TestKindOf(t *testing.T) {
	cert := &x509.Certificate{}
	tests := []struct {
		err  error
		want evidence.Kind
	}{
		{nil, ""},
		{errors.New("connection refused"), evidence.KindOther}, // text says nothing
		{errno(syscall.ECONNREFUSED), evidence.KindRefused},
		{errno(syscall.ETIMEDOUT), evidence.KindTimedOut},
		{errno(syscall.ECONNRESET), evidence.KindReset},
		{errno(syscall.EPIPE), evidence.KindReset},
		{errno(syscall.EHOSTUNREACH), evidence.KindHostUnreachable},
		{errno(syscall.ENETUNREACH), evidence.KindNetUnreachable},
		{errno(syscall.EACCES), evidence.KindDenied},
		{errno(syscall.EPERM), evidence.KindDenied},
		{errno(syscall.EADDRNOTAVAIL), evidence.KindExhausted},
		{errno(syscall.ENOBUFS), evidence.KindExhausted},
		{errno(syscall.EADDRINUSE), evidence.KindExhausted},
		{errno(syscall.EMFILE), evidence.KindExhausted},
		{errno(syscall.EISDIR), evidence.KindOther},
		{fmt.Errorf("reading: %w", errno(syscall.ECONNRESET)), evidence.KindReset},
		{dialled(os.ErrDeadlineExceeded), evidence.KindTimedOut},
		{context.DeadlineExceeded, evidence.KindTimedOut},
		{context.Canceled, evidence.KindInterrupted},
		{fmt.Errorf("dial: %w", context.Canceled), evidence.KindInterrupted},
		{dialled(net.ErrClosed), evidence.KindInterrupted},
		{io.ErrClosedPipe, evidence.KindInterrupted},
		{io.EOF, evidence.KindEOF},
		{fmt.Errorf("tls: %w", io.ErrUnexpectedEOF), evidence.KindEOF},
		{&net.DNSError{Err: "no such host", IsNotFound: true}, evidence.KindNoSuchHost},
		{dialled(&net.DNSError{Err: "server misbehaving", IsTemporary: true}), evidence.KindResolver},
		{&net.DNSError{Err: "i/o timeout", IsTimeout: true}, evidence.KindResolver},
		{&net.AddrError{Err: "no suitable address found", Addr: "::1"}, evidence.KindNoSuchHost},
		{&tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{Cert: cert}}, evidence.KindUntrusted},
		{x509.UnknownAuthorityError{Cert: cert}, evidence.KindUntrusted},
		{x509.HostnameError{Certificate: cert, Host: "h"}, evidence.KindUntrusted},
		{x509.CertificateInvalidError{Cert: cert, Reason: x509.Expired}, evidence.KindUntrusted},
		{tls.RecordHeaderError{Msg: "first record does not look like a TLS handshake"}, evidence.KindMalformed},
		{tls.AlertError(40), evidence.KindRejected},
		{fmt.Errorf("%w: no port in the 229", ftp.ErrMalformed), evidence.KindMalformed},
		{&evidence.Failure{Op: evidence.OpLogin, Kind: evidence.KindRejected}, evidence.KindRejected},
	}
	for _, tt := range tests {
		if got := KindOf(tt.err); got != tt.want {
			t.Errorf("KindOf(%v) = %q, want %q", tt.err, got, tt.want)
		}
	}
}

func TestFailureOf(t *testing.T) {
	tests := []struct {
		op   evidence.Op
		err  error
		kind evidence.Kind
		want string
	}{
		{evidence.OpConnect, errno(syscall.ECONNREFUSED), evidence.KindRefused, "connection refused"},
		{evidence.OpConnect, dialled(os.ErrDeadlineExceeded), evidence.KindTimedOut, "no answer in time"},
		{evidence.OpGreeting, io.EOF, evidence.KindEOF, "the connection was closed by the other side"},
		{evidence.OpResolve, &net.DNSError{Err: "no such host", Name: "x", Server: "127.0.0.53:53", IsNotFound: true}, evidence.KindNoSuchHost, "no such host"},
		{evidence.OpResolve, &net.DNSError{Err: "server misbehaving", Name: "x", Server: "127.0.0.53:53"}, evidence.KindResolver, "the resolver says: server misbehaving"},
		{evidence.OpResolve, &net.DNSError{Err: "i/o timeout", Name: "x", IsTimeout: true}, evidence.KindResolver, "no answer from the resolver"},
		{evidence.OpNegotiate, fmt.Errorf("%w: no port in the 229", ftp.ErrMalformed), evidence.KindMalformed, "malformed reply: no port in the 229"},
		{evidence.OpTLSHandshake, &tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}}, evidence.KindUntrusted, "certificate signed by unknown authority"},
		{evidence.OpTLSHandshake, errors.New("tls: server selected unsupported protocol version 301"), evidence.KindMalformed, "server selected unsupported protocol version 301"},
		{evidence.OpTransfer, errors.New("odd\x1b[2J"), evidence.KindOther, `odd\x1b[2J`},
	}
	for _, tt := range tests {
		got := FailureOf(tt.op, tt.err)
		if got.Op != tt.op || got.Kind != tt.kind || got.Message != tt.want {
			t.Errorf("FailureOf(%q, %v) = %q %q %q, want %q %q", tt.op, tt.err, got.Op, got.Kind, got.Message, tt.kind, tt.want)
		}
		if !errors.Is(got, tt.err) {
			t.Errorf("%v does not wrap its cause", got)
		}
	}
	if f := FailureOf(evidence.OpConnect, nil); f != nil {
		t.Errorf("no error is %v, want nil", f)
	}
	inner := &evidence.Failure{Op: evidence.OpLogin, Kind: evidence.KindRejected, Message: "530"}
	if f := FailureOf(evidence.OpTransfer, fmt.Errorf("transfer: %w", inner)); f != inner {
		t.Errorf("a Failure became %v, want itself", f)
	}
}

// Over IPv6, EACCES is what Linux makes of a firewall's refusal.
func TestKindOfProhibitedOverIPv6(t *testing.T) {
	want := evidence.KindDenied
	if runtime.GOOS == "linux" {
		want = evidence.KindProhibited
	}
	denied := os.NewSyscallError("connect", syscall.EACCES)
	six := &net.TCPAddr{IP: net.ParseIP("2001:db8::1"), Port: 21}
	wantKind(t, "a dial", &net.OpError{Op: "dial", Net: "tcp", Addr: six, Err: denied}, want)
	wantKind(t, "a listener", &net.OpError{Op: "listen", Net: "tcp", Addr: six, Err: denied}, evidence.KindDenied)
}

// What the net package itself makes of loopback is sorted alike on every system.
func TestKindsOfRealConnections(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetReadDeadline(time.Now().Add(time.Millisecond))
	_, err = conn.Read(make([]byte, 1))
	wantKind(t, "silence", err, evidence.KindTimedOut)

	_, err = net.Listen("tcp", addr)
	wantKind(t, "listening twice", err, evidence.KindExhausted)

	conn.SetReadDeadline(time.Time{})
	peer, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	peer.(*net.TCPConn).SetLinger(0)
	peer.Close()
	_, err = conn.Read(make([]byte, 1))
	wantKind(t, "a reset", err, evidence.KindReset)

	l.Close()
	_, err = net.Dial("tcp", addr)
	wantKind(t, "a closed port", err, evidence.KindRefused)
	_, err = l.Accept()
	wantKind(t, "a closed listener", err, evidence.KindInterrupted)

	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err = new(net.Dialer).DialContext(ctx, "tcp", addr)
	wantKind(t, "a cancelled dial", err, evidence.KindInterrupted)
	ctx, cancel = context.WithDeadline(context.Background(), time.Now().Add(-time.Second))
	defer cancel()
	_, err = new(net.Dialer).DialTCP(ctx, "tcp", netip.AddrPort{}, netip.MustParseAddrPort(addr))
	wantKind(t, "a dial out of time", err, evidence.KindTimedOut)
}

func TestKindsOfRealTLS(t *testing.T) {
	handshake := func(server func(net.Conn), conf *tls.Config) error {
		a, b := net.Pipe()
		defer a.Close()
		a.SetDeadline(time.Now().Add(10 * time.Second))
		go func() { defer b.Close(); server(b) }()
		return tls.Client(a, conf).Handshake()
	}
	err := handshake(func(c net.Conn) {
		go io.Copy(io.Discard, c)
		io.WriteString(c, "220 hello\r\n")
	}, &tls.Config{ServerName: "h"})
	wantKind(t, "plain text in place of TLS", err, evidence.KindMalformed)

	// A server that supports nothing in common sends an alert.
	err = handshake(func(c net.Conn) {
		tls.Server(c, &tls.Config{
			MinVersion:     tls.VersionTLS13,
			GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return nil, io.EOF },
		}).Handshake()
	}, &tls.Config{ServerName: "h", MaxVersion: tls.VersionTLS12})
	wantKind(t, "an alert", err, evidence.KindRejected)
	if f := FailureOf(evidence.OpTLSHandshake, err); !strings.HasPrefix(f.Message, "TLS alert: ") {
		t.Errorf("an alert is described as %q", f.Message)
	}
}

func wantKind(t *testing.T, what string, err error, want evidence.Kind) {
	t.Helper()
	if got := KindOf(err); got != want {
		t.Errorf("%s is %q (%v), want %q", what, got, err, want)
	}
}
