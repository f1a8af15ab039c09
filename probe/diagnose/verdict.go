package diagnose

import (
	"slices"

	"ftpdiag/probe/evidence"
)

// verdicts are what the attempts say about modes and methods.
type verdicts struct {
	modes   Modes
	methods Methods
	share   map[evidence.Mode]float64 // of tries that work, where some do and some do not
	byPort  bool                      // in passive mode it is the port that decides, not the method
	caused  map[evidence.Mode]bool    // a rule knows why the mode fails
	capped  map[evidence.Method]bool  // what failed works with TLS 1.2 at most
}

// tally counts what the attempts with one method showed.
type tally struct {
	works, fails   int // transfers
	deadDials      int // of the fails: the data connection could not be dialled
	links, breaks  int // connects without a transfer
	undecided      int // refused, or ended by us, before the path could prove itself
	declined       int
	spoiled        int // ended by us before there was a data connection
	lost           int // contact with the server ended first
	needsTolerance bool
}

func (v *view) tally(m evidence.Method) tally {
	var c tally
	tries := v.decisive(only(v.of(modeOf(m)), method(m)))
	for _, t := range tries {
		sample := t.Operation == opConnect
		switch {
		case v.ev.ContactLost != nil && t.by(evidence.KindInterrupted):
			c.lost++
		case t.effect == worked && sample:
			c.links++
		case t.effect == worked:
			c.works++
		case t.effect == failed && sample:
			c.breaks++
		case t.effect == failed:
			c.fails++
			if t.at(evidence.OpDataConnect) {
				c.deadDials++
			}
		case t.effect == declined:
			c.declined++
		case t.Failure != nil && !t.by(evidence.KindInterrupted) && !sample && !t.Superseded,
			!sample && t.met():
			c.undecided++
		default:
			c.spoiled++
		}
		c.needsTolerance = c.needsTolerance || t.effect == worked && t.tolerated()
	}
	if c.works == 0 && (m == evidence.PASV && v.foreignServes() || v.verdicts.capped[m]) {
		c = tally{works: 1, needsTolerance: true}
	}
	return c
}

// met tells whether there was a data connection.
func (t *try) met() bool { return t.Connected != nil || t.AcceptedFrom.IsValid() }

// decisive drops the listings where a file went over the data connection too: it
// shows more than a listing. What was refused shows nothing, and an upload is a
// question of its own.
func (v *view) decisive(tries []*try) []*try {
	tries = only(tries, func(t *try) bool { return t.Operation != opStore })
	named := func(t *try) bool { return t.Path != "" }
	shows := func(t *try) bool { return named(t) && (t.effect == worked || t.effect == failed) }
	if v.fileLostEverywhere() {
		return only(tries, func(t *try) bool { return !named(t) })
	}
	if slices.ContainsFunc(tries, shows) {
		return only(tries, func(t *try) bool { return named(t) && shows(t) || t.Operation == opConnect })
	}
	if slices.ContainsFunc(tries, func(t *try) bool { return !named(t) }) {
		return only(tries, func(t *try) bool { return !named(t) })
	}
	return tries
}

// fileLostEverywhere: a file of the listing was fetched to see more, and no mode
// brought it. That has a cause of its own; which mode to use is still what the
// listings say.
func (v *view) fileLostEverywhere() bool {
	if v.ev.Target.Path != "" {
		return false
	}
	file := func(t *try) bool { return t.Path != "" && t.Operation != opStore && ordinary(t) }
	return slices.ContainsFunc(v.tries, func(t *try) bool { return file(t) && t.effect == failed }) &&
		!slices.ContainsFunc(v.tries, func(t *try) bool { return file(t) && t.effect == worked })
}

// tolerated tells whether the attempt worked only because we take what some
// clients do not.
func (t *try) tolerated() bool {
	return t.namesOther() || t.lenient() || t.Mode == evidence.Active && t.Foreign.IsValid() || t.Purpose == evidence.PurposePRET ||
		t.Method == evidence.PASV && t.peer().Is6()
}

func modeOf(m evidence.Method) evidence.Mode {
	if m == evidence.EPSV || m == evidence.PASV {
		return evidence.Passive
	}
	return evidence.Active
}

// verdict on the method; served says that a transfer worked in its mode.
func (c tally) verdict(served bool) Verdict {
	fails := c.fails + c.breaks
	works := c.works
	if served || c.fails > 0 && c.fails == c.deadDials {
		works += c.links
	}
	switch {
	case works > 0 && fails > 0:
		return Intermittent
	case works > 0 && c.needsTolerance:
		return Conditional
	case works > 0:
		return Works
	case fails > 0 && c.undecided == 0:
		return Fails
	case c.undecided > 0:
		return Inconclusive
	case c.declined > 0:
		return Fails
	case c.links+c.spoiled+c.lost > 0:
		return Inconclusive
	}
	return NotTested
}

