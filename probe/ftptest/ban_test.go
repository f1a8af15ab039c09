package ftptest

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"testing"
	"time"
)

// The first closed port costs nothing, the second the contact: what is sent on the
// connection that is there arrives nowhere, and the server's end is not seen.
func TestBan(t *testing.T) {
	s := start(t, Behaviour{})
	n := &Network{Rules: []Rule{{nil, Ban(2, Not(Port(s.Addr().Port())), Refuse())}}}
	c := dialThrough(t, n, s.Addr())
	c.enter()
	dial := func(port uint16) error {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		_, err := n.DialTCP(ctx, netip.Addr{}, netip.AddrPortFrom(loopback, port))
		return err
	}
	if err := dial(1); !errors.Is(err, errnoRefused) {
		t.Errorf("the first: %v", err)
	}
	c.ask(200, "NOOP")
	if err := dial(1); !errors.Is(err, errnoRefused) {
		t.Errorf("the second: %v", err)
	}
	for _, port := range []uint16{1, s.Addr().Port()} {
		if err := dial(port); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("port %d: %v", port, err)
		}
	}
	c.send("STAT")
	if err := c.conn.SetReadDeadline(time.Now().Add(50 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	if _, err := c.conn.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("read: %v", err)
	}
	s.Close()
	if last := s.Dialogue()[0]; last[len(last)-1].Line != "NOOP" {
		t.Errorf("the server got %q", last[len(last)-1].Line)
	}
	_ = c.conn.SetReadDeadline(time.Time{})
	ended := make(chan error, 1)
	go func() {
		_, err := c.conn.Read(make([]byte, 1))
		ended <- err
	}()
	select {
	case err := <-ended:
		t.Fatalf("the server's end is seen: %v", err)
	case <-time.After(50 * time.Millisecond):
	}
	c.conn.Close()
	if err := <-ended; !errors.Is(err, net.ErrClosed) {
		t.Errorf("after this end closed: %v", err)
	}
}
