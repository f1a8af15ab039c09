package diagnose

import (
	"slices"

	"ftpdiag/probe/evidence"
)

// activeNegotiationRules are about the replies to EPRT and PORT.
var activeNegotiationRules = []rule{activePort21, activeOutright, eprtUnsupported, activeDeclined}

var usePORT = &Condition{"use-port", "the client must use PORT, not EPRT"}

// activePort21: refused or silent here, and not where the same host is asked at
// port 21: a helper on the way watches that port alone.
func activePort21(v *view) []hit {
	tries := only(v.unexplained(evidence.Active), func(t *try) bool {
		return t.effect == declined || t.at(evidence.OpDataAccept)
	})
	alive := only(v.with(evidence.Active, evidence.PurposePort21), func(t *try) bool {
		return t.effect == worked || t.Negotiation != nil && t.Negotiation.Code/100 == 2 && !t.at(evidence.OpDataAccept)
	})
	if len(tries) == 0 || len(alive) == 0 || v.anyWorked(evidence.Active) {
		return nil
	}
	proof := quotes(tries)
	if len(only(tries, (*try).accepted)) == len(tries) {
		proof = []string{awaited(tries[0])}
	}
	return one(hit{code: ActiveALGNonstandardPort, mode: evidence.Active, weight: decides, tries: tries, seen: alive, pair: true,
		evidence: lines(append(proof, "at control port 21: "+quote(alive[0].Negotiation))...)})
}

// activeOutright takes the words of refusals that name their cause, PORT's
// before EPRT's: a server that does not know EPRT says nothing about active mode.
func activeOutright(v *view) []hit {
	return v.outright(evidence.Active, []outright{{ActiveRootrevoke, nil}, {ActivePortBelow1024, nil}},
		func(t *try) bool { return t.effect == declined })
}

// eprtUnsupported: EPRT refused, PORT accepted. Every client falls back.
func eprtUnsupported(v *view) []hit {
	tries := only(v.unexplained(evidence.Active), func(t *try) bool { return t.effect == declined && t.Method == evidence.EPRT })
	if len(tries) == 0 || !v.methodAccepted(evidence.PORT) {
		return nil
	}
	h := hit{code: ActiveEPRTUnsupported, mode: evidence.Active, weight: notes, tries: tries, evidence: quotes(tries)}
	if tries[0].says == ActiveAddressRejected { // a helper may have corrected the address in PORT alone
		h.open = []Code{ActiveEPRTBlocked}
	}
	return one(h)
}

// activeDeclined: the server does not agree to connect to us.
func activeDeclined(v *view) []hit {
	tries := only(v.unexplained(evidence.Active), func(t *try) bool { return t.effect == declined })
	if len(tries) == 0 {
		return nil
	}
	h := hit{mode: evidence.Active, weight: decides, tries: tries, evidence: quotes(tries)}
	h.code, h.open = v.declinedCode(tries)
	if h.code == ActiveDisabled {
		h.pair = len(h.open) == 0 && len(tries) > 1 && len(only(tries, rejectsAddress)) == 0
		return one(h)
	}
	if h.code == ActivePortBelow1024 {
		h.pair = len(h.open) == 0 && len(tries) > 1
		h.evidence = lines(append(h.evidence, "this machine offers "+tries[0].Offered.String())...)
		return one(h)
	}
	v.addAddresses(&h)
	return one(h)
}

// declinedCode tells a server that serves no active mode from one that dislikes
// our address. Where its words tell neither, a translated address is the reason.
func (v *view) declinedCode(tries []*try) (Code, []Code) {
	if older := only(tries, method(evidence.PORT)); len(older) > 0 {
		tries = older // not to know EPRT says nothing about active mode
	}
	says := func(code Code) bool { return slices.ContainsFunc(tries, func(t *try) bool { return t.says == code }) }
	state, _, seen := v.nat()
	same := seen.IsValid() && seen == tries[0].Offered.Addr().Unmap()
	switch {
	case says(ActiveAddressRejected) && tries[0].offersPrivileged() && (same || state == natNone):
		return ActivePortBelow1024, nil // vsftpd and ProFTPD have the same words for both
	case says(ActiveAddressRejected) && tries[0].offersPrivileged():
		return ActivePortBelow1024, []Code{ActiveAddressRejected}
	case says(ActiveAddressRejected) && same:
		return ActiveDisabled, nil
	case v.seenAddressAccepted(), says(ActiveAddressRejected) && state == natThere:
		return ActiveAddressRejected, nil
	case says(ActiveAddressRejected) && state == natNone:
		return ActiveAddressRejected, []Code{ActiveDisabled}
	case says(ActiveAddressRejected):
		return ActiveAddressRejected, nil
	case says(ActiveDisabled):
		return ActiveDisabled, nil
	case state == natThere:
		return ActiveAddressRejected, []Code{ActiveDisabled}
	case state == natUnknown && privateToPublic(tries[0]):
		return ActiveDisabled, []Code{ActiveAddressRejected}
	}
	return ActiveDisabled, nil
}

func rejectsAddress(t *try) bool { return t.says == ActiveAddressRejected }

// offersPrivileged: servers call no port below 1024, lest they be sent against
// the services there (RFC 2577 §3).
func (t *try) offersPrivileged() bool { return 0 < t.Offered.Port() && t.Offered.Port() < 1024 }

// privateToPublic: a private address was offered to a server that has a public one.
func privateToPublic(t *try) bool {
	return t.Offered.IsValid() && private(t.Offered.Addr().Unmap()) && public(t.peer())
}

// seenAddressAccepted: offered the address that it sees, the server agreed.
func (v *view) seenAddressAccepted() bool {
	return slices.ContainsFunc(v.with(evidence.Active, evidence.PurposeSeenAddress), func(t *try) bool {
		return t.Negotiation != nil && t.Negotiation.Code/100 == 2
	})
}

// addAddresses says which address was offered and which one the server sees, and
// takes along what came of an EPRT that was accepted: no data can come through
// the same translation.
func (v *view) addAddresses(h *hit) {
	state, _, seen := v.nat()
	offered := h.tries[0].Offered.Addr().Unmap()
	h.values = map[string]string{"address": host(offered), "seen": host(seen)}
	if seen == offered {
		h.values["seen"] = "" // then it is another one by the time that it reaches the server
	}
	if offered.IsValid() {
		h.evidence = append(h.evidence, "this machine offers "+host(offered))
	}
	if seen.IsValid() {
		h.evidence = append(h.evidence, "the server sees "+host(seen))
		h.pair = seen != offered
	}
	if v.seenAddressAccepted() {
		h.pair = true
		h.evidence = append(h.evidence, "PORT with "+host(seen)+" is accepted")
	}
	h.evidence = lines(h.evidence...)
	if state == natThere {
		h.tries = append(h.tries, v.broken(evidence.Active, evidence.OpDataAccept)...)
	}
}
