package diagnose

import (
	"fmt"
	"strings"

	"ftpdiag/probe/evidence"
)

// activeDataRules explain data connections that the server was to make.
var activeDataRules = []rule{localListen, eprtBlocked, activeForeign, reachedUs, serverSaysWhy, inboundRefused, inboundSilent}

var acceptForeign = &Condition{"accept-foreign-data", "the client must accept data from another address than the server's"}

// localListen: this machine could not listen on the ports that were asked for, so
// that the server was not asked. That shows nothing about active mode.
func localListen(v *view) []hit {
	tries := only(v.of(evidence.Active), (*try).neverListened)
	if len(tries) == 0 {
		return nil
	}
	h := hit{code: ControlLocalPortsExhausted, mode: evidence.Active, weight: cautions, tries: tries, variant: cannotListen,
		evidence: lines("listen: " + tries[0].Failure.Message)}
	if tries[0].by(evidence.KindDenied) {
		h.code = ControlLocalPolicy
	}
	return one(h)
}

func (t *try) neverListened() bool {
	return t.Negotiation == nil && !t.Listened.IsValid() && t.at(evidence.OpDataAccept) &&
		t.by(evidence.KindDenied, evidence.KindExhausted, evidence.KindOther)
}

// unmet are the attempts that were agreed on and to which nobody connected.
func (v *view) unmet() []*try {
	return only(v.unexplained(evidence.Active), func(t *try) bool {
		return t.effect == failed && (t.dialedOnPORT() || v.silentOnPORT(t) || t.at(evidence.OpDataAccept) && t.by(evidence.KindTimedOut, evidence.KindRejected) ||
			t.says == ActiveServerCannotBind20)
	})
}

// silentOnPORT: pyftpdlib dials on PORT and answers only then, which takes as
// long as its connect does.
func (v *view) silentOnPORT(t *try) bool {
	return (v.product == "" || strings.HasPrefix(v.product, "pyftpdlib")) && t.at(evidence.OpNegotiate) && t.by(evidence.KindTimedOut)
}

// eprtBlocked: EPRT is accepted and brings nothing, PORT brings data: a helper on
// the way knows PORT alone, or spoils EPRT.
func eprtBlocked(v *view) []hit {
	dead := only(v.unmet(), method(evidence.EPRT))
	alive := only(v.of(evidence.Active), func(t *try) bool { return t.Method == evidence.PORT && t.AcceptedFrom.IsValid() })
	if len(dead) == 0 || len(alive) == 0 {
		return nil
	}
	return one(hit{code: ActiveEPRTBlocked, mode: evidence.Active, weight: limits, tries: dead, seen: alive, pair: true, condition: usePORT,
		evidence: lines(quote(dead[0].Negotiation), awaited(dead[0]), quote(alive[0].Negotiation), finished(alive[0]))})
}

// activeForeign: the data comes from another address than the server's.
func activeForeign(v *view) []hit {
	tries := only(v.of(evidence.Active), func(t *try) bool { return t.effect == worked && t.Foreign.IsValid() })
	if len(tries) > 0 {
		t := tries[0]
		return one(hit{code: ActiveForeignAddress, mode: evidence.Active, weight: limits, tries: tries, pair: true, condition: acceptForeign,
			values:   map[string]string{"address": host(t.Foreign.Addr().Unmap()), "peer": host(t.peer())},
			evidence: lines(awaited(t), fmt.Sprintf("the control connection goes to %s", t.peer()))})
	}
	tries = only(v.unmet(), func(t *try) bool {
		return t.SYNSeen != nil && t.SYNSeen.From.IsValid() && t.peer().IsValid() && t.SYNSeen.From.Addr().Unmap() != t.peer()
	})
	if len(tries) == 0 {
		return nil
	}
	t := tries[0]
	return one(hit{code: ActiveForeignAddress, mode: evidence.Active, weight: decides, tries: v.unmet(), pair: true,
		values:   map[string]string{"address": host(t.SYNSeen.From.Addr().Unmap()), "peer": host(t.peer())},
		evidence: lines(awaited(t), fmt.Sprintf("the control connection goes to %s", t.peer()))})
}

// reachedUs: the server's SYN was seen on this machine and never accepted.
func reachedUs(v *view) []hit {
	seen := only(v.unmet(), func(t *try) bool { return t.SYNSeen != nil })
	if len(seen) == 0 {
		return nil
	}
	t := seen[0]
	from := int(t.SYNSeen.From.Port())
	h := hit{code: ActiveInboundDroppedLocally, mode: evidence.Active, weight: decides, tries: v.unmet(), pair: true,
		who: []Who{ClientUser}, values: map[string]string{"port": fmt.Sprint(from)},
		evidence: lines(append([]string{quote(t.Negotiation), awaited(t)}, quotes(seen)...)...)}
	if t.by(evidence.KindRejected) && quick(t) {
		h.code = ActiveInboundRefused
	} else if from != 20 && from != t.session.Port-1 {
		h.open = []Code{ActiveSourcePortNot20}
	}
	return one(h)
}

