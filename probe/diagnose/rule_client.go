package diagnose

import (
	"fmt"

	"ftpdiag/probe/evidence"
)

// sideRules find what is worth knowing beside the cause, whatever it is.
var sideRules = append([]rule{contactLost, deadFamily, slowGreeting, intercepted, virtualHost, extraReply, cleartext, behindNAT}, tlsRemarkRules...)

// behindNAT: the server sees another address than this machine has.
func behindNAT(v *view) []hit {
	state, local, seen := v.nat()
	shared := v.sharedHop()
	carrier := within(local, sharedSpace) || within(seen, sharedSpace) || shared != ""
	if state != natThere {
		return nil
	}
	h := hit{code: ClientBehindNAT, weight: notes, pair: seen.IsValid(),
		values:   map[string]string{"local": host(local), "seen": host(seen)},
		evidence: lines("this machine's address is " + host(local))}
	if seen.IsValid() {
		h.evidence = append(h.evidence, "the server sees "+host(seen))
	} else {
		h.evidence = append(h.evidence, fmt.Sprintf("the server's is %s, on the Internet", v.peer()))
	}
	if carrier {
		h.code = ClientBehindCGNAT
		if shared != "" {
			h.evidence = append(h.evidence, "the way to the server goes through "+shared)
		}
	}
	return one(h)
}

// sharedHop is a hop of a carrier-grade NAT's network on the way; "": none.
func (v *view) sharedHop() string {
	for _, h := range v.ev.Route {
		if within(parseAddr(h.IP), sharedSpace) {
			return h.IP
		}
	}
	return ""
}

// peer is the address of the control host in use.
func (v *view) peer() string {
	for _, s := range v.ev.Sessions {
		if s.Purpose == evidence.PurposeDiagnose && s.IP != "" {
			return s.IP
		}
	}
	return v.usedAddress()
}
