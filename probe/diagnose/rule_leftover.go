package diagnose

import "ftpdiag/probe/evidence"

// leftoverRules give a cause to failures that no other rule knows, so that no
// mode fails without one.
var leftoverRules = []rule{leftovers}

func leftovers(v *view) []hit {
	var hits []hit
	for _, mode := range []evidence.Mode{evidence.Passive, evidence.Active} {
		tries := v.unexplained(mode)
		if len(tries) == 0 {
			continue
		}
		t := tries[0]
		h := hit{code: leftoverCode(t), mode: mode, weight: decides, tries: tries}
		h.evidence = quotes(tries)
		if t.Failure != nil {
			h.evidence = lines(append(h.evidence, string(t.Failure.Op)+": "+t.Failure.Message)...)
		}
		hits = append(hits, h)
	}
	return hits
}

// leftoverCode is the likeliest cause by the step alone.
func leftoverCode(t *try) Code {
	passive := t.Mode == evidence.Passive
	switch {
	case t.at(evidence.OpNegotiate) && passive:
		return PassiveReplySwallowed
	case t.at(evidence.OpNegotiate):
		return ControlClosed
	case t.at(evidence.OpDataConnect):
		return PassivePortsDropped
	case t.at(evidence.OpDataAccept):
		return ActiveInboundDropped
	case t.at(evidence.OpDataTLS):
		return DataTLSHandshakeFailed
	case passive:
		return PassiveAborted426
	}
	return ActiveAborted426
}
