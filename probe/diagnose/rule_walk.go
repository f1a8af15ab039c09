package diagnose

import (
	"fmt"

	"ftpdiag/probe"
	"ftpdiag/probe/evidence"
)

// side of the path at which packets die, as far as a hop walk tells.
type side int

const (
	sideUnknown side = iota
	sideHere         // this machine
	sideClient       // the client's network
	sideMiddle       // between the two networks
	sideServer       // the last gateway, or the server behind it
	sideHost         // the server's host itself
)

// death is where packets to one port die.
type death struct {
	side side
	at   *BlockedAt
	// router says that what answered is a router that owns the address which we
	// dialled: the server is behind its NAT.
	router bool
	line   string // for the evidence
}

// deathOf is what the walks know about the ports of the attempts.
func (v *view) deathOf(tries []*try) death {
	for _, t := range tries {
		for i := range v.ev.Walks {
			if w := &v.ev.Walks[i]; !w.Control && w.Answer != "" && w.Endpoint == t.Dialed {
				return v.readWalk(w)
			}
		}
	}
	return death{}
}

// controlDeath is what a walk knows about the dead control port.
func (v *view) controlDeath() death {
	for i := range v.ev.Walks {
		if w := &v.ev.Walks[i]; w.Control && w.Answer != "" {
			return v.readWalk(w)
		}
	}
	return death{}
}

func (v *view) readWalk(w *evidence.Walk) death {
	at := &BlockedAt{HostDistance: w.HostDistance, Answer: w.Answer, ICMP: w.ICMP}
	for _, h := range w.Hops {
		if h.Distance > at.Distance {
			at.Distance, at.AfterHop = h.Distance, evidence.Maybe(h.IP)
		}
	}
	d := death{at: at}
	far, exact := v.hostDistance(w)
	if w.Answer == probe.AnswerSilence {
		d.side = v.sideOfSilence(at.Distance, far)
		if v.hopOwns(&evidence.Hop{Distance: at.Distance + 1}, w.Endpoint) {
			// The next hop has the address that was dialled: the server's own
			// router, which keeps for itself what it does not forward.
			d.side = sideServer
		}
		d.line = silenceLine(w, at, far)
		return d
	}
	if w.AnswerFrom == nil {
		return d
	}
	at.ICMPFrom = evidence.Maybe(w.AnswerFrom.IP)
	d.side = v.sideOfAnswer(w.AnswerFrom.Distance, far, exact)
	d.router = d.side != sideHost && v.hopOwns(w.AnswerFrom, w.Endpoint)
	d.line = answerLine(w, far, exact)
	return d
}

// hostDistance is the distance of the host; where the walk does not know it, the
// hops to a control port that answers say how far it is at least. 0 is not known.
func (v *view) hostDistance(w *evidence.Walk) (hops int, exact bool) {
	if w.HostDistance != nil {
		return *w.HostDistance, true
	}
	if w.Control {
		return 0, false
	}
	for _, h := range v.ev.Route {
		hops = max(hops, h.Distance+1)
	}
	return hops, false
}

// sideOfSilence: packets got as far as the last hop that answered, and died
// there or just behind it.
func (v *view) sideOfSilence(last, far int) side {
	switch {
	case far == 0 && last == 0:
		return sideUnknown
	case far == 0 && last == 1:
		return sideClient
	case far == 0:
		return sideServer
	case last >= far-1:
		if last == 0 {
			return sideHost // on our own network, nothing lies between
		}
		return sideServer
	case last == 0 && v.hopAnswers(1):
		return sideHere // the nearest hop answers for the control port, and not for this one
	case last == 0:
		return sideUnknown
	case last == 1 && far >= 3:
		return sideClient
	}
	return sideMiddle
}

// sideOfAnswer: a RST or an ICMP message came from this far.
func (v *view) sideOfAnswer(from, far int, exact bool) side {
	switch {
	case from == 0:
		return sideHere
	case exact && from >= far:
		return sideHost
	case from == 1:
		return sideClient // the nearest hop is this machine's own gateway
	case from >= far-1:
		return sideServer
	}
	return sideMiddle
}

func (v *view) hopAnswers(distance int) bool {
	for _, h := range v.ev.Route {
		if h.Distance == distance {
			return true
		}
	}
	return false
}

// hopOwns tells whether the hop that answered has the address that was dialled.
func (v *view) hopOwns(from *evidence.Hop, to evidence.Endpoint) bool {
	if from.IP != "" {
		return parseAddr(from.IP) == to.Addr().Unmap()
	}
	for _, h := range v.ev.Route {
		if h.Distance == from.Distance {
			return parseAddr(h.IP) == to.Addr().Unmap()
		}
	}
	return false
}

// of says how far a hop is on the way.
func of(distance, far int) string {
	if far < distance {
		return fmt.Sprintf("hop %d", distance)
	}
	return fmt.Sprintf("hop %d of %d", distance, far)
}

// silenceLine claims no more than was seen.
func silenceLine(w *evidence.Walk, at *BlockedAt, far int) string {
	if at.Distance == 0 {
		return fmt.Sprintf("packets to %s: no hop on the way answered for them", w.Endpoint)
	}
	return fmt.Sprintf("packets to %s: dropped at %s (%s) or just behind it", w.Endpoint, at.AfterHop, of(at.Distance, far))
}

func answerLine(w *evidence.Walk, far int, exact bool) string {
	how := "reset"
	if w.Answer == probe.AnswerICMP {
		how = "refused by ICMP"
		if w.ICMP != "" {
			how += " " + string(w.ICMP)
		}
	}
	from := w.AnswerFrom
	if exact && from.Distance >= far {
		return fmt.Sprintf("packets to %s: %s by the host itself (hop %d)", w.Endpoint, how, far)
	}
	if from.IP == "" {
		return fmt.Sprintf("packets to %s: %s at %s", w.Endpoint, how, of(from.Distance, far))
	}
	return fmt.Sprintf("packets to %s: %s at %s (%s)", w.Endpoint, how, from.IP, of(from.Distance, far))
}

// actors are those who must act, by where packets die; nil: not known.
func (d death) actors() []Who {
	switch d.side {
	case sideHere:
		return []Who{ClientUser, ClientNetwork}
	case sideClient:
		return []Who{ClientNetwork, ClientUser}
	case sideMiddle:
		return []Who{ISP, ServerNetwork, ClientNetwork}
	case sideServer:
		return []Who{ServerNetwork, ServerAdmin}
	case sideHost:
		return []Who{ServerAdmin, ServerNetwork}
	}
	return nil
}
