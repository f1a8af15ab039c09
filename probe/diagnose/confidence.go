package diagnose

import (
	"cmp"

	"ftpdiag/probe/evidence"
)

// confidenceOf the hit: high takes a pair of observations and no look-alike
// left; what happens only sometimes, or was cut short, is never more than low.
func (v *view) confidenceOf(h hit) Confidence {
	switch {
	case h.weight == decides && h.mode != "" && v.verdicts.modes.Of(h.mode) == Intermittent:
		return Low
	case (v.ev.Cut || v.ev.Interrupted) && !h.pair:
		return Low
	case v.ev.ContactLost != nil && h.weight == decides && !h.pair:
		return Low
	case h.pair && len(h.open) == 0:
		return High
	}
	return Medium
}

// confidenceIn the recommendation of a mode: how well it is proved to work.
func (v *view) confidenceIn(mode evidence.Mode) Confidence {
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

// confidenceInNone is that in saying that nothing works. Where nothing was decided
// about a mode, that is no certainty.
func (v *view) confidenceInNone(findings []Finding) Confidence {
	least := leastOf(findings)
	if m := v.verdicts.modes; least == High && (m.Passive == Inconclusive || m.Active == Inconclusive) {
		return Medium
	}
	return least
}

// leastOf the confidences in what harms; where nothing does, little is known.
func leastOf(findings []Finding) Confidence {
	least := Confidence("")
	for _, f := range findings {
		if f.Severity != Info && (f.Confidence == Low || least == "" || least == High) {
			least = f.Confidence
		}
	}
	return cmp.Or(least, Low)
}
