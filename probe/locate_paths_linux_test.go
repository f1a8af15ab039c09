package probe_test

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"ftpdiag/probe"
	"ftpdiag/probe/evidence"
	"ftpdiag/probe/netlab"
)

// runAsNobody runs one test of this binary as user nobody, on the lab's client if
// there is a lab, and fails with it.
func runAsNobody(t *testing.T, lab *netlab.Lab, test string, env ...string) {
	t.Helper()
	cmd := exec.Command("/proc/self/exe", "-test.run", test, "-test.v")
	cmd.Env = append(append(os.Environ(), asNobody+"=1"), env...)
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	var out strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &out
	start := cmd.Start
	if lab != nil {
		start = func() error { return lab.Client.Start(cmd) }
	}
	if err := start(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil || !strings.Contains(out.String(), "--- PASS: ") || strings.Contains(out.String(), "--- SKIP: ") {
		t.Errorf("as nobody: %v\n%s", err, out.String())
	}
}

// descriptors counts what this process has open.
func descriptors(t *testing.T) int {
	t.Helper()
	files, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(files)
}

// Everything works without privileges, and nothing is left over.
func TestLocateAsNobody(t *testing.T) {
	if os.Getenv(asNobody) == "" {
		netlab.Need(t)
		t.Parallel()
		for _, name := range []string{"dropped at hop 2", "reset by hop 2", "admin-prohibited at hop 1"} {
			lab := caseOf(t, name).device(t)
			accepted := listening(t, lab)
			runAsNobody(t, lab, "^TestLocateAsNobody$", "FTPDIAG_TEST_CASE="+name)
			if n := accepted.Load(); n != 0 {
				t.Errorf("the server's program saw %d connections, want none", n)
			}
		}
		return
	}
	c := caseOf(t, os.Getenv("FTPDIAG_TEST_CASE"))
	before, running := descriptors(t), runtime.NumGoroutine()
	for i, family := range []int{4, 6} {
		host := netip.MustParseAddr(hop[3][family])
		w, route := probe.Locate(t.Context(), config(host))
		c.check(t, family, c.icmp[i], w, route)
	}
	if after := descriptors(t); after != before {
		t.Errorf("%d descriptors, %d before", after, before)
	}
	if now := runtime.NumGoroutine(); now > running {
		t.Errorf("%d goroutines, %d before", now, running)
	}
}

// forBoth walks over IPv4 and IPv6 to the lab's public host.
func forBoth(t *testing.T, lab *netlab.Lab, change func(*probe.LocateConfig), check func(family int, w evidence.Walk, route []evidence.Hop)) {
	t.Helper()
	for _, family := range []int{4, 6} {
		w, route := locate(t, lab, netip.MustParseAddr(hop[3][family]), change)
		check(family, w, route)
	}
}

func wantFrom(t *testing.T, what string, w evidence.Walk, answer string, distance int) {
	t.Helper()
	if w.Answer != answer || w.AnswerFrom == nil || w.AnswerFrom.Distance != distance {
		t.Errorf("%s: %q from %v, want %q from %d", what, w.Answer, w.AnswerFrom, answer, distance)
	}
}

func TestLocateDeadControlPort(t *testing.T) {
	netlab.Need(t)
	t.Parallel()
	lab := caseOf(t, "dropped at hop 2").device(t)
	only := func(cfg *probe.LocateConfig) { cfg.DeadIsControl, cfg.Control = true, netip.AddrPort{} }
	forBoth(t, lab, only, func(family int, w evidence.Walk, route []evidence.Hop) {
		want := fmt.Sprint([]evidence.Hop{{Distance: 1, IP: hop[1][family]}, {Distance: 2, IP: hop[2][family]}})
		if fmt.Sprint(w.Hops) != want || w.Answer != probe.AnswerSilence || w.HostDistance != nil || !w.Control || len(route) != 0 {
			t.Errorf("IPv%d: got %+v and route %v, want silence behind %s", family, w, route, want)
		}
	})
}

// A router that forwards the control port alone answers for the others itself.
func TestLocateBehindForwarding(t *testing.T) {
	netlab.Need(t)
	t.Parallel()
	lab := netlab.Build(t, netlab.Plan{Private: true, ServerGateway: netlab.Does(netlab.Forward("2121", "50001", "50002"))})
	accepted := listening(t, lab)
	if err := lab.Server.Rules("table inet walk { chain c { type filter hook input priority 0; tcp dport 50002 drop; }; }\n"); err != nil {
		t.Fatal(err)
	}
	port := func(p uint16) func(*probe.LocateConfig) {
		return func(cfg *probe.LocateConfig) { cfg.Dead = netip.AddrPortFrom(lab.Target, p) }
	}
	w, route := locate(t, lab, lab.Target, port(deadPort))
	wantFrom(t, "not forwarded", w, probe.AnswerReset, 2)
	want := []evidence.Hop{{Distance: 1, IP: hop[1][4]}, {Distance: 2, IP: lab.Target.String()}}
	if fmt.Sprint(route) != fmt.Sprint(want) || w.HostDistance == nil || *w.HostDistance != 3 {
		t.Errorf("route %v to a host at %s, want %v and 3", route, show(w.HostDistance), want)
	}
	w, _ = locate(t, lab, lab.Target, port(50001))
	wantFrom(t, "forwarded, nobody listens", w, probe.AnswerReset, 3)
	w, _ = locate(t, lab, lab.Target, port(50002))
	if w.Answer != probe.AnswerSilence || len(w.Hops) != 2 {
		t.Errorf("forwarded and dropped: %+v, want silence behind two hops", w)
	}
	if n := accepted.Load(); n != 0 {
		t.Errorf("the server's program saw %d connections, want none", n)
	}
}

// Hosts and routers begin with different TTLs: that must not look like distance.
func TestLocateWithOtherTTLs(t *testing.T) {
	netlab.Need(t)
	for _, ttl := range []int{128, 255} {
		for _, name := range []string{"healthy", "reset by hop 1", "reset by hop 2"} {
			t.Run(fmt.Sprintf("%d %s", ttl, name), func(t *testing.T) {
				t.Parallel()
				c := caseOf(t, name)
				lab := c.device(t)
				listening(t, lab)
				for _, key := range []string{"ipv4/ip_default_ttl", "ipv6/conf/eth0/hop_limit", "ipv6/conf/all/hop_limit"} {
					err := lab.Server.Do(func() error { return os.WriteFile("/proc/sys/net/"+key, fmt.Append(nil, ttl), 0o644) })
					if err != nil {
						t.Fatal(err)
					}
				}
				forBoth(t, lab, nil, func(family int, w evidence.Walk, route []evidence.Hop) { c.check(t, family, "", w, route) })
			})
		}
	}
}

// A router that answers nothing itself is missing among the hops, and no more.
func TestLocateBehindMuteRouter(t *testing.T) {
	netlab.Need(t)
	t.Parallel()
	for _, name := range []string{"healthy", "dropped at hop 2"} {
		lab := caseOf(t, name).device(t)
		listening(t, lab)
		if err := lab.ClientGateway.Rules("table inet mute { chain c { type filter hook output priority 0; meta l4proto { icmp, icmpv6 } drop; }; }\n"); err != nil {
			t.Fatal(err)
		}
		forBoth(t, lab, nil, func(family int, w evidence.Walk, route []evidence.Hop) {
			want := fmt.Sprint([]evidence.Hop{{Distance: 2, IP: hop[2][family]}})
			if fmt.Sprint(w.Hops) != want || fmt.Sprint(route) != want || w.HostDistance == nil || *w.HostDistance != 3 {
				t.Errorf("%s, IPv%d: hops %v, route %v, host at %s, want %s twice and 3", name, family, w.Hops, route, show(w.HostDistance), want)
			}
		})
	}
}

// Routers limit their ICMP messages. Where what was asked just before has used
// them up, a router may be missing among the hops, but its refusal is heard.
func TestLocateAtTheLimitOfRouters(t *testing.T) {
	netlab.Need(t)
	t.Parallel()
	c := caseOf(t, "admin-prohibited at hop 2")
	lab := c.device(t)
	listening(t, lab)
	forBoth(t, lab, func(cfg *probe.LocateConfig) {
		cfg.Refused = true
		for range 12 {
			ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
			if conn, err := lab.Client.Dial(ctx, "tcp", cfg.Dead.String()); err == nil {
				conn.Close()
				t.Error("connected to the dead port")
			}
			cancel()
		}
		time.Sleep(100 * time.Millisecond)
	}, func(family int, w evidence.Walk, _ []evidence.Hop) {
		wantFrom(t, fmt.Sprintf("IPv%d", family), w, probe.AnswerICMP, 2)
		if w.ICMP != "admin-prohibited" || w.HostDistance == nil || *w.HostDistance != 3 {
			t.Errorf("IPv%d: %q and a host at %s, want admin-prohibited and 3", family, w.ICMP, show(w.HostDistance))
		}
	})
}

func TestLocateFarAway(t *testing.T) {
	netlab.Need(t)
	for _, c := range []walkCase{
		{name: "dropped", at: 2, hook: "forward", rule: "drop", hops: 2, answer: probe.AnswerSilence},
		{name: "reset", at: 2, hook: "forward", rule: "reject with tcp reset", hops: 2, answer: probe.AnswerReset, from: 2},
		{name: "healthy", hops: 2, answer: probe.AnswerReset, from: 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			lab := netlab.Build(t, netlab.Plan{Delay: 100 * time.Millisecond})
			c.apply(t, lab)
			listening(t, lab)
			forBoth(t, lab, func(cfg *probe.LocateConfig) { cfg.RTT = 200 * time.Millisecond },
				func(family int, w evidence.Walk, route []evidence.Hop) {
					seen := c
					if c.from == 2 && w.AnswerFrom != nil && w.AnswerFrom.Distance == 3 {
						// Two seconds are few here: on a busy machine the last question,
						// who is nearer than the host, may go without its answer.
						seen.from = 3
					}
					seen.check(t, family, "", w, route)
				})
		})
	}
}

