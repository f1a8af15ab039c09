package report

import (
	"fmt"
	"strings"

	"ftpdiag/probe/diagnose"
	"ftpdiag/probe/evidence"
)

// connections lists every connection that the run made, and how long each step
// of it took.
func (p *page) connections(r *diagnose.Result) {
	if len(r.Sessions) > 0 {
		p.blank()
		p.fill("", "", span{strong, "Control connections"})
		p.blank()
	}
	for _, s := range r.Sessions {
		lead := fmt.Sprintf("  %3d  ", s.ID)
		p.fill(lead, strings.Repeat(" ", len(lead)), sessionWords(s)...)
	}
	if len(r.Attempts) > 0 {
		p.blank()
		p.fill("", "", span{strong, "Data connections"}, span{plain, " (and the control connection that asked for each)"})
		p.blank()
	}
	for i := range r.Attempts {
		a := &r.Attempts[i]
		lead := fmt.Sprintf("  %3d %3d  ", a.ID, a.Session)
		p.fill(lead, strings.Repeat(" ", len(lead)), attemptWords(a)...)
	}
}

// sessionWords say how far a session came, and how long each step took.
func sessionWords(s evidence.Session) []span {
	var steps []string
	step := func(name string, m *evidence.Millis) {
		if m != nil {
			steps = append(steps, name+" "+took(*m))
		}
	}
	step("connect", s.Connect)
	step("greeting", s.Greeting)
	name := "TLS handshake"
	if s.TLSVersion != "" {
		name = short(string(s.TLSVersion)) + " handshake"
	}
	step(name, s.Handshake)
	step("login", s.Login)
	words := []span{{said, fmt.Sprintf("%s, port %d", short(s.IP), s.Port)}}
	if len(steps) > 0 {
		words = append(words, span{said, ": " + strings.Join(steps, ", ")})
	}
	if l := limit(s.TLSLimit); l != "" {
		words = append(words, span{said, "; " + l})
	}
	if p := purposes[s.Purpose]; p != "" {
		words = append(words, span{plain, "; " + p})
	}
	if s.Failure != nil {
		words = append(words, span{plain, "; failed at the " + stepOf(s.Failure.Op) + ": " + failureWords(s.Failure)})
	}
	if s.Ended != nil {
		words = append(words, span{plain, "; then " + failureWords(s.Ended)})
	}
	return words
}

// attemptWords say what became of an attempt.
func attemptWords(a *evidence.Attempt) []span {
	words := []span{{said, strings.TrimSpace(short(string(a.Method)) + " " + short(a.Operation))}, {plain, ": "}}
	switch a.Outcome {
	case evidence.OutcomeWorks:
		words = append(words, span{good, "works"}, span{plain, ": " + whatCame(a)})
	case evidence.OutcomeFails:
		words = append(append(words, span{bad, "fails"}, span{plain, ": "}), whatFailed(a)...)
	default:
		words = append(append(words, span{plain, "undecided: "}), whatFailed(a)...)
	}
	if a.Resumed != nil && *a.Resumed {
		words = append(words, span{plain, ", TLS session resumed"})
	}
	if p := purposes[a.Purpose]; p != "" {
		words = append(words, span{plain, "; " + p})
	}
	return words
}

// stepOf names a step of a session.
func stepOf(op evidence.Op) string {
	switch op {
	case evidence.OpAuthTLS:
		return "AUTH TLS"
	case evidence.OpTLSHandshake:
		return "TLS handshake"
	}
	return oneLine(string(op))
}

// purposes are what connections beside the question itself are for.
var purposes = map[string]string{
	evidence.PurposeClientHello: "to see whether the port speaks TLS",
	evidence.PurposePort21:      "asked at port 21",
	evidence.PurposePlain:       "asked without TLS",
	evidence.PurposeTLS12:       "asked with TLS 1.2 at most",
	evidence.PurposeNoReuse:     "asked with a TLS session of its own",
	evidence.PurposeForeign:     "the address that the 227 reply names",
	evidence.PurposePRET:        "asked again after PRET",
	evidence.PurposeUpload:      "the upload",
	evidence.PurposeSmall:       "a small transfer beside a large one",
	evidence.PurposeSample:      "another port",
	evidence.PurposeRetry:       "asked again",
	evidence.PurposeSeenAddress: "with the address that the server sees",
}
