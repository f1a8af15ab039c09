package diagnose

import (
	"slices"

	"ftpdiag/probe/evidence"
)

// rule looks at the evidence for one cause, or for a few that only look alike.
type rule func(*view) []hit

// hit is a cause that a rule found.
type hit struct {
	code      Code
	mode      evidence.Mode // "": not about one mode
	weight    weight
	values    map[string]string // for the words of the catalogue; see view.values
	evidence  []string
	tries     []*try     // those that the cause explains
	seen      []*try     // others that show it
	open      []Code     // look-alikes that the evidence leaves open
	pair      bool       // proved by a pair of observations
	variant   *variant   // nil: the cause in its usual form
	who       []Who      // nil: as the catalogue says
	blocked   *BlockedAt // nil: not known
	tls       string     // what a client should speak; "": what the run ended up speaking
	condition *Condition // what a client must heed for the mode to work all the same
}

// covers tells whether the cause is one of the mode.
func (h hit) covers(mode evidence.Mode) bool { return h.mode == "" || h.mode == mode }

// weight is what a cause does to the verdict. The severity follows from it and
// from the verdicts.
type weight int

const (
	// notes has no effect on a transfer.
	notes weight = iota
	// cautions keeps some clients from working, or makes it work not for long.
	cautions
	// limits keeps some clients from working where the mode works, and matters
	// to nobody where it does not.
	limits
	// decides is why the mode fails, or the part of it that fails.
	decides
	// spoils is why what was asked for by name is not done.
	spoils
	// stops is why no mode could be tried.
	stops
)

// run applies the rules in order. The first that explains an attempt owns it:
// what merely follows from a cause is no finding of its own.
func (v *view) run(rules []rule) []hit {
	var hits []hit
	for _, r := range rules {
		for _, h := range r(v) {
			for _, t := range h.tries {
				t.explained = true
			}
			hits = append(hits, h)
		}
	}
	return hits
}

// firstOf applies the rules in order until one hits: a diagnosis that does not
// get past a step has one cause.
func (v *view) firstOf(rules []rule) []hit {
	for _, r := range rules {
		if hits := r(v); len(hits) > 0 {
			return hits
		}
	}
	return nil
}

// one is the result of a rule with one hit.
func one(h hit) []hit { return []hit{h} }

// ids are those of the attempts, ascending.
func ids(tries []*try) []int {
	out := []int{}
	for _, t := range tries {
		out = append(out, t.ID)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// only keeps the tries that have the property.
func only(tries []*try, has func(*try) bool) []*try {
	var out []*try
	for _, t := range tries {
		if has(t) {
			out = append(out, t)
		}
	}
	return out
}
