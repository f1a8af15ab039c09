package hostile

import (
	"crypto/tls"
	"io"
	"net"
	"strings"
	"time"
)

const listing = "-rw-r--r--   1 ftp      ftp            42 Jan  2  2026 readme.txt\r\ndrwxr-xr-x   2 ftp      ftp          4096 Jan  2  2026 pub\r\n"

// transfer carries out LIST and its kin, or STOR.
func (s *session) transfer(verb string) bool {
	conn := s.connect()
	if conn == nil {
		return s.write("425 no data connection\r\n")
	}
	defer conn.Close()
	if k := s.srv.kind; k.transfer != nil && verb != "STOR" {
		s.srv.misbehaved.Store(true)
		return k.transfer(s, conn)
	}
	if !s.say(Mark) {
		return false
	}
	data := s.secured(conn)
	if verb == "STOR" {
		s.stored, _ = io.Copy(io.Discard, data)
	} else {
		_, _ = io.WriteString(data, listing)
	}
	data.Close()
	return s.say(Completion)
}

// connect brings the data connection about; nil: it does not come.
func (s *session) connect() net.Conn {
	var conn net.Conn
	var err error
	switch {
	case s.srv.kind.deadActive && s.active != "":
		s.wait(patience)
		return nil
	case s.active != "":
		d := net.Dialer{Timeout: patience, LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)}}
		conn, err = d.Dial("tcp", s.active)
		s.active = ""
	case s.passive != nil:
		_ = s.passive.(*net.TCPListener).SetDeadline(time.Now().Add(patience))
		conn, err = s.passive.Accept()
	}
	if err != nil || conn == nil || !s.srv.keep(conn) {
		return nil
	}
	return conn
}

// secured is the data connection with TLS, where PROT P has come.
func (s *session) secured(conn net.Conn) net.Conn {
	if !s.private {
		return conn
	}
	return tls.Server(conn, s.srv.tls)
}

// transferOf is what a server does with a data connection that has come; false: the
// session is over.
type transferOf func(s *session, conn net.Conn) bool

const mark, completion = "150 here it comes\r\n", "226 done\r\n"

// listed is a transfer of text that is right in every other way.
func listed(text string) transferOf {
	return func(s *session, conn net.Conn) bool {
		s.write(mark)
		_, _ = io.WriteString(conn, text)
		conn.Close()
		return s.write(completion)
	}
}

// marked says the mark, does what is to be done, and waits for the client to go.
func marked(do func(s *session, conn net.Conn)) transferOf {
	return func(s *session, conn net.Conn) bool {
		s.write(mark)
		do(s, conn)
		return s.hang()
	}
}

// endlessly writes text until the client has had enough, and then goes on.
func endlessly(text string) transferOf {
	return func(s *session, conn net.Conn) bool {
		s.write(mark)
		for _, err := io.WriteString(conn, text); err == nil; {
			_, err = io.WriteString(conn, text)
		}
		return s.write("426 gone\r\n")
	}
}

func resetData(conn net.Conn) {
	_ = conn.(*net.TCPConn).SetLinger(0)
	conn.Close()
}

func writeData(text string) func(*session, net.Conn) {
	return func(_ *session, conn net.Conn) { _, _ = io.WriteString(conn, text) }
}

// transfers are misbehaviours on the data connection, or at odds with it.
var transfers = []struct {
	name string
	do   transferOf
}{
	{"silence", marked(func(*session, net.Conn) {})},
	{"closed, no completion", marked(func(_ *session, conn net.Conn) { conn.Close() })},
	{"reset at once", marked(func(_ *session, conn net.Conn) { resetData(conn) })},
	{"reset in the middle", marked(func(_ *session, conn net.Conn) { _, _ = io.WriteString(conn, listing[:40]); resetData(conn) })},
	{"reset and completed", func(s *session, conn net.Conn) bool { s.write(mark); resetData(conn); return s.write(completion) }},
	{"left open", func(s *session, conn net.Conn) bool {
		s.write(mark)
		_, _ = io.WriteString(conn, listing)
		s.write(completion)
		return s.hang()
	}},
	{"half closed", marked(func(_ *session, conn net.Conn) {
		_, _ = io.WriteString(conn, listing)
		_ = conn.(*net.TCPConn).CloseWrite()
	})},
	{"half closed and completed", func(s *session, conn net.Conn) bool {
		s.write(mark)
		_, _ = io.WriteString(conn, listing)
		_ = conn.(*net.TCPConn).CloseWrite()
		s.write(completion)
		return s.hang()
	}},
	{"no mark", func(s *session, conn net.Conn) bool {
		_, _ = io.WriteString(conn, listing)
		conn.Close()
		return s.write(completion)
	}},
	{"data before the mark", func(s *session, conn net.Conn) bool {
		_, _ = io.WriteString(conn, listing)
		conn.Close()
		return s.write(mark) && s.write(completion)
	}},
	{"completion before data", func(s *session, conn net.Conn) bool {
		s.write(mark + completion)
		s.wait(50 * time.Millisecond)
		_, _ = io.WriteString(conn, listing)
		return true
	}},
	{"drip", marked(func(s *session, conn net.Conn) {
		for _, b := range []byte(listing + listing) {
			if _, err := conn.Write([]byte{b}); err != nil || !s.wait(50*time.Millisecond) {
				return
			}
		}
	})},
	{"endless listing", endlessly(strings.Repeat(listing, 512))},
	{"endless line", endlessly(strings.Repeat("x", 1<<16))},
	{"endless empty lines", endlessly(strings.Repeat("\r\n", 1<<15))},
	{"endless NULs", endlessly(strings.Repeat("\x00", 1<<16))},
	{"a line of 1 MB", listed("-rw-r--r-- 1 ftp ftp 42 Jan 2 2026 " + strings.Repeat("x", 1<<20) + "\r\n")},
	{"20,000 files", listed(strings.Repeat(listing, 10000))},
	{"no listing", listed("hello\r\nworld\r\n\r\n")},
	{"sizes out of range", listed("-rw-r--r-- 1 ftp ftp 99999999999999999999999999 Jan 2 2026 a\r\n-rw-r--r-- 1 ftp ftp -1 Jan 2 2026 b\r\n")},
	{"replies in place of data", listed("226 done\r\n425 no\r\n")},
	{"TLS in place of data", listed("\x16\x03\x03\x40\x00" + strings.Repeat("\x00", 100))},
	{"control closed meanwhile", func(s *session, conn net.Conn) bool {
		s.write(mark)
		s.conn.Close()
		return s.wait(time.Second) && false
	}},
	{"control reset meanwhile", func(s *session, conn net.Conn) bool { s.write(mark); return reset(s, "") }},
	{"flood meanwhile", func(s *session, conn net.Conn) bool {
		return s.write(mark+strings.Repeat("110 wait\r\n", 5000)) && s.hang()
	}},
	{"flood of marks", func(s *session, conn net.Conn) bool { return s.write(strings.Repeat(mark, 40)) && s.hang() }},
	{"refused while data flow", func(s *session, conn net.Conn) bool {
		s.write(mark)
		_, _ = io.WriteString(conn, listing)
		return s.write("426 no more\r\n451 at all\r\n") && s.hang()
	}},
	{"421 while data flow", marked(func(s *session, conn net.Conn) { writeData(listing)(s, conn); s.write("421 enough\r\n") })},
}
