package probe

import (
	"net/netip"
	"time"
)

const (
	// walkLimit is the longest that a walk takes.
	walkLimit = 2 * time.Second
	// walkFarthest is the longest way that is walked.
	walkFarthest = 30
	// walkMostOpen bounds the connections to the control port.
	walkMostOpen = 5
	// walkPace is the pause before the next TTL where the last one was not answered
	// yet. Asking for all at once would make a router that refuses spend its ICMP
	// messages (Linux: six at once, then one a second) on the refusals.
	walkPace = 20 * time.Millisecond
	// walkResent is when the system repeats a request that was not answered (RFC
	// 6298): the second chance of a router that was at its limit.
	walkResent = time.Second
)

// walkInsist is when a silent port is asked again by requests that may go all the
// way: the device that refuses may be at its limit as well. The last is just
// before the repetitions, which would use up what the device may say.
var walkInsist = [...]time.Duration{300 * time.Millisecond, 600 * time.Millisecond, walkResent - 60*time.Millisecond}

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
	gone  bool       // to the repetition too
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
	w.echoes[a] = &hopEcho{asked: true, sent: now}
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
}

// tick takes down which requests have had their time.
func (w *hopwalk) tick(now time.Duration) {
	patience := w.patience()
	for _, e := range w.echoes {
		e.mute = e.mute || now >= e.sent+patience
		e.gone = e.gone || now >= e.sent+walkResent+patience
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

// next says what to ask now.
func (w *hopwalk) next(now time.Duration) []hopAsk {
	w.tick(now)
	var asks []hopAsk
	if !w.cfg.DeadIsControl {
		asks = append(asks, w.askRoute()...) // before the sweep, for the routers' sake: see walkPace
		asks = append(asks, w.askDistance()...)
	}
	asks = append(asks, w.sweep(now)...)
	asks = append(asks, w.insist(now)...)
	return append(asks, w.askReset()...)
}

// sweep walks towards the dead port.
func (w *hopwalk) sweep(now time.Duration) []hopAsk {
	ttl := 1
	for w.echo(toDead, ttl).asked {
		ttl++
	}
	if ttl > w.limit() {
		return nil
	}
	if last := w.echo(toDead, ttl-1); last.asked && last.what == echoNothing && now < last.sent+walkPace {
		return nil
	}
	return []hopAsk{{to: toDead, ttl: ttl}}
}

// insist asks again where nobody has answered so far.
func (w *hopwalk) insist(now time.Duration) []hopAsk {
	if w.firstAnswer() > 0 || w.late().what != echoNothing {
		return nil
	}
	var asks []hopAsk
	for i, at := range walkInsist {
		if a := insistent(i); now >= at && !w.fate(a).asked {
			asks = append(asks, a)
		}
	}
	return asks
}

func insistent(i int) hopAsk { return hopAsk{to: toDead, again: i + 1} }

// late is the answer to a request of insist.
func (w *hopwalk) late() hopEcho {
	for i := range walkInsist {
		if e := w.fate(insistent(i)); e.what > echoExpired {
			return e
		}
	}
	return hopEcho{}
}

// askRoute asks for the control port with each TTL that cannot reach it.
func (w *hopwalk) askRoute() []hopAsk {
	short := w.lastHop(walkFarthest + 1)
	if host, ok := w.hostDistance(); ok {
		short = host - 1
	}
	var asks []hopAsk
	for ttl := 1; ttl <= short; ttl++ {
		if !w.echo(toControl, ttl).asked {
			asks = append(asks, hopAsk{to: toControl, ttl: ttl})
		}
	}
	return asks
}

// askDistance searches for the distance of the host: first where the hops to the
// dead port suggest it, then by halves.
func (w *hopwalk) askDistance() []hopAsk {
	guess := w.guess()
	if _, ok := w.hostDistance(); ok || guess == 0 || w.opened >= walkMostOpen {
		return nil
	}
	short, reached := w.lastHop(walkFarthest+1), w.hostReached()
	if reached == 0 {
		reached = walkFarthest + 1
	}
	for ttl := short + 1; ttl < reached; ttl++ {
		if e := w.echo(toControl, ttl); e.asked && !e.mute {
			return nil // first its answer
		} else if e.asked {
			short = ttl // no host there at any rate
		}
	}
	ttl := guess
	if ttl <= short || ttl >= reached {
		ttl = (short + reached) / 2
	}
	if ttl <= short {
		return nil
	}
	return []hopAsk{{to: toControl, ttl: ttl}}
}

// guess is where the hops to the dead port suggest that the host is; 0: it is too
// early to say.
func (w *hopwalk) guess() int {
	guess := w.firstAnswer()
	if guess == 0 {
		guess = w.lastHop(walkFarthest+1) + 1
	}
	for ttl := 1; ttl <= min(guess, walkFarthest); ttl++ {
		if !w.echo(toDead, ttl).settled() {
			return 0
		}
	}
	return guess
}

// over tells whether nothing more can come. It is asked when next has nothing.
func (w *hopwalk) over(now time.Duration) bool {
	if now >= walkLimit {
		return true
	}
	limit := w.limit()
	if !w.echo(toDead, limit).asked {
		return false
	}
	host, known := w.hostDistance()
	for a, e := range w.echoes {
		switch {
		case a.to == toDead && a.ttl > limit, a.to == toControl && known && a.ttl > host:
		case (a.replyTTL > 0 || a.again > 0) && !w.silenceTells(a):
			if !e.settled() {
				return false
			}
		case !e.final():
			return false
		}
	}
	return true
}
