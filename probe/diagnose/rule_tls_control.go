package diagnose

import (
	"fmt"
	"slices"
	"strings"

	"ftpdiag/probe/evidence"
)

// clientCertificateRules come before those of the greeting: under TLS 1.3 the
// server says that it misses a certificate only after the handshake.
var clientCertificateRules = []rule{clientCertificate, lateAlert}

// tlsRules are about AUTH TLS and the handshake on the control connection.
var tlsRules = []rule{plainInTLS, authRefused, injected, tlsCut, tlsStalled, versionCipher, untrusted, outdated, brokenTLS}

// clientCertificate: the server asked for a certificate, we had none that it
// wants, and it hung up at once.
func clientCertificate(v *view) []hit {
	s := v.failedSession()
	if s == nil || !s.CertificateRequested || s.Reply != nil || strings.HasPrefix(s.After, "PASS") ||
		!endedAt(s, evidence.OpTLSHandshake, evidence.OpGreeting, evidence.OpLogin) {
		return nil
	}
	h := hit{code: TLSClientCertRequired, weight: stops, evidence: lines("the server asked for a client certificate", lastOf(s))}
	switch message := strings.ToLower(s.Failure.Message); {
	case s.Failure.Kind == evidence.KindRejected && strings.Contains(message, "certificate"):
		h.pair = true
	case s.Failure.Kind == evidence.KindRejected:
		h.open = []Code{TLSVersionCipher}
	case s.Failure.Kind == evidence.KindEOF, s.Failure.Kind == evidence.KindReset:
		h.open = []Code{TLSKilledByMiddlebox}
	default:
		return nil
	}
	return one(h)
}

// lateAlert: the handshake was over for us, and the server ends it with an alert
// all the same, as TLS 1.3 allows.
func lateAlert(v *view) []hit {
	s := v.failedSession()
	if s == nil || !s.TLS || s.Reply != nil || s.Failure.Kind != evidence.KindRejected || !endedAt(s, evidence.OpGreeting, evidence.OpLogin) {
		return nil
	}
	return one(hit{code: TLSVersionCipher, weight: stops, open: []Code{TLSClientCertRequired}, evidence: lines(repliedToAuth(s), lastOf(s))})
}

// inClear is what came in plain text in place of a handshake; "": nothing did.
func inClear(s *evidence.Session) string {
	if !endedAt(s, evidence.OpTLSHandshake) || s.Failure.Kind != evidence.KindMalformed {
		return ""
	}
	return s.FirstBytes
}

// plainInTLS: what came in place of a handshake can be read. Without AUTH TLS it
// is the greeting of a port that begins in clear, or of another protocol; behind
// it, the server's word on a handshake that failed, or nothing that a server says.
func plainInTLS(v *view) []hit {
	s := v.failedSession()
	if s == nil || inClear(s) == "" {
		return nil
	}
	text := inClear(s)
	r := replyIn(text)
	h := hit{weight: stops, evidence: lines(repliedToAuth(s), "in place of TLS: "+text)}
	switch protocol := protocolOf(text); {
	case speechOf(s) == evidence.TLSImplicit && protocol != "" && protocol != "TLS":
		h.code, h.pair, h.values = GreetingWrongProtocol, true, map[string]string{"protocol": protocol}
	case speechOf(s) == evidence.TLSImplicit && r != nil && r.Code/100 > 3 && meaning(r, greetingWords) != "":
		h.code = meaning(r, greetingWords)
	case speechOf(s) == evidence.TLSImplicit && r != nil:
		h.code, h.variant, h.pair, h.tls = TLSImplicitExplicitMismatch, wantsExplicit, true, evidence.TLSExplicit
	case speechOf(s) == evidence.TLSExplicit && r != nil && r.Code/100 > 3:
		h.code, h.open = TLSVersionCipher, []Code{TLSNoServerCert}
	case speechOf(s) == evidence.TLSExplicit:
		h.code = TLSResponseInjected
	default:
		h.code = GreetingWrongProtocol
	}
	return one(h)
}

// repliedToAuth is the reply to AUTH TLS; "": it was not sent, or not answered.
func repliedToAuth(s *evidence.Session) string {
	if s.Auth == nil {
		return ""
	}
	return "AUTH TLS: " + quote(s.Auth)
}

