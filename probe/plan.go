package probe

import (
	"errors"
	"math/bits"
	"net/netip"
	"strings"
	"time"
)

// Bounds of the plan.
const (
	minPatience = 1100 * time.Millisecond // a lost SYN is sent again after one second, and its answer takes a round trip
	// Where one port was silent for so long, another of the same server need not be
	// waited for like the first before the next is tried.
	laterPatience = 300 * time.Millisecond

	samplesOnSilence = 3  // offered ports dialled in all where none connects: ports that nobody offered tell more
	samplesOnRefusal = 5  // where all are refused: there ports that nobody offered tell nothing
	samplesOnDoubt   = 16 // where some connect
	samplesBeside    = 5  // where all connect
	samplingTime     = 2500 * time.Millisecond
	// Three samples are six round trips. From a server this near they take less
	// time than anybody notices, and need no other wait to hide behind.
	nearRTT = 8 * time.Millisecond
	// A port that is dialled after a newer negotiation is no evidence, so a
	// sample has this long, or one and a half round trips, for its answer.
	minSamplePatience = 20 * time.Millisecond
)

// question is one thing to try.
type question struct {
	method    Method
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
	if q.purpose == PurposeForeign {
		return t.a.Offered.AddrPort
	}
	return t.endpoint(port)
}

// view is what a plan looks at: the attempts of one mode so far, and what
// bounds it.
type view struct {
	attempts []Attempt
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
		if a.Operation == q.operation && a.Path == q.path && a.refusedOperation() {
			return true
		}
	}
	return false
}

// refusedOperation tells whether the server refused what was asked for, as
// distinct from the way to transfer it. A file that is refused after the mark
// (5yz completion, no byte) counts too.
func (a Attempt) refusedOperation() bool {
	if a.Failure == nil || a.Failure.Kind != KindRejected || a.Reply == nil || aboutData(a.Reply) {
		return false
	}
	return a.Failure.Op == OpTransfer ||
		a.Failure.Op == OpCompletion && a.Bytes == 0 && a.Path != "" && (a.Reply.Code == 550 || a.Reply.Code == 450)
}

// silent tells a dial that nobody has answered so far.
func (a Attempt) silent() bool {
	return a.Dialed.IsValid() && a.Connected == nil &&
		(a.pending() || a.Failure != nil && a.Failure.Op == OpDataConnect && a.Failure.Kind == KindTimedOut)
}

// pending tells whether the data connection is still being dialled.
func (a Attempt) pending() bool { return a.Outcome == "" }

// last is the latest transfer with the method; nil: none.
func (v view) last(m Method) *Attempt {
	for i := len(v.attempts) - 1; i >= 0; i-- {
		a := &v.attempts[i]
		if a.Method == m && a.judges() {
			return a
		}
	}
	return nil
}

// judges tells whether the attempt asks the question itself.
func (a Attempt) judges() bool {
	return a.Purpose == PurposeTransfer || a.Purpose == PurposeRetry || a.Purpose == PurposePRET
}

// beside tells whether the attempt asks, by the same question put otherwise, why
// TLS failed.
func (a Attempt) beside() bool {
	return a.Purpose == PurposePlain || a.Purpose == PurposeTLS12 || a.Purpose == PurposeNoReuse
}

