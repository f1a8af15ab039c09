package diagnose

import (
	"cmp"
	"fmt"
	"slices"

	"ftpdiag/probe/evidence"
)

// merged is the Result of runs that do not all say the same.
func (s *series) merged() Result {
	out := *s.runs[s.shown].Result
	v := s.all
	out.Modes, out.Methods = v.verdicts.modes, v.verdicts.methods
	mode := recommended(out.Modes)
	out.Findings = s.findings(mode)
	v.sortFindings(out.Findings)
	out.Status = v.statusOf(out.Findings, mode)
	out.Recommendation = s.recommend(out.Findings)
	out.PassivePorts = s.ports()
	out.Serial = slices.ContainsFunc(s.runs, func(r *seriesRun) bool { return r.Serial })
	return out
}

// sent is what all runs sent together: that is what a guard counts.
func (s *series) sent() (sum evidence.Sent) {
	for _, r := range s.runs {
		sum.DeadSYNs += r.Sent.DeadSYNs
		sum.Connections += r.Sent.Connections
		sum.Logins += r.Sent.Logins
		sum.Spared = sum.Spared || r.Sent.Spared
	}
	return sum
}

// contactLost is the first loss; nil: there was none.
func (s *series) contactLost() *evidence.ContactLost {
	for _, r := range s.runs {
		if r.ContactLost != nil {
			return r.ContactLost
		}
	}
	return nil
}

// key tells findings apart.
type key struct {
	code Code
	mode evidence.Mode
}

func keyOf(f Finding) key { return key{f.Code, f.Mode} }

// recurring is a finding and the runs that have it.
type recurring struct {
	Finding
	from   *seriesRun // whose words these are
	runs   []*seriesRun
	leads  bool // in some run it is the first about its mode
	always bool // it is an error in each of its runs, whatever is asked for
}

// gather brings the findings of all runs together. The words are those of the
// run that is shown, else of the last that has them.
func (s *series) gather() []*recurring {
	shown := s.runs[s.shown]
	byKey := map[key]*recurring{}
	var all []*recurring
	for _, r := range s.runs {
		lead := map[evidence.Mode]bool{}
		for _, f := range r.Findings {
			g := byKey[keyOf(f)]
			if g == nil {
				g = &recurring{always: true}
				byKey[keyOf(f)] = g
				all = append(all, g)
			}
			g.note(r, f, shown)
			if f.Severity != Info && !lead[f.Mode] {
				lead[f.Mode], g.leads = true, true
			}
		}
	}
	return all
}

// note takes a finding of a run.
func (g *recurring) note(r *seriesRun, f Finding, shown *seriesRun) {
	if g.from != shown {
		g.Finding, g.from = f, r
		if r != shown {
			g.Attempts = []int{}
		}
	}
	if !slices.Contains(g.runs, r) {
		g.runs = append(g.runs, r)
	}
	g.always = g.always && f.Severity == Error && !r.view.isAsked(f.Mode, r.Recommendation.Mode)
}

// findings are those of all runs, with the severity that they have in all.
func (s *series) findings(mode RecommendedMode) []Finding {
	gathered := s.gather()
	causes := map[evidence.Mode][]*recurring{}
	out := []Finding{}
	for _, g := range gathered {
		if s.explains(g) {
			causes[g.Mode] = append(causes[g.Mode], g)
			continue
		}
		out = append(out, s.other(g, mode))
	}
	for _, m := range bothModes {
		for _, layer := range layers {
			same := slices.DeleteFunc(slices.Clone(causes[m]), func(g *recurring) bool { return g.Layer != layer })
			if len(same) > 0 {
				out = append(out, s.cause(same, mode))
			}
		}
	}
	return out
}

// explains tells whether the finding is why its mode failed in some runs.
func (s *series) explains(g *recurring) bool {
	return g.Mode != "" && s.all.verdicts.modes.Of(g.Mode) == Intermittent && (g.Severity == Error || g.Severity == Warning && g.leads) &&
		!slices.ContainsFunc(g.runs, func(r *seriesRun) bool { return s.went(r, g.Mode) == Works })
}

// cause is what explains the failures of a mode at one layer. One that explains
// failures beside successes in the same run knows more than one that saw only
// failures; else that of most runs counts. The others look alike from here.
func (s *series) cause(same []*recurring, mode RecommendedMode) Finding {
	partly := func(g *recurring) int {
		if slices.ContainsFunc(g.runs, func(r *seriesRun) bool { return s.went(r, g.Mode) == Intermittent }) {
			return 0
		}
		return 1
	}
	slices.SortFunc(same, func(a, b *recurring) int {
		return cmp.Or(cmp.Compare(partly(a), partly(b)), cmp.Compare(len(b.runs), len(a.runs)), cmp.Compare(a.Code, b.Code))
	})
	f := same[0].Finding
	if by, ok := s.byPort(f); ok {
		f, same = by, append([]*recurring{{Finding: by}}, same...)
	}
	for _, g := range same[1:] {
		if g.Code != f.Code {
			f.CouldAlsoBe = append(slices.Clone(f.CouldAlsoBe), g.Code)
		}
	}
	f.CouldAlsoBe = unique(f.CouldAlsoBe)
	f.Severity, f.Confidence = s.all.decidedSeverity(f.Mode, mode), Low
	lead := []string{s.tells(f.Mode)}
	for _, d := range s.diffs {
		if d.Mode == f.Mode || d.Mode == "" {
			lead = append(lead, d.Text)
		}
	}
	f.Evidence = lines(append(lead, f.Evidence...)...)
	return f
}