// A connection that this machine's own firewall resets looks like one that the
// nearest hop resets.
func TestLocateResetHere(t *testing.T) {
	netlab.Need(t)
	t.Parallel()
	lab := walkCase{at: 0, hook: "output", rule: "reject with tcp reset"}.device(t)
	listening(t, lab)
	forBoth(t, lab, nil, func(family int, w evidence.Walk, _ []evidence.Hop) {
		wantFrom(t, fmt.Sprintf("IPv%d", family), w, probe.AnswerReset, 1)
	})
}

func TestLocateLivingPort(t *testing.T) {
	netlab.Need(t)
	t.Parallel()
	lab := netlab.Build(t, netlab.Plan{})
	accepted := listening(t, lab)
	same := func(cfg *probe.LocateConfig) { cfg.Dead, cfg.Local = cfg.Control, netip.Addr{} }
	forBoth(t, lab, same, func(family int, w evidence.Walk, _ []evidence.Hop) {
		if w.Answer != "" || w.AnswerFrom != nil || len(w.Hops) != 2 {
			t.Errorf("IPv%d: got %+v, want two hops and no answer", family, w)
		}
	})
	if n := accepted.Load(); n != 0 {
		t.Errorf("the server's program saw %d connections, want none", n)
	}
}

// The address that a walk is bound to is the one that it comes from.
func TestLocateFromAnAddress(t *testing.T) {
	netlab.Need(t)
	t.Parallel()
	lab := netlab.Build(t, netlab.Plan{})
	listening(t, lab)
	err := lab.Client.Rules("table inet walk { chain c { type filter hook output priority 0; " +
		"tcp flags syn ip saddr != 10.10.0.2 drop; tcp flags syn ip6 saddr != 2001:db8:10::2 drop; }; }\n")
	if err != nil {
		t.Fatal(err)
	}
	for _, cmd := range []string{"address add 10.10.0.7/32 dev eth0", "route replace default via 10.10.0.1 src 10.10.0.7"} {
		if err := lab.Client.Run(exec.Command("ip", strings.Fields(cmd)...)); err != nil {
			t.Fatal(err)
		}
	}
	host := netip.MustParseAddr(hop[3][4])
	w, _ := locate(t, lab, host, nil)
	if w.Answer != probe.AnswerSilence {
		t.Errorf("from the system's choice: %+v, want silence", w)
	}
	w, _ = locate(t, lab, host, func(cfg *probe.LocateConfig) { cfg.Local = netip.MustParseAddr(hop[0][4]) })
	wantFrom(t, "from the other address", w, probe.AnswerReset, 3)
}

