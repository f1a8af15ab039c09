package diagnose

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"ftpdiag/probe/evidence"
)

// greetingRules are about what comes before a login can be tried.
var greetingRules = []rule{implicitTLS, greetingSilence, wrongProtocol, greetingRefusal, greetingEnd}

// failedAt is failedSession, if it failed at the step in one of the ways.
func (v *view) failedAt(op evidence.Op, kinds ...evidence.Kind) *evidence.Session {
	s := v.failedSession()
	if s == nil || s.Failure.Op != op || !slices.Contains(kinds, s.Failure.Kind) {
		return nil
	}
	return s
}

// implicitTLS: a port that says nothing until a ClientHello comes.
func implicitTLS(v *view) []hit {
	s := v.failedAt(evidence.OpGreeting, evidence.KindTimedOut)
	if s == nil || s.TLS || !v.helloAnswered() {
		return nil
	}
	h := hit{code: GreetingImplicitTLS, weight: stops, pair: true, tls: evidence.TLSImplicit, evidence: helloLines(s)}
	if v.asks(evidence.TLSExplicit) {
		h.code, h.variant = TLSImplicitExplicitMismatch, wantsImplicit
	}
	return one(h)
}

func helloLines(s *evidence.Session) []string {
	return lines(fmt.Sprintf("port %d: connected, and no greeting", s.Port), "a TLS ClientHello on a second connection was answered")
}

// greetingSilence: connected, and no whole greeting.
func greetingSilence(v *view) []hit {
	s := v.failedAt(evidence.OpGreeting, evidence.KindTimedOut)
	if s == nil {
		return nil
	}
	h := hit{code: GreetingSilent, weight: stops, open: []Code{GreetingSlow},
		evidence: lines(fmt.Sprintf("port %d: connected, %s", s.Port, s.Failure.Message))}
	if wait := v.askedToWait(s); wait != "" {
		h.code, h.open, h.evidence = GreetingSlow, nil, lines(append([]string{wait}, h.evidence...)...)
		return one(h)
	}
	switch {
	case !v.asked(evidence.PurposeClientHello):
		h.open = append(h.open, GreetingImplicitTLS)
	case len(v.ev.PassivePorts.Probes) > 0 && allConnect(v.ev.PassivePorts.Probes):
		h.who, h.pair, h.open = []Who{ClientNetwork, ServerNetwork}, true, nil
		h.evidence = append(h.evidence, "a port where nobody listens takes connections too: "+ports(v.ev.PassivePorts.Probes))
	}
	return one(h)
}

func (v *view) asked(purpose string) bool {
	return slices.ContainsFunc(v.ev.Sessions, func(s evidence.Session) bool { return s.Purpose == purpose })
}

func allConnect(probes []evidence.PortProbe) bool {
	return !slices.ContainsFunc(probes, func(p evidence.PortProbe) bool { return p.Kind != "" })
}

func ports(probes []evidence.PortProbe) string {
	var out []string
	for _, p := range probes {
		out = append(out, fmt.Sprint(p.Port))
	}
	return strings.Join(out, ", ")
}

// askedToWait is the 120 that came in place of a greeting (RFC 959 §5.4).
func (v *view) askedToWait(s *evidence.Session) string {
	for _, x := range v.ev.Transcript {
		if x.Session == s.ID && x.From == evidence.FromServer && strings.HasPrefix(x.Text, "120") {
			return x.Text
		}
	}
	return ""
}

// wrongProtocol: the first bytes are another protocol's.
func wrongProtocol(v *view) []hit {
	h := hit{code: GreetingWrongProtocol, weight: stops, pair: true}
	if s := v.failedAt(evidence.OpGreeting, evidence.KindMalformed); s != nil {
		h.evidence = lines(lastOf(s))
		h.values = map[string]string{"protocol": protocolOf(s.Failure.Message)}
		return one(h)
	}
	greeting := &evidence.Reply{Code: 220, Text: v.ev.Server.Greeting}
	s := v.failedSession()
	if s == nil || !endedAt(s, evidence.OpLogin, evidence.OpAuthTLS) || meaning(greeting, otherProtocols) == "" {
		return nil
	}
	h.values = map[string]string{"protocol": protocolOf(greeting.Text)}
	h.evidence = lines(quote(greeting), lastOf(s))
	return one(h)
}

// protocolOf is the protocol that a greeting belongs to; "": not known.
func protocolOf(greeting string) string {
	for _, p := range []struct{ sign, name string }{
		{"SSH-", "SSH"}, {"HTTP/", "HTTP"}, {"<html", "HTTP"}, {"<!DOCTYPE", "HTTP"}, {"SMTP", "SMTP"},
		{`\x15\x03`, "TLS"}, {`\x16\x03`, "TLS"}, {"+OK", "POP3"}, {"* OK", "IMAP"}, {"NNTP", "NNTP"},
		{"InterNetNews", "NNTP"}, {"RFB ", "VNC"}, {`\xff\xfb`, "Telnet"}, {`\xff\xfd`, "Telnet"},
	} {
		if strings.Contains(strings.ToLower(greeting), strings.ToLower(p.sign)) {
			return p.name
		}
	}
	return ""
}

