package report

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"ftpdiag/probe/diagnose"
)

// namesKept is how many targets of a group a Summary names. The others are
// counted: what it holds does not grow with the targets.
const namesKept = 5

// Summary counts the results of many targets by status and cause. The zero value
// has none. It is not for several goroutines.
type Summary struct {
	groups   map[group]*members
	total    int
	notBegun int
}

// group is what results have in common: the status and the first cause.
type group struct {
	status diagnose.Status
	cause  string
}

// members of a group.
type members struct {
	count int
	names []string // the first of them
}

// Add counts r.
func (s *Summary) Add(r *diagnose.Result) error {
	c, err := normal(shallow(r))
	if err != nil {
		return err
	}
	g := group{c.Status, causeInBrief(c)}
	s.total++
	m := s.of(g)
	if m.count++; len(m.names) < namesKept {
		m.names = append(m.names, nameOnList(c))
	}
	return nil
}

// NotBegun counts n targets that nobody asked, because the run was interrupted.
func (s *Summary) NotBegun(n int) {
	if n > 0 {
		s.notBegun += n
		s.of(group{diagnose.StatusUnknown, "not begun"}).count += n
	}
}

// of are the members of a group.
func (s *Summary) of(g group) *members {
	if s.groups == nil {
		s.groups = map[group]*members{}
	}
	if s.groups[g] == nil {
		s.groups[g] = &members{}
	}
	return s.groups[g]
}

// Worst is the status that counts: critical, then warning, then unknown, then ok.
func (s *Summary) Worst() diagnose.Status {
	worst := diagnose.StatusOK
	for g := range s.groups {
		worst = worst.Worse(g.status)
	}
	return worst
}

// shallow is r without its long lists, of which a summary says nothing.
func shallow(r *diagnose.Result) *diagnose.Result {
	if r == nil {
		return nil
	}
	return &diagnose.Result{Status: r.Status, Target: r.Target, Modes: r.Modes, Recommendation: r.Recommendation,
		Findings: r.Findings, Cut: r.Cut}
}

// causeInBrief is the code of the first cause, or what stands in its place.
func causeInBrief(r *diagnose.Result) string {
	codes := causes(r)
	switch {
	case len(codes) > 0:
		return codes[0]
	case r.Status == diagnose.StatusOK:
		return "nothing wrong"
	case r.Status == diagnose.StatusUnknown && r.Cut:
		return "out of time"
	}
	return "no verdict"
}

// Write writes the counts and a table of the groups, the worst and largest first;
// took is how long all of it took.
func (s *Summary) Write(w io.Writer, took time.Duration, o Options) error {
	p := &page{width: Text{o}.width(), look: newLook(w, o.Color)}
	p.fill("", "", s.counts(took)...)
	p.blank()
	p.fill("", "", span{strong, pad(pad("Status", statusColumn)+"Targets", causeColumn) + "Cause, and which"})
	for _, g := range s.sorted() {
		p.group(g, s.groups[g])
	}
	_, err := io.WriteString(w, p.out.String())
	return err
}

// causeColumn is where the cause of a group begins.
const causeColumn = statusColumn + 9

func (p *page) group(g group, m *members) {
	lead := pad(p.look.render(statusInk(g.status), strings.ToUpper(string(g.status))), statusColumn)
	lead = pad(lead+fmt.Sprintf("%7d", m.count), causeColumn)
	text := []span{{strong, g.cause}}
	if g.cause != "nothing wrong" && len(m.names) > 0 {
		text = append(text, span{plain, ": " + strings.Join(m.names, ", ")})
		if more := m.count - len(m.names); more > 0 {
			text = append(text, span{plain, fmt.Sprintf(" and %d more", more)})
		}
	}
	p.fill(lead, pad("", causeColumn), text...)
}

// statusesByBadness is the order of a summary.
var statusesByBadness = []diagnose.Status{diagnose.StatusCritical, diagnose.StatusWarning, diagnose.StatusUnknown, diagnose.StatusOK}

// counts is the first line of a summary.
func (s *Summary) counts(took time.Duration) []span {
	byStatus := map[diagnose.Status]int{}
	for g, m := range s.groups {
		byStatus[g.status] += m.count
	}
	of := fmt.Sprintf("%d", s.total+s.notBegun)
	if s.notBegun > 0 {
		of = fmt.Sprintf("%d of %d", s.total, s.total+s.notBegun)
	}
	noun := "targets"
	if s.total+s.notBegun == 1 {
		noun = "target"
	}
	line := []span{{strong, of + " " + noun}, {plain, " in " + roundly(took) + ":"}}
	sep := " "
	for _, status := range statusesByBadness {
		if n := byStatus[status]; n > 0 {
			line = append(line, span{plain, fmt.Sprintf("%s%d ", sep, n)}, span{statusInk(status), string(status)})
			sep = ", "
		}
	}
	if sep == " " {
		line = append(line, span{plain, " nothing to do"})
	}
	return line
}

// roundly is a duration as precise as it is worth.
func roundly(d time.Duration) string {
	if d < time.Minute {
		return fmt.Sprintf("%.1f s", d.Seconds())
	}
	return d.Round(time.Second).String()
}

// sorted are the groups, the worst status first, then the largest.
func (s *Summary) sorted() []group {
	groups := make([]group, 0, len(s.groups))
	for g := range s.groups {
		groups = append(groups, g)
	}
	slices.SortFunc(groups, func(a, b group) int {
		return cmp.Or(
			cmp.Compare(slices.Index(statusesByBadness, a.status), slices.Index(statusesByBadness, b.status)),
			cmp.Compare(s.groups[b].count, s.groups[a].count),
			strings.Compare(a.cause, b.cause))
	})
	return groups
}
