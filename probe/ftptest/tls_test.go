package ftptest

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"ftpdiag/probe/ftp"
)

// tlsClient is an FTP client in TLS.
type tlsClient struct {
	*client
	config *tls.Config
}

// clientConfig trusts Roots and keeps sessions whatever port they are for.
func clientConfig() *tls.Config {
	return &tls.Config{RootCAs: Roots(), ServerName: "127.0.0.1", ClientSessionCache: tls.NewLRUClientSessionCache(1)}
}

// secured takes a connection into TLS.
func (c *client) secured(config *tls.Config) (*tlsClient, error) {
	conn := tls.Client(c.conn, config)
	if err := conn.Handshake(); err != nil {
		return nil, err
	}
	return &tlsClient{newClient(c.t, conn, c.net), config}, nil
}

// explicit asks for TLS and does not log in.
func explicit(t *testing.T, s *Server, config *tls.Config) *tlsClient {
	t.Helper()
	c := dialServer(t, s)
	c.want(220)
	c.ask(234, "AUTH TLS")
	secured, err := c.secured(config)
	if err != nil {
		t.Fatal(err)
	}
	return secured
}

// inside logs in and asks for encrypted data connections.
func inside(t *testing.T, s *Server, config *tls.Config) *tlsClient {
	t.Helper()
	c := explicit(t, s, config)
	c.protect()
	return c
}

func (c *tlsClient) protect() {
	c.t.Helper()
	c.ask(331, "USER anonymous")
	c.ask(230, "PASS me@")
	c.ask(200, "PBSZ 0")
	c.ask(200, "PROT P")
}

// passiveTLS lists in passive mode as far as the handshake, and gives its outcome.
func (c *tlsClient) passiveTLS(config *tls.Config) (*tls.Conn, error) {
	c.t.Helper()
	raw := c.passive()
	c.ask(150, "LIST")
	data := tls.Client(raw, config)
	return data, data.Handshake()
}

// list lists in passive mode and gives whether the data connection resumed.
func (c *tlsClient) list() (resumed bool) {
	c.t.Helper()
	data, err := c.passiveTLS(c.config)
	if err != nil {
		c.t.Fatal(err)
	}
	if got := readAll(c.t, data); got != smallListing {
		c.t.Errorf("LIST: %q", got)
	}
	c.want(226)
	return data.ConnectionState().DidResume
}

// versions of TLS by name.
var versions = map[string]uint16{"TLS 1.2": tls.VersionTLS12, "TLS 1.3": tls.VersionTLS13}

func TestExplicitTLS(t *testing.T) {
	for name, version := range versions {
		for _, latency := range []time.Duration{0, 20 * time.Millisecond} {
			t.Run(name+" "+latency.String(), func(t *testing.T) {
				s := start(t, Behaviour{TLS: TLS{Explicit: true}, Latency: latency})
				config := clientConfig()
				config.MinVersion, config.MaxVersion = version, version
				c := explicit(t, s, config)
				c.ask(503, "AUTH TLS")
				c.ask(503, "PROT P")
				c.protect()
				if !c.list() {
					t.Error("passive: not resumed")
				}

				l := c.active("EPRT")
				c.want(200)
				c.send("STOR new")
				data := tls.Client(accept(t, l), config)
				c.want(150)
				if _, err := io.WriteString(data, "hello"); err != nil {
					t.Fatal(err)
				}
				data.Close()
				c.want(226)
				if !data.ConnectionState().DidResume {
					t.Error("active: not resumed")
				}
				c.ask(213, "SIZE new")

				c.ask(200, "PROT C")
				plain := c.passive()
				c.ask(150, "NLST")
				if got := readAll(t, plain); !strings.HasPrefix(got, "README.txt\r\n") {
					t.Errorf("in clear: %q", got)
				}
				c.want(226)
				c.ask(536, "PROT E")
				c.ask(221, "QUIT")
				c.wantEnd()

				for _, command := range s.Dialogue()[0] {
					if command.Encrypted != (command.At != s.Dialogue()[0][0].At) {
						t.Errorf("%s encrypted: %v", command.Line, command.Encrypted)
					}
				}
				shaken := s.Secured()
				if len(shaken) != 3 || shaken[0].Data || !shaken[1].Data || shaken[0].State.DidResume ||
					!shaken[1].State.DidResume || !shaken[2].State.DidResume || shaken[2].State.Version != version {
					t.Errorf("%+v", shaken)
				}
			})
		}
	}
}

