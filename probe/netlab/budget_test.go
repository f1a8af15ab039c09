//go:build linux

package netlab

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
)

// The budget of a default run, towards one target.
const (
	maxDead           = 10
	maxLogins         = 3
	maxControl        = 3
	maxControlOverTLS = 6 // where TLS fails
	maxAtOnce         = 2
)

// A figure is one thing that is counted in every scenario.
type figure struct {
	name string
	of   func(*measured) int
	most func(*measured) int // nil: it is only shown
}

func atMost(n int) func(*measured) int { return func(*measured) int { return n } }

var figures = []figure{
	{"dead SYNs", func(m *measured) int { return m.dead }, atMost(maxDead)},
	{"dead ports", func(m *measured) int { return m.deadPorts }, nil},
	{"ports that nobody offered", func(m *measured) int { return len(m.unoffered) }, nil},
	{"dials", func(m *measured) int { return m.dials }, nil},
	{"logins", func(m *measured) int { return m.logins }, atMost(maxLogins)},
	{"control connections", func(m *measured) int { return m.control }, func(m *measured) int {
		if m.said.tlsFails() {
			return maxControlOverTLS
		}
		return maxControl
	}},
	{"control connections at once", func(m *measured) int { return m.atOnce }, atMost(maxAtOnce)},
	{"control connections taken back", func(m *measured) int { return m.takenBack }, nil},
}

// tlsFails tells whether TLS did not come about on a connection.
func (s *said) tlsFails() bool {
	ops := []string{"auth-tls", "tls-handshake", "data-tls"}
	for _, session := range s.Sessions {
		if f := session.Failure; f != nil && slices.Contains(ops, f.Op) {
			return true
		}
	}
	return slices.ContainsFunc(s.Attempts, func(a attempt) bool { return a.Failure != nil && slices.Contains(ops, a.Failure.Op) })
}

// over are the ways in which a run exceeded the budget.
func (m *measured) over() (wrong []string) {
	for _, f := range figures {
		if f.most != nil && f.of(m) > f.most(m) {
			wrong = append(wrong, fmt.Sprintf("%d %s, at most %d", f.of(m), f.name, f.most(m)))
		}
	}
	return wrong
}

// spending is what was measured in each scenario.
type spending struct {
	mu  sync.Mutex
	all []spent
}

type spent struct {
	scenario string
	*measured
}

func (s *spending) add(scenario string, m *measured) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all = append(s.all, spent{scenario, m})
}

// check holds every scenario against the budget.
func (s *spending) check(t *testing.T) {
	t.Log("\n" + s.String())
	if !slices.ContainsFunc(s.all, func(a spent) bool { return a.dead > 0 && a.control > 0 }) {
		t.Error("no dead SYN and no control connection was seen: nothing was measured")
	}
	for _, a := range s.all {
		if wrong := a.over(); len(wrong) > 0 {
			t.Errorf("%s: %s", a.scenario, strings.Join(wrong, "; "))
		}
	}
}

// String names for every figure the scenarios with the most.
func (s *spending) String() string {
	const worst = 10
	var b strings.Builder
	fmt.Fprintf(&b, "%d scenarios\n", len(s.all))
	for _, f := range figures {
		slices.SortFunc(s.all, func(a, b spent) int {
			return cmp.Or(cmp.Compare(f.of(b.measured), f.of(a.measured)), strings.Compare(a.scenario, b.scenario))
		})
		for i, a := range s.all[:min(worst, len(s.all))] {
			if i == 0 {
				fmt.Fprintf(&b, "%s: at most %d\n", f.name, f.of(a.measured))
			}
			fmt.Fprintf(&b, "%6d  %s\n", f.of(a.measured), a.scenario)
		}
	}
	return b.String()
}
