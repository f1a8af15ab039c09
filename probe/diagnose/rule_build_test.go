package diagnose

import (
	"net/netip"
	"time"

	"ftpdiag/probe/evidence"
)

// The evidence of a test is put together from parts. Without any it is that of a
// client at 198.51.100.1 that logged in at 203.0.113.10.
type part func(*evidence.Evidence)

const (
	serverIP  = "203.0.113.10"
	serverLAN = "192.168.1.10"
	serverV6  = "2001:db8::10"
	clientIP  = "198.51.100.1"
	clientLAN = "10.10.0.2"
)

func ms(n float64) evidence.Millis   { return evidence.Millis(n * float64(time.Millisecond)) }
func msp(n float64) *evidence.Millis { m := ms(n); return &m }

// given makes the evidence.
func given(parts ...part) *evidence.Evidence {
	ev := &evidence.Evidence{
		Target:    evidence.Target{Host: "ftp.example.com", Port: 21, User: anonymous, TLS: "off"},
		Options:   evidence.Options{Mode: "both", Expect: "any", Timeout: ms(5000)},
		Addresses: []evidence.Address{{IP: serverIP, Family: 4, Used: true, Connect: msp(12), Routed: true}},
		Sessions: []evidence.Session{{ID: 1, Purpose: evidence.PurposeDiagnose, IP: serverIP, Port: 21, Local: clientIP + ":41000",
			Connect: msp(12), Greeting: msp(13), Login: msp(24)}},
	}
	for _, p := range parts {
		p(ev)
	}
	return ev
}

// outside is what happened before any login.
func outside(parts ...part) *evidence.Evidence {
	return given(append([]part{func(ev *evidence.Evidence) { ev.Sessions = nil }}, parts...)...)
}

func peer(ip string) part {
	return func(ev *evidence.Evidence) {
		ev.Addresses[0].IP = ip
		for i := range ev.Sessions {
			ev.Sessions[i].IP = ip
		}
	}
}

func from(local string) part {
	return func(ev *evidence.Evidence) {
		for i := range ev.Sessions {
			ev.Sessions[i].Local = netip.AddrPortFrom(netip.MustParseAddr(local), 41000).String()
		}
	}
}

func seenAs(ip string) part {
	return func(ev *evidence.Evidence) { ev.Sessions[0].SeenAs = evidence.Maybe(ip) }
}

func greets(text string) part { return func(ev *evidence.Evidence) { ev.Server.Greeting = text } }

func features(names ...string) part {
	return func(ev *evidence.Evidence) { ev.Server.Features = names }
}

func expects(what string) part { return func(ev *evidence.Evidence) { ev.Options.Expect = what } }

func targetPath(path string) part { return func(ev *evidence.Evidence) { ev.Target.Path = path } }

func user(name string) part { return func(ev *evidence.Evidence) { ev.Target.User = name } }

func controlPort(n int) part {
	return func(ev *evidence.Evidence) {
		ev.Target.Port = n
		for i := range ev.Sessions {
			ev.Sessions[i].Port = n
		}
	}
}

// loopbackServer is a server on this machine.
func loopbackServer(ev *evidence.Evidence) {
	peer("127.0.0.1")(ev)
	from("127.0.0.1")(ev)
}

func cut(ev *evidence.Evidence) { ev.Cut = true }

func probes(kinds map[int]evidence.Kind) part {
	return func(ev *evidence.Evidence) {
		for port := range 65536 {
			if k, ok := kinds[port]; ok {
				ev.PassivePorts.Probes = append(ev.PassivePorts.Probes, evidence.PortProbe{Port: port, Kind: k})
			}
		}
	}
}

// server says a line of the dialogue in the first session.
func server(text string) part {
	return func(ev *evidence.Evidence) {
		ev.Transcript = append(ev.Transcript, evidence.Exchange{Session: 1, From: evidence.FromServer, Text: text})
	}
}

// ended is a session that failed.
func ended(op evidence.Op, kind evidence.Kind, after string, r *evidence.Reply) part {
	return func(ev *evidence.Evidence) {
		s := evidence.Session{ID: len(ev.Sessions) + 1, Purpose: evidence.PurposeDiagnose, IP: serverIP, Port: 21,
			Local: clientIP + ":41000", After: after, Reply: r, Failure: failure(op, kind)}
		if op != evidence.OpConnect {
			s.Connect = msp(12)
		}
		ev.Sessions = append(ev.Sessions, s)
	}
}

func failure(op evidence.Op, kind evidence.Kind) *evidence.Failure {
	return &evidence.Failure{Op: op, Kind: kind, Message: string(kind)}
}

func reply(line string) *evidence.Reply { return replyIn(line) }

// refusedAt is a session that ended with a reply.
func refusedAt(op evidence.Op, after, line string) part {
	return ended(op, evidence.KindRejected, after, reply(line))
}

// hello is the ClientHello on a silent port.
func hello(answered bool) part {
	return func(ev *evidence.Evidence) {
		s := evidence.Session{ID: len(ev.Sessions) + 1, Purpose: evidence.PurposeClientHello, IP: serverIP, Port: 21, TLS: answered}
		if !answered {
			s.Failure = failure(evidence.OpTLSHandshake, evidence.KindTimedOut)
		}
		ev.Sessions = append(ev.Sessions, s)
	}
}

func address(ip string, routed bool, kind evidence.Kind) part {
	return func(ev *evidence.Evidence) {
		a := evidence.Address{IP: ip, Family: 4, Routed: routed}
		if netip.MustParseAddr(ip).Is6() {
			a.Family = 6
		}
		switch kind {
		case "":
			a.Connect = msp(12)
		case "pending":
		default:
			a.Failure = failure(evidence.OpConnect, kind)
		}
		ev.Addresses = append(ev.Addresses, a)
	}
}

// unreached replaces all addresses by one that failed.
func unreached(ip string, routed bool, kind evidence.Kind) part {
	return func(ev *evidence.Evidence) {
		ev.Addresses = nil
		address(ip, routed, kind)(ev)
	}
}

// walked is a hop walk to a port.
func walked(port int, w evidence.Walk) part {
	return func(ev *evidence.Evidence) {
		w.Endpoint = evidence.At(netip.MustParseAddr(ev.Addresses[0].IP), port)
		if w.Endpoint.Port() == uint16(ev.Target.Port) {
			w.Control = true
		}
		ev.Walks = append(ev.Walks, w)
	}
}

func route(ips ...string) part {
	return func(ev *evidence.Evidence) {
		for i, ip := range ips {
			ev.Route = append(ev.Route, evidence.Hop{Distance: i + 1, IP: ip})
		}
	}
}

func hops(ips ...string) []evidence.Hop {
	var out []evidence.Hop
	for i, ip := range ips {
		out = append(out, evidence.Hop{Distance: i + 1, IP: ip})
	}
	return out
}

func far(n int) *int { return &n }
