package diagnose

import (
	"slices"

	"ftpdiag/probe/evidence"
)

// boundary is which ports of the server the path passes, as far as dials tell.
type boundary struct {
	open, dead []int // ascending, each once
	offered    struct{ open, dead []int }
	shape      shape
}

// shape is how open and dead ports lie.
type shape int

const (
	shapeless  shape = iota // nothing dead, or nothing open
	lowOpen                 // all open ports lie below all dead ones
	highOpen                // above
	middleOpen              // between
	middleDead              // the dead ones lie between
	mixed                   // in no order
)

// boundary sorts the ports of the passive mode. A port that nobody offered
// counts only after silence: a RST proves then that the path is open there, and
// nothing where refusals are what we got on offered ports (rule 14).
func (v *view) boundary() boundary {
	var b boundary
	var maybe []int
	silent := true
	for _, t := range v.of(evidence.Passive) {
		if !t.Dialed.IsValid() {
			continue
		}
		port := int(t.Dialed.Port())
		switch {
		case t.Connected != nil:
			b.offered.open = append(b.offered.open, port)
		case !t.at(evidence.OpDataConnect), t.by(evidence.KindInterrupted):
		case t.effect == failed:
			b.offered.dead = append(b.offered.dead, port)
			silent = silent && t.by(evidence.KindTimedOut)
		default:
			maybe = append(maybe, port)
		}
	}
	b.open, b.dead = slices.Clone(b.offered.open), slices.Clone(b.offered.dead)
	if silent && len(b.dead) > 0 {
		b.open = append(b.open, maybe...)
		b.addProbes(v.ev.PassivePorts.Probes)
	}
	b.offered.open, b.offered.dead = ascending(b.offered.open), ascending(b.offered.dead)
	b.open, b.dead = ascending(b.open), ascending(b.dead)
	b.shape = shapeOf(b.open, b.dead)
	return b
}

// addProbes adds ports that nobody offered. One that takes connections is left
// out: it has a server behind it, for which a door may have been made (the web
// pages of a NAS on 5000 and 5001), and says nothing about its neighbours.
func (b *boundary) addProbes(probes []evidence.PortProbe) {
	for _, p := range probes {
		switch p.Kind {
		case evidence.KindRefused, evidence.KindReset:
			b.open = append(b.open, p.Port)
		case "", evidence.KindInterrupted:
		default:
			b.dead = append(b.dead, p.Port)
		}
	}
}

func ascending(ports []int) []int {
	slices.Sort(ports)
	return slices.Compact(ports)
}

func shapeOf(open, dead []int) shape {
	if len(open) == 0 || len(dead) == 0 {
		return shapeless
	}
	lowOpens, highOpens := open[0], open[len(open)-1]
	lowDead, highDead := dead[0], dead[len(dead)-1]
	between := func(ports []int, low, high int) bool {
		return slices.ContainsFunc(ports, func(p int) bool { return low <= p && p <= high })
	}
	switch {
	case highOpens < lowDead:
		return lowOpen
	case lowOpens > highDead:
		return highOpen
	case !between(dead, lowOpens, highOpens):
		return middleOpen
	case !between(open, lowDead, highDead):
		return middleDead
	}
	return mixed
}

// Boundaries that firewalls have for a reason. Up to 5000 went the ephemeral
// ports of Windows before Vista (KB 196271), from 49152 they go since (RFC 6335).
const (
	oldEphemeralEnd   = 5000
	newEphemeralBegin = 49152
)

// passesOldEphemeral and passesNewEphemeral tell whether the boundary may be one
// of those.
func (b boundary) passesOldEphemeral() bool {
	return b.shape == lowOpen && b.open[len(b.open)-1] <= oldEphemeralEnd && b.dead[0] > oldEphemeralEnd
}

func (b boundary) passesNewEphemeral() bool {
	return b.shape == highOpen && b.open[0] >= newEphemeralBegin && b.dead[len(b.dead)-1] < newEphemeralBegin
}

// pinned tells whether open and dead ports come near the boundary, so that it is
// not another one.
func (b boundary) pinned() bool {
	const near = 500
	if b.shape == lowOpen {
		return b.open[len(b.open)-1] >= oldEphemeralEnd-near && b.dead[0] <= oldEphemeralEnd+near
	}
	return b.dead[len(b.dead)-1] >= newEphemeralBegin-near && b.open[0] <= newEphemeralBegin+near
}

// ranges are the [low, high] of open and of dead ports; nil where what lies
// between them is not known to be alike.
func (b boundary) ranges() (passes, blocked []int) {
	ends := func(ports []int) []int { return []int{ports[0], ports[len(ports)-1]} }
	switch b.shape {
	case lowOpen, highOpen:
		return ends(b.open), ends(b.dead)
	case middleOpen:
		return ends(b.open), nil
	case middleDead:
		return nil, ends(b.dead)
	}
	return nil, nil
}

// portsOf is the record of the ports with what follows from it.
func (v *view) portsOf(p evidence.PassivePorts) evidence.PassivePorts {
	p.Sampled, p.Works, p.Fails = notNil(p.Sampled), notNil(p.Works), notNil(p.Fails)
	p.Probes = notNil(p.Probes)
	p.Passes, p.Blocked, p.Share = nil, nil, nil
	if v.splitByMethod() && !v.verdicts.byPort {
		return p // it is not the port that decides
	}
	b := v.boundary()
	p.Passes, p.Blocked = b.ranges()
	if n := len(b.offered.open) + len(b.offered.dead); n > 0 {
		share := float64(len(b.offered.open)) / float64(n)
		p.Share = &share
	}
	return p
}

// notNil is a copy of the list that is never nil.
func notNil[T any](list []T) []T { return append([]T{}, list...) }
