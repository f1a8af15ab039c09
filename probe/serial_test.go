package probe_test

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"ftpdiag/probe"
	"ftpdiag/probe/diagnose"
	"ftpdiag/probe/evidence"
	"ftpdiag/probe/ftptest"
)

// A server that lets one session live, however it says so, is asked on one at a
// time: both modes are judged, the limit is in the record and blamed on nobody, no
// login is tried more than twice in a row, and what our own second login ended is no
// verdict.
func TestOneSessionAtATime(t *testing.T) {
	t.Parallel()
	single := func(at, text string) ftptest.Behaviour {
		return ftptest.Behaviour{Login: ftptest.Login{Single: ftptest.Single{At: at, Text: text},
			Users: map[string]string{"joe": "right"}}}
	}
	for name, b := range map[string]ftptest.Behaviour{
		"421 at connect":          {Limits: ftptest.Limits{Connections: 1}, Login: single("", "").Login},
		"421 at USER":             single("USER", "421 One session a user."),
		"530 at USER":             single("USER", "530 One session a user."),
		"421 at PASS":             single("PASS", "421 Too many sessions."),
		"530 at PASS":             single("PASS", "530 Sorry, only one session."),
		"the second ends it, 421": single(ftptest.Ousts, "421 Logged in from elsewhere."),
		"the second closes it":    single(ftptest.Ousts, ""),
	} {
		for _, user := range []string{"anonymous", "joe"} {
			t.Run(name+", "+user, func(t *testing.T) {
				t.Parallel()
				b := b
				b.Latency = 20 * time.Millisecond // so that the second logs in before the first is done
				srv := start(t, b)
				ev := ask(t, srv.Addr(), func(cfg *probe.Config) {
					if user != "anonymous" {
						cfg.Target.User, cfg.Password, cfg.TLS = user, "right", evidence.TLSOff
					}
				})
				works(evidence.EPSV, evidence.PASV, evidence.EPRT)(t, ev)
				if !ev.Serial {
					t.Error("the limit is not in the record")
				}
				for _, f := range diagnose.Diagnose(ev).Findings {
					if f.Severity != diagnose.Info {
						t.Errorf("found %s: %q", f.Code, f.Evidence)
					}
				}
				if n := len(ev.Sessions); n > 3 {
					t.Errorf("%d control connections", n)
				}
				if n := asked(srv, "USER "); n > 3 {
					t.Errorf("%d logins", n)
				}
			})
		}
	}
}

// asked is how many commands that begin so came to the server.
func asked(srv *ftptest.Server, prefix string) (n int) {
	for _, session := range srv.Dialogue() {
		for _, c := range session {
			if strings.HasPrefix(c.Line, prefix) {
				n++
			}
		}
	}
	return n
}

// Where the server closes at EPSV whoever else is logged in, that is what is said:
// no limit on sessions.
func TestClosedAtEPSVIsNoLimit(t *testing.T) {
	t.Parallel()
	srv := start(t, ftptest.Behaviour{Replies: []ftptest.Override{ftptest.OnThen("EPSV", "", ftptest.Close)}})
	ev := quietly(t, srv.Addr(), nil)
	works(evidence.PASV, evidence.EPRT)(t, ev)
	swallowed := false
	for _, f := range diagnose.Diagnose(ev).Findings {
		swallowed = swallowed || f.Code == diagnose.PassiveReplySwallowed
	}
	if ev.Serial || !swallowed {
		t.Errorf("serial %v, swallowed %v", ev.Serial, swallowed)
	}
}

// Anonymous is rejected twice at the most, be it in a row that the limits of the
// server make.
func TestAnonymousIsRejectedTwiceAtMost(t *testing.T) {
	t.Parallel()
	server := netip.MustParseAddr("203.0.113.10")
	srv := start(t, ftptest.Behaviour{Replies: []ftptest.Override{
		{Verbs: "PASS", When: afterThe(1), Answers: []ftptest.Answer{{Text: "530 Not twice."}}}}})
	network := &ftptest.Network{Hosts: map[netip.Addr]*ftptest.Server{server: srv},
		Rules: []ftptest.Rule{{To: ftptest.Not(ftptest.Port(21)), Do: ftptest.Refuse()}}}
	ev := quietly(t, netip.AddrPortFrom(server, 21), func(cfg *probe.Config) { cfg.Dialer, cfg.Listener = network, network })
	if n := asked(srv, "PASS "); n > 3 || !ev.Serial {
		t.Errorf("%d logins, serial %v", n, ev.Serial)
	}
}
