package diagnose

import (
	"cmp"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"ftpdiag/probe"
)

// The evidence of a test is put together from parts. Without any it is that of a
// client at 198.51.100.1 that logged in at 203.0.113.10.
type part func(*probe.Evidence)

const (
	serverIP  = "203.0.113.10"
	serverLAN = "192.168.1.10"
	serverV6  = "2001:db8::10"
	clientIP  = "198.51.100.1"
	clientLAN = "10.10.0.2"
)

func ms(n float64) probe.Millis   { return probe.Millis(n * float64(time.Millisecond)) }
func msp(n float64) *probe.Millis { m := ms(n); return &m }

// given makes the evidence.
func given(parts ...part) *probe.Evidence {
	ev := &probe.Evidence{
		Target:    probe.Target{Host: "ftp.example.com", Port: 21, User: anonymous, TLS: "off"},
		Options:   probe.Options{Mode: "both", Expect: "any", Timeout: ms(5000)},
		Addresses: []probe.Address{{IP: serverIP, Family: 4, Used: true, Connect: msp(12), Routed: true}},
		Sessions: []probe.Session{{ID: 1, Purpose: probe.PurposeDiagnose, IP: serverIP, Port: 21, Local: clientIP + ":41000",
			Connect: msp(12), Greeting: msp(13), Login: msp(24)}},
	}
	for _, p := range parts {
		p(ev)
	}
	return ev
}

// outside is what happened before any login.
func outside(parts ...part) *probe.Evidence {
	return given(append([]part{func(ev *probe.Evidence) { ev.Sessions = nil }}, parts...)...)
}

func peer(ip string) part {
	return func(ev *probe.Evidence) {
		ev.Addresses[0].IP = ip
		for i := range ev.Sessions {
			ev.Sessions[i].IP = ip
		}
	}
}

func from(local string) part {
	return func(ev *probe.Evidence) {
		for i := range ev.Sessions {
			ev.Sessions[i].Local = netip.AddrPortFrom(netip.MustParseAddr(local), 41000).String()
		}
	}
}

func seenAs(ip string) part {
	return func(ev *probe.Evidence) { ev.Sessions[0].SeenAs = probe.Maybe(ip) }
}

func greets(text string) part { return func(ev *probe.Evidence) { ev.Server.Greeting = text } }

func features(names ...string) part {
	return func(ev *probe.Evidence) { ev.Server.Features = names }
}

func expects(what string) part { return func(ev *probe.Evidence) { ev.Options.Expect = what } }

func targetPath(path string) part { return func(ev *probe.Evidence) { ev.Target.Path = path } }

func user(name string) part { return func(ev *probe.Evidence) { ev.Target.User = name } }

func controlPort(n int) part {
	return func(ev *probe.Evidence) {
		ev.Target.Port = n
		for i := range ev.Sessions {
			ev.Sessions[i].Port = n
		}
	}
}

// loopbackServer is a server on this machine.
func loopbackServer(ev *probe.Evidence) {
	peer("127.0.0.1")(ev)
	from("127.0.0.1")(ev)
}

func cut(ev *probe.Evidence) { ev.Cut = true }

func probes(kinds map[int]probe.Kind) part {
	return func(ev *probe.Evidence) {
		for port := range 65536 {
			if k, ok := kinds[port]; ok {
				ev.PassivePorts.Probes = append(ev.PassivePorts.Probes, probe.PortProbe{Port: port, Kind: k})
			}
		}
	}
}

// server says a line of the dialogue in the first session.
func server(text string) part {
	return func(ev *probe.Evidence) {
		ev.Transcript = append(ev.Transcript, probe.Exchange{Session: 1, From: probe.FromServer, Text: text})
	}
}

// ended is a session that failed.
func ended(op probe.Op, kind probe.Kind, after string, r *probe.Reply) part {
	return func(ev *probe.Evidence) {
		s := probe.Session{ID: len(ev.Sessions) + 1, Purpose: probe.PurposeDiagnose, IP: serverIP, Port: 21,
			Local: clientIP + ":41000", After: after, Reply: r, Failure: failure(op, kind)}
		if op != probe.OpConnect {
			s.Connect = msp(12)
		}
		ev.Sessions = append(ev.Sessions, s)
	}
}

func failure(op probe.Op, kind probe.Kind) *probe.Failure {
	return &probe.Failure{Op: op, Kind: kind, Message: string(kind)}
}

