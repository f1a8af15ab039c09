package probe

import (
	"errors"
	"net/netip"
	"strings"
	"time"

	"ftpdiag/probe/evidence"
)

// Bounds of the plan.
const (
	minPatience = 1100 * time.Millisecond // a lost SYN is sent again after one second, and its answer takes a round trip
	// Where one port was silent for so long, another of the same server need not be
	// waited for like the first before the next is tried.
	laterPatience = 300 * time.Millisecond
)

// question is one thing to try.
type question struct {
	method    evidence.Method
	operation string
	path      string
	purpose   string
	patience  time.Duration // how long to wait for the data connection before going on with other questions
	requests  int           // connection requests that its dial may send; 0: the usual number
	address   netip.Addr    // what to offer in active mode in place of the listener's own
	fresh     bool          // needs a control connection on which nothing has failed
}

// target is where a passive data connection is dialled: the control host, or,
// where that is the question, the address that the reply names.
func (q question) target(t *trial, port int) netip.AddrPort {
	if q.purpose == evidence.PurposeForeign {
		return t.a.Offered.AddrPort
	}
	return t.endpoint(port)
}

// view is what a plan looks at: the attempts of one mode so far, and what
// bounds it.
type view struct {
	attempts []evidence.Attempt
	others   []evidence.Attempt // those of the other mode
	path     string
	file     string // a file of the listing to fetch; empty: none wanted, or none there
	peer     netip.Addr
	since    time.Duration // since the first attempt of the mode
	rtt      time.Duration
	timeout  time.Duration
	quick    bool
	foreign  bool // an address of a 227 that is not the control host's may be dialled
	serial   bool // one control connection at a time
	thorough bool
	readable bool // a helper on the way could read the commands of active mode
	decided  bool // the other mode has been tried: what comes now may cost us the server's favour
	slow     bool // the other mode took its time, so that a little more is not noticed
	syns     int  // connection requests that may still be sent to dead ports
	seenAs   netip.Addr
}

func (v view) patience() time.Duration {
	return min(v.timeout, minPatience+2*v.rtt)
}

// operations are what may be asked for, in order: a server that refuses one may
// allow the next. The path of the target comes first.
func (v view) operations() []question {
	qs := []question{{operation: opLIST}, {operation: opNLST}, {operation: opMLSD}}
	switch {
	case v.path == "":
	case strings.HasSuffix(v.path, "/"):
		qs = append([]question{{operation: opLIST, path: v.path}}, qs...)
	default:
		qs = append([]question{{operation: opRETR, path: v.path}}, qs...)
	}
	return qs
}

// operation is the first that has not been refused; ok is false where all have.
func (v view) operation() (question, bool) {
	for _, q := range v.operations() {
		if !v.refused(q) {
			return q, true
		}
	}
	return question{}, false
}

func (v view) refused(q question) bool {
	for _, a := range v.attempts {
		if a.Operation == q.operation && a.Path == q.path && refusedOperation(a) {
			return true
		}
	}
	return false
}

// refusedOperation tells whether the server refused what was asked for, as
// distinct from the way to transfer it. A file that is refused after the mark
// (5yz completion, no byte) counts too.
func refusedOperation(a evidence.Attempt) bool {
	if a.Failure == nil || a.Failure.Kind != evidence.KindRejected || a.Reply == nil || aboutData(a.Reply) {
		return false
	}
	return a.Failure.Op == evidence.OpTransfer ||
		a.Failure.Op == evidence.OpCompletion && a.Bytes == 0 && a.Path != "" && (a.Reply.Code == 550 || a.Reply.Code == 450)
}

// silent tells a dial that nobody has answered so far.
func silent(a evidence.Attempt) bool {
	return a.Dialed.IsValid() && a.Connected == nil &&
		(pending(a) || a.Failure != nil && a.Failure.Op == evidence.OpDataConnect && a.Failure.Kind == evidence.KindTimedOut)
}

// pending tells whether the data connection is still being dialled.
func pending(a evidence.Attempt) bool { return a.Outcome == "" }

// last is the latest transfer with the method; nil: none.
func (v view) last(m evidence.Method) *evidence.Attempt {
	for i := len(v.attempts) - 1; i >= 0; i-- {
		a := &v.attempts[i]
		if a.Method == m && judges(*a) {
			return a
		}
	}
	return nil
}

// judges tells whether the attempt asks the question itself.
func judges(a evidence.Attempt) bool {
	return a.Purpose == evidence.PurposeTransfer || a.Purpose == evidence.PurposeRetry || a.Purpose == evidence.PurposePRET
}

// beside tells whether the attempt asks, by the same question put otherwise, why
// TLS failed.
func beside(a evidence.Attempt) bool {
	return a.Purpose == evidence.PurposePlain || a.Purpose == evidence.PurposeTLS12 || a.Purpose == evidence.PurposeNoReuse
}

// needsPRET tells a refusal that asks for PRET (drftpd, glftpd).
func needsPRET(a evidence.Attempt) bool {
	return a.Negotiation != nil && a.Negotiation.Code/100 == 5 && strings.Contains(a.Negotiation.Text, "PRET")
}

func (v view) count(purpose string) (n int) {
	for _, a := range v.attempts {
		if a.Purpose == purpose {
			n++
		}
	}
	return n
}

// planPassive is the next question of the passive mode.
func planPassive(v view) (question, bool) {
	for _, plan := range []func(view) (question, bool){planAlone, planMethods, planForeign, planSample, planFile, planSmall} {
		if q, ok := plan(v); ok {
			return q, true
		}
	}
	return question{}, false
}

