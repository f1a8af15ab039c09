package diagnose

import (
	"slices"

	"ftpdiag/probe/evidence"
)

// dataTLSRules are about TLS on data connections (RFC 4217 §9, §10), in either mode.
var dataTLSRules = []rule{cannotResume, sessionExpired, reuseBroken, reuseRequired, dataHandshake}

var tls12AtMost = &Condition{"tls-1.2-at-most", "the client must use TLS 1.2 at most"}

// cannotResume tells a data connection that was refused because it did not resume
// a session that this program cannot resume. Without tickets TLS 1.2 knows a
// session by its ID, as OpenSSL and GnuTLS do and Go does not.
func (t *try) cannotResume() bool {
	return t.says == DataTLSSessionReuseRequired && t.TLS && !t.resumed() && !t.session.Ticket && t.session.TLSVersion == "TLS 1.2"
}

func (t *try) resumed() bool { return t.Resumed != nil && *t.Resumed }

// cannotResume: what the server demands is in order, and we cannot do it.
func cannotResume(v *view) []hit {
	tries := only(v.tries, (*try).cannotResume)
	if len(tries) == 0 {
		return nil
	}
	h := hit{code: DataTLSSessionReuseRequired, weight: cautions, variant: beyondUs, tries: tries, pair: len(tries) > 1,
		evidence: lines(append(quotes(tries), "TLS 1.2, and no session ticket: the session can be resumed by its ID only")...)}
	if mode := tries[0].Mode; v.triedOther(mode) && !slices.ContainsFunc(tries, func(t *try) bool { return t.Mode != mode }) {
		h.mode = mode
	}
	return one(h)
}

// sessionExpired: data connections resumed the session, and later it was refused.
func sessionExpired(v *view) []hit {
	before := func(late *try) *try {
		for _, t := range v.tries {
			if t.Session == late.Session && t.ID < late.ID && t.effect == worked && t.resumed() {
				return t
			}
		}
		return nil
	}
	return v.perMode(func(t *try) bool { return t.says == DataTLSSessionReuseRequired && before(t) != nil }, func(h hit) hit {
		h.code, h.pair = DataTLSSessionExpired, true
		h.evidence = lines(append([]string{"resumed: " + finished(before(h.tries[0]))}, quotes(h.tries)...)...)
		return h
	})
}

// unshaken tells a data connection that was there and whose TLS came to nothing.
// Under TLS 1.3 the server may refuse when the handshake is over for us: not a
// byte comes then. Pure-FTPd closes the control connection without a word.
func (t *try) unshaken() bool {
	switch {
	case t.effect != failed || !t.TLS:
		return false
	case t.at(evidence.OpDataTLS), t.says == DataTLSSessionReuseRequired, t.says == DataTLSHandshakeFailed:
		return true
	}
	return t.at(evidence.OpTransfer, evidence.OpCompletion) && t.met() && t.Bytes == 0 && !t.CleanEnd &&
		(t.by(evidence.KindRejected) && said(t.Attempt) == nil || t.by(evidence.KindEOF, evidence.KindReset) && t.Mark != nil && t.Encrypted == nil)
}

// reuseBroken: the same transfer works with TLS 1.2 at most. Where it does so in
// both modes that is one cause.
func reuseBroken(v *view) []hit {
	served := only(v.beside, func(t *try) bool { return t.Purpose == evidence.PurposeTLS12 && t.effect == worked })
	if len(served) == 0 {
		return nil
	}
	whole := v.perMode((*try).unshaken, func(h hit) hit { return capped(h, served) })
	if len(whole) == 1 && whole[0].mode == "" && !(works12(served, evidence.Passive) && works12(served, evidence.Active)) {
		var hits []hit
		for _, mode := range bothModes {
			tries := only(whole[0].tries, func(t *try) bool { return t.Mode == mode })
			hits = append(hits, capped(hit{mode: mode, weight: decides, tries: tries}, served))
		}
		return hits
	}
	return whole
}

func works12(served []*try, mode evidence.Mode) bool {
	return slices.ContainsFunc(served, func(t *try) bool { return t.Mode == mode })
}

// capped completes the hit. A mode in which TLS 1.2 was not asked for is broken
// like the other, as far as is known.
func capped(h hit, served []*try) hit {
	h.code, h.seen = DataTLSSessionReuseBroken, served
	if h.mode != "" && works12(served, h.mode) {
		h.seen = only(served, func(t *try) bool { return t.Mode == h.mode })
	}
	if h.mode == "" || works12(served, h.mode) {
		h.pair, h.condition = true, tls12AtMost
	} else {
		h.open = []Code{DataTLSHandshakeFailed}
	}
	h.evidence = lines(append(tlsLines(h.tries), "TLS 1.2 at most: "+finished(h.seen[0]))...)
	return h
}

