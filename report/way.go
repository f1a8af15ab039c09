package report

import (
	"fmt"
	"slices"

	"github.com/charmbracelet/lipgloss"

	"ftpdiag/probe/diagnose"
)

// blocked tells whether a finding says where packets died.
func blocked(r *diagnose.Result) bool {
	return slices.ContainsFunc(r.Findings, func(f diagnose.Finding) bool { return f.BlockedAt != nil })
}

// stop is a place on the way to the server.
type stop struct {
	distance int    // in hops; 0 is this computer
	name     string // address, or what stands for it
	dead     bool   // nothing was seen to come past it
}

// stops lists the way from this computer to the server as far as it is known; e,
// if not nil, says where it ended.
func stops(r *diagnose.Result, e *ending) []stop {
	names := map[int]string{}
	far, server := 0, unknown
	for _, h := range r.Route {
		names[h.Distance] = oneLine(h.IP)
		far = max(far, h.Distance)
	}
	if e != nil {
		if e.name != "" {
			names[e.distance] = e.name
		}
		server = e.server
		far = max(far, e.distance, server-1)
	}
	dead := func(distance int) bool { return e != nil && distance == e.distance && distance >= 0 }
	way := []stop{{name: "this computer", dead: dead(0)}}
	for d := 1; d <= min(far, maxHops) && d != server; d++ {
		name := names[d]
		if name == "" {
			name = "?"
		}
		way = append(way, stop{distance: d, name: name, dead: dead(d)})
	}
	return append(way, stop{distance: server, name: serverAddress(r), dead: dead(server)})
}

// maxHops bounds a drawing; no walk goes further.
const maxHops = 64

// serverAddress is the address that was used, or else the host.
func serverAddress(r *diagnose.Result) string {
	for _, a := range r.Addresses {
		if a.Used {
			return oneLine(a.IP)
		}
	}
	return oneLine(r.Target.Host)
}

// way draws the way to the server with an X where the packets died: on one line
// where that is wide enough, else a line for each stop.
func (p *page) way(first, rest string, r *diagnose.Result, e *ending) {
	way := stops(r, e)
	var line []span
	for i, s := range way {
		line = append(line, span{plain, s.name})
		switch {
		case s.dead && i == len(way)-1:
			line = append(line, span{plain, " "}, span{bad, "X"})
		case i == len(way)-1:
		case s.dead:
			line = append(line, span{plain, " --"}, span{bad, "X"}, span{plain, "   "})
		default:
			line = append(line, span{plain, " -- "})
		}
	}
	width := lipgloss.Width(rest)
	for _, s := range line {
		width += lipgloss.Width(s.text)
	}
	if width <= p.width {
		p.fill(first, rest, line...)
		return
	}
	for i, s := range way {
		p.stop(first, rest, s, i == len(way)-1)
		first = rest
	}
}

// stop draws one line of a long way.
func (p *page) stop(first, rest string, s stop, last bool) {
	number := fmt.Sprintf("%2d  ", s.distance)
	if s.distance <= 0 {
		number = "    "
	}
	name := s.name
	if last {
		name += ", the server"
	}
	p.fill(first+number, rest+"    ", span{said, name})
	if s.dead {
		p.fill(rest+" "+p.look.render(bad, "X")+"  ", rest+"    ", span{bad, "nothing was seen to come further"})
	}
}
