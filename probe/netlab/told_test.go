//go:build linux

package netlab

import "slices"

// told is what a user should be told.
type told struct {
	passive, active string   // the verdicts on the modes
	causes          []cause  // in any order; the first one of a mode is its first finding
	also            []string // codes of errors and warnings that may stand beside them
	conditions      []string // of the recommendation
	method          string   // recommended; empty: any that works
	tls             string   // recommended; empty: what the scenario's clients speak, if any mode is
	inClear         bool     // data connections are not encrypted, though the control connection is
	status          string   // empty: what follows from the rest
	recommendation  string   // empty: what follows from the verdicts
	unheeded        bool     // the real clients do not care about what makes a mode conditional
	remarked        []string // codes of findings that must be there, whatever their severity
	left            string   // the mode that ftpdiag is told to leave out
}

// cause is an expected finding.
type cause struct {
	mode string // passive, active, or empty: about no mode
	code string
	who  string // the likeliest one; empty: the evidence cannot tell
}

// The people of the contract.
const (
	clientUser    = "client-user"
	clientNetwork = "client-network"
	serverAdmin   = "server-admin"
	serverNetwork = "server-network"
	anyone        = ""
)

// works: both modes, and nothing to complain of.
func works() told { return told{passive: "works", active: "works"} }

// never: no login, so no mode was tested.
func never(code, who string) told {
	return told{passive: "not_tested", active: "not_tested", causes: []cause{{"", code, who}}}
}

// bothFail: for a cause that has nothing to do with the mode.
func bothFail(code, who string) told {
	return told{passive: "fails", active: "fails", causes: []cause{{"", code, who}}}
}

// undecided: it is for want of something in ftpdiag that it cannot tell.
func undecided(code, who string) told {
	return told{passive: "inconclusive", active: "inconclusive", status: "warning", causes: []cause{{"", code, who}}}
}

func (t told) with(mode, verdict, code, who string) told {
	if mode == "passive" {
		t.passive = verdict
	} else {
		t.active = verdict
	}
	t.causes = append(slices.Clone(t.causes), cause{mode, code, who})
	return t
}

func (t told) passiveFails(code, who string) told { return t.with("passive", "fails", code, who) }
func (t told) activeFails(code, who string) told  { return t.with("active", "fails", code, who) }
func (t told) passiveFlaps(code, who string) told {
	return t.with("passive", "intermittent", code, who)
}
func (t told) activeOnlyIf(code, who string) told { return t.with("active", "conditional", code, who) }
func (t told) passiveOnlyIf(code, who string) told {
	return t.with("passive", "conditional", code, who)
}

// under names conditions of the recommendation.
func (t told) under(conditions ...string) told { t.conditions = conditions; return t }

// by names the recommended method.
func (t told) by(method string) told { t.method = method; return t }

// beside allows other errors and warnings.
func (t told) beside(codes ...string) told {
	t.also = append(slices.Clone(t.also), codes...)
	return t
}

// remarks is a finding that belongs to no failing mode.
func (t told) remarks(code, who string) told {
	t.causes = append(slices.Clone(t.causes), cause{"", code, who})
	return t
}

// unnoticed: curl and lftp work without a condition, others may not.
func (t told) unnoticed() told { t.unheeded = true; return t }

// mentions names findings that matter to no mode.
func (t told) mentions(codes ...string) told { t.remarked = codes; return t }

// unasked: ftpdiag is told to leave the mode out.
func (t told) unasked(mode string) told {
	t.left = mode
	if mode == "passive" {
		t.passive = "not_tested"
	} else {
		t.active = "not_tested"
	}
	return t
}

// speaking names the TLS that is recommended.
func (t told) speaking(tls string) told { t.tls = tls; return t }

// dataInClear: TLS ends at the control connection.
func (t told) dataInClear() told { t.inClear = true; return t }

func (t told) withStatus(status string) told { t.status = status; return t }

// recommended follows from the verdicts, as the contract orders them.
func (t told) recommended() string {
	if t.recommendation != "" {
		return t.recommendation
	}
	usable := []string{"works", "conditional"}
	switch {
	case slices.Contains(usable, t.passive):
		return "passive"
	case slices.Contains(usable, t.active):
		return "active"
	case t.passive == "intermittent":
		return "passive"
	case t.active == "intermittent":
		return "active"
	}
	return "none"
}

func (t told) of(mode string) string {
	if mode == "passive" {
		return t.passive
	}
	return t.active
}

// exit is the status, as the contract has it under --expect any.
func (t told) exit() string {
	if t.status != "" {
		return t.status
	}
	mode := t.recommended()
	switch {
	case mode == "none":
		return "critical"
	case t.of(mode) == "works" && !slices.ContainsFunc(t.causes, func(c cause) bool { return c.mode == "" }):
		return "ok"
	}
	return "warning"
}

// cause of a mode, or of none.
func (t told) cause(mode string) cause {
	for _, c := range t.causes {
		if c.mode == mode {
			return c
		}
	}
	return cause{}
}
