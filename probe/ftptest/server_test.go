package ftptest

import (
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"ftpdiag/probe/ftp"
)

const smallListing = "-rw-r--r--    1 ftp      ftp            22 Jan 01  2024 README.txt\r\n" +
	"drwxr-xr-x    1 ftp      ftp          4096 Jan 01  2024 pub\r\n" +
	"-rw-r--r--    1 ftp      ftp         65536 Jan 01  2024 sample.bin\r\n"

func TestHealthyDialogue(t *testing.T) {
	s := start(t, Behaviour{})
	c := login(t, s)
	c.ask(215, "SYST")
	if got := c.ask(211, "FEAT"); !strings.Contains(got, "EPSV") {
		t.Errorf("FEAT: %q", got)
	}
	if got := c.ask(211, "STAT"); !strings.Contains(got, "Connected to 127.0.0.1") {
		t.Errorf("STAT: %q", got)
	}
	if got := c.ask(257, "PWD"); !strings.HasPrefix(got, `"/" `) {
		t.Errorf("PWD: %q", got)
	}
	c.ask(250, "CWD pub")
	c.ask(213, "SIZE sample.bin")
	c.ask(550, "SIZE absent")
	c.ask(250, "CDUP")
	c.ask(500, "AUTH TLS")
	c.ask(200, "NOOP")
	c.ask(500, "XYZZY")
	c.ask(425, "LIST")
	c.ask(221, "QUIT")
	c.wantEnd()
	want := "USER anonymous\nPASS me@\nSYST\nFEAT\nSTAT\nPWD\nCWD pub\nSIZE sample.bin\nSIZE absent\nCDUP\nAUTH TLS\nNOOP\nXYZZY\nLIST\nQUIT\n"
	if got := lines(s, 0); got != want {
		t.Errorf("dialogue:\n%s\nwant:\n%s", got, want)
	}
}

func TestHealthyTransfers(t *testing.T) {
	for _, ip := range []netip.Addr{loopback, netip.IPv6Loopback()} {
		t.Run(ip.String(), func(t *testing.T) {
			need(t, ip)
			s := start(t, Behaviour{Listen: netip.AddrPortFrom(ip, 0)})
			c := login(t, s)

			data := c.passive()
			c.ask(150, "LIST")
			if got := readAll(t, data); got != smallListing {
				t.Errorf("LIST: %q", got)
			}
			c.want(226)

			l := c.active("EPRT")
			c.want(200)
			c.send("MLSD pub")
			got := readAll(t, accept(t, l))
			if want := "type=file;size=18; notes.txt\r\ntype=file;size=65536; sample.bin\r\n"; got != want {
				t.Errorf("MLSD: %q, want %q", got, want)
			}
			c.want(150)
			c.want(226)

			data = c.passive()
			c.ask(150, "STOR new")
			if _, err := io.WriteString(data, "hello"); err != nil {
				t.Fatal(err)
			}
			data.Close()
			c.want(226)
			data = c.passive()
			c.ask(350, "REST 1")
			c.ask(150, "RETR new")
			if got := readAll(t, data); got != "ello" {
				t.Errorf("RETR: %q", got)
			}
			c.want(226)
			c.ask(250, "DELE new")
			c.ask(550, "DELE new")

			modes := ""
			for _, d := range s.Data() {
				modes += string(d.Mode) + " "
			}
			if modes != "passive active passive passive " {
				t.Errorf("data connections: %s", modes)
			}
		})
	}
}

func TestLogin(t *testing.T) {
	s := start(t, Behaviour{Login: Login{Users: map[string]string{"joe": "secret"}, NoAnonymous: true}})
	for _, try := range []struct {
		user, password string
		code           int
	}{{"joe", "secret", 230}, {"joe", "wrong", 530}, {"anonymous", "me@", 530}, {"jane", "secret", 530}} {
		c := dialServer(t, s)
		c.want(220)
		c.ask(530, "PASV")
		c.ask(331, "USER %s", try.user)
		c.ask(try.code, "PASS %s", try.password)
	}
}

func TestLimit(t *testing.T) {
	s := start(t, Behaviour{Limits: Limits{Connections: 1, Hold: time.Hour}})
	first := login(t, s)
	second := dialServer(t, s)
	second.want(421)
	second.wantEnd()
	first.ask(221, "QUIT")
	first.wantEnd()

	third := awaitSlot(t, s) // free again
	third.passive()
	third.ask(200, "NOOP")
	third.text.Close() // no transfer was under way
	awaitSlot(t, s)
	if got := s.MostOpen(); got != 2 {
		t.Errorf("most open at once: %d, want 2", got)
	}
}

// awaitSlot logs in as soon as the server lets it.
func awaitSlot(t *testing.T, s *Server) *client {
	t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(time.Millisecond) {
		c := dialServer(t, s)
		if code, _, _ := c.text.ReadResponse(0); code == 220 {
			c.ask(331, "USER ftp")
			c.ask(230, "PASS me@")
			return c
		}
		c.text.Close()
	}
	t.Fatal("the slot never came free")
	return nil
}

