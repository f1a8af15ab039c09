package report

import (
	"net"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"ftpdiag/probe/diagnose"
	"ftpdiag/probe/evidence"
)

// What a thorough run is good for, and what it costs.
const deeperMeans = " would tell more: it tries more ports (a port-scan guard may count that)."

// deeper writes, where more ports would tell more, the command that tries them.
func (p *page) deeper(r *diagnose.Result) {
	if command := deeperCommand(r); command != "" {
		p.blank()
		p.fill("", "", span{code, "`" + command + "`"}, span{plain, deeperMeans})
	}
}

func (m *markdown) deeper(r *diagnose.Result) {
	if command := deeperCommand(r); command != "" {
		m.block("%s%s", codeSpan(command), prose(deeperMeans))
	}
}

// deeperCommand asks the same of the same target in depth; "": nothing is left
// open that this would tell, or the server must be left alone. It holds no
// password.
func deeperCommand(r *diagnose.Result) string {
	if !r.Sent.Spared || r.Options.Thorough || r.ContactLost != nil || strings.HasPrefix(r.Target.Input, "demo ") ||
		!openAboutPorts(r.Findings) && !inexact(r.PassivePorts) {
		return ""
	}
	words := []string{"ftpdiag", "--thorough"}
	o, t := r.Options, r.Target
	for _, flag := range []struct{ name, value, usual string }{
		{"--mode", o.Mode, "both"}, {"--tls", o.TLS, "auto"}, {"--user", t.User, "anonymous"}, {"--path", t.Path, ""},
	} {
		if flag.value != "" && flag.value != flag.usual {
			words = append(words, flag.name, flag.value)
		}
	}
	if o.Insecure {
		words = append(words, "--insecure")
	}
	switch o.Family {
	case "ipv4":
		words = append(words, "-4")
	case "ipv6":
		words = append(words, "-6")
	}
	words = append(words, addressOf(t, o))
	for i := range words {
		words[i] = quoted(words[i])
	}
	return strings.Join(words, " ")
}

// addressOf names the target without what its URL may hold besides.
func addressOf(t evidence.Target, o evidence.Options) string {
	usual := 21
	if o.TLS == evidence.TLSImplicit {
		usual = 990
	}
	switch {
	case t.Port != 0 && t.Port != usual:
		return net.JoinHostPort(t.Host, strconv.Itoa(t.Port))
	case slices.Contains([]string{"demo", "render", "serve", "help"}, t.Host):
		return "ftp://" + t.Host
	}
	return t.Host
}

var harmless = regexp.MustCompile(`^[A-Za-z0-9@%+=:,./_-]+$`)

// quoted is a word as a shell takes it.
func quoted(word string) string {
	if harmless.MatchString(word) {
		return word
	}
	return "'" + strings.ReplaceAll(oneLine(word), "'", `'\''`) + "'"
}

// openAboutPorts tells whether a cause among the passive ports has look-alikes.
func openAboutPorts(findings []diagnose.Finding) bool {
	return slices.ContainsFunc(findings, func(f diagnose.Finding) bool {
		return f.Mode == evidence.Passive && f.Layer == diagnose.LayerData && len(f.CouldAlsoBe) > 0
	})
}

// inexact tells whether untried ports lie between those that pass and those that
// do not.
func inexact(p evidence.PassivePorts) bool {
	return len(p.Passes) == 2 && len(p.Blocked) == 2 && p.Blocked[0]-p.Passes[1] != 1 && p.Passes[0]-p.Blocked[1] != 1
}
