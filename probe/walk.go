package probe

import (
	"context"
	"net/netip"
)

// walkLater finds out, beside the other waits, where packets to a dead port
// end; refused says that it was answered. One port of a run is walked. A run over
// another network than this machine's own has no hops to ask.
func (r *run) walkLater(ctx context.Context, dead netip.AddrPort, refused bool) {
	if _, own := r.cfg.Dialer.(netDialer); !own || r.cfg.Quick || dead.Addr().IsLoopback() {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.walked {
		return
	}
	r.walked = true
	r.walks.Go(func() {
		walk, route := Locate(ctx, LocateConfig{
			Local: r.cfg.Bind, Dead: dead, Control: r.peer, RTT: r.roundTrip(),
			DeadIsControl: !r.peer.IsValid(), Refused: refused, Spend: r.spendForWalk(!r.peer.IsValid()),
		})
		r.rec.update(func() {
			r.rec.ev.Walks = append(r.rec.ev.Walks, walk)
			r.rec.ev.Route = route
		})
	})
}

// walkBehind is how many requests a walk to a dead control port sends behind the
// last hop that answers.
const walkBehind = 4

// spendForWalk bounds what a hop walk sends to a dead port.
func (r *run) spendForWalk(control bool) func(int) bool {
	left := deadSYNs
	if control {
		left = walkBehind
	}
	return func(n int) bool {
		if n > left || !r.budget.spendForWalk(n) {
			return false
		}
		left -= n
		return true
	}
}

// awaitWalks waits for what is still walking.
func (r *run) awaitWalks(ctx context.Context) {
	select {
	case <-done(&r.walks):
	case <-ctx.Done():
		r.walks.Wait() // it ends with the context
	}
}
