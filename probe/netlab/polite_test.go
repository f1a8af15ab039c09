//go:build linux

package netlab

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"ftpdiag/probe/realserver"
)

// The limits that ftpdiag keeps, towards one target.
const (
	maxConnections = 64
	maxUnoffered   = 12
	maxControl     = 2
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
		t.Error("no port that nobody offered was dialled: this case shows nothing")
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

// measured is what was seen on the wire.
type measured struct {
	connections int   // that can have reached the target
	unoffered   []int // ports dialled that are neither the control port nor offered
	control     int   // control connections at once
	passwords   int
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
	m := &measured{}
	m.control, m.dump = stop()
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
	offered := verdict.offered(t)
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
	return m
}

// offered are the ports that the server named.
func (s *said) offered(t *testing.T) []int {
	t.Helper()
	var r struct {
		Attempts []struct {
			Mode    string
			Offered *string
		}
	}
	if err := json.Unmarshal([]byte(s.stdout), &r); err != nil {
		t.Fatal(err)
	}
	var ports []int
	for _, a := range r.Attempts {
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
	cmd := exec.Command("tcpdump", "-nn", "-l", "--immediate-mode", "-i", "eth0",
		"tcp port 21")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var said lockedBuffer
	cmd.Stderr = &said
	if err := st.lab.Client.Start(cmd); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(10 * time.Second); !strings.Contains(said.String(), "listening on"); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("tcpdump does not listen: %s", said.String())
		}
	}
	seen := make(chan []string)
	go func() {
		var lines []string
		for s := bufio.NewScanner(out); s.Scan(); {
			lines = append(lines, s.Text())
		}
		seen <- lines
	}()
	return func() (int, []string) {
		time.Sleep(50 * time.Millisecond) // what was last on the wire is on its way to us
		_ = cmd.Process.Signal(syscall.SIGTERM)
		lines := <-seen
		_ = cmd.Wait()
		return atOnce(lines), lines
	}
}

// atOnce reads tcpdump's lines. A connection is open from the client's ACK of the
// server's SYN to the first FIN or RST of either side: the server's program sees
// none that a RST ends before that.
func atOnce(lines []string) int {
	open, most := map[string]bool{}, 0
	for _, line := range lines {
		fields := strings.Fields(line) // time IP 10.10.0.2.4000 > 203.0.113.10.21: Flags [S.],
		if len(fields) < 7 {
			continue
		}
		from, to, flags := fields[2], strings.TrimSuffix(fields[4], ":"), strings.Trim(fields[6], "[],")
		client := from
		if strings.HasSuffix(from, ".21") {
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
	if n := atOnce(strings.Split(three, "\n")); n != 3 {
		t.Errorf("counted %d, want 3", n)
	}
}

// lockedBuffer is a bytes.Buffer for two goroutines.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
