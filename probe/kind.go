package probe

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"os"
	"runtime"
	"strings"
	"syscall"
)

// FailureOf is the Failure at a step that err stands for; nil for no error. A
// Failure in the chain of err is returned as it is: who made it knew better at
// which step it was.
func FailureOf(op Op, err error) *Failure {
	if err == nil {
		return nil
	}
	if f, ok := errors.AsType[*Failure](err); ok {
		return f
	}
	kind := KindOf(err)
	if kind == KindOther && (op == OpTLSHandshake || op == OpDataTLS) {
		kind = KindMalformed // crypto/tls has no type for most of what it dislikes in a peer
	}
	return &Failure{Op: op, Kind: kind, Message: Visible(describe(kind, err)), cause: err}
}

// KindOf sorts an error by its type; "" for no error. A deadline, of a context
// or of a connection, is [KindTimedOut]; a cancelled context and a connection
// that we closed ourselves are [KindInterrupted].
func KindOf(err error) Kind {
	if err == nil {
		return ""
	}
	if f, ok := errors.AsType[*Failure](err); ok {
		return f.Kind
	}
	for _, kindOf := range []func(error) Kind{kindOfOurs, kindOfLookup, kindOfErrno, kindOfTLS, kindOfWait} {
		if kind := kindOf(err); kind != "" {
			return kind
		}
	}
	return KindOther
}

// ourErrors are those of this package that say more than how a wait ended.
var ourErrors = []struct {
	error
	kind Kind
}{
	{errStrange, KindMalformed},
	{errEndless, KindMalformed},
	{errFlood, KindMalformed},
	{errBehind, KindMalformed},
	{errUnparseable, KindMalformed},
	{ErrMalformed, KindMalformed},
	{errUntrusted, KindUntrusted},
	{errLegacy, KindDenied},
	{errClear, KindDenied},
}

// kindOfOurs knows what the server said, as far as this package understands it,
// and what this side did.
func kindOfOurs(err error) Kind {
	if _, ok := errors.AsType[*errRejected](err); ok {
		return KindRejected
	}
	for _, ours := range ourErrors {
		if errors.Is(err, ours.error) {
			return ours.kind
		}
	}
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, net.ErrClosed), errors.Is(err, io.ErrClosedPipe):
		return KindInterrupted
	}
	return ""
}

// kindOfLookup knows what a resolver says. Its timeouts come before all others:
// silence of a name server is not silence of the host.
func kindOfLookup(err error) Kind {
	if d, ok := errors.AsType[*net.DNSError](err); ok {
		if d.IsNotFound {
			return KindNoSuchHost
		}
		return KindResolver
	}
	if _, ok := errors.AsType[*net.AddrError](err); ok { // an address, but not of the wanted family
		return KindNoSuchHost
	}
	return ""
}

// kindOfErrno knows what the system says.
func kindOfErrno(err error) Kind {
	errno, ok := errors.AsType[syscall.Errno](err)
	if !ok {
		return ""
	}
	if runtime.GOOS == "windows" {
		if kind := kindOfWSA(uintptr(errno)); kind != "" {
			return kind
		}
	}
	if errno == syscall.EACCES && runtime.GOOS == "linux" && toIPv6(err) {
		return KindProhibited
	}
	return errnoKinds[errno]
}

// toIPv6 tells whether an IPv6 address was dialled. Linux makes EACCES of an
// ICMPv6 message that says administratively prohibited, where over IPv4 it makes
// EHOSTUNREACH: a firewall somewhere said no, and seldom this machine.
func toIPv6(err error) bool {
	o, ok := errors.AsType[*net.OpError](err)
	if !ok || o.Op != "dial" {
		return false
	}
	to, ok := o.Addr.(*net.TCPAddr)
	return ok && to.IP.To4() == nil
}

