package probe_test

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"ftpdiag/probe"
	"ftpdiag/probe/evidence"
	"ftpdiag/probe/netlab"
)

const (
	livePort = 2121
	deadPort = 50000
)

// hop is what stands at each distance, in either family; the host is at 3.
var hop = [4]map[int]string{
	0: {4: "10.10.0.2", 6: "2001:db8:10::2"},
	1: {4: "10.10.0.1", 6: "2001:db8:10::1"},
	2: {4: "198.51.100.2", 6: "2001:db8:100::2"},
	3: {4: "203.0.113.10", 6: "2001:db8:20::10"},
}

// walkCase is one device on the way and what a walk must say of it.
type walkCase struct {
	name   string
	at     int    // distance of the device
	hook   string // of its chain; empty: no rule, and a port where nobody listens
	rule   string // what it does with the dead port
	hops   int    // hops that answer for the dead port
	answer string
	from   int // distance of the sender of an answer
	icmp   [2]string
}

var walkCases = []walkCase{
	{name: "healthy", at: 3, hops: 2, answer: probe.AnswerReset, from: 3},

	{name: "dropped on this machine", at: 0, hook: "output", rule: "drop", hops: 0, answer: probe.AnswerSilence},
	{name: "dropped at hop 1", at: 1, hook: "forward", rule: "drop", hops: 1, answer: probe.AnswerSilence},
	{name: "dropped at hop 2", at: 2, hook: "forward", rule: "drop", hops: 2, answer: probe.AnswerSilence},
	{name: "dropped at hop 2 before routing", at: 2, hook: "prerouting", rule: "drop", hops: 1, answer: probe.AnswerSilence},
	{name: "dropped by the host", at: 3, hook: "input", rule: "drop", hops: 2, answer: probe.AnswerSilence},

	{name: "reset by hop 1", at: 1, hook: "forward", rule: "reject with tcp reset", hops: 1, answer: probe.AnswerReset, from: 1},
	{name: "reset by hop 2", at: 2, hook: "forward", rule: "reject with tcp reset", hops: 2, answer: probe.AnswerReset, from: 2},
	{name: "reset by hop 2 before routing", at: 2, hook: "prerouting", rule: "reject with tcp reset", hops: 1, answer: probe.AnswerReset, from: 2},
	{name: "reset by the host's firewall", at: 3, hook: "input", rule: "reject with tcp reset", hops: 2, answer: probe.AnswerReset, from: 3},
}

func init() {
	for at, hook := range []string{"output", "forward", "forward", "input"} {
		for _, r := range []struct {
			what string
			icmp [2]string
		}{
			{"admin-prohibited", [2]string{"admin-prohibited", "admin-prohibited"}},
			{"host-unreachable", [2]string{"host-unreachable", "host-unreachable"}},
			{"port-unreachable", [2]string{"port-unreachable", "port-unreachable"}},
			{"no-route", [2]string{"net-unreachable", "net-unreachable"}},
		} {
			walkCases = append(walkCases, walkCase{
				name: fmt.Sprintf("%s at hop %d", r.what, at), at: at, hook: hook, rule: "reject with icmpx " + r.what,
				hops: min(at, 2), answer: probe.AnswerICMP, from: at, icmp: r.icmp,
			})
		}
	}
	for at, hook := range []string{"output", "forward", "forward", "input"} {
		for _, r := range []string{"host-prohibited", "net-prohibited"} { // IPv4 only
			walkCases = append(walkCases, walkCase{
				name: fmt.Sprintf("%s at hop %d", r, at), at: at, hook: hook, rule: "ip version 4 reject with icmp " + r,
				hops: min(at, 2), answer: probe.AnswerICMP, from: at, icmp: [2]string{r, ""},
			})
		}
	}
}

// device builds a lab with the rule of the case, for TCP to the dead port.
func (c walkCase) device(t *testing.T) *netlab.Lab {
	t.Helper()
	lab := netlab.Build(t, netlab.Plan{})
	c.apply(t, lab)
	return lab
}

