package main

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"

	"ftpdiag/probe"
)

// encryption reads the flags about TLS, and the files that they name.
func (o *options) encryption(cfg *probe.Config) (err error) {
	cfg.TLS, cfg.Insecure, cfg.CertDays = o.tls, o.insecure, o.certDays
	if o.certDays == 0 {
		cfg.CertDays = -1 // to a Config, 0 is the default
	}
	if o.caFile != "" {
		if cfg.RootCAs, err = roots(o.caFile); err != nil {
			return err
		}
	}
	if o.cert != "" {
		cfg.Certificate, err = clientCertificate(o.cert, o.key)
	}
	return err
}

// roots are the system's and those of a file.
func roots(name string) (*x509.CertPool, error) {
	hint := valueHint("ca-file")
	data, err := readFile(name)
	if err != nil {
		return nil, usage(hint, "the file of --ca-file, %s, cannot be read: %v", quotePath(name), err)
	}
	certificates, err := pemCertificates(data)
	if err != nil {
		return nil, usage(hint, "the file of --ca-file, %s, %v", quotePath(name), err)
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

// clientCertificate is a certificate and its key; one file may hold both.
func clientCertificate(certFile, keyFile string) (*tls.Certificate, error) {
	certPEM, err := readFile(certFile)
	if err != nil {
		return nil, usage(valueHint("cert"), "the file of --cert, %s, cannot be read: %v", quotePath(certFile), err)
	}
	if _, err := pemCertificates(certPEM); err != nil {
		return nil, usage(valueHint("cert"), "the file of --cert, %s, %v", quotePath(certFile), err)
	}
	keyPEM, err := readFile(keyFile)
	if err != nil {
		return nil, usage(valueHint("key"), "the file of --key, %s, cannot be read: %v", quotePath(keyFile), err)
	}
	switch block := pemBlock(keyPEM, isKey); {
	case block == nil:
		return nil, usage(valueHint("key"), "the file of --key, %s, holds no private key in PEM form", quotePath(keyFile))
	case isEncrypted(block):
		return nil, usage("write it without its passphrase: openssl pkey -in KEY -out FILE, and guard that FILE",
			"the key of --key, %s, is encrypted, and no passphrase is asked for", quotePath(keyFile))
	}
	pair, err := tls.X509KeyPair(certPEM, keyPEM)
	if err != nil {
		return nil, usage("--key takes the key of the first certificate in the file of --cert",
			"the key %s does not serve the certificate %s: %s", quotePath(keyFile), quotePath(certFile), strings.TrimPrefix(err.Error(), "tls: "))
	}
	return &pair, nil
}

// pemCertificates are the certificates of a PEM file (RFC 7468); there is one at
// least. Its error is the end of a sentence about the file.
func pemCertificates(data []byte) (certificates []*x509.Certificate, err error) {
	for block, rest := pem.Decode(data); block != nil; block, rest = pem.Decode(rest) {
		if block.Type != "CERTIFICATE" {
			continue
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("holds a certificate, number %d, that is malformed", len(certificates)+1)
		}
		certificates = append(certificates, c)
	}
	switch _, der := x509.ParseCertificate(data); {
	case len(certificates) > 0:
		return certificates, nil
	case len(data) == 0:
		return nil, errors.New("is empty")
	case der == nil:
		return nil, errors.New("holds its certificate in DER form: openssl x509 -inform der makes PEM of it")
	}
	return nil, errors.New("holds no certificate in PEM form")
}

// pemBlock is the first block that is wanted; nil: there is none.
func pemBlock(data []byte, wanted func(*pem.Block) bool) *pem.Block {
	block, rest := pem.Decode(data)
	for block != nil && !wanted(block) {
		block, rest = pem.Decode(rest)
	}
	return block
}

func isKey(b *pem.Block) bool { return strings.HasSuffix(b.Type, "PRIVATE KEY") }

// isEncrypted knows the forms of RFC 5958 and of RFC 1421.
func isEncrypted(b *pem.Block) bool {
	return strings.HasPrefix(b.Type, "ENCRYPTED ") || strings.Contains(b.Headers["Proc-Type"], "ENCRYPTED")
}
