package evidence

import "time"

// Words of Options.TLS and Target.TLS (RFC 4217). A Target never has auto: it
// says what the run ended up speaking.
const (
	TLSAuto     = "auto"     // in clear, unless the server or a password demands otherwise
	TLSOff      = "off"      // in clear
	TLSExplicit = "explicit" // AUTH TLS on a control connection that begins in clear
	TLSImplicit = "implicit" // TLS from the first byte, commonly on port 990
)

// DefaultCertDays is how long before its expiry a certificate is worth a warning.
const DefaultCertDays = 21

// TLS is what the first control connection that was encrypted negotiated.
type TLS struct {
	Version     string       `json:"version"` // "TLS 1.3"
	Cipher      string       `json:"cipher"`  // name of the suite as IANA has it
	Certificate *Certificate `json:"certificate"`
}

// Certificate is the server's own certificate (RFC 5280), the first of the chain
// that it served.
type Certificate struct {
	Subject   string   `json:"subject"` // distinguished name (RFC 2253)
	Issuer    string   `json:"issuer"`
	Names     []string `json:"names"`      // subject alternative names: hosts and addresses
	NotBefore Time     `json:"not_before"` // RFC 3339, UTC
	NotAfter  Time     `json:"not_after"`
	SHA256    string   `json:"sha256"`    // fingerprint of the certificate, hexadecimal
	Key       string   `json:"key"`       // "RSA 2048", "ECDSA P-256", "Ed25519"
	Signature string   `json:"signature"` // "SHA256-RSA"
	Served    int      `json:"served"`    // certificates in the chain that the server sent

	Verified bool     `json:"verified"` // chain, name and time are in order
	Problem  Maybe    `json:"problem"`  // the first of Problems; empty: none
	Problems []string `json:"problems"` // see the Cert constants; worst first
	Detail   string   `json:"detail"`   // what the verification said; empty: it succeeded
}

// Problems of a certificate. A weak key alone does not keep it from being verified.
const (
	CertExpired       = "expired"
	CertNotYetValid   = "not-yet-valid"
	CertWrongHost     = "wrong-host"        // it does not name the host that was asked for
	CertSelfSigned    = "self-signed"       // signed by its own key
	CertIncomplete    = "incomplete-chain"  // the certificate of its issuer was not served
	CertUnknownCA     = "unknown-authority" // nobody whom this machine trusts signed it
	CertWeakKey       = "weak-key"          // RSA below 2048 bits
	CertWeakSignature = "weak-signature"    // SHA-1 or MD5
	CertOther         = "other"
)

// Limits under which a session speaks TLS: the first handshake failed, or it is
// asked whether the version is what data connections fail by.
const (
	LimitTLS12  = "tls-1.2" // at most TLS 1.2
	LimitLegacy = "legacy"  // from TLS 1.0, with every cipher suite that Go still has
)

// Time is a moment in UTC.
type Time struct{ time.Time }

// MarshalJSON writes RFC 3339 with seconds; the zero value is null.
func (t Time) MarshalJSON() ([]byte, error) {
	if t.IsZero() {
		return []byte("null"), nil
	}
	return []byte(t.UTC().Format(`"` + time.RFC3339 + `"`)), nil
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (t *Time) UnmarshalJSON(b []byte) (err error) {
	if string(b) == "null" {
		*t = Time{}
		return nil
	}
	t.Time, err = time.Parse(`"`+time.RFC3339+`"`, string(b))
	return err
}
