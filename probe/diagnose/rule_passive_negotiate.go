package diagnose

import (
	"slices"
	"strings"

	"ftpdiag/probe/evidence"
	"ftpdiag/probe/ftp"
)

// passiveNegotiationRules are about the replies to EPSV and PASV.
var passiveNegotiationRules = []rule{passiveOutright, pasvOverIPv6, passiveUnparseable, passiveLenient, passiveSwallowed, passiveDeclined}

// What a client must heed, by code.
var (
	useEPSV   = &Condition{"use-epsv", "the client must use EPSV"}
	usePASV   = &Condition{"use-pasv", "the client must use PASV, not EPSV"}
	usePRET   = &Condition{"use-pret", "the client must send PRET before PASV or EPSV"}
	looseEPSV = &Condition{"lenient-229", "the client must read a 229 reply that is not written as RFC 2428 has it"}
	loosePASV = &Condition{"lenient-227", "the client must read a 227 reply without parentheses"}
)

// passiveOutright takes the words of refusals that name their cause.
func passiveOutright(v *view) []hit {
	return v.outright(evidence.Passive, []outright{
		{PassivePRETRequired, nil}, {PassiveCommandMangled, nil}, {PassivePortsExhausted, nil},
	}, func(t *try) bool { return t.effect == declined })
}

// outright is a code that the words of a server name, with its look-alikes.
type outright struct {
	code Code
	open []Code
}

// outright makes one hit of each code that unexplained attempts were refused with.
func (v *view) outright(mode evidence.Mode, codes []outright, fits func(*try) bool) []hit {
	var hits []hit
	for _, o := range codes {
		tries := only(v.unexplained(mode), func(t *try) bool { return t.says == o.code && fits(t) })
		if len(tries) == 0 {
			continue
		}
		h := hit{code: o.code, mode: mode, weight: decides, tries: tries, open: o.open,
			evidence: quotes(tries), pair: len(tries) > 1}
		switch {
		case o.code == PassiveCommandMangled && v.methodWorked(evidence.EPSV):
			h.pair, h.condition = true, useEPSV
		case o.code == PassivePRETRequired && len(v.with(mode, evidence.PurposePRET)) > 0 && v.anyWorked(mode):
			h.pair, h.condition = true, usePRET
		case o.code == PassivePortsExhausted && strings.HasPrefix(h.evidence[0], "500 OOPS"):
			h.open = append(h.open, ServerMACPolicy) // vsftpd's bind failed, and it does not say why
		}
		hits = append(hits, h)
	}
	return hits
}

func (v *view) anyWorked(mode evidence.Mode) bool {
	return slices.ContainsFunc(v.of(mode), func(t *try) bool { return t.effect == worked })
}

// method keeps the tries of one method.
func method(m evidence.Method) func(*try) bool { return func(t *try) bool { return t.Method == m } }

func (v *view) methodWorked(m evidence.Method) bool {
	return slices.ContainsFunc(v.tries, func(t *try) bool {
		return t.Method == m && t.effect == worked && ordinary(t)
	})
}

func (v *view) methodAccepted(m evidence.Method) bool {
	return slices.ContainsFunc(v.tries, func(t *try) bool {
		return t.Method == m && t.accepted() && t.Negotiation != nil && t.Negotiation.Code/100 == 2 && ordinary(t)
	})
}

// ordinary is an attempt to the server itself in its usual way.
func ordinary(t *try) bool {
	switch t.Purpose {
	case evidence.PurposeForeign, evidence.PurposePort21, evidence.PurposeSeenAddress:
		return false
	}
	return true
}

