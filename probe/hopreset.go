package probe

// A RST does not say who sent it, and a router that refuses what it should
// forward does so only after it has found that the packet may go one hop more: so
// it answers first for the same TTL as the host behind it. What tells them apart
// is how far the RST has come. A socket can refuse to hear answers that have fewer
// hops left than it likes (RFC 5082; IP_MINTTL in ip(7)).

// replyTTLs are the bounds that tell from how far a RST has come, where it came
// first for the TTL first. Systems let a packet go 64, 128 or 255 hops, and each
// router on the way back takes one. A RST that passes the first, third or fifth
// bound and not the next has come first-1 hops or fewer.
func replyTTLs(first int) [5]int {
	return [5]int{64 - (first - 2), 64 + 1, 128 - (first - 2), 128 + 1, 255 - (first - 2)}
}

// askReset asks from how far a RST has come.
func (w *hopwalk) askReset() []hopAsk {
	first := w.firstAnswer()
	if first < 2 || w.echo(toDead, first).what != echoReset {
		return nil
	}
	for ttl := 1; ttl < first; ttl++ {
		if !w.echo(toDead, ttl).settled() {
			return nil
		}
	}
	if a, more := w.nextBound(first); more {
		if w.fate(a).asked {
			return nil
		}
		return []hopAsk{a}
	}
	if host, ok := w.hostDistance(); !w.resetIsNear(first) || !ok || host != first || w.cfg.DeadIsControl {
		return nil
	}
	var asks []hopAsk
	for _, a := range w.hostReplies(first) {
		if !w.fate(a).asked && w.opened+len(asks) < walkMostOpen {
			asks = append(asks, a)
		}
	}
	if a, ok := w.doubted(first); ok && !w.fate(a).asked {
		asks = append(asks, a)
	}
	return asks
}

// doubted is the bound whose silence would blame somebody on the way, to be asked
// once more: packets get lost.
func (w *hopwalk) doubted(first int) (a hopAsk, ok bool) {
	bounds := replyTTLs(first)
	above := w.passed(first) + 1
	if above == 0 || above == len(bounds) {
		return hopAsk{}, false
	}
	return again(hopAsk{to: toDead, replyTTL: bounds[above]}), w.resetIsNear(first)
}

// again is the same request once more.
func again(a hopAsk) hopAsk {
	a.again = 1
	return a
}

// passes tells whether the RST passed the bound, at the first or the second time.
func (w *hopwalk) passes(bound int) bool {
	a := hopAsk{to: toDead, replyTTL: bound}
	return w.fate(a).what == echoReset || w.fate(again(a)).what == echoReset
}

// nextBound searches for the highest bound that the RST passes, by halves: three
// requests at most, each of which the refusing side may count. more is false where
// it is found.
func (w *hopwalk) nextBound(first int) (a hopAsk, more bool) {
	bounds := replyTTLs(first)
	low, high := 0, len(bounds) // the first that it does not pass lies within [low, high]
	for low < high {
		middle := (low + high) / 2
		if middle%2 == 0 { // 64+1 and 128+1 tell which system it is
			middle = max(middle-1, low)
		}
		a := hopAsk{to: toDead, replyTTL: bounds[middle]}
		e := w.fate(a)
		switch {
		case !e.asked || !e.settled():
			return a, true
		case w.passes(bounds[middle]):
			low = middle + 1
		default:
			high = middle
		}
	}
	return hopAsk{}, false
}

// hostReplies are requests to the control port with the highest bound that the
// RST passed, and with the next one if there is one: do the host's own answers
// pass the same ones?
func (w *hopwalk) hostReplies(first int) []hopAsk {
	bounds := replyTTLs(first)
	passed := w.passed(first)
	asks := []hopAsk{{to: toControl, replyTTL: bounds[passed]}}
	if passed+1 < len(bounds) {
		asks = append(asks, hopAsk{to: toControl, replyTTL: bounds[passed+1]})
	}
	return asks
}

// passed is the highest bound that the RST passed; -1: none.
func (w *hopwalk) passed(first int) int {
	highest := -1
	for i, bound := range replyTTLs(first) {
		if w.passes(bound) {
			highest = i
		}
	}
	return highest
}

// resetIsNear tells whether the RST has come fewer hops than the request went
// that it answers.
func (w *hopwalk) resetIsNear(first int) bool {
	passed := w.passed(first)
	return passed >= 0 && passed%2 == 0
}

// resetIsForeign tells whether the host's own answers come from elsewhere than
// the RST: they do not pass a bound that it passed, or pass one that it did not.
// Silence must have lasted for that: packets get lost.
func (w *hopwalk) resetIsForeign(first int) bool {
	asks := w.hostReplies(first)
	if w.silent(asks[0]) {
		return true
	}
	return len(asks) > 1 && w.fate(asks[1]).what == echoOpen && w.silent(again(hopAsk{to: toDead, replyTTL: asks[1].replyTTL}))
}

// silent tells whether a and its repetition brought nothing.
func (w *hopwalk) silent(a hopAsk) bool {
	e := w.fate(a)
	return e.gone && e.what == echoNothing
}

// silenceTells tells whether resetIsForeign needs to know that a brings nothing.
func (w *hopwalk) silenceTells(a hopAsk) bool {
	first := w.firstAnswer()
	if !w.resetIsNear(first) {
		return false
	}
	asks := w.hostReplies(first)
	if a.to == toControl {
		return a == asks[0]
	}
	return len(asks) > 1 && w.fate(asks[1]).what == echoOpen && a.replyTTL == asks[1].replyTTL
}

// resetFrom is the distance of who sent a RST that came first for the TTL first;
// 0 in and out: not known. A host answers at its distance, and so does a router
// for an address of its own.
func (w *hopwalk) resetFrom(first int) int {
	host, known := w.hostDistance()
	switch {
	case known && (first == 0 || host < first): // what the other requests brought was lost
		return host
	case first < 2 || !w.resetIsNear(first):
		return first
	case known && host == first && !w.resetIsForeign(first): // only the way back is shorter
		return first
	}
	return first - 1
}
