package diagnose

import "ftpdiag/probe"

// confidenceOf the hit: high takes a pair of observations and no look-alike
// left; what happens only sometimes, or was cut short, is never more than low.
func (v *view) confidenceOf(h hit) Confidence {
	switch {
	case h.weight == decides && h.mode != "" && v.verdicts.modes.Of(h.mode) == Intermittent:
		return Low
	case (v.ev.Cut || v.ev.Interrupted) && !h.pair:
		return Low
	case h.pair && len(h.open) == 0:
		return High
	}
	return Medium
}

// confidenceIn the recommendation of a mode: how well it is proved to work.
func (v *view) confidenceIn(mode probe.Mode) Confidence {
	if v.verdicts.modes.Of(mode) == Intermittent || v.ev.Cut || v.ev.Interrupted {
		return Low
	}
	proofs := 0
	for _, t := range v.of(mode) {
		if t.effect == worked {
			proofs++
		}
	}
	if proofs > 1 {
		return High
	}
	return Medium
}

// leastOf the confidences in the errors: that in saying that nothing works.
func leastOf(findings []Finding) Confidence {
	least := High
	for _, f := range findings {
		if f.Severity == Info {
			continue
		}
		if f.Confidence == Low || least == High {
			least = f.Confidence
		}
	}
	if len(findings) == 0 {
		return Low
	}
	return least
}