// greetingRefusal: a reply that says no in place of the 220.
func greetingRefusal(v *view) []hit {
	s := v.failedAt(evidence.OpGreeting, evidence.KindRejected)
	if s == nil {
		return nil
	}
	h := hit{code: meaning(s.Reply, greetingWords), weight: stops, evidence: lines(lastOf(s))}
	if demandsTLS(s) {
		h.code, h.tls = TLSRequired, evidence.TLSExplicit
	}
	if h.code == "" {
		h.code, h.open = GreetingRefused, []Code{GreetingBusy, ControlClientBanned}
		if s.Reply != nil && s.Reply.Code/100 == 4 && s.Reply.Code != 421 {
			h.code, h.open = GreetingBusy, []Code{GreetingRefused}
		}
	}
	return one(h)
}

// greetingEnd: closed, or broken in another way, before any greeting.
func greetingEnd(v *view) []hit {
	s := v.failedSession()
	if s == nil || s.Failure.Op != evidence.OpGreeting || s.Failure.Kind == evidence.KindInterrupted {
		return nil
	}
	return one(hit{code: GreetingRefused, weight: stops, open: []Code{GreetingBusy, ControlClientBanned},
		evidence: lines(v.closings(s)...)})
}

// closings says how each session that failed as s did ended.
func (v *view) closings(s *evidence.Session) []string {
	var out []string
	for _, other := range v.ev.Sessions {
		if f := other.Failure; f != nil && other.Purpose == s.Purpose && f.Op == s.Failure.Op && f.Kind == s.Failure.Kind {
			when := "before any greeting"
			if other.After != "" {
				when = "after " + other.After
			}
			out = append(out, fmt.Sprintf("connection %d: %s %s", other.ID, happened(f.Kind, 0), when))
		}
	}
	return out
}

// How late a greeting is slow. A lost packet delays one by a second or three; a
// lookup that fails delays every one of them by as much.
const (
	slowAlone    = 4 * time.Second
	slowEachTime = 2500 * time.Millisecond
)

// slowGreeting: a greeting that came, but so late that some clients are gone.
// curl gives up on a 120 at once.
func slowGreeting(v *view) []hit {
	var greeted []*evidence.Session
	for i := range v.ev.Sessions {
		if s := &v.ev.Sessions[i]; s.Greeting != nil && s.Purpose == evidence.PurposeDiagnose {
			greeted = append(greeted, s)
		}
	}
	if len(greeted) == 0 {
		return nil
	}
	fastest := slices.MinFunc(greeted, func(a, b *evidence.Session) int { return int(*a.Greeting - *b.Greeting) })
	limit := min(v.ev.Options.Timeout.Duration(), slowAlone)
	if len(greeted) > 1 {
		limit = min(limit, slowEachTime)
	}
	wait := v.askedToWait(fastest)
	slow := fastest.Greeting.Duration() >= max(limit, time.Second) && (fastest.Connect == nil || *fastest.Greeting >= 10**fastest.Connect)
	switch {
	case wait != "" && !slow:
		return one(hit{code: GreetingSlow, variant: asksToWait, weight: cautions, evidence: lines(wait)})
	case !slow:
		return nil
	}
	h := hit{code: GreetingSlow, weight: cautions, values: map[string]string{"seconds": took(*fastest.Greeting)}, pair: len(greeted) > 1}
	h.evidence = lines(wait, fmt.Sprintf("the greeting came %s after the connection", took(*fastest.Greeting)))
	if fastest.Connect != nil {
		h.evidence = append(h.evidence, "the connection itself took "+took(*fastest.Connect))
	}
	return one(h)
}

// intercepted: the signs of something that speaks FTP in the server's name. A
// Cisco ASA with strict inspection writes X over the reply to SYST.
func intercepted(v *view) []hit {
	greeting := &evidence.Reply{Code: 220, Text: v.ev.Server.Greeting}
	h := hit{code: GreetingIntercepted, weight: notes}
	switch {
	case masked(v.ev.Server.System, "Xx"):
		h.evidence = lines("215 " + v.ev.Server.System)
	case masked(v.ev.Server.Greeting, "Xx*"), meaning(greeting, interceptors) != "":
		h.evidence = lines(quote(greeting))
	default:
		return nil
	}
	return one(h)
}

// masked tells a text of which little but one of the marks is left.
func masked(text, marks string) bool {
	for _, mark := range marks {
		if n := strings.Count(text, string(mark)); n >= 4 && 4*n >= 3*len(strings.ReplaceAll(text, " ", "")) {
			return true
		}
	}
	return false
}