// planMethods asks EPSV, then PASV; again where the first answer decided
// nothing. Where a transfer over EPSV worked, the other command differs by its
// negotiation and its port alone, so the data connection is opened and closed:
// three round trips less. Over IPv6 PASV has no meaning (RFC 2428 §1) and is
// asked only where EPSV failed.
func planMethods(v view) (question, bool) {
	op, ok := v.operation()
	if !ok {
		return question{}, false
	}
	for _, m := range []evidence.Method{evidence.EPSV, evidence.PASV} {
		if m == evidence.PASV && (v.peer.Is6() && !v.failed(evidence.EPSV) || v.failedInTLS(evidence.EPSV) || v.brokeOff(evidence.EPSV) && !v.smallDecided()) {
			continue
		}
		op.method, op.purpose, op.patience = m, evidence.PurposeTransfer, v.patience()
		if first := v.last(evidence.EPSV); m == evidence.PASV && first != nil {
			op.patience, op.requests = v.afterFirst(*first)
		}
		if m == evidence.PASV && v.worked(evidence.EPSV) {
			op.operation, op.path = opConnect, ""
		}
		a := v.last(m)
		switch {
		case a == nil, refusedOperation(*a) && !v.triedAll(op, m):
			return op, true
		case needsPRET(*a) && v.count(evidence.PurposePRET) == 0:
			op.purpose, op.patience = evidence.PurposePRET, v.timeout
			return op, true
		case (undecided(*a) || v.lostSYN(*a)) && v.count(evidence.PurposeRetry) < 2:
			op.purpose, op.patience, op.requests, op.fresh = evidence.PurposeRetry, v.timeout, requestsToBeSure, true
			return op, true
		}
	}
	return question{}, false
}

// failedInTLS tells whether the data connection of the method was made, and its
// encryption failed: how it is negotiated is not what matters then.
func (v view) failedInTLS(m evidence.Method) bool {
	a := v.last(m)
	return a != nil && a.TLS && a.Outcome == evidence.OutcomeFails && failedInTLS(*a)
}

// brokeOff tells whether a file did not come over the data connection of the
// method, which was there: first that is looked into, see planSmall.
func (v view) brokeOff(m evidence.Method) bool {
	a := v.last(m)
	return a != nil && stalledFile(*a)
}

// smallDecided tells whether a listing has been asked for beside a file.
func (v view) smallDecided() bool { return v.count(evidence.PurposeSmall) > 0 }

// afterFirst is how the port of PASV is dialled after that of EPSV: its silence is
// no news where that was silent, and is where that was open.
func (v view) afterFirst(epsv evidence.Attempt) (patience time.Duration, requests int) {
	switch {
	case silent(epsv):
		return min(v.timeout, laterPatience+2*v.rtt), 1
	case epsv.Connected != nil:
		return v.patience(), requestsToBeSure
	}
	return v.patience(), 0
}

func (v view) worked(m evidence.Method) bool {
	a := v.last(m)
	return a != nil && a.Outcome == evidence.OutcomeWorks
}

func (v view) failed(m evidence.Method) bool {
	a := v.last(m)
	return a != nil && a.Outcome == evidence.OutcomeFails
}

// triedAll guards against asking the same operation with the same method again.
func (v view) triedAll(op question, m evidence.Method) bool {
	for _, a := range v.attempts {
		if a.Method == m && a.Operation == op.operation && a.Path == op.path && a.Purpose == evidence.PurposeTransfer {
			return true
		}
	}
	return false
}

// undecided is an attempt that our own doing spoiled: the dial was overtaken by
// a newer negotiation, or answered after we had gone on.
func undecided(a evidence.Attempt) bool {
	return a.Outcome == evidence.OutcomeInconclusive && !refusedOperation(a) && !spared(a) &&
		(a.Failure == nil || a.Superseded && a.Failure.Op == evidence.OpDataConnect || a.Failure.Kind == evidence.KindInterrupted)
}

// spared tells a dial that was left out.
func spared(a evidence.Attempt) bool { return a.Failure != nil && errors.Is(a.Failure, errSpared) }

// lostSYN tells a dial that stayed silent after a newer negotiation, as the only
// one among dials that were answered: its SYN may have been lost, and the next
// one came too late, to a port that was no longer the one expected.
func (v view) lostSYN(a evidence.Attempt) bool {
	if !a.Superseded || a.Purpose == evidence.PurposeRetry || a.Outcome != evidence.OutcomeFails || a.Failure.Op != evidence.OpDataConnect {
		return false
	}
	connected := 0
	for _, b := range v.attempts {
		switch {
		case b.ID == a.ID || !b.Dialed.IsValid():
		case b.Connected != nil:
			connected++
		case b.Outcome == evidence.OutcomeFails:
			return false
		}
	}
	return connected > 1
}

// planForeign dials the address that a 227 names, where it is not the control
// host's and the control host did not answer on that port (rule 11).
func planForeign(v view) (question, bool) {
	a := v.last(evidence.PASV)
	if !v.foreign || a == nil || !a.Offered.IsValid() || v.count(evidence.PurposeForeign) > 0 {
		return question{}, false
	}
	dead := pending(*a) || a.Failure != nil && a.Failure.Op == evidence.OpDataConnect
	if !dead || !mayDial(a.Offered.Addr(), v.peer) {
		return question{}, false
	}
	op, ok := v.operation()
	op.method, op.purpose, op.patience = evidence.PASV, evidence.PurposeForeign, v.timeout
	return op, ok
}