func reply(line string) *probe.Reply { return replyIn(line) }

// refusedAt is a session that ended with a reply.
func refusedAt(op probe.Op, after, line string) part {
	return ended(op, probe.KindRejected, after, reply(line))
}

// hello is the ClientHello on a silent port.
func hello(answered bool) part {
	return func(ev *probe.Evidence) {
		s := probe.Session{ID: len(ev.Sessions) + 1, Purpose: probe.PurposeClientHello, IP: serverIP, Port: 21, TLS: answered}
		if !answered {
			s.Failure = failure(probe.OpTLSHandshake, probe.KindTimedOut)
		}
		ev.Sessions = append(ev.Sessions, s)
	}
}

func address(ip string, routed bool, kind probe.Kind) part {
	return func(ev *probe.Evidence) {
		a := probe.Address{IP: ip, Family: 4, Routed: routed}
		if netip.MustParseAddr(ip).Is6() {
			a.Family = 6
		}
		switch kind {
		case "":
			a.Connect = msp(12)
		case "pending":
		default:
			a.Failure = failure(probe.OpConnect, kind)
		}
		ev.Addresses = append(ev.Addresses, a)
	}
}

// unreached replaces all addresses by one that failed.
func unreached(ip string, routed bool, kind probe.Kind) part {
	return func(ev *probe.Evidence) {
		ev.Addresses = nil
		address(ip, routed, kind)(ev)
	}
}

// walked is a hop walk to a port.
func walked(port int, w probe.Walk) part {
	return func(ev *probe.Evidence) {
		w.Endpoint = probe.At(netip.MustParseAddr(ev.Addresses[0].IP), port)
		if w.Endpoint.Port() == uint16(ev.Target.Port) {
			w.Control = true
		}
		ev.Walks = append(ev.Walks, w)
	}
}

func route(ips ...string) part {
	return func(ev *probe.Evidence) {
		for i, ip := range ips {
			ev.Route = append(ev.Route, probe.Hop{Distance: i + 1, IP: ip})
		}
	}
}

func hops(ips ...string) []probe.Hop {
	var out []probe.Hop
	for i, ip := range ips {
		out = append(out, probe.Hop{Distance: i + 1, IP: ip})
	}
	return out
}

func far(n int) *int { return &n }

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

// brief is a Result in one line a finding: what tests compare.
func brief(r *Result) string {
	var b strings.Builder
	fmt.Fprintf(&b, "passive %s, active %s: %s", r.Modes.Passive, r.Modes.Active, r.Recommendation.Mode)
	if r.Recommendation.Method != "" {
		fmt.Fprintf(&b, " %s", r.Recommendation.Method)
	}
	for _, c := range r.Recommendation.Conditions {
		fmt.Fprintf(&b, " %s", c.Code)
	}
	fmt.Fprintf(&b, ", %s", r.Status)
	for _, f := range r.Findings {
		fmt.Fprintf(&b, "\n%s %s %s %s", f.Severity, cmp.Or(string(f.Mode), "-"), f.Code, f.Confidence)
		for i, c := range f.CouldAlsoBe {
			fmt.Fprintf(&b, "%s%s", []string{" or ", ", "}[min(i, 1)], c)
		}
	}
	return b.String()
}

// verdictCase is evidence and the brief of what it means.
type verdictCase struct {
	name string
	ev   *probe.Evidence
	want string
}

func check(t *testing.T, cases []verdictCase) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			r := Diagnose(c.ev)
			want := unindent(c.want)
			if got := brief(r); got != want {
				t.Errorf("got\n%s\nwant\n%s\nevidence\n%s", got, want, proof(r))
			}
		})
	}
}

// unindent takes the indentation of the source off.
func unindent(s string) string {
	var out []string
	for line := range strings.SplitSeq(strings.TrimSpace(s), "\n") {
		out = append(out, strings.TrimSpace(line))
	}
	return strings.Join(out, "\n")
}

// proof is the evidence of each finding.
func proof(r *Result) string {
	var out []string
	for _, f := range r.Findings {
		out = append(out, fmt.Sprintf("%s %v: %s\n  %s", f.Code, f.Who, f.Summary, strings.Join(f.Evidence, "\n  ")))
	}
	return strings.Join(out, "\n")
}
