//go:build linux

package netlab

import (
	"cmp"
	"crypto/tls"
	"fmt"
	"slices"
	"strconv"
	"testing"
	"time"

	"ftpdiag/probe/evidence"
	"ftpdiag/probe/realserver"
)

// overTLS has a server offer TLS: explicit unless a term says otherwise. It gets
// the certificate of its scenario.
func overTLS(terms ...func(*realserver.TLS)) option {
	return func(c *realserver.Config) {
		c.TLS = &realserver.TLS{}
		for _, term := range terms {
			term(c.TLS)
		}
	}
}

// Terms of a server.
func implicit(t *realserver.TLS)    { t.Implicit = true }
func forLogin(t *realserver.TLS)    { t.Require = true }      // no login in clear
func forData(t *realserver.TLS)     { t.RequireData = true }  // no data in clear
func resumedOnly(t *realserver.TLS) { t.RequireReuse = true } // no data connection with a session of its own

// noCertificate: the server was not given one.
func noCertificate(t *realserver.TLS) { t.CertFile = none }

const none = "none"

func versions(low, high uint16) func(*realserver.TLS) {
	return func(t *realserver.TLS) { t.MinVersion, t.MaxVersion = low, high }
}

// A certificate is what a server over TLS shows. The zero value names the server,
// is valid for months, and is one that everybody is told to trust.
type certificate struct {
	lifetime  time.Duration
	only      []string // names in place of the server's
	more      []string // names beside the server's
	untrusted bool
}

// manyNames make a certificate larger than two packets, as that of a provider who
// hosts many sites is.
func manyNames() certificate {
	var c certificate
	for i := range 100 {
		c.more = append(c.more, "a-site-with-a-long-name-"+strconv.Itoa(i)+".example.net")
	}
	return c
}

// months is the lifetime of a certificate that is in order.
const months = 90 * 24 * time.Hour

// certify makes the certificate of the stage's servers.
func (st *stage) certify(t *testing.T) {
	t.Helper()
	c := st.scenario.cert
	if c.lifetime == 0 {
		c.lifetime = months
	}
	names := c.only
	if names == nil {
		names = append([]string{st.address().Addr().String(), HostName}, c.more...)
	}
	st.cert = realserver.NewCertificate(t, c.lifetime, names...)
}

// certified is a server's configuration with the certificate.
func (st *stage) certified(c realserver.Config) realserver.Config {
	if c.TLS != nil {
		own := *c.TLS
		if own.CertFile == none {
			own.CertFile = ""
		} else {
			own.CertFile, own.KeyFile = st.cert.CertFile, st.cert.KeyFile
		}
		c.TLS = &own
	}
	return c
}

// tlsArgs are ftpdiag's.
func (st *stage) tlsArgs() []string {
	switch {
	case st.tls == "":
		return nil
	case st.scenario.cert.untrusted, st.tls == evidence.TLSOff:
		return []string{"--tls", st.tls}
	}
	return []string{"--tls", st.tls, "--ca-file", st.cert.CertFile}
}

// clientsSpeak is what the real clients are told: they have no such thing as auto.
func (s *scenario) clientsSpeak() string {
	switch t := s.server.TLS; {
	case s.tls == evidence.TLSAuto && t != nil && t.Implicit:
		return evidence.TLSImplicit
	case s.tls == evidence.TLSAuto:
		return evidence.TLSExplicit
	case s.tls == "":
		return evidence.TLSOff
	}
	return s.tls
}

// trusts is what the real clients trust; empty: everything.
func (st *stage) trusts(t *testing.T) string {
	switch {
	case st.wary:
		return realserver.NewCertificate(t, months, HostName).CertFile // of somebody else
	case st.clientsSpeak() == evidence.TLSOff, st.scenario.cert.untrusted:
		return ""
	}
	return st.cert.CertFile
}

// curlOverTLS are the ways in which curl 7.88 fails over TLS by its own fault.
func curlOverTLS(p realserver.Product) map[realserver.Way]string {
	excused := map[realserver.Way]string{
		realserver.CurlEPRT: "it hangs in active mode with TLS",
		realserver.CurlPORT: "it hangs in active mode with TLS",
	}
	if p == realserver.Pyftpdlib {
		for _, way := range []realserver.Way{realserver.CurlEPSV, realserver.CurlPASV, realserver.CurlLenientPASV} {
			excused[way] = "it shakes hands before LIST, which pyftpdlib resets"
		}
	}
	return excused
}

// spoke holds the TLS of a run against what it should be: what is recommended,
// and that every data connection that worked over TLS resumed the session of its
// control connection.
func (st *stage) spoke(s *said) (wrong []string) {
	want := st.told.tls
	if want == "" {
		want = st.clientsSpeak()
	}
	if s.Recommendation.TLS != want {
		wrong = append(wrong, "TLS "+s.Recommendation.TLS+" is recommended, want "+want)
	}
	encrypted := 0
	for _, a := range s.Attempts {
		if a.Purpose != evidence.PurposeTransfer || a.Outcome != "works" || a.Resumed == nil {
			continue // what only opened a data connection spoke no TLS on it
		}
		encrypted++
		if !*a.Resumed && st.resumes() {
			wrong = append(wrong, a.Mode+" data worked without resuming the TLS session")
		}
	}
	usable := slices.Contains([]string{s.Modes.Passive, s.Modes.Active}, "works")
	if clear := encrypted == 0; usable && clear != (st.told.inClear || want == evidence.TLSOff) {
		wrong = append(wrong, fmt.Sprintf("%d data connections that worked were encrypted", encrypted))
	}
	return wrong
}

// resumes tells whether the server lets a Go client resume its session, by a
// ticket. Pure-FTPd gives none in TLS 1.3, and ProFTPD none before.
func (s *scenario) resumes() bool {
	newest := cmp.Or(s.server.TLS.MaxVersion, tls.VersionTLS13)
	switch s.server.Product {
	case realserver.PureFTPd:
		return newest == tls.VersionTLS12
	case realserver.ProFTPD:
		return newest == tls.VersionTLS13
	}
	return true
}

// withoutCurl excuses curl in passive mode.
func withoutCurl(reason string) map[realserver.Way]string {
	return map[realserver.Way]string{
		realserver.CurlEPSV: reason, realserver.CurlPASV: reason, realserver.CurlLenientPASV: reason,
	}
}
