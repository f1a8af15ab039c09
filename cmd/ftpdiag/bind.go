package main

import (
	"errors"
	"net"
	"net/netip"
	"runtime"
	"syscall"
)

// isLocal tells whether connections can be made from ip. An address that no
// interface has may still be one of this machine, such as 127.0.0.2 on Linux, so
// the system has the last word. Any other trouble is left for the diagnosis.
func isLocal(ip netip.Addr) bool {
	interfaces, _ := net.InterfaceAddrs()
	for _, a := range interfaces {
		if n, ok := a.(*net.IPNet); ok {
			if has, ok := netip.AddrFromSlice(n.IP); ok && has.Unmap() == ip.WithZone("") {
				return true
			}
		}
	}
	l, err := net.ListenTCP("tcp", net.TCPAddrFromAddrPort(netip.AddrPortFrom(ip, 0)))
	if err == nil {
		l.Close()
	}
	return !notLocal(err)
}

// notLocal tells whether err says that an address is not one of this machine. On
// Windows that is WSAEADDRNOTAVAIL.
func notLocal(err error) bool {
	return errors.Is(err, syscall.EADDRNOTAVAIL) || runtime.GOOS == "windows" && errors.Is(err, syscall.Errno(10049))
}
