package ftptest

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"sync"
	"sync/atomic"
)

// Ban is a guard that counts dials to closed ports, which suffer the effect. From
// the given one on it drops all that the client sends: dials, and what is written on
// the connections that are there, which fall silent, their end included.
func Ban(from int, closed func(netip.AddrPort) bool, others Effect) Effect {
	g := &guard{}
	var counted atomic.Int64
	return func(ctx context.Context, d *dial) (net.Conn, error) {
		if g.banned.Load() {
			return Drop()(ctx, d)
		}
		if closed(d.remote) {
			g.banned.Store(counted.Add(1) >= int64(from))
			return others(ctx, d)
		}
		d.wraps = append(d.wraps, func(conn net.Conn) net.Conn {
			return &guarded{Conn: conn, guard: g, closed: make(chan struct{})}
		})
		return nil, nil
	}
}

// guard is what a ban knows about the client.
type guard struct{ banned atomic.Bool }

// guarded is a connection of a client that may be banned.
type guarded struct {
	net.Conn
	*guard
	closing sync.Once
	closed  chan struct{}
}

func (c *guarded) Write(p []byte) (int, error) {
	if c.banned.Load() {
		return len(p), nil
	}
	return c.Conn.Write(p)
}

// Read waits on where something came after the ban, and for this end to close where
// it is the other's end that came.
func (c *guarded) Read(p []byte) (int, error) {
	for {
		n, err := c.Conn.Read(p)
		switch {
		case !c.banned.Load(), errors.Is(err, os.ErrDeadlineExceeded):
			return n, err
		case err != nil:
			<-c.closed
			return 0, net.ErrClosed
		}
	}
}

func (c *guarded) Close() error {
	c.closing.Do(func() { close(c.closed) })
	return c.Conn.Close()
}
