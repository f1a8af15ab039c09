package diagnose

import (
	"slices"

	"ftpdiag/probe/evidence"
)

// verdicts on modes and methods of all runs together.
func (s *series) verdicts() (modes Modes, methods Methods) {
	of := func(m evidence.Method) Verdict {
		return inAll(s.each(func(r *seriesRun) Verdict { return r.Methods.Of(m) }), true)
	}
	methods = Methods{EPSV: of(evidence.EPSV), PASV: of(evidence.PASV), EPRT: of(evidence.EPRT), PORT: of(evidence.PORT)}
	mode := func(mode evidence.Mode) Verdict {
		always := slices.ContainsFunc(methodsOf[mode], func(m evidence.Method) bool {
			return methods.Of(m) == Works || methods.Of(m) == Conditional
		})
		return inAll(s.each(func(r *seriesRun) Verdict { return r.Modes.Of(mode) }), always)
	}
	return Modes{Passive: mode(evidence.Passive), Active: mode(evidence.Active)}, methods
}

func (s *series) each(of func(*seriesRun) Verdict) []Verdict {
	out := make([]Verdict, len(s.runs))
	for i, r := range s.runs {
		out[i] = of(r)
	}
	return out
}

// inAll makes one verdict of those of several runs; always tells whether some
// way worked in each.
func inAll(each []Verdict, always bool) Verdict {
	has := func(v Verdict) bool { return slices.Contains(each, v) }
	works := has(Works) || has(Conditional)
	switch {
	case has(Intermittent), works && has(Fails):
		return Intermittent
	case has(Conditional) && !always:
		return Intermittent // each run worked in another way
	case has(Conditional):
		return Conditional
	case works:
		return Works
	case has(Fails):
		return Fails
	case has(Inconclusive):
		return Inconclusive
	}
	return NotTested
}

// went is how a mode went in one run: it worked, it worked on some tries only, it
// failed, or nothing was decided. A condition that all runs have is no failure.
func (s *series) went(r *seriesRun, mode evidence.Mode) Verdict {
	verdict := r.Modes.Of(mode)
	if verdict != Conditional {
		return verdict
	}
	if slices.ContainsFunc(r.view.of(mode), func(t *try) bool {
		return t.effect == failed && s.all.verdicts.methods.Of(t.Method) == Intermittent
	}) {
		return Intermittent
	}
	return Works
}

// share counts the runs by their verdicts. What worked only partly in a run
// counts by the share of its tries.
func (s *series) share(of func(*seriesRun) Verdict, methods ...evidence.Method) Share {
	var out Share
	sum := 0.0
	for _, r := range s.runs {
		switch of(r) {
		case Works, Conditional:
			out.Worked++
			sum++
		case Intermittent:
			out.Partly++
			sum += r.shareOf(methods)
		case Fails:
		default:
			continue
		}
		out.Tried++
	}
	if out.Tried > 0 {
		share := sum / float64(out.Tried)
		out.Share = &share
	}
	return out
}

// shareOf is the share of one run's tries that worked; a half where they do not
// tell.
func (r *seriesRun) shareOf(methods []evidence.Method) float64 {
	works, all := 0, 0
	for _, m := range methods {
		c := r.view.tally(m)
		works += c.works + c.links
		all += c.works + c.links + c.fails + c.breaks
	}
	if all == 0 {
		return 0.5
	}
	return float64(works) / float64(all)
}

// telling is the index of the run whose record tells most: the last in which a
// mode that works sometimes did so by halves, or failed; else the last that came
// to no transfer; else the last.
func (s *series) telling(modes Modes) int {
	last := func(has func(*seriesRun) bool) int {
		for i := len(s.runs) - 1; i >= 0; i-- {
			if has(s.runs[i]) {
				return i
			}
		}
		return -1
	}
	for _, mode := range bothModes {
		for _, v := range []Verdict{Intermittent, Fails} {
			i := last(func(r *seriesRun) bool { return r.Modes.Of(mode) == v })
			if modes.Of(mode) == Intermittent && i >= 0 {
				return i
			}
		}
	}
	if i := last((*seriesRun).stopped); i >= 0 {
		return i
	}
	return len(s.runs) - 1
}

// stopped tells whether an error kept the run from trying any mode.
func (r *seriesRun) stopped() bool {
	return r.Modes.Passive == NotTested && r.Modes.Active == NotTested &&
		slices.ContainsFunc(r.Findings, func(f Finding) bool { return f.Severity == Error })
}

func (s *series) stopped() int {
	n := 0
	for _, r := range s.runs {
		if r.stopped() {
			n++
		}
	}
	return n
}
