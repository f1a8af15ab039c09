package ftptest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"net/netip"
	"sync"
	"time"
)

// Certificate is the kind of certificate that a server shows. Each is made once,
// when it is first needed. All but CertSelfSigned and CertUnknownCA go back to
// the authority of [Roots], through an intermediate one, and all but
// CertWrongHost name every address at which this package plays a server.
type Certificate int

// The kinds of certificates.
const (
	CertGood          Certificate = iota
	CertRSA                       // as good, with an RSA key of 2048 bits: for suites without ECDSA
	CertSelfSigned                // signed by its own key
	CertExpired                   // since yesterday
	CertNotYetValid               // until tomorrow
	CertExpiring                  // in ten days
	CertWrongHost                 // names another host
	CertIncomplete                // the intermediate certificate is not served
	CertUnknownCA                 // of an authority that is not in Roots
	CertWeakKey                   // RSA, 1024 bits
	CertWeakSignature             // SHA-1
	CertHuge                      // a chain of more than 256 KiB
)

// Roots has the authority that signs the certificates of this package.
func Roots() *x509.CertPool {
	pool := x509.NewCertPool()
	if ca, err := rootCA(); err == nil {
		pool.AddCert(ca.cert)
	}
	return pool
}

// authority signs certificates.
type authority struct {
	cert *x509.Certificate
	key  crypto.Signer
}

var (
	rootCA = sync.OnceValues(func() (*authority, error) { return newRoot("ftptest root") })
	leafCA = sync.OnceValues(func() (*authority, error) { return newIntermediate(rootCA, newECDSA) })
	// strangeCA signs what nobody trusts.
	strangeCA = sync.OnceValues(func() (*authority, error) {
		return newIntermediate(func() (*authority, error) { return newRoot("a root that nobody trusts") }, newECDSA)
	})
	// sha1CA has a key that can sign with SHA-1.
	sha1CA = sync.OnceValues(func() (*authority, error) { return newIntermediate(rootCA, newRSA(2048)) })
)

// made are the certificates made so far.
var made = struct {
	sync.Mutex
	of map[Certificate]*tls.Certificate
}{of: map[Certificate]*tls.Certificate{}}

// get gives the certificate of the kind, with the chain that is served.
func (k Certificate) get() (*tls.Certificate, error) {
	made.Lock()
	defer made.Unlock()
	if c := made.of[k]; c != nil {
		return c, nil
	}
	c, err := k.create()
	if err != nil {
		return nil, fmt.Errorf("ftptest: certificate: %w", err)
	}
	made.of[k] = c
	return c, nil
}

func (k Certificate) create() (*tls.Certificate, error) {
	template, issuer, newKey := k.recipe()
	key, err := newKey()
	if err != nil {
		return nil, err
	}
	ca := &authority{template, key} // itself
	if issuer != nil {
		if ca, err = issuer(); err != nil {
			return nil, err
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, ca.cert, key.Public(), ca.key)
	if err != nil {
		return nil, err
	}
	c := &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
	if issuer != nil && k != CertIncomplete {
		c.Certificate = append(c.Certificate, ca.cert.Raw)
	}
	for size := 0; k == CertHuge && size <= 256<<10; size += len(ca.cert.Raw) {
		c.Certificate = append(c.Certificate, ca.cert.Raw)
	}
	return c, nil
}

// recipe is what the kind's own certificate is made of; without an issuer it
// signs itself.
func (k Certificate) recipe() (template *x509.Certificate, issuer func() (*authority, error), newKey func() (crypto.Signer, error)) {
	template, issuer, newKey = serverTemplate(), leafCA, newECDSA
	now := time.Now()
	switch k {
	case CertRSA:
		newKey = newRSA(2048)
	case CertSelfSigned:
		issuer = nil
		template.Issuer = template.Subject
	case CertExpired:
		template.NotBefore, template.NotAfter = now.AddDate(0, -3, 0), now.AddDate(0, 0, -1)
	case CertNotYetValid:
		template.NotBefore = now.AddDate(0, 0, 1)
	case CertExpiring:
		template.NotAfter = now.AddDate(0, 0, 10)
	case CertWrongHost:
		template.DNSNames, template.IPAddresses = []string{"other.example.net"}, nil
	case CertUnknownCA:
		issuer = strangeCA
	case CertWeakKey:
		newKey = newRSA(1024)
	case CertWeakSignature:
		issuer, template.SignatureAlgorithm = sha1CA, x509.SHA1WithRSA
	}
	return template, issuer, newKey
}

// serverTemplate is the certificate of a server at any of the played addresses.
func serverTemplate() *x509.Certificate {
	c := template("ftp.example.com")
	c.KeyUsage = x509.KeyUsageDigitalSignature | x509.KeyUsageKeyEncipherment
	c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	c.IssuingCertificateURL = []string{"http://ca.example.com/intermediate.crt"}
	c.DNSNames = []string{"localhost", exampleHost}
	for _, ip := range []netip.Addr{loopback, netip.IPv6Loopback(), netip.MustParseAddr("127.0.0.2"),
		serverRouted, serverPublic, serverOther, serverPrivate, serverIPv6} {
		c.IPAddresses = append(c.IPAddresses, ip.AsSlice())
	}
	return c
}

// ClientCertificate is one that a client may show.
func ClientCertificate() (tls.Certificate, error) {
	key, err := newECDSA()
	if err != nil {
		return tls.Certificate{}, err
	}
	ca, err := leafCA()
	if err != nil {
		return tls.Certificate{}, err
	}
	c := template("a client")
	c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	der, err := x509.CreateCertificate(rand.Reader, c, ca.cert, key.Public(), ca.key)
	return tls.Certificate{Certificate: [][]byte{der, ca.cert.Raw}, PrivateKey: key}, err
}

// template is valid from an hour ago for a year.
func template(name string) *x509.Certificate {
	now := time.Now()
	return &x509.Certificate{
		SerialNumber: big.NewInt(now.UnixNano()),
		Subject:      pkix.Name{CommonName: name},
		NotBefore:    now.Add(-time.Hour),
		NotAfter:     now.AddDate(1, 0, 0),
	}
}

func caTemplate(name string) *x509.Certificate {
	c := template(name)
	c.NotBefore = c.NotBefore.AddDate(-2, 0, 0) // valid with every certificate below it
	c.IsCA, c.BasicConstraintsValid, c.KeyUsage = true, true, x509.KeyUsageCertSign
	return c
}

func newRoot(name string) (*authority, error) {
	key, err := newECDSA()
	if err != nil {
		return nil, err
	}
	c := caTemplate(name)
	return newAuthority(c, key, &authority{c, key})
}

func newIntermediate(root func() (*authority, error), newKey func() (crypto.Signer, error)) (*authority, error) {
	ca, err := root()
	if err != nil {
		return nil, err
	}
	key, err := newKey()
	if err != nil {
		return nil, err
	}
	return newAuthority(caTemplate("an intermediate of "+ca.cert.Subject.CommonName), key, ca)
}

func newAuthority(c *x509.Certificate, key crypto.Signer, issuer *authority) (*authority, error) {
	der, err := x509.CreateCertificate(rand.Reader, c, issuer.cert, key.Public(), issuer.key)
	if err != nil {
		return nil, err
	}
	cert, err := x509.ParseCertificate(der)
	return &authority{cert, key}, err
}

func newECDSA() (crypto.Signer, error) { return ecdsa.GenerateKey(elliptic.P256(), rand.Reader) }

func newRSA(bits int) func() (crypto.Signer, error) {
	return func() (crypto.Signer, error) { return rsa.GenerateKey(rand.Reader, bits) }
}
