package diagnose

import (
	"slices"
	"time"

	"ftpdiag/probe/evidence"
)

// Repeats is what several runs of one target say together. Runs are numbered
// from 1, in the order of their beginnings.
type Repeats struct {
	Runs        int             `json:"runs"`
	Interval    evidence.Millis `json:"interval_ms"` // pause between two runs
	Shown       int             `json:"shown"`       // the run of which the Result has the sessions, attempts, times and dialogue
	Passive     Share           `json:"passive"`
	Active      Share           `json:"active"`
	Methods     MethodShares    `json:"methods"`
	Differences []Difference    `json:"differences"` // between what worked and what failed
	Tries       []Repetition    `json:"tries"`       // the last hundred runs at most
}

// Share is how often something worked. A run in which nothing was decided about
// it does not count.
type Share struct {
	Tried  int      `json:"tried"`  // runs
	Worked int      `json:"worked"` // runs in which it worked
	Partly int      `json:"partly"` // runs in which it worked on some ports or tries only
	Share  *float64 `json:"share"`  // estimated share of transfers that work, 0 to 1; nil: never tried
}

// MethodShares holds the share of each way to negotiate.
type MethodShares struct {
	EPSV Share `json:"EPSV"`
	PASV Share `json:"PASV"`
	EPRT Share `json:"EPRT"`
	PORT Share `json:"PORT"`
}

// Of is the share of one mode.
func (r *Repeats) Of(mode evidence.Mode) Share {
	switch mode {
	case evidence.Passive:
		return r.Passive
	case evidence.Active:
		return r.Active
	}
	return Share{}
}

// Of is the share of one method.
func (m MethodShares) Of(method evidence.Method) Share {
	switch method {
	case evidence.EPSV:
		return m.EPSV
	case evidence.PASV:
		return m.PASV
	case evidence.EPRT:
		return m.EPRT
	case evidence.PORT:
		return m.PORT
	}
	return Share{}
}

// Difference is something in which all that failed differed from all that
// worked.
type Difference struct {
	Mode evidence.Mode `json:"mode"` // "" (null): not about one mode
	What string        `json:"what"` // port, family, address, backend, time
	Good string        `json:"good"`
	Bad  string        `json:"bad"`
	Text string        `json:"text"` // one sentence, with the numbers
}

// Repetition is one of the runs, in short.
type Repetition struct {
	Started Timestamp      `json:"started"`
	Status  Status         `json:"status"`
	Passive Verdict        `json:"passive"`
	Active  Verdict        `json:"active"`
	Code    evidence.Maybe `json:"code"`  // of the first finding; null: none
	IP      evidence.Maybe `json:"ip"`    // the address that the run went to; null: none
	Ports   []int          `json:"ports"` // passive ports that were dialled, 16 at most
}

// The most that Repeats keeps.
const (
	mostRepetitions = 100
	mostPorts       = 16
)

// Repeated is what the runs of one target say together. The order of the results
// does not matter: they are sorted by their beginnings. Of one run, and of runs
// that all say the same, it is the last; nil of none. The sessions, attempts,
// times and dialogue are those of one run, see [Repeats]; findings of other runs
// name no attempts. The results are not changed. Interval is left zero.
func Repeated(results []*Result) *Result {
	if len(results) == 0 {
		return nil
	}
	ordered := slices.Clone(results)
	slices.SortStableFunc(ordered, func(a, b *Result) int { return a.Started.Compare(b.Started.Time) })
	out := *ordered[len(ordered)-1]
	if len(ordered) == 1 {
		return &out
	}
	s := newSeries(ordered)
	if !s.alike() {
		out = s.merged()
	}
	out.Sent, out.ContactLost = s.sent(), s.contactLost()
	out.Repeats = s.repeats()
	return &out
}

// series are the runs of one target, and what they say together.
type series struct {
	runs  []*seriesRun
	shown int   // index of the run whose record is shown
	all   *view // the attempts of all runs, with the verdicts on all
	modes map[evidence.Mode]Share
	diffs []Difference
}

// seriesRun is one of them.
type seriesRun struct {
	*Result
	view *view
}

