package probe_test

import (
	"io"
	"net"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"
	"unicode/utf8"

	"go.uber.org/goleak"

	"ftpdiag/probe"
	"ftpdiag/probe/evidence"
	"ftpdiag/probe/ftptest"
)

// sessionFailed wants the first session to end that way.
func sessionFailed(op evidence.Op, kind evidence.Kind) func(*testing.T, *evidence.Evidence) {
	return func(t *testing.T, ev *evidence.Evidence) {
		f := ev.Sessions[0].Failure
		if f == nil || f.Op != op || f.Kind != kind {
			t.Errorf("first session: %+v, want %s %s", f, op, kind)
		}
	}
}

// methodFailed wants the method to fail that way, whatever its purpose.
func methodFailed(m evidence.Method, op evidence.Op, kind evidence.Kind) func(*testing.T, *evidence.Evidence) {
	return func(t *testing.T, ev *evidence.Evidence) {
		for _, a := range ev.Attempts {
			if a.Method != m {
				continue
			}
			if a.Failure == nil || a.Failure.Op != op || a.Failure.Kind != kind {
				t.Errorf("%s: %s %+v, want %s %s", m, a.Outcome, a.Failure, op, kind)
			}
			return
		}
		t.Errorf("%s was not tried", m)
	}
}

// works wants the methods to work, whatever else there is.
func works(methods ...evidence.Method) func(*testing.T, *evidence.Evidence) {
	return func(t *testing.T, ev *evidence.Evidence) {
		for _, m := range methods {
			if !worked(ev, m) {
				t.Errorf("%s did not work", m)
			}
		}
	}
}

// afterThe is true of the commands after the first n.
func afterThe(n int64) func(verb, arg string) bool {
	var seen atomic.Int64
	return func(string, string) bool { return seen.Add(1) > n }
}

// theFirst is true of the first command alone.
func theFirst() func(verb, arg string) bool {
	after := afterThe(1)
	return func(verb, arg string) bool { return !after(verb, arg) }
}

// fewCommands wants a run that does not ask for ever.
func fewCommands(t *testing.T, ev *evidence.Evidence) {
	if len(ev.Attempts) > 40 || len(ev.Sessions) > 10 || ev.Cut {
		t.Errorf("%d attempts, %d sessions, cut %v", len(ev.Attempts), len(ev.Sessions), ev.Cut)
	}
}

// nothingDialled wants no dial of a port that cannot be.
func nothingDialled(t *testing.T, ev *evidence.Evidence) {
	methodFailed(evidence.EPSV, evidence.OpNegotiate, evidence.KindMalformed)(t, ev)
	for _, a := range ev.Attempts {
		if a.Dialed.IsValid() && a.Dialed.Port() == 0 {
			t.Errorf("%s: dialled %v", a.Method, a.Dialed)
		}
	}
}

func truncated(t *testing.T, ev *evidence.Evidence) {
	works(evidence.EPSV, evidence.EPRT)(t, ev)
	for _, a := range ev.Attempts {
		if a.Operation == "LIST" && (!a.Truncated || a.Bytes < probe.DataLimit || a.Bytes > probe.DataLimit+64<<10) {
			t.Errorf("%s: truncated %v after %d bytes", a.Method, a.Truncated, a.Bytes)
		}
	}
}

func pace(text string, chunk int, every time.Duration) []ftptest.Answer {
	return []ftptest.Answer{{Text: text, Pace: ftptest.Pace{Chunk: chunk, Every: every}}}
}

func every(steps ...ftptest.Step) ftptest.Transfers { return ftptest.Transfers{"": steps} }

func raw227(text string) ftptest.Behaviour {
	return ftptest.Behaviour{Passive: ftptest.Passive{Reply227: func(netip.AddrPort) string { return text }}}
}

func raw229(text string) ftptest.Behaviour {
	return ftptest.Behaviour{Passive: ftptest.Passive{Reply229: func(netip.AddrPort) string { return text }}}
}

