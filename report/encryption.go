package report

import (
	"fmt"
	"strings"

	"ftpdiag/probe/diagnose"
	"ftpdiag/probe/evidence"
)

// encryption says how the control connection was encrypted, or why it was not,
// and with which certificate.
func (p *page) encryption(r *diagnose.Result, verbose bool) {
	t := r.Server.TLS
	if t == nil {
		p.row("Encryption", noEncryption(r)...)
		return
	}
	p.row("Encryption", span{said, short(t.Version)}, span{plain, ", " + tlsWords(r.Target.TLS)})
	if words := limitWords(r.Sessions); words != "" {
		p.row("", span{doubtful, words})
	}
	words := short(t.Cipher)
	if resumed := resumption(r.Attempts); resumed != "" {
		words += "; " + resumed
	}
	p.row("", span{said, words})
	if t.Certificate != nil {
		p.certificate(r, t.Certificate, verbose)
	}
}

// noEncryption says that there was none, and what stood in its way.
func noEncryption(r *diagnose.Result) []span {
	for _, s := range r.Sessions {
		switch f := s.Failure; {
		case f == nil || s.Purpose == evidence.PurposeClientHello:
		case f.Op == evidence.OpAuthTLS && s.Auth != nil:
			return []span{{plain, "none; AUTH TLS was answered "}, {quote, replyText(s.Auth)}}
		case f.Op == evidence.OpAuthTLS:
			return []span{{plain, "none; AUTH TLS: " + failureWords(f)}}
		case f.Op == evidence.OpTLSHandshake:
			return []span{{plain, "none; the TLS handshake failed: " + failureWords(f)}}
		}
	}
	if r.Target.TLS != evidence.TLSOff {
		return []span{{plain, "it did not come to that; " + oneLine(r.Target.TLS) + " TLS is asked for"}}
	}
	return []span{{plain, "none"}}
}

// tlsWords say how TLS begins.
func tlsWords(tls string) string {
	switch tls {
	case evidence.TLSExplicit:
		return "begun with AUTH TLS (explicit)"
	case evidence.TLSImplicit:
		return "from the first byte (implicit)"
	}
	return oneLine(tls)
}

// limitWords says under which limit alone the handshake succeeded.
func limitWords(sessions []evidence.Session) string {
	for _, s := range sessions {
		if s.TLS && s.Purpose == evidence.PurposeDiagnose {
			return limit(s.TLSLimit)
		}
	}
	return ""
}

func limit(l evidence.Maybe) string {
	switch l {
	case "":
		return ""
	case evidence.LimitTLS12:
		return "only with TLS 1.2 at most"
	case evidence.LimitLegacy:
		return "only where outdated versions and ciphers are allowed"
	}
	return "only with " + oneLine(string(l))
}

// resumption says whether the data connections continued the TLS session of the
// control connection.
func resumption(attempts []evidence.Attempt) string {
	did, didNot := 0, 0
	for _, a := range attempts {
		switch {
		case a.Resumed == nil || a.Purpose == evidence.PurposeNoReuse:
		case *a.Resumed:
			did++
		default:
			didNot++
		}
	}
	switch {
	case did+didNot == 0:
		return ""
	case didNot == 0:
		return "data connections resume the session"
	case did == 0:
		return "data connections do not resume the session"
	}
	return "only some data connections resume the session"
}

// How much is shown of a certificate: whoever made it may have put anything in.
const (
	certificateNames = 4
	problemColumns   = 240
)

// certificate says first whether it is in order, then whose it is and who
// vouches for it.
func (p *page) certificate(r *diagnose.Result, c *evidence.Certificate, verbose bool) {
	name := "Certificate"
	for _, line := range [][]span{certificateState(r, c), {{said, ownerWords(r, c)}}, {{said, issuerWords(c)}}} {
		p.row(name, line...)
		name = ""
	}
	if !verbose {
		return
	}
	p.row("", span{said, fmt.Sprintf("key %s, signature %s, %s", short(c.Key), short(c.Signature), chainWords(c.Served))})
	p.row("", span{said, "SHA-256 " + short(c.SHA256)})
	if c.Detail != "" {
		p.row("", span{quote, short(c.Detail)})
	}
}

