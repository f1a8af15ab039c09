package report

import (
	"fmt"
	"net"
	"strings"

	"ftpdiag/probe/diagnose"
	"ftpdiag/probe/evidence"
)

// rowIndent is where the values of the rows begin.
const rowIndent = "              "

// row writes a fact: its name, then its value.
func (p *page) row(name string, value ...span) {
	p.fill("  "+name+rowIndent[2+len(name):], rowIndent, value...)
}

// facts says whom the report is about: which server, at which address, how it
// was spoken to, as whom, and when.
func (p *page) facts(r *diagnose.Result, verbose bool) {
	t := r.Target
	server := fmt.Sprintf("%s, port %d", oneLine(t.Host), t.Port)
	if t.Label != "" {
		server = oneLine(t.Label) + ": " + server
	}
	p.row("Server", span{said, server})
	p.addresses(r)
	p.software(r.Server)
	p.encryption(r, verbose)
	if t.User != "" {
		p.row("Login", span{said, oneLine(t.User)}, span{plain, loginOutcome(t.User, r.Sessions)})
	}
	if t.Path != "" {
		p.row("Path", span{said, oneLine(t.Path)})
	}
	if here := seenAs(r.Sessions); here != "" {
		p.row("This side", span{plain, here})
	}
	if len(r.Route) > 0 && !blocked(r) {
		p.way("  Way"+rowIndent[5:], rowIndent, r, nil)
	}
	p.row("Time", span{plain, timeWords(r)})
	if verbose && r.Sent != (evidence.Sent{}) {
		p.row("Sent", span{plain, sentWords(r.Sent)})
	}
	p.limits(r)
}

// addresses writes a line for each address, the used one first.
func (p *page) addresses(r *diagnose.Result) {
	if f := r.Resolve.Failure; f != nil {
		p.row("Address", span{plain, "none: " + failureWords(f)})
		return
	}
	name := "Address"
	for _, used := range []bool{true, false} {
		for _, a := range r.Addresses {
			if a.Used == used {
				p.row(name, span{said, oneLine(a.IP)}, span{plain, ", " + addressWords(a)})
				name = ""
			}
		}
	}
}

func addressWords(a evidence.Address) string {
	switch {
	case a.Connect != nil:
		return "connected in " + took(*a.Connect)
	case a.Failure != nil && !a.Routed:
		return "no route from this computer"
	case a.Failure != nil:
		return failureWords(a.Failure)
	}
	return "not awaited"
}

// software names the product, or else shows how the server greets.
func (p *page) software(s diagnose.Server) {
	switch {
	case s.Product != "":
		p.row("Software", span{said, oneLine(s.Product)})
	case s.Greeting != "":
		p.row("Greeting", span{quote, short(s.Greeting)})
	}
}

// loginOutcome says whether a login succeeded, as far as that is known.
func loginOutcome(user string, sessions []evidence.Session) string {
	refused, unsafe := false, false
	for _, s := range sessions {
		if s.Login != nil {
			return ", accepted"
		}
		if f := s.Failure; f != nil {
			refused = refused || f.Op == evidence.OpLogin && f.Kind == evidence.KindRejected
			unsafe = unsafe || f.Op == evidence.OpAuthTLS || f.Op == evidence.OpTLSHandshake
		}
	}
	switch {
	case refused:
		return ", refused"
	case unsafe && user == "anonymous":
		return ", not tried"
	case unsafe:
		return ", not sent, and no password"
	}
	return ""
}

// seenAs says how the server sees this computer, where that is another address
// than its own.
func seenAs(sessions []evidence.Session) string {
	for _, s := range sessions {
		local, _, err := net.SplitHostPort(s.Local)
		if s.SeenAs == "" || err != nil || local == string(s.SeenAs) {
			continue
		}
		return fmt.Sprintf("%s, which the server sees as %s", oneLine(local), oneLine(string(s.SeenAs)))
	}
	return ""
}

func timeWords(r *diagnose.Result) string {
	words := r.Started.UTC().Format("2006-01-02 15:04:05 UTC") + ", took " + took(r.Duration)
	if r.Version != "" {
		words += ", ftpdiag " + oneLine(r.Version)
	}
	return words
}

// sentWords count what the guards of networks and servers may have counted.
func sentWords(s evidence.Sent) string {
	count := func(n int, what string) string {
		if n == 1 {
			return "1 " + what
		}
		return fmt.Sprintf("%d %ss", n, what)
	}
	return count(s.DeadSYNs, "request") + " to ports that did not answer with a connection, " +
		count(s.Connections, "control connection") + ", " + count(s.Logins, "login")
}

// limits says what kept the diagnosis from seeing more, and what else its status
// depends on.
func (p *page) limits(r *diagnose.Result) {
	name := "Note"
	say := func(i ink, format string, args ...any) {
		p.row(name, span{i, fmt.Sprintf(format, args...)})
		name = ""
	}
	if r.Cut {
		say(doubtful, "The time limit of %s ended this before all was tried.", took(r.Options.Deadline))
	}
	if only := r.Options.Mode; only != "both" {
		say(plain, "Only %s mode was asked for.", oneLine(only))
	}
	switch expect := r.Options.Expect; expect {
	case "any":
	case "both":
		say(plain, "Both modes must work for the status to be OK.")
	default:
		say(plain, "%s mode must work for the status to be OK.", capital(oneLine(expect)))
	}
	for _, words := range gateWords(r.Gated) {
		say(doubtful, "%s", words)
	}
	if r.Serial {
		say(plain, "The server takes one connection at a time from here, so the modes were tried one after the other.")
	}
	for _, w := range r.Walks {
		if w.Unavailable != "" {
			say(plain, "Where the way is blocked could not be looked for: %s.", strings.TrimSuffix(oneLine(w.Unavailable), "."))
			return
		}
	}
}
