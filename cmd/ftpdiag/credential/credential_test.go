package credential

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// secret stands in every file that is refused, and in its name.
const secret = "s3cr3t"

func write(t *testing.T, text string) string {
	t.Helper()
	f, err := os.CreateTemp(t.TempDir(), secret)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString(text); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return f.Name()
}

// pair is a certificate that signs itself, and its key.
func pair(t *testing.T) (cert *x509.Certificate, certPEM, keyPEM string) {
	t.Helper()
	public, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, template, template, public, key)
	if err != nil {
		t.Fatal(err)
	}
	if cert, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return cert, block("CERTIFICATE", der), block("PRIVATE KEY", pkcs8)
}

func block(kind string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

// wantFault compares a fault, which shows nothing of a file or its name.
func wantFault(t *testing.T, err error, want Fault) {
	t.Helper()
	var got *Fault
	if !errors.As(err, &got) || *got != want {
		t.Errorf("got %#v\nwant %#v", err, want)
	}
	if err != nil && strings.Contains(err.Error(), secret) {
		t.Errorf("%v shows what may be a secret", err)
	}
}

func TestPassword(t *testing.T) {
	for _, text := range []string{secret, secret + "\n", secret + "\r\n"} {
		if got, err := Password(write(t, text)); got != secret || err != nil {
			t.Errorf("%q: %q, %v", text, got, err)
		}
	}
	if got, err := Password(write(t, " a\tb \n")); got != " a\tb " || err != nil {
		t.Errorf("blanks are part of a password: %q, %v", got, err)
	}
	for text, want := range map[string]Fault{
		"":                                      {Kind: Empty, Text: "is empty"},
		"\n":                                    {Kind: Empty, Text: "is empty"},
		secret + "\n\n":                         {Kind: NotOneLine, Text: "contains CR, LF or NUL"},
		secret + "\r" + secret:                  {Kind: NotOneLine, Text: "contains CR, LF or NUL"},
		secret + "\x00":                         {Kind: NotOneLine, Text: "contains CR, LF or NUL"},
		secret + strings.Repeat("x", MaxFile-5): {Kind: Unreadable, Text: "cannot be read: it is longer than 1 MiB"},
	} {
		_, err := Password(write(t, text))
		wantFault(t, err, want)
	}
	_, err := Password(filepath.Join(t.TempDir(), secret))
	wantFault(t, err, Fault{Kind: Unreadable, Text: "cannot be read: no such file or directory"})
}

func TestRoots(t *testing.T) {
	cert, certPEM, keyPEM := pair(t)
	pool, err := Roots(write(t, "# ours\n"+keyPEM+certPEM))
	if err != nil {
		t.Fatal(err)
	}
	want, err := x509.SystemCertPool()
	if err != nil {
		t.Fatal(err)
	}
	if want.AddCert(cert); !pool.Equal(want) {
		t.Error("the roots are not the system's and the one of the file")
	}
	for text, want := range map[string]Fault{
		"":               {Kind: Empty, Text: "is empty"},
		secret:           {Text: "holds no certificate in PEM form"},
		keyPEM:           {Text: "holds no certificate in PEM form"},
		string(cert.Raw): {Text: "holds its certificate in DER form: openssl x509 -inform der makes PEM of it"},
		certPEM + block("CERTIFICATE", []byte(secret)): {Text: "holds a certificate, number 2, that is malformed"},
	} {
		want.Part = RootsPart
		_, err := Roots(write(t, text))
		wantFault(t, err, want)
	}
	_, err = Roots(filepath.Join(t.TempDir(), secret))
	wantFault(t, err, Fault{Part: RootsPart, Kind: Unreadable, Text: "cannot be read: no such file or directory"})
}

func TestPair(t *testing.T) {
	cert, certPEM, keyPEM := pair(t)
	_, otherCert, otherKey := pair(t)
	both := write(t, keyPEM+certPEM+otherCert)
	got, err := Pair(both, both)
	if err != nil || len(got.Certificate) != 2 || string(got.Certificate[0]) != string(cert.Raw) {
		t.Fatalf("%v, %v", got, err)
	}
	old := "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nAAAA\n-----END RSA PRIVATE KEY-----\n"
	const badKey = "failed to parse private key"
	for _, tt := range []struct {
		cert, key string
		want      Fault
	}{
		{secret, keyPEM, Fault{Part: CertificatePart, Text: "holds no certificate in PEM form", TLS: "failed to find any PEM data in certificate input"}},
		{certPEM + block("CERTIFICATE", []byte(secret)), keyPEM, Fault{Part: CertificatePart, Text: "holds a certificate, number 2, that is malformed"}},
		{certPEM, certPEM, Fault{Part: KeyPart, Text: "holds no private key in PEM form", TLS: "found a certificate rather than a key in the PEM for the private key"}},
		{certPEM, block("ENCRYPTED PRIVATE KEY", []byte(secret)), Fault{Part: KeyPart, Kind: Encrypted, Text: "is encrypted", TLS: badKey}},
		{certPEM, old, Fault{Part: KeyPart, Kind: Encrypted, Text: "is encrypted", TLS: badKey}},
		{certPEM, block("PRIVATE KEY", []byte(secret)), Fault{Part: BothParts, Kind: NoPair, Text: badKey, TLS: badKey}},
		{certPEM, otherKey, Fault{Part: BothParts, Kind: NoPair, Text: "private key does not match public key", TLS: "private key does not match public key"}},
	} {
		_, err := Pair(write(t, tt.cert), write(t, tt.key))
		wantFault(t, err, tt.want)
	}
	missing := filepath.Join(t.TempDir(), secret)
	_, err = Pair(missing, both)
	wantFault(t, err, Fault{Part: CertificatePart, Kind: Unreadable, Text: "cannot be read: no such file or directory"})
	_, err = Pair(both, missing)
	wantFault(t, err, Fault{Part: KeyPart, Kind: Unreadable, Text: "cannot be read: no such file or directory"})
}
