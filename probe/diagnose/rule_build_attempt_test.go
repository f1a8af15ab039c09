package diagnose

import (
	"fmt"
	"net/netip"
	"strings"

	"ftpdiag/probe"
)

// tried adds an attempt to the evidence. It begins 100 ms after the one before.
type tried func(*probe.Evidence, *probe.Attempt)

func attempt(m probe.Method, steps ...tried) part {
	return func(ev *probe.Evidence) {
		a := probe.Attempt{ID: len(ev.Attempts) + 1, Session: 1, Mode: modeOf(m), Method: m, Operation: "LIST",
			Purpose: probe.PurposeTransfer, Start: ms(float64(100 * (len(ev.Attempts) + 1)))}
		a.End = a.Start + ms(60)
		for _, step := range steps {
			step(ev, &a)
		}
		if a.Outcome == "" {
			a.Outcome = probe.OutcomeFails
			if a.Failure == nil {
				a.Outcome = probe.OutcomeInconclusive
			}
		}
		ev.Attempts = append(ev.Attempts, a)
	}
}

func later(a *probe.Attempt, n float64) *probe.Millis { m := a.Start + ms(n); return &m }

// epsv is the way up to the dial of an offered port.
func epsv(port int, steps ...tried) part {
	return attempt(probe.EPSV, append([]tried{offers(port)}, steps...)...)
}

// pasv is the same with PASV and the control host's own address in the 227.
func pasv(port int, steps ...tried) part {
	return attempt(probe.PASV, append([]tried{offers(port)}, steps...)...)
}

// pasvTo is PASV with another address in the 227.
func pasvTo(ip string, port int, steps ...tried) part {
	return attempt(probe.PASV, append([]tried{offers(port), names227(ip)}, steps...)...)
}

func offers(port int) tried {
	return func(ev *probe.Evidence, a *probe.Attempt) {
		ip := netip.MustParseAddr(ev.Addresses[0].IP)
		a.Offered, a.Dialed, a.Negotiated = probe.At(ip, port), probe.At(ip, port), later(a, 10)
		a.Negotiation = reply(fmt.Sprintf("229 Entering Extended Passive Mode (|||%d|)", port))
		if a.Method == probe.PASV {
			a.Negotiation = reply227(ip, port)
		}
	}
}

func reply227(ip netip.Addr, port int) *probe.Reply {
	if !ip.Is4() {
		ip = netip.IPv4Unspecified()
	}
	return reply(fmt.Sprintf("227 Entering Passive Mode (%s,%d,%d)", strings.ReplaceAll(ip.String(), ".", ","), port>>8, port&255))
}

func names227(ip string) tried {
	return func(_ *probe.Evidence, a *probe.Attempt) {
		named := netip.MustParseAddr(ip)
		a.Offered = probe.At(named, int(a.Offered.Port()))
		a.Negotiation = reply227(named, int(a.Offered.Port()))
	}
}

// eprt and port are agreed on, from the local address.
func eprt(steps ...tried) part {
	return attempt(probe.EPRT, append([]tried{offersOwn}, steps...)...)
}
func port(steps ...tried) part {
	return attempt(probe.PORT, append([]tried{offersOwn}, steps...)...)
}

func offersOwn(ev *probe.Evidence, a *probe.Attempt) {
	ip := hostPart(ev.Sessions[0].Local)
	a.Offered, a.Listened, a.Negotiated, a.Asked = probe.At(ip, 41723), probe.At(ip, 41723), later(a, 10), later(a, 11)
	a.Negotiation = reply("200 " + string(a.Method) + " command successful.")
}

// works: bytes came, and the completion.
func works(bytes int64) tried {
	return func(ev *probe.Evidence, a *probe.Attempt) {
		connected(ev, a)
		a.Outcome, a.Bytes, a.CleanEnd = probe.OutcomeWorks, bytes, true
		a.Mark, a.Reply = reply("150 Here comes the directory listing."), reply("226 Directory send OK.")
		a.Marked, a.FirstByte, a.Replied = later(a, 30), later(a, 40), later(a, 55)
	}
}

// connected: the data connection is there.
func connected(ev *probe.Evidence, a *probe.Attempt) {
	a.Connected = later(a, 22)
	if a.Mode == probe.Active {
		a.AcceptedFrom = probe.At(netip.MustParseAddr(ev.Addresses[0].IP), ev.Target.Port-1)
	} else {
		a.Asked = later(a, 23)
	}
}

func marked(ev *probe.Evidence, a *probe.Attempt) {
	connected(ev, a)
	a.Mark, a.Marked = reply("150 Here comes the directory listing."), later(a, 30)
}

// dial failed in one way.
func dial(kind probe.Kind) tried {
	return func(_ *probe.Evidence, a *probe.Attempt) {
		a.Failure = failure(probe.OpDataConnect, kind)
		if kind == probe.KindTimedOut {
			a.End = *later(a, 5010)
		}
	}
}

// says is a refusal of the negotiation.
func says(line string) tried {
	return func(_ *probe.Evidence, a *probe.Attempt) {
		a.Negotiation, a.Negotiated = reply(line), later(a, 10)
		a.Failure = failure(probe.OpNegotiate, probe.KindRejected)
		a.Dialed = probe.Endpoint{}
	}
}

// fails at a step, after what has been put together before.
func fails(op probe.Op, kind probe.Kind) tried {
	return func(_ *probe.Evidence, a *probe.Attempt) {
		a.Failure = failure(op, kind)
		if kind == probe.KindTimedOut {
			a.End = *later(a, 5010)
		}
	}
}

// answers is the reply at a step that refuses, after so many milliseconds.
func answers(op probe.Op, line string, after float64) tried {
	return func(_ *probe.Evidence, a *probe.Attempt) {
		a.Reply, a.Replied = reply(line), later(a, after)
		a.End = *a.Replied
		a.Failure = failure(op, probe.KindRejected)
		if op == probe.OpTransfer && !strings.HasPrefix(line, "42") && !strings.HasPrefix(line, "52") {
			a.Outcome = probe.OutcomeInconclusive
		}
	}
}

func received(n int64) tried {
	return func(_ *probe.Evidence, a *probe.Attempt) {
		a.Bytes = n
		if n > 0 {
			a.FirstByte = later(a, 40)
		}
	}
}

func cleanEnd(_ *probe.Evidence, a *probe.Attempt) { a.CleanEnd = true }

func sample(_ *probe.Evidence, a *probe.Attempt) {
	a.Purpose, a.Operation = probe.PurposeSample, opConnect
	if a.Failure == nil {
		a.Outcome, a.Connected = probe.OutcomeWorks, later(a, 22)
	}
}

func purpose(p string) tried {
	return func(_ *probe.Evidence, a *probe.Attempt) { a.Purpose = p }
}

func file(path string) tried {
	return func(_ *probe.Evidence, a *probe.Attempt) { a.Operation, a.Path = "RETR", path }
}

func operation(op string) tried {
	return func(_ *probe.Evidence, a *probe.Attempt) { a.Operation = op }
}

// but changes an attempt in a way of its own.
func but(change func(*probe.Attempt)) tried {
	return func(_ *probe.Evidence, a *probe.Attempt) { change(a) }
}
