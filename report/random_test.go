package report_test

import (
	"math/rand"
	"net/netip"
	"reflect"
	"strings"
	"time"

	"ftpdiag/probe/diagnose"
	"ftpdiag/probe/evidence"
)

// A generator makes random Results. With wild set, words come from no list,
// numbers have no bounds, and texts are as a hostile file would have them;
// without, every Result is one that a diagnosis could make. With full set, nothing
// is null or empty.
type generator struct {
	*rand.Rand
	wild, full bool
}

// lists are the closed words and the open ones that a diagnosis uses now.
var lists = map[reflect.Type][]string{
	reflect.TypeFor[diagnose.Status]():          {"ok", "warning", "critical", "unknown"},
	reflect.TypeFor[diagnose.Verdict]():         {"works", "conditional", "intermittent", "fails", "not_tested", "inconclusive"},
	reflect.TypeFor[diagnose.RecommendedMode](): {"passive", "active", "none"},
	reflect.TypeFor[diagnose.Confidence]():      {"high", "medium", "low"},
	reflect.TypeFor[diagnose.Severity]():        {"error", "warning", "info"},
	reflect.TypeFor[diagnose.Layer]():           {"dns", "control", "greeting", "tls", "login", "negotiation", "data", "transfer"},
	reflect.TypeFor[diagnose.Who]():             {"client-user", "client-network", "server-admin", "server-network", "isp"},
	reflect.TypeFor[diagnose.Code]():            {"passive-private-address", "login-rejected", "a-code-of-tomorrow"},
	reflect.TypeFor[evidence.Mode]():            {"passive", "active", ""},
	reflect.TypeFor[evidence.Method]():          {"EPSV", "PASV", "EPRT", "PORT", ""},
	reflect.TypeFor[evidence.Outcome]():         {"works", "fails", "inconclusive"},
	reflect.TypeFor[evidence.Op](): {"resolve", "connect", "greeting", "auth-tls", "tls-handshake", "login",
		"negotiate", "data-connect", "data-accept", "data-tls", "transfer", "completion", "op-of-tomorrow"},
	reflect.TypeFor[evidence.Kind](): {"refused", "timed-out", "reset", "eof", "host-unreachable", "net-unreachable",
		"prohibited", "denied", "rejected", "malformed", "exhausted", "no-such-host", "resolver-failure",
		"interrupted", "untrusted", "other", "kind-of-tomorrow"},
}

// fields are the words that have no type of their own, by "Type.Field".
var fields = map[string][]string{
	"Result.Schema":      {diagnose.Schema},
	"Target.TLS":         {"off", "explicit", "implicit"},
	"Recommendation.TLS": {"off", "explicit", "implicit"},
	"Options.TLS":        {"auto", "off", "explicit", "implicit"},
	"Options.Mode":       {"both", "passive", "active"},
	"Options.Expect":     {"any", "both", "passive", "active"},
	"Options.Family":     {"any", "ipv4", "ipv6"},
	"Condition.Code":     {"ignore-227-address", "tls-1.2-at-most"},
	"Session.Purpose":    {"diagnose", "client-hello", "plain", "tls-1.2", ""},
	"Session.TLSLimit":   {"tls-1.2", "legacy", ""},
	"Session.TLSVersion": {"TLS 1.3", "TLS 1.2", "TLS 1.0", ""},
	"TLS.Version":        {"TLS 1.3", "TLS 1.2", "TLS 1.0"},
	"TLS.Cipher":         {"TLS_AES_128_GCM_SHA256", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"},
	"Certificate.Key":    {"RSA 2048", "RSA 1024", "ECDSA P-256", "Ed25519"},
	"Certificate.SHA256": {strings.Repeat("0f", 32)},
	"Attempt.Purpose":    {"transfer", "foreign", "sample", "retry", "port-21", "plain", "tls-1.2", "no-reuse", ""},
	"Certificate.Problems": {"expired", "not-yet-valid", "wrong-host", "self-signed", "incomplete-chain", "unknown-authority",
		"weak-key", "weak-signature", "other", "problem-of-tomorrow"},
	"Attempt.Operation":  {"LIST", "NLST", "MLSD", "RETR", "STOR", "CONNECT", ""},
	"Walk.Answer":        {"silence", "reset", "icmp", ""},
	"BlockedAt.Answer":   {"silence", "reset", "icmp"},
	"Difference.What":    {"port", "family", "address", "backend", "time"},
	"Repetition.Code":    {"passive-private-address", "login-rejected", ""},
	"Repetition.IP":      {"203.0.113.10", "2001:db8::10", ""},
	"Exchange.From":      {"client", "server", "tool"},
	"Address.IP":         {"203.0.113.10", "2001:db8::10"},
	"Hop.IP":             {"10.10.0.1", "2001:db8:ffff:ffff:ffff:ffff:ffff:1"},
	"BlockedAt.AfterHop": {"198.51.100.2", "2001:db8:ffff:ffff:ffff:ffff:ffff:2", ""},
	"BlockedAt.ICMPFrom": {"198.51.100.2", ""},
}

// result makes one.
func (g generator) result() *diagnose.Result {
	var r diagnose.Result
	g.fill(reflect.ValueOf(&r).Elem(), "")
	return &r
}

// fill sets v, which is the named field, to something.
func (g generator) fill(v reflect.Value, field string) {
	words := lists[v.Type()]
	if words == nil {
		words = fields[field]
	}
	switch x := v.Addr().Interface().(type) {
	case *diagnose.Timestamp:
		x.Time = time.UnixMilli(g.Int63n(4e12)).UTC()
		return
	case *evidence.Time:
		if g.full || g.Intn(4) > 0 {
			x.Time = time.Unix(g.Int63n(253402300800+62135596800)-62135596800, 0).UTC() // the years 1 to 9999
		}
		return
	case *evidence.Endpoint:
		*x = g.endpoint()
		return
	case *evidence.Millis:
		*x = evidence.Millis(time.Duration(g.Int63n(1e9)) * time.Microsecond)
		return
	}
	switch {
	case v.Kind() == reflect.String && words != nil && !(g.wild && field != "Result.Schema" && g.Intn(3) == 0):
		v.SetString(words[g.choose(words)])
	case v.Kind() == reflect.String:
		v.SetString(g.text())
	case field == "PassivePorts.Passes", field == "PassivePorts.Blocked":
		if g.full || g.Intn(2) == 0 {
			v.Set(reflect.ValueOf([]int{g.Intn(65536), g.Intn(65536)}))
		}
	default:
		g.fillKind(v, field)
	}
}

func (g generator) fillKind(v reflect.Value, field string) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.IsExported() && f.Tag.Get("json") != "-" {
				g.fill(v.Field(i), v.Type().Name()+"."+f.Name)
			}
		}
	case reflect.Slice:
		n := g.Intn(4)
		if g.full {
			n = 1
		}
		v.Set(reflect.MakeSlice(v.Type(), n, n))
		for i := range n {
			g.fill(v.Index(i), field)
		}
	case reflect.Pointer:
		if g.full || g.Intn(3) > 0 {
			v.Set(reflect.New(v.Type().Elem()))
			g.fill(v.Elem(), field)
		}
	case reflect.Bool:
		v.SetBool(g.Intn(2) == 0)
	case reflect.Float64:
		v.SetFloat(float64(g.Intn(1001)) / 1000)
	case reflect.Int, reflect.Int64:
		v.SetInt(g.number(field))
	}
}

