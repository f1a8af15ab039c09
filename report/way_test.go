package report

import (
	"testing"

	"ftpdiag/probe/diagnose"
	"ftpdiag/probe/evidence"
)

func distance(n int) *int { return &n }

// TestEnding: what is said claims no more than was seen.
func TestEnding(t *testing.T) {
	route := []evidence.Hop{{Distance: 1, IP: "10.0.0.1"}, {Distance: 2, IP: "198.51.100.2"}}
	for _, c := range []struct {
		name string
		b    diagnose.BlockedAt
		from *evidence.Hop // who refused, as the walk has it
		want string
		draw bool
	}{
		{"nothing answered", diagnose.BlockedAt{Answer: "silence", HostDistance: distance(3)}, nil,
			"No device on the way answered, so where the packets are lost is not known.", false},
		{"silence behind the own gateway", diagnose.BlockedAt{Answer: "silence", AfterHop: "10.0.0.1", Distance: 1, HostDistance: distance(4)}, nil,
			"Packets come as far as 10.0.0.1 (hop 1 of 4, this side's own gateway). They are dropped there, or just behind it, before the server.", true},
		{"silence at the last hop", diagnose.BlockedAt{Answer: "silence", AfterHop: "198.51.100.2", Distance: 2, HostDistance: distance(3)}, nil,
			"Packets come as far as 198.51.100.2 (hop 2 of 3). They are dropped there, or just behind it: that may be the server itself.", true},
		{"silence, host not known", diagnose.BlockedAt{Answer: "silence", AfterHop: "198.51.100.2", Distance: 2}, nil,
			"Packets come as far as 198.51.100.2 (hop 2). They are dropped there, or just behind it.", true},
		{"silence at the server", diagnose.BlockedAt{Answer: "silence", AfterHop: "203.0.113.10", Distance: 3, HostDistance: distance(3)}, nil,
			"Packets come as far as the server (hop 3 of 3); it does not answer them.", true},
		{"reset by a router", diagnose.BlockedAt{Answer: "reset", AfterHop: "10.0.0.1", Distance: 1, HostDistance: distance(4)}, &evidence.Hop{Distance: 2},
			"The refusal comes from 198.51.100.2 (hop 2 of 4), before the server.", true},
		{"reset by the own gateway", diagnose.BlockedAt{Answer: "reset"}, &evidence.Hop{Distance: 1},
			"The refusal comes from 10.0.0.1 (hop 1).", true},
		{"reset from a silent hop", diagnose.BlockedAt{Answer: "reset", AfterHop: "198.51.100.2", Distance: 2, HostDistance: distance(5)}, &evidence.Hop{Distance: 3},
			"The refusal comes from hop 3 of 5, before the server.", true},
		{"reset by the server", diagnose.BlockedAt{Answer: "reset", AfterHop: "198.51.100.2", Distance: 2, HostDistance: distance(3)}, &evidence.Hop{Distance: 3},
			"The refusal comes from as far away as the server itself (hop 3 of 3).", true},
		{"reset by this computer", diagnose.BlockedAt{Answer: "reset"}, &evidence.Hop{},
			"This computer itself refuses the connection.", true},
		{"reset, walk lost", diagnose.BlockedAt{Answer: "reset", AfterHop: "10.0.0.1", Distance: 1, HostDistance: distance(3)}, nil,
			"A refusal comes back from behind 10.0.0.1 (hop 1 of 3, this side's own gateway).", true},
		{"reset, nothing known", diagnose.BlockedAt{Answer: "reset"}, nil,
			"A refusal comes back; from where is not known.", false},
		{"icmp of a router", diagnose.BlockedAt{Answer: "icmp", ICMPFrom: "10.0.0.1", ICMP: "admin-prohibited", HostDistance: distance(3)}, &evidence.Hop{Distance: 1, IP: "10.0.0.1"},
			"10.0.0.1 (hop 1 of 3, this side's own gateway) reports that it does not let the connection pass (admin-prohibited).", true},
		{"icmp, walk lost", diagnose.BlockedAt{Answer: "icmp", ICMPFrom: "198.51.100.2"}, nil,
			"198.51.100.2 (hop 2) reports that it does not let the connection pass.", true},
		{"icmp of a stranger", diagnose.BlockedAt{Answer: "icmp", ICMPFrom: "192.0.2.9", ICMP: "host-prohibited"}, nil,
			"192.0.2.9 reports that it does not let the connection pass (host-prohibited).", false},
		{"icmp of this computer", diagnose.BlockedAt{Answer: "icmp"}, &evidence.Hop{},
			"This computer itself reports that it does not let the connection pass.", true},
		{"icmp, nothing known", diagnose.BlockedAt{Answer: "icmp"}, nil,
			"A device on the way reports that it does not let the connection pass.", false},
		{"an answer of tomorrow", diagnose.BlockedAt{Answer: "shrug", AfterHop: "198.51.100.2", Distance: 2}, nil,
			"Packets come as far as 198.51.100.2 (hop 2). They are dropped there, or just behind it.", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := &diagnose.Result{Route: route, Walks: []evidence.Walk{{Answer: "silence"}}} // another dead port
			if c.from != nil {
				w := evidence.Walk{Answer: c.b.Answer, ICMP: c.b.ICMP, AnswerFrom: c.from}
				if c.b.AfterHop != "" {
					w.Hops = []evidence.Hop{{Distance: c.b.Distance, IP: string(c.b.AfterHop)}}
				}
				r.Walks = append(r.Walks, w)
			}
			e := endingOf(r, &c.b)
			if got := e.words(); got != c.want {
				t.Errorf(" got %s\nwant %s", got, c.want)
			}
			if e.drawable() != c.draw {
				t.Errorf("drawable is %v", e.drawable())
			}
		})
	}
}

