package probe_test

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"

	"ftpdiag/probe/ftptest"
	"ftpdiag/probe/realserver"
)

// dialogue is what a real server said in a healthy session, by the verb that it
// answers and the first digit of the reply; "" is the verb of the greeting.
type dialogue map[string]string

// replyKeys are the replies of a run that can be changed.
var replyKeys = []string{" 2", "USER 3", "PASS 2", "FEAT 2", "SYST 2", "STAT 2", "EPSV 2", "PASV 2", "LIST 1", "LIST 2", "EPRT 2", "PORT 2", "QUIT 2"}

// situations are the recordings of which a dialogue is made.
var situations = []string{"greeting", "anonymous login", "feat", "syst", "stat", "epsv", "pasv", "list", "eprt", "port", "quit"}

func dialogueOf(p realserver.Product) dialogue {
	d := dialogue{}
	for _, situation := range situations {
		verb := ""
		for _, x := range realserver.Recorded(p, situation) {
			if x.Sent != "" {
				verb, _, _ = strings.Cut(x.Sent, " ")
			}
			d[verb+" "+x.Reply[:1]] = strings.ReplaceAll(x.Reply, "\n", "\r\n") + "\r\n"
		}
	}
	return d
}

// endpointOf is what names the port in a 227 or 229.
var endpointOf = regexp.MustCompile(`\([^()]*[0-9]+\|?\)`)

// words has the server say its reply in the words of the recording.
func (d dialogue) words(key, own string) string {
	recorded, ok := d[key]
	if !ok {
		return own
	}
	return endpointOf.ReplaceAllLiteralString(recorded, endpointOf.FindString(own))
}

// behaviour is that of a server which says the dialogue but for one reply.
func (d dialogue) behaviour(key string, change func(reply string) string) ftptest.Behaviour {
	return ftptest.Behaviour{Rewrite: func(verb, reply string) string {
		this := verb + " " + reply[:1]
		reply = d.words(this, reply)
		if this == key {
			return change(reply)
		}
		return reply
	}}
}

// mutation is one change of one reply of one product.
type mutation struct {
	product realserver.Product
	key     string
	name    string
	change  func(string) string
}

func (m mutation) String() string { return fmt.Sprintf("%s, reply %q: %s", m.product, m.key, m.name) }

// mutate draws a mutation.
func mutate(r *rand.Rand) mutation {
	product := realserver.Products[r.IntN(len(realserver.Products))]
	key := replyKeys[r.IntN(len(replyKeys))]
	d := dialogueOf(product)
	other := d[replyKeys[r.IntN(len(replyKeys))]]
	share, size := r.Float64(), []int{5_000, 70_000, 1 << 20}[r.IntN(3)]
	changes := []mutation{
		{name: "cut", change: func(s string) string { return s[:int(share*float64(len(s)))] }},
		{name: "doubled", change: func(s string) string { return s + s }},
		{name: "bare code", change: func(s string) string { return s[:3] + "\r\n" }},
		{name: "bare code at the end", change: func(s string) string { return s[:3] + "-" + s[4:] + s[:3] + "\r\n" }},
		{name: "other code", change: func(s string) string { return (other + "999")[:3] + s[3:] }},
		{name: "other reply", change: func(string) string { return other }},
		{name: fmt.Sprintf("first line of %d bytes", size), change: func(s string) string {
			return s[:4] + strings.Repeat("x", size) + s[4:]
		}},
		{name: fmt.Sprintf("last line of %d bytes", size), change: func(s string) string {
			return strings.TrimRight(s, "\r\n") + strings.Repeat("x", size) + "\r\n"
		}},
		{name: fmt.Sprintf("lines of %d bytes", size), change: func(s string) string {
			return strings.Repeat(s[:3]+"-"+strings.Repeat("x", 75)+"\r\n", size/80) + s
		}},
		{name: "no line end", change: func(s string) string { return strings.TrimRight(s, "\r\n") }},
		{name: "several lines", change: func(s string) string { return s[:3] + "-" + s[4:] + s[:3] + " end\r\n" }},
	}
	m := changes[r.IntN(len(changes))]
	m.product, m.key = product, key
	return m
}
