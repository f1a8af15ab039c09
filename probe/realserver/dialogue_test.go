package realserver_test

import (
	"bufio"
	"cmp"
	"net"
	"net/netip"
	"net/textproto"
	"strings"
	"testing"
	"time"
)

// dialogue is a control connection of which every reply is read whole.
type dialogue struct {
	tb   testing.TB
	conn net.Conn
	text *textproto.Reader
	wait time.Duration // for one reply; 0 is replyWait
}

// replyWait bounds the wait for one reply; Pure-FTPd takes up to 8 s to refuse a
// login.
const replyWait = 20 * time.Second

func dial(tb testing.TB, addr netip.AddrPort) *dialogue {
	tb.Helper()
	conn, err := net.DialTimeout("tcp", addr.String(), replyWait)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { conn.Close() })
	return newDialogue(tb, conn)
}

func newDialogue(tb testing.TB, conn net.Conn) *dialogue {
	return &dialogue{tb: tb, conn: conn, text: textproto.NewReader(bufio.NewReader(conn))}
}

// read gives the next reply, lines joined by \n and each with its code; EOF or
// RST where the connection ends instead.
func (d *dialogue) read() string {
	d.tb.Helper()
	_ = d.conn.SetReadDeadline(time.Now().Add(cmp.Or(d.wait, replyWait)))
	var lines []string
	for {
		line, err := d.text.ReadLine()
		if err != nil {
			return strings.Join(append(lines, ending(d.tb, err)), "\n")
		}
		lines = append(lines, line)
		if len(line) >= 4 && line[3] == ' ' && line[:3] == lines[0][:3] {
			return strings.Join(lines, "\n")
		}
	}
}

// ask sends one command and gives the reply to it.
func (d *dialogue) ask(command string) string {
	d.tb.Helper()
	d.send(command)
	return d.read()
}

// send sends one command. Where the connection has ended, reading says so.
func (d *dialogue) send(command string) {
	_, _ = d.conn.Write([]byte(command + "\r\n"))
}

// want asks and compares the reply's code.
func (d *dialogue) want(command, code string) string {
	d.tb.Helper()
	reply := d.ask(command)
	if !strings.HasPrefix(reply, code) {
		d.tb.Fatalf("%s: got %q, want code %s", command, reply, code)
	}
	return reply
}

// login reads the greeting and logs in.
func login(tb testing.TB, addr netip.AddrPort, user, password string) *dialogue {
	tb.Helper()
	d := dial(tb, addr)
	if greeting := d.read(); !strings.HasPrefix(greeting, "220") {
		tb.Fatalf("greeting: %q", greeting)
	}
	reply := d.ask("USER " + user)
	if strings.HasPrefix(reply, "331") {
		reply = d.ask("PASS " + password)
	}
	if !strings.HasPrefix(reply, "230") { // Pure-FTPd's reply to USER anonymous
		tb.Fatalf("login: %q", reply)
	}
	return d
}

func anonymous(tb testing.TB, addr netip.AddrPort) *dialogue {
	tb.Helper()
	return login(tb, addr, "anonymous", "test@example")
}
