package diagnose

import (
	"fmt"
	"slices"

	"ftpdiag/probe/evidence"
)

// allDeadPorts: no offered port that was dialled took the connection. In which
// way they are dead, and how far packets came, says whose door is shut.
func allDeadPorts(v *view) []hit {
	dead := v.broken(evidence.Passive, evidence.OpDataConnect)
	if len(dead) == 0 {
		return nil
	}
	d := v.deathOf(dead)
	h := hit{mode: evidence.Passive, weight: decides, tries: dead, blocked: d.at, who: d.actors()}
	h.pair = len(portsIn(dead)) > 1 || d.side != sideUnknown
	if !v.fewPorts() {
		h.values = map[string]string{"range": span(portsIn(dead))}
	}
	switch waysOf(dead) {
	case evidence.KindRefused:
		h.code, h.open = v.refusedPorts(d)
	case evidence.KindProhibited:
		h.code = PassivePortsProhibited
	default:
		h.code, h.open = v.silentPorts(d, portsIn(dead))
	}
	proof := append(dials(dead, 1), d.line)
	if len(v.ev.PassivePorts.Probes) > 0 {
		proof = append(proof, v.boundaryLines(boundary{})...)
	}
	if ip := v.privateBehind(); ip.IsValid() && h.code == PassiveNATNotForwarded {
		proof = append(proof, quote(v.naming(ip)), fmt.Sprintf("the server's own address is %s, the address dialled is %s", ip, dead[0].peer()))
		if within(ip, containerNets) {
			h.open = append(h.open, PassiveContainerPorts)
		}
	}
	h.evidence = lines(proof...)
	h.open = append(h.open, v.unseen()...)
	return one(h)
}

// enoughPorts is how many offered ports show a share of one in six that is open
// nineteen times in twenty.
const enoughPorts = 16

// fewPorts tells whether more of the offered ports would have been dialled, if
// that could not have been counted as a port scan.
func (v *view) fewPorts() bool {
	b := v.boundary()
	return (v.ev.Sent.Spared || v.ev.ContactLost != nil) && len(b.offered.open)+len(b.offered.dead) < enoughPorts
}

// unseen are the causes that a few dead ports do not rule out: of the others some
// may be open, and what was asked beside them may lie below or above a boundary.
func (v *view) unseen() []Code {
	if !v.fewPorts() || v.loopback() {
		return nil
	}
	switch b := v.boundary(); {
	case b.passesOldEphemeral():
		return []Code{PassiveLowPortsOnly, PassiveRangePartlyOpen}
	case b.passesNewEphemeral():
		return []Code{PassiveHighPortsOnly, PassiveRangePartlyOpen}
	}
	if waysOf(v.broken(evidence.Passive, evidence.OpDataConnect)) == evidence.KindRefused {
		return []Code{PassiveRangePartlyOpen, PassiveMultiBackend}
	}
	if v.ev.ContactLost != nil { // what was asked beside them was cut short
		return append(otherSides(v.boundary().offered.dead), PassiveRangePartlyOpen)
	}
	return []Code{PassiveRangePartlyOpen}
}

// otherSides are the boundaries behind which other ports than those offered may lie.
func otherSides(offered []int) []Code {
	switch {
	case len(offered) == 0:
	case offered[0] > oldEphemeralEnd:
		return []Code{PassiveLowPortsOnly}
	case offered[len(offered)-1] < newEphemeralBegin:
		return []Code{PassiveHighPortsOnly}
	}
	return nil
}

// waysOf is the way in which the ports are dead. An answer outweighs any number
// of silences: routers limit their ICMP messages, Linux to one a second for each
// host, so that of sixteen ports refused at once fifteen look silent.
func waysOf(dead []*try) evidence.Kind {
	count := map[evidence.Kind]int{}
	for _, t := range dead {
		count[wayOf(t.Failure.Kind)]++
	}
	switch refused, prohibited := count[evidence.KindRefused], count[evidence.KindProhibited]; {
	case refused+prohibited == 0:
		return evidence.KindTimedOut
	case refused >= prohibited:
		return evidence.KindRefused
	}
	return evidence.KindProhibited
}

