package diagnose

import (
	"strings"
	"testing"

	"ftpdiag/probe/evidence"
)

func TestCertificate(t *testing.T) { check(t, certificateCases()) }

func certificateCases() []verdictCase {
	anonymously := func(c *evidence.Certificate, parts ...part) *evidence.Evidence {
		return given(append([]part{overTLS, shows(c), warnsBefore(21), epsv(50001, works(9)), eprt(works(9))}, parts...)...)
	}
	const fine = "passive works, active works: passive EPSV, "
	var cases []verdictCase
	for _, problem := range []string{evidence.CertNotYetValid, evidence.CertWrongHost, evidence.CertSelfSigned, evidence.CertIncomplete, evidence.CertWeakKey, evidence.CertWeakSignature} {
		cases = append(cases, verdictCase{problem, anonymously(certified(problem)), fine + "warning\nwarning - tls-cert-untrusted high"})
	}
	refuse := shaken(explicitly(step(ended(evidence.OpTLSHandshake, evidence.KindUntrusted, "AUTH TLS", nil), func(*evidence.Session) {}), "234 OK"), "TLS 1.3")
	return append(cases, []verdictCase{
		{"in order", anonymously(certified()), fine + "ok"},
		{"expired", anonymously(certified(evidence.CertExpired)), fine + "critical\nerror - tls-cert-untrusted high"},
		{"expired, and more", anonymously(certified(evidence.CertExpired, evidence.CertWrongHost)), fine + "critical\nerror - tls-cert-untrusted high"},
		{"expired, and nobody minds", anonymously(certified(evidence.CertExpired), insecure), fine + "ok\ninfo - tls-cert-untrusted high"},
		{"nobody's authority", anonymously(certified(evidence.CertUnknownCA)), fine + "warning\nwarning - tls-cert-untrusted medium or greeting-intercepted"},
		{"something else", anonymously(certified(evidence.CertOther)), fine + "warning\nwarning - tls-cert-untrusted high"},
		{"self-signed, and nobody minds", anonymously(certified(evidence.CertSelfSigned), insecure), fine + "ok\ninfo - tls-cert-untrusted high"},
		{"21 days", anonymously(expiring(20)), fine + "warning\nwarning - tls-cert-expires-soon high"},
		{"22 days", anonymously(expiring(22)), fine + "ok"},
		{"1 day, and no warning wanted", anonymously(expiring(1), warnsBefore(0)), fine + "ok"},
		{"a password, and self-signed", outside(wants(evidence.TLSAuto, evidence.TLSExplicit), user("joe"), shows(certified(evidence.CertSelfSigned)), refuse), stopped + "error - tls-cert-untrusted high"},
		{"a password, and expired", outside(wants(evidence.TLSAuto, evidence.TLSExplicit), user("joe"), shows(certified(evidence.CertExpired)), refuse), stopped + "error - tls-cert-untrusted high"},
		{"a wrong login, and self-signed", outside(wants(evidence.TLSExplicit, evidence.TLSExplicit), shows(certified(evidence.CertSelfSigned)),
			shaken(explicitly(refusedAt(evidence.OpLogin, "PASS", "530 Login incorrect."), "234 OK"), "TLS 1.3")), stopped + "error - login-anonymous-refused medium\nwarning - tls-cert-untrusted high"},
	}...)
}

// Each problem has words and steps of its own.
func TestCertificateVariants(t *testing.T) {
	for problem, want := range map[string][]string{
		evidence.CertExpired:       {"has expired, on 2026-03-03", "Renew"},
		evidence.CertNotYetValid:   {"not valid yet, only from 2025-12-03", "clock"},
		evidence.CertWrongHost:     {"made out to ftp.example.com", "subjectAltName"},
		evidence.CertSelfSigned:    {"signed by itself", "Let's Encrypt", "`--insecure`", "`--ca-file FILE`"},
		evidence.CertIncomplete:    {"keeps back the certificate of its issuer, CN=Authority", "whole chain", "`--ca-file FILE`"},
		evidence.CertUnknownCA:     {"signed by an authority, CN=Authority, that this machine does not trust", "`--ca-file FILE`"},
		evidence.CertWeakKey:       {"(RSA 2048)", "too short", "2048 bits"},
		evidence.CertWeakSignature: {"(SHA256-RSA)", "outdated", "SHA-256"},
		evidence.CertOther:         {"proves nothing"},
	} {
		f := findingOf(t, given(overTLS, shows(certified(problem)), epsv(50001, works(9))), TLSCertUntrusted)
		got := told(f)
		for _, has := range want {
			if !strings.Contains(got, has) {
				t.Errorf("%s: %q is missing from\n%s", problem, has, got)
			}
		}
		proof := strings.Join(f.Evidence, "\n")
		for _, has := range []string{"SHA-256 fingerprint: 00ff", "valid from 2025-12-03 to 2026-03-03", "problems: " + problem, "subject CN=ftp.example.com"} {
			if !strings.Contains(proof, has) {
				t.Errorf("%s: %q is missing from\n%s", problem, has, proof)
			}
		}
	}
}

// The password that was kept back is the first that is said, and the steps name
// the options that let it go.
func TestUntrustedWithAPassword(t *testing.T) {
	for _, c := range certificateCases() {
		if c.ev.Target.User != "joe" {
			continue
		}
		f := findingOf(t, c.ev, TLSCertUntrusted)
		if f.Evidence[0] != "neither USER nor PASS was sent" || !strings.Contains(told(f), "`--insecure`") {
			t.Errorf("%s: %q\n%s", c.name, f.Evidence, told(f))
		}
	}
}
