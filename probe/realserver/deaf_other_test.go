//go:build !linux

package realserver_test

import (
	"net/netip"
	"testing"
)

func deafPort(t testing.TB) netip.AddrPort {
	t.Fatal("not on this system")
	return netip.AddrPort{}
}
