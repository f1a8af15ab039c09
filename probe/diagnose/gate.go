package diagnose

import (
	"slices"

	"ftpdiag/probe/evidence"
)

// Gated is what rules of the caller's own changed about the status.
type Gated struct {
	FailOn   []Code  `json:"fail_on"`  // found, and reason enough for critical
	Ignored  []Code  `json:"ignored"`  // found, and not counted
	Exceeded []Limit `json:"exceeded"` // measured, and outside its range
}

// Limit is a measure that is outside the range that the caller gave for it.
type Limit struct {
	What   string  `json:"what"`   // connect, login, total: seconds; cert_days: days
	Value  float64 `json:"value"`  // in that unit
	Range  string  `json:"range"`  // as a monitoring plugin writes it: 0.5, 21:
	Status Status  `json:"status"` // warning or critical: what that makes of the status at least
}

// Gate judges the status anew. Findings with a code of ignore do not count: the
// status is what it would be without them, which is unknown where nothing else
// says why what is asked for does not work. One with a code of failOn makes the
// status critical, whatever its severity and whatever is ignored. The findings
// stay. Gated says which codes had a part in it.
func (r *Result) Gate(failOn, ignore []Code) {
	var counted []Finding
	for _, f := range r.Findings {
		if slices.Contains(ignore, f.Code) {
			g := r.gated()
			g.Ignored = unique(append(g.Ignored, f.Code))
		} else {
			counted = append(counted, f)
		}
	}
	if len(counted) < len(r.Findings) {
		r.Status = lesser(r.Status, statusOf(counted, r.Options.Expect, r.Modes, r.Recommendation.Mode))
	}
	for _, f := range r.Findings {
		if slices.Contains(failOn, f.Code) {
			g := r.gated()
			g.FailOn = unique(append(g.FailOn, f.Code))
			r.Status = StatusCritical
		}
	}
}

// Exceed notes a measure outside its range and raises the status to that of the
// limit; it never lowers it. A measure that was noted before is noted anew.
func (r *Result) Exceed(l Limit) {
	g := r.gated()
	g.Exceeded = slices.DeleteFunc(slices.Clone(g.Exceeded), func(old Limit) bool { return old.What == l.What })
	g.Exceeded = append(g.Exceeded, l)
	r.Status = r.Status.Worse(l.Status)
}

// Asks tells whether the mode is what is asked for: what Options.Expect names,
// and under any what is recommended; where that is neither, both.
func (r *Result) Asks(mode evidence.Mode) bool {
	return isAsked(r.Options.Expect, mode, r.Recommendation.Mode)
}

func (r *Result) gated() *Gated {
	if r.Gated == nil {
		r.Gated = &Gated{FailOn: []Code{}, Ignored: []Code{}, Exceeded: []Limit{}}
	}
	return r.Gated
}

// lesser is the better of two statuses: to ignore something makes nothing worse.
func lesser(a, b Status) Status {
	if a.Worse(b) == a {
		return b
	}
	return a
}