func TestAuth(t *testing.T) {
	s := start(t, Behaviour{TLS: TLS{Explicit: true}})
	c := dialServer(t, s)
	c.want(220)
	if got := c.ask(211, "FEAT"); !strings.Contains(got, "\n AUTH TLS\n") || !strings.Contains(got, "\n PROT\n") {
		t.Errorf("FEAT %q", got)
	}
	c.ask(504, "AUTH SSL")
	c.ask(504, "AUTH")
	c.ask(503, "PBSZ 0")
	c.ask(503, "PROT P")
	c.ask(331, "USER ftp")
	c.ask(230, "PASS me@")
	c.ask(234, "AUTH tls")
	secured, err := c.secured(clientConfig())
	if err != nil {
		t.Fatal(err)
	}
	secured.ask(530, "EPSV") // it must log in anew
	if got := login(t, start(t, Behaviour{TLS: TLS{Explicit: true, Unlisted: true}})).ask(211, "FEAT"); strings.Contains(got, "AUTH") {
		t.Errorf("FEAT %q", got)
	}
	refusing := dialServer(t, start(t, Behaviour{TLS: TLS{Explicit: true, Auth: "431 Necessary security resource unavailable"}}))
	refusing.want(220)
	refusing.ask(431, "AUTH TLS")
	refusing.ask(331, "USER ftp")

	// Whoever answers AUTH, the server listens on.
	for _, order := range []Order{Instead, Before, After} {
		c := dialServer(t, start(t, Behaviour{Replies: []Override{{Verbs: "AUTH", Order: order, Answers: []Answer{{Text: "500 no"}}}}}))
		c.want(220)
		c.ask(500, "AUTH TLS")
		if order != Instead {
			c.want(500)
		}
		c.ask(200, "NOOP")
	}
}

func TestImplicitTLS(t *testing.T) {
	s := start(t, Behaviour{TLS: TLS{Implicit: true}})
	c := dialServer(t, s)
	_ = c.conn.SetReadDeadline(time.Now().Add(30 * time.Millisecond))
	if _, err := c.conn.Read(make([]byte, 1)); !isTimeout(err) {
		t.Errorf("it speaks first: %v", err)
	}
	_ = c.conn.SetDeadline(time.Now().Add(patience))
	secured, err := c.secured(clientConfig())
	if err != nil {
		t.Fatal(err)
	}
	secured.want(220)
	if got := secured.ask(211, "FEAT"); strings.Contains(got, "AUTH") || !strings.Contains(got, "PROT") {
		t.Errorf("FEAT %q", got)
	}
	secured.protect()
	if !secured.list() {
		t.Error("not resumed")
	}
	secured.ask(221, "QUIT")
}

func isTimeout(err error) bool {
	var timeout net.Error
	return errors.As(err, &timeout) && timeout.Timeout()
}

// What a client says that does not wait for the 234 is not lost.
func TestHelloWithAuth(t *testing.T) {
	s := start(t, Behaviour{TLS: TLS{Explicit: true}})
	c := dialServer(t, s)
	c.want(220)
	c.send("AUTH TLS")
	secured := tls.Client(&late{Conn: c.conn, skip: len("234 Proceed with TLS.\r\n")}, clientConfig())
	if err := secured.Handshake(); err != nil {
		t.Fatal(err)
	}
}

// late passes over the first bytes.
type late struct {
	net.Conn
	skip int
}

func (l *late) Read(p []byte) (int, error) {
	if l.skip > 0 {
		if _, err := io.ReadFull(l.Conn, make([]byte, l.skip)); err != nil {
			return 0, err
		}
		l.skip = 0
	}
	return l.Conn.Read(p)
}

func TestTLSFlights(t *testing.T) {
	s := start(t, Behaviour{TLS: TLS{Explicit: true}, Latency: 100 * time.Millisecond})
	c := dialServer(t, s)
	c.want(220)            // 1
	c.ask(234, "AUTH TLS") // 2
	config := clientConfig()
	secured, err := c.secured(config) // 3
	if err != nil {
		t.Fatal(err)
	}
	secured.ask(331, "USER ftp") // 4
	secured.send("PASS me@")     // 5
	secured.send("PBSZ 0")
	secured.send("PROT P")
	secured.send("EPSV")
	secured.want(230)
	secured.want(200)
	secured.want(200)
	r, err := ftp.ParseEPSV(secured.want(229))
	if err != nil {
		t.Fatal(err)
	}
	raw, err := secured.dialData(netip.AddrPortFrom(loopback, uint16(r.Port))) // 6
	if err != nil {
		t.Fatal(err)
	}
	secured.ask(150, "LIST") // 7
	readAll(t, tls.Client(raw, config))
	secured.want(226) // 8: the handshake, 9: its end and the data
	if got := s.Flights(); got != 9 {
		t.Errorf("%d flights, want 9", got)
	}
}

