package diagnose

import (
	"cmp"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"ftpdiag/probe/evidence"
)

// What may differ.
const (
	diffPort    = "port"
	diffFamily  = "family"
	diffAddress = "address"
	diffBackend = "backend"
	diffTime    = "time"
)

// enough is how many ways there must be to choose the failures among the tries
// before an order that parts them is taken for more than chance: with three
// against three, one time in ten.
// Where the methods part them too, it takes more.
const (
	enough   = 20
	muchMore = 200
)

// sides are the runs that worked, or at least came to a transfer, and those that
// did not.
type sides struct{ good, bad []*seriesRun }

// differences between what worked and what failed, mode by mode. What two modes
// share is said once.
func (s *series) differences() []Difference {
	var out []Difference
	for _, mode := range bothModes {
		verdict := s.all.verdicts.modes.Of(mode)
		if verdict != Intermittent && verdict != Conditional {
			continue
		}
		both, mixed := s.sidesOf(mode)
		found := s.differentPorts(mode, both, mixed)
		if !mixed {
			found = append(found, both.differ(mode)...)
		}
		for _, d := range found {
			i := slices.IndexFunc(out, func(o Difference) bool { return o.What == d.What && o.Good == d.Good && o.Bad == d.Bad })
			if i < 0 || d.What == diffPort {
				out = append(out, d)
				continue
			}
			out[i] = Difference{What: d.What, Good: d.Good, Bad: d.Bad, Text: withoutMode(d)}
		}
	}
	if n := s.stopped(); n > 0 && n < len(s.runs) {
		var both sides
		for _, r := range s.runs {
			both.put(r, !r.stopped())
		}
		out = append(out, both.differ("")...)
	}
	return out
}

func withoutMode(d Difference) string {
	return capital(strings.TrimPrefix(d.Text, "In "+names[d.Mode]+" "))
}

// sidesOf parts the runs by how a mode went; mixed tells that in some run it
// went both ways.
func (s *series) sidesOf(mode evidence.Mode) (both sides, mixed bool) {
	for _, r := range s.runs {
		switch s.went(r, mode) {
		case Works:
			both.put(r, true)
		case Fails:
			both.put(r, false)
		case Intermittent:
			mixed = true
		}
	}
	return both, mixed
}

func (b *sides) put(r *seriesRun, good bool) {
	if good {
		b.good = append(b.good, r)
	} else {
		b.bad = append(b.bad, r)
	}
}

// differ finds what all runs of one side have, and none of the other.
func (b sides) differ(mode evidence.Mode) []Difference {
	if len(b.good) < 2 || len(b.bad) < 2 {
		return nil
	}
	var out []Difference
	say := func(what, good, bad, text string) {
		out = append(out, Difference{mode, what, good, bad, text})
	}
	runs := func(did, bad, good string) string {
		return fmt.Sprintf("%s that %s %s, all %d that %s %s.", b.subject(mode), failedWord(mode), bad, len(b.good), did, good)
	}
	did := "worked"
	if mode == "" {
		did = "did"
	}
	if good, bad, ok := b.part(func(r *seriesRun) string { return familyOf(r.view.usedAddress()) }); ok {
		say(diffFamily, good, bad, runs(did, "went over "+bad, "over "+good))
	} else if good, bad, ok := b.part(func(r *seriesRun) string { return r.view.usedAddress() }); ok {
		say(diffAddress, good, bad, runs(did, "went to "+bad, "to "+good))
	}
	if good, bad, ok := b.part((*seriesRun).backend); ok {
		say(diffBackend, good, bad, runs(did, "met the server that greets "+bad, "the one that greets "+good))
	}
	if good, bad, ok := b.times(); ok {
		say(diffTime, good, bad, runs(did, "began "+bad, good))
	}
	return out
}

// subject begins a sentence about the runs that failed.
func (b sides) subject(mode evidence.Mode) string {
	if mode == "" {
		return fmt.Sprintf("All %d runs", len(b.bad))
	}
	return fmt.Sprintf("In %s all %d runs", names[mode], len(b.bad))
}

func failedWord(mode evidence.Mode) string {
	if mode == "" {
		return "came to no transfer"
	}
	return "failed"
}

// part tells whether a property that few values have parts the sides. A value
// that is not known, or that hardly repeats, parts nothing.
func (b sides) part(of func(*seriesRun) string) (good, bad string, ok bool) {
	values := func(runs []*seriesRun) []string {
		var out []string
		for _, r := range runs {
			out = append(out, of(r))
		}
		slices.Sort(out)
		return slices.Compact(out)
	}
	g, w := values(b.good), values(b.bad)
	if slices.Contains(g, "") || slices.Contains(w, "") || 2*(len(g)+len(w)) > len(b.good)+len(b.bad) {
		return "", "", false
	}
	if slices.ContainsFunc(g, func(x string) bool { return slices.Contains(w, x) }) {
		return "", "", false
	}
	return strings.Join(g, " or "), strings.Join(w, " or "), true
}

// times tells whether one side began before the other.
func (b sides) times() (good, bad string, ok bool) {
	byTime := func(x, y *seriesRun) int { return x.Started.Compare(y.Started.Time) }
	first := func(runs []*seriesRun) *seriesRun { return slices.MinFunc(runs, byTime) }
	last := func(runs []*seriesRun) *seriesRun { return slices.MaxFunc(runs, byTime) }
	switch {
	case choices(len(b.good), len(b.bad)) < enough:
	case byTime(last(b.good), first(b.bad)) < 0:
		return "at " + last(b.good).began() + " or before", "at " + first(b.bad).began() + " or later", true
	case byTime(last(b.bad), first(b.good)) < 0:
		return "at " + first(b.good).began() + " or later", "at " + last(b.bad).began() + " or before", true
	}
	return "", "", false
}

// choices is in how many ways a of a+b things can be chosen, as far as that
// matters.
func choices(a, b int) int {
	n := 1
	for i := 1; i <= min(a, b) && n < muchMore; i++ {
		n = n * (max(a, b) + i) / i
	}
	return n
}

func familyOf(ip string) string {
	addr, err := netip.ParseAddr(ip)
	switch {
	case err != nil:
		return ""
	case addr.Unmap().Is4():
		return "IPv4"
	}
	return "IPv6"
}

// Numbers that stand alone in a greeting: times, counts of users, process ids.
// Those of addresses and of names such as web01 stay.
var alone = regexp.MustCompile(`(^|[^0-9A-Za-z.])[0-9]+([:/-][0-9]+)*($|[^0-9A-Za-z.])`)

// backend is what tells one machine behind an address from another: its
// greeting, without what changes from one connection to the next.
func (r *seriesRun) backend() string {
	text, _, _ := strings.Cut(strings.TrimSpace(r.Server.Greeting), "\n")
	text = alone.ReplaceAllString(text, "$1#$3")
	text = cmp.Or(text, r.Server.Product)
	if text == "" {
		return ""
	}
	return `"` + shorten(text) + `"`
}
