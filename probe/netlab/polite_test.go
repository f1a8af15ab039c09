//go:build linux

package netlab

import (
	"slices"
	"strings"
	"testing"

	"ftpdiag/probe/realserver"
)

// The limits that ftpdiag keeps, towards one target.
const (
	maxConnections = 64
	maxUnoffered   = 12
	maxControl     = 2
)

// A politeCase is what may be done in a scenario.
type politeCase struct {
	scenario  string
	args      []string
	unoffered bool // passive fails by silence: ports that nobody offered may be dialled
	rejects   bool // the login is rejected
}

var politeCases = []politeCase{
	{scenario: "vsftpd with nothing in the way"},
	{scenario: "the server's firewall drops vsftpd's passive ports", unoffered: true},
	{scenario: "passive ports are dropped, and so is everything at the client", unoffered: true},
	{scenario: "ports up to 5000 pass and vsftpd offers higher ones", unoffered: true},
	{scenario: "the server's firewall resets vsftpd's passive ports"},
	{scenario: "the server's firewall prohibits passive ports"},
	{scenario: "a stale public address and closed ports", unoffered: true},
	{scenario: "the server's firewall drops"},
	{scenario: "the server's firewall drops vsftpd's passive ports", args: []string{"--quick"}},
	{scenario: "half of the range is open"},
	{scenario: "half of the range is open", args: []string{"--quick"}},
	{scenario: "vsftpd lets no anonymous user in", rejects: true},
	{scenario: "vsftpd over TLS that demands resumption"},
	{scenario: "vsftpd over implicit TLS"},
	{scenario: "vsftpd demands TLS for the login"},
	{scenario: "ProFTPD demands TLS for data"},
	{scenario: "NAT with helper before vsftpd over TLS"},
	{scenario: "the client's firewall has a helper and data connections go over TLS"},
	{scenario: "the server's firewall relies on its helper over TLS", unoffered: true},
	{scenario: "a server of TLS 1.1"},
	{scenario: "the first packet of TLS is swallowed", unoffered: true},
	{scenario: "AUTH is reset"},
}

func TestPolite(t *testing.T) {
	Need(t)
	for _, c := range politeCases {
		t.Run(strings.ReplaceAll(strings.Join(append([]string{c.scenario}, c.args...), " "), " ", "-"), func(t *testing.T) {
			t.Parallel()
			st := named(t, c.scenario).build(t)
			m := st.measure(t, func() *said { return st.ftpdiag(t, asRoot, c.args...) })
			t.Log(m)
			m.check(t, c)
		})
	}
}

func (m *measured) check(t *testing.T, c politeCase) {
	t.Helper()
	quick := slices.Contains(c.args, "--quick")
	most := 0
	if c.unoffered && !quick {
		most = maxUnoffered
	}
	if m.connections > maxConnections {
		t.Errorf("%d connections to one target, at most %d", m.connections, maxConnections)
	}
	if len(m.unoffered) > most {
		t.Errorf("ports that nobody offered: %v, at most %d", m.unoffered, most)
	}
	if c.unoffered && !quick && len(m.unoffered) == 0 {
		t.Error("no port that nobody offered was dialled: this case shows nothing\n" + m.said)
	}
	if m.control > maxControl {
		t.Errorf("%d control connections at once, at most %d:\n%s", m.control, maxControl, strings.Join(m.dump, "\n"))
	}
	if m.control == 0 && c.scenario != "the server's firewall drops" {
		t.Error("no control connection was seen: nothing was measured")
	}
	if c.rejects && (m.passwords == 0 || m.passwords > 2) {
		t.Errorf("anonymous was rejected %d times, at most 2", m.passwords)
	}
	if quick && m.connections > 12 {
		t.Errorf("%d connections with --quick", m.connections)
	}
}

// A rejected password of a real user crosses the wire once.
func TestOneRejectedPassword(t *testing.T) {
	Need(t)
	t.Parallel()
	s := &scenario{server: vsftpd(user("joe", "right"))}
	st := s.build(t)
	var verdict *said
	m := st.measure(t, func() *said {
		verdict = st.ftpdiagWith(t, asRoot, []string{"FTPDIAG_PASSWORD=wrong"}, "-u", "joe", "--tls", "off")
		return verdict
	})
	if m.passwords != 1 {
		t.Errorf("the password was sent %d times", m.passwords)
	}
	if f := verdict.found(""); f == nil || f.Code != "login-rejected" {
		t.Errorf("found %v, want login-rejected", verdict.line())
	}
}

func user(name, password string) option {
	return func(c *realserver.Config) {
		c.Users = append(c.Users, realserver.User{Name: name, Password: password})
	}
}

func TestAtOnce(t *testing.T) {
	const three = `00:00:00.1 IP 10.10.0.2.4001 > 203.0.113.10.21: Flags [S], seq 1, win 64240, length 0
00:00:00.2 IP 203.0.113.10.21 > 10.10.0.2.4001: Flags [S.], seq 9, ack 2, win 65160, length 0
00:00:00.3 IP 10.10.0.2.4001 > 203.0.113.10.21: Flags [.], ack 1, win 63, length 0
00:00:00.4 IP6 2001:db8:10::2.4002 > 2001:db8:20::10.21: Flags [.], ack 1, win 63, length 0
00:00:00.5 IP 10.10.0.2.4009 > 203.0.113.10.21: Flags [S], seq 1, win 64240, length 0
00:00:00.6 IP 10.10.0.2.4009 > 203.0.113.10.21: Flags [R.], seq 2, ack 1, win 63, length 0
00:00:00.7 IP 203.0.113.10.21 > 10.10.0.2.4001: Flags [P.], seq 1:21, ack 1, win 64, length 20: FTP, length: 20
00:00:00.8 IP 10.10.0.2.4003 > 203.0.113.10.21: Flags [.], ack 1, win 63, length 0
00:00:00.9 IP 10.10.0.2.4001 > 203.0.113.10.21: Flags [F.], seq 32, ack 324, win 63, length 0
00:00:01.0 IP 10.10.0.2.4004 > 203.0.113.10.21: Flags [.], ack 1, win 63, length 0`
	if n := atOnce(strings.Split(three, "\n"), 21); n != 3 {
		t.Errorf("counted %d, want 3", n)
	}
}
