package probe

import "time"

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
