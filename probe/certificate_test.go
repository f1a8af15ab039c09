package probe

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net"
	"strings"
	"testing"
	"time"

	"ftpdiag/probe/ftp"
)

// authority is somebody who signs certificates.
type authority struct {
	cert *x509.Certificate
	key  crypto.Signer
}

// issue makes a certificate that by signs; nil: it signs itself.
func issue(t *testing.T, by *authority, key crypto.Signer, change func(*x509.Certificate)) authority {
	t.Helper()
	now := time.Now()
	c := &x509.Certificate{
		SerialNumber: big.NewInt(now.UnixNano()), Subject: pkix.Name{CommonName: "a server"},
		DNSNames: []string{"ftp.example.com"}, IPAddresses: []net.IP{net.IPv4(192, 0, 2, 1)},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(30 * 24 * time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, BasicConstraintsValid: true,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	if change != nil {
		change(c)
	}
	signer := authority{c, key}
	if by != nil {
		signer = *by
	}
	der, err := x509.CreateCertificate(rand.Reader, c, signer.cert, key.Public(), signer.key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return authority{parsed, key}
}

func newKey(t *testing.T) crypto.Signer {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func TestCertificateOf(t *testing.T) {
	isCA := func(name string) func(*x509.Certificate) {
		return func(c *x509.Certificate) { c.IsCA, c.Subject = true, pkix.Name{CommonName: name} }
	}
	root := issue(t, nil, newKey(t), isCA("a root"))
	middle := issue(t, &root, newKey(t), isCA("an intermediate"))
	weak, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	told := func(c *x509.Certificate) { c.IssuingCertificateURL = []string{"http://ca.example/an-intermediate.crt"} }
	strong, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	old := issue(t, &root, strong, isCA("an authority with an RSA key"))
	stranger := issue(t, nil, strong, isCA("a stranger"))
	strangers := issue(t, &stranger, newKey(t), func(c *x509.Certificate) { isCA("a stranger's intermediate")(c); told(c) })
	sha1 := func(c *x509.Certificate) { c.SignatureAlgorithm = x509.SHA1WithRSA }
	gone := issue(t, &root, newKey(t), func(c *x509.Certificate) {
		isCA("an authority of yesterday")(c)
		c.NotBefore, c.NotAfter = time.Now().AddDate(0, 0, -9), time.Now().AddDate(0, 0, -1)
	})
	trusted := x509.NewCertPool()
	trusted.AddCert(root.cert)
	signed := func(change func(*x509.Certificate)) authority { return issue(t, &middle, newKey(t), change) }
	expired := func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Minute) }

	for _, c := range []struct {
		name     string
		own      authority
		rest     []authority
		host     string
		problems string
	}{
		{"in order", signed(nil), []authority{middle}, "ftp.example.com", ""},
		{"in order, the root served too", signed(nil), []authority{middle, root}, "ftp.example.com", ""},
		{"in order, by address", signed(nil), []authority{middle}, "192.0.2.1", ""},
		{"expired", signed(expired), []authority{middle}, "ftp.example.com", "expired"},
		{"expired before its authority's was renewed", signed(func(c *x509.Certificate) {
			c.NotBefore, c.NotAfter = time.Now().AddDate(0, -2, 0), time.Now().AddDate(0, -1, 0)
		}), []authority{middle}, "ftp.example.com", "expired"},
		{"not yet valid", signed(func(c *x509.Certificate) { c.NotBefore = time.Now().Add(time.Hour) }), []authority{middle}, "ftp.example.com", "not-yet-valid"},
		{"another host", signed(nil), []authority{middle}, "ftp.example.org", "wrong-host"},
		{"another address", signed(nil), []authority{middle}, "192.0.2.2", "wrong-host"},
		{"self-signed", issue(t, nil, newKey(t), nil), nil, "ftp.example.com", "self-signed"},
		{"self-signed, expired, another host", issue(t, nil, newKey(t), expired), nil, "ftp.example.org", "expired wrong-host self-signed"},
		{"the intermediate is not served", signed(told), nil, "ftp.example.com", "incomplete-chain"},
		{"another than the intermediate is served", signed(told), []authority{root}, "ftp.example.com", "incomplete-chain"},
		{"the chain is whole and nobody knows the root", issue(t, &strangers, newKey(t), told), []authority{strangers}, "ftp.example.com", "unknown-authority"},
		{"nobody knows the root", issue(t, &authority{middle.cert, middle.key}, newKey(t), nil), nil, "ftp.example.com", "unknown-authority"},
		{"a short key", issue(t, &middle, weak, nil), []authority{middle}, "ftp.example.com", "weak-key"},
		{"a short key, expired", issue(t, &middle, weak, expired), []authority{middle}, "ftp.example.com", "expired weak-key"},
		{"signed with SHA-1", issue(t, &old, newKey(t), sha1), []authority{old}, "ftp.example.com", "weak-signature"},
		{"signed with SHA-1 by a stranger", issue(t, &stranger, newKey(t), sha1), []authority{stranger}, "ftp.example.com", "unknown-authority weak-signature"},
		{"the intermediate has expired", issue(t, &gone, newKey(t), nil), []authority{gone}, "ftp.example.com", "expired"},
		{"both have expired", issue(t, &gone, newKey(t), expired), []authority{gone}, "ftp.example.com", "expired"},
		{"no name at all", signed(func(c *x509.Certificate) { c.DNSNames, c.IPAddresses = nil, nil }), []authority{middle}, "ftp.example.com", "wrong-host"},
	} {
		t.Run(c.name, func(t *testing.T) {
			chain := []*x509.Certificate{c.own.cert}
			for _, a := range c.rest {
				chain = append(chain, a.cert)
			}
			got := certificateOf(chain, c.host, trusted, time.Now())
			if problems := strings.Join(got.Problems, " "); problems != c.problems {
				t.Errorf("problems %q, want %q (%s)", problems, c.problems, got.Detail)
			}
			if want := c.problems == "" || c.problems == "weak-key"; got.Verified != want {
				t.Errorf("verified %v with %v", got.Verified, got.Problems)
			}
			if got.Verified != (got.Detail == "") {
				t.Errorf("verified %v, detail %q", got.Verified, got.Detail)
			}
			if first, _, _ := strings.Cut(c.problems, " "); string(got.Problem) != first {
				t.Errorf("problem %q, want %q", got.Problem, first)
			}
			if got.Served != len(chain) || len(got.SHA256) != 64 {
				t.Errorf("served %d, fingerprint %q", got.Served, got.SHA256)
			}
		})
	}
	if got := certificateOf(nil, "ftp.example.com", trusted, time.Now()); got != nil {
		t.Errorf("no chain: %+v", got)
	}
}

// What is in a certificate is text from the network.
func TestCertificateIsVisible(t *testing.T) {
	hostile := issue(t, nil, newKey(t), func(c *x509.Certificate) {
		c.Subject = pkix.Name{CommonName: "a\x1b[31m\u202eb"}
		for range 2 * namesLimit {
			c.DNSNames = append(c.DNSNames, "x\x1b]0;y\a.example.com")
		}
	})
	c := certificateOf([]*x509.Certificate{hostile.cert}, "ftp.example.com", nil, time.Now())
	for _, text := range append(c.Names, c.Subject, c.Issuer, c.Detail) {
		if text != ftp.Visible(text) {
			t.Errorf("%q", text)
		}
	}
	if len(c.Names) != namesLimit {
		t.Errorf("%d names", len(c.Names))
	}
}

func TestKeyOf(t *testing.T) {
	ec := issue(t, nil, newKey(t), nil)
	if got := keyOf(ec.cert); got != "ECDSA P-256" {
		t.Error(got)
	}
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	if got := keyOf(issue(t, nil, key, nil).cert); got != "RSA 2048" {
		t.Error(got)
	}
}
