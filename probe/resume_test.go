package probe_test

import (
	"crypto/tls"
	"testing"

	"ftpdiag/probe"
	"ftpdiag/probe/evidence"
	"ftpdiag/probe/ftptest"
)

// Data connections resume the TLS session of the control connection whatever the
// certificate is worth: a server may demand it, and real clients do it. crypto/tls
// by itself resumes none whose certificate has expired.
func TestResumesUnderAnyCertificate(t *testing.T) {
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		for name, certificate := range map[string]ftptest.Certificate{
			"good": ftptest.CertGood, "expired": ftptest.CertExpired, "not yet valid": ftptest.CertNotYetValid,
			"wrong host": ftptest.CertWrongHost, "self-signed": ftptest.CertSelfSigned,
		} {
			t.Run(tls.VersionName(version)+"/"+name, func(t *testing.T) {
				t.Parallel()
				s := start(t, ftptest.Behaviour{TLS: ftptest.TLS{
					Explicit: true, Certificate: certificate, MaxVersion: version, Reuse: ftptest.Reuse{Required: true},
				}})
				ev := quietly(t, s.Addr(), func(c *probe.Config) { c.TLS, c.RootCAs = evidence.TLSExplicit, s.Roots() })
				resumed := map[evidence.Mode]bool{}
				for _, a := range ev.Attempts {
					if a.Outcome == evidence.OutcomeWorks && a.Resumed != nil && *a.Resumed {
						resumed[a.Mode] = true
					}
				}
				if !resumed[evidence.Passive] || !resumed[evidence.Active] {
					t.Errorf("resumed in %v\n%+v", resumed, ev.Attempts)
				}
			})
		}
	}
}