// byPort explains failures of the passive mode by the ports of all runs, where
// these alone make the difference and no single run shows it.
func (s *series) byPort(f Finding) (Finding, bool) {
	port := false
	for _, d := range s.diffs {
		if d.Mode != f.Mode && d.Mode != "" {
			continue
		}
		port = d.What == diffPort
		if !port {
			return f, false
		}
	}
	if !port || f.Mode != evidence.Passive || f.Layer != LayerData || slices.Contains(portCodes, f.Code) {
		return f, false
	}
	hits := partlyOpen(s.all)
	if len(hits) == 0 || !slices.Contains(portCodes, hits[0].code) {
		return f, false
	}
	by := s.all.finding(hits[0], recommended(s.all.verdicts.modes))
	by.Attempts = slices.DeleteFunc(by.Attempts, func(id int) bool { return id == 0 })
	return by, true
}

// other is a finding that explains no failure of a mode that works sometimes.
func (s *series) other(g *recurring, mode RecommendedMode) Finding {
	f := g.Finding
	f.Severity = s.severity(g, mode)
	if n := len(s.runs); f.Severity != Info && len(g.runs) < n {
		f.Evidence = lines(append([]string{fmt.Sprintf("in %d of %d runs", len(g.runs), n)}, f.Evidence...)...)
		f.Confidence = Low
	}
	return f
}

// severity of such a finding in all runs.
func (s *series) severity(g *recurring, mode RecommendedMode) Severity {
	switch {
	case g.Severity != Error:
		return g.Severity
	case g.Mode == "":
		bad := 0
		for _, r := range s.runs {
			if slices.ContainsFunc(r.Findings, func(f Finding) bool { return f.Severity == Error && f.Mode == "" }) {
				bad++
			}
		}
		if good := len(s.runs) - bad; float64(good) >= mostlyWorks*float64(len(s.runs)) {
			return Warning
		}
	case !g.always && !s.all.isAsked(g.Mode, mode):
		return Warning
	}
	return Error
}

// recommend completes the recommendation.
func (s *series) recommend(findings []Finding) Recommendation {
	v := s.all
	r := Recommendation{Mode: recommended(v.verdicts.modes), TLS: s.runs[s.shown].Recommendation.TLS, Conditions: []Condition{}}
	if r.Mode == None {
		r.Confidence, r.Reason = v.confidenceInNone(findings), v.reasonForNone(findings)
		return r
	}
	mode := evidence.Mode(r.Mode)
	r.Method, r.Confidence = v.bestMethod(mode), High
	for _, run := range s.runs {
		if run.Recommendation.Mode != r.Mode {
			continue
		}
		if run.Recommendation.Confidence == Low || r.Confidence == High {
			r.Confidence = run.Recommendation.Confidence
		}
		for _, c := range run.Recommendation.Conditions {
			if !hasCondition(r.Conditions, c.Code) {
				r.Conditions = append(r.Conditions, c)
			}
		}
	}
	r.Reason = v.reasonFor(mode, r.Conditions, findings)
	stopped := s.stopped()
	if v.verdicts.modes.Of(mode) == Intermittent || stopped > 0 {
		r.Confidence = Low
	}
	if stopped > 0 {
		r.Reason = fmt.Sprintf("%s; %d of %d runs came to no transfer.", r.Reason[:len(r.Reason)-1], stopped, len(s.runs))
	}
	return r
}

// tells says how often a mode worked.
func (s *series) tells(mode evidence.Mode) string {
	share := s.modes[mode]
	text := fmt.Sprintf("%s worked in %d of %d runs", names[mode], share.Worked, share.Tried)
	if share.Partly > 0 {
		text += fmt.Sprintf(", and on some tries only in %d", share.Partly)
	}
	return text
}

// ports are the passive ports of all runs.
func (s *series) ports() evidence.PassivePorts {
	out := s.runs[s.shown].PassivePorts
	if s.all.verdicts.modes.Passive != Intermittent {
		return out
	}
	const most = 256
	b := s.all.boundary()
	out.Sampled, out.Works, out.Fails = []int{}, firstOf(b.offered.open, most), firstOf(b.offered.dead, most)
	for _, t := range s.all.of(evidence.Passive) {
		if port := int(t.Dialed.Port()); t.Dialed.IsValid() && !slices.Contains(out.Sampled, port) && len(out.Sampled) < most {
			out.Sampled = append(out.Sampled, port)
		}
	}
	out.Passes, out.Blocked = b.ranges()
	out.Share = s.modes[evidence.Passive].Share
	return out
}

func firstOf(ports []int, most int) []int { return notNil(ports[:min(len(ports), most)]) }
