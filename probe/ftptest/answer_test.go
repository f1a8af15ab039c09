package ftptest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"ftpdiag/probe/ftp"
)

func TestGreetings(t *testing.T) {
	large := "220-" + strings.Repeat(strings.Repeat("x", 1022)+"\r\n", 10<<10) + "220 end\r\n"
	for _, try := range []struct {
		name     string
		greeting []Answer
		want     string
		end      error
	}{
		{"verbatim", Greet("220-a\r\n b\x00\x1b[31m\r\n220 c\n"), "220-a\r\n b\x00\x1b[31m\r\n220 c\n", nil},
		{"line end added", Greet("220 hello"), "220 hello\r\n", nil},
		{"raw", []Answer{{Text: "220 he", Raw: true}, {Text: "llo"}}, "220 hello\r\n", nil},
		{"10 MB", Greet(large), large, nil},
		{"120 first", []Answer{{Text: "120 wait"}, {After: 20 * time.Millisecond, Text: "220 now"}}, "120 wait\r\n220 now\r\n", nil},
		{"single bytes", []Answer{{Text: "220 now", Pace: Pace{Chunk: 1}}}, "220 now\r\n", nil},
		{"slow bytes", []Answer{{Text: "220 now", Pace: Pace{Every: time.Millisecond}}}, "220 now\r\n", nil},
		{"closed", GreetThen("", Close), "", io.EOF},
		{"reset", GreetThen("", Reset), "", errnoReset},
		{"closed after words", GreetThen("421 no", Close), "421 no\r\n", io.EOF},
		{"silent", GreetThen("", Hang), "", os.ErrDeadlineExceeded},
	} {
		t.Run(try.name, func(t *testing.T) {
			s := start(t, Behaviour{Greeting: try.greeting})
			if try.end == errnoReset {
				wantReset(t, s)
				return
			}
			c := dialServer(t, s)
			got := make([]byte, len(try.want))
			if _, err := io.ReadFull(c.conn, got); err != nil || string(got) != try.want {
				t.Fatalf("%.100q, %v; want %.100q", got, err, try.want)
			}
			if try.end == nil {
				c.ask(331, "USER ftp")
				return
			}
			_ = c.conn.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
			if try.end != os.ErrDeadlineExceeded {
				_ = c.conn.SetReadDeadline(time.Now().Add(patience))
			}
			if n, err := c.conn.Read(make([]byte, 1)); n != 0 || !errors.Is(err, try.end) {
				t.Errorf("%d bytes, %v; want %v", n, err, try.end)
			}
		})
	}
}

// wantReset wants a RST, which may come before the dial is done.
func wantReset(t *testing.T, s *Server) {
	t.Helper()
	conn, err := net.Dial("tcp", s.Addr().String())
	if err == nil {
		defer conn.Close()
		_ = conn.SetDeadline(time.Now().Add(patience))
		_, err = conn.Read(make([]byte, 1))
	}
	if !errors.Is(err, errnoReset) {
		t.Errorf("%v", err)
	}
}

func TestEndlessGreeting(t *testing.T) {
	c := dialServer(t, start(t, Behaviour{Greeting: []Answer{{Text: "220-more\r\n", Endless: true}}}))
	if n, err := io.CopyN(io.Discard, c.conn, 8<<20); err != nil {
		t.Errorf("%d bytes, %v", n, err)
	}
}

func TestOverrides(t *testing.T) {
	s := start(t, Behaviour{Replies: []Override{
		On("SYST FEAT", "500 first", "500 later"),
		{Verbs: "CWD", Arg: "secret", Answers: []Answer{{Text: "550 no"}}},
		{Verbs: "SIZE", When: func(_, arg string) bool { return strings.HasSuffix(arg, ".bin") }, Answers: []Answer{{Text: "213 1"}}},
		{Verbs: "NOOP", Order: After, Answers: []Answer{{Text: "421 and another thing"}}},
		{Verbs: "PWD", Order: Before, Answers: []Answer{{Text: "200 by the way"}}},
		On("HELP"),
		OnThen("OPTS", "", Reset),
	}})
	c := login(t, s)
	if got := c.ask(500, "SYST"); got != "first" {
		t.Errorf("first: %q", got)
	}
	for range 2 {
		if got := c.ask(500, "FEAT"); got != "later" {
			t.Errorf("later: %q", got)
		}
	}
	c.ask(550, "CWD secret")
	c.ask(250, "CWD pub")
	c.ask(213, "SIZE absent.bin")
	c.ask(550, "SIZE absent.txt")
	c.ask(200, "NOOP")
	c.want(421)
	c.ask(200, "PWD")
	c.want(257)
	c.send("HELP")
	c.ask(500, "FEAT") // HELP was swallowed
	c.send("OPTS UTF8 ON")
	if _, err := c.text.ReadLine(); !errors.Is(err, errnoReset) {
		t.Errorf("%v", err)
	}
}

func TestHang(t *testing.T) {
	c := login(t, start(t, Behaviour{Replies: []Override{OnThen("AUTH", "", Hang)}}))
	c.send("AUTH TLS")
	c.send("AUTH SSL")
	c.send("NOOP")
	_ = c.conn.SetReadDeadline(time.Now().Add(30 * time.Millisecond))
	if _, err := c.text.ReadLine(); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("%v", err)
	}
}

