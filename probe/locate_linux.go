package probe

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strconv"
	"time"

	"golang.org/x/sys/unix"

	"ftpdiag/probe/evidence"
)

// walkTick is how long a walk waits for an answer before it looks what to ask
// next.
const walkTick = 5 * time.Millisecond

// run carries the walk out. An error says why no packet could leave.
func (w *hopwalk) run(ctx context.Context) error {
	sockets := hopSockets{}
	defer sockets.close()
	start := time.Now()
	for {
		now := time.Since(start)
		asks := w.next(now)
		for _, a := range asks {
			fd, err := w.open(a)
			if err != nil && len(w.echoes) == 0 {
				return fmt.Errorf("no packet can leave this machine: %s", describe(KindOf(err), err))
			}
			w.sent(a, now)
			if err == nil {
				sockets[fd] = a
			}
		}
		if len(asks) == 0 && w.over(now) {
			return nil
		}
		if ctx.Err() != nil {
			return w.interrupted()
		}
		for fd, a := range sockets.wait(walkTick) {
			if answer := readAnswer(fd); answer.what != echoNothing {
				w.heard(a, time.Since(start), answer)
			}
			sockets.drop(fd)
		}
		for fd, a := range sockets {
			// After the repetition the routers' messages are for others.
			if w.spent(a, time.Since(start)) || w.fate(a).gone {
				sockets.drop(fd)
			}
		}
	}
}

// interrupted is an error where the walk has not come far enough to call silence
// silence.
func (w *hopwalk) interrupted() error {
	if w.firstAnswer() > 0 || w.echo(toDead, w.limit()).settled() {
		return nil
	}
	return errors.New(kindWords[evidence.KindInterrupted])
}

// open sends one request. What the request makes the system answer at once is
// found by the first wait.
func (w *hopwalk) open(a hopAsk) (fd int, err error) {
	to := w.cfg.Dead
	if a.to == toControl {
		to = w.cfg.Control
	}
	domain := unix.AF_INET
	if to.Addr().Is6() {
		domain = unix.AF_INET6
	}
	fd, err = unix.Socket(domain, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, os.NewSyscallError("socket", err)
	}
	if err := w.connect(fd, domain, a, to); err != nil {
		unix.Close(fd)
		return -1, err
	}
	if !w.local.IsValid() {
		w.local = localAddr(fd)
	}
	return fd, nil
}

// connect sets the socket up and starts to connect it.
func (w *hopwalk) connect(fd, domain int, a hopAsk, to netip.AddrPort) error {
	options := []struct{ level, name, value int }{
		// The socket keeps the last packet of the handshake back for a moment: long
		// enough for a RST to go in its stead when the socket is closed, so that the
		// server's program does not see a connection.
		{unix.IPPROTO_TCP, unix.TCP_DEFER_ACCEPT, 1},
		{unix.IPPROTO_IP, unix.IP_RECVERR, 1},
		{unix.IPPROTO_IP, unix.IP_TTL, a.ttl},
		{unix.IPPROTO_IP, unix.IP_MINTTL, a.replyTTL},
	}
	if domain == unix.AF_INET6 {
		options[1].level, options[1].name = unix.IPPROTO_IPV6, unix.IPV6_RECVERR
		options[2].level, options[2].name = unix.IPPROTO_IPV6, unix.IPV6_UNICAST_HOPS
		options[3].level, options[3].name = unix.IPPROTO_IPV6, unix.IPV6_MINHOPCOUNT
	}
	for _, o := range options {
		if o.value == 0 {
			continue
		}
		if err := unix.SetsockoptInt(fd, o.level, o.name, o.value); err != nil {
			return os.NewSyscallError("setsockopt", err)
		}
	}
	if err := unix.SetsockoptLinger(fd, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1}); err != nil {
		return os.NewSyscallError("setsockopt", err)
	}
	if w.cfg.Local.IsValid() {
		if err := unix.Bind(fd, sockaddr(netip.AddrPortFrom(w.cfg.Local.Unmap(), 0))); err != nil {
			return os.NewSyscallError("bind", err)
		}
	}
	err := unix.Connect(fd, sockaddr(to))
	if err == nil || errors.Is(err, unix.EINPROGRESS) || errors.Is(err, unix.ECONNREFUSED) {
		return nil
	}
	return os.NewSyscallError("connect", err)
}

