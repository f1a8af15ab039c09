package realserver_test

import (
	"bytes"
	"net/netip"
	"strings"
	"testing"
	"time"

	"ftpdiag/probe/realserver"
)

func TestClientsListEveryWay(t *testing.T) {
	each(t, func(t *testing.T, p realserver.Product) {
		for _, ip := range []netip.Addr{v4, v6} {
			s := realserver.Config{Product: p, Address: ip}.Start(t, realserver.Loopback)
			for _, way := range realserver.WaysTo(ip) {
				r := realserver.Request{Server: s.Addr}.Run(t, way)
				if !r.OK || !bytes.Contains(r.Output, []byte(realserver.SmallFile)) {
					t.Errorf("%s on %v: exit %d after %v by %s, output %q\n%s",
						way, ip, r.ExitCode, r.Duration, r.Command, r.Output, r.Dialogue)
				}
			}
		}
	})
}

func TestClientsFetchAFile(t *testing.T) {
	s := realserver.Config{Product: realserver.Vsftpd}.Start(t, realserver.Loopback)
	want := realserver.Content(realserver.File300K)
	for _, way := range realserver.Ways {
		r := realserver.Request{Server: s.Addr, Path: realserver.File300K}.Run(t, way)
		if !r.OK || !bytes.Equal(r.Output, want) {
			t.Errorf("%s: exit %d, %d bytes\n%s", way, r.ExitCode, len(r.Output), r.Dialogue)
		}
	}
}

// A client that falls back to the other mode or command has not succeeded.
func TestClientsFallBackIsNoSuccess(t *testing.T) {
	s := realserver.Config{Product: realserver.Vsftpd, Deny: []string{"EPSV", "EPRT"}}.Start(t, realserver.Loopback)
	want := map[realserver.Way]bool{
		realserver.CurlPASV: true, realserver.CurlLenientPASV: true, realserver.CurlPORT: true,
		realserver.LftpPassive: true, realserver.LftpActive: true,
	}
	for _, way := range realserver.Ways {
		r := realserver.Request{Server: s.Addr}.Run(t, way)
		if r.OK != want[way] {
			t.Errorf("%s: OK %v, want %v; exit %d by %s\n%s", way, r.OK, want[way], r.ExitCode, r.Command, r.Dialogue)
		}
	}
}

func TestClientsSpeakTLS(t *testing.T) {
	cert := realserver.NewCertificate(t, time.Hour, "127.0.0.1")
	each(t, func(t *testing.T, p realserver.Product) {
		for _, kind := range []string{"explicit", "implicit"} {
			if kind == "implicit" && p == realserver.PureFTPd {
				continue
			}
			s := realserver.Config{Product: p, TLS: &realserver.TLS{
				CertFile: cert.CertFile, KeyFile: cert.KeyFile, Implicit: kind == "implicit", Require: true, RequireData: true,
			}}.Start(t, realserver.Loopback)
			for _, way := range []realserver.Way{realserver.CurlEPSV, realserver.LftpPassive} {
				if way == realserver.CurlEPSV && p == realserver.Pyftpdlib {
					continue // curl 7.88 shakes hands before LIST; pyftpdlib 1.5.7 resets that
				}
				r := realserver.Request{Server: s.Addr, TLS: kind, CAFile: cert.CertFile}.Run(t, way)
				if !r.OK || !strings.Contains(string(r.Output), realserver.SmallFile) {
					t.Errorf("%s, %s: exit %d\n%s%s", way, kind, r.ExitCode, r.Output, r.Dialogue)
				}
			}
		}
	})
}
