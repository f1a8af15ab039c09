package probe

import "ftpdiag/probe/evidence"

// planActive is the next question of the active mode: EPRT, and PORT where EPRT
// is refused or brings nothing.
func planActive(v view) (question, bool) {
	if q, ok := planAlone(v); ok {
		return q, true
	}
	op, ok := v.operation()
	if !ok {
		return question{}, false
	}
	op.purpose = evidence.PurposeTransfer
	eprt, port := v.last(evidence.EPRT), v.last(evidence.PORT)
	switch {
	case eprt == nil, refusedOperation(*eprt) && !v.triedAll(op, evidence.EPRT):
		op.method = evidence.EPRT
		return op, true
	case port == nil && v.peer.Is4() && v.portWouldHelp(*eprt),
		port != nil && refusedOperation(*port) && !v.triedAll(op, evidence.PORT):
		op.method = evidence.PORT
		op.fresh = eprt.Failure != nil && eprt.Failure.Op != evidence.OpNegotiate
		return op, true
	case v.file != "" && v.lastWorking() != "" && !v.fetched():
		return question{method: v.lastWorking(), operation: opRETR, path: v.file, purpose: evidence.PurposeTransfer}, true
	case v.seenAddressWouldHelp():
		return question{method: evidence.PORT, purpose: evidence.PurposeSeenAddress, address: v.seenAs}, true
	}
	return question{}, false
}

// lastWorking is the active method whose transfer worked; "": none.
func (v view) lastWorking() evidence.Method {
	for _, m := range []evidence.Method{evidence.EPRT, evidence.PORT} {
		if a := v.last(m); a != nil && a.Outcome == evidence.OutcomeWorks {
			return m
		}
	}
	return ""
}

// fetched tells whether the file of the listing was asked for.
func (v view) fetched() bool {
	for _, a := range v.attempts {
		if a.Operation == opRETR && a.Path == v.file {
			return true
		}
	}
	return false
}

// portWouldHelp: EPRT refused may be a server or a helper that knows only PORT;
// EPRT accepted and then nothing may be such a helper too (rule 16). A server
// that gives us one connection at a time keeps the slot of a dead active
// attempt for half a minute, so nothing comes after it.
func (v view) portWouldHelp(eprt evidence.Attempt) bool {
	if eprt.Failure == nil {
		return false
	}
	switch eprt.Failure.Op {
	case evidence.OpNegotiate:
		return true
	case evidence.OpDataAccept:
		return !v.serial && v.readable
	}
	return false
}

// seenAddressWouldHelp: where our own address was refused and the server names
// another one as ours, offering that one tells whether the address was the reason.
func (v view) seenAddressWouldHelp() bool {
	if !v.seenAs.Is4() || v.count(evidence.PurposeSeenAddress) > 0 || v.quick {
		return false
	}
	a := v.last(evidence.PORT)
	return a != nil && a.Failure != nil && a.Failure.Op == evidence.OpNegotiate && a.Failure.Kind == evidence.KindRejected &&
		a.Offered.Addr() != v.seenAs
}
