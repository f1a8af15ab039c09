package diagnose

import (
	"fmt"
	"net/netip"

	"ftpdiag/probe/evidence"
)

// passiveAddressRules compare the address in the 227 with the control host's.
var passiveAddressRules = []rule{foreignAddressServes, wrongAddress}

var (
	ignoreAddress  = &Condition{"ignore-227-address", "the client must ignore the address in the 227 reply"}
	ignoreWithPASV = &Condition{"ignore-227-address", "a client that uses PASV must ignore the address in the 227 reply"}
	followAddress  = &Condition{"use-227-address", "the client must use PASV and the address in the 227 reply"}
)

// foreignAddressServes: the control host is dead on the port that it offered,
// and the address in the 227 is not. Clusters are like that (rule 11).
func foreignAddressServes(v *view) []hit {
	served := only(v.with(evidence.Passive, evidence.PurposeForeign), func(t *try) bool { return t.effect == worked })
	dead := v.broken(evidence.Passive, evidence.OpDataConnect)
	if len(served) == 0 {
		return nil
	}
	t := served[0]
	proof := []string{quote(t.Negotiation), dialled(t)}
	if len(dead) > 0 {
		proof = append(proof, dialled(dead[0]))
	}
	return one(hit{code: PassiveMultiBackend, mode: evidence.Passive, weight: decides, tries: dead, seen: served,
		evidence: lines(proof...), pair: true, condition: followAddress,
		values: addressValues(t)})
}

func addressValues(t *try) map[string]string {
	return map[string]string{"address": host(t.Offered.Addr().Unmap()), "peer": host(t.peer())}
}

// namesOther tells whether the 227 names another address than the control
// host's; over IPv6 it cannot do otherwise.
func (t *try) namesOther() bool {
	return t.Method == evidence.PASV && t.Purpose != evidence.PurposePort21 && t.Offered.IsValid() && t.peer().Is4() &&
		addressCode(t.Offered.Addr().Unmap(), t.peer()) != ""
}

// addressCode is what is wrong with the address of a 227; "": nothing.
func addressCode(named, peer netip.Addr) Code {
	switch {
	case !peer.IsValid(), named == peer, named.IsLoopback() && peer.IsLoopback():
		return ""
	case unusable(named, peer):
		return PassiveUnusableAddress
	case private(named):
		return PassivePrivateAddress
	case private(peer):
		return PassiveHairpin
	}
	return PassiveWrongAddress
}

// wrongAddress: the 227 names an address that is not the one we reached. Where
// the control host answers on that port only the address is wrong; where it
// does not, the dead port is the cause and the address only worth knowing.
func wrongAddress(v *view) []hit {
	naming := only(v.tries, (*try).namesOther)
	if len(naming) == 0 || v.foreignServes() {
		return nil
	}
	t := naming[0]
	h := hit{code: addressCode(t.Offered.Addr().Unmap(), t.peer()), mode: evidence.Passive, weight: notes,
		seen: naming, values: addressValues(t), evidence: []string{quote(t.Negotiation)}}
	reached := only(naming, func(t *try) bool {
		return t.Purpose != evidence.PurposeForeign && (t.effect == worked || t.Connected != nil)
	})
	if len(reached) > 0 {
		t = reached[0]
		h.weight, h.pair, h.condition = limits, true, ignoreAddress
		if v.methodWorked(evidence.EPSV) {
			h.condition = ignoreWithPASV
		}
		h.evidence = append(h.evidence, dialled(t))
	} else {
		h.evidence = append(h.evidence, fmt.Sprintf("the control connection goes to %s", t.peer()))
	}
	switch {
	case within(t.Offered.Addr().Unmap(), containerNets):
		h.open = []Code{PassiveContainerPorts}
	case h.code == PassiveWrongAddress:
		h.open = []Code{PassiveMultiBackend}
	}
	h.evidence = lines(h.evidence...)
	return one(h)
}

func (v *view) foreignServes() bool {
	return len(only(v.with(evidence.Passive, evidence.PurposeForeign), func(t *try) bool { return t.effect == worked })) > 0
}

// naming is the 227 that names the address.
func (v *view) naming(ip netip.Addr) *evidence.Reply {
	for _, t := range v.of(evidence.Passive) {
		if t.namesOther() && t.Offered.Addr().Unmap() == ip {
			return t.Negotiation
		}
	}
	return nil
}

// privateBehind is the private address that the 227 names although the control
// host has another: the server is behind NAT. It is invalid where there is none.
func (v *view) privateBehind() netip.Addr {
	for _, t := range v.of(evidence.Passive) {
		if named := t.Offered.Addr().Unmap(); t.namesOther() && private(named) && !private(t.peer()) {
			return named
		}
	}
	return netip.Addr{}
}