func (c walkCase) apply(t *testing.T, lab *netlab.Lab) {
	t.Helper()
	if c.hook == "" {
		return
	}
	host := []*netlab.Host{lab.Client, lab.ClientGateway, lab.ServerGateway, lab.Server}[c.at]
	rules := fmt.Sprintf("table inet walk { chain c { type filter hook %s priority 0; tcp dport %d %s; }; }\n", c.hook, deadPort, c.rule)
	if err := host.Rules(rules); err != nil {
		t.Fatal(err)
	}
}

// listening serves the control port of the lab's host, and counts what it accepts.
func listening(t *testing.T, lab *netlab.Lab) *atomic.Int64 {
	t.Helper()
	l, err := lab.Server.Listen("tcp", fmt.Sprintf("[::]:%d", livePort))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	var accepted atomic.Int64
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			accepted.Add(1)
			c.Close()
		}
	}()
	return &accepted
}

// locate walks on the lab's client.
func locate(t *testing.T, lab *netlab.Lab, host netip.Addr, change func(*probe.LocateConfig)) (w evidence.Walk, route []evidence.Hop) {
	t.Helper()
	cfg := config(host)
	if change != nil {
		change(&cfg)
	}
	err := lab.Client.Do(func() error {
		start := time.Now()
		w, route = probe.Locate(context.Background(), cfg)
		if took := time.Since(start); took > 3*time.Second {
			return fmt.Errorf("the walk took %v", took)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	if w.Unavailable != "" {
		t.Fatalf("no walk: %s", w.Unavailable)
	}
	return w, route
}

func TestLocate(t *testing.T) {
	netlab.Need(t)
	for _, c := range walkCases {
		t.Run(strings.ReplaceAll(c.name, " ", "-"), func(t *testing.T) {
			t.Parallel()
			lab := c.device(t)
			accepted := listening(t, lab)
			for i, family := range []int{4, 6} {
				if c.answer == probe.AnswerICMP && c.icmp[i] == "" {
					continue
				}
				host := netip.MustParseAddr(hop[3][family])
				w, route := locate(t, lab, host, nil)
				c.check(t, family, c.icmp[i], w, route)
			}
			if n := accepted.Load(); n != 0 {
				t.Errorf("the server's program saw %d connections, want none", n)
			}
		})
	}
}

func (c walkCase) check(t *testing.T, family int, icmp string, w evidence.Walk, route []evidence.Hop) {
	t.Helper()
	var want []evidence.Hop
	for d := 1; d <= 2; d++ {
		want = append(want, evidence.Hop{Distance: d, IP: hop[d][family]})
	}
	if got := fmt.Sprint(route); got != fmt.Sprint(want) {
		t.Errorf("IPv%d: the route is %s, want %v", family, got, want)
	}
	if got := fmt.Sprint(w.Hops); got != fmt.Sprint(want[:c.hops]) {
		t.Errorf("IPv%d: the hops are %s, want %v", family, got, want[:c.hops])
	}
	if w.HostDistance == nil || *w.HostDistance != 3 {
		t.Errorf("IPv%d: the host is at %v, want 3", family, show(w.HostDistance))
	}
	if w.Answer != c.answer || string(w.ICMP) != icmp {
		t.Errorf("IPv%d: the answer is %q %q, want %q %q", family, w.Answer, w.ICMP, c.answer, icmp)
	}
	from := ""
	switch c.answer {
	case probe.AnswerReset:
		from = fmt.Sprint(evidence.Hop{Distance: c.from})
	case probe.AnswerICMP:
		from = fmt.Sprint(evidence.Hop{Distance: c.from, IP: hop[c.from][family]})
	}
	got := ""
	if w.AnswerFrom != nil {
		got = fmt.Sprint(*w.AnswerFrom)
	}
	if got != from {
		t.Errorf("IPv%d: the answer is from %q, want %q", family, got, from)
	}
}

func caseOf(t *testing.T, name string) walkCase {
	t.Helper()
	for _, c := range walkCases {
		if c.name == name {
			return c
		}
	}
	t.Fatalf("no case %q", name)
	return walkCase{}
}

func config(host netip.Addr) probe.LocateConfig {
	return probe.LocateConfig{
		Dead:    netip.AddrPortFrom(host, deadPort),
		Control: netip.AddrPortFrom(host, livePort),
	}
}

func show(n *int) string {
	if n == nil {
		return "an unknown distance"
	}
	return fmt.Sprint(*n)
}
