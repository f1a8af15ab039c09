package credential

// Fault is what is wrong with a file.
type Fault struct {
	Part Part
	Kind Kind
	Text string // continues a sentence that begins with the file: "is empty"

	// What crypto/tls says of a pair, without its prefix; "" where it has nothing
	// against it, and for every other part.
	TLS string
}

// Error is the Text.
func (f *Fault) Error() string { return f.Text }

// Part is what a file holds.
type Part int

// The parts. BothParts are a certificate and a key that are no pair.
const (
	PasswordPart Part = iota
	RootsPart
	CertificatePart
	KeyPart
	BothParts
)

// Kind tells what callers have words of their own for.
type Kind int

// The kinds. An Unusable file holds something else than it should.
const (
	Unusable Kind = iota
	Unreadable
	Empty
	NotOneLine // a password with CR, LF or NUL
	Encrypted  // a key that needs a passphrase
	NoPair     // a key of another certificate
)
