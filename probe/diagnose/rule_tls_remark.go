package diagnose

import (
	"slices"

	"ftpdiag/probe/evidence"
)

// tlsRemarkRules note how the run came to speak TLS, and what TLS costs clients
// that are not as patient.
var tlsRemarkRules = []rule{upgraded, dataUpgraded, foundImplicit, foundPlain, heldBack, unprotected, certificate}

// upgraded: the server wanted TLS, and the run went on with it.
func upgraded(v *view) []hit {
	for _, s := range v.diagnosing() {
		if demandsTLS(s) && v.triedLater(s, evidence.TLSExplicit) {
			return one(hit{code: TLSRequired, weight: notes, tls: v.encrypted(), pair: v.admitted(), evidence: lines(lastOf(s))})
		}
	}
	return nil
}

// triedLater tells whether a later session spoke so.
func (v *view) triedLater(than *evidence.Session, tls string) bool {
	return slices.ContainsFunc(v.diagnosing(), func(s *evidence.Session) bool { return s.ID > than.ID && speechOf(s) == tls })
}

// dataUpgraded: the login went in clear, the data would not.
func dataUpgraded(v *view) []hit {
	tries := only(v.beside, func(t *try) bool {
		return t.Purpose == evidence.PurposePlain && t.session.Purpose == evidence.PurposeDiagnose && t.says == DataTLSRequired
	})
	if len(tries) == 0 {
		return nil
	}
	return one(hit{code: DataTLSRequired, weight: notes, tls: v.encrypted(), seen: tries, pair: v.admitted(), evidence: quotes(tries)})
}

// foundImplicit: the port said nothing until it heard TLS, and the run went on so.
func foundImplicit(v *view) []hit {
	for _, s := range v.diagnosing() {
		if endedAt(s, evidence.OpGreeting) && s.Failure.Kind == evidence.KindTimedOut && !s.TLS && v.helloAnswered() && v.triedLater(s, evidence.TLSImplicit) {
			return one(hit{code: GreetingImplicitTLS, weight: notes, pair: true, evidence: helloLines(s)})
		}
	}
	return nil
}

// foundPlain: on the port of implicit TLS somebody speaks in clear.
func foundPlain(v *view) []hit {
	for _, s := range v.diagnosing() {
		if r := replyIn(inClear(s)); r != nil && speechOf(s) == evidence.TLSImplicit && v.speech() != evidence.TLSImplicit {
			return one(hit{code: TLSImplicitExplicitMismatch, weight: notes, variant: wantsExplicit, pair: true,
				evidence: lines("in place of TLS: " + inClear(s))})
		}
	}
	return nil
}

// heldBack: the handshake succeeded only under a limit, and the run went on.
func heldBack(v *view) []hit {
	if v.failedAt(evidence.OpTLSHandshake, evidence.KindDenied) != nil {
		return nil // see outdated
	}
	return underLimit(v)
}

// underLimit says under which limit the handshake succeeded, and under which not.
func underLimit(v *view) []hit {
	all := v.diagnosing()
	i := slices.IndexFunc(all, func(s *evidence.Session) bool { return s.TLS && s.TLSLimit != "" })
	if i < 0 {
		return nil
	}
	h := hit{code: TLSVersionCipher, weight: cautions, variant: heldToTLS12}
	if all[i].TLSLimit == evidence.LimitLegacy {
		h.variant = legacyOnly
	}
	for _, s := range all[:i] {
		if endedAt(s, evidence.OpTLSHandshake) {
			h.pair = true
			h.evidence = append(h.evidence, allowed(s)+": "+lastOf(s))
			if s.Failure.Kind == evidence.KindTimedOut {
				h.open = []Code{TLSHandshakeStalled}
			}
		}
	}
	h.evidence = lines(append(h.evidence, allowed(all[i])+": "+string(all[i].TLSVersion))...)
	return one(h)
}

// unprotected: the server takes TLS for the login and not for the data.
func unprotected(v *view) []hit {
	for _, s := range v.diagnosing() {
		if s.Protection != nil && s.Protection.Code/100 > 3 {
			return one(hit{code: DataTLSRefused, weight: cautions, pair: true,
				evidence: lines("PROT P: "+quote(s.Protection), "the data connections of this run went in clear")})
		}
	}
	return nil
}
