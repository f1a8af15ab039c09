package probe

import (
	"math/bits"
	"time"

	"ftpdiag/probe/evidence"
)

// Bounds of the samples.
const (
	samplesOnSilence = 3  // offered ports dialled in all where none connects: ports that nobody offered tell more
	samplesOnRefusal = 5  // where all are refused: there ports that nobody offered tell nothing
	samplesOnDoubt   = 16 // where some connect
	samplesBeside    = 5  // where all connect
	samplingTime     = 2500 * time.Millisecond
	// Three samples are six round trips. From a server this near they take less
	// time than anybody notices, and need no other wait to hide behind.
	nearRTT = 8 * time.Millisecond
	// A port that is dialled after a newer negotiation is no evidence, so a
	// sample has this long, or one and a half round trips, for its answer.
	minSamplePatience = 20 * time.Millisecond
)

// requestsToBeSure are those of a dial whose silence would be news: where all
// others connect, three lost in a row are no chance.
const requestsToBeSure = 4

// offeredDials sums up the dials of offered ports.
type offeredDials struct {
	all, open, dead int
	pending         int               // of the dead ones: not answered so far
	silent          bool              // none of them was answered
	methods         []evidence.Method // those that offer ports
	over            bool              // no more ports are to be had, or what breaks, breaks later

	openBy, deadBy map[evidence.Method]int
}

// Where it is the command that decides and not the port, every port of one command is
// dead and every port of the other is open. Ports that are dead by chance fall so, three
// dead and seven open, at most once in 450 times, and those of a boundary too.
const (
	deadOfSplit = 3
	openOfSplit = 7
)

// living is the command whose ports are all open where the other's are all dead, once
// there are enough of the dead.
func (d offeredDials) living() (evidence.Method, bool) {
	for _, m := range []evidence.Method{evidence.EPSV, evidence.PASV} {
		if d.openBy[m] > 0 && d.deadBy[m] == 0 && d.openBy[other(m)] == 0 && d.deadBy[other(m)] >= deadOfSplit {
			return m, true
		}
	}
	return "", false
}

// split tells whether it is the command that decides.
func (d offeredDials) split() bool {
	m, ok := d.living()
	return ok && d.openBy[m] >= openOfSplit
}

// other is the other command of passive mode.
func other(m evidence.Method) evidence.Method {
	if m == evidence.EPSV {
		return evidence.PASV
	}
	return evidence.EPSV
}

func (v view) offeredDials() (d offeredDials) {
	d.silent, d.openBy, d.deadBy = true, map[evidence.Method]int{}, map[evidence.Method]int{}
	for _, a := range v.attempts {
		d.over = d.over || a.Purpose == evidence.PurposeSample && a.Failure != nil && a.Failure.Op == evidence.OpNegotiate ||
			a.Outcome == evidence.OutcomeFails && a.Connected != nil
		if !a.Dialed.IsValid() || a.Purpose == evidence.PurposeForeign {
			continue
		}
		d.all++
		d.silent = d.silent && silent(a)
		switch {
		case a.Connected != nil || a.Outcome == evidence.OutcomeWorks:
			d.open++
			d.openBy[a.Method]++
		case pending(a) || a.Outcome == evidence.OutcomeFails && a.Failure.Op == evidence.OpDataConnect:
			d.dead++
			d.deadBy[a.Method]++
			if pending(a) {
				d.pending++
			}
		}
		if a.Purpose == evidence.PurposeTransfer && a.Offered.IsValid() {
			d.methods = append(d.methods, a.Method)
		}
	}
	return d
}

// samples is how many offered ports are dialled in all.
func (v view) samples(d offeredDials) int {
	switch {
	case len(d.methods) == 0, d.over, d.split(), v.quick:
		return 0
	case (v.thorough || v.serial) && !v.decided:
		return 0
	case d.dead > 0 && (v.thorough || d.open > 0):
		return samplesOnDoubt
	case d.dead > 0 && d.silent:
		return samplesOnSilence
	case d.dead > 0:
		return samplesOnRefusal
	case v.decided && (v.slow || v.rtt <= nearRTT):
		return samplesBeside
	}
	return 0
}

// planSample dials more of the offered ports. After a failure that tells a
// boundary from a blockade; after success it guards against a lucky try.
func planSample(v view) (question, bool) {
	d := v.offeredDials()
	if d.open > 0 && d.dead > 0 && d.dead == d.pending {
		return question{}, false // its answer may still come: a packet may be lost
	}
	if d.all >= v.samples(d) || v.syns < 1 || d.dead > 0 && v.since > samplingTime+v.doubtedFrom() {
		return question{}, false
	}
	// Not by turns: a server may hand out an open and a dead port by turns too.
	method := d.methods[bits.OnesCount(uint(d.all))%len(d.methods)]
	if m, ok := d.living(); ok {
		method = m // an open port costs nothing, and the first dead one settles it
	}
	q := question{method: method, operation: opConnect, purpose: evidence.PurposeSample,
		patience: max(minSamplePatience, 3*v.rtt/2), requests: 1}
	switch {
	case d.dead == 0:
		q.requests, q.patience = requestsToBeSure, v.timeout
	case d.open > 0: // an answer that is late, on a busy machine, would come after the next negotiation
		q.patience = min(v.timeout, laterPatience+2*v.rtt)
	}
	return q, true
}

// doubtedFrom is when the first dial was found dead; before, the time since the
// first attempt.
func (v view) doubtedFrom() time.Duration {
	for _, a := range v.attempts {
		if a.Outcome == evidence.OutcomeFails && a.Failure.Op == evidence.OpDataConnect {
			return a.End.Duration() - v.attempts[0].Start.Duration()
		}
	}
	return v.since
}
