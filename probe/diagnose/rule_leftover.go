package diagnose

import "ftpdiag/probe"

// leftoverRules give a cause to failures that no other rule knows, so that no
// mode fails without one.
var leftoverRules = []rule{leftovers}

func leftovers(v *view) []hit {
	var hits []hit
	for _, mode := range []probe.Mode{probe.Passive, probe.Active} {
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
	passive := t.Mode == probe.Passive
	switch {
	case t.at(probe.OpNegotiate) && passive:
		return PassiveReplySwallowed
	case t.at(probe.OpNegotiate):
		return ControlClosed
	case t.at(probe.OpDataConnect):
		return PassivePortsDropped
	case t.at(probe.OpDataAccept):
		return ActiveInboundDropped
	case t.at(probe.OpDataTLS):
		return DataTLSHandshakeFailed
	case passive:
		return PassiveAborted426
	}
	return ActiveAborted426
}
