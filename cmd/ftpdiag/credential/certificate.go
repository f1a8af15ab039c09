package credential

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"strings"
)

// Roots are the system's certificates and those of a PEM file. Its error is a
// *Fault, unless it is about the system's.
func Roots(name string) (*x509.CertPool, error) {
	data, err := read(RootsPart, name)
	if err != nil {
		return nil, err
	}
	certificates, fault := certificates(RootsPart, data)
	if fault != nil {
		return nil, fault
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		return nil, fmt.Errorf("the certificates that this system trusts cannot be read: %w", err)
	}
	for _, c := range certificates {
		pool.AddCert(c)
	}
	return pool, nil
}

// Pair is a client certificate, its chain, and the key of the first certificate;
// one PEM file may hold all. Its error is a *Fault.
func Pair(certFile, keyFile string) (*tls.Certificate, error) {
	certPEM, err := read(CertificatePart, certFile)
	if err != nil {
		return nil, err
	}
	keyPEM, err := read(KeyPart, keyFile)
	if err != nil {
		return nil, err
	}
	pair, refused := tls.X509KeyPair(certPEM, keyPEM)
	if fault := pairFault(certPEM, keyPEM, refused); fault != nil {
		return nil, fault
	}
	return &pair, nil
}

// pairFault says which file is at fault, and why; nil: none is. What crypto/tls
// refuses is refused here.
func pairFault(certPEM, keyPEM []byte, refused error) *Fault {
	says := ""
	if refused != nil {
		says = strings.TrimPrefix(refused.Error(), "tls: ")
	}
	_, fault := certificates(CertificatePart, certPEM)
	if fault == nil {
		fault = keyFault(keyPEM)
	}
	if fault == nil && refused != nil {
		fault = &Fault{Part: BothParts, Kind: NoPair, Text: says}
	}
	if fault != nil {
		fault.TLS = says
	}
	return fault
}

// certificates are those of a PEM file (RFC 7468); there is one at least.
func certificates(part Part, data []byte) (all []*x509.Certificate, fault *Fault) {
	for block, rest := pem.Decode(data); block != nil; block, rest = pem.Decode(rest) {
		if block.Type != "CERTIFICATE" {
			continue
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, &Fault{Part: part, Text: fmt.Sprintf("holds a certificate, number %d, that is malformed", len(all)+1)}
		}
		all = append(all, c)
	}
	switch _, der := x509.ParseCertificate(data); {
	case len(all) > 0:
		return all, nil
	case len(data) == 0:
		return nil, &Fault{Part: part, Kind: Empty, Text: "is empty"}
	case der == nil:
		return nil, &Fault{Part: part, Text: "holds its certificate in DER form: openssl x509 -inform der makes PEM of it"}
	}
	return nil, &Fault{Part: part, Text: "holds no certificate in PEM form"}
}

// keyFault says what is wrong with the first private key of a PEM file; nil:
// nothing that shows before it is parsed.
func keyFault(data []byte) *Fault {
	block, rest := pem.Decode(data)
	for block != nil && !strings.HasSuffix(block.Type, "PRIVATE KEY") {
		block, rest = pem.Decode(rest)
	}
	switch {
	case block == nil:
		return &Fault{Part: KeyPart, Text: "holds no private key in PEM form"}
	case isEncrypted(block):
		return &Fault{Part: KeyPart, Kind: Encrypted, Text: "is encrypted"}
	}
	return nil
}

// isEncrypted knows the forms of RFC 5958 and of RFC 1421.
func isEncrypted(b *pem.Block) bool {
	return strings.HasPrefix(b.Type, "ENCRYPTED ") || strings.Contains(b.Headers["Proc-Type"], "ENCRYPTED")
}
