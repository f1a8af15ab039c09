//go:build linux

package netlab

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
)

// tally is what guards of the field count.
type tally struct {
	dead      int   // SYNs, repeated ones too, that no SYN-ACK answered and that could reach the host
	deadPorts int   // different ports that they went to
	dialled   []int // ports that SYNs went to which could reach the host
	dials     int   // connections that they asked for
	control   int   // control connections
	takenBack int   // of which the server saw no more than the SYN
	atOnce    int   // control connections
	users     int   // USER in clear
	passwords int   // PASS in clear
}

func (y *tally) String() string {
	return fmt.Sprintf("%d dead SYNs to %d ports, %d dials, %d control connections (%d at once), %d taken back",
		y.dead, y.deadPorts, y.dials, y.control, y.atOnce, y.takenBack)
}

// counting says whose packets are counted.
type counting struct {
	clients []netip.Addr
	control []uint16
	reaches int // the smallest time to live with which a packet can reach the host
}

// flow is one connection that the client asked for, or nearly so.
type flow struct {
	syns           int // that could reach the host
	answered       bool
	opened, closed bool
	heard          map[uint32]bool // sequence numbers of the client's commands
}

// ends are the client's and the server's.
type ends struct{ client, server netip.AddrPort }

// of counts. A control connection is open from the client's ACK of the server's
// SYN to the first FIN or RST of either side: the server's program sees none that
// a RST ends before that.
func (c counting) of(packets []packet) *tally {
	y, flows, open := &tally{}, map[ends]*flow{}, 0
	for _, p := range packets {
		outward := slices.Contains(c.clients, p.from.Addr())
		e := ends{p.from, p.to}
		if !outward {
			e = ends{p.to, p.from}
		}
		f := flows[e]
		if f == nil && outward && p.syn && !p.ack {
			f = &flow{heard: map[uint32]bool{}}
			flows[e] = f
		}
		if f == nil {
			continue // the server asked for it
		}
		control := slices.Contains(c.control, e.server.Port())
		switch {
		case p.syn && !outward:
			f.answered = true
		case p.syn && p.ttl >= c.reaches:
			f.syns++
		case p.fin || p.rst:
			if f.opened && !f.closed && control {
				open--
			}
			f.closed = true
		case outward && f.answered && !f.opened && !f.closed:
			f.opened = true
			if control {
				open++
				y.atOnce = max(y.atOnce, open)
			}
		}
		if outward && control && !f.heard[p.seq] && p.text != "" {
			f.heard[p.seq] = true // lost packets are sent again
			y.users += commands(p.text, "USER ")
			y.passwords += commands(p.text, "PASS ")
		}
	}
	c.sum(y, flows)
	return y
}

// commands counts the lines that begin so.
func commands(text, command string) (n int) {
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, command) {
			n++
		}
	}
	return n
}

// sum adds up the connections.
func (c counting) sum(y *tally, flows map[ends]*flow) {
	dead := map[netip.AddrPort]bool{}
	for e, f := range flows {
		control := slices.Contains(c.control, e.server.Port())
		switch {
		case f.syns == 0:
			continue
		case !f.answered:
			y.dead += f.syns
			dead[e.server] = true
		case control && f.opened:
			y.control++
		case control:
			y.takenBack++
		}
		y.dials++
		y.dialled = append(y.dialled, int(e.server.Port()))
	}
	y.deadPorts = len(dead)
	slices.Sort(y.dialled)
	y.dialled = slices.Compact(y.dialled)
}

// script makes packets of lines like "4001>21 S ttl 3" and "4001<21 SA".
func script(t *testing.T, text string) []packet {
	t.Helper()
	var packets []packet
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		if len(fields) < 2 {
			continue
		}
		var client, server uint16
		var way rune
		if n, err := fmt.Sscanf(fields[0], "%d%c%d", &client, &way, &server); n != 3 {
			t.Fatalf("%q: %v", line, err)
		}
		p := packet{
			from: netip.AddrPortFrom(ClientAddr, client), to: netip.AddrPortFrom(PublicAddr, server), ttl: 64, seq: uint32(len(packets)),
			syn: strings.Contains(fields[1], "S"), ack: strings.Contains(fields[1], "A"),
			fin: strings.Contains(fields[1], "F"), rst: strings.Contains(fields[1], "R"),
		}
		if way == '<' {
			p.from, p.to = p.to, p.from
		}
		if _, rest, ok := strings.Cut(line, "ttl "); ok {
			_, _ = fmt.Sscan(rest, &p.ttl)
		}
		if _, rest, ok := strings.Cut(line, "says "); ok {
			p.text = rest
		}
		packets = append(packets, p)
	}
	return packets
}

func TestTally(t *testing.T) {
	seen := script(t, `
		4001>21 S
		4001<21 SA
		4001>21 A
		4001>21 A says USER anonymous
		4001>21 A says PASS x
		4002>21 S ttl 1
		4003>21 S ttl 3
		4003<21 SA
		4003>21 R
		4004>50000 S
		4004>50000 S
		4005>50001 S
		4005<50001 RA
		4006>50001 S ttl 3
		4007>50002 S ttl 2
		4008>50003 S
		4008>50003 S
		4008<50003 SA
		4008>50003 A
		4009<20 S
		4009>20 SA
		4010>21 S
		4010<21 SA
		4010>21 A
		4001>21 FA
		4001<21 A
		4011>21 S
		4011<21 SA
		4011>21 A
		4011>21 A says HOST x
		4011>21 A`)
	got := counting{clients: []netip.Addr{ClientAddr}, control: []uint16{21}, reaches: 3}.of(seen)
	got.dialled = nil
	want := tally{dead: 4, deadPorts: 2, dials: 8, control: 3, takenBack: 1, atOnce: 2, users: 1, passwords: 1}
	if fmt.Sprintf("%+v", *got) != fmt.Sprintf("%+v", want) {
		t.Errorf("%+v\nwant %+v", *got, want)
	}
}
