package realserver_test

import (
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"testing"

	"ftpdiag/probe/realserver"
)

// newNamespace makes a network namespace that has a loopback and nothing else.
func newNamespace(t *testing.T) realserver.Host {
	t.Helper()
	realserver.Need(t, "ip")
	name := fmt.Sprintf("realserver-%d", os.Getpid())
	ip(t, "netns", "add", name)
	t.Cleanup(func() { ip(t, "netns", "del", name) })
	ip(t, "-n", name, "link", "set", "lo", "up")
	return realserver.Namespace(name)
}

func ip(t *testing.T, args ...string) {
	t.Helper()
	if out, err := exec.Command("ip", args...).CombinedOutput(); err != nil {
		t.Fatalf("ip %v: %v\n%s", args, err, out)
	}
}

// In a namespace the servers listen on port 21 of both families, and are not to
// be reached from outside.
func TestServesANamespace(t *testing.T) {
	host := newNamespace(t)
	for _, p := range realserver.Products {
		s := realserver.Config{Product: p}.Start(t, host)
		for _, addr := range []netip.Addr{v4, v6} {
			to := netip.AddrPortFrom(addr, 21)
			r := realserver.Request{Host: host, Server: to}.Run(t, realserver.CurlEPSV)
			if !r.OK {
				t.Errorf("%s on %v: exit %d\n%s", p, addr, r.ExitCode, r.Dialogue)
			}
			if r = (realserver.Request{Server: to}).Run(t, realserver.CurlEPSV); r.OK {
				t.Errorf("%s on %v is reached from outside of its namespace", p, addr)
			}
		}
		s.Stop()
	}
}
