package probe

import (
	"context"
	"net"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// boundRequests lets the system itself end a dial at the deadline of the context,
// so that a busy machine, whose timers are late, does not send one request more. The
// system heeds it from the second request on (tcp(7), TCP_USER_TIMEOUT; a first wait
// that is cut short is followed by another request, measured on Linux 6.18).
func boundRequests(ctx context.Context, d *net.Dialer) {
	deadline, ok := ctx.Deadline()
	left := time.Until(deadline)
	if !ok || left < synTimes[1]*time.Second {
		return
	}
	d.Control = func(_, _ string, c syscall.RawConn) error {
		return setUserTimeout(c, left)
	}
}

// unbound gives the connection the system's own patience with data.
func unbound(conn net.Conn) {
	if c, ok := conn.(syscall.Conn); ok {
		if raw, err := c.SyscallConn(); err == nil {
			_ = setUserTimeout(raw, 0) // an error: it has ended
		}
	}
}

// setUserTimeout sets a socket's patience; zero is the system's own.
func setUserTimeout(c syscall.RawConn, d time.Duration) error {
	var failed error
	err := c.Control(func(fd uintptr) {
		failed = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, int(d.Milliseconds()))
	})
	if err != nil {
		return err
	}
	return failed
}
