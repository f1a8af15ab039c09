package ftptest

import (
	"bytes"
	"io"
	"net"
	"net/netip"
	"os"
	"strings"
	"sync"
	"sync/atomic"

	"ftpdiag/probe/ftp"
)

// Inspect is a middlebox that reads the control connection line by line. line
// is given each whole line with its end, and gives back what is passed on: ""
// swallows it. False cuts the connection in place of it: the client sees a RST.
// From the first TLS record on it sees nothing any more, as every such box.
func Inspect(line func(fromServer bool, text string) (string, bool)) func(net.Conn) net.Conn {
	return inspect(line, os.NewSyscallError("read", errnoReset))
}

// inspect is Inspect where the client sees another end.
func inspect(line func(fromServer bool, text string) (string, bool), end error) func(net.Conn) net.Conn {
	return func(conn net.Conn) net.Conn { return &inspected{Conn: conn, line: line, end: end} }
}

// RewriteAddresses is a NAT router's FTP helper: the address in PORT commands of
// the client, and in 227 replies of the server, is replaced; an invalid address
// leaves them. It looks at nothing but the start of a line, as helpers do.
func RewriteAddresses(inPORT, in227 netip.Addr) func(net.Conn) net.Conn {
	return Inspect(func(fromServer bool, text string) (string, bool) {
		switch {
		case !fromServer && strings.HasPrefix(text, "PORT ") && inPORT.IsValid():
			if to, ok := parsePORT(strings.TrimSpace(text[len("PORT "):])); ok {
				return "PORT " + ftp.FormatPORT(netip.AddrPortFrom(inPORT, to.Port())) + "\r\n", true
			}
		case fromServer && strings.HasPrefix(text, "227 ") && in227.IsValid():
			if r, err := ftp.ParsePASV(text[len("227 "):]); err == nil {
				return "227 Entering Passive Mode (" +
					ftp.FormatPORT(netip.AddrPortFrom(in227, uint16(r.Port))) + ")\r\n", true
			}
		}
		return text, true
	})
}

// Swallow drops the replies that begin so.
func Swallow(prefix string) func(net.Conn) net.Conn {
	return Inspect(func(fromServer bool, text string) (string, bool) {
		if fromServer && strings.HasPrefix(text, prefix) {
			return "", true
		}
		return text, true
	})
}

// Mangle replaces a command verb, as some routers make P@SW of PASV.
func Mangle(verb, other string) func(net.Conn) net.Conn {
	return Inspect(func(fromServer bool, text string) (string, bool) {
		if rest, ok := strings.CutPrefix(text, verb); ok && !fromServer {
			return other + rest, true
		}
		return text, true
	})
}

// CutOn cuts the connection where the client sends the verb.
func CutOn(verb string) func(net.Conn) net.Conn {
	return Inspect(func(fromServer bool, text string) (string, bool) {
		return text, fromServer || !strings.HasPrefix(text, verb)
	})
}

// inspected is a control connection through a middlebox.
type inspected struct {
	net.Conn
	line  func(bool, string) (string, bool)
	end   error // what the client sees of a cut
	cut   atomic.Bool
	noTLS bool        // TLS is cut
	blind atomic.Bool // both ends speak TLS by now

	reading sync.Mutex
	passed  []byte // read and looked at
	partial []byte // of a line of the server

	writing sync.Mutex
	pending []byte // of a line of the client
}

func (c *inspected) Read(p []byte) (int, error) {
	c.reading.Lock()
	defer c.reading.Unlock()
	for len(c.passed) == 0 {
		buf := make([]byte, 4096)
		n, err := c.Conn.Read(buf)
		var ok bool
		c.passed, c.partial, ok = c.pass(true, append(c.partial, buf[:n]...))
		if !ok {
			c.sever()
		}
		if c.cut.Load() {
			return 0, ending(c, c.end)
		}
		if err != nil && len(c.passed) == 0 {
			return 0, err
		}
	}
	n := copy(p, c.passed)
	c.passed = c.passed[n:]
	return n, nil
}

func (c *inspected) Write(p []byte) (int, error) {
	c.writing.Lock()
	defer c.writing.Unlock()
	out, rest, ok := c.pass(false, append(c.pending, p...))
	c.pending = rest
	if len(out) > 0 {
		if _, err := c.Conn.Write(out); err != nil {
			return 0, err
		}
	}
	if !ok {
		c.sever()
	}
	return len(p), nil
}

// ending is an end of the connection as a net.Conn gives it to who reads.
func ending(c net.Conn, end error) error {
	if end == io.EOF {
		return end
	}
	return &net.OpError{Op: "read", Net: "tcp", Source: c.LocalAddr(), Addr: c.RemoteAddr(), Err: end}
}

// sever cuts the connection: the server sees its end.
func (c *inspected) sever() {
	c.cut.Store(true)
	c.Conn.Close()
}

// isTLS tells whether b begins like a TLS record, and not like a line.
func isTLS(b []byte) bool { return len(b) > 0 && 20 <= b[0] && b[0] <= 23 }

// pass looks at the whole lines of b. In TLS there are none.
func (c *inspected) pass(fromServer bool, b []byte) (out, rest []byte, ok bool) {
	for {
		if c.blind.Load() || isTLS(b) {
			if c.noTLS {
				return out, nil, false
			}
			c.blind.Store(true)
			return append(out, b...), nil, true
		}
		end := bytes.IndexByte(b, '\n')
		if end < 0 {
			return out, b, true
		}
		text, ok := c.line(fromServer, string(b[:end+1]))
		if !ok {
			return out, nil, false
		}
		out = append(out, text...)
		b = b[end+1:]
	}
}