func TestIdle(t *testing.T) {
	s := start(t, Behaviour{Idle: 500 * time.Millisecond})
	c := dialServer(t, s)
	c.want(220)
	c.want(421)
	c.wantEnd()
	c = login(t, s) // a data connection that does not come is silence too
	c.ask(229, "EPSV")
	if got := c.ask(421, "LIST"); got != "Timeout." {
		t.Errorf("%q", got)
	}
	c.wantEnd()
}

func TestTransferSteps(t *testing.T) {
	large := map[string]string{"a": strings.Repeat("a", 5000), "b": "b"}
	for _, try := range []struct {
		name  string
		steps []Step
		want  string // what is said, and D for the end of data
		data  string
		end   error
	}{
		{"mark first", []Step{Mark(), Connect(), Send(), CloseData(), Complete()}, "150 226", "", io.EOF},
		{"no mark", []Step{Connect(), Send(), CloseData(), Complete()}, "226", "", io.EOF},
		{"data first", []Step{Connect(), SendText("x"), Pause(10 * time.Millisecond), Mark(), CloseData(), Complete()}, "150 226", "x", io.EOF},
		{"completed early", []Step{Connect(), Mark(), Complete(), Pause(10 * time.Millisecond), SendText("x"), CloseData()}, "150 226", "x", io.EOF},
		{"refused", []Step{Say("550 no")}, "550", "", nil},
		{"broken", []Step{Connect(), Mark(), SendFirst(3), ResetData(), Say("426 broken")}, "150 426", "", errnoReset},
		{"slow", []Step{Connect(), SendSlowly(50, time.Millisecond), CloseData(), Complete()}, "226", "", io.EOF},
		{"late", []Step{ConnectWithin(20*time.Millisecond, "421 Timeout.")}, "", "", nil},
	} {
		t.Run(try.name, func(t *testing.T) {
			s := start(t, Behaviour{Transfers: Transfers{"LIST": try.steps}})
			c := login(t, s)
			if try.name == "late" {
				c.ask(229, "EPSV")
				c.ask(421, "LIST")
				c.wantEnd()
				return
			}
			data := c.passive()
			c.send("LIST")
			if try.end != nil {
				got, err := io.ReadAll(data)
				if err == nil {
					err = io.EOF
				}
				if !errors.Is(err, try.end) || try.data != "" && string(got) != try.data {
					t.Errorf("%q, %v", got, err)
				}
			}
			for _, code := range strings.Fields(try.want) {
				if line, err := c.text.ReadLine(); err != nil || !strings.HasPrefix(line, code+" ") {
					t.Errorf("%q, %v; want %s", line, err, code)
				}
			}
			c.ask(200, "NOOP")
		})
	}
	t.Run("stall over", func(t *testing.T) {
		s := start(t, Behaviour{Files: large, Transfers: Transfers{"RETR": {Connect(), Mark(), StallOver(1400), Send(), CloseData(), Complete()}}})
		c := login(t, s)
		data := c.passive()
		c.ask(150, "RETR b")
		if got := readAll(t, data); got != "b" {
			t.Errorf("%q", got)
		}
		c.want(226)
		data = c.passive()
		c.ask(150, "RETR a")
		_ = data.SetReadDeadline(time.Now().Add(30 * time.Millisecond))
		if n, err := data.Read(make([]byte, 1)); n != 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("%d bytes, %v", n, err)
		}
	})
	t.Run("control goes", func(t *testing.T) {
		for end, step := range map[error]Step{io.EOF: CloseControl(), errnoReset: ResetControl()} {
			c := login(t, start(t, Behaviour{Transfers: Transfers{"": {Connect(), Mark(), step}}}))
			c.passive()
			c.ask(150, "NLST")
			if _, err := c.text.ReadLine(); !errors.Is(err, end) {
				t.Errorf("%v, want %v", err, end)
			}
		}
	})
}

func TestEndlessDataEndsWithTheClient(t *testing.T) {
	c := login(t, start(t, Behaviour{Transfers: Transfers{"": {Connect(), Mark(), SendEndlessly("more\r\n")}}}))
	data := c.passive()
	c.ask(150, "LIST")
	got := make([]byte, 1<<20)
	if _, err := io.ReadFull(data, got); err != nil || !bytes.HasPrefix(got, []byte("more\r\nmore\r\n")) {
		t.Errorf("%.20q, %v", got, err)
	}
	data.Close()
	c.want(426)
	c.ask(200, "NOOP")
}

func TestStepsServeSeveralSessions(t *testing.T) {
	s := start(t, Behaviour{Transfers: Transfers{"": {Connect(), Mark(), Send(), CloseData(), Complete()}}})
	var all sync.WaitGroup
	for range 4 {
		c := login(t, s)
		l := c.active("PORT")
		c.want(200)
		all.Go(func() {
			for range 50 { // nothing is read in between, so that the sessions run at once
				if _, err := fmt.Fprintf(c.conn, "LIST\r\nPORT %s\r\n", ftp.FormatPORT(addrPort(l.Addr()))); err != nil {
					t.Error(err)
				}
			}
		})
		all.Go(func() {
			for range 50 {
				if data, err := l.Accept(); err == nil {
					data.Close()
				}
			}
		})
	}
	all.Wait()
}

func TestScript(t *testing.T) {
	s, err := Script(`220-hello
 220 not yet
220 now
331 who?
230 you`)
	if err != nil {
		t.Fatal(err)
	}
	c := newClient(t, s.Conn, nil)
	c.want(220)
	c.ask(331, "USER ftp")
	c.ask(230, "PASS me@")
	c.send("QUIT")
	c.wantEnd()
	if got, want := s.Dialogue(), "USER ftp\nPASS me@\nQUIT\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
