package probe_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"testing"
	"time"

	"ftpdiag/probe"
	"ftpdiag/probe/netlab"
)

const listenPort = 41723

// watched opens a watch on the lab's client.
func watched(t *testing.T, lab *netlab.Lab) *probe.Watcher {
	t.Helper()
	var w *probe.Watcher
	if err := lab.Client.Do(func() (err error) { w, err = probe.Watch(listenPort); return err }); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() })
	return w
}

// dialBack dials the client from the server, as a server does in active mode.
func dialBack(lab *netlab.Lab, client netip.Addr, port int) error {
	ctx, cancel := context.WithTimeout(context.Background(), 300*time.Millisecond)
	defer cancel()
	c, err := lab.Server.Dial(ctx, "tcp", netip.AddrPortFrom(client, uint16(port)).String())
	if err == nil {
		c.Close()
	}
	return err
}

// awaitSYN waits until the watch has seen something.
func awaitSYN(w *probe.Watcher) (netip.AddrPort, time.Time, bool) {
	for range 200 {
		if from, at, ok := w.SYN(); ok {
			return from, at, true
		}
		time.Sleep(10 * time.Millisecond)
	}
	return netip.AddrPort{}, time.Time{}, false
}

func TestWatchSeesWhatTheFirewallDrops(t *testing.T) {
	netlab.Need(t)
	for _, hook := range []struct{ family, name, where string }{
		{"inet", "input", "priority 0"},
		{"inet", "prerouting", "priority -300"},
		{"netdev", "ingress", "device eth0 priority 0"},
	} {
		for _, client := range []netip.Addr{netlab.ClientAddr, netlab.ClientAddr6} {
			t.Run(fmt.Sprint(hook.name, "-", client), func(t *testing.T) {
				t.Parallel()
				lab := netlab.Build(t, netlab.Plan{})
				if err := lab.Client.Rules(fmt.Sprintf("table %s w { chain c { type filter hook %s %s; tcp dport %d drop; }; }\n",
					hook.family, hook.name, hook.where, listenPort)); err != nil {
					t.Fatal(err)
				}
				w := watched(t, lab)
				begin := time.Now()
				if err := dialBack(lab, client, listenPort); err == nil {
					t.Fatal("the firewall let the server in")
				}
				from, at, ok := awaitSYN(w)
				server := netlab.PublicAddr
				if client.Is6() {
					server = netlab.PublicAddr6
				}
				if !ok || from.Addr() != server || from.Port() < 1024 {
					t.Errorf("saw %v, %v, want a SYN from %v", from, ok, server)
				}
				if at.Before(begin.Add(-time.Second)) || at.After(time.Now().Add(time.Second)) {
					t.Errorf("it came at %v, want a time since %v", at, begin)
				}
			})
		}
	}
}

// connection is the server's end of one that was made to the watched port; nobody
// listens there any more.
func connection(t *testing.T, lab *netlab.Lab) net.Conn {
	t.Helper()
	l, err := lab.Client.Listen("tcp", fmt.Sprint("[::]:", listenPort))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	c, err := lab.Server.Dial(context.Background(), "tcp", netip.AddrPortFrom(netlab.ClientAddr, listenPort).String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	accepted, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { accepted.Close() })
	return c
}

func TestWatchSeesNothingElse(t *testing.T) {
	netlab.Need(t)
	t.Parallel()
	lab := netlab.Build(t, netlab.Plan{})
	old := connection(t, lab)
	w := watched(t, lab)
	if _, err := old.Write([]byte("not the first segment")); err != nil {
		t.Error(err)
	}
	if err := dialBack(lab, netlab.ClientAddr, listenPort+1); err == nil {
		t.Error("connected to a port where nobody listens")
	}
	// Our own request to the same port elsewhere, and the answer to it.
	l, err := lab.Server.Listen("tcp", fmt.Sprint("[::]:", listenPort))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	c, err := lab.Client.Dial(context.Background(), "tcp", netip.AddrPortFrom(netlab.PublicAddr, listenPort).String())
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
	if from, _, ok := w.SYN(); ok {
		t.Errorf("saw a SYN from %v, want none", from)
	}

	if err := dialBack(lab, netlab.ClientAddr, listenPort); err == nil {
		t.Error("connected to a port where nobody listens")
	}
	first, _, ok := awaitSYN(w)
	if !ok {
		t.Fatal("saw no SYN where one came")
	}
	if err := w.Close(); err != nil {
		t.Error(err)
	}
	if err := w.Close(); err != nil {
		t.Errorf("closing again: %v", err)
	}
	if again, _, ok := w.SYN(); !ok || again != first {
		t.Errorf("closed, it has seen %v, %v, want %v still", again, ok, first)
	}
}

func TestNilWatcher(t *testing.T) {
	var w *probe.Watcher
	if from, _, ok := w.SYN(); ok {
		t.Errorf("no watch saw %v", from)
	}
	if err := w.Close(); err != nil {
		t.Error(err)
	}
}

// asNobody is set for the test binary when it runs itself without privileges.
const asNobody = "FTPDIAG_TEST_AS_NOBODY"

func TestWatchNeedsItsCapability(t *testing.T) {
	if os.Getenv(asNobody) == "" && os.Geteuid() == 0 {
		runAsNobody(t, nil, "^TestWatchNeedsItsCapability$")
		return
	}
	before := descriptors(t)
	w, err := probe.Watch(listenPort)
	if w != nil || !errors.Is(err, fs.ErrPermission) {
		t.Errorf("without CAP_NET_RAW: %v, %v, want no watcher and a permission error", w, err)
	}
	if after := descriptors(t); after != before {
		t.Errorf("%d descriptors, %d before", after, before)
	}
}
