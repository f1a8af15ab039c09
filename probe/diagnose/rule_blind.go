package diagnose

import (
	"slices"

	"ftpdiag/probe/evidence"
)

// blindRules compare what fails under TLS with the same in clear.
var blindRules = []rule{blindToTLS}

// blindCodes are the causes that a helper has which cannot read TLS.
var blindCodes = map[evidence.Mode]Code{evidence.Passive: PassiveALGBlindToTLS, evidence.Active: ActiveALGBlindToTLS}

// beforeData tells an attempt over TLS that came to grief before there was a data
// connection: TLS hides the negotiation, and nothing else of it.
func (t *try) beforeData() bool {
	return t.session.TLS && (t.effect == declined || t.effect == failed && t.at(evidence.OpNegotiate, evidence.OpDataConnect, evidence.OpDataAccept))
}

// inTheClear are the attempts without TLS that tell something about the path.
func (v *view) inTheClear(mode evidence.Mode) []*try {
	return only(v.beside, func(t *try) bool {
		return t.Purpose == evidence.PurposePlain && t.Mode == mode && t.effect != undecided && t.says != DataTLSRequired
	})
}

// blindToTLS: a mode is dead under TLS and alive without it. All that differs is
// that nobody on the way can read the negotiation, so somebody must have.
func blindToTLS(v *view) []hit {
	var hits []hit
	for _, mode := range bothModes {
		dead := only(v.unexplained(mode), (*try).beforeData)
		alive := only(v.inTheClear(mode), func(t *try) bool {
			return t.effect == worked && slices.ContainsFunc(dead, func(d *try) bool { return d.Method == t.Method })
		})
		if len(alive) == 0 || v.anyWorked(mode) {
			continue
		}
		h := hit{code: blindCodes[mode], mode: mode, weight: decides, tries: dead, seen: alive, pair: true,
			evidence: lines("under TLS: "+quote(dead[0].Negotiation), opened(dead[0]), "in clear: "+quote(alive[0].Negotiation), "in clear: "+finished(alive[0]))}
		if ports := v.broken(evidence.Passive, evidence.OpDataConnect); mode == evidence.Passive && len(ports) > 0 {
			// Mostly it is the server's firewall that has the helper.
			if d := v.deathOf(ports); d.side == sideHere || d.side == sideClient {
				h.blocked, h.who, h.evidence = d.at, d.actors(), append(h.evidence, lines(d.line)...)
			}
		}
		hits = append(hits, h)
	}
	return hits
}

// opened says how the data connection came about, or did not.
func opened(t *try) string {
	switch {
	case t.effect == declined:
		return ""
	case t.Mode == evidence.Passive:
		return dialled(t)
	}
	return awaited(t)
}

// mayBeBlind are the causes that look like such a helper.
var mayBeBlind = []Code{
	PassivePortsDropped, PassivePortsRefused, PassivePortsProhibited, PassiveNATNotForwarded,
	ActiveAddressRejected, ActiveInboundDropped, ActiveInboundRefused, ActiveNATNotForwarded,
}

// leaveBlindOpen adds it where nobody asked in clear: a password is in the way, or
// the server lets nobody in without TLS.
func (v *view) leaveBlindOpen(hits []hit) {
	for i := range hits {
		h := &hits[i]
		if h.weight != decides || !slices.Contains(mayBeBlind, h.code) || v.loopback() || len(v.inTheClear(h.mode)) > 0 ||
			slices.ContainsFunc(h.tries, func(t *try) bool { return !t.beforeData() }) {
			continue
		}
		h.open = append(slices.Clone(h.open), blindCodes[h.mode])
	}
}
