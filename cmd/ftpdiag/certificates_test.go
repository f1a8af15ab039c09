package main

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ftpdiag/cmd/ftpdiag/credential"
	"ftpdiag/probe"
	"ftpdiag/probe/realserver"
)

// authority makes certificates.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority(t *testing.T) authority {
	t.Helper()
	key := newKey(t)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Test Root"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	return authority{signed(t, template, template, key, key), key}
}

// leaf is a certificate of the authority and its key.
func (a authority) leaf(t *testing.T) (*x509.Certificate, *ecdsa.PrivateKey) {
	t.Helper()
	key := newKey(t)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "bob"}, DNSNames: []string{"bob.example.com"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), KeyUsage: x509.KeyUsageDigitalSignature,
	}
	return signed(t, template, a.cert, key, a.key), key
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func signed(t *testing.T, template, parent *x509.Certificate, key, signer *ecdsa.PrivateKey) *x509.Certificate {
	t.Helper()
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

func certPEM(certs ...*x509.Certificate) string {
	var b strings.Builder
	for _, c := range certs {
		b.Write(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw}))
	}
	return b.String()
}

func keyPEM(t *testing.T, key any) string {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

// The words of --tls reach the probe, and so does what a URL asks for.
func TestTLSFlags(t *testing.T) {
	home(t)
	tests := []struct {
		args         []string
		flag, target string
		insecure     bool
		certDays     int
	}{
		{args: []string{"h"}, flag: "auto", certDays: 21},
		{args: []string{"--tls", "auto", "h"}, flag: "auto", certDays: 21},
		{args: []string{"--tls", "off", "h"}, flag: "off", certDays: 21},
		{args: []string{"--tls", "explicit", "h"}, flag: "explicit", certDays: 21},
		{args: []string{"--tls", "implicit", "h:2990"}, flag: "implicit", certDays: 21},
		{args: []string{"ftpes://h"}, flag: "auto", target: "explicit", certDays: 21},
		{args: []string{"ftps://h"}, flag: "auto", target: "implicit", certDays: 21},
		{args: []string{"--tls", "explicit", "ftpes://h"}, flag: "explicit", target: "explicit", certDays: 21},
		{args: []string{"--insecure", "h"}, flag: "auto", insecure: true, certDays: 21},
		{args: []string{"--cert-days", "30", "h"}, flag: "auto", certDays: 30},
		{args: []string{"--cert-days", "0", "h"}, flag: "auto", certDays: -1},
	}
	for _, tt := range tests {
		got := call(t, nil, tt.args...)
		if got.code != 0 || got.stderr != "" || len(got.configs) != 1 {
			t.Errorf("%q: exit %d, stderr %q", tt.args, got.code, got.stderr)
			continue
		}
		cfg := got.configs[0]
		if cfg.TLS != tt.flag || cfg.Target.TLS != tt.target || cfg.Insecure != tt.insecure || cfg.CertDays != tt.certDays || cfg.RootCAs != nil || cfg.Certificate != nil {
			t.Errorf("%q: TLS %q, target %q, insecure %v, %d days, roots %v, certificate %v", tt.args, cfg.TLS, cfg.Target.TLS, cfg.Insecure, cfg.CertDays, cfg.RootCAs, cfg.Certificate)
		}
	}
}

// The certificates of --ca-file are trusted beside the system's, not in their place.
func TestRoots(t *testing.T) {
	dir := home(t)
	ca, other := newAuthority(t), newAuthority(t)
	cert, key := ca.leaf(t)
	text := "# roots of ours\n" + keyPEM(t, key) + certPEM(other.cert, ca.cert) + "\n\n"
	got := call(t, nil, "--ca-file", write(t, filepath.Join(dir, "ca.pem"), text), "h")
	if got.code != 0 || got.stderr != "" || got.configs[0].RootCAs == nil {
		t.Fatalf("exit %d, stderr %q", got.code, got.stderr)
	}
	roots := got.configs[0].RootCAs
	if _, err := cert.Verify(x509.VerifyOptions{Roots: roots, DNSName: "bob.example.com"}); err != nil {
		t.Error(err)
	}
	want, err := x509.SystemCertPool()
	if err != nil {
		t.Fatal(err)
	}
	want.AddCert(ca.cert)
	want.AddCert(other.cert)
	if !roots.Equal(want) {
		t.Error("the roots are not the system's and those of the file")
	}
}

func TestClientCertificate(t *testing.T) {
	dir := home(t)
	ca := newAuthority(t)
	cert, key := ca.leaf(t)
	both := write(t, filepath.Join(dir, "both.pem"), keyPEM(t, key)+certPEM(cert, ca.cert))
	alone := write(t, filepath.Join(dir, "cert.pem"), certPEM(cert))
	its := write(t, filepath.Join(dir, "key.pem"), keyPEM(t, key))
	for chain, args := range map[int][]string{1: {"--cert", alone, "--key", its, "h"}, 2: {"--cert", both, "--key", both, "h"}} {
		got := call(t, nil, args...)
		if got.code != 0 || got.stderr != "" {
			t.Errorf("%q: exit %d, stderr %q", args, got.code, got.stderr)
			continue
		}
		c := got.configs[0].Certificate
		if c == nil || len(c.Certificate) != chain || string(c.Certificate[0]) != string(cert.Raw) || !key.Equal(c.PrivateKey) {
			t.Errorf("%q: %+v", args, c)
		}
	}
}

// No file is taken for what it is not, and no key shows in what is said.
func TestCertificateFiles(t *testing.T) {
	dir := home(t)
	ca := newAuthority(t)
	cert, key := ca.leaf(t)
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	file := func(name, text string) string { return write(t, filepath.Join(dir, name), text) }
	good, its := file("cert.pem", certPEM(cert)), file("key.pem", keyPEM(t, key))
	malformed := "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
	encrypted := "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n"
	old := "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nAAAA\n-----END RSA PRIVATE KEY-----\n"
	broken := "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"
	tests := []struct {
		args          []string
		message, hint string
	}{
		{[]string{"--ca-file", file("empty", "")}, "is empty", "--ca-file takes"},
		{[]string{"--ca-file", file("text", "no PEM\n")}, "holds no certificate in PEM form", "--ca-file takes"},
		{[]string{"--ca-file", its}, "holds no certificate in PEM form", "--ca-file takes"},
		{[]string{"--ca-file", file("der", string(cert.Raw))}, "in DER form: openssl x509 -inform der", "--ca-file takes"},
		{[]string{"--ca-file", file("second", certPEM(cert)+malformed)}, "a certificate, number 2, that is malformed", "--ca-file takes"},
		{[]string{"--ca-file", file("long", strings.Repeat("x", credential.MaxFile+1))}, "longer than 1 MiB", "--ca-file takes"},
		{[]string{"--cert", its, "--key", its}, "holds no certificate", "--cert takes"},
		{[]string{"--cert", file("malformed", malformed), "--key", its}, "malformed", "--cert takes"},
		{[]string{"--cert", good, "--key", good}, "holds no private key in PEM form", "--key takes"},
		{[]string{"--cert", good, "--key", filepath.Join(dir, "missing")}, "cannot be read", "--key takes"},
		{[]string{"--cert", good, "--key", file("encrypted", encrypted)}, "is encrypted", "openssl pkey"},
		{[]string{"--cert", good, "--key", file("old", old)}, "is encrypted", "openssl pkey"},
		{[]string{"--cert", good, "--key", file("broken", broken)}, "does not serve", "--key takes the key of"},
		{[]string{"--cert", good, "--key", file("other", keyPEM(t, newKey(t)))}, "private key does not match public key", "--key takes the key of"},
		{[]string{"--cert", good, "--key", file("rsa", keyPEM(t, rsaKey))}, "private key type does not match", "--key takes the key of"},
		{[]string{"--cert", file("root first", certPEM(ca.cert, cert)), "--key", its}, "does not match", "first certificate"},
	}
	for _, tt := range tests {
		got := call(t, nil, append(tt.args, "h")...)
		wrongUsage(t, got, tt.message, tt.hint)
		if strings.Count(got.stderr, "\n") != 2 || strings.Contains(got.stderr, "BEGIN") || strings.Contains(got.stderr, "AAAA") {
			t.Errorf("%q: stderr %q", tt.args, got.stderr)
		}
	}
}

// A certificate that was read serves in a handshake.
func TestClientCertificateServes(t *testing.T) {
	dir := home(t)
	ca := newAuthority(t)
	cert, key := ca.leaf(t)
	both := write(t, filepath.Join(dir, "both.pem"), certPEM(cert)+keyPEM(t, key))
	o, err := parseFlags([]string{"--cert", both, "--key", both, "h"})
	if err != nil {
		t.Fatal(err)
	}
	var cfg probe.Config
	if err := o.encryption(&cfg); err != nil {
		t.Fatal(err)
	}
	if err := (&tls.CertificateRequestInfo{
		Version: tls.VersionTLS13, AcceptableCAs: [][]byte{ca.cert.RawSubject}, SignatureSchemes: []tls.SignatureScheme{tls.ECDSAWithP256AndSHA256},
	}).SupportsCertificate(cfg.Certificate); err != nil {
		t.Error(err)
	}
}

// What --ca-file trusts carries a password, and what it does not trust carries none.
func TestRealServerTrusted(t *testing.T) {
	home(t)
	t.Setenv(passwordVariable, secret)
	realserver.Need(t, string(realserver.Pyftpdlib))
	trusted, other := realserver.NewCertificate(t, 90*24*time.Hour, "127.0.0.1"), realserver.NewCertificate(t, time.Hour, "127.0.0.1")
	server := realserver.Config{
		Product: realserver.Pyftpdlib, Users: []realserver.User{{Name: "bob", Password: secret}},
		TLS: &realserver.TLS{CertFile: trusted.CertFile, KeyFile: trusted.KeyFile, Require: true},
	}.Start(t, realserver.Loopback)
	for file, want := range map[string]int{trusted.CertFile: 0, other.CertFile: 2} {
		var stdout, stderr bytes.Buffer
		code := run(context.Background(), []string{"-u", "bob", "-f", "json", "--timeout", "2s", "--ca-file", file, server.Addr.String()},
			strings.NewReader(""), &stdout, &stderr)
		noSecret(t, ran{code: code, stdout: stdout.String(), stderr: stderr.String()})
		r := saved(t, stdout.String())[0]
		if tls := r.Server.TLS; code != want || stderr.Len() > 0 || tls == nil || tls.Certificate.Verified != (want == 0) {
			t.Errorf("exit %d, want %d; stderr %q; %s", code, want, stderr.String(), stdout.String())
		}
	}
}