// certificateState says whether it was verified, what is wrong with it, and for
// how long it is valid.
func certificateState(r *diagnose.Result, c *evidence.Certificate) []span {
	state, i := "verified", good
	switch {
	case !c.Verified && r.Options.Insecure:
		state, i = "not verified, allowed by --insecure", bad
	case !c.Verified:
		state, i = "not verified", bad
	case len(c.Problems) > 0:
		state, i = "verified, but", doubtful
	}
	words, _ := clip(strings.Join(problemWords(r, c), "; "), 1, problemColumns)
	switch {
	case words == "":
	case c.Verified:
		state += " " + words
	default:
		state += ": " + words
	}
	return append([]span{{i, state}}, untilWords(r, c)...)
}

// untilWords say until when a certificate is valid; nothing where it has expired.
func untilWords(r *diagnose.Result, c *evidence.Certificate) []span {
	left := seconds(r.Started.Time, c.NotAfter.Time)
	if c.NotAfter.IsZero() || left < 0 {
		return nil
	}
	i := plain
	if left < int64(r.Options.CertDays)*secondsADay {
		i = doubtful
	}
	return []span{{plain, "; "}, {i, "valid until " + date(c.NotAfter.Time) + " (" + when(left) + ")"}}
}

// problemWords puts each problem so that it can stand behind "not verified:".
func problemWords(r *diagnose.Result, c *evidence.Certificate) []string {
	var words []string
	for _, problem := range c.Problems {
		words = append(words, problemOf(r, c, problem))
	}
	return words
}

func problemOf(r *diagnose.Result, c *evidence.Certificate, problem string) string {
	now := r.Started.Time
	switch problem {
	case evidence.CertExpired:
		if seconds(now, c.NotAfter.Time) >= 0 {
			return "a certificate above it has expired"
		}
		return "expired " + when(seconds(now, c.NotAfter.Time)) + " (" + date(c.NotAfter.Time) + ")"
	case evidence.CertNotYetValid:
		return "not valid before " + date(c.NotBefore.Time) + " (" + when(seconds(now, c.NotBefore.Time)) + ")"
	case evidence.CertWrongHost:
		return "it does not name " + short(r.Target.Host)
	case evidence.CertSelfSigned:
		return "self-signed"
	case evidence.CertIncomplete:
		return "the server does not send its issuer's certificate"
	case evidence.CertUnknownCA:
		return "this computer does not trust its issuer"
	case evidence.CertWeakKey:
		return "its key is weak (" + short(c.Key) + ")"
	case evidence.CertWeakSignature:
		return "its signature is weak (" + short(c.Signature) + ")"
	case evidence.CertOther:
		return short(c.Detail)
	}
	return short(problem)
}

// ownerWords say whose the certificate is, and for which hosts: the one that was
// asked for comes first.
func ownerWords(r *diagnose.Result, c *evidence.Certificate) string {
	subject := short(c.Subject)
	if len(c.Names) == 0 {
		return strings.TrimSpace(subject + " (names no host)")
	}
	var asked, others []string
	for _, name := range c.Names {
		if "CN="+name == c.Subject {
			subject = ""
		}
		if covers(name, r.Target.Host) {
			asked = append(asked, short(name))
		} else {
			others = append(others, short(name))
		}
	}
	names, more := append(asked, others...), ""
	if len(names) > certificateNames {
		more = fmt.Sprintf(" and %d more", len(names)-certificateNames)
		names = names[:certificateNames]
	}
	words := "for " + strings.Join(names, ", ") + more
	if subject != "" {
		words = subject + ", " + words
	}
	return words
}

// covers tells whether a certificate for name is one for host; * stands for one
// label (RFC 6125 §6.4.3).
func covers(name, host string) bool {
	if rest, ok := strings.CutPrefix(name, "*."); ok {
		_, host, _ = strings.Cut(host, ".")
		name = rest
	}
	return strings.EqualFold(name, host)
}

func issuerWords(c *evidence.Certificate) string {
	if c.Issuer == c.Subject {
		return "issued by itself"
	}
	return "issued by " + short(c.Issuer)
}

func chainWords(served int) string {
	if served == 1 {
		return "no other certificate sent"
	}
	return fmt.Sprintf("%d certificates sent", served)
}
