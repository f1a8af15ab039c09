package metrics

import (
	"ftpdiag/probe/diagnose"
	"ftpdiag/probe/evidence"
)

// emit sends one value of a metric.
type emit = func(value float64, labels ...string)

func status(r *diagnose.Result, send emit) { send(float64(r.Status.ExitCode())) }

func up(r *diagnose.Result, send emit) {
	if untried(r) {
		return
	}
	s := r.ControlSession()
	send(number(s != nil && s.Login != nil))
}

// untried tells whether the diagnosis ended before it asked anybody: not to know
// is not to be down. A name that does not resolve is a finding.
func untried(r *diagnose.Result) bool {
	return r.Status.ExitCode() == diagnose.StatusUnknown.ExitCode() && len(r.Sessions) == 0 && len(r.Findings) == 0
}

func modeWorks(r *diagnose.Result, send emit) {
	for _, mode := range modes {
		if share, known := Share(r, mode); known {
			send(share, string(mode))
		}
	}
}

// Share is how many of the transfers in the mode work: 1, 0, or an estimate
// between; known is false where that was not tested or stays undecided.
func Share(r *diagnose.Result, mode evidence.Mode) (share float64, known bool) {
	switch r.Modes.Of(mode) {
	case diagnose.Works, diagnose.Conditional:
		return 1, true
	case diagnose.Fails:
		return 0, true
	case diagnose.Intermittent:
		return estimate(r, mode)
	}
	return 0, false
}

func modeConditional(r *diagnose.Result, send emit) {
	for _, mode := range modes {
		switch v := r.Modes.Of(mode); v {
		case diagnose.Works, diagnose.Conditional, diagnose.Intermittent, diagnose.Fails:
			send(number(v == diagnose.Conditional), string(mode))
		}
	}
}

// estimate is the share of transfers in the mode that work as the repeats say,
// else the sampled ports, else the tries.
func estimate(r *diagnose.Result, mode evidence.Mode) (share float64, known bool) {
	if r.Repeats != nil && r.Repeats.Of(mode).Share != nil {
		return within(*r.Repeats.Of(mode).Share), true
	}
	if mode == evidence.Passive && r.PassivePorts.Share != nil {
		return within(*r.PassivePorts.Share), true
	}
	works, tries := 0, 0
	for i := range r.Attempts {
		a := &r.Attempts[i]
		if a.Mode != mode || !speaks(a) || a.Outcome == evidence.OutcomeInconclusive {
			continue
		}
		tries++
		if a.Outcome == evidence.OutcomeWorks {
			works++
		}
	}
	if tries == 0 {
		return 0, false
	}
	return float64(works) / float64(tries), true
}

// within keeps a share of a foreign file a share.
func within(share float64) float64 { return min(max(share, 0), 1) }

func recommendedMode(r *diagnose.Result, send emit) {
	for _, mode := range []diagnose.RecommendedMode{"passive", "active", diagnose.None} {
		send(number(r.Recommendation.Mode == mode), string(mode))
	}
}

// mostFindings is how many findings are told one by one: what follows is seldom
// the cause.
const mostFindings = 3

func finding(r *diagnose.Result, send emit) {
	sent := map[[3]string]bool{} // the same cause in both modes is one series
	for _, f := range r.Findings[:min(len(r.Findings), mostFindings)] {
		labels := [3]string{codeLabel(f.Code), bounded(f.Severity, severities), whoLabel(f.Who)}
		if !sent[labels] {
			send(1, labels[:]...)
		}
		sent[labels] = true
	}
}

func findings(r *diagnose.Result, send emit) {
	for _, severity := range severities {
		n := 0
		for _, f := range r.Findings {
			if f.Severity == severity {
				n++
			}
		}
		send(float64(n), string(severity))
	}
}

func serverInfo(r *diagnose.Result, send emit) {
	if name := diagnose.ProductName(r.Server.Product); name != "" {
		send(1, name)
	}
}

func started(r *diagnose.Result, send emit) {
	if !r.Started.IsZero() {
		send(float64(r.Started.UnixMilli()) / 1000)
	}
}

func number(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}
