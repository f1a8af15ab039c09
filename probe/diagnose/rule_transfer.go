package diagnose

import (
	"fmt"
	"slices"
	"time"

	"ftpdiag/probe/evidence"
)

// transferRules are about a data connection that is there, in either mode.
var transferRules = []rule{blackHole, stall, aborted, controlSilence, controlEnd, completionMissing}

// serverRules take the words of refusals that mean the same in both modes. They
// come first.
var serverRules = []rule{serverSaid}

// serverSaid names what the server says outright, once for both modes.
func serverSaid(v *view) []hit {
	var hits []hit
	for _, code := range []Code{DataTLSRequired, ControlIdle421, GreetingServerError, TransferStallTimeout} {
		says := func(t *try) bool { return t.says == code && !t.waitedInVain() }
		hits = append(hits, v.perMode(says, func(h hit) hit {
			h.code, h.evidence, h.pair = code, quotes(h.tries), len(h.tries) > 1
			if code == DataTLSRequired {
				h.tls = v.encrypted()
			}
			return h
		})...)
	}
	return hits
}

// waitedInVain tells a farewell that a server says when the data connection for
// which it waited has not come: its patience is for that, not for commands.
func (t *try) waitedInVain() bool {
	return t.says == ControlIdle421 && t.at(evidence.OpDataAccept, evidence.OpTransfer) && waited(t).Duration() >= atOnce
}

// perMode makes a hit of the unexplained failures that fit: one for both modes
// where each mode that was tried has some, else one for the mode that has.
func (v *view) perMode(fits func(*try) bool, complete func(hit) hit) []hit {
	passive := only(v.unexplained(evidence.Passive), fits)
	active := only(v.unexplained(evidence.Active), fits)
	switch {
	case len(passive) == 0 && len(active) == 0:
		return nil
	case len(passive) > 0 && len(active) > 0:
		return one(complete(hit{weight: decides, tries: append(passive, active...)}))
	case len(passive) > 0:
		return one(complete(hit{weight: decides, tries: passive, mode: evidence.Passive}))
	}
	return one(complete(hit{weight: decides, tries: active, mode: evidence.Active}))
}

// stalls tells a data connection that is there and marked, and on which nothing
// more comes.
func (t *try) stalls() bool {
	return t.effect == failed && t.at(evidence.OpTransfer) && t.by(evidence.KindTimedOut) &&
		(t.Mark != nil || t.AcceptedFrom.IsValid())
}

// fillsPacket: to carry more bytes than this takes packets as large as common
// paths carry.
const fillsPacket = 1400

// blackHole: small transfers pass, and of a larger one not a byte arrives
// although it was marked: packets above some size are lost, and the ICMP that
// would say so is too. It has nothing to do with the mode.
func blackHole(v *view) []hit {
	tries := only(v.tries, func(t *try) bool { return !t.explained && ordinary(t) && t.stalls() && t.Bytes == 0 && t.Mark != nil })
	small := only(v.tries, func(t *try) bool {
		return t.effect == worked && ordinary(t) && t.Bytes > 0 && t.Bytes <= fillsPacket
	})
	if len(tries) == 0 || len(small) == 0 || v.carriedLarge() || v.sameWorked(tries) {
		return nil
	}
	return one(hit{code: TransferMTUBlackHole, weight: decides, tries: tries, seen: small, pair: true,
		evidence: lines(quote(tries[0].Mark), stalled(tries[0]), finished(small[0]))})
}

// carriedLarge tells whether full packets came through.
func (v *view) carriedLarge() bool {
	return slices.ContainsFunc(v.tries, func(t *try) bool {
		return t.effect == worked && ordinary(t) && t.Bytes > fillsPacket
	})
}

// sameWorked tells whether one of the operations worked at another time or in
// the other mode: then its size is not what matters.
func (v *view) sameWorked(tries []*try) bool {
	return slices.ContainsFunc(tries, func(a *try) bool {
		return slices.ContainsFunc(v.tries, func(b *try) bool {
			return b.effect == worked && ordinary(b) && b.Operation == a.Operation && b.Path == a.Path
		})
	})
}

