package probe

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"ftpdiag/probe/evidence"
	"ftpdiag/probe/ftp"
)

// parse reads the first reply of a stream.
func parse(stream string) (evidence.Reply, int, error) {
	c := &control{rec: newRecorder(Config{}), s: &evidence.Session{}}
	lines, cut, err := c.readReply(bufio.NewReader(strings.NewReader(stream)))
	if err != nil {
		return evidence.Reply{}, 0, err
	}
	return evidence.Reply{Code: ftp.CodeOf(lines[0]), Text: ftp.Visible(ftp.TextOf(lines))}, cut, nil
}

func TestReadReply(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"220 (vsFTPd 3.0.3)\r\n", `220 "(vsFTPd 3.0.3)"`},
		{"220 bare line feed\n", `220 "bare line feed"`},
		{"220\r\n", `220 ""`},
		{"\r\n\r\n220 after empty lines\r\n", `220 "after empty lines"`},
		{"211-Features:\r\n EPSV\r\n UTF8\r\n211 End\r\n", `211 "Features:\n EPSV\n UTF8\nEnd"`},
		{"220-a\r\n220-b\r\n220 c\r\n", `220 "a\nb\nc"`},
		{"230-x\r\n230\r\n", `230 "x\n"`},
		{"226-Options: -l\r\n 226 not the end\r\n226 end\r\n", `226 "Options: -l\n 226 not the end\nend"`},
		{"211-x\r\n212 another code\r\n211 end\r\n", `211 "x\n212 another code\nend"`},
		{"220 nul \x00 and escape \x1b[2J\r\n", `220 "nul \\x00 and escape \\x1b[2J"`},
	} {
		r, _, err := parse(c.in)
		if got := fmt.Sprintf("%d %q", r.Code, r.Text); err != nil || got != c.want {
			t.Errorf("%q: %s, %v, want %s", c.in, got, err, c.want)
		}
	}
}

func TestReadReplyRefuses(t *testing.T) {
	for _, in := range []string{
		"SSH-2.0-OpenSSH_9.2p1\r\n", "HTTP/1.1 400 Bad Request\r\n", "\x15\x03\x01\x00\x02\x02\x46",
		"22 short\r\n", "2200 long\r\n", "abc\r\n",
	} {
		if r, _, err := parse(in); !errors.Is(err, errStrange) {
			t.Errorf("%q: %+v, %v, want %v", in, r, err, errStrange)
		}
	}
	if _, _, err := parse("220 unfinished"); err == nil || errors.Is(err, errStrange) {
		t.Errorf("an unfinished reply: %v", err)
	}
	if _, _, err := parse(strings.Repeat("220-aaaaaaa\r\n", replyLimit/10)); !errors.Is(err, errEndless) {
		t.Errorf("an endless reply: %v", err)
	}
}

// What is not kept is counted to the byte.
func TestReadReplyCountsWhatItCuts(t *testing.T) {
	line := "220-" + strings.Repeat("x", 996)
	in := strings.Repeat(line+"\r\n", 100) + "220 end\r\n"
	r, cut, err := parse(in)
	if err != nil || r.Code != 220 {
		t.Fatal(r.Code, err)
	}
	if cut == 0 || len(in)-cut > replyKept+len(line)+2 || len(in)-cut < replyKept-len(line) {
		t.Errorf("%d bytes, %d cut, %d kept at most", len(in), cut, replyKept)
	}
	if len(r.Text) > replyKept {
		t.Errorf("%d bytes of text", len(r.Text))
	}
}

// A reply that was read, written again and read again is the same.
func FuzzReply(f *testing.F) {
	for _, seed := range []string{
		"220 (vsFTPd 3.0.3)\r\n",
		"220 ProFTPD Server (Debian) [::ffff:127.0.0.1]\r\n",
		"220---------- Welcome to Pure-FTPd [privsep] [TLS] ----------\r\n220-You are user number 1 of 50 allowed.\r\n220 You will be disconnected after 15 minutes of inactivity.\r\n",
		"220 pyftpdlib 1.5.7 ready.\r\n",
		"211-Extensions supported:\r\n UTF8\r\n EPRT\r\n MLST type*;size*;\r\n211 End.\r\n",
		"227 Entering Passive Mode (127,0,0,1,150,181).\r\n",
		"229 Extended Passive mode OK (|||43056|)\r\n",
		"226-Options: -l \r\n226 8 matches total\r\n",
		"421 There are too many connections from your internet address.\r\n",
		"220-\x00\x1b[2J\r\n220 \xff\r\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		r, _, err := parse(string(in))
		if err != nil {
			return
		}
		if !utf8.ValidString(r.Text) || strings.ContainsFunc(r.Text, func(c rune) bool { return c < ' ' && c != '\n' }) {
			t.Fatalf("text %q", r.Text)
		}
		again, _, err := parse(encode(r))
		if err != nil || again != r {
			t.Fatalf("%+v became %+v, %v", r, again, err)
		}
	})
}

// encode writes a reply as a server does. Lines between the first and the last
// are indented by their code, so that none of them can end it.
func encode(r evidence.Reply) string {
	lines := strings.Split(r.Text, "\n")
	var b strings.Builder
	for _, line := range lines[:len(lines)-1] {
		fmt.Fprintf(&b, "%03d-%s\r\n", r.Code, line)
	}
	fmt.Fprintf(&b, "%03d %s\r\n", r.Code, lines[len(lines)-1])
	return b.String()
}

// The reader of the control connection delivers replies in order, and the end.
func TestControlDelivers(t *testing.T) {
	client, server := tcpPair(t)
	rec := newRecorder(Config{})
	c := newControl(rec, rec.newSession(evidence.Session{}), client)
	c.start()
	defer c.close()
	go func() {
		fmt.Fprint(server, "150 mark\r\n226 done\r\n")
		server.Close()
	}()
	for _, want := range []int{150, 226} {
		if a, err := c.await(t.Context(), 5*time.Second); err != nil || a.Code != want {
			t.Fatalf("%d, %v, want %d", a.Code, err, want)
		}
	}
	if _, err := c.await(t.Context(), 5*time.Second); KindOf(err) != evidence.KindEOF {
		t.Errorf("after the end: %v, want EOF", err)
	}
}

func tcpPair(t *testing.T) (client, server net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if client, err = net.Dial("tcp", l.Addr().String()); err != nil {
		t.Fatal(err)
	}
	if server, err = l.Accept(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close(); server.Close() })
	return client, server
}
