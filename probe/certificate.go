package probe

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"

	"ftpdiag/probe/evidence"
	"ftpdiag/probe/ftp"
)

// noteTLS keeps what the first encrypted control connection negotiated, and tells
// whether the certificate verifies. A later one that shows another certificate is
// judged by that.
func (r *run) noteTLS(state tls.ConnectionState) (trusted bool) {
	c := certificateOf(state.PeerCertificates, r.cfg.Target.Host, r.cfg.RootCAs, r.rec.start)
	r.rec.update(func() {
		if r.rec.ev.Server.TLS == nil {
			r.rec.ev.Server.TLS = &evidence.TLS{
				Version:     tls.VersionName(state.Version),
				Cipher:      tls.CipherSuiteName(state.CipherSuite),
				Certificate: c,
			}
		}
	})
	return c != nil && c.Verified
}

// certificateOf judges the chain that a server served as a client does that
// trusts roots (nil: whom the system trusts) and asked for host at now.
func certificateOf(chain []*x509.Certificate, host string, roots *x509.CertPool, now time.Time) *evidence.Certificate {
	if len(chain) == 0 {
		return nil
	}
	own := chain[0]
	sum := sha256.Sum256(own.Raw)
	c := &evidence.Certificate{
		Subject:   ftp.Visible(own.Subject.String()),
		Issuer:    ftp.Visible(own.Issuer.String()),
		Names:     namesOf(own),
		NotBefore: evidence.Time{Time: own.NotBefore.UTC()},
		NotAfter:  evidence.Time{Time: own.NotAfter.UTC()},
		SHA256:    hex.EncodeToString(sum[:]),
		Key:       keyOf(own),
		Signature: own.SignatureAlgorithm.String(),
		Served:    len(chain),
	}
	c.Problems, c.Detail = problemsOf(chain, host, roots, now)
	c.Verified = len(c.Problems) == 0
	for _, weakness := range weaknesses(own) {
		if !slices.Contains(c.Problems, weakness) {
			c.Problems = append(c.Problems, weakness)
		}
	}
	if len(c.Problems) > 0 {
		c.Problem = evidence.Maybe(c.Problems[0])
	}
	return c
}

// problemsOf are the reasons for which the chain does not verify, worst first,
// and what crypto/x509 says of the first that it met. Each is looked for by
// itself, since crypto/x509 stops at the first.
func problemsOf(chain []*x509.Certificate, host string, roots *x509.CertPool, now time.Time) (problems []string, detail string) {
	own := chain[0]
	switch {
	case now.After(own.NotAfter):
		problems = append(problems, evidence.CertExpired)
	case now.Before(own.NotBefore):
		problems = append(problems, evidence.CertNotYetValid)
	}
	options := x509.VerifyOptions{DNSName: host, Roots: roots, Intermediates: x509.NewCertPool(), CurrentTime: now}
	for _, c := range chain[1:] {
		options.Intermediates.AddCert(c)
	}
	_, err := own.Verify(options)
	if err == nil && len(problems) == 0 {
		return nil, ""
	}
	if err != nil {
		detail = ftp.Visible(describe(evidence.KindUntrusted, err))
	}
	if nameErr := own.VerifyHostname(host); nameErr != nil {
		problems = append(problems, evidence.CertWrongHost)
	}
	options.DNSName = ""
	options.CurrentTime = within(own, now)
	if _, err := own.Verify(options); err != nil {
		if problem := chainProblem(chain, options, err); !slices.Contains(problems, problem) {
			problems = append(problems, problem)
		}
	}
	if len(problems) == 0 {
		problems = []string{evidence.CertOther}
	}
	return problems, detail
}

// within is the moment nearest to now at which the certificate is valid.
func within(c *x509.Certificate, now time.Time) time.Time {
	switch {
	case now.After(c.NotAfter):
		return c.NotAfter
	case now.Before(c.NotBefore):
		return c.NotBefore
	}
	return now
}

// chainProblem says why nobody who is trusted vouches for the chain.
func chainProblem(chain []*x509.Certificate, options x509.VerifyOptions, err error) string {
	own := chain[0]
	var unknown x509.UnknownAuthorityError
	var invalid x509.CertificateInvalidError
	switch {
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return evidence.CertExpired // one above the server's own
	case !errors.As(err, &unknown):
		return evidence.CertOther
	case selfSigned(own):
		return evidence.CertSelfSigned
	case len(weakSignature(own)) > 0 && len(chain) > 1 && verifies(chain[1], options):
		return evidence.CertWeakSignature // crypto/x509 takes no such signature for one
	case !issuerServed(chain) && len(own.IssuingCertificateURL) > 0:
		return evidence.CertIncomplete // it says where its issuer's certificate is to be had
	}
	return evidence.CertUnknownCA
}

// issuerServed tells whether the certificate of whoever signed the server's came
// with it.
func issuerServed(chain []*x509.Certificate) bool {
	return slices.ContainsFunc(chain[1:], func(c *x509.Certificate) bool {
		return string(c.RawSubject) == string(chain[0].RawIssuer)
	})
}

func selfSigned(c *x509.Certificate) bool {
	return string(c.RawSubject) == string(c.RawIssuer) && c.CheckSignature(c.SignatureAlgorithm, c.RawTBSCertificate, c.Signature) == nil
}

// weaknesses are what does not keep a certificate from being verified, and should.
func weaknesses(c *x509.Certificate) (problems []string) {
	if key, ok := c.PublicKey.(*rsa.PublicKey); ok && key.N.BitLen() < 2048 {
		problems = append(problems, evidence.CertWeakKey)
	}
	return append(problems, weakSignature(c)...)
}

func weakSignature(c *x509.Certificate) []string {
	switch c.SignatureAlgorithm {
	case x509.MD2WithRSA, x509.MD5WithRSA, x509.SHA1WithRSA, x509.DSAWithSHA1, x509.ECDSAWithSHA1:
		return []string{evidence.CertWeakSignature}
	}
	return nil
}

// verifies tells whether an authority of the chain is trusted.
func verifies(c *x509.Certificate, options x509.VerifyOptions) bool {
	options.KeyUsages = []x509.ExtKeyUsage{x509.ExtKeyUsageAny}
	_, err := c.Verify(options)
	return err == nil
}

// namesLimit bounds the names of a certificate that are kept.
const namesLimit = 100

// namesOf are the hosts and addresses that the certificate names.
func namesOf(c *x509.Certificate) (names []string) {
	for _, n := range c.DNSNames {
		names = append(names, ftp.Visible(n))
	}
	for _, ip := range c.IPAddresses {
		names = append(names, ip.String())
	}
	return names[:min(len(names), namesLimit)]
}

// keyOf names the public key.
func keyOf(c *x509.Certificate) string {
	switch key := c.PublicKey.(type) {
	case *rsa.PublicKey:
		return fmt.Sprintf("RSA %d", key.N.BitLen())
	case *ecdsa.PublicKey:
		return "ECDSA " + key.Curve.Params().Name
	case ed25519.PublicKey:
		return "Ed25519"
	}
	return c.PublicKeyAlgorithm.String()
}
