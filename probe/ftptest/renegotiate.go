package ftptest

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/tls"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"strings"
)

var errNoSecrets = errors.New("ftptest: renegotiation takes TLS 1.2 and AES-GCM")

// keyLog is what crypto/tls writes into a key log.
type keyLog struct{ bytes.Buffer }

// master is the client's random and the master secret of TLS 1.2.
func (k *keyLog) master() (random, secret []byte) {
	fields := strings.Fields(k.String())
	if len(fields) < 3 || fields[0] != "CLIENT_RANDOM" {
		return nil, nil
	}
	random, _ = hex.DecodeString(fields[1])
	secret, _ = hex.DecodeString(fields[2])
	return random, secret
}

// Where ServerHello.random is in the first record of a server, and the type of a
// handshake record.
const (
	randomAt, randomEnd = 11, 43
	handshakeRecord     = 22
)

// renegotiate sends a HelloRequest (RFC 5246 §7.4.1.1), and waits for the client
// to go: crypto/tls, which cannot send one, counts its records without it.
func (o *outlet) renegotiate(state tls.ConnectionState, k *keyLog, w *wire) error {
	clientRandom, secret := k.master()
	size, hash := 16, sha256.New
	switch name := tls.CipherSuiteName(state.CipherSuite); {
	case secret == nil || !strings.Contains(name, "_GCM_") || w.sent.Len() < randomEnd:
		return errNoSecrets
	case strings.Contains(name, "AES_256"):
		size, hash = 32, sha512.New384
	}
	seed := append([]byte("key expansion"), w.sent.Bytes()[randomAt:randomEnd]...)
	block := pHash(hash, secret, append(seed, clientRandom...), 2*size+8)
	record, err := sealed(block[size:2*size], block[2*size+4:], []byte{0, 0, 0, 0})
	if err != nil {
		return err
	}
	if _, err := o.writeClear(record); err != nil {
		return err
	}
	_, _ = io.Copy(io.Discard, w.in)
	return errBroken
}

// sealed is a handshake record under AES-GCM (RFC 5288 §3), the second after
// ChangeCipherSpec.
func sealed(key, salt, body []byte) ([]byte, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, err
	}
	sequence := binary.BigEndian.AppendUint64(nil, 1)
	extra := append(bytes.Clone(sequence), handshakeRecord, 3, 3, 0, byte(len(body)))
	nonce := append(bytes.Clone(salt), sequence...)
	return []byte(TLSRecord(handshakeRecord, string(sequence)+string(aead.Seal(nil, nonce, body, extra)))), nil
}

// pHash is P_hash of RFC 5246 §5.
func pHash(h func() hash.Hash, secret, seed []byte, n int) (out []byte) {
	sum := func(parts ...[]byte) []byte {
		mac := hmac.New(h, secret)
		for _, p := range parts {
			mac.Write(p)
		}
		return mac.Sum(nil)
	}
	for a := sum(seed); len(out) < n; a = sum(a) {
		out = append(out, sum(a, seed)...)
	}
	return out[:n]
}
