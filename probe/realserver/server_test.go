package realserver_test

import (
	"net/netip"
	"strings"
	"testing"

	"ftpdiag/probe/realserver"
)

var (
	v4 = netip.MustParseAddr("127.0.0.1")
	v6 = netip.MustParseAddr("::1")
)

// each runs a test for every product, side by side.
func each(t *testing.T, test func(t *testing.T, p realserver.Product)) {
	t.Helper()
	for _, p := range realserver.Products {
		t.Run(string(p), func(t *testing.T) {
			t.Parallel()
			test(t, p)
		})
	}
}

func TestStartsOnBothFamilies(t *testing.T) {
	each(t, func(t *testing.T, p realserver.Product) {
		for _, ip := range []netip.Addr{v4, v6} {
			s := realserver.Config{Product: p, Address: ip}.Start(t, realserver.Loopback)
			d := anonymous(t, s.Addr)
			d.want("SYST", "215")
			if reply := d.want("EPSV", "229"); !strings.Contains(reply, "(|||") {
				t.Errorf("EPSV on %v: %q", ip, reply)
			}
		}
	})
}
