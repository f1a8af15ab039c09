//go:build linux

package netlab

import (
	"flag"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// clientsOnly leaves ftpdiag out: does every scenario's network do what it was
// built for?
var clientsOnly = flag.Bool("clients-only", false, "ask real clients only, not ftpdiag")

// TestMatrix holds the verdicts of ftpdiag against real servers, real clients
// and real networks, and what it sends against its budget.
func TestMatrix(t *testing.T) {
	Need(t)
	table, spending := newConfusion(), &spending{}
	t.Run("scenarios", func(t *testing.T) {
		for _, s := range scenarios() {
			t.Run(strings.ReplaceAll(s.name, " ", "-"), func(t *testing.T) {
				t.Parallel()
				s.run(t, table, spending)
			})
		}
	})
	if !*clientsOnly {
		t.Log("\n" + table.String())
		t.Run("budget", spending.check)
	}
}

// run builds the scenario, asks ftpdiag, and then the real clients.
func (s *scenario) run(t *testing.T, table *confusion, spending *spending) {
	start := time.Now()
	st := s.build(t)
	var m *measured
	if !*clientsOnly {
		m = st.measure(t, func() *said { return st.ftpdiag(t, asRoot) })
		s.remember(m.said)
		spending.add(s.name, m)
	}
	tr := st.ask(t)
	for _, mode := range []string{"passive", "active"} {
		if wrong := tr.check(s, mode, s.told.of(mode)); wrong != "" {
			t.Errorf("the lab is not as it should be: %s\n%s", wrong, tr.dialogues())
		}
	}
	if m == nil {
		t.Logf("%s: %v (%v)", s.name, tr, time.Since(start).Round(time.Millisecond))
		return
	}
	verdict := m.said
	wrong := st.disagreements(verdict, tr)
	if s.deep {
		wrong = st.inDepth(t, verdict, wrong, tr)
	}
	table.add(s, verdict, len(wrong) == 0)
	t.Logf("%s: %s (%v; %v)", s.name, verdict.line(), m, verdict.took.Round(10*time.Millisecond))
	if len(wrong) > 0 {
		t.Errorf("%s\n%v\n%s", strings.Join(wrong, "; "), tr, verdict.explain())
	}
}

// inDepth holds a thorough run against what is true, and lets the ordinary one
// leave it open, if it says so.
func (st *stage) inDepth(t *testing.T, ordinary *said, wrong []string, tr *truth) []string {
	if found := ordinary.found("passive"); len(wrong) > 0 &&
		!(found != nil && ordinary.Sent.Spared && slices.ContainsFunc(st.told.causes, func(c cause) bool { return slices.Contains(found.CouldAlsoBe, c.code) })) {
		return wrong
	}
	thorough := st.ftpdiag(t, asRoot, "--thorough")
	t.Logf("%s: in depth: %s", st.name, thorough.line())
	return st.disagreements(thorough, tr)
}

// line is a report in one line.
func (s *said) line() string {
	var codes []string
	for _, f := range s.Findings {
		if f.Severity != "info" {
			codes = append(codes, f.Code)
		}
	}
	return fmt.Sprintf("passive %s, active %s, use %s %s [%s] %s",
		s.Modes.Passive, s.Modes.Active, s.Recommendation.Mode, s.method(), strings.Join(codes, " "), s.Status)
}

// explain is what one needs to see to understand a wrong verdict.
func (s *said) explain() string {
	var b strings.Builder
	for _, f := range s.Findings {
		fmt.Fprintf(&b, "%s %s %s %v: %s %q (or %v)\n", f.Severity, f.about(), f.Code, f.Who, f.Summary, f.Evidence, f.CouldAlsoBe)
	}
	return b.String() + s.stderr + s.stdout
}

// scenarios are all of them.
func scenarios() []*scenario {
	var all []*scenario
	for _, group := range [][]scenario{
		openScenarios, clientScenarios, egressScenarios, serverScenarios, passiveScenarios, portScenarios,
		forwardScenarios, pathScenarios, controlScenarios,
		tlsScenarios, blindScenarios, noTLSScenarios, demandScenarios, dataTLSScenarios,
	} {
		for i := range group {
			all = append(all, &group[i])
		}
	}
	return all
}
