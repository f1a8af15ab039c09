//go:build linux

package netlab

import (
	"slices"
	"strings"
	"testing"
)

// Without any capability everything works but the packet socket, which alone can
// tell that a SYN has reached this machine.
func TestAsNobody(t *testing.T) {
	Need(t)
	cases := map[string]told{
		"vsftpd with nothing in the way":                         {},
		"the server's firewall drops vsftpd's passive ports":     {},
		"the server's firewall prohibits passive ports":          {},
		"only port 21 is let out, the rest is dropped":           {},
		"only port 21 is let out over IPv6":                      {},
		"only port 21 is let out, the rest is reset":             {},
		"ports up to 5000 pass and vsftpd offers higher ones":    {},
		"the client's firewall resets vsftpd's data connections": {},
		"the server's firewall drops":                            {},
		"the client itself drops":                                works().activeFails("active-inbound-dropped", anyone),
	}
	for name, other := range cases {
		t.Run(strings.ReplaceAll(name, " ", "-"), func(t *testing.T) {
			t.Parallel()
			s := *named(t, name)
			s.told.causes = slices.Clone(s.told.causes)
			if other.passive != "" {
				s.told = other
			}
			// What a capability alone can tell is whose firewall it is.
			for i, c := range s.told.causes {
				if strings.HasPrefix(c.code, "active-inbound-") {
					s.told.causes[i].who = anyone
				}
			}
			st := s.build(t)
			verdict := st.ftpdiag(t, asNobody)
			t.Log(verdict.line())
			for _, wrong := range st.disagreements(verdict, st.ask(t)) {
				t.Error(wrong)
			}
			if t.Failed() {
				t.Log(verdict.explain())
			}
		})
	}
}