// A client that waits for the end of its session before it comes again is never a
// second one at once.
func TestSessionIsCountedOutBeforeItsEndShows(t *testing.T) {
	s := start(t, Behaviour{})
	for range 300 {
		c := login(t, s)
		c.send("QUIT")
		c.want(221)
		if _, err := c.text.ReadLine(); err == nil {
			t.Fatal("the session goes on")
		}
		c.text.Close()
	}
	if got := s.MostOpen(); got != 1 {
		t.Errorf("most open at once: %d, want 1", got)
	}
}

func TestLimitPerPeer(t *testing.T) {
	need(t, otherLoopback)
	for perPeer, code := range map[bool]int{true: 220, false: 421} {
		s := start(t, Behaviour{Limits: Limits{Connections: 1, PerPeer: perPeer, Refusal: "421 one is enough"}})
		login(t, s)
		if got := dialServer(t, s).want(421); got != "one is enough" {
			t.Errorf("%q", got)
		}
		conn, err := (&Network{}).DialTCP(t.Context(), otherLoopback, s.Addr())
		if err != nil {
			t.Fatal(err)
		}
		newClient(t, conn, nil).want(code)
	}
}

func TestSlotIsHeldAfterAbortedTransfer(t *testing.T) {
	s := start(t, Behaviour{Limits: Limits{Connections: 1, Hold: time.Hour}, Active: Active{Never: true}})
	c := login(t, s)
	c.active("PORT")
	c.want(200)
	c.send("LIST")
	c.send("NOOP")
	for s.Dialogue()[0][len(s.Dialogue()[0])-1].Line != "NOOP" {
		time.Sleep(time.Millisecond)
	}
	c.text.Close()
	for range 20 {
		late := dialServer(t, s)
		late.want(421)
		time.Sleep(5 * time.Millisecond)
	}
}

func TestNeverDialsOutsideLoopback(t *testing.T) {
	s := start(t, Behaviour{Active: Active{NoChecks: true}})
	c := login(t, s)
	c.ask(200, "PORT 192,0,2,1,200,10")
	c.send("LIST")
	c.send("NOOP")
	for len(s.Data()) == 0 {
		time.Sleep(time.Millisecond)
	}
	d := s.Data()[0]
	if !errors.Is(d.Err, errNotLoopback) || d.To.String() != "192.0.2.1:51210" || d.From.IsValid() {
		t.Errorf("%+v", d)
	}
	if _, err := Start(Behaviour{Listen: netip.MustParseAddrPort("0.0.0.0:0")}); !errors.Is(err, errNotLoopback) {
		t.Errorf("listening on the wildcard: %v", err)
	}
}

func TestAbort(t *testing.T) {
	s := start(t, Behaviour{Transfers: Transfers{"": {Connect(), Mark(), SendEndlessly("x")}}})
	c := login(t, s)
	data := c.passive()
	c.ask(150, "LIST")
	if _, err := io.CopyN(io.Discard, data, 1<<20); err != nil {
		t.Fatal(err)
	}
	c.ask(426, "ABOR")
	c.want(226)
	c.ask(200, "NOOP")
}

func TestPort(t *testing.T) {
	s := start(t, Behaviour{})
	c := login(t, s)
	for _, refused := range []string{"PORT 127,0,0,2,200,10", "PORT 127,0,0,1,0,80", "EPRT |1|127.0.0.1|80|", "EPRT |2|::1|5000|"} {
		c.ask(500, "%s", refused)
	}
	for _, bad := range []string{"PORT", "PORT 1,2,3", "PORT 127,0,0,1,256,1", "EPRT", "EPRT |1|127.0.0.1|", "EPRT |2|127.0.0.1|5000|"} {
		c.ask(501, "%s", bad)
	}
	s = start(t, Behaviour{SeenAs: netip.MustParseAddr("198.51.100.1")})
	c = login(t, s)
	c.active("EPRT")
	c.want(500)
}

func TestActiveBehaviours(t *testing.T) {
	t.Run("on PORT", func(t *testing.T) {
		c := login(t, start(t, Behaviour{Active: Active{OnPORT: true}}))
		l := c.active("PORT")
		conn := accept(t, l)
		c.want(200)
		c.send("LIST")
		if got := readAll(t, conn); got != smallListing {
			t.Errorf("%q", got)
		}
		c.want(150)
		c.want(226)
		l.Close()
		c.ask(425, "PORT %s", ftp.FormatPORT(addrPort(l.Addr())))
	})
	t.Run("from another address", func(t *testing.T) {
		need(t, otherLoopback)
		s := start(t, Behaviour{Active: Active{From: otherLoopback}})
		c := login(t, s)
		l := c.active("PORT")
		c.want(200)
		c.send("LIST")
		if from := addrPort(accept(t, l).RemoteAddr()).Addr(); from != otherLoopback {
			t.Errorf("from %s", from)
		}
	})
	t.Run("failure", func(t *testing.T) {
		c := login(t, start(t, Behaviour{Active: Active{Failure: "425 Failed to establish connection."}}))
		c.active("PORT")
		c.want(200)
		c.ask(425, "LIST")
	})
}