// errnoKinds has the names that POSIX has. Windows' own numbers are others: see
// [kindOfWSA].
var errnoKinds = map[syscall.Errno]Kind{
	syscall.ECONNREFUSED:  KindRefused,
	syscall.ETIMEDOUT:     KindTimedOut,
	syscall.ECONNRESET:    KindReset,
	syscall.ECONNABORTED:  KindReset,
	syscall.EPIPE:         KindReset,
	syscall.EHOSTUNREACH:  KindHostUnreachable,
	syscall.EHOSTDOWN:     KindHostUnreachable,
	syscall.ENETUNREACH:   KindNetUnreachable,
	syscall.ENETDOWN:      KindNetUnreachable,
	syscall.EAFNOSUPPORT:  KindNetUnreachable,
	syscall.EACCES:        KindDenied,
	syscall.EPERM:         KindDenied,
	syscall.EADDRNOTAVAIL: KindExhausted,
	syscall.EADDRINUSE:    KindExhausted,
	syscall.ENOBUFS:       KindExhausted,
	syscall.ENOMEM:        KindExhausted,
	syscall.EMFILE:        KindExhausted,
	syscall.ENFILE:        KindExhausted,
}

// kindOfTLS knows what crypto/tls and crypto/x509 say.
func kindOfTLS(err error) Kind {
	if untrusted(err) {
		return KindUntrusted
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return KindMalformed
	}
	if _, ok := errors.AsType[tls.AlertError](err); ok {
		return KindRejected
	}
	// Outside of QUIC the type of an alert is not exported; who raised it is the
	// Op of a net.OpError.
	if o, ok := errors.AsType[*net.OpError](err); ok {
		switch o.Op {
		case "remote error":
			return KindRejected
		case "local error":
			return KindMalformed
		}
	}
	return ""
}

// untrusted tells whether a certificate did not verify.
func untrusted(err error) bool {
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return true
	}
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		return true
	}
	if _, ok := errors.AsType[x509.HostnameError](err); ok {
		return true
	}
	if _, ok := errors.AsType[x509.CertificateInvalidError](err); ok {
		return true
	}
	if _, ok := errors.AsType[x509.InsecureAlgorithmError](err); ok {
		return true
	}
	_, ok := errors.AsType[x509.UnhandledCriticalExtension](err)
	return ok
}

// kindOfWait knows how waiting ends.
func kindOfWait(err error) Kind {
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded) {
		return KindTimedOut
	}
	if n, ok := errors.AsType[net.Error](err); ok && n.Timeout() {
		return KindTimedOut
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return KindEOF
	}
	return ""
}

// Words of our own for what the system says: its words differ from system to
// system, and some are in the language of the user.
var kindWords = map[Kind]string{
	KindRefused:         "connection refused",
	KindTimedOut:        "no answer in time",
	KindReset:           "the connection was reset",
	KindEOF:             "the connection was closed by the other side",
	KindHostUnreachable: "host unreachable",
	KindNetUnreachable:  "network unreachable",
	KindProhibited:      "administratively prohibited",
	KindDenied:          "not permitted on this machine",
	KindInterrupted:     "interrupted",
	KindNoSuchHost:      "no such host",
}

// describe says what happened, without what Go puts around it: the operation and
// the two addresses are in the evidence already.
func describe(kind Kind, err error) string {
	ours := kindOfOurs(err) != "" && kind != KindInterrupted
	if w, ok := kindWords[kind]; ok && !ours {
		return w
	}
	if d, ok := errors.AsType[*net.DNSError](err); ok {
		if d.IsTimeout {
			return "no answer from the resolver"
		}
		return "the resolver says: " + d.Err
	}
	text := innermost(err).Error()
	for _, noise := range []string{"tls: ", "failed to verify certificate: ", "x509: "} {
		text = strings.TrimPrefix(text, noise)
	}
	if kind == KindRejected && !ours {
		return "TLS alert: " + text
	}
	return text
}

// innermost is the error below the wrappings that only name an operation.
func innermost(err error) error {
	for {
		switch e := err.(type) {
		case *net.OpError:
			err = e.Err
		case *os.SyscallError:
			err = e.Err
		default:
			return err
		}
	}
}
