package diagnose

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"ftpdiag/probe/evidence"
)

// passiveDataRules explain passive data connections that were made and then led
// nowhere.
var passiveDataRules = []rule{addressMismatch, unseenConnection, unmarked}

// addressMismatch: the server says that the data connection came from another
// address than the control connection.
func addressMismatch(v *view) []hit {
	tries := only(v.unexplained(evidence.Passive), func(t *try) bool { return t.says == PassiveAddressMismatch })
	if len(tries) == 0 {
		return nil
	}
	return one(hit{code: PassiveAddressMismatch, mode: evidence.Passive, weight: decides, tries: tries, who: v.mismatchActors(),
		evidence: lines(append(quotes(tries), dialled(tries[0]))...), open: []Code{PassiveEgressAddressVaries}})
}

// mismatchActors: a client behind NAT may have two ways out. Where the server
// sees a private address although it has a public one, something before it
// (a container's proxy, a load balancer) hides who calls.
func (v *view) mismatchActors() []Who {
	state, _, seen := v.nat()
	switch {
	case seen.IsValid() && private(seen) && public(parseAddr(v.peer())):
		return []Who{ServerNetwork, ServerAdmin}
	case state == natThere:
		return []Who{ClientNetwork, ServerNetwork, ServerAdmin}
	}
	return nil
}

// atOnce is how soon a server answers that had a connection to look at. One that
// waits for a connection which never comes waits for tens of seconds.
const atOnce = 3 * time.Second

// unseenConnection: we were connected, and the server answers 425 or 421 as if
// there were no connection. It saw one that it would not have, or none at all.
func unseenConnection(v *view) []hit {
	tries := only(v.broken(evidence.Passive, evidence.OpTransfer, evidence.OpCompletion), func(t *try) bool {
		r := said(t.Attempt)
		return t.Connected != nil && t.Bytes == 0 && t.by(evidence.KindRejected) &&
			(t.says == PassiveMiddleboxAccepts || t.waitedInVain() || t.says == "" && r != nil && (r.Code == 425 || r.Code == 421))
	})
	if len(tries) == 0 {
		return nil
	}
	h := hit{mode: evidence.Passive, weight: decides, tries: tries, evidence: lines(append(quotes(tries), dialled(tries[0]))...)}
	seenByServer := tries[0].says == "" && waited(tries[0]).Duration() < atOnce
	switch {
	case v.acceptsAnything():
		h.code, h.pair = PassiveMiddleboxAccepts, true
		h.evidence = lines(append(h.evidence, v.acceptsLine())...)
	case seenByServer:
		h.who = v.mismatchActors()
		h.code, h.open = PassiveAddressMismatch, []Code{PassiveEgressAddressVaries, PassiveMultiBackend}
		if len(v.ev.PassivePorts.Probes) == 0 {
			h.open = append(h.open, PassiveMiddleboxAccepts)
		}
	default:
		h.code, h.open = PassiveMiddleboxAccepts, []Code{PassiveMultiBackend}
	}
	return one(h)
}

// unmarked: we were connected, and the server says nothing at all to LIST.
func unmarked(v *view) []hit {
	tries := only(v.broken(evidence.Passive, evidence.OpTransfer), func(t *try) bool {
		return t.by(evidence.KindTimedOut) && t.Mark == nil && t.Connected != nil && t.Bytes == 0
	})
	if len(tries) == 0 {
		return nil
	}
	h := hit{code: TransferStalled, mode: evidence.Passive, weight: decides, tries: tries, evidence: lines(
		dialled(tries[0]), fmt.Sprintf("%s: no reply for %s", asked(tries[0]), took(waited(tries[0]))))}
	switch {
	case v.acceptsAnything():
		h.code, h.pair = PassiveMiddleboxAccepts, true
		h.evidence = lines(append(h.evidence, v.acceptsLine())...)
	case strings.HasPrefix(v.product, "Pure-FTPd"):
		// It closes a data connection from another address at once, and says
		// nothing until its idle timeout.
		h.code, h.who, h.open = PassiveAddressMismatch, v.mismatchActors(), []Code{PassiveEgressAddressVaries, TransferStalled}
	case len(v.ev.PassivePorts.Probes) > 0:
		h.open = []Code{PassiveMultiBackend}
	default:
		h.open = []Code{PassiveMiddleboxAccepts, PassiveMultiBackend}
	}
	return one(h)
}

// acceptsAnything: ports on which nobody listens take connections.
func (v *view) acceptsAnything() bool {
	probes := v.ev.PassivePorts.Probes
	return slices.ContainsFunc(probes, func(p evidence.PortProbe) bool { return p.Kind == "" }) && allConnect(probes)
}

func (v *view) acceptsLine() string {
	return "a port that nobody offered takes connections too: " + ports(v.ev.PassivePorts.Probes)
}
