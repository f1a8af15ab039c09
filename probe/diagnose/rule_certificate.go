package diagnose

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"ftpdiag/probe/evidence"
)

// certificate is the server's; nil: none was seen.
func (v *view) certificate() *evidence.Certificate {
	if v.ev.Server.TLS == nil {
		return nil
	}
	return v.ev.Server.TLS.Certificate
}

// certificateVariants are the forms of tls-cert-untrusted, by problem.
var certificateVariants = map[string]*variant{
	evidence.CertExpired:       certExpired,
	evidence.CertNotYetValid:   certNotYetValid,
	evidence.CertWrongHost:     certWrongHost,
	evidence.CertSelfSigned:    certSelfSigned,
	evidence.CertIncomplete:    certIncomplete,
	evidence.CertUnknownCA:     certUnknownCA,
	evidence.CertWeakKey:       certWeakKey,
	evidence.CertWeakSignature: certWeakSignature,
}

// certificateHit says what is wrong with the certificate: the worst in its
// summary, the rest in the evidence.
func (v *view) certificateHit() hit {
	h := hit{code: TLSCertUntrusted}
	c := v.certificate()
	if c == nil {
		return h
	}
	h.variant, h.pair = certificateVariants[string(c.Problem)], c.Problem != ""
	if c.Problem == evidence.CertUnknownCA {
		h.open = []Code{GreetingIntercepted} // a firewall that looks into TLS signs with an authority of its own
	}
	h.values = map[string]string{
		"until": day(c.NotAfter), "since": day(c.NotBefore), "names": strings.Join(c.Names, ", "), "issuer": c.Issuer,
		"key": c.Key, "signature": c.Signature,
	}
	h.evidence = lines(
		prefixed("problems: ", strings.Join(c.Problems, ", ")),
		prefixed("the verification says: ", c.Detail),
		fmt.Sprintf("subject %s, issuer %s", c.Subject, c.Issuer),
		prefixed("names: ", strings.Join(c.Names[:min(len(c.Names), mostNames)], ", ")),
		validity(c),
		prefixed("SHA-256 fingerprint: ", c.SHA256),
	)
	return h
}

// mostNames of a certificate stand in the evidence.
const mostNames = 8

func prefixed(with, text string) string {
	if text == "" {
		return ""
	}
	return with + text
}

func validity(c *evidence.Certificate) string {
	if c.NotAfter.IsZero() {
		return ""
	}
	return fmt.Sprintf("valid from %s to %s", day(c.NotBefore), day(c.NotAfter))
}

// day writes a date; "" for none.
func day(t evidence.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.DateOnly)
}

// certificate finds what clients may dislike where the run went on all the same.
// An expired certificate is refused by all that check; the others are for some a
// reason to refuse, for some to ask.
func certificate(v *view) []hit {
	c := v.certificate()
	if c == nil || v.failedAt(evidence.OpTLSHandshake, evidence.KindUntrusted) != nil {
		return nil
	}
	hits := v.expiresSoon(c)
	if c.Verified && c.Problem == "" {
		return hits
	}
	h := v.certificateHit()
	switch {
	case v.ev.Options.Insecure:
		h.weight = notes
	case slices.Contains(c.Problems, evidence.CertExpired):
		h.weight = spoils
	default:
		h.weight = cautions
	}
	return append(hits, h)
}

// expiresSoon: it is valid, and not for long.
func (v *view) expiresSoon(c *evidence.Certificate) []hit {
	left := c.NotAfter.Sub(v.ev.Started)
	if c.NotAfter.IsZero() || slices.Contains(c.Problems, evidence.CertExpired) || left < 0 ||
		left > time.Duration(v.ev.Options.CertDays)*24*time.Hour {
		return nil
	}
	return one(hit{code: TLSCertExpiresSoon, weight: cautions, pair: true, values: map[string]string{"until": day(c.NotAfter)},
		evidence: lines(validity(c), fmt.Sprintf("%d days are left", int(left.Hours()/24)))})
}
