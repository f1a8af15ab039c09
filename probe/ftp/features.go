package ftp

import (
	"net/netip"
	"regexp"
	"strings"
)

// ParseFeatures lists what the text of a reply to FEAT (RFC 2389 §3.2) announces,
// in the server's order and spelling: a heading, one feature a line, indented by
// a space, and a last line. Where nothing is indented (some servers write "211-"
// before each line and nothing else) the lines between the first and the last
// are taken. A reply of one line announces nothing. The list is never nil.
func ParseFeatures(text string) []string {
	var lines, indented []string
	for line := range strings.Lines(text) {
		line = stripCode(strings.TrimRight(line, "\r\n"))
		feature := trimBlank(line)
		if feature == "" {
			continue
		}
		lines = append(lines, feature)
		if feature != strings.TrimRight(line, blank) {
			indented = append(indented, feature)
		}
	}
	switch {
	case len(indented) > 0:
		return indented
	case len(lines) > 2:
		return lines[1 : len(lines)-1]
	}
	return []string{}
}

const blank = " \t\r\n\v\f"

// stripCode takes "211-" off a line.
func stripCode(line string) string {
	for _, code := range []string{"211-", "211 "} {
		if rest, ok := strings.CutPrefix(line, code); ok {
			return rest
		}
	}
	return line
}

// trimBlank trims spaces and tabs, and tabs that [Visible] has written: Serv-U
// indents with them.
func trimBlank(line string) string {
	for {
		line = strings.Trim(line, blank)
		rest, ok := strings.CutPrefix(line, `\x09`)
		if !ok {
			return line
		}
		line = rest
	}
}

// How servers name the address that they see us come from.
//
//   - Pure-FTPd refuses PORT with "I won't open a connection to A (only to B)".
//   - vsftpd and all BSD descendants answer STAT with "Connected to" the client,
//     ProFTPD with "Connected from": name, address in parentheses, or the address.
//
// pyftpdlib's STAT has "Connected to: " and its own address: hence no colon here.
// Its "Rejected data connection to foreign address A:P" names what we offered.
var (
	seenOnlyTo    = regexp.MustCompile(`\(only to ([^()\s]+)\)`)
	seenConnected = regexp.MustCompile(`(?m)^[ \t]*Connected (?:to|from) ([^()\s]+)(?: \(([^()\s]+)\))?[ \t\r]*$`)
)

// SeenAddress finds the address of this client as the server sees it in the text
// of a reply to STAT or of a refusal of PORT or EPRT. It is unmapped and has no
// zone. ok is false where the text does not say it in words that are known.
func SeenAddress(text string) (addr netip.Addr, ok bool) {
	for _, re := range []*regexp.Regexp{seenOnlyTo, seenConnected} {
		m := re.FindStringSubmatch(text)
		for i := len(m) - 1; i > 0; i-- { // the address behind the name, or the only one
			addr, err := netip.ParseAddr(m[i])
			if err == nil && !addr.IsUnspecified() && !addr.IsMulticast() {
				return addr.Unmap().WithZone(""), true
			}
		}
	}
	return netip.Addr{}, false
}