// needsPRET tells a refusal that asks for PRET (drftpd, glftpd).
func (a Attempt) needsPRET() bool {
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
	for _, plan := range []func(view) (question, bool){planMethods, planForeign, planSample, planFile, planSmall} {
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
	for _, m := range []Method{EPSV, PASV} {
		if m == PASV && (v.peer.Is6() && !v.failed(EPSV) || v.failedInTLS(EPSV) || v.brokeOff(EPSV) && !v.smallDecided()) {
			continue
		}
		op.method, op.purpose, op.patience = m, PurposeTransfer, v.patience()
		if first := v.last(EPSV); m == PASV && first != nil {
			op.patience, op.requests = v.afterFirst(*first)
		}
		if m == PASV && v.worked(EPSV) {
			op.operation, op.path = opConnect, ""
		}
		a := v.last(m)
		switch {
		case a == nil, a.refusedOperation() && !v.triedAll(op, m):
			return op, true
		case a.needsPRET() && v.count(PurposePRET) == 0:
			op.purpose, op.patience = PurposePRET, v.timeout
			return op, true
		case (a.undecided() || v.lostSYN(*a)) && v.count(PurposeRetry) < 2:
			op.purpose, op.patience, op.requests, op.fresh = PurposeRetry, v.timeout, requestsToBeSure, true
			return op, true
		}
	}
	return question{}, false
}

// failedInTLS tells whether the data connection of the method was made, and its
// encryption failed: how it is negotiated is not what matters then.
func (v view) failedInTLS(m Method) bool {
	a := v.last(m)
	return a != nil && a.TLS && a.Outcome == OutcomeFails && a.failedInTLS()
}

// brokeOff tells whether a file did not come over the data connection of the
// method, which was there: first that is looked into, see planSmall.
func (v view) brokeOff(m Method) bool {
	a := v.last(m)
	return a != nil && a.stalledFile()
}

// smallDecided tells whether a listing has been asked for beside a file.
func (v view) smallDecided() bool { return v.count(PurposeSmall) > 0 }

// afterFirst is how the port of PASV is dialled after that of EPSV: its silence is
// no news where that was silent, and is where that was open.
func (v view) afterFirst(epsv Attempt) (patience time.Duration, requests int) {
	switch {
	case epsv.silent():
		return min(v.timeout, laterPatience+2*v.rtt), 1
	case epsv.Connected != nil:
		return v.patience(), requestsToBeSure
	}
	return v.patience(), 0
}

func (v view) worked(m Method) bool {
	a := v.last(m)
	return a != nil && a.Outcome == OutcomeWorks
}

func (v view) failed(m Method) bool {
	a := v.last(m)
	return a != nil && a.Outcome == OutcomeFails
}

// triedAll guards against asking the same operation with the same method again.
func (v view) triedAll(op question, m Method) bool {
	for _, a := range v.attempts {
		if a.Method == m && a.Operation == op.operation && a.Path == op.path && a.Purpose == PurposeTransfer {
			return true
		}
	}
	return false
}

// undecided is an attempt that our own doing spoiled: the dial was overtaken by
// a newer negotiation, or answered after we had gone on.
func (a Attempt) undecided() bool {
	return a.Outcome == OutcomeInconclusive && !a.refusedOperation() && !a.spared() &&
		(a.Failure == nil || a.Superseded && a.Failure.Op == OpDataConnect || a.Failure.Kind == KindInterrupted)
}

// spared tells a dial that was left out.
func (a Attempt) spared() bool { return a.Failure != nil && errors.Is(a.Failure, errSpared) }

// lostSYN tells a dial that stayed silent after a newer negotiation, as the only
// one among dials that were answered: its SYN may have been lost, and the next
// one came too late, to a port that was no longer the one expected.
func (v view) lostSYN(a Attempt) bool {
	if !a.Superseded || a.Purpose == PurposeRetry || a.Outcome != OutcomeFails || a.Failure.Op != OpDataConnect {
		return false
	}
	connected := 0
	for _, b := range v.attempts {
		switch {
		case b.ID == a.ID || !b.Dialed.IsValid():
		case b.Connected != nil:
			connected++
		case b.Outcome == OutcomeFails:
			return false
		}
	}
	return connected > 1
}

// planForeign dials the address that a 227 names, where it is not the control
// host's and the control host did not answer on that port (rule 11).
func planForeign(v view) (question, bool) {
	a := v.last(PASV)
	if !v.foreign || a == nil || !a.Offered.IsValid() || v.count(PurposeForeign) > 0 {
		return question{}, false
	}
	dead := a.pending() || a.Failure != nil && a.Failure.Op == OpDataConnect
	if !dead || !mayDial(a.Offered.Addr(), v.peer) {
		return question{}, false
	}
	op, ok := v.operation()
	op.method, op.purpose, op.patience = PASV, PurposeForeign, v.timeout
	return op, ok
}

// requestsToBeSure are those of a dial whose silence would be news: where all
// others connect, three lost in a row are no chance.
const requestsToBeSure = 4

// offeredDials sums up the dials of offered ports.
type offeredDials struct {
	all, open, dead int
	pending         int      // of the dead ones: not answered so far
	silent          bool     // none of them was answered
	methods         []Method // those that offer ports
	over            bool     // no more ports are to be had, or what breaks, breaks later

	openBy, deadBy map[Method]int
}

// sureOfSplit is how many ports of each command must agree before it is the command
// that decides: of ports that are open by chance, fourteen fall so once in eight thousand.
const sureOfSplit = 7

// split tells whether it is the command that decides, and not the port: all that
// one offers are open, and all that the other offers are dead.
func (d offeredDials) split() bool {
	for _, m := range []Method{EPSV, PASV} {
		if d.deadBy[m] >= sureOfSplit && d.openBy[m] == 0 && d.openBy[other(m)] >= sureOfSplit && d.deadBy[other(m)] == 0 {
			return true
		}
	}
	return false
}

// other is the other command of passive mode.
func other(m Method) Method {
	if m == EPSV {
		return PASV
	}
	return EPSV
}

func (v view) offeredDials() (d offeredDials) {
	d.silent, d.openBy, d.deadBy = true, map[Method]int{}, map[Method]int{}
	for _, a := range v.attempts {
		d.over = d.over || a.Purpose == PurposeSample && a.Failure != nil && a.Failure.Op == OpNegotiate ||
			a.Outcome == OutcomeFails && a.Connected != nil
		if !a.Dialed.IsValid() || a.Purpose == PurposeForeign {
			continue
		}
		d.all++
		d.silent = d.silent && a.silent()
		switch {
		case a.Connected != nil || a.Outcome == OutcomeWorks:
			d.open++
			d.openBy[a.Method]++
		case a.pending() || a.Outcome == OutcomeFails && a.Failure.Op == OpDataConnect:
			d.dead++
			d.deadBy[a.Method]++
			if a.pending() {
				d.pending++
			}
		}
		if a.Purpose == PurposeTransfer && a.Offered.IsValid() {
			d.methods = append(d.methods, a.Method)
		}
	}
	return d
}

// samples is how many offered ports are dialled in all.
func (v view) samples(d offeredDials) int {
	switch {
	case len(d.methods) == 0, d.over, d.split(), v.quick:
		return 0
	case (v.thorough || v.serial) && !v.decided:
		return 0
	case d.dead > 0 && (v.thorough || d.open > 0):
		return samplesOnDoubt
	case d.dead > 0 && d.silent:
		return samplesOnSilence
	case d.dead > 0:
		return samplesOnRefusal
	case v.decided && (v.slow || v.rtt <= nearRTT):
		return samplesBeside
	}
	return 0
}

// planSample dials more of the offered ports. After a failure that tells a
// boundary from a blockade; after success it guards against a lucky try.
func planSample(v view) (question, bool) {
	d := v.offeredDials()
	if d.open > 0 && d.dead > 0 && d.dead == d.pending {
		return question{}, false // its answer may still come: a packet may be lost
	}
	if d.all >= v.samples(d) || v.syns < 1 || d.dead > 0 && v.since > samplingTime+v.sampledFrom() {
		return question{}, false
	}
	// Not by turns: a server may hand out an open and a dead port by turns too.
	turn := bits.OnesCount(uint(d.all)) % len(d.methods)
	q := question{method: d.methods[turn], operation: opConnect, purpose: PurposeSample,
		patience: max(minSamplePatience, 3*v.rtt/2), requests: 1}
	if d.dead == 0 {
		q.requests, q.patience = requestsToBeSure, v.timeout
	}
	return q, true
}

// sampledFrom is when the first sample began; before, the time since the first
// attempt.
func (v view) sampledFrom() time.Duration {
	for _, a := range v.attempts {
		if a.Purpose == PurposeSample {
			return a.Start.Duration() - v.attempts[0].Start.Duration()
		}
	}
	return v.since
}

// planFile fetches a file of the listing, where one is wanted.
func planFile(v view) (question, bool) {
	a := v.last(EPSV)
	if a == nil || a.Outcome != OutcomeWorks {
		a = v.last(PASV)
	}
	if v.file == "" || a == nil || a.Outcome != OutcomeWorks || v.fetched() {
		return question{}, false
	}
	return question{method: a.Method, operation: opRETR, path: v.file, purpose: PurposeTransfer, patience: v.timeout}, true
}

// planSmall asks for a listing after a file that stalled without a byte: where
// small transfers go through, the size of the packets is what stalls them.
func planSmall(v view) (question, bool) {
	if v.count(PurposeSmall) > 0 || v.path == "" {
		return question{}, false
	}
	for _, a := range v.attempts {
		if a.stalledFile() {
			return question{method: a.Method, operation: opLIST, purpose: PurposeSmall, patience: v.timeout, fresh: true}, true
		}
	}
	return question{}, false
}

// stalledFile tells a file of which not a byte came.
func (a Attempt) stalledFile() bool {
	return a.Path != "" && a.Mark != nil && a.Bytes == 0 && a.Failure != nil &&
		a.Failure.Op == OpTransfer && a.Failure.Kind == KindTimedOut
}

// planActive is the next question of the active mode: EPRT, and PORT where EPRT
// is refused or brings nothing.
func planActive(v view) (question, bool) {
	op, ok := v.operation()
	if !ok {
		return question{}, false
	}
	op.purpose = PurposeTransfer
	eprt, port := v.last(EPRT), v.last(PORT)
	switch {
	case eprt == nil, eprt.refusedOperation() && !v.triedAll(op, EPRT):
		op.method = EPRT
		return op, true
	case port == nil && v.peer.Is4() && v.portWouldHelp(*eprt),
		port != nil && port.refusedOperation() && !v.triedAll(op, PORT):
		op.method = PORT
		op.fresh = eprt.Failure != nil && eprt.Failure.Op != OpNegotiate
		return op, true
	case v.file != "" && v.lastWorking() != "" && !v.fetched():
		return question{method: v.lastWorking(), operation: opRETR, path: v.file, purpose: PurposeTransfer}, true
	case v.seenAddressWouldHelp():
		return question{method: PORT, purpose: PurposeSeenAddress, address: v.seenAs}, true
	}
	return question{}, false
}

// lastWorking is the active method whose transfer worked; "": none.
func (v view) lastWorking() Method {
	for _, m := range []Method{EPRT, PORT} {
		if a := v.last(m); a != nil && a.Outcome == OutcomeWorks {
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
func (v view) portWouldHelp(eprt Attempt) bool {
	if eprt.Failure == nil {
		return false
	}
	switch eprt.Failure.Op {
	case OpNegotiate:
		return true
	case OpDataAccept:
		return !v.serial && v.readable
	}
	return false
}

// seenAddressWouldHelp: where our own address was refused and the server names
// another one as ours, offering that one tells whether the address was the reason.
func (v view) seenAddressWouldHelp() bool {
	if !v.seenAs.Is4() || v.count(PurposeSeenAddress) > 0 || v.quick {
		return false
	}
	a := v.last(PORT)
	return a != nil && a.Failure != nil && a.Failure.Op == OpNegotiate && a.Failure.Kind == KindRejected &&
		a.Offered.Addr() != v.seenAs
}

// mayDial tells whether the address of a 227 may be dialled although it is not
// the control host's: it must be public, or in the control peer's own /16 (IPv6
// /48), and the peer must not be loopback. A hostile server must not make us
// scan for it.
func mayDial(ip, peer netip.Addr) bool {
	if ip == peer || peer.IsLoopback() || !ip.IsValid() {
		return false
	}
	return public(ip) || near(ip, peer)
}

func near(ip, peer netip.Addr) bool {
	bits := 16
	if peer.Is6() {
		bits = 48
	}
	p, err := peer.Prefix(bits)
	return err == nil && p.Contains(ip) && !ip.IsUnspecified()
}

var (
	sharedSpace = netip.MustParsePrefix("100.64.0.0/10") // RFC 6598
	reserved    = netip.MustParsePrefix("240.0.0.0/4")
	thisNetwork = netip.MustParsePrefix("0.0.0.0/8")
)

// public tells whether ip is one of the Internet's. Documentation ranges count
// as public.
func public(ip netip.Addr) bool {
	return ip.IsGlobalUnicast() && !ip.IsPrivate() &&
		!sharedSpace.Contains(ip) && !reserved.Contains(ip) && !thisNetwork.Contains(ip)
}
