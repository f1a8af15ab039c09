package ftptest

import (
	"bufio"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"slices"
	"strings"
)

// TLS says what the server does about TLS (RFC 4217). The zero value has none.
type TLS struct {
	// Explicit has AUTH TLS.
	Explicit bool
	// Implicit is a port that speaks nothing but TLS (RFC 4217 §A): silent until
	// a ClientHello comes, then a handshake and FTP inside.
	Implicit bool

	// Auth refuses AUTH with these words; "": "500 Unknown command." where the
	// server has not AUTH TLS.
	Auth string
	// Accepted allows AUTH; "": "234 Proceed with TLS." What stands behind the
	// first line goes out with it, in clear.
	Accepted string
	Unlisted bool // FEAT says nothing of AUTH TLS

	Required Answer // to USER in clear; the zero value lets it be
	NoProtP  string // refuses PROT P; "": allowed
	// Protected refuses transfers under PROT C; "": allowed. It answers the verbs
	// of ProtectedOn, separated by spaces; "": those of transfers.
	Protected   string
	ProtectedOn string

	Certificate Certificate
	MinVersion  uint16   // as in tls.Config, but that 0 is TLS 1.0
	MaxVersion  uint16   // as in tls.Config
	Suites      []uint16 // cipher suites up to TLS 1.2; nil: Go's
	// ClientCertificate says what the server asks of clients; they verify against
	// [Roots].
	ClientCertificate tls.ClientAuthType

	Handshake Handshake // of control connections
	Failed    Answer    // said in clear when such a handshake failed; then the server closes

	Data       Handshake // of data connections
	DataFailed Answer    // said when such a handshake failed; the zero value is pyftpdlib's 522
	Reuse      Reuse
}

// Handshake says what the server does in place of its part of a TLS handshake.
// The zero value does its part.
type Handshake struct {
	Hello bool // it reads the ClientHello first
	// Answers go out in clear; the texts may be TLS records. Where nothing follows
	// the last one, the handshake does.
	Answers []Answer
	// Intolerant breaks off where the client offers TLS 1.3, with internal_error.
	Intolerant bool
	// Renegotiate has the server ask for another handshake as soon as the first is
	// done, and say nothing more. It takes TLS 1.2 and an AES-GCM suite.
	Renegotiate bool
}

// Reuse says what the server makes of TLS sessions that a data connection
// resumes. Only the session of its own control connection can be resumed there.
type Reuse struct {
	Required  bool   // a data connection that resumes none is refused after its handshake, without a byte
	Refusal   Answer // what is said then; the zero value is vsftpd's 522
	NoTickets bool   // sessions are kept by ID only, if at all: Go resumes none
	Only12    bool   // sessions of TLS 1.3 are not resumed
	Expires   int    // after so many data connections the server has forgotten the session; 0: never
}

// Secured is a TLS handshake that the server has tried.
type Secured struct {
	Session int  // index of the control connection in [Server.Dialogue]
	Data    bool // of a data connection
	State   tls.ConnectionState
	Err     error
}

// TLSAlert is a fatal alert (RFC 8446 §6) as it is written in clear.
func TLSAlert(code byte) string { return TLSRecord(21, string([]byte{2, code})) }

// Alerts of [TLSAlert].
const (
	AlertHandshakeFailure    = 40
	AlertProtocolVersion     = 70
	AlertCertificateRequired = 116
)

// TLSRecord is a record (RFC 8446 §5.1) in clear.
func TLSRecord(kind byte, body string) string {
	return string([]byte{kind, 3, 3, byte(len(body) >> 8), byte(len(body))}) + body
}

// tlsConfig is what all handshakes of a server have in common.
func (b Behaviour) tlsConfig() (*tls.Config, error) {
	cert, err := b.TLS.Certificate.get()
	if err != nil {
		return nil, err
	}
	c := &tls.Config{
		Certificates:           []tls.Certificate{*cert},
		MinVersion:             max(b.TLS.MinVersion, tls.VersionTLS10),
		MaxVersion:             b.TLS.MaxVersion,
		CipherSuites:           b.TLS.Suites,
		ClientAuth:             b.TLS.ClientCertificate,
		ClientCAs:              Roots(),
		SessionTicketsDisabled: b.TLS.Reuse.NoTickets,
	}
	var key [32]byte
	if _, err := rand.Read(key[:]); err != nil {
		return nil, err
	}
	c.SetSessionTicketKeys([][32]byte{key})
	return c, nil
}

