package diagnose

import (
	"fmt"
	"slices"

	"ftpdiag/probe/evidence"
)

// differentPorts tells whether the tries that failed lie on other ports than
// those that worked: all above, all below, or all on one. Where each run went one
// way as a whole, its tries count as one.
func (s *series) differentPorts(mode evidence.Mode, both sides, mixed bool) []Difference {
	p := s.portsByEffect(mode)
	ways, least := choices(len(p.good), len(p.bad)), enough
	if !mixed && len(both.good) > 0 && len(both.bad) > 0 {
		ways = min(ways, choices(len(both.good), len(both.bad)))
	}
	if p.byMethod != "" {
		least = muchMore
	}
	if p.unknown || len(p.good) < 2 || len(p.bad) < 2 || ways < least {
		return nil
	}
	good, bad := ascending(slices.Clone(p.good)), ascending(slices.Clone(p.bad))
	shape := shapeOf(good, bad)
	if shape != lowOpen && shape != highOpen && !(len(bad) == 1 && !slices.Contains(good, bad[0])) {
		return nil
	}
	verb := "dialled"
	if mode == evidence.Active {
		verb = "listened on"
	}
	g, b := portWords(good), portWords(bad)
	return []Difference{{mode, diffPort, g, b, fmt.Sprintf("In %s all %d tries that failed %s %s, all %d that worked %s%s.",
		names[mode], len(p.bad), verb, b, len(p.good), g, p.byMethod)}}
}

// triedPorts are the ports of the tries of a mode, one entry a try.
type triedPorts struct {
	good, bad []int
	unknown   bool   // a try failed without any port
	byMethod  string // says that the methods part the tries as well; "": they do not
}

// portsByEffect are the ports that the tries of a mode went to. A method that
// always went one way beside one that did not says nothing.
func (s *series) portsByEffect(mode evidence.Mode) triedPorts {
	tries := only(s.all.of(mode), func(t *try) bool { return t.effect == worked || t.effect == failed })
	went := func(m evidence.Method, e effect) bool {
		return slices.ContainsFunc(tries, func(t *try) bool { return t.Method == m && t.effect == e })
	}
	varies := func(m evidence.Method) bool { return went(m, worked) && went(m, failed) }
	var out triedPorts
	a, b := methodsOf[mode][0], methodsOf[mode][1]
	one := !varies(a) && !varies(b)
	switch {
	case one && went(a, worked) && went(b, failed):
		out.byMethod = fmt.Sprintf("; the former used %s, the latter %s, so it may as well be the command", b, a)
	case one && went(b, worked) && went(a, failed):
		out.byMethod = fmt.Sprintf("; the former used %s, the latter %s, so it may as well be the command", a, b)
	}
	for _, t := range tries {
		at := t.Dialed
		if mode == evidence.Active {
			at = t.Listened
		}
		if !one && !varies(t.Method) {
			continue
		}
		switch {
		case !at.IsValid():
			out.unknown = true
		case t.effect == worked:
			out.good = append(out.good, int(at.Port()))
		default:
			out.bad = append(out.bad, int(at.Port()))
		}
	}
	return out
}

func portWords(ports []int) string {
	switch low, high := ports[0], ports[len(ports)-1]; {
	case low == high:
		return fmt.Sprintf("port %d", low)
	case len(ports) == 2:
		return fmt.Sprintf("ports %d and %d", low, high)
	default:
		return fmt.Sprintf("ports %d to %d", low, high)
	}
}
