package main

import (
	"net"
	"net/netip"
	"runtime"
	"testing"
)

// Every address that an interface has is local.
func TestIsLocal(t *testing.T) {
	interfaces, err := net.InterfaceAddrs()
	if err != nil || len(interfaces) == 0 {
		t.Fatalf("%v, %v", interfaces, err)
	}
	for _, a := range interfaces {
		if p, err := netip.ParsePrefix(a.String()); err != nil || !isLocal(p.Addr()) {
			t.Errorf("%v is not local; %v", a, err)
		}
	}
	if runtime.GOOS == "linux" && !isLocal(ip("127.0.0.2")) {
		t.Error("127.0.0.2 is not local")
	}
	for _, other := range []string{"192.0.2.1", "198.51.100.7", "2001:db8::1"} {
		if isLocal(ip(other)) {
			t.Errorf("%s is local", other)
		}
	}
}
