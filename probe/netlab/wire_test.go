//go:build linux

package netlab

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// measured is what a run of ftpdiag was seen to do on the wire.
type measured struct {
	*tally
	unoffered []int // ports dialled that are neither a control port nor offered
	logins    int   // USER was sent
	said      *said
}

func (m *measured) String() string {
	return fmt.Sprintf("%v, %d logins, %d passwords, not offered: %v", m.tally, m.logins, m.passwords, m.unoffered)
}

// measure counts what a run does on the wire.
func (st *stage) measure(t *testing.T, run func() *said) *measured {
	t.Helper()
	stop := st.capture(t)
	verdict := run()
	m := &measured{said: verdict, tally: st.count(stop())}
	// Over TLS the record of the run alone knows.
	m.logins = max(m.users, verdict.sent("USER "))
	offered := verdict.offered(t)
	for _, port := range m.dialled {
		if !slices.Contains(offered, port) && !slices.Contains(st.controlPorts(), uint16(port)) {
			m.unoffered = append(m.unoffered, port)
		}
	}
	return m
}

// sent counts a command in the transcript.
func (s *said) sent(command string) (n int) {
	for _, e := range s.Transcript {
		if e.From == "client" && strings.HasPrefix(e.Text, command) {
			n++
		}
	}
	return n
}

// offered are the ports that the server named.
func (s *said) offered(t *testing.T) []int {
	t.Helper()
	var ports []int
	for _, a := range s.Attempts {
		if a.Mode != "passive" || a.Offered == nil {
			continue
		}
		port, err := strconv.Atoi((*a.Offered)[strings.LastIndexByte(*a.Offered, ':')+1:])
		if err != nil {
			t.Fatal(err)
		}
		ports = append(ports, port)
	}
	return ports
}

// count reads what the stage's client did out of the packets on its link.
func (st *stage) count(packets []packet) *tally {
	own, _, _ := st.lab.clientAddresses()
	c := counting{
		clients: []netip.Addr{own, LANClient, ClientAddr6},
		control: st.controlPorts(),
		reaches: st.distance(),
	}
	return c.of(packets)
}

// controlPorts are those at which ftpdiag may log in: a server elsewhere is asked
// at the usual ones too.
func (s *scenario) controlPorts() []uint16 { return []uint16{s.port(), 21, 990} }

// distance is how many hops away the host is that answers for the target.
func (s *scenario) distance() int {
	switch {
	case s.net.OnLAN:
		return 1
	case s.net.Private:
		return 2 // the gateway, for the ports that it does not forward
	}
	return 3
}