// authRefused: the server answers AUTH TLS with no. vsftpd without TLS says 530
// to it, which is not a failed login.
func authRefused(v *view) []hit {
	s := v.failedAt(evidence.OpAuthTLS, evidence.KindRejected)
	if s == nil || s.TLS || s.Reply == nil {
		return nil
	}
	h := hit{weight: stops, evidence: lines("AUTH TLS: "+quote(s.Reply), v.nothingSent())}
	h.code, h.open = authCode(s.Reply)
	listed := v.offers("AUTH")
	switch {
	case h.code == LoginSessionLimit:
		h.variant = unexplained421
	case h.code != TLSNotOffered:
	case listed:
		h.open = []Code{GreetingIntercepted}
		h.evidence = append(h.evidence, "FEAT lists AUTH")
	case len(v.ev.Server.Features) > 0:
		h.pair = true
		h.evidence = append(h.evidence, "FEAT does not list AUTH")
	}
	if h.code == TLSNotOffered && !v.named() {
		h.variant, h.tls = notOfferedToAnonymous, evidence.TLSOff
	}
	return one(h)
}

// authCode is what a refused AUTH means: in known words, or by its code (RFC
// 4217 §4). A server that knows AUTH and cannot serve it mostly has no certificate.
func authCode(r *evidence.Reply) (Code, []Code) {
	if code := meaning(r, authWords); code != "" {
		return code, nil
	}
	switch {
	case r.Code == 431, r.Code == 534:
		return TLSNoServerCert, []Code{TLSNotOffered}
	case r.Code != 421:
		return TLSNotOffered, []Code{GreetingIntercepted}
	}
	if code := meaning(r, greetingWords); code != "" {
		return code, nil
	}
	return LoginSessionLimit, []Code{ControlClientBanned}
}

// nothingSent says that no password was sent to a server that is not to have it;
// "": there was none, or it was sent.
func (v *view) nothingSent() string {
	sent := slices.ContainsFunc(v.ev.Sessions, func(s evidence.Session) bool {
		return s.Login != nil || strings.HasPrefix(s.After, "USER") || strings.HasPrefix(s.After, "PASS")
	})
	if sent || !v.named() {
		return ""
	}
	return "neither USER nor PASS was sent"
}

// injected: the server's consent to TLS came with more behind it. What stands
// there in clear would be taken for the server's word inside TLS.
func injected(v *view) []hit {
	s := v.failedAt(evidence.OpAuthTLS, evidence.KindMalformed)
	if s == nil || s.TLS {
		return nil
	}
	return one(hit{code: TLSResponseInjected, weight: stops, evidence: lines(repliedToAuth(s), lastOf(s), v.nothingSent())})
}

// tlsCut: the connection ends as soon as TLS begins.
func tlsCut(v *view) []hit {
	s := v.failedSession()
	if s == nil || s.TLS || !hungUp(s) {
		return nil
	}
	h := hit{code: TLSKilledByMiddlebox, weight: stops, open: []Code{TLSVersionCipher, TLSNoServerCert}}
	if s.Auth == nil {
		h.open = []Code{ControlClosed}
	}
	if speechOf(s) == evidence.TLSImplicit {
		h.open = []Code{GreetingRefused, TLSVersionCipher}
	}
	ends := 0
	for _, other := range v.diagnosing() {
		if !other.TLS && hungUp(other) {
			ends++
			h.evidence = append(h.evidence, fmt.Sprintf("connection %d: %s %s", other.ID, happened(other.Failure.Kind, 0), behind(other)))
		}
	}
	h.pair = ends > 1
	h.evidence = lines(append(h.evidence, v.nothingSent())...)
	return one(h)
}

func hungUp(s *evidence.Session) bool {
	return endedAt(s, evidence.OpAuthTLS, evidence.OpTLSHandshake) && (s.Failure.Kind == evidence.KindEOF || s.Failure.Kind == evidence.KindReset)
}

// behind says after what a session ended in its way to TLS.
func behind(s *evidence.Session) string {
	switch {
	case s.Auth != nil:
		return "after " + quote(s.Auth)
	case speechOf(s) == evidence.TLSImplicit:
		return "after the ClientHello"
	}
	return "after AUTH TLS"
}

