package netlab

import (
	"fmt"
	"strings"
)

// A ruleset is what nft(8) loads into one host: rules by the place where a
// packet meets them. Building blocks add to it in any order.
type ruleset struct {
	tracked  []string // after connection tracking, before translation: helpers are set here
	dnat     []string // destinations are translated
	snat     []string // sources are translated
	first    []string // forwarded packets: before anything else
	state    []string // forwarded packets: those of known connections
	pass     []string // forwarded packets: exceptions, by first match
	last     []string // forwarded packets: the rest
	input    []string // packets for the host itself
	output   []string // packets of the host itself
	outputs  []string // destinations of the host's own packets are translated
	preamble []string // objects that the rules name
}

// chains of the table, in the order in which they are written.
func (r *ruleset) chains() []struct {
	name, hook string
	rules      []string
} {
	forward := append(append(append(append([]string(nil), r.first...), r.state...), r.pass...), r.last...)
	return []struct {
		name, hook string
		rules      []string
	}{
		{"tracked", "type filter hook prerouting priority -150", r.tracked},
		{"to_host", "type nat hook prerouting priority -100", r.dnat},
		{"through", "type filter hook forward priority 0", forward},
		{"arriving", "type filter hook input priority 0", r.input},
		{"leaving", "type filter hook output priority 0", r.output},
		{"own_to_host", "type nat hook output priority -100", r.outputs},
		{"from_host", "type nat hook postrouting priority 100", r.snat},
	}
}

// String is the input of nft -f; empty where there is no rule.
func (r *ruleset) String() string {
	var b strings.Builder
	for _, c := range r.chains() {
		if len(c.rules) == 0 {
			continue
		}
		fmt.Fprintf(&b, "\tchain %s {\n\t\t%s;\n", c.name, c.hook)
		for _, rule := range c.rules {
			fmt.Fprintf(&b, "\t\t%s\n", rule)
		}
		b.WriteString("\t}\n")
	}
	if b.Len() == 0 {
		return ""
	}
	objects := ""
	for _, p := range r.preamble {
		objects += "\t" + p + "\n"
	}
	return "table inet lab {\n" + objects + b.String() + "}\n"
}

// once adds a rule that several blocks need.
func once(list *[]string, rule string) {
	for _, have := range *list {
		if have == rule {
			return
		}
	}
	*list = append(*list, rule)
}
