package probe

import (
	"context"
	"net/netip"
	"time"
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
// The walk takes two seconds at most, and less where no answer is left to wait
// for; when ctx ends, it returns what it has. It makes at most five connections
// to the control port, and takes each back before the last packet of the
// handshake, so that the server's program never sees it. Nothing of it runs or is
// open afterwards.
//
// The route is the hops to the control port, nearest first. On systems without
// such an error queue, and where no packet can leave this machine,
// [Walk.Unavailable] says so.
func Locate(ctx context.Context, cfg LocateConfig) (walk Walk, route []Hop) {
	cfg.Dead = unmapped(cfg.Dead)
	cfg.Control = unmapped(cfg.Control)
	w := newHopwalk(cfg)
	if err := w.run(ctx); err != nil {
		return Walk{
			Endpoint:    Endpoint{cfg.Dead},
			Control:     cfg.DeadIsControl,
			Unavailable: Visible(err.Error()),
		}, nil
	}
	return w.walk(), w.hops(toControl)
}

func unmapped(ap netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port())
}

// walk judges what came back.
func (w *hopwalk) walk() Walk {
	walk := Walk{
		Endpoint: Endpoint{w.cfg.Dead},
		Control:  w.cfg.DeadIsControl,
		Hops:     w.hops(toDead),
		Answer:   AnswerSilence,
	}
	if d, ok := w.hostDistance(); ok {
		walk.HostDistance = &d
	}
	first := w.firstAnswer()
	if first == 0 {
		return walk
	}
	switch e := w.echo(toDead, first); e.what {
	case echoOpen:
		walk.Answer = ""
	case echoReset:
		walk.Answer = AnswerReset
		walk.AnswerFrom = &Hop{Distance: w.resetFrom(first)}
	case echoRefused:
		walk.Answer = AnswerICMP
		walk.ICMP = Maybe(e.icmp)
		walk.AnswerFrom = &Hop{Distance: w.icmpFrom(first, e.from), IP: e.from.String()}
		if w.cfg.DeadIsControl && e.from == w.cfg.Dead.Addr() {
			walk.HostDistance = &first
		}
	}
	return walk
}

// hops lists those that answered for a port, nearest first.
func (w *hopwalk) hops(to walkTarget) []Hop {
	hops := []Hop{}
	for ttl := 1; ttl <= walkFarthest; ttl++ {
		if e := w.echo(to, ttl); e.what == echoExpired {
			hops = append(hops, Hop{Distance: ttl, IP: e.from.String()})
		}
	}
	return hops
}

// icmpFrom is the distance of who sent the refusal that first came for this TTL.
func (w *hopwalk) icmpFrom(first int, from netip.Addr) int {
	if from == w.local {
		return 0
	}
	if from == w.cfg.Dead.Addr() {
		return first
	}
	for _, to := range []walkTarget{toDead, toControl} {
		for _, h := range w.hops(to) {
			if h.IP == from.String() {
				return h.Distance
			}
		}
	}
	if first == 1 {
		return 1
	}
	host, ok := w.hostDistance()
	if w.echo(toDead, first-1).what == echoExpired && !(ok && first >= host) {
		return first
	}
	return first - 1
}