// pasvOverIPv6: a 227 has room for an IPv4 address only (RFC 2428 §1). That
// harms nobody as long as EPSV is served; where it is not, nothing is left.
func pasvOverIPv6(v *view) []hit {
	tries := only(v.of(evidence.Passive), func(t *try) bool {
		return !t.explained && t.Method == evidence.PASV && (t.peer().Is6() && t.effect != undecided || t.says == PassivePASVOverIPv6)
	})
	if len(tries) == 0 {
		return nil
	}
	h := hit{code: PassivePASVOverIPv6, mode: evidence.Passive, weight: notes, tries: tries}
	for _, t := range tries {
		h.evidence = append(h.evidence, quote(t.Negotiation))
	}
	switch {
	case v.methodAccepted(evidence.EPSV):
	case v.methodWorked(evidence.PASV): // we dial the control host, whatever the 227 says
		h.weight, h.condition = limits, ignoreAddress
	case len(only(tries, func(t *try) bool { return t.effect != declined })) > 0:
		h.tries, h.seen = nil, tries // the port is dead as well, and that is another cause
	case len(only(tries, func(t *try) bool { return t.says == PassivePASVOverIPv6 })) > 0:
		h.weight = decides
		if no := only(v.unexplained(evidence.Passive), func(t *try) bool { return t.Method == evidence.EPSV && t.effect == declined }); len(no) > 0 {
			h.variant, h.tries = noEPSVOverIPv6, append(no, tries...)
			h.evidence = append(quotes(no), h.evidence...)
		}
	default:
		return nil // refused like EPSV, and not because of IPv6
	}
	h.evidence = lines(h.evidence...)
	return one(h)
}

// passiveUnparseable: a 227 or 229 in which nobody finds a port.
func passiveUnparseable(v *view) []hit {
	tries := only(v.broken(evidence.Passive, evidence.OpNegotiate), func(t *try) bool { return t.by(evidence.KindMalformed) })
	if len(tries) == 0 {
		return nil
	}
	h := hit{code: PassiveReplyUnparseable, mode: evidence.Passive, weight: decides, tries: tries, pair: true}
	for _, t := range tries {
		h.evidence = append(h.evidence, quote(t.Negotiation))
	}
	h.evidence = lines(h.evidence...)
	h.condition = v.otherMethod(tries[0].Method)
	return one(h)
}

// otherMethod is the condition to use the other of EPSV and PASV, where that works.
func (v *view) otherMethod(m evidence.Method) *Condition {
	switch {
	case m == evidence.EPSV && v.methodWorked(evidence.PASV):
		return usePASV
	case m == evidence.PASV && v.methodWorked(evidence.EPSV):
		return useEPSV
	}
	return nil
}

// passiveLenient: a reply that we could read and common clients cannot.
func passiveLenient(v *view) []hit {
	tries := only(v.of(evidence.Passive), func(t *try) bool { return !(t.Method == evidence.PASV && t.peer().Is6()) && t.lenient() })
	if len(tries) == 0 {
		return nil
	}
	first := tries[0]
	h := hit{code: PassiveReplyUnparseable, mode: evidence.Passive, weight: limits, tries: nil, evidence: lines(quote(first.Negotiation)),
		condition: v.otherMethod(first.Method)}
	if h.condition == nil {
		h.condition = looseEPSV
		if first.Method == evidence.PASV {
			h.condition = loosePASV
		}
	}
	if first.Library != nil {
		h.pair = true
		h.evidence = append(h.evidence, "a common client library could not read this reply")
	}
	h.seen = tries
	return one(h)
}

// lenient tells whether the reply was not written as the RFCs have it.
func (t *try) lenient() bool {
	if t.Mode != evidence.Passive || t.Negotiation == nil || t.Negotiation.Code/100 != 2 || !t.Offered.IsValid() {
		return false
	}
	if t.Method == evidence.EPSV {
		r, err := ftp.ParseEPSV(t.Negotiation.Text)
		return t.Negotiation.Code != 229 || err == nil && !r.Strict
	}
	r, err := ftp.ParsePASV(t.Negotiation.Text)
	return t.Negotiation.Code != 227 || err == nil && !r.Strict
}

// passiveSwallowed: the control connection stalls or breaks exactly on EPSV or
// PASV.
func passiveSwallowed(v *view) []hit {
	tries := only(v.broken(evidence.Passive, evidence.OpNegotiate), func(t *try) bool { return t.by(evidence.KindTimedOut, evidence.KindEOF, evidence.KindReset) })
	if len(tries) == 0 {
		return nil
	}
	h := hit{code: PassiveReplySwallowed, mode: evidence.Passive, weight: decides, tries: tries,
		values: map[string]string{"command": string(tries[0].Method)}}
	for _, t := range tries {
		h.evidence = append(h.evidence, string(t.Method)+": "+happened(t.Failure.Kind, between(&t.Start, t.End)))
	}
	h.evidence = lines(h.evidence...)
	if h.condition = v.otherMethod(tries[0].Method); h.condition != nil {
		h.pair = true
	} else {
		h.open = []Code{ControlClosed}
	}
	return one(h)
}
