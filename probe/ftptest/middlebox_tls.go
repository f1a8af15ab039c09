package ftptest

import (
	"bytes"
	"io"
	"net"
	"os"
	"slices"
	"strings"
	"sync"
)

// StripAuth is a man in the middle who keeps the client in clear: FEAT says
// nothing of TLS, and AUTH reaches the server as a command that it does not know.
func StripAuth() func(net.Conn) net.Conn {
	return Inspect(func(fromServer bool, text string) (string, bool) {
		if fromServer && slices.Contains([]string{"AUTH TLS", "PBSZ", "PROT"}, strings.TrimSpace(text)) {
			return "", true
		}
		if rest, ok := strings.CutPrefix(text, "AUTH"); ok && !fromServer {
			return "XXXX" + rest, true
		}
		return text, true
	})
}

// CutOnReply cuts the connection in place of a reply that begins so: with a RST,
// or with an orderly end.
func CutOnReply(prefix string, withReset bool) func(net.Conn) net.Conn {
	return inspect(func(fromServer bool, text string) (string, bool) {
		return text, !fromServer || !strings.HasPrefix(text, prefix)
	}, cutWith(withReset))
}

// CutTLS cuts the connection as soon as the client begins with TLS: with a RST,
// or with an orderly end.
func CutTLS(withReset bool) func(net.Conn) net.Conn {
	return func(conn net.Conn) net.Conn {
		return &inspected{Conn: conn, end: cutWith(withReset), noTLS: true,
			line: func(_ bool, text string) (string, bool) { return text, true }}
	}
}

func cutWith(reset bool) error {
	if reset {
		return os.NewSyscallError("read", errnoReset)
	}
	return io.EOF
}

// DropLarge is a path that drops what does not fit into n bytes of a segment, and
// the ICMP messages about that: TCP sends it again and again, and nothing behind
// it is ever delivered.
func DropLarge(n int) func(net.Conn) net.Conn {
	return func(conn net.Conn) net.Conn { return &narrow{Conn: conn, limit: n} }
}

// narrow is a connection over such a path.
type narrow struct {
	net.Conn
	limit int

	reading sync.Mutex
	passed  bytes.Buffer
	deaf    bool // a segment of the server was lost

	writing sync.Mutex
	mute    bool // a segment of the client was lost
}

func (c *narrow) Read(p []byte) (int, error) {
	c.reading.Lock()
	defer c.reading.Unlock()
	for c.passed.Len() == 0 {
		buf := make([]byte, 64<<10)
		n, err := c.Conn.Read(buf)
		if c.deaf = c.deaf || n > c.limit; !c.deaf {
			c.passed.Write(buf[:n])
		}
		if err != nil && c.passed.Len() == 0 {
			return 0, err
		}
	}
	return c.passed.Read(p)
}

func (c *narrow) Write(p []byte) (int, error) {
	c.writing.Lock()
	defer c.writing.Unlock()
	if c.mute = c.mute || len(p) > c.limit; c.mute {
		return len(p), nil
	}
	return c.Conn.Write(p)
}
