package realserver_test

import (
	"bytes"
	"net/netip"
	"testing"

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
