//go:build linux

package netlab

import (
	"flag"
	"strings"
	"sync"
	"testing"
	"time"
)

// clientsOnly leaves ftpdiag out: does every scenario's network do what it was
// built for?
var clientsOnly = flag.Bool("clients-only", false, "ask real clients only, not ftpdiag")

// TestMatrix holds the verdicts of ftpdiag against real servers, real clients
// and real networks.
func TestMatrix(t *testing.T) {
	Need(t)
	var mu sync.Mutex
	var lines []string
	t.Run("scenarios", func(t *testing.T) {
		for _, s := range scenarios() {
			t.Run(strings.ReplaceAll(s.name, " ", "-"), func(t *testing.T) {
				t.Parallel()
				start := time.Now()
				line := s.run(t)
				mu.Lock()
				defer mu.Unlock()
				lines = append(lines, line)
				t.Logf("%s (%v)", line, time.Since(start).Round(time.Millisecond))
			})
		}
	})
	t.Logf("%d scenarios", len(lines))
}

func (s *scenario) run(t *testing.T) string {
	st := s.build(t)
	tr := st.ask(t)
	for _, mode := range []string{"passive", "active"} {
		if wrong := tr.check(s, mode, s.told.of(mode)); wrong != "" {
			t.Errorf("the lab is not as it should be: %s\n%s", wrong, tr.dialogues())
		}
	}
	return s.name + ": " + tr.String()
}

// scenarios are all of them.
func scenarios() []*scenario {
	var all []*scenario
	for _, group := range [][]scenario{
		openScenarios, clientScenarios, egressScenarios, serverScenarios, passiveScenarios, portScenarios,
		forwardScenarios, pathScenarios, controlScenarios,
	} {
		for i := range group {
			all = append(all, &group[i])
		}
	}
	return all
}
