package exporter

import (
	"net"
	"net/http"
	"syscall"
	"testing"
	"time"
)

// Of more connections than there may be, the quiet ones close: not the one that
// waits for a probe, and not the newest.
func TestConnections(t *testing.T) {
	h := &held{release: make(chan struct{})}
	b := newBench(t, minimal, h.diagnose)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	bound := boundConnections(listener, 4)
	server := &http.Server{Handler: b.handler(), ConnContext: withConnection}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(bound) }()
	defer func() { server.Close(); <-ended }()
	base := "http://" + listener.Addr().String()
	probed := make(chan reply, 1)
	go func() { probed <- do(t, client, http.MethodGet, base+probeOf("a.example")) }()
	eventually(t, "the probe is under way", func() bool { return h.begun.Load() == 1 })
	for range 20 {
		conn, err := net.Dial("tcp", listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
	}
	do(t, client, http.MethodGet, base+"/-/healthy").has(t, "healthy")
	bound.mu.Lock()
	n := len(bound.open)
	bound.mu.Unlock()
	if n > 4 {
		t.Errorf("%d connections are open", n)
	}
	close(h.release)
	got := <-probed
	got.has(t, "ftpdiag_status 0")
}

// Where no descriptor is left a quiet connection gives its own.
func TestNoDescriptors(t *testing.T) {
	ours, theirs := net.Pipe()
	defer theirs.Close()
	other, end := net.Pipe()
	defer end.Close()
	l := boundConnections(&exhausted{conn: other}, 10)
	quiet := l.add(ours)
	quiet.used.Store(time.Now().Add(-time.Minute).UnixNano())
	got, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := quiet.Write([]byte("x")); err == nil {
		t.Error("the quiet connection is open")
	}
	got.Close()
	if len(l.open) != 0 {
		t.Errorf("%d connections are open", len(l.open))
	}
}

// exhausted has no descriptor at first.
type exhausted struct {
	net.Listener
	conn  net.Conn
	tries int
}

func (e *exhausted) Accept() (net.Conn, error) {
	if e.tries++; e.tries == 1 {
		return nil, &net.OpError{Op: "accept", Err: syscall.EMFILE}
	}
	return e.conn, nil
}
