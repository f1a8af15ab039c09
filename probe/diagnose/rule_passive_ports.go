package diagnose

import (
	"fmt"
	"slices"

	"ftpdiag/probe/evidence"
)

// passivePortRules explain dials of offered ports that failed.
var passivePortRules = []rule{localDial, passivePort21, methodSplit, partlyOpen, allDeadPorts}

// localDial: this machine itself would not connect.
func localDial(v *view) []hit {
	var hits []hit
	for _, local := range []struct {
		kind evidence.Kind
		hit
	}{
		{evidence.KindDenied, hit{code: PassiveClientEgressBlocked, who: []Who{ClientUser, ClientNetwork}}},
		{evidence.KindExhausted, hit{code: ControlLocalPortsExhausted}},
	} {
		h := local.hit
		h.tries = only(v.broken(evidence.Passive, evidence.OpDataConnect), func(t *try) bool { return t.by(local.kind) })
		if len(h.tries) > 0 {
			h.mode, h.weight, h.pair = evidence.Passive, decides, true
			h.evidence = lines(dials(h.tries, 2)...)
			hits = append(hits, h)
		}
	}
	return hits
}

// passivePort21: dead here, alive where the same host is asked at port 21: a
// helper on the way watches that port alone.
func passivePort21(v *view) []hit {
	dead := v.broken(evidence.Passive, evidence.OpDataConnect)
	alive := only(v.with(evidence.Passive, evidence.PurposePort21), func(t *try) bool { return t.effect == worked })
	if len(dead) == 0 || len(alive) == 0 {
		return nil
	}
	return one(hit{code: PassiveALGNonstandardPort, mode: evidence.Passive, weight: decides, tries: dead, seen: alive, pair: true,
		evidence: lines(append(dials(dead, 2), "at control port 21: "+quote(alive[0].Negotiation), "at control port 21: "+finished(alive[0]))...)})
}

// badPorts are single ports that firewalls and gateways treat as something else
// than FTP: SIP, and what worms and Windows services used.
var badPorts = []int{135, 137, 138, 139, 445, 593, 1433, 1434, 1900, 2049, 2745, 3127, 3389, 4444, 5000, 5060, 5061, 5554, 6000, 6129, 6667, 9996, 31337}

// neighbours lie this close to a port.
const neighbours = 16

// partlyOpen: some ports pass and others do not. Where they lie tells why.
func partlyOpen(v *view) []hit {
	dead := v.broken(evidence.Passive, evidence.OpDataConnect)
	b := v.boundary()
	if len(dead) == 0 || b.shape == shapeless {
		return nil
	}
	h := hit{mode: evidence.Passive, weight: decides, tries: dead, seen: v.openDials(), values: boundaryValues(b)}
	switch {
	case len(b.offered.open) == 0 && (len(b.open) < 2 || !b.passesOldEphemeral() && !b.passesNewEphemeral()):
		return nil // what is open is not what the server offers: all its ports are dead
	case v.onePort(b):
		h.code = PassiveOnePortBlocked
		h.values["port"] = fmt.Sprint(b.offered.dead[0])
		h.condition = &Condition{"renegotiate", "the client must ask for another port where one does not answer"}
	case b.passesOldEphemeral():
		h.code = PassiveLowPortsOnly
	case b.passesNewEphemeral():
		h.code = PassiveHighPortsOnly
	case b.shape == mixed:
		h.code, h.open = PassiveMultiBackend, []Code{PassiveRangePartlyOpen}
	default:
		h.code = PassiveRangePartlyOpen
		if v.fewPorts() && waysOf(dead) == evidence.KindRefused {
			h.open = append(h.open, PassiveMultiBackend) // of few ports, some may be in order by chance
		}
	}
	if len(b.offered.dead) == 1 && h.code != PassiveOnePortBlocked && len(b.offered.open) > 0 {
		h.open = append(h.open, PassiveOnePortBlocked)
	}
	if (h.code == PassiveLowPortsOnly || h.code == PassiveHighPortsOnly) && !b.pinned() {
		h.open = append(h.open, PassiveRangePartlyOpen)
	}
	h.pair = len(b.open) > 1 && len(b.dead) > 1
	d := v.deathOf(dead)
	if h.blocked = d.at; h.code != PassiveMultiBackend { // whose backends refuse for want of the session, not by a rule of their own
		h.who = d.actors()
	}
	h.evidence = lines(append(append(dials(dead, 1), v.boundaryLines(b)...), d.line)...)
	return one(h)
}

func (v *view) openDials() []*try {
	return only(v.of(evidence.Passive), func(t *try) bool { return t.Dialed.IsValid() && t.Connected != nil })
}

// onePort: one dead port that has a name for being blocked, or one among
// neighbours that work.
func (v *view) onePort(b boundary) bool {
	if len(b.offered.dead) != 1 || len(b.offered.open) < 2 {
		return false
	}
	dead := b.offered.dead[0]
	if slices.Contains(badPorts, dead) {
		return true
	}
	return slices.ContainsFunc(b.offered.open, func(p int) bool { return dead-neighbours <= p && p < dead }) &&
		slices.ContainsFunc(b.offered.open, func(p int) bool { return dead < p && p <= dead+neighbours }) ||
		len(b.offered.open) >= 3 && b.offered.open[0] < dead && dead < b.offered.open[len(b.offered.open)-1]
}

// boundaryValues are the ports that pass and those that the server offers.
func boundaryValues(b boundary) map[string]string {
	return map[string]string{"passes": span(b.open), "range": span(append(slices.Clone(b.offered.open), b.offered.dead...))}
}

func span(ports []int) string {
	if len(ports) == 0 {
		return ""
	}
	low, high := slices.Min(ports), slices.Max(ports)
	if low == high {
		return fmt.Sprint(low)
	}
	return fmt.Sprintf("%d-%d", low, high)
}

func (v *view) boundaryLines(b boundary) []string {
	var out []string
	if len(b.offered.open) > 0 {
		out = append(out, fmt.Sprintf("offered ports that connect: %s", list(b.offered.open)))
	}
	if len(b.offered.dead) > 0 {
		out = append(out, fmt.Sprintf("offered ports that do not: %s", list(b.offered.dead)))
	}
	if len(v.ev.PassivePorts.Probes) > 0 {
		others := boundary{}
		others.addProbes(v.ev.PassivePorts.Probes)
		if len(others.open) > 0 {
			out = append(out, "other ports that answer: "+list(others.open))
		}
		if len(others.dead) > 0 {
			out = append(out, "other ports that do not: "+list(others.dead))
		}
	}
	return out
}

// list names the first few ports.
func list(ports []int) string {
	const most = 8
	out := ""
	for i, p := range ports {
		if i == most {
			return fmt.Sprintf("%s and %d more", out, len(ports)-most)
		}
		if i > 0 {
			out += ", "
		}
		out += fmt.Sprint(p)
	}
	return out
}