// wayOf takes the three unreachables together: from a host whose control port
// works they are a firewall's word.
func wayOf(k evidence.Kind) evidence.Kind {
	switch k {
	case evidence.KindRefused, evidence.KindReset, evidence.KindEOF:
		return evidence.KindRefused
	case evidence.KindProhibited, evidence.KindHostUnreachable, evidence.KindNetUnreachable:
		return evidence.KindProhibited
	}
	return evidence.KindTimedOut
}

// refusedPorts: somebody answered with a RST. A router that owns the address
// which we dialled, or a server that knows itself by a private one, means NAT.
func (v *view) refusedPorts(d death) (Code, []Code) {
	nat := v.privateBehind().IsValid()
	switch {
	case d.side == sideHere, d.side == sideClient:
		return PassiveClientEgressBlocked, nil
	case d.router, nat && (d.side == sideServer || d.side == sideMiddle):
		return PassiveNATNotForwarded, nil
	case d.side == sideHost:
		return PassivePortsRefused, nil
	case nat:
		return PassiveNATNotForwarded, []Code{PassivePortsRefused}
	case d.side == sideServer:
		return PassivePortsRefused, []Code{PassiveNATNotForwarded}
	case d.side == sideMiddle:
		return PassivePortsRefused, []Code{PassiveNATNotForwarded, PassiveClientEgressBlocked}
	case v.loopback():
		return PassivePortsRefused, nil
	case public(parseAddr(v.peer())) && parseAddr(v.peer()).Is4():
		// A server does not refuse the port on which it listens; a router that
		// was told of port 21 alone does.
		return PassiveNATNotForwarded, []Code{PassivePortsRefused, PassiveClientEgressBlocked}
	}
	return PassivePortsRefused, []Code{PassiveClientEgressBlocked}
}

// loopback: nothing lies between this machine and the server.
func (v *view) loopback() bool { return parseAddr(v.peer()).IsLoopback() }

// silentPorts: nobody answered.
func (v *view) silentPorts(d death, offered []int) (Code, []Code) {
	switch {
	case d.side == sideHere:
		return PassiveClientEgressBlocked, nil
	case d.side == sideClient:
		return PassiveClientEgressBlocked, []Code{PassivePortsDropped}
	case v.privateBehind().IsValid():
		return PassiveNATNotForwarded, []Code{PassivePortsDropped}
	case d.side == sideServer, d.side == sideHost:
		return PassivePortsDropped, []Code{PassiveHelperMissing}
	case d.side == sideMiddle:
		return PassivePortsDropped, []Code{PassiveClientEgressBlocked}
	case v.loopback():
		return PassivePortsDropped, nil
	case len(v.boundary().open) > 1:
		return PassivePortsDropped, []Code{PassiveHelperMissing} // our own network lets us out to other ports
	}
	open := []Code{PassiveClientEgressBlocked, PassiveHelperMissing}
	// Without a look at the ports there, a boundary below or above is not ruled out.
	switch {
	case len(offered) == 0:
	case offered[0] > oldEphemeralEnd && !v.lookedAt(1, oldEphemeralEnd):
		open = append(open, PassiveLowPortsOnly)
	case offered[0] <= oldEphemeralEnd && offered[len(offered)-1] < newEphemeralBegin && !v.lookedAt(newEphemeralBegin, 65535):
		open = append(open, PassiveHighPortsOnly)
	}
	return PassivePortsDropped, open
}

// lookedAt tells whether a port of the range was dialled that nobody offered.
func (v *view) lookedAt(low, high int) bool {
	return slices.ContainsFunc(v.ev.PassivePorts.Probes, func(p evidence.PortProbe) bool { return low <= p.Port && p.Port <= high })
}
