//go:build linux

package netlab

import (
	"fmt"
	"strings"
	"sync"
	"testing"
)

// deadPorts are the networks in which a diagnosis meets dead ports, as their
// server's gateway does them.
var deadPorts = []struct {
	name    string
	private bool
	gateway []Block
}{
	{"dropped", false, Does(Stateful(Drop), Admit("21"))},
	{"refused", false, Does(Stateful(Reset), Admit("21"))},
	{"prohibited", false, Does(Stateful(Prohibit), Admit("21"))},
	{"partly open", false, Does(Stateful(Drop), Admit("21", "1024-5000"))},
	{"not forwarded", true, Does(Forward("21"))},
}

// watched is the scenario of a network in which the server admits so many
// sessions of one address, with or without a scan detector.
func watched(private bool, gateway []Block, sessions int, detector bool) *scenario {
	if detector {
		gateway = append(Does(ScanDetector()), gateway...)
	}
	return &scenario{
		name:   "a scan detector",
		server: vsftpd(usualPorts(), maxPerIP(sessions)),
		net:    Plan{Private: private, ServerGateway: gateway},
	}
}

// eachWatched calls f for every network and number of sessions.
func eachWatched(t *testing.T, f func(t *testing.T, without, with *scenario)) {
	Need(t)
	for _, n := range deadPorts {
		for _, sessions := range []int{1, 2} {
			name := fmt.Sprintf("%s, sessions: %d", n.name, sessions)
			t.Run(strings.ReplaceAll(name, " ", "-"), func(t *testing.T) {
				t.Parallel()
				f(t, watched(n.private, n.gateway, sessions, false), watched(n.private, n.gateway, sessions, true))
			})
		}
	}
}

// bothWays runs ftpdiag in the same network without and with the detector.
func bothWays(t *testing.T, without, with *scenario, args ...string) (plain, watched *said, l *Lab) {
	t.Helper()
	free, st := without.build(t), with.build(t)
	var both sync.WaitGroup
	both.Go(func() { plain = free.ftpdiag(t, asRoot, args...) })
	watched = st.ftpdiag(t, asRoot, args...)
	both.Wait()
	if plain == nil {
		t.FailNow() // ftpdiag has said why
	}
	return plain, watched, st.lab
}

// A diagnosis gets nobody banned, and a detector that bans nobody changes no
// verdict.
func TestNobodyIsBanned(t *testing.T) {
	eachWatched(t, func(t *testing.T, without, with *scenario) {
		plain, watched, l := bothWays(t, without, with)
		scanned, banned := l.detected(t)
		t.Logf("%d SYNs counted; %s", scanned, watched.gist())
		if len(banned) > 0 {
			t.Errorf("the diagnosis got %v banned", banned)
		}
		if scanned == 0 {
			t.Error("the detector saw nothing: this shows nothing")
		}
		if got := reach(t, l, l.Target, 21); got != "connected" {
			t.Errorf("port 21 afterwards: %s", got)
		}
		if got, want := watched.gist(), plain.gist(); got != want {
			t.Errorf("with the detector: %s\nwithout:           %s\n%s", got, want, watched.explain())
		}
	})
}

// gist is what a report comes to: the modes, the recommendation, and the first
// finding about each mode and about none.
func (s *said) gist() string {
	var codes []string
	for _, about := range []string{"passive", "active", ""} {
		code := nothing
		if f := s.found(about); f != nil {
			code = f.Code
		}
		codes = append(codes, code)
	}
	return fmt.Sprintf("passive %s, active %s, use %s %s %v",
		s.Modes.Passive, s.Modes.Active, s.Recommendation.Mode, s.method(), codes)
}