// agreed tells whether the server agreed to the method at all.
func (c tally) agreed() bool { return c.works+c.fails+c.links+c.breaks+c.undecided+c.lost > 0 }

// portCodes are the causes by which some ports work and others do not.
var portCodes = []Code{PassiveRangePartlyOpen, PassiveLowPortsOnly, PassiveHighPortsOnly, PassiveOnePortBlocked, PassiveMultiBackend}

// judge fills in the verdicts, once the rules have run.
func (v *view) judge(hits []hit) {
	v.verdicts.share = map[evidence.Mode]float64{}
	v.verdicts.byPort = slices.ContainsFunc(hits, func(h hit) bool { return slices.Contains(portCodes, h.code) && h.condition != followAddress })
	v.verdicts.caused = map[evidence.Mode]bool{}
	v.verdicts.capped = map[evidence.Method]bool{}
	for _, h := range hits {
		if h.condition == tls12AtMost {
			for _, t := range only(h.seen, func(t *try) bool { return h.covers(t.Mode) }) {
				v.verdicts.capped[t.Method] = true
			}
		}
		if h.weight == decides {
			v.verdicts.caused[evidence.Passive] = v.verdicts.caused[evidence.Passive] || h.mode != evidence.Active
			v.verdicts.caused[evidence.Active] = v.verdicts.caused[evidence.Active] || h.mode != evidence.Passive
		}
	}
	m := &v.verdicts.methods
	v.verdicts.modes.Passive = v.judgeMode(evidence.Passive, evidence.EPSV, evidence.PASV, &m.EPSV, &m.PASV, hits)
	v.verdicts.modes.Active = v.judgeMode(evidence.Active, evidence.EPRT, evidence.PORT, &m.EPRT, &m.PORT, hits)
}

func (v *view) judgeMode(mode evidence.Mode, newer, older evidence.Method, of, or *Verdict, hits []hit) Verdict {
	a, b := v.tally(newer), v.tally(older)
	served := a.works+b.works > 0
	*of, *or = a.verdict(served), b.verdict(served)
	if n := a.works + b.works + a.links + b.links; n > 0 {
		v.verdicts.share[mode] = float64(n) / float64(n+a.fails+b.fails+a.breaks+b.breaks)
	}
	if v.losesLarge(mode, hits) {
		return Fails
	}
	counted := []Verdict{*of}
	accepted := []bool{a.agreed()}
	if mode == evidence.Active || !v.overIPv6() || !a.agreed() { // over IPv6 PASV matters to nobody whom EPSV serves
		counted, accepted = append(counted, *or), append(accepted, b.agreed())
	}
	verdict := combine(counted, accepted)
	if verdict == Conditional && mode == evidence.Passive && v.verdicts.byPort {
		return Intermittent // the methods happened to lie on both sides of a boundary
	}
	if verdict == Works && slices.ContainsFunc(hits, func(h hit) bool { return h.condition != nil && h.covers(mode) }) {
		return Conditional
	}
	return verdict
}

// losesLarge tells whether larger transfers of the mode are lost on the way, as
// distinct from those of a file that was fetched beside: then small ones that
// work are no comfort.
func (v *view) losesLarge(mode evidence.Mode, hits []hit) bool {
	return !v.fileLostEverywhere() && slices.ContainsFunc(hits, func(h hit) bool {
		return h.code == TransferMTUBlackHole && slices.ContainsFunc(h.tries, func(t *try) bool { return t.Mode == mode })
	})
}

// overIPv6 tells whether the modes were tried over IPv6.
func (v *view) overIPv6() bool { return parseAddr(v.peer()).Is6() }

// combine makes the verdict on a mode from those on its methods.
func combine(methods []Verdict, accepted []bool) Verdict {
	has := func(want Verdict) bool { return slices.Contains(methods, want) }
	acceptedFails := false
	for i, m := range methods {
		acceptedFails = acceptedFails || m == Fails && accepted[i]
	}
	switch {
	case has(Intermittent):
		return Intermittent
	case has(Works) && (has(Conditional) || acceptedFails), has(Conditional):
		return Conditional
	case has(Works):
		return Works
	case has(Inconclusive) && !(acceptedFails && !anyAccepted(methods, accepted, Inconclusive)):
		return Inconclusive
	case has(Fails):
		return Fails
	}
	return NotTested
}

// anyAccepted: a verdict of a method that the server agreed to.
func anyAccepted(methods []Verdict, accepted []bool, want Verdict) bool {
	for i, m := range methods {
		if m == want && accepted[i] {
			return true
		}
	}
	return false
}