func TestRequiredTLS(t *testing.T) {
	required := Answer{Text: "530 Anonymous sessions must use encryption.", Then: Close}
	s := start(t, Behaviour{TLS: TLS{Explicit: true, Required: required}})
	c := dialServer(t, s)
	c.want(220)
	c.ask(530, "USER anonymous")
	c.wantEnd()
	inside(t, s, clientConfig()).list()

	stays := Answer{Text: "421-Sorry, cleartext sessions and weak ciphers are not accepted on this server.\r\n421 Please reconnect using TLS security mechanisms."}
	c = dialServer(t, start(t, Behaviour{TLS: TLS{Explicit: true, Required: stays}}))
	c.want(220)
	c.ask(421, "USER anonymous")
	c.ask(211, "FEAT")
}

func TestRequiredPROT(t *testing.T) {
	s := start(t, Behaviour{TLS: TLS{Explicit: true, Protected: "522 Data connections must be encrypted."}})
	c := login(t, s)
	c.ask(229, "EPSV")
	c.ask(522, "LIST")
	secured := explicit(t, s, clientConfig())
	secured.ask(331, "USER ftp")
	secured.ask(230, "PASS me@")
	secured.ask(229, "EPSV")
	secured.ask(522, "NLST")
	inside(t, s, clientConfig()).list()

	s = start(t, Behaviour{TLS: TLS{Explicit: true, Protected: "550 SSL/TLS required on the data channel.", ProtectedOn: "PASV EPSV PORT EPRT"}})
	c = login(t, s)
	c.ask(550, "EPSV")
	c.ask(550, "PORT 127,0,0,1,200,10")
	c.ask(425, "LIST")
	inside(t, s, clientConfig()).list()

	secured = explicit(t, start(t, Behaviour{TLS: TLS{Explicit: true, NoProtP: "534 Unwilling to accept security parameters"}}), clientConfig())
	secured.ask(200, "PBSZ 0")
	secured.ask(534, "PROT P")
	secured.ask(200, "PROT C")
}

func TestVersionsAndSuites(t *testing.T) {
	rsaKeyExchange := []uint16{tls.TLS_RSA_WITH_AES_128_CBC_SHA}
	for _, try := range []struct {
		name    string
		server  TLS
		modern  bool // a client with Go's defaults gets in
		version uint16
		suite   uint16
	}{
		{"TLS 1.3", TLS{MinVersion: tls.VersionTLS13}, true, tls.VersionTLS13, 0},
		{"TLS 1.2", TLS{MaxVersion: tls.VersionTLS12}, true, tls.VersionTLS12, 0},
		{"TLS 1.0", TLS{MaxVersion: tls.VersionTLS10}, false, tls.VersionTLS10, 0},
		{"RSA key exchange", TLS{MaxVersion: tls.VersionTLS12, Suites: rsaKeyExchange, Certificate: CertRSA}, false, tls.VersionTLS12, rsaKeyExchange[0]},
	} {
		t.Run(try.name, func(t *testing.T) {
			try.server.Explicit = true
			s := start(t, Behaviour{TLS: try.server})
			c := dialServer(t, s)
			c.want(220)
			c.ask(234, "AUTH TLS")
			if _, err := c.secured(clientConfig()); (err == nil) != try.modern {
				t.Errorf("a modern client: %v", err)
			}
			old := clientConfig()
			old.MinVersion, old.CipherSuites = tls.VersionTLS10, allSuites()
			secured := inside(t, s, old)
			secured.list()
			state := secured.conn.(*tls.Conn).ConnectionState()
			if state.Version != try.version || try.suite != 0 && state.CipherSuite != try.suite {
				t.Errorf("%s, %s", tls.VersionName(state.Version), tls.CipherSuiteName(state.CipherSuite))
			}
		})
	}
}

func allSuites() (ids []uint16) {
	for _, s := range slices.Concat(tls.CipherSuites(), tls.InsecureCipherSuites()) {
		ids = append(ids, s.ID)
	}
	return ids
}

