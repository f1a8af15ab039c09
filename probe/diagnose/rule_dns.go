package diagnose

import (
	"fmt"

	"ftpdiag/probe/evidence"
)

// dnsRules are about looking the name up.
var dnsRules = []rule{noAddress}

// noAddress names the failure of the lookup itself.
func noAddress(v *view) []hit {
	f := v.ev.Resolve.Failure
	if f == nil || f.Kind == evidence.KindInterrupted {
		return nil
	}
	h := hit{
		code:     DNSResolverFailure,
		weight:   stops,
		evidence: lines(fmt.Sprintf("lookup of %s: %s", v.ev.Target.Host, f.Message)),
	}
	if f.Kind == evidence.KindNoSuchHost {
		h.code, h.open = DNSNoSuchHost, []Code{DNSSplitHorizon}
		switch v.ev.Options.Family {
		case "ipv4":
			h.variant, h.open = noIPv4, nil
		case "ipv6":
			h.variant, h.open = noIPv6, nil
		}
	}
	return one(h)
}

// deadFamily finds that one of IPv4 and IPv6 does not answer where the other
// does. Without a route on this machine that is nobody's fault, and loopback is
// not the world's (rule 17).
func deadFamily(v *view) []hit {
	var hits []hit
	for _, family := range []int{4, 6} {
		dead, alive := v.tried(family), v.tried(10-family)
		if len(dead) == 0 || !allDead(dead) || !anyAlive(alive) {
			continue
		}
		h := hit{code: DNSDeadAAAA, weight: cautions, pair: true, values: map[string]string{
			"family": fmt.Sprintf("IPv%d", family), "other": fmt.Sprintf("IPv%d", 10-family), "address": dead[0].IP,
		}}
		for _, a := range dead {
			h.evidence = append(h.evidence, fmt.Sprintf("connect to %s: %s", a.IP, happened(a.Failure.Kind, 0)))
		}
		for _, a := range alive {
			if a.Connect != nil {
				h.evidence = append(h.evidence, fmt.Sprintf("connect to %s: connected in %s", a.IP, took(*a.Connect)))
			}
		}
		h.evidence = lines(h.evidence...)
		hits = append(hits, h)
	}
	return hits
}

// tried are the addresses of a family that the run has an answer of, or of which it
// awaited one in vain.
func (v *view) tried(family int) []evidence.Address {
	var out []evidence.Address
	for _, a := range v.ev.Addresses {
		if a.Family == family && (a.Connect != nil || a.Failure != nil) {
			out = append(out, a)
		}
	}
	return out
}

func anyAlive(addresses []evidence.Address) bool {
	for _, a := range addresses {
		if a.Connect != nil && a.Failure == nil {
			return true
		}
	}
	return false
}

// allDead tells whether the network answered for none of the addresses: a fault of
// this machine is no proof.
func allDead(addresses []evidence.Address) bool {
	for _, a := range addresses {
		if a.Failure == nil || !a.Routed || parseAddr(a.IP).IsLoopback() {
			return false
		}
		switch a.Failure.Kind {
		case evidence.KindRefused, evidence.KindTimedOut, evidence.KindReset, evidence.KindHostUnreachable,
			evidence.KindNetUnreachable, evidence.KindProhibited:
		default:
			return false
		}
	}
	return true
}