// endless: whether the limit of bytes or the wait ends it, the machine decides.
func endless(t *testing.T, ev *evidence.Evidence) {
	f := ev.Sessions[0].Failure
	if f == nil || f.Op != evidence.OpGreeting || f.Kind != evidence.KindMalformed && f.Kind != evidence.KindTimedOut {
		t.Errorf("first session: %v, want greeting malformed or timed out", f)
	}
}

// Whatever a server does, the run ends in time with a record that says what
// happened, and leaves nothing behind.
func TestHostileServers(t *testing.T) {
	greet := func(a ...ftptest.Answer) ftptest.Behaviour { return ftptest.Behaviour{Greeting: a} }
	for _, c := range []struct {
		name string
		b    ftptest.Behaviour
		want func(*testing.T, *evidence.Evidence)
	}{
		{"endless line", greet(ftptest.Answer{Text: "220 aaaaaaaaaaaaaaaa", Raw: true, Endless: true}),
			sessionFailed(evidence.OpGreeting, evidence.KindMalformed)},
		{"endless reply", greet(ftptest.Answer{Text: strings.Repeat("220-"+strings.Repeat("a", 1000)+"\r\n", 64), Endless: true}),
			endless},
		{"10 MB greeting", greet(ftptest.Answer{Text: strings.Repeat("220-"+strings.Repeat("a", 1018)+"\r\n", 10<<10) + "220 ready\r\n"}),
			works(evidence.EPSV, evidence.PASV, evidence.EPRT)},
		{"NULs", greet(ftptest.Answer{Text: "220 \x00\x00ready\x00\r\n"}), works(evidence.EPSV, evidence.EPRT)},
		{"escapes", greet(ftptest.Answer{Text: "220 \x1b]0;owned\x07\x1b[2J\u202eydaer\xff\r\n"}), works(evidence.EPSV, evidence.EPRT)},
		{"one byte a second", greet(pace("220 ready\r\n", 1, time.Second)...), sessionFailed(evidence.OpGreeting, evidence.KindTimedOut)},
		{"single bytes", ftptest.Behaviour{Greeting: pace("220 ready\r\n", 1, time.Millisecond),
			Replies: []ftptest.Override{{Verbs: "SYST FEAT", Answers: pace("211-a\r\n b\r\n211 c\r\n", 1, time.Millisecond)}}},
			works(evidence.EPSV, evidence.EPRT)},
		{"not FTP, no line end", greet(ftptest.Answer{Text: "\x15\x03\x01\x00\x02", Raw: true}), sessionFailed(evidence.OpGreeting, evidence.KindMalformed)},
		{"replies nobody asked for", ftptest.Behaviour{Replies: []ftptest.Override{
			{Verbs: "USER PASS EPSV LIST", Order: ftptest.After, Answers: []ftptest.Answer{{Text: "250 by the way"}}}}},
			works(evidence.EPSV)},
		{"a flood of replies", ftptest.Behaviour{Replies: []ftptest.Override{
			{Verbs: "USER", Answers: []ftptest.Answer{{Text: strings.Repeat("331 go on\r\n", 1000)}}}}},
			func(t *testing.T, ev *evidence.Evidence) {
				// Rejected by the second 331, or given up for the flood: what is read first.
				if f := ev.Sessions[0].Failure; f == nil || f.Op != evidence.OpLogin || f.Kind != evidence.KindRejected && f.Kind != evidence.KindMalformed {
					t.Errorf("first session: %+v", f)
				}
			}},
		{"port 0 in 229", raw229("229 ok (|||0|)"), nothingDialled},
		{"port 65536 in 229", raw229("229 ok (|||65536|)"), methodFailed(evidence.EPSV, evidence.OpNegotiate, evidence.KindMalformed)},
		{"port 0 in 227", raw227("227 ok (127,0,0,1,0,0)"), methodFailed(evidence.PASV, evidence.OpNegotiate, evidence.KindMalformed)},
		{"port 65536 in 227", raw227("227 ok (127,0,0,1,256,0)"), methodFailed(evidence.PASV, evidence.OpNegotiate, evidence.KindMalformed)},
		{"data that never end", ftptest.Behaviour{Transfers: every(ftptest.Connect(), ftptest.Mark(), ftptest.SendEndlessly("x"))}, truncated},
		{"data before the mark", ftptest.Behaviour{Transfers: every(ftptest.Connect(), ftptest.Send(), ftptest.Mark(), ftptest.CloseData(), ftptest.Complete())},
			works(evidence.EPSV, evidence.PASV, evidence.EPRT)},
		{"control characters in names", ftptest.Behaviour{Files: map[string]string{"\x1b[31mred\x07": "x"}}, works(evidence.EPSV, evidence.EPRT)},
		{"FEAT is never answered", ftptest.Behaviour{Replies: []ftptest.Override{ftptest.On("FEAT")}}, works(evidence.EPSV, evidence.PASV, evidence.EPRT)},
		{"a 227 that crashes a client library", ftptest.Behaviour{
			Replies: []ftptest.Override{ftptest.On("EPSV", "500 no"), ftptest.On("PASV", "227 Entering ) Passive (127,0,0,1,4,1")}},
			methodFailed(evidence.PASV, evidence.OpDataConnect, evidence.KindRefused)},
		{"a mark of another number", ftptest.Behaviour{Replies: []ftptest.Override{
			{Verbs: "LIST", Order: ftptest.Before, Answers: []ftptest.Answer{{Text: "151 here it comes"}}}}},
			works(evidence.EPSV, evidence.EPRT)},
		{"no port left after two", ftptest.Behaviour{Replies: []ftptest.Override{
			{Verbs: "EPSV PASV", When: afterThe(2), Answers: []ftptest.Answer{{Text: "425 All reserved TCP ports are busy"}}}}},
			fewCommands},
		{"closed on FEAT", ftptest.Behaviour{Replies: []ftptest.Override{ftptest.OnThen("FEAT", "", ftptest.Close)}}, works(evidence.EPSV, evidence.EPRT)},
	} {
		t.Run(c.name, func(t *testing.T) {
			defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
			srv, err := ftptest.Start(c.b)
			if err != nil {
				t.Fatal(err)
			}
			defer srv.Close()
			deadline := 8 * time.Second
			begin := time.Now()
			ev := quietly(t, srv.Addr(), func(cfg *probe.Config) { cfg.Timeout, cfg.Deadline = time.Second, deadline })
			if took := time.Since(begin); took > deadline+time.Second {
				t.Errorf("took %v, the deadline is %v", took, deadline)
			}
			c.want(t, ev)
			checkTexts(t, ev)
		})
	}
}

