package diagnose

import (
	"regexp"
	"strings"

	"ftpdiag/probe/evidence"
)

// Where a server shows what it is. A mark may name several.
const (
	inGreeting = 1 << iota
	inSystem   // SYST
	inFeatures // FEAT
	inStatus   // STAT
	inReplies  // any reply, with its code
)

// mark is a text by which a product is known. Its first group, if it has one,
// is the version.
type mark struct {
	product string
	where   int
	text    *regexp.Regexp
}

// at makes a mark. In the pattern # is a version: short, so that no server can
// make a product of any length.
func at(where int, product, pattern string) mark {
	pattern = strings.ReplaceAll(pattern, "#", `(\d[0-9A-Za-z.-]{0,15})(?:[^0-9A-Za-z.-]|$)`)
	return mark{product, where, regexp.MustCompile(`(?mi)` + pattern)}
}

// productOf says which server this is, "vsftpd 3.0.3", without its version where
// that is not shown, or "" where it is not recognised. Replies are the server's
// lines with their codes. The result is made of our own words and a short
// version, whatever the server says.
func productOf(s evidence.Server, replies []string) string {
	all := []shown{
		{inGreeting, limited(s.Greeting)},
		{inSystem, limited(s.System)},
		{inFeatures, limited(strings.Join(s.Features, "\n"))},
		{inStatus, limited(s.Status)},
		{inReplies, limited(strings.Join(replies, "\n"))},
	}
	name := ""
	for _, m := range marks() {
		if name != "" && m.product != name {
			continue
		}
		found, version := m.find(all)
		if version != "" {
			return m.product + " " + version
		}
		if found {
			name = m.product
		}
	}
	return name
}

// shown is a text of the server, and where it was.
type shown struct {
	where int
	text  string
}

// find looks for the mark in its places; version is "" where none is shown.
func (m mark) find(all []shown) (found bool, version string) {
	for _, s := range all {
		if m.where&s.where == 0 {
			continue
		}
		groups := m.text.FindStringSubmatch(s.text)
		found = found || groups != nil
		if len(groups) > 1 && groups[1] != "" {
			return true, strings.TrimRight(groups[1], ".-")
		}
	}
	return found, ""
}

// limited is as much of a text as is worth looking at.
func limited(text string) string {
	const most = 16 << 10
	if len(text) > most {
		return text[:most]
	}
	return text
}

// ProductName is the name in a [Server]'s Product, without its version: one of
// the names that are recognised, else "". It suits where the number of different
// texts must stay bounded.
func ProductName(product string) string {
	for _, m := range marks() {
		if rest, ok := strings.CutPrefix(product, m.product); ok && (rest == "" || rest[0] == ' ') {
			return m.product
		}
	}
	return ""
}
