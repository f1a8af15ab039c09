//go:build linux

package netlab

import (
	"encoding/json"
	"fmt"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// meters count on the client what leaves it. A SYN with a time to live of 3 or
// more can reach the server, which is three hops away.
const meters = `table inet counted {
	set syns { type inet_service . inet_service; size 4096; flags dynamic; }
	counter passwords { }
	chain leaving {
		type filter hook output priority 10;
		tcp flags & (syn|ack) == syn ip ttl >= 3 add @syns { tcp sport . tcp dport }
		tcp flags & (syn|ack) == syn ip6 hoplimit >= 3 add @syns { tcp sport . tcp dport }
		tcp dport 21 @ih,0,32 %d counter name passwords
	}
}
`

// measured is what was seen on the wire.
type measured struct {
	connections int   // that can have reached the target
	unoffered   []int // ports dialled that are neither the control port nor offered
	control     int   // control connections at once
	passwords   int
	said        string   // ftpdiag's report
	dump        []string // tcpdump of the control connections' ends
}

func (m *measured) String() string {
	return fmt.Sprintf("%d connections, %d control connections at once, %d passwords, not offered: %v",
		m.connections, m.control, m.passwords, m.unoffered)
}

// measure counts what a run does on the wire.
func (st *stage) measure(t *testing.T, run func() *said) *measured {
	t.Helper()
	if err := st.lab.Client.Rules(fmt.Sprintf(meters, word("PASS"))); err != nil {
		t.Fatal(err)
	}
	stop := st.watchControl(t)
	verdict := run()
	m := &measured{said: verdict.stdout}
	m.control, m.dump = stop()
	st.readMeters(t, m, verdict.offered(t))
	return m
}

// readMeters takes what the rules have counted.
func (st *stage) readMeters(t *testing.T, m *measured, offered []int) {
	t.Helper()
	var listing struct {
		Nftables []struct {
			Set *struct {
				Elem []struct{ Concat []int }
			}
			Counter *struct{ Packets int }
		}
	}
	out, err := st.lab.Client.Output(exec.Command("nft", "-j", "list", "table", "inet", "counted"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(out), &listing); err != nil {
		t.Fatalf("%v in %s", err, out)
	}
	for _, object := range listing.Nftables {
		if object.Counter != nil {
			m.passwords = object.Counter.Packets
		}
		if object.Set == nil {
			continue
		}
		for _, e := range object.Set.Elem {
			m.connections++
			if port := e.Concat[1]; port != int(st.port()) && !slices.Contains(offered, port) && !slices.Contains(m.unoffered, port) {
				m.unoffered = append(m.unoffered, port)
			}
		}
	}
	slices.Sort(m.unoffered)
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

// watchControl listens on the wire; the function that it returns says how many
// control connections were open at once at most.
func (st *stage) watchControl(t *testing.T) func() (int, []string) {
	t.Helper()
	stop := st.tcpdump(t, "-nn", "-l", "tcp port "+strconv.Itoa(int(st.port())))
	return func() (int, []string) {
		lines := strings.Split(string(stop()), "\n")
		return atOnce(lines, st.port()), lines
	}
}

// atOnce reads tcpdump's lines. A connection is open from the client's ACK of the
// server's SYN to the first FIN or RST of either side: the server's program sees
// none that a RST ends before that.
func atOnce(lines []string, port uint16) int {
	open, most := map[string]bool{}, 0
	for _, line := range lines {
		fields := strings.Fields(line) // time IP 10.10.0.2.4000 > 203.0.113.10.21: Flags [S.],
		if len(fields) < 7 {
			continue
		}
		from, to, flags := fields[2], strings.TrimSuffix(fields[4], ":"), strings.Trim(fields[6], "[],")
		client := from
		if strings.HasSuffix(from, "."+strconv.Itoa(int(port))) {
			client = to
		}
		switch {
		case strings.ContainsAny(flags, "FR"):
			delete(open, client)
		case from == client && flags == "." && strings.Contains(line, " ack 1, ") && strings.HasSuffix(line, " length 0"):
			open[client] = true
			most = max(most, len(open))
		}
	}
	return most
}
