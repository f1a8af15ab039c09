//go:build linux

package netlab

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/netip"
	"os/exec"
	"sync"
	"syscall"
	"testing"
	"time"
)

// detected is what the detector on the server's gateway has counted, and whom it
// has banned.
func (l *Lab) detected(t *testing.T) (scanned int, banned []string) {
	t.Helper()
	out, err := l.ServerGateway.Output(exec.Command("nft", "-j", "list", "table", "inet", "lab"))
	if err != nil {
		t.Fatal(err)
	}
	var listing struct {
		Nftables []struct {
			Counter *struct{ Packets int }
			Set     *struct {
				Name string
				Elem []struct{ Elem struct{ Val string } }
			}
		}
	}
	if err := json.Unmarshal([]byte(out), &listing); err != nil {
		t.Fatalf("%v in %s", err, out)
	}
	for _, object := range listing.Nftables {
		switch {
		case object.Counter != nil:
			scanned = object.Counter.Packets
		case object.Set != nil && object.Set.Name == "scanners":
			for _, e := range object.Set.Elem {
				banned = append(banned, e.Elem.Val)
			}
		}
	}
	return scanned, banned
}

// knock dials n ports at once from the client, beginning with first, with a time
// to live unless that is 0, and gives up after the wait.
func knock(t *testing.T, l *Lab, first uint16, n, ttl int, wait time.Duration) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), wait)
	defer cancel()
	d := net.Dialer{Control: func(_, _ string, c syscall.RawConn) (err error) {
		if ttl == 0 {
			return nil
		}
		return c.Control(func(fd uintptr) { err = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_IP, syscall.IP_TTL, ttl) })
	}}
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			err := l.Client.Do(func() error {
				c, err := d.DialContext(ctx, "tcp", netip.AddrPortFrom(l.Target, first+uint16(i)).String())
				if err == nil {
					c.Close()
				}
				return err
			})
			if err == nil {
				t.Errorf("port %d is not dead", first+uint16(i))
			}
		})
	}
	all.Wait()
}

// Shorter than the second after which the system sends a SYN again.
const oneSYN = 500 * time.Millisecond

func TestScanDetector(t *testing.T) {
	Need(t)
	echo := Does(Answers(21, func(c net.Conn) { io.Copy(c, c) }))
	for name, plan := range map[string]Plan{
		"dropped":    {Server: echo, ServerGateway: Does(Stateful(Drop), Admit("21"), ScanDetector())},
		"reset":      {Server: echo, ServerGateway: Does(ScanDetector(), Stateful(Reset), Admit("21"))},
		"prohibited": {Server: echo, ServerGateway: Does(Stateful(Prohibit), Admit("21"), ScanDetector())},
		"closed":     {Server: echo, ServerGateway: Does(Stateful(Drop), Admit("21", "50000-50099"), ScanDetector())},
		"NAT":        {Server: echo, Private: true, ServerGateway: Does(Forward("21"), ScanDetector())},
		"silent-NAT": {Server: echo, Private: true, ServerGateway: Does(Forward("21"), Self(Drop), ScanDetector())},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := Build(t, plan)
			open, err := l.Client.Dial(t.Context(), "tcp", netip.AddrPortFrom(l.Target, 21).String())
			if err != nil {
				t.Fatal(err)
			}
			defer open.Close()
			knock(t, l, 50000, 10, 0, oneSYN)
			expectBan(t, l, open, 10, false)
			knock(t, l, 50010, 1, 0, oneSYN)
			expectBan(t, l, open, 11, true)
		})
	}
}

// expectBan looks at the detector, at an open connection and at port 21.
func expectBan(t *testing.T, l *Lab, open net.Conn, scanned int, want bool) {
	t.Helper()
	n, banned := l.detected(t)
	if n != scanned || (len(banned) > 0) != want {
		t.Errorf("%d SYNs counted, %v banned; want %d, banned %v", n, banned, scanned, want)
	}
	if err := open.SetDeadline(time.Now().Add(2 * time.Second)); err != nil {
		t.Fatal(err)
	}
	_, _ = io.WriteString(open, "x")
	if _, err := io.ReadFull(open, make([]byte, 1)); (err != nil) != want {
		t.Errorf("after %d SYNs the open connection says %v", scanned, err)
	}
	if got := reach(t, l, l.Target, 21); (got != "connected") != want {
		t.Errorf("after %d SYNs port 21: %s", scanned, got)
	}
}

// A SYN that is sent again counts again; one that dies on the way does not.
func TestScanDetectorCounts(t *testing.T) {
	Need(t)
	t.Parallel()
	l := Build(t, Plan{ServerGateway: Does(Stateful(Drop), Admit("21"), ScanDetector())})
	knock(t, l, 50000, 20, 2, oneSYN)
	if n, banned := l.detected(t); n != 0 || len(banned) > 0 {
		t.Errorf("%d SYNs that died on the way counted, %v banned", n, banned)
	}
	knock(t, l, 50000, 1, 3, time.Second+oneSYN)
	if n, _ := l.detected(t); n != 2 {
		t.Errorf("a SYN and its repetition counted %d times", n)
	}
}