func newSeries(results []*Result) *series {
	s := &series{modes: map[evidence.Mode]Share{}}
	for _, r := range results {
		s.runs = append(s.runs, &seriesRun{r, r.seen()})
	}
	modes, methods := s.verdicts()
	s.shown = s.telling(modes)
	s.all = s.together()
	s.all.verdicts = verdicts{modes: modes, methods: methods, share: map[evidence.Mode]float64{}}
	for _, mode := range bothModes {
		s.modes[mode] = s.share(func(r *seriesRun) Verdict { return s.went(r, mode) }, methodsOf[mode]...)
		if share := s.modes[mode].Share; share != nil {
			s.all.verdicts.share[mode] = *share
		}
	}
	s.diffs = s.differences()
	return s
}

var (
	bothModes = []evidence.Mode{evidence.Passive, evidence.Active}
	methodsOf = map[evidence.Mode][]evidence.Method{
		evidence.Passive: {evidence.EPSV, evidence.PASV},
		evidence.Active:  {evidence.EPRT, evidence.PORT},
	}
)

// seen is the view of a Result: as much of its evidence as it keeps.
func (r *Result) seen() *view {
	v := newView(believed(&evidence.Evidence{
		Target: r.Target, Options: r.Options, Addresses: r.Addresses, Server: r.Server.Server, Sessions: r.Sessions,
		Attempts: r.Attempts, PassivePorts: r.PassivePorts, Route: r.Route, Walks: r.Walks, Cut: r.Cut,
		Transcript: r.Transcript, Sent: r.Sent, ContactLost: r.ContactLost,
	}))
	v.product = r.Server.Product
	return v
}

// together is the view of the attempts of all runs. Those that are not shown
// have no id.
func (s *series) together() *view {
	const apart = 1 << 20 // between the ids of the sessions of two runs
	shown := s.runs[s.shown]
	ev := *shown.view.ev
	ev.Attempts, ev.Sessions, ev.PassivePorts.Probes = nil, nil, nil
	for i, r := range s.runs {
		for _, x := range r.Sessions {
			x.ID += i * apart
			ev.Sessions = append(ev.Sessions, x)
		}
		for _, a := range r.view.ev.Attempts {
			a.Session += i * apart
			if i != s.shown {
				a.ID = 0
			}
			ev.Attempts = append(ev.Attempts, a)
		}
		ev.PassivePorts.Probes = append(ev.PassivePorts.Probes, r.view.ev.PassivePorts.Probes...)
	}
	v := newView(&ev)
	v.product = shown.Server.Product
	return v
}

// alike tells whether all runs say the same.
func (s *series) alike() bool {
	first := s.runs[0]
	return !slices.ContainsFunc(s.runs, func(r *seriesRun) bool {
		return r.Status != first.Status || r.Modes != first.Modes || r.Methods != first.Methods ||
			r.Recommendation.Mode != first.Recommendation.Mode || !slices.EqualFunc(r.Findings, first.Findings, sameCause)
	})
}

func sameCause(a, b Finding) bool { return keyOf(a) == keyOf(b) && a.Severity == b.Severity }

// repeats is the record of the runs.
func (s *series) repeats() *Repeats {
	r := &Repeats{Runs: len(s.runs), Shown: s.shown + 1, Passive: s.modes[evidence.Passive], Active: s.modes[evidence.Active],
		Differences: notNil(s.diffs), Tries: []Repetition{}}
	if s.alike() {
		r.Shown = len(s.runs)
	}
	for method, to := range map[evidence.Method]*Share{
		evidence.EPSV: &r.Methods.EPSV, evidence.PASV: &r.Methods.PASV, evidence.EPRT: &r.Methods.EPRT, evidence.PORT: &r.Methods.PORT,
	} {
		*to = s.share(func(r *seriesRun) Verdict { return r.Methods.Of(method) }, method)
	}
	for _, run := range s.runs[max(len(s.runs)-mostRepetitions, 0):] {
		r.Tries = append(r.Tries, run.repetition())
	}
	return r
}

func (r *seriesRun) repetition() Repetition {
	short := Repetition{Started: r.Started, Status: r.Status, Passive: r.Modes.Passive, Active: r.Modes.Active,
		IP: evidence.Maybe(r.view.usedAddress()), Ports: []int{}}
	if len(r.Findings) > 0 {
		short.Code = evidence.Maybe(r.Findings[0].Code)
	}
	for _, t := range r.view.of(evidence.Passive) {
		if t.Dialed.IsValid() && len(short.Ports) < mostPorts {
			short.Ports = append(short.Ports, int(t.Dialed.Port()))
		}
	}
	return short
}

// began is when the run began, as people write it.
func (r *seriesRun) began() string { return r.Started.UTC().Format(time.TimeOnly) + " UTC" }
