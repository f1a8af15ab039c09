package report

import (
	"fmt"

	"ftpdiag/probe/diagnose"
	"ftpdiag/probe/evidence"
)

// unknown is a distance that is not known.
const unknown = -1

// ending is where the packets of a dead connection ended, as far as was seen.
type ending struct {
	answer   string // silence, reset, icmp
	distance int    // in hops, of the device that answered last; 0 is this computer
	name     string // its address; empty: not known
	server   int    // distance of the server
	refuses  bool   // that device sent the refusal; else it is only the last that was seen
	icmp     string // what an ICMP message said
}

// endingOf brings together what the finding says and what its hop walk saw: who
// sent a refusal stands only in the walk.
func endingOf(r *diagnose.Result, b *diagnose.BlockedAt) *ending {
	e := &ending{
		answer: b.Answer, distance: b.Distance, name: oneLine(string(b.AfterHop)),
		server: unknown, icmp: oneLine(string(b.ICMP)),
	}
	if b.HostDistance != nil && *b.HostDistance > 0 {
		e.server = *b.HostDistance
	}
	if w := walkOf(r, b); w != nil && w.AnswerFrom != nil {
		e.refuses, e.distance, e.name = true, w.AnswerFrom.Distance, oneLine(w.AnswerFrom.IP)
	} else if b.ICMPFrom != "" {
		e.refuses, e.distance, e.name = true, unknown, oneLine(string(b.ICMPFrom))
	}
	for _, h := range r.Route {
		switch {
		case e.name == "" && h.Distance == e.distance:
			e.name = oneLine(h.IP)
		case e.name == oneLine(h.IP) && e.distance == unknown:
			e.distance = h.Distance
		}
	}
	return e
}

// walkOf is the walk that b was made from; nil: there is none.
func walkOf(r *diagnose.Result, b *diagnose.BlockedAt) *evidence.Walk {
	for i, w := range r.Walks {
		last := evidence.Hop{}
		for _, h := range w.Hops {
			if h.Distance > last.Distance {
				last = h
			}
		}
		if w.Answer == b.Answer && w.ICMP == b.ICMP && last.Distance == b.Distance && last.IP == string(b.AfterHop) {
			return &r.Walks[i]
		}
	}
	return nil
}

// drawable tells whether there is a place at which to draw the end.
func (e *ending) drawable() bool {
	return e.distance > 0 || e.distance == 0 && e.refuses
}

// words say where the packets ended, and no more than was seen: what drops them
// is the last device that answered, or what is just behind it.
func (e *ending) words() string {
	switch {
	case e.answer == "icmp":
		return e.device("A device on the way") + " reports that it does not let the connection pass" + e.said() + "."
	case e.answer == "reset" && !e.refuses && e.distance <= 0:
		return "A refusal comes back; from where is not known."
	case e.answer == "reset" && !e.refuses:
		return "A refusal comes back from behind " + e.device("") + "."
	case e.answer == "reset" && e.distance == 0:
		return "This computer itself refuses the connection."
	case e.answer == "reset" && e.atServer():
		return "The refusal comes from as far away as the server itself (" + e.hop() + ")."
	case e.answer == "reset":
		return "The refusal comes from " + e.device("a device on the way") + e.before() + "."
	case e.distance <= 0:
		return "No device on the way answered, so where the packets are lost is not known."
	case e.atServer():
		return "Packets come as far as the server (" + e.hop() + "); it does not answer them."
	case e.distance == e.server-1:
		return "Packets come as far as " + e.device("") + ". They are dropped there, or just behind it: that may be the server itself."
	}
	return "Packets come as far as " + e.device("") + ". They are dropped there, or just behind it" + e.before() + "."
}

// device names the device that answered last, or else is the words given.
func (e *ending) device(otherwise string) string {
	switch {
	case e.distance > 0 && e.name != "":
		return e.name + " (" + e.hop() + ")"
	case e.distance > 0:
		return e.hop()
	case e.distance == 0 && e.refuses:
		return "This computer itself"
	case e.name != "":
		return e.name
	}
	return otherwise
}

// hop says how far the device is.
func (e *ending) hop() string {
	words := fmt.Sprintf("hop %d", e.distance)
	if e.server != unknown {
		words += fmt.Sprintf(" of %d", e.server)
	}
	if e.distance == 1 && e.server >= 3 { // a single router may be the server's
		words += ", this side's own gateway"
	}
	return words
}

func (e *ending) atServer() bool { return e.server != unknown && e.distance >= e.server }

// before says that the server stands further away.
func (e *ending) before() string {
	if e.server == unknown || e.atServer() {
		return ""
	}
	return ", before the server"
}

// said quotes the ICMP message.
func (e *ending) said() string {
	if e.icmp == "" {
		return ""
	}
	return " (" + e.icmp + ")"
}