// sessionTLS is the TLS of one control connection: its tickets say whose they
// are. For data connections, those of others are of no use.
func (ss *session) sessionTLS(data bool) *tls.Config {
	c := ss.srv.tls.Clone()
	own := fmt.Append(nil, "ftptest session ", ss.id)
	c.WrapSession = func(cs tls.ConnectionState, state *tls.SessionState) ([]byte, error) {
		state.Extra = append(state.Extra, own)
		return c.EncryptTicket(cs, state)
	}
	c.UnwrapSession = func(ticket []byte, cs tls.ConnectionState) (*tls.SessionState, error) {
		state, err := c.DecryptTicket(ticket, cs)
		if err != nil || state == nil || data && !ss.resumes(state, own, cs.Version) {
			return nil, err
		}
		return state, nil
	}
	return c
}

// resumes tells whether a data connection may resume the TLS session.
func (ss *session) resumes(state *tls.SessionState, own []byte, version uint16) bool {
	reuse := ss.srv.behaviour.TLS.Reuse
	return slices.ContainsFunc(state.Extra, func(extra []byte) bool { return string(extra) == string(own) }) &&
		!(reuse.Only12 && version == tls.VersionTLS13) &&
		!(reuse.Expires > 0 && ss.shaken > reuse.Expires)
}

// Roots has the authority that signs the server's certificate.
func (s *Server) Roots() *x509.CertPool { return Roots() }

// authCommand takes the control connection into TLS (RFC 4217 §4).
func (ss *session) authCommand(arg string) bool {
	defer ss.letGoOn()
	t := ss.srv.behaviour.TLS
	switch {
	case t.Auth != "":
		return ss.say(t.Auth)
	case !t.Explicit:
		return ss.say("500 Unknown command.")
	case ss.out.encrypted():
		return ss.say("503 Already using TLS.")
	case !slices.Contains([]string{"TLS", "TLS-C"}, strings.ToUpper(arg)):
		return ss.say("504 Unknown security mechanism.")
	}
	text := t.Accepted
	if text == "" {
		text = "234 Proceed with TLS."
	}
	ss.dropData()
	ss.user, ss.inside = "", false
	return ss.say(text) && ss.secure()
}

// secure shakes hands on the control connection.
func (ss *session) secure() bool {
	t := ss.srv.behaviour.TLS
	err := ss.out.shake(t.Handshake, ss.sessionTLS(false), ss.in)
	ss.srv.record.secured(ss.id, false, ss.out, err)
	if err != nil {
		if ss.ended = true; err != errReset {
			failed := t.Failed
			failed.Clear = true
			ss.give(failed)
			ss.out.linger()
		}
		return false
	}
	ss.in = bufio.NewReaderSize(ss.out, lineLimit)
	return true
}

func (ss *session) pbszCommand(string) bool {
	if !ss.out.encrypted() {
		return ss.say("503 Use AUTH first.")
	}
	ss.pbsz = true
	return ss.say("200 PBSZ=0")
}

// protCommand says whether data connections are encrypted (RFC 2228 §3).
func (ss *session) protCommand(arg string) bool {
	refusal := ss.srv.behaviour.TLS.NoProtP
	switch level := strings.ToUpper(arg); {
	case !ss.out.encrypted():
		return ss.say("503 Use AUTH first.")
	case !ss.pbsz:
		return ss.say("503 Use PBSZ first.")
	case level == "P" && refusal != "":
		return ss.say(refusal)
	case level != "P" && level != "C":
		return ss.say("536 Unsupported protection level.")
	default:
		ss.private = level == "P"
		return ss.say("200 Protection level set to " + level + ".")
	}
}

// transfers are the verbs that TLS.Protected refuses by default.
const transfers = "LIST NLST MLSD RETR STOR"

// tlsWanted is the refusal of a command for want of TLS.
func (ss *session) tlsWanted(verb string) (refusal Answer, wanted bool) {
	t := ss.srv.behaviour.TLS
	on := t.ProtectedOn
	if on == "" {
		on = transfers
	}
	switch {
	case verb == "USER" && !ss.out.encrypted() && t.Required.Text != "":
		return t.Required, true
	case ss.inside && !ss.private && t.Protected != "" && slices.Contains(strings.Fields(on), verb):
		return Answer{Text: t.Protected}, true
	}
	return Answer{}, false
}

// tlsFeatures are the lines of FEAT that are about TLS.
func (ss *session) tlsFeatures() (lines []string) {
	t := ss.srv.behaviour.TLS
	if t.Explicit && !t.Unlisted {
		lines = append(lines, "AUTH TLS")
	}
	if t.Explicit || t.Implicit {
		lines = append(lines, "PBSZ", "PROT")
	}
	return lines
}