func TestWay(t *testing.T) {
	route := []evidence.Hop{{Distance: 1, IP: "10.0.0.1"}, {Distance: 3, IP: "198.51.100.3"}}
	for _, c := range []struct {
		name  string
		route []evidence.Hop
		e     *ending
		width int
		want  string
	}{
		{"not blocked", route, nil, 80,
			": this computer -- 10.0.0.1 -- ? -- 198.51.100.3 -- 203.0.113.10\n"},
		{"in the middle", route, &ending{name: "198.51.100.2", distance: 2, server: 4}, 80,
			": this computer -- 10.0.0.1 -- 198.51.100.2 --X   198.51.100.3 -- 203.0.113.10\n"},
		{"at the first hop", nil, &ending{name: "10.0.0.1", distance: 1, server: unknown}, 80,
			": this computer -- 10.0.0.1 --X   203.0.113.10\n"},
		{"at this computer", route, &ending{server: 2}, 80,
			": this computer --X   10.0.0.1 -- 203.0.113.10\n"},
		{"beyond the route", route[:1], &ending{distance: 3, server: 5}, 80,
			": this computer -- 10.0.0.1 -- ? -- ? --X   ? -- 203.0.113.10\n"},
		{"no host distance", route, &ending{name: "10.0.0.1", distance: 1, server: unknown}, 80,
			": this computer -- 10.0.0.1 --X   ? -- 198.51.100.3 -- 203.0.113.10\n"},
		{"too long for a line", route, &ending{name: "10.0.0.1", distance: 1, server: 4}, 60,
			":     this computer\n  1  10.0.0.1\n  X  nothing was seen to come further\n  2  ?\n  3  198.51.100.3\n  4  203.0.113.10, the server\n"},
		{"the server is the next hop", nil, &ending{distance: 1, server: 1}, 60,
			": this computer -- 203.0.113.10 X\n"},
		{"at the server", nil, &ending{distance: 2, server: 2}, 36,
			":     this computer\n  1  ?\n  2  203.0.113.10, the server\n  X  nothing was seen to come\n     further\n"},
		{"absurd distance", nil, &ending{distance: 1 << 20, server: unknown}, 20, ""},
		{"absurd distances", nil, &ending{distance: -1 << 20, server: 1 << 20}, 20, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := &diagnose.Result{Addresses: []evidence.Address{{IP: "203.0.113.10", Used: true}}, Route: c.route}
			p := newPage(c.width)
			p.way(": ", " ", r, c.e)
			if c.want == "" && p.out.Len() < 10000 {
				return
			}
			if got := p.out.String(); got != c.want {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}
