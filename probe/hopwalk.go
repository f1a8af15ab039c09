package probe

import (
	"net/netip"
	"time"
)

// walkTarget is where a request of a walk goes.
type walkTarget int

const (
	toDead walkTarget = iota
	toControl
)

// hopAsk is one connection request of a walk.
type hopAsk struct {
	to  walkTarget
	ttl int // hops that it may go; 0: the system's number
	// replyTTL is how many hops an answer must have left (RFC 5082), which tells
	// how far it has come; 0: any answer will do.
	replyTTL int
	again    int // distinguishes requests that are otherwise the same
}

// hopOutcome is what came back.
type hopOutcome int

const (
	echoNothing hopOutcome = iota
	echoExpired            // ICMP time exceeded
	echoRefused            // another ICMP message
	echoReset              // a RST
	echoOpen               // a SYN-ACK
)

// hopEcho is the fate of a request.
type hopEcho struct {
	asked bool
	sent  time.Duration // since the start of the walk
	what  hopOutcome
	from  netip.Addr // the sender of an ICMP message
	icmp  string     // what it says
	mute  bool       // an answer would have come by now
	gone  bool       // to the repetition too, or there is none
	spent bool       // the request was taken for one that may reach the host
}

// settled tells whether the request was asked, and waiting on is no use for the
// moment.
func (e hopEcho) settled() bool { return e.what != echoNothing || e.mute }

// final is settled where the repetition has had its time as well.
func (e hopEcho) final() bool { return e.what != echoNothing || e.gone }

// hopwalk is the plan and the record of a walk. It knows neither socket nor
// clock: next says what to ask, heard takes down what came back.
type hopwalk struct {
	cfg    LocateConfig
	local  netip.Addr // this end
	echoes map[hopAsk]*hopEcho
	rtt    time.Duration // the longest wait that was answered
	opened int           // connections to the control port
}

func newHopwalk(cfg LocateConfig) *hopwalk {
	return &hopwalk{cfg: cfg, local: cfg.Local.Unmap(), echoes: map[hopAsk]*hopEcho{}, rtt: cfg.RTT}
}

// sent takes down that a was asked.
func (w *hopwalk) sent(a hopAsk, now time.Duration) {
	w.echoes[a] = &hopEcho{asked: true, sent: now, spent: w.reaches(a)}
}

// heard takes down the first answer to a.
func (w *hopwalk) heard(a hopAsk, now time.Duration, answer hopEcho) {
	e := w.echoes[a]
	if e.what != echoNothing {
		return
	}
	e.what, e.from, e.icmp = answer.what, answer.from.Unmap().WithZone(""), answer.icmp
	if wait := now - e.sent; wait < walkResent { // a later one answers the repetition
		w.rtt = max(w.rtt, wait)
	}
	if a.to == toControl && e.what == echoOpen {
		w.opened++
	}
	own := e.from == w.cfg.Dead.Addr() // it arrived, at the router that has the host's address
	if a.to == toDead && e.what == echoExpired && w.cfg.Spend != nil && e.spent && !own {
		w.cfg.Spend(-1)
	}
}

// tick takes down which requests have had their time.
func (w *hopwalk) tick(now time.Duration) {
	patience := w.patience()
	for a, e := range w.echoes {
		e.mute = e.mute || now >= e.sent+patience
		e.gone = e.gone || now >= e.sent+walkResent+patience || w.spent(a, now)
	}
}

// patience is how long an answer may reasonably take.
func (w *hopwalk) patience() time.Duration {
	rtt := w.rtt
	if w.cfg.RTT == 0 && w.hostReached() == 0 {
		rtt = max(rtt, 100*time.Millisecond) // the near hops say nothing of the far ones
	}
	return min(max(rtt+rtt/2+walkPace, 30*time.Millisecond), 500*time.Millisecond)
}

// fate is what became of a request, asked or not.
func (w *hopwalk) fate(a hopAsk) hopEcho {
	if e := w.echoes[a]; e != nil {
		return *e
	}
	return hopEcho{}
}

// echo is the fate of the request that may go ttl hops.
func (w *hopwalk) echo(to walkTarget, ttl int) hopEcho { return w.fate(hopAsk{to: to, ttl: ttl}) }

// firstAnswer is the smallest TTL for which anything came from the dead port but
// that the packet expired; 0: none yet.
func (w *hopwalk) firstAnswer() int {
	for ttl := 1; ttl <= walkFarthest; ttl++ {
		if w.echo(toDead, ttl).what > echoExpired {
			return ttl
		}
	}
	return 0
}

// lastHop is the greatest TTL below limit with which a packet expired on the
// way; 0: none did.
func (w *hopwalk) lastHop(limit int) int {
	for ttl := limit - 1; ttl > 0; ttl-- {
		if w.echo(toDead, ttl).what == echoExpired || w.echo(toControl, ttl).what == echoExpired {
			return ttl
		}
	}
	return 0
}

// hostReached is the smallest TTL that was seen to reach the control port; 0:
// none yet.
func (w *hopwalk) hostReached() int {
	for ttl := 1; ttl <= walkFarthest; ttl++ {
		if what := w.echo(toControl, ttl).what; what == echoOpen || what == echoReset {
			return ttl
		}
	}
	return 0
}

// hostDistance is the distance of the host, if it is known: a packet that may go
// one hop less does not reach it.
func (w *hopwalk) hostDistance() (hops int, ok bool) {
	reached := w.hostReached()
	if reached < 2 {
		return reached, reached == 1
	}
	return reached, w.lastHop(reached) == reached-1 || w.echo(toControl, reached-1).mute
}

// limit is the greatest TTL that can still teach something about the dead port.
func (w *hopwalk) limit() int {
	limit := walkFarthest
	if host, ok := w.hostDistance(); ok {
		limit = host
	}
	if first := w.firstAnswer(); first > 0 {
		limit = min(limit, first)
	}
	return limit
}