func TestCertificates(t *testing.T) {
	for _, try := range []struct {
		name   string
		kind   Certificate
		served int
		check  func(err error, c *x509.Certificate) bool
	}{
		{"good", CertGood, 2, func(err error, _ *x509.Certificate) bool { return err == nil }},
		{"RSA", CertRSA, 2, func(err error, _ *x509.Certificate) bool { return err == nil }},
		{"self-signed", CertSelfSigned, 1, func(err error, c *x509.Certificate) bool {
			return isUnknown(err) && c.CheckSignature(c.SignatureAlgorithm, c.RawTBSCertificate, c.Signature) == nil
		}},
		{"expired", CertExpired, 2, isExpired},
		{"not yet valid", CertNotYetValid, 2, isExpired},
		{"expiring", CertExpiring, 2, func(err error, c *x509.Certificate) bool {
			return err == nil && time.Until(c.NotAfter) < 11*24*time.Hour
		}},
		{"wrong host", CertWrongHost, 2, func(err error, _ *x509.Certificate) bool { return errors.As(err, new(x509.HostnameError)) }},
		{"incomplete", CertIncomplete, 1, func(err error, c *x509.Certificate) bool {
			return isUnknown(err) && len(c.IssuingCertificateURL) > 0
		}},
		{"unknown authority", CertUnknownCA, 2, func(err error, _ *x509.Certificate) bool { return isUnknown(err) }},
		{"weak key", CertWeakKey, 2, func(err error, c *x509.Certificate) bool {
			return err == nil && c.PublicKeyAlgorithm == x509.RSA
		}},
		{"weak signature", CertWeakSignature, 2, func(err error, c *x509.Certificate) bool {
			return err != nil && c.SignatureAlgorithm == x509.SHA1WithRSA
		}},
	} {
		t.Run(try.name, func(t *testing.T) {
			s := start(t, Behaviour{TLS: TLS{Explicit: true, Certificate: try.kind}})
			config := clientConfig()
			config.InsecureSkipVerify = true
			chain := explicit(t, s, config).conn.(*tls.Conn).ConnectionState().PeerCertificates
			if len(chain) != try.served {
				t.Errorf("%d certificates served", len(chain))
			}
			c := dialServer(t, s)
			c.want(220)
			c.ask(234, "AUTH TLS")
			if _, err := c.secured(clientConfig()); !try.check(err, chain[0]) {
				t.Errorf("%v", err)
			}
		})
	}
	t.Run("huge", func(t *testing.T) {
		c := dialServer(t, start(t, Behaviour{TLS: TLS{Explicit: true, Certificate: CertHuge}}))
		c.want(220)
		c.ask(234, "AUTH TLS")
		if _, err := c.secured(clientConfig()); err == nil || !strings.Contains(err.Error(), "exceeds maximum") {
			t.Errorf("%v", err)
		}
	})
}

func isUnknown(err error) bool { return errors.As(err, new(x509.UnknownAuthorityError)) }

func isExpired(err error, _ *x509.Certificate) bool {
	var invalid x509.CertificateInvalidError
	return errors.As(err, &invalid) && invalid.Reason == x509.Expired
}

func TestClientCertificate(t *testing.T) {
	own, err := ClientCertificate()
	if err != nil {
		t.Fatal(err)
	}
	for name, version := range versions {
		t.Run(name, func(t *testing.T) {
			s := start(t, Behaviour{TLS: TLS{Explicit: true, ClientCertificate: tls.RequireAndVerifyClientCert}})
			config := clientConfig()
			config.MaxVersion = version
			c := dialServer(t, s)
			c.want(220)
			c.ask(234, "AUTH TLS")
			secured, err := c.secured(config)
			if err == nil { // TLS 1.3 tells afterwards
				secured.send("USER ftp")
				_, err = secured.text.ReadLine()
			}
			if want := map[string]string{"TLS 1.2": "handshake failure", "TLS 1.3": "certificate required"}[name]; err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%v, want %s", err, want)
			}
			config = clientConfig()
			config.MaxVersion = version
			config.Certificates = []tls.Certificate{own}
			inside(t, s, config).list()
			// The refusal of the first session may be noted after all of the second.
			for _, h := range s.Secured() {
				if got := h.State.PeerCertificates; h.Session == 1 && len(got) != 2 {
					t.Errorf("%d certificates of the client", len(got))
				}
			}
		})
	}
}
