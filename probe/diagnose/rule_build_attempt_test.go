package diagnose

import (
	"fmt"
	"net/netip"
	"strings"

	"ftpdiag/probe/evidence"
)

// tried adds an attempt to the evidence. It begins 100 ms after the one before.
type tried func(*evidence.Evidence, *evidence.Attempt)

func attempt(m evidence.Method, steps ...tried) part {
	return func(ev *evidence.Evidence) {
		a := evidence.Attempt{ID: len(ev.Attempts) + 1, Session: 1, Mode: modeOf(m), Method: m, Operation: "LIST",
			Purpose: evidence.PurposeTransfer, Start: ms(float64(100 * (len(ev.Attempts) + 1)))}
		a.End = a.Start + ms(60)
		for _, step := range steps {
			step(ev, &a)
		}
		if a.Outcome == "" {
			a.Outcome = evidence.OutcomeFails
			if a.Failure == nil {
				a.Outcome = evidence.OutcomeInconclusive
			}
		}
		ev.Attempts = append(ev.Attempts, a)
	}
}

func later(a *evidence.Attempt, n float64) *evidence.Millis { m := a.Start + ms(n); return &m }

// epsv is the way up to the dial of an offered port.
func epsv(port int, steps ...tried) part {
	return attempt(evidence.EPSV, append([]tried{offers(port)}, steps...)...)
}

// pasv is the same with PASV and the control host's own address in the 227.
func pasv(port int, steps ...tried) part {
	return attempt(evidence.PASV, append([]tried{offers(port)}, steps...)...)
}

// pasvTo is PASV with another address in the 227.
func pasvTo(ip string, port int, steps ...tried) part {
	return attempt(evidence.PASV, append([]tried{offers(port), names227(ip)}, steps...)...)
}

func offers(port int) tried {
	return func(ev *evidence.Evidence, a *evidence.Attempt) {
		ip := netip.MustParseAddr(ev.Addresses[0].IP)
		a.Offered, a.Dialed, a.Negotiated = evidence.At(ip, port), evidence.At(ip, port), later(a, 10)
		a.Negotiation = reply(fmt.Sprintf("229 Entering Extended Passive Mode (|||%d|)", port))
		if a.Method == evidence.PASV {
			a.Negotiation = reply227(ip, port)
		}
	}
}

func reply227(ip netip.Addr, port int) *evidence.Reply {
	if !ip.Is4() {
		ip = netip.IPv4Unspecified()
	}
	return reply(fmt.Sprintf("227 Entering Passive Mode (%s,%d,%d)", strings.ReplaceAll(ip.String(), ".", ","), port>>8, port&255))
}

func names227(ip string) tried {
	return func(_ *evidence.Evidence, a *evidence.Attempt) {
		named := netip.MustParseAddr(ip)
		a.Offered = evidence.At(named, int(a.Offered.Port()))
		a.Negotiation = reply227(named, int(a.Offered.Port()))
	}
}

// eprt and port are agreed on, from the local address.
func eprt(steps ...tried) part {
	return attempt(evidence.EPRT, append([]tried{offersOwn}, steps...)...)
}
func port(steps ...tried) part {
	return attempt(evidence.PORT, append([]tried{offersOwn}, steps...)...)
}

func offersOwn(ev *evidence.Evidence, a *evidence.Attempt) {
	ip := hostPart(ev.Sessions[0].Local)
	a.Offered, a.Listened, a.Negotiated, a.Asked = evidence.At(ip, 41723), evidence.At(ip, 41723), later(a, 10), later(a, 11)
	a.Negotiation = reply("200 " + string(a.Method) + " command successful.")
}

// works: bytes came, and the completion.
func works(bytes int64) tried {
	return func(ev *evidence.Evidence, a *evidence.Attempt) {
		connected(ev, a)
		a.Outcome, a.Bytes, a.CleanEnd = evidence.OutcomeWorks, bytes, true
		a.Mark, a.Reply = reply("150 Here comes the directory listing."), reply("226 Directory send OK.")
		a.Marked, a.FirstByte, a.Replied = later(a, 30), later(a, 40), later(a, 55)
	}
}

// connected: the data connection is there.
func connected(ev *evidence.Evidence, a *evidence.Attempt) {
	a.Connected = later(a, 22)
	if a.Mode == evidence.Active {
		a.AcceptedFrom = evidence.At(netip.MustParseAddr(ev.Addresses[0].IP), ev.Target.Port-1)
	} else {
		a.Asked = later(a, 23)
	}
}

func marked(ev *evidence.Evidence, a *evidence.Attempt) {
	connected(ev, a)
	a.Mark, a.Marked = reply("150 Here comes the directory listing."), later(a, 30)
}

// dial failed in one way.
func dial(kind evidence.Kind) tried {
	return func(_ *evidence.Evidence, a *evidence.Attempt) {
		a.Failure = failure(evidence.OpDataConnect, kind)
		if kind == evidence.KindTimedOut {
			a.End = *later(a, 5010)
		}
	}
}

// says is a refusal of the negotiation.
func says(line string) tried {
	return func(_ *evidence.Evidence, a *evidence.Attempt) {
		a.Negotiation, a.Negotiated = reply(line), later(a, 10)
		a.Failure = failure(evidence.OpNegotiate, evidence.KindRejected)
		a.Dialed = evidence.Endpoint{}
	}
}

// fails at a step, after what has been put together before.
func fails(op evidence.Op, kind evidence.Kind) tried {
	return func(_ *evidence.Evidence, a *evidence.Attempt) {
		a.Failure = failure(op, kind)
		if kind == evidence.KindTimedOut {
			a.End = *later(a, 5010)
		}
	}
}

// answers is the reply at a step that refuses, after so many milliseconds.
func answers(op evidence.Op, line string, after float64) tried {
	return func(_ *evidence.Evidence, a *evidence.Attempt) {
		a.Reply, a.Replied = reply(line), later(a, after)
		a.End = *a.Replied
		a.Failure = failure(op, evidence.KindRejected)
		if op == evidence.OpTransfer && !strings.HasPrefix(line, "42") && !strings.HasPrefix(line, "52") {
			a.Outcome = evidence.OutcomeInconclusive
		}
	}
}

func received(n int64) tried {
	return func(_ *evidence.Evidence, a *evidence.Attempt) {
		a.Bytes = n
		if n > 0 {
			a.FirstByte = later(a, 40)
		}
	}
}

func cleanEnd(_ *evidence.Evidence, a *evidence.Attempt) { a.CleanEnd = true }

func sample(_ *evidence.Evidence, a *evidence.Attempt) {
	a.Purpose, a.Operation = evidence.PurposeSample, opConnect
	if a.Failure == nil {
		a.Outcome, a.Connected = evidence.OutcomeWorks, later(a, 22)
	}
}

func purpose(p string) tried {
	return func(_ *evidence.Evidence, a *evidence.Attempt) { a.Purpose = p }
}

func file(path string) tried {
	return func(_ *evidence.Evidence, a *evidence.Attempt) { a.Operation, a.Path = "RETR", path }
}

func operation(op string) tried {
	return func(_ *evidence.Evidence, a *evidence.Attempt) { a.Operation = op }
}

// but changes an attempt in a way of its own.
func but(change func(*evidence.Attempt)) tried {
	return func(_ *evidence.Evidence, a *evidence.Attempt) { change(a) }
}