// hopSockets are the requests that wait for an answer.
type hopSockets map[int]hopAsk

// wait gives those of which something is known; it waits for one at most so long.
func (s hopSockets) wait(most time.Duration) map[int]hopAsk {
	poll := make([]unix.PollFd, 0, len(s))
	for fd := range s {
		poll = append(poll, unix.PollFd{Fd: int32(fd), Events: unix.POLLOUT})
	}
	ready := map[int]hopAsk{}
	if _, err := unix.Poll(poll, int(most/time.Millisecond)); err != nil {
		return ready // EINTR; anything else shows again
	}
	for _, p := range poll {
		if p.Revents != 0 {
			ready[int(p.Fd)] = s[int(p.Fd)]
		}
	}
	return ready
}

// drop closes one; the linger time of 0 makes that a RST.
func (s hopSockets) drop(fd int) {
	unix.Close(fd)
	delete(s, fd)
}

func (s hopSockets) close() {
	for fd := range s {
		s.drop(fd)
	}
}

// readAnswer takes what came back to a request from its socket.
func readAnswer(fd int) hopEcho {
	var oob [256]byte
	var data [128]byte
	for {
		_, n, _, _, err := unix.Recvmsg(fd, data[:], oob[:], unix.MSG_ERRQUEUE)
		if err != nil {
			break
		}
		if e := parseErrors(oob[:n]); e.what != echoNothing {
			return e
		}
	}
	pending, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ERROR)
	if err != nil {
		return hopEcho{}
	}
	switch unix.Errno(pending) {
	case 0:
		if _, err := unix.Getpeername(fd); err == nil {
			return hopEcho{what: echoOpen}
		}
	case unix.ECONNREFUSED, unix.ECONNRESET: // without a word in the error queue: a RST
		return hopEcho{what: echoReset}
	}
	return hopEcho{}
}

// parseErrors reads the control messages of the error queue.
func parseErrors(oob []byte) hopEcho {
	messages, err := unix.ParseSocketControlMessage(oob)
	if err != nil {
		return hopEcho{}
	}
	for _, m := range messages {
		switch {
		case m.Header.Level == unix.IPPROTO_IP && m.Header.Type == unix.IP_RECVERR,
			m.Header.Level == unix.IPPROTO_IPV6 && m.Header.Type == unix.IPV6_RECVERR:
			if e := parseExtendedError(m.Data); e.what != echoNothing {
				return e
			}
		}
	}
	return hopEcho{}
}

// localAddr is this end of a socket; invalid where that is not known.
func localAddr(fd int) netip.Addr {
	sa, err := unix.Getsockname(fd)
	if err != nil {
		return netip.Addr{}
	}
	switch sa := sa.(type) {
	case *unix.SockaddrInet4:
		return netip.AddrFrom4(sa.Addr)
	case *unix.SockaddrInet6:
		return netip.AddrFrom16(sa.Addr).Unmap()
	}
	return netip.Addr{}
}

// sockaddr is ap for the system.
func sockaddr(ap netip.AddrPort) unix.Sockaddr {
	addr := ap.Addr()
	if addr.Is4() {
		return &unix.SockaddrInet4{Port: int(ap.Port()), Addr: addr.As4()}
	}
	sa := &unix.SockaddrInet6{Port: int(ap.Port()), Addr: addr.As16()}
	if zone := addr.Zone(); zone != "" {
		if n, err := strconv.ParseUint(zone, 10, 32); err == nil {
			sa.ZoneId = uint32(n)
		} else if i, err := net.InterfaceByName(zone); err == nil {
			sa.ZoneId = uint32(i.Index)
		}
	}
	return sa
}
