package probe

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"ftpdiag/probe/evidence"
)

// tapKept is how much of the last read is kept, for what came in place of TLS.
const tapKept = 512

// tap is the connection below TLS. It remembers what crypto/tls does not tell:
// the bytes that were no record, and whether the peer closed without close_notify.
type tap struct {
	net.Conn

	mu   sync.Mutex
	last []byte // the beginning of the last read
	eof  bool   // the peer has closed, and TLS wanted to read more
}

func (t *tap) Read(p []byte) (int, error) {
	n, err := t.Conn.Read(p)
	t.mu.Lock()
	defer t.mu.Unlock()
	if n > 0 {
		t.last = append(t.last[:0], p[:min(n, tapKept)]...)
	}
	t.eof = t.eof || errors.Is(err, io.EOF)
	return n, err
}

// inClear is what came in place of a TLS record; empty where err says nothing of
// the kind, or where it is nothing that a person could read. Records may have come
// with the same read, before it and behind it, such as a close_notify.
func (t *tap) inClear(err error) string {
	var other tls.RecordHeaderError
	if !errors.As(err, &other) {
		return ""
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	i := bytes.Index(t.last, other.RecordHeader[:])
	if i < 0 {
		return ""
	}
	return readable(t.last[i:])
}

// readable is b, if it is text; else the whole lines of text that it begins with.
func readable(b []byte) string {
	binary := func(c rune) bool { return c < ' ' && c != '\r' && c != '\n' && c != '\t' }
	if i := bytes.IndexFunc(b, binary); i >= 0 {
		b = b[:bytes.LastIndexByte(b[:i], '\n')+1]
	}
	return string(b)
}

// unclean tells an end of the connection without close_notify (RFC 8446 §6.1),
// which crypto/tls accepts at the end of a record.
func (t *tap) unclean() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.eof
}

// tickets keeps the TLS session of one control connection, for its data
// connections to resume. There is one for each control connection: a server
// that demands resumption demands that of this one.
type tickets struct {
	tls.ClientSessionCache
	got atomic.Bool
}

func newTickets() *tickets { return &tickets{ClientSessionCache: tls.NewLRUClientSessionCache(1)} }

// Put takes a ticket. crypto/tls puts nil for one that is of no use any more.
func (t *tickets) Put(key string, state *tls.ClientSessionState) {
	if state != nil {
		t.got.Store(true)
	}
	t.ClientSessionCache.Put(key, state)
}

// encryption is the TLS of one control connection and of its data connections.
type encryption struct {
	config    *tls.Config
	tickets   *tickets
	requested *atomic.Bool  // the server asked for a client certificate
	back      *atomic.Int64 // nanoseconds by which the clock of handshakes is put back
}

// newEncryption makes a TLS client. ServerName is always set: without it Go keeps
// sessions by host and port, and a data connection never resumes. Certificates are
// judged afterwards (see certificateOf), so that an anonymous diagnosis goes on
// over one that does not verify.
//
// The key shares are those of OpenSSL 3.0 and GnuTLS 3.7: with Go's own first
// choice a ClientHello takes two packets, which meets other troubles than that of
// the clients that people have.
func (r *run) newEncryption(limit string) *encryption {
	e := &encryption{tickets: newTickets(), requested: new(atomic.Bool), back: new(atomic.Int64)}
	e.config = &tls.Config{
		ServerName:         r.cfg.Target.Host,
		InsecureSkipVerify: true,
		Time:               func() time.Time { return time.Now().Add(-time.Duration(e.back.Load())) },
		ClientSessionCache: e.tickets,
		MaxVersion:         r.cfg.MaxTLS,
		CurvePreferences:   []tls.CurveID{tls.X25519, tls.CurveP256, tls.CurveP384, tls.CurveP521},
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			e.requested.Store(true)
			if r.cfg.Certificate == nil {
				return new(tls.Certificate), nil
			}
			return r.cfg.Certificate, nil
		},
	}
	switch limit {
	case evidence.LimitTLS12:
		e.config.MaxVersion = tls.VersionTLS12
	case evidence.LimitLegacy:
		e.config.MinVersion, e.config.MaxVersion = tls.VersionTLS10, tls.VersionTLS12
		e.config.CipherSuites = everySuite()
	}
	return e
}

// everySuite has every cipher suite that Go still knows, those that it warns of last.
func everySuite() (ids []uint16) {
	for _, s := range append(tls.CipherSuites(), tls.InsecureCipherSuites()...) {
		ids = append(ids, s.ID)
	}
	return ids
}

// settle has the data connections offer the group that the control connection
// ended up with: vsftpd takes none but P-256, and asks again for it, a round trip
// each time. And it puts their clock back where the certificate has expired:
// crypto/tls resumes no such session, and a server may demand that all the same.
func (e *encryption) settle(state tls.ConnectionState) {
	if late := time.Since(state.PeerCertificates[0].NotAfter); late > 0 {
		e.back.Store(int64(late + time.Minute))
	}
	if state.HelloRetryRequest {
		e.config = e.config.Clone()
		e.config.CurvePreferences = []tls.CurveID{state.CurveID}
	}
}

// withoutReuse is e for a data connection that starts a session of its own.
func (e *encryption) withoutReuse() *encryption {
	own := *e
	own.config = e.config.Clone()
	own.config.ClientSessionCache = nil
	return &own
}

// shake shakes hands on conn within the wait.
func (e *encryption) shake(ctx context.Context, conn net.Conn, wait time.Duration) (*tls.Conn, *tap, error) {
	below := &tap{Conn: conn}
	client := tls.Client(below, e.config)
	limited, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	linger(conn, 0)
	err := client.HandshakeContext(limited)
	if limited.Err() == nil {
		linger(conn, -1)
	}
	if err != nil && ctx.Err() != nil {
		err = ended(ctx)
	}
	return client, below, err
}

// linger sets how a connection ends. In order (-1, which is usual) the end waits
// behind what was sent and never acknowledged: with a ClientHello that is dropped
// on the way the server kept the connection, beside the next two, for as long as
// it was sent again. With 0 seconds it ends at once.
func linger(conn net.Conn, seconds int) {
	if tcp, ok := conn.(interface{ SetLinger(int) error }); ok {
		_ = tcp.SetLinger(seconds)
	}
}
