package ftp

import (
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// ErrMalformed is what a reply is that does not say what RFC 959 or RFC 2428
// has it say; its kind is [KindMalformed].
var ErrMalformed = errors.New("malformed reply")

// PASVReply is the endpoint that a 227 names.
type PASVReply struct {
	Addr netip.Addr // IPv4; may be unspecified, private or anyone else's
	Port int        // 1 to 65535
	// Strict says that it was written "(h1,h2,h3,h4,p1,p2)". Clients that look
	// for the parentheses cannot use the others.
	Strict bool
}

// EPSVReply is the port that a 229 names.
type EPSVReply struct {
	Port int // 1 to 65535
	// Strict says that it was written "(<d><d><d>port<d>)", as RFC 2428 §3 has it.
	Strict bool
}

const decimal = `[0-9]+`

var (
	pasvStrict = regexp.MustCompile(`\((` + decimal + `(?:,` + decimal + `){5})\)`)
	// A run of numbers, however many: of seven nobody can say which six are meant.
	commaRun = regexp.MustCompile(decimal + `(?:[ \t]*,[ \t]*` + decimal + `)+`)
	looseRun = regexp.MustCompile(decimal + `(?:[ \t]*[,.][ \t]*` + decimal + `|[ \t]+` + decimal + `)+`)
	decimals = regexp.MustCompile(decimal)

	// What is left of "(|||port|)" when servers get it wrong: one delimiter too
	// few, a protocol and address filled in as in EPRT, no parentheses.
	epsvLoose = regexp.MustCompile(`(?:\|[12]?\|[0-9A-Za-z:.%]*\||\|\|)[ \t]*(` + decimal + `)[ \t]*(?:[|).\s]|$)`)
)

// ParsePASV reads the text of a 227 (RFC 959 §4.2), without the code. RFC 1123
// §4.1.2.6 tells clients to look for the digits and not for the parentheses, so
// any six numbers in a row are taken, but marked as not strict: djb's servers
// write "=10,0,0,2,4,1". Of several lines the last that has the numbers counts;
// curl looks at the last line alone, so those in another are not strict. The error
// wraps [ErrMalformed].
func ParsePASV(text string) (PASVReply, error) {
	lines := strings.Split(text, "\n")
	for i, line := range slices.Backward(lines) {
		if six, strict := sixNumbers(line); six != "" {
			return pasvReply(six, strict && i == len(lines)-1)
		}
	}
	return PASVReply{}, fmt.Errorf("%w: no six numbers in the 227", ErrMalformed)
}

// sixNumbers finds six numbers in a row; "" is none.
func sixNumbers(line string) (six string, strict bool) {
	if m := pasvStrict.FindStringSubmatch(line); m != nil {
		return m[1], true
	}
	for _, run := range []*regexp.Regexp{commaRun, looseRun} {
		for _, m := range run.FindAllString(line, -1) {
			if len(decimals.FindAllString(m, 7)) == 6 {
				return m, false
			}
		}
	}
	return "", false
}

// pasvReply checks six numbers.
func pasvReply(six string, strict bool) (PASVReply, error) {
	var octet [6]byte
	for i, s := range decimals.FindAllString(six, 6) {
		n, err := strconv.ParseUint(s, 10, 8)
		if err != nil {
			return PASVReply{}, fmt.Errorf("%w: %s in the 227 is no number from 0 to 255", ErrMalformed, shorten(s))
		}
		octet[i] = byte(n)
	}
	port := int(octet[4])<<8 | int(octet[5])
	if port == 0 {
		return PASVReply{}, fmt.Errorf("%w: the 227 names port 0", ErrMalformed)
	}
	return PASVReply{Addr: netip.AddrFrom4([4]byte(octet[:4])), Port: port, Strict: strict}, nil
}

// ParseEPSV reads the text of a 229 (RFC 2428 §3), without the code. A text that
// is written otherwise, but from which only one port can be meant, is taken and
// marked as not strict. So is one whose port is not in the last line: see
// [ParsePASV]. The error wraps [ErrMalformed].
func ParseEPSV(text string) (EPSVReply, error) {
	lines := strings.Split(text, "\n")
	for i, line := range slices.Backward(lines) {
		digits, strict, err := portOf(line)
		if err != nil {
			return EPSVReply{}, err
		}
		if digits != "" {
			return epsvReply(digits, strict && i == len(lines)-1)
		}
	}
	return EPSVReply{}, fmt.Errorf("%w: no port in the 229", ErrMalformed)
}

// portOf finds the port in a line of a 229; "" is none.
func portOf(line string) (digits string, strict bool, err error) {
	for rest := line; ; {
		_, after, found := strings.Cut(rest, "(")
		if !found {
			break
		}
		if digits, ok := epsvStrict(after); ok {
			return digits, true, nil
		}
		rest = after
	}
	for _, m := range epsvLoose.FindAllStringSubmatch(line, -1) {
		if digits != "" && digits != m[1] {
			return "", false, fmt.Errorf("%w: the 229 names more than one port", ErrMalformed)
		}
		digits = m[1]
	}
	return digits, false, nil
}

// epsvStrict finds the port in "<d><d><d>port<d>)", d being any one of ASCII 33
// to 126, digits not excepted.
func epsvStrict(s string) (digits string, ok bool) {
	if len(s) < 6 || s[0] < 33 || s[0] > 126 || s[1] != s[0] || s[2] != s[0] {
		return "", false
	}
	rest := s[3:]
	n := 0
	for n < len(rest) && '0' <= rest[n] && rest[n] <= '9' {
		n++
	}
	if '0' <= s[0] && s[0] <= '9' {
		n-- // the last digit is the delimiter
	}
	if n < 1 || n+2 > len(rest) || rest[n] != s[0] || rest[n+1] != ')' {
		return "", false
	}
	return rest[:n], true
}

// epsvReply checks a port.
func epsvReply(digits string, strict bool) (EPSVReply, error) {
	port, err := strconv.ParseUint(digits, 10, 16)
	if err != nil || port == 0 {
		return EPSVReply{}, fmt.Errorf("%w: the 229 names port %s", ErrMalformed, shorten(digits))
	}
	return EPSVReply{Port: int(port), Strict: strict}, nil
}

// shorten keeps a message short where the server's number is not.
func shorten(digits string) string {
	const most = 12
	if len(digits) <= most {
		return digits
	}
	return digits[:most] + "…"
}

// FormatPORT writes the argument of PORT (RFC 959 §4.1.2): "10,0,0,2,4,1". It is
// empty for an IPv6 address, which PORT cannot name.
func FormatPORT(ap netip.AddrPort) string {
	addr := ap.Addr().Unmap()
	if !addr.Is4() {
		return ""
	}
	a := addr.As4()
	return fmt.Sprintf("%d,%d,%d,%d,%d,%d", a[0], a[1], a[2], a[3], ap.Port()>>8, ap.Port()&0xff)
}

// FormatEPRT writes the argument of EPRT (RFC 2428 §2): "|1|10.0.0.2|1025|" or
// "|2|2001:db8::1|1025|". A zone means nothing to the server and is left out. It
// is empty for no address.
func FormatEPRT(ap netip.AddrPort) string {
	addr := ap.Addr().Unmap().WithZone("")
	switch {
	case addr.Is4():
		return fmt.Sprintf("|1|%s|%d|", addr, ap.Port())
	case addr.Is6():
		return fmt.Sprintf("|2|%s|%d|", addr, ap.Port())
	}
	return ""
}
