package diagnose

import (
	"fmt"
	"slices"

	"ftpdiag/probe/evidence"
)

// connects are the offered ports of a method by the answer to the dial.
func (v *view) connects(m evidence.Method) (open, dead []*try) {
	for _, t := range v.of(evidence.Passive) {
		switch {
		case t.Method != m || !t.Dialed.IsValid():
		case t.Connected != nil:
			open = append(open, t)
		case t.effect == failed && t.at(evidence.OpDataConnect):
			dead = append(dead, t)
		}
	}
	return open, dead
}

// split is one method dead on every port, the other on none.
type split struct {
	dead         evidence.Method
	deads, lives []*try
}

func (v *view) split() (split, bool) {
	epsvOpen, epsvDead := v.connects(evidence.EPSV)
	pasvOpen, pasvDead := v.connects(evidence.PASV)
	switch {
	case len(epsvOpen) == 0 && len(epsvDead) > 0 && len(pasvOpen) > 0 && len(pasvDead) == 0:
		return split{evidence.EPSV, epsvDead, pasvOpen}, true
	case len(pasvOpen) == 0 && len(pasvDead) > 0 && len(epsvOpen) > 0 && len(epsvDead) == 0:
		return split{evidence.PASV, pasvDead, epsvOpen}, true
	}
	return split{}, false
}

func (v *view) splitByMethod() bool {
	_, ok := v.split()
	return ok
}

// manyOpen is how many ports of the living command are no luck beside three dead ones
// of the other: by chance they fall so once in 450 times.
const manyOpen = 7

// methodSplit: the same server, the same path, and one of EPSV and PASV leads
// nowhere: something on the way reads the one and not the other.
func methodSplit(v *view) []hit {
	s, ok := v.split()
	if !ok || len(only(s.deads, func(t *try) bool { return !t.explained })) == 0 {
		return nil
	}
	deadPorts, livePorts := portsIn(s.deads), portsIn(s.lives)
	orderly := shapeOf(livePorts, deadPorts) == lowOpen || shapeOf(livePorts, deadPorts) == highOpen
	if orderly && !(s.dead == evidence.PASV && rewritten(s.deads, s.lives)) && len(deadPorts) > 2 && len(livePorts) > 2 && len(livePorts) < manyOpen {
		return nil // a boundary that the methods happened to lie on both sides of
	}
	h := hit{mode: evidence.Passive, weight: limits, tries: s.deads, seen: s.lives}
	h.evidence = lines(append(dials(s.deads, 1), dials(s.lives, 1)...)...)
	if s.dead == evidence.EPSV {
		h.code, h.condition = PassiveEPSVBlocked, usePASV
	} else {
		h.code, h.condition = PassiveALGConflict, useEPSV
		h.open = []Code{PassiveALGRewrotePort}
		if rewritten(s.deads, s.lives) {
			h.code, h.open = PassiveALGRewrotePort, nil
		}
		h.values = addressValues(s.deads[0])
		h.values["port"] = fmt.Sprint(s.deads[0].Dialed.Port())
	}
	// A few dials may as well have fallen on both sides of a boundary.
	if orderly && h.code != PassiveALGRewrotePort {
		h.open = append(h.open, PassiveRangePartlyOpen)
	}
	h.pair = true
	return one(h)
}

func portsIn(tries []*try) []int {
	var out []int
	for _, t := range tries {
		if t.Dialed.IsValid() {
			out = append(out, int(t.Dialed.Port()))
		}
	}
	return ascending(out)
}

// rewritten tells whether the ports in the 227s lie far from those in the 229s,
// which no helper of the old kind touches: then they are not the server's. Two
// ports of a wide range lie within 200 of each other once in a hundred and fifty
// servers.
func rewritten(pasv, epsv []*try) bool {
	const near, far = 200, 2000
	narrow, strange := portsIn(epsv), portsIn(pasv)
	low, high := narrow[0], narrow[len(narrow)-1]
	if len(narrow) < 2 || high-low > near {
		return false
	}
	return !slices.ContainsFunc(strange, func(p int) bool { return low-far <= p && p <= high+far })
}
