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
	distance int    // in hops; 0 is this computer; -1: not known
	name     string // address, or what stands for it
	dead     bool   // nothing was seen to come past it
}

// stops lists the way from this computer to the server as far as it is known; b,
// if not nil, says where it ends.
func stops(r *diagnose.Result, b *diagnose.BlockedAt) []stop {
	names := map[int]string{}
	far := 0
	for _, h := range r.Route {
		names[h.Distance] = oneLine(h.IP)
		far = max(far, h.Distance)
	}
	server := -1
	if b != nil {
		if b.AfterHop != "" {
			names[b.Distance] = oneLine(string(b.AfterHop))
		}
		far = max(far, b.Distance)
		if b.HostDistance != nil {
			server = *b.HostDistance
			far = min(max(far, server-1), maxHops)
		}
	}
	way := []stop{{name: "this computer", dead: b != nil && b.Distance == 0}}
	for d := 1; d <= min(far, maxHops) && d != server; d++ {
		name := names[d]
		if name == "" {
			name = "?"
		}
		way = append(way, stop{distance: d, name: name, dead: b != nil && b.Distance == d})
	}
	last := stop{distance: server, name: serverAddress(r), dead: b != nil && b.Distance == server}
	return append(way, last)
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

// located tells whether it is known where packets died.
func located(b *diagnose.BlockedAt) bool {
	return b.Distance > 0 || b.AfterHop != ""
}

// way draws the way to the server with an X where the packets died: on one line
// where that is wide enough, else a line for each stop.
func (p *page) way(first, rest string, r *diagnose.Result, b *diagnose.BlockedAt) {
	way := stops(r, b)
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
		words := "no further than here, or just behind"
		if last {
			words = "no further than here"
		}
		p.fill(rest+" "+p.look.render(bad, "X")+"  ", rest+"    ", span{bad, words})
	}
}

// blockedWords says where packets died, and no more than was seen: what drops
// them is the last device that answered, or what is just behind it.
func blockedWords(b *diagnose.BlockedAt) string {
	here := hopWords(b)
	atServer := b.HostDistance != nil && b.Distance >= *b.HostDistance
	switch b.Answer {
	case "reset":
		if atServer {
			return "A refusal comes back from as far away as the server itself (" + distanceWords(b) + ")."
		}
		return "A refusal comes back from " + here + ", or from just behind it" + behindWords(b) + "."
	case "icmp":
		from := "A device on the way"
		if b.ICMPFrom != "" {
			from = oneLine(string(b.ICMPFrom))
		}
		return from + " reports that it does not let this connection pass" + icmpWords(b) + "."
	}
	switch {
	case !located(b):
		return "No device on the way answered, so where the packets are lost is not known."
	case atServer:
		return "Packets come as far as the server (" + distanceWords(b) + "); it does not answer them."
	}
	return "Packets come as far as " + here + ". They are dropped there, or just behind it" + behindWords(b) + "."
}

// behindWords says what stands behind the last hop that answered.
func behindWords(b *diagnose.BlockedAt) string {
	switch {
	case b.HostDistance == nil:
		return ""
	case b.Distance == *b.HostDistance-1:
		return ": that may be the server itself"
	}
	return ", before the server"
}

// hopWords names the last hop that answered and how far it is.
func hopWords(b *diagnose.BlockedAt) string {
	far := distanceWords(b)
	if b.Distance == 1 {
		far += ", this side's own gateway"
	}
	if b.AfterHop == "" {
		return far
	}
	return fmt.Sprintf("%s (%s)", oneLine(string(b.AfterHop)), far)
}

func distanceWords(b *diagnose.BlockedAt) string {
	if b.HostDistance == nil {
		return fmt.Sprintf("hop %d", b.Distance)
	}
	return fmt.Sprintf("hop %d of %d", b.Distance, *b.HostDistance)
}

// icmpWords explains the message of a router.
func icmpWords(b *diagnose.BlockedAt) string {
	if b.ICMP == "" {
		return ""
	}
	return fmt.Sprintf(" (%s)", oneLine(string(b.ICMP)))
}