// number suits its field, unless the generator is wild.
func (g generator) number(field string) int64 {
	switch {
	case g.wild && g.Intn(4) == 0:
		return g.Int63() - g.Int63()
	case field == "Address.Family":
		return 4 + 2*g.Int63n(2)
	case strings.HasSuffix(field, "Distance"):
		return g.Int63n(12)
	case strings.HasSuffix(field, "Code"):
		return g.Int63n(600)
	}
	return g.Int63n(65536)
}

func (g generator) endpoint() evidence.Endpoint {
	n := g.Intn(4)
	if g.full {
		n = 2
	}
	switch n {
	case 0:
		return evidence.Endpoint{}
	case 1:
		return evidence.At(netip.MustParseAddr("203.0.113.10"), g.Intn(65536))
	case 2:
		return evidence.At(netip.MustParseAddr("2001:db8:20:30:40:50:60:70"), g.Intn(65536))
	}
	zone := "eth0"
	if g.wild {
		zone = "\x1b[31m\x9b"
	}
	return evidence.At(netip.MustParseAddr("fe80::1").WithZone(zone), g.Intn(65536))
}

// Pieces of texts: what a server or an admin may write, and what nobody should.
var (
	tame = []string{"the server ", "227 Entering Passive Mode (10,20,0,10,195,149).", " ", "  ", "a", "\n", "データ接続を", "é",
		"<&>", `\x1b`, strings.Repeat("long", 30), "pasv_address=198.51.100.2 ", "`set a b`", "`", "e\u0301", "🙂"}
	hostile = []string{"\x1b[31m", "\x1b]0;title\x07", "\x9b2J", "\u009b2J", "\u202e", "\u2066", "\x00", "\r", "\t", "\x7f", "\xff\xfe",
		"\u2028", "\ufffe", "\uffff", "]]>", "\ufeff", "\u200d", "\x08\x08", "\xe3\x81", strings.Repeat("\x1b", 40), strings.Repeat(" ", 200)}
)

// choose picks one of words; where nothing may be empty, none that is.
func (g generator) choose(words []string) int {
	i := g.Intn(len(words))
	for g.full && words[i] == "" {
		i = g.Intn(len(words))
	}
	return i
}

func (g generator) text() string {
	if g.full {
		return "some text"
	}
	pieces := tame
	if g.wild {
		pieces = append(append([]string{}, tame...), hostile...)
	}
	var b strings.Builder
	for range g.Intn(9) {
		b.WriteString(pieces[g.Intn(len(pieces))])
	}
	return b.String()
}
