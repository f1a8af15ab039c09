package probe

import (
	"context"
	"net"
	"net/netip"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// The system bounds the dial, and not what the connection carries.
func TestPatienceOfTheSystem(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for wait, want := range map[time.Duration]int{500 * time.Millisecond: 0, 1900 * time.Millisecond: 1900} {
		ctx, cancel := context.WithTimeout(context.Background(), wait)
		defer cancel()
		d, while := net.Dialer{}, 0
		if boundRequests(ctx, &d); d.Control != nil {
			set := d.Control
			d.Control = func(network, address string, c syscall.RawConn) error {
				defer func() { while = userTimeout(t, c) }()
				return set(network, address, c)
			}
		}
		conn, err := d.DialContext(ctx, "tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		conn.Close()
		if while > want || while < want*9/10 {
			t.Errorf("a dial of %v: %d ms", wait, while)
		}
		conn, err = netDialer{}.DialTCP(ctx, netip.Addr{}, hostOf(l.Addr()))
		if err != nil {
			t.Fatal(err)
		}
		raw, err := conn.(*net.TCPConn).SyscallConn()
		if err != nil {
			t.Fatal(err)
		}
		if after := userTimeout(t, raw); after != 0 {
			t.Errorf("after a dial of %v the connection has %d ms", wait, after)
		}
		conn.Close()
	}
}

func userTimeout(t *testing.T, c syscall.RawConn) (ms int) {
	err := c.Control(func(fd uintptr) { ms, _ = unix.GetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT) })
	if err != nil {
		t.Error(err)
	}
	return ms
}
