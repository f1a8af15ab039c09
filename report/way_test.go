package report

import (
	"testing"

	"ftpdiag/probe"
	"ftpdiag/probe/diagnose"
)

func distance(n int) *int { return &n }

// TestBlockedWords: what is said claims no more than was seen.
func TestBlockedWords(t *testing.T) {
	for _, c := range []struct {
		b    diagnose.BlockedAt
		want string
	}{
		{diagnose.BlockedAt{Answer: "silence"},
			"No device on the way answered, so where the packets are lost is not known."},
		{diagnose.BlockedAt{Answer: "silence", AfterHop: "10.0.0.1", Distance: 1, HostDistance: distance(4)},
			"Packets come as far as 10.0.0.1 (hop 1 of 4, this side's own gateway). They are dropped there, or just behind it, before the server."},
		{diagnose.BlockedAt{Answer: "silence", AfterHop: "198.51.100.2", Distance: 2, HostDistance: distance(3)},
			"Packets come as far as 198.51.100.2 (hop 2 of 3). They are dropped there, or just behind it: that may be the server itself."},
		{diagnose.BlockedAt{Answer: "silence", AfterHop: "198.51.100.2", Distance: 2},
			"Packets come as far as 198.51.100.2 (hop 2). They are dropped there, or just behind it."},
		{diagnose.BlockedAt{Answer: "silence", AfterHop: "203.0.113.10", Distance: 3, HostDistance: distance(3)},
			"Packets come as far as the server (hop 3 of 3); it does not answer them."},
		{diagnose.BlockedAt{Answer: "reset", AfterHop: "198.51.100.2", Distance: 2, HostDistance: distance(4)},
			"A refusal comes back from 198.51.100.2 (hop 2 of 4), or from just behind it, before the server."},
		{diagnose.BlockedAt{Answer: "reset", Distance: 2},
			"A refusal comes back from hop 2, or from just behind it."},
		{diagnose.BlockedAt{Answer: "reset", Distance: 3, HostDistance: distance(3)},
			"A refusal comes back from as far away as the server itself (hop 3 of 3)."},
		{diagnose.BlockedAt{Answer: "icmp", Distance: 1, ICMPFrom: "10.0.0.1", ICMP: "admin-prohibited"},
			"10.0.0.1 reports that it does not let this connection pass (admin-prohibited)."},
		{diagnose.BlockedAt{Answer: "icmp", Distance: 1},
			"A device on the way reports that it does not let this connection pass."},
		{diagnose.BlockedAt{Answer: "answer-of-tomorrow", AfterHop: "198.51.100.2", Distance: 2},
			"Packets come as far as 198.51.100.2 (hop 2). They are dropped there, or just behind it."},
	} {
		if got := blockedWords(&c.b); got != c.want {
			t.Errorf("%+v:\n got %s\nwant %s", c.b, got, c.want)
		}
	}
}

func TestWay(t *testing.T) {
	route := []probe.Hop{{Distance: 1, IP: "10.0.0.1"}, {Distance: 3, IP: "198.51.100.3"}}
	for _, c := range []struct {
		name  string
		route []probe.Hop
		b     *diagnose.BlockedAt
		width int
		want  string
	}{
		{"not blocked", route, nil, 80,
			": this computer -- 10.0.0.1 -- ? -- 198.51.100.3 -- 203.0.113.10\n"},
		{"in the middle", route, &diagnose.BlockedAt{AfterHop: "198.51.100.2", Distance: 2, HostDistance: distance(4)}, 80,
			": this computer -- 10.0.0.1 -- 198.51.100.2 --X   198.51.100.3 -- 203.0.113.10\n"},
		{"at the first hop", nil, &diagnose.BlockedAt{AfterHop: "10.0.0.1", Distance: 1}, 80,
			": this computer -- 10.0.0.1 --X   203.0.113.10\n"},
		{"beyond the route", route[:1], &diagnose.BlockedAt{Distance: 3, HostDistance: distance(5)}, 80,
			": this computer -- 10.0.0.1 -- ? -- ? --X   ? -- 203.0.113.10\n"},
		{"no host distance", route, &diagnose.BlockedAt{AfterHop: "10.0.0.1", Distance: 1}, 80,
			": this computer -- 10.0.0.1 --X   ? -- 198.51.100.3 -- 203.0.113.10\n"},
		{"too long for a line", route, &diagnose.BlockedAt{AfterHop: "10.0.0.1", Distance: 1, HostDistance: distance(4)}, 60,
			":     this computer\n  1  10.0.0.1\n  X  no further than here, or just behind\n  2  ?\n  3  198.51.100.3\n  4  203.0.113.10, the server\n"},
		{"the server is the next hop", nil, &diagnose.BlockedAt{Distance: 1, HostDistance: distance(1)}, 60,
			": this computer -- 203.0.113.10 X\n"},
		{"at the server", nil, &diagnose.BlockedAt{Distance: 2, HostDistance: distance(2)}, 30,
			":     this computer\n  1  ?\n  2  203.0.113.10, the server\n  X  no further than here\n"},
		{"absurd distances", nil, &diagnose.BlockedAt{Distance: 1 << 20}, 20, ""},
		{"absurd distances of the host", nil, &diagnose.BlockedAt{Distance: -1 << 20, HostDistance: distance(1 << 20)}, 20, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := &diagnose.Result{Addresses: []probe.Address{{IP: "203.0.113.10", Used: true}}, Route: c.route}
			p := newPage(c.width)
			p.way(": ", " ", r, c.b)
			got := p.out.String()
			if c.want == "" && p.out.Len() < 10000 {
				return
			}
			if got != c.want {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}
