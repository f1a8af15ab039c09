package probe

import (
	"context"
	"net/netip"
	"slices"
	"sync"
	"time"

	"ftpdiag/probe/evidence"
)

// unlikelyPort is one where hardly anybody listens.
const unlikelyPort = 65530

// wellChosen are ports on both sides of the boundaries that firewalls have:
// 1024–5000 was the ephemeral range up to Windows Server 2003 (KB 196271),
// 49152–65535 is that since Windows Vista and RFC 6335's.
var wellChosen = []int{1024, 3000, 5000, 5001, 30000, 49151, 49152, 65535}

// maxPortProbes bounds the ports of a thorough run that nobody offered.
const maxPortProbes = 12

// probePorts dials ports that the server did not offer, after silence on all
// that it did: an answer, a RST too, means that the path is open there (rule 14).
func (r *run) probePorts(ctx context.Context) (probed bool) {
	attempts := r.rec.snapshot(evidence.Passive)
	if r.cfg.Quick || len(r.rec.ev.PassivePorts.Probes) > 0 || !onlySilence(attempts) {
		return false
	}
	r.rec.say("passive: looking for a boundary between open and blocked ports")
	if r.cfg.Thorough {
		r.probeAll(ctx, refine(r.probeAll(ctx, wellChosen)))
		return true
	}
	r.budget.spare() // a boundary elsewhere
	telling, confirming := tellingPorts(attempts)
	for _, p := range r.probeAll(ctx, r.afford(telling[:])) {
		if p.Kind == evidence.KindRefused || p.Kind == evidence.KindReset {
			confirming := confirming[p.Port]
			r.probeAll(ctx, r.afford(confirming[:]))
			break
		}
	}
	return true
}

// afford cuts a list of ports to what the budget has left for them.
func (r *run) afford(ports []int) []int {
	return ports[:max(0, min(len(ports), r.budget.leftSYNs()-r.reserve()+1))]
}

// tellingPorts are two ports that tell most beside the dead ones that were offered:
// on the other sides of the boundaries that firewalls have for a reason. Where one
// answers, two more confirm it: one further away from the boundary, and one at its
// other side.
func tellingPorts(attempts []evidence.Attempt) (telling [2]int, confirming map[int][2]int) {
	low, high := 65535, 0
	for _, a := range attempts {
		if a.Dialed.IsValid() {
			low, high = min(low, int(a.Dialed.Port())), max(high, int(a.Dialed.Port()))
		}
	}
	confirming = map[int][2]int{5000: {1024, 5001}, 30000: {1024, 49151}, 49152: {65535, 49151}}
	switch {
	case low >= 49152:
		return [2]int{5000, 30000}, confirming
	case high <= 5000:
		confirming[30000] = [2]int{65535, 5001}
		return [2]int{49152, 30000}, confirming
	}
	return [2]int{5000, 49152}, confirming
}

// onlySilence tells whether every offered port that was dialled stayed silent
// so far.
func onlySilence(attempts []evidence.Attempt) bool {
	silent := 0
	for _, a := range attempts {
		switch {
		case !a.Dialed.IsValid():
		case a.Connected == nil && (a.Failure == nil || a.Failure.Kind == evidence.KindTimedOut):
			silent++
		default:
			return false
		}
	}
	return silent > 0
}

// refine chooses ports between the neighbours of which one answered and the
// other did not.
func refine(probed []evidence.PortProbe) []int {
	for i := 1; i < len(probed); i++ {
		low, high := probed[i-1], probed[i]
		if (low.Kind == evidence.KindTimedOut) == (high.Kind == evidence.KindTimedOut) || high.Port-low.Port < 2 {
			continue
		}
		var ports []int
		step := max(1, (high.Port-low.Port)/5)
		for p := low.Port + step; p < high.Port && len(ports) < maxPortProbes-len(wellChosen); p += step {
			ports = append(ports, p)
		}
		return ports
	}
	return nil
}

// probeAll dials the ports at once and returns the answers in their order.
func (r *run) probeAll(ctx context.Context, ports []int) []evidence.PortProbe {
	probes := make([]evidence.PortProbe, len(ports))
	var all sync.WaitGroup
	for i, port := range ports {
		all.Go(func() { probes[i] = evidence.PortProbe{Port: port, Kind: r.dialPort(ctx, port)} })
	}
	all.Wait()
	if ctx.Err() != nil {
		return nil
	}
	r.rec.update(func() {
		p := &r.rec.ev.PassivePorts
		p.Probes = append(p.Probes, probes...)
		slices.SortFunc(p.Probes, func(a, b evidence.PortProbe) int { return a.Port - b.Port })
	})
	return probes
}

// probePort dials one port that nobody offered.
func (r *run) probePort(ctx context.Context, port int) {
	r.probeAll(ctx, []int{port})
}

func (r *run) dialPort(ctx context.Context, port int) evidence.Kind {
	wait := r.oneRequest()
	if r.cfg.Thorough {
		wait = max(time.Second, 4*r.roundTrip())
	}
	conn, err := r.dialCounted(ctx, netip.AddrPortFrom(r.peer.Addr(), uint16(port)), wait)
	if err != nil {
		return KindOf(err)
	}
	conn.Close()
	return ""
}

// sortPorts lists the offered ports that were dialled on the control host, by
// their answer.
func sortPorts(ev *evidence.Evidence) {
	p := &ev.PassivePorts
	for _, a := range ev.Attempts {
		if a.Mode != evidence.Passive || !a.Dialed.IsValid() || a.Purpose == evidence.PurposeForeign || a.Purpose == evidence.PurposePort21 || beside(a) {
			continue
		}
		port := int(a.Dialed.Port())
		switch {
		case a.Connected != nil:
			p.Works = append(p.Works, port)
		case a.Failure != nil && a.Outcome == evidence.OutcomeFails:
			p.Fails = append(p.Fails, port)
		default:
			continue
		}
		p.Sampled = append(p.Sampled, port)
	}
}