func TestPassiveBehaviours(t *testing.T) {
	for _, try := range []struct {
		name   string
		accept Accept
	}{{"close", AcceptClose}, {"refuse", AcceptRefuse}} {
		t.Run(try.name, func(t *testing.T) {
			c := login(t, start(t, Behaviour{Passive: Passive{Accept: try.accept}}))
			data := c.passive()
			if try.accept == AcceptRefuse {
				c.ask(425, "LIST")
			}
			if n, err := data.Read(make([]byte, 1)); n != 0 || err != io.EOF {
				t.Errorf("%d bytes, %v", n, err)
			}
		})
	}
	t.Run("reset", func(t *testing.T) {
		c := login(t, start(t, Behaviour{Passive: Passive{Accept: AcceptReset}}))
		// The RST may come before the dial is done.
		conn, err := c.dialData(c.negotiate())
		if err == nil {
			_, err = conn.Read(make([]byte, 1))
		}
		if !errors.Is(err, errnoReset) {
			t.Errorf("%v", err)
		}
	})
	t.Run("reject", func(t *testing.T) {
		c := login(t, start(t, Behaviour{Passive: Passive{Accept: AcceptReject}}))
		c.passive()
		c.want(425)
	})
	t.Run("ignore", func(t *testing.T) {
		c := login(t, start(t, Behaviour{Passive: Passive{Accept: AcceptIgnore}}))
		data := c.passive()
		c.send("LIST")
		for _, conn := range []net.Conn{data, c.conn} {
			_ = conn.SetReadDeadline(time.Now().Add(30 * time.Millisecond))
			if n, err := conn.Read(make([]byte, 1)); n != 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("%d bytes, %v", n, err)
			}
		}
	})
	t.Run("closed", func(t *testing.T) {
		s := start(t, Behaviour{Passive: Passive{NoListener: true, Addr: netip.MustParseAddr("192.168.1.10")}})
		c := login(t, s)
		r, err := ftp.ParsePASV(c.ask(227, "PASV"))
		if err != nil || r.Addr.String() != "192.168.1.10" {
			t.Fatal(r, err)
		}
		if _, err := c.dialData(netip.AddrPortFrom(loopback, uint16(r.Port))); !errors.Is(err, errnoRefused) {
			t.Errorf("dial: %v", err)
		}
	})
	t.Run("superseded", func(t *testing.T) {
		c := login(t, start(t, Behaviour{}))
		first, second := c.passive(), c.passive()
		c.ask(150, "LIST")
		if n, err := first.Read(make([]byte, 1)); n != 0 || errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("the first port still serves: %d bytes, %v", n, err)
		}
		if got := readAll(t, second); got != smallListing {
			t.Errorf("%q", got)
		}
	})
}

func TestFlights(t *testing.T) {
	s := start(t, Behaviour{Latency: 100 * time.Millisecond})
	c := login(t, s)    // greeting, USER, PASS: 3
	data := c.passive() // EPSV, dial: 5
	c.send("FEAT")      // with LIST: 6
	c.send("LIST")
	c.want(211)
	c.want(150)
	readAll(t, data)
	c.want(226)
	c.send("SYST") // 7
	c.send("NOOP")
	c.want(215)
	c.want(200)
	if got := s.Flights(); got != 7 {
		t.Errorf("%d flights, want 7", got)
	}
	second := dialServer(t, s) // greeting: after 7 answers
	second.want(220)
	if got := s.Flights(); got != 8 {
		t.Errorf("%d flights, want 8", got)
	}
}

func TestFlightsSideBySide(t *testing.T) {
	s := start(t, Behaviour{Latency: 100 * time.Millisecond})
	one := dialServer(t, s)
	other := dialServer(t, s) // before the greeting of the first has come
	for _, c := range []*client{one, other} {
		c.want(220)
		c.send("USER ftp")
	}
	one.want(331)
	other.want(331)
	if got := s.Flights(); got != 2 {
		t.Errorf("%d flights, want 2", got)
	}
	if got := s.MostOpen(); got != 2 {
		t.Errorf("%d open at once", got)
	}
}

func TestFlightsRideOnTheDial(t *testing.T) {
	s := start(t, Behaviour{Latency: 100 * time.Millisecond})
	c := login(t, s)
	to := c.negotiate() // 4
	c.send("FEAT")      // 5, and the dial with it
	conn, err := c.dialData(to)
	if err != nil {
		t.Fatal(err)
	}
	c.want(211)
	c.send("LIST") // 6
	c.want(150)
	readAll(t, conn)
	c.want(226)
	if got := s.Flights(); got != 6 {
		t.Errorf("%d flights, want 6", got)
	}
}
