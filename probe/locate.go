package probe

import (
	"context"
	"net/netip"
	"time"

	"ftpdiag/probe/evidence"
	"ftpdiag/probe/ftp"
)

// LocateConfig says which port is dead and what is alive beside it.
type LocateConfig struct {
	Local   netip.Addr     // connect from this address; invalid: any
	Dead    netip.AddrPort // does not connect
	Control netip.AddrPort // connects: how far is the host?

	// DeadIsControl says that the dead port is the control port, so that nothing
	// is known to connect. Control is not used then.
	DeadIsControl bool

	// RTT is the round-trip time to the host, 0 where it is not known. It says how
	// long to wait for a hop that may be mute.
	RTT time.Duration

	// Refused says that somebody refused the dead port, so that silence now comes
	// of a device at the limit of its ICMP messages and is asked again.
	Refused bool

	// Spend is asked for each request that may reach the host on the dead port
	// (spend 1), and told of each that turned out not to (-1). Where it refuses the
	// request is not made. nil: as many as the walk wants: five at most where the
	// distance of the host is known.
	Spend func(requests int) (granted bool)
}

// Answers of a walk. A walk has none where the port connects after all.
const (
	AnswerSilence = "silence" // nobody answered but hops on the way
	AnswerReset   = "reset"   // a RST
	AnswerICMP    = "icmp"    // an ICMP message that refuses
)

// Locate finds out where packets to a dead port end, as an ordinary user. A
// connection request that may go n hops makes the n-th router say that it threw
// it away (ICMP time exceeded, RFC 792), and Linux hands that message to the
// socket that asked (IP_RECVERR in ip(7)). The last hop that answers for the dead
// port drops the packet, or is just before what drops it; a refusal names its
// sender (ICMP), or betrays how far it has come (RST).
//
// First it walks to the control port, hop by hop until that answers, so that no
// request to the dead port need go further than the walk must know: guards count
// those that arrive. The control port answers four requests at most, and each is
// taken back before the last packet of the handshake, so that the server's program
// never sees it.
//
// The walk takes two and a half seconds at most, and less where no answer is left to wait
// for; when ctx ends, it returns what it has. Nothing of it runs or is open
// afterwards.
//
// The route is the hops to the control port, nearest first. On systems without
// such an error queue, and where no packet can leave this machine,
// [Walk.Unavailable] says so.
func Locate(ctx context.Context, cfg LocateConfig) (walk evidence.Walk, route []evidence.Hop) {
	cfg.Dead = unmapped(cfg.Dead)
	cfg.Control = unmapped(cfg.Control)
	w := newHopwalk(cfg)
	if err := w.run(ctx); err != nil {
		return evidence.Walk{
			Endpoint:    evidence.Endpoint{AddrPort: cfg.Dead},
			Control:     cfg.DeadIsControl,
			Unavailable: ftp.Visible(err.Error()),
		}, nil
	}
	return w.walk(), w.hops(toControl)
}

func unmapped(ap netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port())
}

// walk judges what came back.
func (w *hopwalk) walk() evidence.Walk {
	walk := evidence.Walk{
		Endpoint: evidence.Endpoint{AddrPort: w.cfg.Dead},
		Control:  w.cfg.DeadIsControl,
		Hops:     w.hops(toDead),
		Answer:   AnswerSilence,
	}
	if d, ok := w.hostDistance(); ok {
		walk.HostDistance = &d
	}
	if first := w.firstAnswer(); first > 0 {
		w.judge(&walk, w.echo(toDead, first), first)
	} else {
		w.judge(&walk, w.late(), 0)
	}
	return walk
}

// judge takes an answer for the dead port into the walk. It came first for the
// TTL first; 0: only a request that could go all the way was answered.
func (w *hopwalk) judge(walk *evidence.Walk, e hopEcho, first int) {
	switch e.what {
	case echoOpen:
		walk.Answer = ""
	case echoReset:
		walk.Answer = AnswerReset
		if distance := w.resetFrom(first); distance > 0 {
			walk.AnswerFrom = &evidence.Hop{Distance: distance}
		}
	case echoRefused:
		walk.Answer = AnswerICMP
		walk.ICMP = evidence.Maybe(e.icmp)
		walk.AnswerFrom = &evidence.Hop{Distance: w.icmpFrom(first, e.from), IP: e.from.String()}
		if w.cfg.DeadIsControl && e.from == w.cfg.Dead.Addr() && first > 0 {
			walk.HostDistance = &first
		}
	}
}

// hops lists those that answered for a port, nearest first.
func (w *hopwalk) hops(to walkTarget) []evidence.Hop {
	hops := []evidence.Hop{}
	for ttl := 1; ttl <= walkFarthest; ttl++ {
		if e := w.echo(to, ttl); e.what == echoExpired {
			hops = append(hops, evidence.Hop{Distance: ttl, IP: e.from.String()})
		}
	}
	return hops
}

// icmpFrom is the distance of who sent a refusal that came first for the TTL
// first; 0 as in judge. A router that no expired packet has shown is somewhere
// behind the last one that did, and not the host.
func (w *hopwalk) icmpFrom(first int, from netip.Addr) int {
	host, known := w.hostDistance()
	if known && (first == 0 || first > host) {
		first = host
	}
	hop := w.hopOf(from)
	switch {
	case from == w.local:
		return 0
	case from == w.cfg.Dead.Addr() && first > 0:
		return first
	case hop > 0:
		return hop
	case first == 0:
		return w.lastExpired() + 1
	case first == 1 || w.echo(toDead, first-1).what == echoExpired && first != host:
		return first
	}
	return first - 1
}

// lastExpired is the distance of the last hop that answered for the dead port.
func (w *hopwalk) lastExpired() int {
	last := 0
	for _, h := range w.hops(toDead) {
		last = h.Distance
	}
	return last
}

// hopOf is the distance of the router with this address; 0: it is not known.
func (w *hopwalk) hopOf(addr netip.Addr) int {
	for _, to := range []walkTarget{toDead, toControl} {
		for _, h := range w.hops(to) {
			if h.IP == addr.String() {
				return h.Distance
			}
		}
	}
	return 0
}
