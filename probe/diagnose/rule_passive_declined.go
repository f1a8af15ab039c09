package diagnose

import "ftpdiag/probe/evidence"

// passiveDeclined sorts refusals of EPSV and PASV that do not name their cause.
func passiveDeclined(v *view) []hit {
	tries := only(v.unexplained(evidence.Passive), func(t *try) bool { return t.effect == declined })
	epsv, pasv := only(tries, method(evidence.EPSV)), only(tries, method(evidence.PASV))
	epsvServed, pasvServed := v.methodAccepted(evidence.EPSV), v.methodAccepted(evidence.PASV)
	switch {
	case len(tries) == 0:
		return nil
	case len(epsv) > 0 && epsvServed || len(pasv) > 0 && pasvServed:
		return one(declineHit(tries, PassivePortsExhausted, decides, PassiveDisabled))
	case !epsvServed && !pasvServed:
		return one(v.passiveRefused(epsv, pasv))
	case !forGood(tries):
		return one(declineHit(tries, PassivePortsExhausted, decides, ServerMACPolicy))
	case len(epsv) > 0:
		return one(declineHit(epsv, PassiveEPSVUnsupported, notes))
	}
	h := declineHit(pasv, PassivePASVUnsupported, limits)
	h.condition = useEPSV
	return one(h)
}

func declineHit(tries []*try, code Code, w weight, open ...Code) hit {
	return hit{code: code, mode: evidence.Passive, weight: w, tries: tries, evidence: quotes(tries), open: open}
}

// passiveRefused: neither command is served.
func (v *view) passiveRefused(epsv, pasv []*try) hit {
	both := append(append([]*try{}, epsv...), pasv...)
	switch {
	case len(pasv) == 0 && v.explainedPASV(): // whose refusal has a cause of its own
		return declineHit(both, PassiveEPSVUnsupported, notes)
	case !forGood(pasv) || len(pasv) == 0 && !forGood(epsv):
		return declineHit(both, PassivePortsExhausted, decides, PassiveDisabled, ServerMACPolicy)
	case len(pasv) == 0 && len(only(epsv, saysDisabled)) == 0:
		return declineHit(both, PassiveDisabled, decides, PassiveEPSVUnsupported)
	}
	h := declineHit(both, PassiveDisabled, decides)
	h.pair = len(epsv) > 0 && len(pasv) > 0
	if len(v.ev.Server.Features) > 0 && !v.offers("EPSV") && !v.offers("PASV") {
		h.pair = true
		h.evidence = lines(append(h.evidence, "FEAT lists neither EPSV nor PASV")...)
	}
	return h
}

func saysDisabled(t *try) bool { return t.says == PassiveDisabled }

// forGood tells whether the refusals are permanent (RFC 959 §4.2.1).
func forGood(tries []*try) bool {
	for _, t := range tries {
		if r := said(t.Attempt); r != nil && r.Code/100 == 4 {
			return false
		}
	}
	return true
}

func (v *view) explainedPASV() bool {
	return len(only(v.of(evidence.Passive), func(t *try) bool { return t.Method == evidence.PASV && t.explained })) > 0
}