// checkTexts wants no control character and no invalid UTF-8 in the record.
func checkTexts(t *testing.T, ev *evidence.Evidence) {
	t.Helper()
	size := 0
	for _, x := range ev.Transcript {
		size += len(x.Text)
		bad := func(r rune) bool { return r < ' ' && r != '\n' || 0x7f <= r && r < 0xa0 || r == '\u202e' }
		if !utf8.ValidString(x.Text) || strings.ContainsFunc(x.Text, bad) {
			t.Errorf("a text that a terminal would obey: %q", x.Text[:min(len(x.Text), 100)])
		}
	}
	if size > 1<<20+200 {
		t.Errorf("the transcript has %d bytes", size)
	}
}

// quietly is ask without the dialogue.
func quietly(t *testing.T, addr netip.AddrPort, change func(*probe.Config)) *evidence.Evidence {
	t.Helper()
	cfg := probe.Config{Target: evidence.Target{Host: addr.Addr().String(), Port: int(addr.Port())}, Timeout: 2 * time.Second}
	if change != nil {
		change(&cfg)
	}
	ev, err := probe.Run(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	return ev
}

// A 227 that names a host of the caller's own network is never followed: the
// played server is public, the address in its 227 is not (rule 11).
func TestNeverDialsForAHostileServer(t *testing.T) {
	public := netip.MustParseAddr("203.0.113.10")
	for _, named := range []string{"192.168.0.1", "10.0.0.1", "127.0.0.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1", "255.255.255.255"} {
		t.Run(named, func(t *testing.T) {
			srv := start(t, ftptest.Behaviour{Passive: ftptest.Passive{Addr: netip.MustParseAddr(named), NoListener: true}})
			network := &ftptest.Network{Hosts: map[netip.Addr]*ftptest.Server{public: srv}}
			quietly(t, netip.AddrPortFrom(public, 21), func(cfg *probe.Config) { cfg.Dialer, cfg.Listener = network, network })
			for to := range network.Dials() {
				if to.Addr() != public {
					t.Errorf("dialled %v", to)
				}
			}
		})
	}
}

// A 227 that names another address when it is asked for again is not followed.
func TestForeignAddressThatChanges(t *testing.T) {
	public := netip.MustParseAddr("203.0.113.10")
	srv := start(t, ftptest.Behaviour{Replies: []ftptest.Override{ftptest.On("EPSV", "500 no"),
		ftptest.On("PASV", "227 ok (198,51,100,7,195,80)", "227 ok (192,168,0,1,0,80)")}})
	network := &ftptest.Network{Hosts: map[netip.Addr]*ftptest.Server{public: srv}}
	quietly(t, netip.AddrPortFrom(public, 21), func(cfg *probe.Config) { cfg.Dialer, cfg.Listener = network, network })
	for to := range network.Dials() {
		if to.Addr() != public {
			t.Errorf("dialled %v", to)
		}
	}
}

// A password that was rejected is not sent again, whatever the words, and though
// the first connection was closed before it got that far.
func TestRejectedPasswordIsSentOnce(t *testing.T) {
	for _, reply := range []string{"530 Login incorrect.", "421 Too many failed logins.", "530 Sorry, only one session."} {
		srv := start(t, ftptest.Behaviour{Replies: []ftptest.Override{
			{Verbs: "USER", When: theFirst(), Answers: []ftptest.Answer{{Then: ftptest.Close}}},
			ftptest.On("PASS", reply)}})
		quietly(t, srv.Addr(), func(cfg *probe.Config) {
			cfg.Target.User, cfg.Password, cfg.TLS = "alice", "hunter22", "off"
		})
		sent := 0
		for _, session := range srv.Dialogue() {
			for _, c := range session {
				if strings.HasPrefix(c.Line, "PASS") {
					sent++
				}
			}
		}
		if sent != 1 {
			t.Errorf("%q: the password was sent %d times", reply, sent)
		}
	}
}

// A server that is silent on the first connection and greets the second is not
// called silent: on a line that loses packets that is what it looks like.
func TestSilentOnOneConnection(t *testing.T) {
	srv := start(t, ftptest.Behaviour{})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var held []net.Conn
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for n := 0; ; n++ {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			held = append(held, conn)
			if n > 0 {
				go pass(conn, srv.Addr().String())
			}
		}
	}()
	ev := quietly(t, netip.MustParseAddrPort(l.Addr().String()), func(cfg *probe.Config) { cfg.Timeout = time.Second })
	l.Close()
	<-ended
	for _, conn := range held {
		conn.Close()
	}
	works(evidence.EPSV, evidence.EPRT)(t, ev)
}

// pass carries a connection on to another address.
func pass(conn net.Conn, to string) {
	server, err := net.Dial("tcp", to)
	if err != nil {
		conn.Close()
		return
	}
	go func() {
		_, _ = io.Copy(server, conn)
		server.Close()
	}()
	_, _ = io.Copy(conn, server)
	conn.Close()
}
