//go:build linux

package netlab

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// reach dials a port of the lab's server from the client and says what came of it.
func reach(t *testing.T, l *Lab, ip netip.Addr, port uint16) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	c, err := l.Client.Dial(ctx, "tcp", netip.AddrPortFrom(ip, port).String())
	switch {
	case err == nil:
		c.Close()
		return "connected"
	case errors.Is(err, unix.ECONNREFUSED):
		return "refused"
	case errors.Is(err, unix.EHOSTUNREACH), errors.Is(err, unix.EACCES) && ip.Is6():
		// IPv6 says EACCES where a firewall prohibits: icmpv6_err_convert of the kernel.
		return "unreachable"
	case errors.Is(err, unix.ENETUNREACH):
		return "no network"
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.DeadlineExceeded):
		return "silence"
	}
	return err.Error()
}

func TestFourHostsForwardBothFamilies(t *testing.T) {
	Need(t)
	t.Parallel()
	start := time.Now()
	l := Build(t, Plan{Server: Does(Answers(21, Says("220 hello\r\n")))})
	t.Logf("built in %v", time.Since(start))
	for _, ip := range []netip.Addr{PublicAddr, PublicAddr6} {
		start := time.Now()
		if got := reach(t, l, ip, 21); got != "connected" {
			t.Errorf("%v: %s", ip, got)
		}
		t.Logf("%v after %v", ip, time.Since(start))
		if got := reach(t, l, ip, 22); got != "refused" {
			t.Errorf("closed port of %v: %s", ip, got)
		}
	}
}

func TestNamedServer(t *testing.T) {
	Need(t)
	t.Parallel()
	l := Build(t, Plan{Named: true})
	out, err := l.Client.Output(l.Client.Command(t.Context(), "getent", "ahosts", HostName))
	if err != nil {
		t.Fatal(err)
	}
	for _, ip := range []netip.Addr{PublicAddr, PublicAddr6} {
		if !strings.Contains(out, ip.String()+" ") {
			t.Errorf("no %v in %q", ip, out)
		}
	}
}

func TestActions(t *testing.T) {
	Need(t)
	for action, want := range map[Action]string{
		Drop: "silence", Reset: "refused", PortUnreachable: "refused", Prohibit: "unreachable", HostUnreachable: "unreachable",
	} {
		t.Run(string(action), func(t *testing.T) {
			t.Parallel()
			l := Build(t, Plan{
				ServerGateway: Does(Stateful(action), Admit("21")),
				Server:        Does(Answers(21, Silent), Answers(50000, Silent)),
			})
			if got := reach(t, l, PublicAddr, 21); got != "connected" {
				t.Errorf("admitted port: %s", got)
			}
			for _, ip := range []netip.Addr{PublicAddr, PublicAddr6} {
				if got := reach(t, l, ip, 50000); got != want {
					t.Errorf("other port of %v: %s, want %s", ip, got, want)
				}
			}
		})
	}
}

func TestForwardHidesTheServer(t *testing.T) {
	Need(t)
	t.Parallel()
	l := Build(t, Plan{
		Private: true,
		// An outsider that knows the way is kept out all the same.
		ClientGateway: Does(func(h *Host) { h.route("10.20.0.0/24", ServerWAN.String()) }),
		ServerGateway: Does(Forward("21")),
		Server:        Does(Answers(21, Silent), Answers(22, Silent)),
	})
	for _, c := range []struct {
		ip   netip.Addr
		port uint16
		want string
	}{{ServerWAN, 21, "connected"}, {ServerWAN, 22, "refused"}, {PrivateAddr, 21, "silence"}} {
		if got := reach(t, l, c.ip, c.port); got != c.want {
			t.Errorf("%v:%d: %s, want %s", c.ip, c.port, got, c.want)
		}
	}
}

func TestDelay(t *testing.T) {
	Need(t)
	t.Parallel()
	const oneWay = 50 * time.Millisecond
	l := Build(t, Plan{Delay: oneWay, Server: Does(Answers(21, func(c net.Conn) { io.Copy(c, c) }))})
	for _, ip := range []netip.Addr{PublicAddr, PublicAddr6} {
		c, err := l.Client.Dial(t.Context(), "tcp", netip.AddrPortFrom(ip, 21).String())
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		io.WriteString(c, "x")
		io.ReadFull(c, make([]byte, 1))
		if rtt := time.Since(start); rtt < 2*oneWay || rtt > 20*oneWay {
			t.Errorf("%v: echo after %v, want about %v", ip, rtt, 2*oneWay)
		}
		c.Close()
	}
}