// tlsStalled: TLS begins, and then nothing comes. The certificates are the first
// that fills packets: whatever loses large ones shows here.
func tlsStalled(v *view) []hit {
	s := v.failedSession()
	if s == nil || s.TLS || !endedAt(s, evidence.OpAuthTLS, evidence.OpTLSHandshake) || s.Failure.Kind != evidence.KindTimedOut {
		return nil
	}
	h := hit{code: TLSHandshakeStalled, weight: stops, open: []Code{TransferMTUBlackHole, TLSKilledByMiddlebox},
		evidence: lines(repliedToAuth(s), "TLS handshake: "+lastOf(s), v.nothingSent())}
	switch {
	case endedAt(s, evidence.OpAuthTLS):
		h.code, h.variant, h.open = TLSKilledByMiddlebox, authUnanswered, []Code{ControlClosed}
		h.evidence = lines("AUTH TLS: "+lastOf(s), v.nothingSent())
	case speechOf(s) == evidence.TLSImplicit:
		h.open = []Code{TransferMTUBlackHole, GreetingSilent, TLSKilledByMiddlebox}
	}
	return one(h)
}

// versionCipher: one side ends the handshake with an alert.
func versionCipher(v *view) []hit {
	s := v.failedSession()
	if s == nil || s.TLS || !endedAt(s, evidence.OpTLSHandshake) || !disagrees(s.Failure) {
		return nil
	}
	h := hit{code: TLSVersionCipher, weight: stops, open: []Code{TLSNoServerCert}, evidence: []string{repliedToAuth(s)}}
	for _, other := range v.diagnosing() {
		if endedAt(other, evidence.OpTLSHandshake) {
			h.pair = other != s
			h.evidence = append(h.evidence, allowed(other)+": "+lastOf(other))
		}
	}
	h.evidence = lines(append(h.evidence, v.nothingSent())...)
	return one(h)
}

// disagrees tells a handshake that ended because the sides have no version or
// cipher in common from one that is none.
func disagrees(f *evidence.Failure) bool {
	return f.Kind == evidence.KindRejected || f.Kind == evidence.KindMalformed &&
		(strings.Contains(f.Message, "version") || strings.Contains(f.Message, "cipher suite"))
}

// allowed names what a session allowed.
func allowed(s *evidence.Session) string {
	switch s.TLSLimit {
	case evidence.LimitTLS12:
		return "TLS 1.2 at most"
	case evidence.LimitLegacy:
		return "TLS 1.0 to 1.2 with old ciphers"
	}
	return "TLS 1.2 or 1.3"
}

// untrusted: the certificate does not verify, and a password waits.
func untrusted(v *view) []hit {
	s := v.failedAt(evidence.OpTLSHandshake, evidence.KindUntrusted)
	if s == nil {
		return nil
	}
	h := v.certificateHit()
	h.weight = stops
	proof := append([]string{v.nothingSent()}, h.evidence...)
	if len(h.evidence) == 0 || h.variant == nil {
		proof = append(proof, lastOf(s))
	}
	h.evidence = lines(proof...)
	return one(h)
}

// outdated: only old TLS comes about, and a password waits.
func outdated(v *view) []hit {
	if v.failedAt(evidence.OpTLSHandshake, evidence.KindDenied) == nil {
		return nil
	}
	hits := underLimit(v)
	for i := range hits {
		hits[i].weight = stops
		hits[i].evidence = lines(append(hits[i].evidence, v.nothingSent())...)
	}
	return hits
}

// brokenTLS has the rest: what came is not TLS, or breaks its rules, or the
// connection ended before data connections were agreed to be encrypted.
func brokenTLS(v *view) []hit {
	s := v.failedSession()
	if s == nil || !endedAt(s, evidence.OpAuthTLS, evidence.OpTLSHandshake) || s.Failure.Kind == evidence.KindInterrupted {
		return nil
	}
	if s.TLS {
		return one(hit{code: ControlClosed, weight: stops, values: map[string]string{"command": s.After},
			evidence: lines(command(s) + ": " + lastOf(s))})
	}
	return one(hit{code: TLSHandshakeMalformed, weight: stops, open: []Code{GreetingIntercepted, TLSVersionCipher},
		evidence: lines(repliedToAuth(s), lastOf(s), v.nothingSent())})
}
