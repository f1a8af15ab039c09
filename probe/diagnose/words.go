package diagnose

import (
	"net/netip"
	"strconv"
	"strings"
	"unicode/utf8"
)

// The values that complete a summary or a fix, by name. A rule gives those that
// it knows; every text reads well without them.
//
//	address   the address that the finding is about: that of a 227, the dead one
//	          of a host, the one offered to PORT, the one that data came from
//	command   the last command that was sent
//	host      the server as the caller named it
//	issuer    who signed the server's certificate
//	key       the kind and length of the certificate's key
//	names     the names in the certificate
//	port      the port that the finding is about
//	protocol  what answers in place of FTP
//	seconds   how long something took, with its unit
//	seen      our address as the server sees it
//	signature how the certificate is signed
//	since     the first day on which the certificate is valid
//	until     the last
//	usable    active mode, where it works
//
// These are named here too:
const (
	valueControl = "control" // the control port
	valuePeer    = "peer"    // the far end of the control connection
	valueRange   = "range"   // LOW-HIGH: ports that the server offers
	valuePasses  = "passes"  // LOW-HIGH: ports that the path passes
)

// longestValue bounds a value in a summary, in runes: an IPv6 address with a
// port, or the beginning of a reply.
const longestValue = 48

// fill completes a summary. {name} stands for a value. [with|without] is its
// first part where all values named in it are known, and else its second, which
// may be missing. A value is never looked into: braces that a server sends stay
// what they are.
func fill(summary string, values map[string]string) string {
	var b strings.Builder
	for summary != "" {
		before, rest, found := strings.Cut(summary, "[")
		b.WriteString(replace(before, values))
		if !found {
			break
		}
		choice, after, _ := strings.Cut(rest, "]")
		with, without, _ := strings.Cut(choice, "|")
		if known(with, values) {
			b.WriteString(replace(with, values))
		} else {
			b.WriteString(without)
		}
		summary = after
	}
	return b.String()
}

// known says whether every value that text names is there.
func known(text string, values map[string]string) bool {
	complete := true
	eachName(text, func(name string) string {
		complete = complete && values[name] != ""
		return ""
	})
	return complete
}

// replace writes the values into text. One that is missing leaves nothing.
func replace(text string, values map[string]string) string {
	return eachName(text, func(name string) string { return shorten(values[name]) })
}

// eachName replaces each {name} in text by what value says.
func eachName(text string, value func(name string) string) string {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(text, "{")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		name, after, _ := strings.Cut(rest, "}")
		b.WriteString(value(name))
		text = after
	}
}

// shorten makes one line of at most longestValue runes.
func shorten(value string) string {
	value = strings.Join(strings.Fields(value), " ")
	if utf8.RuneCountInString(value) <= longestValue {
		return value
	}
	return string([]rune(value)[:longestValue-1]) + "…"
}

// Placeholders in the directives of a fix, where no observation replaces them.
const (
	exampleLow      = "50000"
	exampleHigh     = "50100"
	publicAddress   = "PUBLIC_ADDRESS"
	standardControl = "21"
)

// directiveValues are what a directive may name: {low} and {high} of a port
// range, the server's public {peer}, its {control} port, and {last}, one past
// high for half-open ranges. They are numbers and addresses only, since they
// are copied into a shell: anything else is replaced by the example.
func directiveValues(values map[string]string, ports string) map[string]string {
	low, high := portsOf(values, ports)
	control := standardControl
	if isPort(values[valueControl]) {
		control = values[valueControl]
	}
	peer := publicAddress
	if ip, err := netip.ParseAddr(values[valuePeer]); err == nil && advertisable(ip) {
		peer = ip.String()
	}
	return map[string]string{
		"low": low, "high": high, "last": strconv.Itoa(number(high) + 1),
		valuePeer: peer, valueControl: control,
	}
}

// widest is the largest range of ports that a fix names: a server whose ports
// are spread wider has no range of its own, and should be given one.
const widest = 2000

// portsOf is the range that ports means: LOW-HIGH itself, or the value of that
// name; "" is the range that the server offers. Where that is not known, or too
// wide, it is the example; of a wide range that passes, it is the upper end.
func portsOf(values map[string]string, ports string) (low, high string) {
	if low, high, ok := portRange(ports); ok {
		return low, high
	}
	if ports == "" {
		ports = valueRange
	}
	low, high, ok := portRange(values[ports])
	switch l, h := number(low), number(high); {
	case ok && h-l <= widest:
		return low, high
	case ok && ports == valuePasses:
		return strconv.Itoa(h - 100), high
	}
	return exampleLow, exampleHigh
}

// advertisable says whether ip may stand in a 227 for clients from outside: PASV
// knows IPv4 alone (RFC 959), and a private address is what the fix is against.
func advertisable(ip netip.Addr) bool {
	return ip.Is4() && ip.IsGlobalUnicast() && !ip.IsPrivate() && !carrierNAT.Contains(ip)
}

// carrierNAT is that of carrier-grade NAT (RFC 6598).
var carrierNAT = netip.MustParsePrefix("100.64.0.0/10")

// portRange takes LOW-HIGH apart. One port is no range to open.
func portRange(s string) (low, high string, ok bool) {
	low, high, ok = strings.Cut(s, "-")
	if !ok || !isPort(low) || !isPort(high) {
		return "", "", false
	}
	return low, high, number(low) < number(high)
}

// number is a port that has passed isPort; of anything else it is 0.
func number(port string) int {
	n, _ := strconv.Atoi(port)
	return n
}

func isPort(s string) bool {
	n, err := strconv.ParseUint(s, 10, 16)
	return err == nil && n > 0 && strconv.FormatUint(n, 10) == s
}
