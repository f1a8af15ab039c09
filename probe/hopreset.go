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
func (w *hopwalk) resetIsForeign(first int) bool {
	asks := w.hostReplies(first)
	if w.fate(asks[0]).gone && w.fate(asks[0]).what == echoNothing {
		return true
	}
	return len(asks) > 1 && w.fate(asks[1]).what == echoOpen
}

// silenceTells tells whether silence on a must be heard to its end, since it is
// an answer.
func (w *hopwalk) silenceTells(a hopAsk) bool {
	first := w.firstAnswer()
	return a.to == toControl && w.resetIsNear(first) && a == w.hostReplies(first)[0]
}

// resetFrom is the distance of who sent the RST that came first for the TTL
// first. A host answers at its distance, and so does a router for an address of
// its own.
func (w *hopwalk) resetFrom(first int) int {
	host, known := w.hostDistance()
	switch {
	case known && host < first: // its RST to a shorter-lived request was lost
		return host
	case first == 1 || !w.resetIsNear(first):
		return first
	case known && host == first && !w.resetIsForeign(first): // only the way back is shorter
		return first
	}
	return first - 1
}
