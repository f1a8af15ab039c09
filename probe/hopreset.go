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
	var asks []hopAsk
	known := true
	for _, bound := range replyTTLs(first) {
		a := hopAsk{to: toDead, replyTTL: bound}
		if !w.fate(a).asked {
			asks = append(asks, a)
		}
		known = known && w.fate(a).settled()
	}
	if host, ok := w.hostDistance(); !known || !w.resetIsNear(first) || !ok || host != first || w.cfg.DeadIsControl {
		return asks
	}
	for _, a := range w.hostReplies(first) {
		if !w.fate(a).asked && w.opened+len(asks) < walkMostOpen {
			asks = append(asks, a)
		}
	}
	return asks
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
		if w.fate(hopAsk{to: toDead, replyTTL: bound}).what == echoReset {
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
	return len(asks) > 1 && w.fate(asks[1]).what == echoOpen && w.silent(hopAsk{to: toDead, replyTTL: asks[1].replyTTL})
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