// quick tells an answer that came of a RST or an ICMP message from one that a
// server gives when its connect ran out of time, which takes 30 s and more.
// Windows tries a refused connect three times in two seconds.
func quick(t *try) bool {
	wait := waited(t)
	return wait.Duration() < atOnce || t.session.Connect != nil && wait < 4**t.session.Connect
}

// serverSaysWhy: the server could not even try.
func serverSaysWhy(v *view) []hit {
	var hits []hit
	for _, code := range []Code{ActiveServerCannotBind20, ActiveServerCannotConnect} {
		tries := only(v.unmet(), func(t *try) bool { return t.says == code })
		if len(tries) > 0 {
			hits = append(hits, hit{code: code, mode: evidence.Active, weight: decides, tries: tries, pair: len(tries) > 1, evidence: quotes(tries)})
		}
	}
	return hits
}

// inboundRefused: a 425 too soon for anything but a refusal.
func inboundRefused(v *view) []hit {
	tries := only(v.unmet(), func(t *try) bool {
		return t.says == ActiveInboundRefused || t.says != ActiveInboundDropped && t.by(evidence.KindRejected) && quick(t)
	})
	if len(tries) == 0 {
		return nil
	}
	t := tries[0]
	h := hit{code: ActiveInboundRefused, mode: evidence.Active, weight: decides, tries: tries, pair: t.says != "",
		evidence: lines(append([]string{quote(t.Negotiation)}, append(quotes(tries), fmt.Sprintf("the answer came after %s", took(waited(t))))...)...)}
	translated, certain := v.translated(t)
	switch {
	case translated:
		h.code = ActiveNATNotForwarded
		if !certain {
			h.open = []Code{ActiveInboundRefused}
		}
		v.addTranslation(&h)
	case t.says == "" || strings.Contains(strings.ToLower(quote(said(t.Attempt))), "no route"):
		h.open = []Code{ActiveServerCannotConnect}
	}
	v.fromOutside(&h)
	return one(h)
}

// inboundSilent: nothing came, and the server said nothing or gave up late.
func inboundSilent(v *view) []hit {
	tries := v.unmet()
	if len(tries) == 0 {
		return nil
	}
	t := tries[0]
	h := hit{code: ActiveInboundDropped, mode: evidence.Active, weight: decides, tries: tries, pair: len(tries) > 1,
		evidence: lines(append([]string{quote(t.Negotiation), awaited(t)}, quotes(tries)...)...)}
	if translated, certain := v.translated(t); translated {
		h.code = ActiveNATNotForwarded
		if !certain {
			h.open = []Code{ActiveInboundDropped}
		}
		v.addTranslation(&h)
	} else {
		h.open = []Code{ActiveServerCannotConnect, ActiveSourcePortNot20}
		if !t.Watched {
			h.open = append(h.open, ActiveInboundDroppedLocally)
		}
		if state, _, _ := v.nat(); state == natThere || state == natUnknown && privateToPublic(t) {
			h.open = append(h.open, ActiveNATNotForwarded)
		}
	}
	v.fromOutside(&h)
	return one(h)
}

// fromOutside: the packets of the server were looked for and never came, so this
// machine's own firewall is not the one.
func (v *view) fromOutside(h *hit) {
	t := h.tries[0]
	if t.Watched && t.SYNSeen == nil && !v.loopback() {
		h.who = []Who{ClientNetwork, ServerNetwork}
	}
}

// strictServers hold the address in PORT against the one that they see: where
// they accept a private one, a helper has corrected it or nothing translates.
var strictServers = []string{"vsftpd", "Pure-FTPd", "pyftpdlib", "IIS", "Microsoft", "Serv-U", "FileZilla Server 0"}

// translated tells whether the server connects to the router of a client behind
// NAT: it took a private address for the one that it sees (ProFTPD rewrites it,
// FileZilla Server 1.x does not look), or we offered the router's own.
func (v *view) translated(t *try) (yes, certain bool) {
	state, local, seen := v.nat()
	offered := t.Offered.Addr().Unmap()
	switch {
	case state == natNone:
		return false, true
	case state == natThere && seen.IsValid() && offered == seen && seen != local:
		return true, true
	}
	for _, strict := range strictServers {
		if strings.HasPrefix(v.product, strict) {
			return false, false
		}
	}
	if state == natThere {
		return true, seen.IsValid()
	}
	return privateToPublic(t) && (strings.HasPrefix(v.product, "ProFTPD") || strings.HasPrefix(v.product, "FileZilla Server 1")), false
}

// addTranslation says which address became which.
func (v *view) addTranslation(h *hit) {
	_, local, seen := v.nat()
	h.values = map[string]string{"address": host(local), "seen": host(seen)}
	if seen.IsValid() {
		h.pair = true
		h.evidence = lines(append(h.evidence, fmt.Sprintf("this machine's address is %s, the server sees %s", local, seen))...)
	}
}