func TestLocateUnavailable(t *testing.T) {
	netlab.Need(t)
	t.Parallel()
	lab := netlab.Build(t, netlab.Plan{})
	for _, args := range []string{"route del default", "-6 route del default"} {
		if err := lab.Client.Run(exec.Command("ip", strings.Fields(args)...)); err != nil {
			t.Fatal(err)
		}
	}
	for _, family := range []int{4, 6} {
		err := lab.Client.Do(func() error {
			w, route := probe.Locate(context.Background(), config(netip.MustParseAddr(hop[3][family])))
			if w.Unavailable != "no packet can leave this machine: network unreachable" || w.Answer != "" || len(route) > 0 {
				return fmt.Errorf("IPv%d: got %+v, want it to be unavailable", family, w)
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	}
}

func TestLocateInterrupted(t *testing.T) {
	netlab.Need(t)
	t.Parallel()
	lab := caseOf(t, "dropped on this machine").device(t)
	listening(t, lab)
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	err := lab.Client.Do(func() error {
		start := time.Now()
		w, _ := probe.Locate(ctx, config(netip.MustParseAddr(hop[3][4])))
		if took := time.Since(start); took > time.Second {
			return fmt.Errorf("it took %v to stop", took)
		}
		if w.Unavailable != "interrupted" || w.Answer != "" {
			return fmt.Errorf("got %+v, want nothing that was not seen", w)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// A walk is polite: what reaches the host is counted there.
func TestLocateIsPolite(t *testing.T) {
	netlab.Need(t)
	for _, name := range []string{"healthy", "dropped by the host", "dropped at hop 1", "reset by hop 2"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			lab := caseOf(t, name).device(t)
			listening(t, lab)
			err := lab.Server.Rules(fmt.Sprintf("table inet count { counter live {}; counter dead {}; chain c { type filter hook prerouting priority -300; "+
				"tcp flags & (syn|ack) == syn tcp dport %d counter name live; tcp flags & (syn|ack) == syn tcp dport %d counter name dead; }; }\n", livePort, deadPort))
			if err != nil {
				t.Fatal(err)
			}
			locate(t, lab, netip.MustParseAddr(hop[3][4]), nil)
			live, dead := count(t, lab, "live"), count(t, lab, "dead")
			t.Logf("%d SYNs for the control port and %d for the dead one reached the host", live, dead)
			if live > 5 || live == 0 || dead > 16 {
				t.Errorf("%d and %d SYNs reached the host, want 1 to 5 and at most 16", live, dead)
			}
		})
	}
}

// count reads a counter of the lab's server.
func count(t *testing.T, lab *netlab.Lab, name string) (packets int) {
	t.Helper()
	out, err := lab.Server.Output(exec.Command("nft", "list", "counter", "inet", "count", name))
	if err != nil {
		t.Fatal(err)
	}
	_, after, _ := strings.Cut(out, "packets ")
	if _, err := fmt.Sscan(after, &packets); err != nil {
		t.Fatalf("%v in %q", err, out)
	}
	return packets
}