// stall: open, marked, and nothing comes.
func stall(v *view) []hit {
	return v.perMode((*try).stalls, func(h hit) hit {
		t := h.tries[0]
		h.code, h.pair = TransferStalled, len(h.tries) > 1
		h.evidence = lines(quote(t.Mark), stalled(t))
		switch {
		case t.Bytes > 0:
			h.open = []Code{TransferWindowScaling, TransferAVScanHold}
		case !v.carriedLarge() && !v.sameWorked(h.tries):
			h.open = []Code{TransferMTUBlackHole}
		}
		return h
	})
}

// aborted: the data connection was there and broke. 426 is the word for it.
func aborted(v *view) []hit {
	var hits []hit
	for _, mode := range []evidence.Mode{evidence.Passive, evidence.Active} {
		code := PassiveAborted426
		if mode == evidence.Active {
			code = ActiveAborted426
		}
		tries := only(v.broken(mode, evidence.OpTransfer, evidence.OpCompletion), func(t *try) bool {
			return t.says == PassiveAborted426 || t.at(evidence.OpCompletion) && t.by(evidence.KindRejected) || t.brokeOff() ||
				t.by(evidence.KindRejected) && codeIs(said(t.Attempt), 426) || t.at(evidence.OpCompletion) && t.by(evidence.KindOther)
		})
		if len(tries) == 0 {
			continue
		}
		proof := append([]string{quote(tries[0].Mark)}, quotes(tries)...)
		hits = append(hits, hit{code: code, mode: mode, weight: decides, tries: tries, pair: len(tries) > 1,
			evidence: lines(append(proof, stalled(tries[0]))...)})
	}
	return hits
}

// brokeOff tells a data connection that ended in a reset.
func (t *try) brokeOff() bool {
	return t.at(evidence.OpTransfer) && t.by(evidence.KindReset) && (t.Mark != nil || t.AcceptedFrom.IsValid())
}

func codeIs(r *evidence.Reply, code int) bool { return r != nil && r.Code == code }

// controlSilence: PORT or EPRT is not answered. The connection is still there.
func controlSilence(v *view) []hit {
	return v.perMode(func(t *try) bool {
		return t.effect == failed && t.at(evidence.OpNegotiate) && t.by(evidence.KindTimedOut)
	}, func(h hit) hit {
		t := h.tries[0]
		h.code, h.variant, h.open = ControlClosed, unanswered, []Code{ActiveInboundDropped, GreetingIntercepted}
		h.values = map[string]string{"command": string(t.Method)}
		h.evidence = lines(fmt.Sprintf("%s: no reply for %s", t.Method, took(waited(t))))
		return h
	})
}

// controlEnd: the control connection ends without a word after the operation,
// or after PORT, which no passive rule has claimed.
func controlEnd(v *view) []hit {
	return v.perMode(func(t *try) bool {
		return t.effect == failed && (t.by(evidence.KindEOF, evidence.KindReset) && t.at(evidence.OpTransfer, evidence.OpDataAccept) ||
			t.at(evidence.OpNegotiate) && !t.by(evidence.KindRejected, evidence.KindMalformed))
	}, func(h hit) hit {
		t := h.tries[0]
		after := asked(t)
		if t.at(evidence.OpNegotiate) {
			after = string(t.Method)
		}
		h.code, h.pair = ControlClosed, len(h.tries) > 1
		h.values = map[string]string{"command": after}
		h.evidence = lines(quote(t.Negotiation), "control connection: "+happened(t.Failure.Kind, 0)+" after "+after)
		return h
	})
}

// forgetful is how long an idle connection must be for a router to have forgotten
// it: the shortest of them take a minute.
const forgetful = time.Minute

// completionMissing: all is there but the reply that says so.
func completionMissing(v *view) []hit {
	return v.perMode(func(t *try) bool {
		return t.effect == failed && t.at(evidence.OpCompletion) && !t.by(evidence.KindRejected)
	}, func(h hit) hit {
		t := h.tries[0]
		h.code, h.pair = TransferCompletionMissing, len(h.tries) > 1
		if between(t.Asked, t.End).Duration() < forgetful {
			h.variant, h.open = unconfirmed, []Code{ControlClosed}
		}
		if t.by(evidence.KindEOF, evidence.KindReset) {
			h.open = []Code{ControlClosed}
		}
		h.evidence = lines(quote(t.Mark), fmt.Sprintf("%s over %s: %d bytes, the data connection closed in order", asked(t), t.Method, t.Bytes),
			"completion reply: "+happened(t.Failure.Kind, between(latest(t.Marked, t.FirstByte, t.Connected), t.End)))
		return h
	})
}
