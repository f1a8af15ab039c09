//go:build linux

package netlab

import (
	"slices"
	"strings"
	"testing"

	"ftpdiag/probe/realserver"
)

// Bounds of ports that nobody offered, and of a quick run's connections.
const (
	maxUnoffered = 12
	maxQuick     = 12
)

// A politeCase is what may be done in a scenario beyond what the matrix counts.
type politeCase struct {
	scenario  string
	args      []string
	unoffered bool // passive fails by silence: ports that nobody offered may be dialled
	rejects   bool // the login is rejected
}

var politeCases = []politeCase{
	{scenario: "the server's firewall drops vsftpd's passive ports", unoffered: true},
	{scenario: "ports up to 5000 pass and vsftpd offers higher ones", unoffered: true},
	{scenario: "a stale public address and closed ports", unoffered: true},
	{scenario: "the server's firewall resets vsftpd's passive ports"},
	{scenario: "the server's firewall prohibits passive ports"},
	{scenario: "the server's firewall drops"},
	{scenario: "the server's firewall drops vsftpd's passive ports", args: []string{"--quick"}},
	{scenario: "half of the range is open"},
	{scenario: "half of the range is open", args: []string{"--quick"}},
	{scenario: "vsftpd lets no anonymous user in", rejects: true},
	{scenario: "the server's firewall relies on its helper over TLS", unoffered: true},
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
	if len(m.unoffered) > most {
		t.Errorf("ports that nobody offered: %v, at most %d", m.unoffered, most)
	}
	if c.unoffered && !quick && len(m.unoffered) == 0 {
		t.Error("no port that nobody offered was dialled: this case shows nothing\n" + m.said.stdout)
	}
	if m.control == 0 && c.scenario != "the server's firewall drops" {
		t.Error("no control connection was seen: nothing was measured")
	}
	if c.rejects && (m.passwords == 0 || m.passwords > 2) {
		t.Errorf("anonymous was rejected %d times, at most 2", m.passwords)
	}
	if quick && m.dials > maxQuick {
		t.Errorf("%d connections with --quick", m.dials)
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
