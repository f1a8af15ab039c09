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

	"ftpdiag/probe/evidence"
	"ftpdiag/probe/ftp"
)

// FailureOf is the Failure at a step that err stands for; nil for no error. A
// Failure in the chain of err is returned as it is: who made it knew better at
// which step it was.
func FailureOf(op evidence.Op, err error) *evidence.Failure {
	if err == nil {
		return nil
	}
	if f, ok := errors.AsType[*evidence.Failure](err); ok {
		return f
	}
	kind := KindOf(err)
	if kind == evidence.KindOther && (op == evidence.OpTLSHandshake || op == evidence.OpDataTLS) {
		kind = evidence.KindMalformed // crypto/tls has no type for most of what it dislikes in a peer
	}
	return &evidence.Failure{Op: op, Kind: kind, Message: ftp.Visible(describe(kind, err)), Cause: err}
}

// KindOf sorts an error by its type; "" for no error. A deadline, of a context
// or of a connection, is [KindTimedOut]; a cancelled context and a connection
// that we closed ourselves are [KindInterrupted].
func KindOf(err error) evidence.Kind {
	if err == nil {
		return ""
	}
	if f, ok := errors.AsType[*evidence.Failure](err); ok {
		return f.Kind
	}
	for _, kindOf := range []func(error) evidence.Kind{kindOfOurs, kindOfLookup, kindOfErrno, kindOfTLS, kindOfWait} {
		if kind := kindOf(err); kind != "" {
			return kind
		}
	}
	return evidence.KindOther
}

// ourErrors are those of this package that say more than how a wait ended.
var ourErrors = []struct {
	error
	kind evidence.Kind
}{
	{errStrange, evidence.KindMalformed},
	{errEndless, evidence.KindMalformed},
	{errFlood, evidence.KindMalformed},
	{errBehind, evidence.KindMalformed},
	{errUnparseable, evidence.KindMalformed},
	{ftp.ErrMalformed, evidence.KindMalformed},
	{errUntrusted, evidence.KindUntrusted},
	{errLegacy, evidence.KindDenied},
	{errClear, evidence.KindDenied},
}

// kindOfOurs knows what the server said, as far as this package understands it,
// and what this side did.
func kindOfOurs(err error) evidence.Kind {
	if _, ok := errors.AsType[*errRejected](err); ok {
		return evidence.KindRejected
	}
	for _, ours := range ourErrors {
		if errors.Is(err, ours.error) {
			return ours.kind
		}
	}
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, net.ErrClosed), errors.Is(err, io.ErrClosedPipe):
		return evidence.KindInterrupted
	}
	return ""
}

// kindOfLookup knows what a resolver says. Its timeouts come before all others:
// silence of a name server is not silence of the host.
func kindOfLookup(err error) evidence.Kind {
	if d, ok := errors.AsType[*net.DNSError](err); ok {
		if d.IsNotFound {
			return evidence.KindNoSuchHost
		}
		return evidence.KindResolver
	}
	if _, ok := errors.AsType[*net.AddrError](err); ok { // an address, but not of the wanted family
		return evidence.KindNoSuchHost
	}
	return ""
}

// kindOfErrno knows what the system says.
func kindOfErrno(err error) evidence.Kind {
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
		return evidence.KindProhibited
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
var errnoKinds = map[syscall.Errno]evidence.Kind{
	syscall.ECONNREFUSED:  evidence.KindRefused,
	syscall.ETIMEDOUT:     evidence.KindTimedOut,
	syscall.ECONNRESET:    evidence.KindReset,
	syscall.ECONNABORTED:  evidence.KindReset,
	syscall.EPIPE:         evidence.KindReset,
	syscall.EHOSTUNREACH:  evidence.KindHostUnreachable,
	syscall.EHOSTDOWN:     evidence.KindHostUnreachable,
	syscall.ENETUNREACH:   evidence.KindNetUnreachable,
	syscall.ENETDOWN:      evidence.KindNetUnreachable,
	syscall.EAFNOSUPPORT:  evidence.KindNetUnreachable,
	syscall.EACCES:        evidence.KindDenied,
	syscall.EPERM:         evidence.KindDenied,
	syscall.EADDRNOTAVAIL: evidence.KindExhausted,
	syscall.EADDRINUSE:    evidence.KindExhausted,
	syscall.ENOBUFS:       evidence.KindExhausted,
	syscall.ENOMEM:        evidence.KindExhausted,
	syscall.EMFILE:        evidence.KindExhausted,
	syscall.ENFILE:        evidence.KindExhausted,
}

// kindOfTLS knows what crypto/tls and crypto/x509 say.
func kindOfTLS(err error) evidence.Kind {
	if untrusted(err) {
		return evidence.KindUntrusted
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return evidence.KindMalformed
	}
	if _, ok := errors.AsType[tls.AlertError](err); ok {
		return evidence.KindRejected
	}
	// Outside of QUIC the type of an alert is not exported; who raised it is the
	// Op of a net.OpError.
	if o, ok := errors.AsType[*net.OpError](err); ok {
		switch o.Op {
		case "remote error":
			return evidence.KindRejected
		case "local error":
			return evidence.KindMalformed
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
func kindOfWait(err error) evidence.Kind {
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded) {
		return evidence.KindTimedOut
	}
	if n, ok := errors.AsType[net.Error](err); ok && n.Timeout() {
		return evidence.KindTimedOut
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return evidence.KindEOF
	}
	return ""
}

// Words of our own for what the system says: its words differ from system to
// system, and some are in the language of the user.
var kindWords = map[evidence.Kind]string{
	evidence.KindRefused:         "connection refused",
	evidence.KindTimedOut:        "no answer in time",
	evidence.KindReset:           "the connection was reset",
	evidence.KindEOF:             "the connection was closed by the other side",
	evidence.KindHostUnreachable: "host unreachable",
	evidence.KindNetUnreachable:  "network unreachable",
	evidence.KindProhibited:      "administratively prohibited",
	evidence.KindDenied:          "not permitted on this machine",
	evidence.KindInterrupted:     "interrupted",
	evidence.KindNoSuchHost:      "no such host",
}

// describe says what happened, without what Go puts around it: the operation and
// the two addresses are in the evidence already.
func describe(kind evidence.Kind, err error) string {
	ours := kindOfOurs(err) != "" && kind != evidence.KindInterrupted
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
	if kind == evidence.KindRejected && !ours {
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