// tlsLines are what was said and seen of data connections whose TLS failed.
func tlsLines(tries []*try) []string {
	t := tries[0]
	out := append([]string{quote(t.Mark)}, quotes(tries)...)
	switch {
	case t.FirstBytes != "":
		out = append(out, "in place of TLS on the data connection: "+t.FirstBytes)
	case t.Encrypted == nil && said(t.Attempt) == nil:
		out = append(out, "TLS handshake on the data connection: "+t.Failure.Message)
	case t.Encrypted != nil && t.resumed():
		out = append(out, "the data connection resumed the session of the control connection")
	case t.Encrypted != nil:
		out = append(out, "the data connection did not resume the session of the control connection")
	}
	return lines(out...)
}

// reuseRequired: the server wants the session of the control connection, and what
// it gets is another, or not to its liking.
func reuseRequired(v *view) []hit {
	return v.perMode(func(t *try) bool { return t.says == DataTLSSessionReuseRequired }, func(h hit) hit {
		h.code, h.evidence, h.pair = DataTLSSessionReuseRequired, tlsLines(h.tries), len(h.tries) > 1
		if !namesReuse(h.tries[0]) {
			h.open = []Code{DataTLSHandshakeFailed}
		}
		return h
	})
}

// namesReuse tells whether the server says that reuse is what it misses. ProFTPD
// says EPERM, to whatever it dislikes in a handshake.
func namesReuse(t *try) bool {
	return meaning(said(t.Attempt), reuseWords) == DataTLSSessionReuseRequired
}

// dataHandshake: the rest of what fails between the mark and the first byte.
func dataHandshake(v *view) []hit {
	return v.perMode((*try).unshaken, func(h hit) hit {
		t := h.tries[0]
		h.code, h.evidence, h.pair = DataTLSHandshakeFailed, tlsLines(h.tries), len(h.tries) > 1
		switch {
		case t.FirstBytes != "":
			h.pair = true
		case t.by(evidence.KindTimedOut):
			h.open = []Code{TransferMTUBlackHole, TransferStalled}
		case t.by(evidence.KindEOF, evidence.KindReset):
			h.open = []Code{DataTLSSessionReuseRequired}
		case said(t.Attempt) == nil:
			h.open = []Code{DataTLSSessionReuseRequired, TLSVersionCipher}
		case !t.resumed() && t.says != DataTLSHandshakeFailed:
			h.open = []Code{DataTLSSessionReuseRequired}
		}
		if t.resumed() {
			h.open = slices.DeleteFunc(h.open, func(c Code) bool { return c == DataTLSSessionReuseRequired })
		}
		return h
	})
}

// reuseAsked: all is well for a client that resumes, and one that does not is
// refused. Many do not.
func reuseAsked(v *view) []hit {
	resumed := only(v.tries, func(t *try) bool { return t.effect == worked && t.resumed() })
	refused := only(v.beside, func(t *try) bool {
		return t.Purpose == evidence.PurposeNoReuse && t.effect == failed && t.unshaken() && !t.by(evidence.KindTimedOut, evidence.KindInterrupted)
	})
	if len(resumed) == 0 || len(refused) == 0 {
		return nil
	}
	h := hit{code: DataTLSSessionReuseRequired, weight: notes, seen: refused, pair: true,
		evidence: lines(append(tlsLines(refused), "resumed: "+finished(resumed[0]))...)}
	if refused[0].says != DataTLSSessionReuseRequired {
		h.open = []Code{DataTLSHandshakeFailed}
	}
	return one(h)
}

// uncleanClose: all data came, and TLS did not end as it should (RFC 8446 §6.1).
func uncleanClose(v *view) []hit {
	tries := only(v.tries, func(t *try) bool { return t.effect == worked && t.Unclean && !t.Truncated })
	if len(tries) == 0 {
		return nil
	}
	h := hit{code: DataTLSUncleanClose, weight: cautions, seen: tries, pair: len(tries) > 1,
		evidence: lines(finished(tries[0]), "the data connection ended without close_notify")}
	if mode := tries[0].Mode; v.triedOther(mode) && !slices.ContainsFunc(tries, func(t *try) bool { return t.Mode != mode }) {
		h.mode = mode
	}
	return one(h)
}
