package exporter

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// How many of the descriptors are whose. A probe without one would take that for a
// fault of its target.
const (
	// perProbe is how many a probe may hold at once: two control connections, dials
	// to several addresses or ports, a listener and what it accepted, sockets of the
	// hop walk.
	perProbe = 16

	// reserved are those of files, the resolver and the runtime.
	reserved = 32
)

// mostConnections bounds the connections at once.
func mostConnections() int { return max(64, min(512, descriptors()/6)) }

// mostRequests bounds the requests at once that may take their time. More are
// refused before anything is done for them, on the connections that are left.
func mostRequests() int { return mostConnections()*3/4 - mostPages }

// mostProbes is for how many probes at once there are descriptors.
func mostProbes() int { return max(1, (descriptors()-reserved-mostConnections())/perProbe) }

// settle is how long a connection is left alone. Of many that come at once, each
// has a request on its way: 1,500 are through in half a second.
const settle = 50 * time.Millisecond

// connections is a listener that bounds how many of its connections are open. Where
// there is one too many, or no descriptor is left, it closes the one that has been
// quiet for longest: clients that keep connections open for later requests, or say
// nothing, keep nobody out.
type connections struct {
	net.Listener
	most int

	mu   sync.Mutex
	open map[*connection]struct{}
}

// connection is one of them.
type connection struct {
	net.Conn
	of *connections

	used atomic.Int64 // when something was last read or written
	busy atomic.Int32 // requests under way that may take their time
}

func boundConnections(l net.Listener, most int) *connections {
	return &connections{Listener: l, most: most, open: map[*connection]struct{}{}}
}

// Accept waits for a connection.
func (l *connections) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if err == nil {
			return l.add(conn), nil
		}
		if exhausted := errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE); !exhausted || !l.drop() {
			return nil, err
		}
	}
}

func (l *connections) add(conn net.Conn) *connection {
	c := &connection{Conn: conn, of: l}
	for tries := 0; l.full() && !l.drop() && tries < 1000; tries++ {
		time.Sleep(time.Millisecond)
	}
	c.touch()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open[c] = struct{}{}
	return c
}

func (l *connections) full() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.open) >= l.most
}

// drop closes the connection that has been quiet for longest, and tells whether
// there is one that may be closed.
func (l *connections) drop() bool {
	var quiet *connection
	l.mu.Lock()
	for c := range l.open {
		if c.busy.Load() == 0 && (quiet == nil || c.used.Load() < quiet.used.Load()) {
			quiet = c
		}
	}
	l.mu.Unlock()
	if quiet == nil || time.Since(time.Unix(0, quiet.used.Load())) < settle {
		return false
	}
	quiet.Close()
	return true
}

func (c *connection) touch() { c.used.Store(time.Now().UnixNano()) }

func (c *connection) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if n > 0 {
		c.touch()
	}
	return n, err
}

func (c *connection) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	if n > 0 {
		c.touch()
	}
	return n, err
}

// Close may be called more than once.
func (c *connection) Close() error {
	c.of.mu.Lock()
	delete(c.of.open, c)
	c.of.mu.Unlock()
	return c.Conn.Close()
}

type connectionKey struct{}

// withConnection notes the connection that requests come on.
func withConnection(ctx context.Context, conn net.Conn) context.Context {
	if secured, ok := conn.(*tls.Conn); ok {
		conn = secured.NetConn()
	}
	return context.WithValue(ctx, connectionKey{}, conn)
}

// occupy keeps the connection of a request open until the returned function is
// called.
func occupy(r *http.Request) (leave func()) {
	c, ok := r.Context().Value(connectionKey{}).(*connection)
	if !ok {
		return func() {}
	}
	c.busy.Add(1)
	return func() { c.busy.Add(-1) }
}
