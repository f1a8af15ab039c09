package probe

import (
	"slices"
	"time"
)

const (
	// walkLimit is the longest that a walk takes.
	walkLimit = 2500 * time.Millisecond
	// walkFarthest is the longest way that is walked.
	walkFarthest = 30
	// walkMostOpen bounds the requests that the control port answers.
	walkMostOpen = 4
	// walkPace is the pause before the next TTL where the last one was not answered
	// yet. Asking for all at once would make a router that refuses spend its ICMP
	// messages (Linux: six at once, then one a second) on the refusals.
	walkPace = 20 * time.Millisecond
	// walkResent is when the system repeats a request that was not answered (RFC
	// 6298): the second chance of a router that was at its limit.
	walkResent = time.Second
	// walkOnce is how long a request lives that is not to be repeated.
	walkOnce = walkResent - 60*time.Millisecond
)

// walkInsist is when a port that was refused, and is silent now, is asked again by
// requests that may go all the way: the device that refuses may be at its limit
// (Linux: one ICMP message a second). The last is just before the repetitions of the
// others, which would use up what it may say.
var walkInsist = [...]time.Duration{300 * time.Millisecond, 600 * time.Millisecond, walkOnce}

// next says what to ask now.
func (w *hopwalk) next(now time.Duration) []hopAsk {
	w.tick(now)
	if now >= walkLimit {
		return nil
	}
	asks := w.askRoute()
	asks = append(asks, w.sweep(now)...)
	asks = append(asks, w.insist(now)...)
	asks = append(asks, w.askReset()...)
	return slices.DeleteFunc(asks, func(a hopAsk) bool { return !w.afford(a, now) })
}

// reaches tells whether a request for the dead port may come as far as the host, or
// as the router just before it, which may have the host's address and answer for it.
func (w *hopwalk) reaches(a hopAsk) bool {
	host, known := w.hostDistance()
	return a.to == toDead && (a.ttl == 0 || !known || a.ttl >= host-1)
}

// afford takes down a request that is not to be made as one that brought nothing.
func (w *hopwalk) afford(a hopAsk, now time.Duration) bool {
	if !w.reaches(a) || w.cfg.Spend == nil || w.cfg.Spend(1) {
		return true
	}
	w.echoes[a] = &hopEcho{asked: true, sent: now, mute: true, gone: true}
	return false
}

// spent tells whether a request has had its time: one that may reach the host is
// taken back before the system repeats it, since a repetition counts as another.
func (w *hopwalk) spent(a hopAsk, now time.Duration) bool {
	return now >= w.fate(a).sent+walkOnce && w.reaches(a)
}

// sweep walks towards the dead port, once it is known how far the host is.
func (w *hopwalk) sweep(now time.Duration) []hopAsk {
	if !w.cfg.DeadIsControl && !w.routeKnown() {
		return nil
	}
	ttl := 1
	for w.echo(toDead, ttl).asked {
		ttl++
	}
	if ttl > w.limit() {
		return nil
	}
	last := w.echo(toDead, ttl-1)
	wait := walkPace
	if w.cfg.DeadIsControl && w.cfg.Spend != nil {
		wait = w.patience() // how far the host is nobody knows: each may be one too many
	}
	if last.asked && last.what == echoNothing && now < last.sent+wait {
		return nil
	}
	return []hopAsk{{to: toDead, ttl: ttl}}
}

// insist asks again where nobody has answered so far.
func (w *hopwalk) insist(now time.Duration) []hopAsk {
	last := w.echo(toDead, w.limit())
	if !w.cfg.Refused || w.firstAnswer() > 0 || w.late().what != echoNothing || !last.asked {
		return nil
	}
	var asks []hopAsk
	for i, at := range walkInsist {
		if a := insistent(i); now >= max(at, last.sent+w.patience()) && !w.fate(a).asked {
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

// walkAhead is how many requests to the control port may wait for an answer: each
// that goes further than the host is one that the port answers in vain.
const walkAhead = 2

// askRoute walks to the control port until it answers.
func (w *hopwalk) askRoute() []hopAsk {
	if w.cfg.DeadIsControl || w.routeKnown() {
		return nil
	}
	ttl := 1
	for w.echo(toControl, ttl).asked {
		ttl++
	}
	if before := ttl - walkAhead; before > 0 && !w.echo(toControl, before).settled() || ttl > walkFarthest {
		return nil
	}
	return []hopAsk{{to: toControl, ttl: ttl}}
}

// routeKnown tells whether the walk to the control port has come to its end.
func (w *hopwalk) routeKnown() bool {
	reached := w.hostReached()
	return reached > 0 && (reached == 1 || w.echo(toControl, reached-1).settled()) || w.echo(toControl, walkFarthest).settled()
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
