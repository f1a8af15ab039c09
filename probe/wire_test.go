package probe_test

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"ftpdiag/probe"
	"ftpdiag/probe/evidence"
	"ftpdiag/probe/ftp"
	"ftpdiag/probe/ftptest"
)

// marked answers LIST with these in place of the mark and the completion.
func marked(mark, completion string) ftptest.Behaviour {
	return ftptest.Behaviour{Transfers: every(ftptest.Connect(), ftptest.Say(mark), ftptest.Send(), ftptest.CloseData(), ftptest.Say(completion))}
}

// Replies that a client library never sees the end of, or that are longer than
// its buffer: the run ends, and what curl or Python's ftplib can use is not called
// failing. Of these curl waits for ever for the end of those that end in a bare
// code.
func TestRepliesThatALibraryCannotRead(t *testing.T) {
	const mark, completion = "150 go", "226 done"
	long := strings.Repeat("x", 5000)
	lines := strings.Repeat("150-"+strings.Repeat("x", 60)+"\r\n", 1100)
	for _, c := range []struct {
		name string
		b    ftptest.Behaviour
		bare bool // which common clients wait for the end of
	}{
		{"mark that ends in a bare code", marked("150-go\r\n150", completion), true},
		{"bare mark", marked("150", completion), true},
		{"mark of more than 64 KiB", marked(lines+"150 go", completion), false},
		{"mark of more than 64 KiB in one line", marked("150-"+strings.Repeat("x", 70<<10)+"\r\n150 go", completion), false},
		{"mark with a line of 5,000 bytes", marked("150 "+long, completion), false},
		{"mark of a megabyte", marked("150 "+strings.Repeat("x", 1<<20), completion), false},
		{"completion of 4,091 bytes", marked(mark, "226 "+long[:4087]), false},
		{"completion of 4,094 bytes", marked(mark, "226 "+long[:4090]), false},
		{"completion of 4,095 bytes", marked(mark, "226 "+long[:4091]), false},
		{"completion of 5,000 bytes", marked(mark, "226 "+long), false},
		{"completion that ends in a bare code", marked(mark, "226-done\r\n226"), true},
		{"bare completion", marked(mark, "226"), true},
		{"two marks", marked("150 go\r\n150 on", completion), false},
		{"two completions", marked(mark, "226 done\r\n226 done"), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			ev := inTime(t, c.b)
			works(evidence.EPSV, evidence.PASV, evidence.EPRT)(t, ev)
			for _, a := range ev.Attempts {
				if refused := a.Library != nil; a.Mode == evidence.Passive && a.Operation == "LIST" && refused != c.bare {
					t.Errorf("%s: the library says %v", a.Method, a.Library)
				}
			}
		})
	}
}

// A 227 or 229 is read however long it is and wherever in it the numbers stand.
func TestLongNegotiations(t *testing.T) {
	long := strings.Repeat("x", 5000)
	for _, c := range []struct {
		name string
		text string // %[1]d is the code, %[2]s what names the port
		bare bool
	}{
		{"long", "%[1]d ok %[2]s " + long, false},
		{"long in front", "%[1]d " + long + " %[2]s", false},
		{"more than 64 KiB", strings.Repeat("%[1]d-"+long+"\r\n", 14) + "%[1]d ok %[2]s", false},
		{"bare code at the end", "%[1]d-ok %[2]s\r\n%[1]d", true},
		{"numbers in the last line", "%[1]d-ok (1,2,3,4,5,6) (|||9|)\r\n%[1]d ok %[2]s", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			ev := inTime(t, ftptest.Behaviour{Passive: ftptest.Passive{
				Reply227: func(at netip.AddrPort) string {
					return fmt.Sprintf(c.text, 227, "("+ftp.FormatPORT(at)+")")
				},
				Reply229: func(at netip.AddrPort) string {
					return fmt.Sprintf(c.text, 229, fmt.Sprintf("(|||%d|)", at.Port()))
				},
			}})
			works(evidence.EPSV, evidence.PASV)(t, ev)
			for _, a := range ev.Attempts {
				if c.bare && a.Mode == evidence.Passive && a.Library == nil {
					t.Errorf("%s: no client has trouble", a.Method)
				}
			}
		})
	}
}

// inTime is the record of a run that ends within its deadline and a second, and
// leaves nothing behind.
func inTime(t *testing.T, b ftptest.Behaviour) *evidence.Evidence {
	t.Helper()
	srv, err := ftptest.Start(b)
	if err != nil {
		t.Fatal(err)
	}
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	defer srv.Close()
	const deadline = 5 * time.Second
	begin := time.Now()
	ev := quietly(t, srv.Addr(), func(cfg *probe.Config) { cfg.Timeout, cfg.Deadline = time.Second, deadline })
	if took := time.Since(begin); took > deadline+time.Second {
		t.Errorf("took %v, the deadline is %v", took, deadline)
	}
	checkTexts(t, ev)
	return ev
}

// A server that closes on QUIT, without a word too, has not ended the session, whatever still waits to
// be dialled.
func TestClosingOnQUITIsNoEnd(t *testing.T) {
	server := netip.MustParseAddr("203.0.113.10")
	srv := start(t, ftptest.Behaviour{Replies: []ftptest.Override{ftptest.OnThen("QUIT", "", ftptest.Close)}})
	network := &ftptest.Network{
		Hosts: map[netip.Addr]*ftptest.Server{server: srv},
		Rules: []ftptest.Rule{{To: ftptest.Not(ftptest.Port(21)), Do: ftptest.Drop()}},
	}
	ev := quietly(t, netip.AddrPortFrom(server, 21), func(cfg *probe.Config) {
		cfg.Dialer, cfg.Listener, cfg.Timeout, cfg.Mode = network, network, time.Second, evidence.Passive
	})
	pending := false
	for _, s := range ev.Sessions {
		if s.Ended != nil {
			t.Errorf("session %d ended: %v", s.ID, s.Ended)
		}
	}
	for _, a := range ev.Attempts {
		pending = pending || a.Failure != nil && a.Failure.Op == evidence.OpDataConnect
	}
	if !pending {
		t.Error("no dial was pending")
	}
}
