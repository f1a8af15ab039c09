package diagnose

import (
	"go/ast"
	"go/parser"
	"go/token"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// longestSummary is what a caller takes in on the phone, and two lines of a report.
const longestSummary = 160

// sampleValues has a long, real value for every name that a text may use.
var sampleValues = map[string]string{
	"address":    "2001:db8:85a3:1234:5678:8a2e:370:7334",
	"command":    "USER anonymous",
	"host":       "ftp.internal.example.com",
	"issuer":     "CN=R11,O=Let's Encrypt,C=US",
	"key":        "RSA 1024",
	"names":      "ftp.internal.example.com, www.internal.example.com",
	"port":       "50100",
	"protocol":   "SSH",
	"seconds":    "14.9 s",
	"seen":       "2001:db8:85a3:1234:5678:8a2e:370:7335",
	"signature":  "SHA1-RSA",
	"since":      "2026-01-02",
	"until":      "2027-01-02",
	"usable":     "active mode",
	valueControl: "2121",
	valuePeer:    "2001:db8:85a3:1234:5678:8a2e:370:7336",
	valueRange:   "49152-65535",
	valuePasses:  "49152-65535",
}

// constants are the Code constants of codes.go, by value.
func constants(t *testing.T) []Code {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "codes.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var codes []Code
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		for _, v := range spec.Values {
			s, err := strconv.Unquote(v.(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			codes = append(codes, Code(s))
		}
		return true
	})
	if len(codes) < 100 {
		t.Fatalf("codes.go has %d codes: it is not read right", len(codes))
	}
	return codes
}

func TestCatalogueKnowsEveryCode(t *testing.T) {
	known := Codes()
	for _, code := range constants(t) {
		if n := count(known, code); n != 1 {
			t.Errorf("%s is in the catalogue %d times, want 1", code, n)
		}
		if _, ok := Describe(code); !ok {
			t.Errorf("%s is not described", code)
		}
	}
	for _, code := range known {
		if !slices.Contains(constants(t), code) {
			t.Errorf("%q is no Code of codes.go", code)
		}
	}
	if _, ok := Describe("no-such-code"); ok {
		t.Error("no-such-code is described")
	}
}

func count(codes []Code, code Code) int {
	n := 0
	for _, c := range codes {
		if c == code {
			n++
		}
	}
	return n
}

func TestCausesAreComplete(t *testing.T) {
	layers := []Layer{LayerDNS, LayerControl, LayerGreeting, LayerTLS, LayerLogin, LayerNegotiation, LayerData, LayerTransfer}
	people := []Who{ClientUser, ClientNetwork, ServerAdmin, ServerNetwork, ISP}
	nobody := []Code{TransferSlow, TransferEmptyListing} // nothing is wrong
	for _, code := range Codes() {
		c := causeOf(code)
		if !slices.Contains(layers, c.layer) {
			t.Errorf("%s: layer %q", code, c.layer)
		}
		if (len(c.who) == 0) != slices.Contains(nobody, code) {
			t.Errorf("%s: who is %v", code, c.who)
		}
		for i, w := range c.who {
			if !slices.Contains(people, w) || slices.Contains(c.who[:i], w) {
				t.Errorf("%s: who is %v", code, c.who)
			}
		}
		for i, other := range c.alsoBe {
			if other == code || slices.Contains(c.alsoBe[:i], other) || !slices.Contains(Codes(), other) {
				t.Errorf("%s: could also be %v", code, c.alsoBe)
			}
		}
	}
}

// No probe can establish these: they show only as the look-alikes of others.
func TestUnprovableCausesAreLookAlikes(t *testing.T) {
	unprovable := []Code{
		DNSCDNProxiedHost, DNSSplitHorizon, ControlClientBanned, ControlProxyRequired,
		PassiveClientEgressBlocked, PassiveHelperMissing, PassiveContainerPorts,
		PassiveEgressAddressVaries, PassiveMultiBackend, ServerMACPolicy,
		ActiveCloudVMClient, TransferAVScanHold, TransferWindowScaling,
	}
	for _, code := range unprovable {
		if !slices.ContainsFunc(Codes(), func(c Code) bool { return slices.Contains(causeOf(c).alsoBe, code) }) {
			t.Errorf("nothing could also be %s", code)
		}
	}
}

func TestSummariesReadWell(t *testing.T) {
	for _, code := range Codes() {
		for name, values := range map[string]map[string]string{"bare": nil, "filled": sampleValues} {
			s := fill(causeOf(code).summary, values)
			if why := unreadable(s); why != "" {
				t.Errorf("%s, %s: %s: %s", code, name, why, s)
			}
		}
		// Any one value may be the only one that a rule knows.
		for name, value := range sampleValues {
			s := fill(causeOf(code).summary, map[string]string{name: value})
			if why := unreadable(s); why != "" {
				t.Errorf("%s with %s alone: %s: %s", code, name, why, s)
			}
		}
	}
}

// unreadable says what is wrong with a summary; "" is nothing.
func unreadable(s string) string {
	first, _ := utf8.DecodeRuneInString(s)
	switch {
	case utf8.RuneCountInString(s) > longestSummary:
		return "too long"
	case !strings.HasSuffix(s, "."), strings.Contains(s, ". "):
		return "not one sentence"
	case !unicode.IsUpper(first):
		return "no capital"
	case strings.ContainsAny(s, "{}[]|`\n"):
		return "a mark is left"
	case regexp.MustCompile(` [ ,.;:)]|\( |\(\)|,,`).MatchString(s):
		return "a gap is left"
	}
	return unexplained(s)
}

// unexplained finds an abbreviation that a caller need not know and that the
// summary does not explain. FTP, TLS and the verbs of the protocol are what the
// whole report is about; TLS stands beside the word encryption, or for it.
func unexplained(s string) string {
	known := "FTP TLS PASV EPSV PORT EPRT PRET TCP SELinux"
	for _, word := range regexp.MustCompile(`\b[A-Z]{2,}[a-z]*\b`).FindAllString(s, -1) {
		explained := strings.Contains(s, "("+word+")") || strings.Contains(s, " "+word+")")
		if !slices.Contains(strings.Fields(known), word) && !explained && !isValue(word) {
			return word + " is not explained"
		}
	}
	return ""
}

func isValue(word string) bool {
	for _, v := range sampleValues {
		if strings.Contains(v, word) {
			return true
		}
	}
	return false
}

func TestSummariesNameKnownValues(t *testing.T) {
	for _, code := range Codes() {
		summary := causeOf(code).summary
		eachName(summary, func(name string) string {
			if sampleValues[name] == "" {
				t.Errorf("%s names {%s}, which is no value", code, name)
			}
			return ""
		})
		outside := regexp.MustCompile(`\[[^]]*\]`).ReplaceAllString(summary, "")
		if strings.Contains(outside, "{") {
			t.Errorf("%s has no words for when a value is missing: %s", code, summary)
		}
	}
}
