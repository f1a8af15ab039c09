package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"

	"ftpdiag/cmd/ftpdiag/credential"
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
	pool, err := credential.Roots(name)
	var fault *credential.Fault
	if errors.As(err, &fault) {
		return nil, unusableFile("ca-file", name, fault)
	}
	return pool, err
}

// clientCertificate is a certificate and its key; one file may hold both.
func clientCertificate(certFile, keyFile string) (*tls.Certificate, error) {
	pair, err := credential.Pair(certFile, keyFile)
	var fault *credential.Fault
	switch {
	case !errors.As(err, &fault):
		return pair, err
	case fault.Kind == credential.NoPair:
		return nil, usage("--key takes the key of the first certificate in the file of --cert",
			"the key %s does not serve the certificate %s: %s", quotePath(keyFile), quotePath(certFile), fault.Text)
	case fault.Kind == credential.Encrypted:
		return nil, usage("write it without its passphrase: openssl pkey -in KEY -out FILE, and guard that FILE",
			"the key of --key, %s, is encrypted, and no passphrase is asked for", quotePath(keyFile))
	case fault.Part == credential.KeyPart:
		return nil, unusableFile("key", keyFile, fault)
	}
	return nil, unusableFile("cert", certFile, fault)
}

// unusableFile is a mistake in what a flag names.
func unusableFile(flag, name string, fault *credential.Fault) error {
	return usage(valueHint(flag), "the file of --%s, %s, %s", flag, quotePath(name), fault.Text)
}
