package ftp

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"ftpdiag/probe/evidence"
)

// Redacted stands where a secret stood.
const Redacted = "***"

// Shorter secrets are left where they stand: "ftp" as a password would otherwise
// blacken half of every reply.
const shortestSecret = 4

// Redactor makes text of the network fit to be kept: visible, and without the
// secrets that it was made with. A nil Redactor knows no secrets.
type Redactor struct {
	raw     []string // as given
	visible []string // as Visible writes them
}

// NewRedactor makes a Redactor. Secrets of fewer than four characters serve only
// [Redactor.Command], which needs none.
func NewRedactor(secrets ...string) *Redactor {
	r := &Redactor{}
	for _, s := range secrets {
		if utf8.RuneCountInString(s) < shortestSecret {
			continue
		}
		r.raw = append(r.raw, s)
		r.visible = append(r.visible, Visible(s))
	}
	for _, list := range [][]string{r.raw, r.visible} { // of two that begin alike the longer goes first
		slices.SortFunc(list, func(a, b string) int { return len(b) - len(a) })
	}
	return r
}

// Clean is [Visible] without secrets: each occurrence, with any of its bytes
// percent-encoded, becomes ***.
func (r *Redactor) Clean(s string) string {
	if r == nil {
		return Visible(s)
	}
	return redact(Visible(redact(s, r.raw)), r.visible)
}

// Trim is s, of which the end was cut off, without what may be the beginning of a
// secret there: Clean knows whole secrets alone.
func (r *Redactor) Trim(s string) string {
	if r == nil {
		return s
	}
	for i := 0; i < len(s); {
		for _, list := range [][]string{r.raw, r.visible} {
			if slices.ContainsFunc(list, func(secret string) bool { return begins(s[i:], secret) }) {
				return s[:i]
			}
		}
		i += max(1, longest(s[i:], r.raw), longest(s[i:], r.visible))
	}
	return s
}

// FirstLine is the first line of s, clean; one without its end was cut off.
func (r *Redactor) FirstLine(s string) string {
	line := FirstLine(s)
	if !strings.Contains(s, "\n") {
		line = r.Trim(line)
	}
	return r.Clean(line)
}

// Target is t fit to be kept. What the caller calls the host is no secret, where
// the password says the same too.
func (r *Redactor) Target(t evidence.Target) evidence.Target {
	t.Input, t.Host, t.User, t.Path = r.input(t.Input), Visible(t.Host), r.Clean(t.User), r.Clean(t.Path)
	return t
}

// input is Clean for all of a target but its scheme and its host.
func (r *Redactor) input(s string) string {
	scheme, rest, isURL := strings.Cut(s, "://")
	if !isURL {
		scheme, rest = "", s
	} else {
		scheme += "://"
	}
	end := len(rest)
	if i := strings.IndexAny(rest, "/?#"); i >= 0 {
		end = i
	}
	host := strings.LastIndexByte(rest[:end], '@') + 1
	return Visible(scheme) + r.Clean(rest[:host]) + Visible(rest[host:end]) + r.Clean(rest[end:])
}

// Command is Clean for a line that we send: what follows PASS or ACCT becomes
// ***, whatever its length.
func (r *Redactor) Command(line string) string {
	verb := line
	if i := strings.IndexAny(line, " \t"); i >= 0 {
		verb = line[:i]
	}
	if len(verb) < len(line) && (strings.EqualFold(verb, "PASS") || strings.EqualFold(verb, "ACCT")) {
		return verb + " " + Redacted
	}
	return r.Clean(line)
}

// redact replaces the secrets in s, longest first at each place.
func redact(s string, secrets []string) string {
	if len(secrets) == 0 {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		n := longest(s[i:], secrets)
		if n == 0 {
			b.WriteByte(s[i])
			i++
			continue
		}
		b.WriteString(Redacted)
		i += n
	}
	return b.String()
}

// longest is the length of the secret at the start of s; 0: there is none.
func longest(s string, secrets []string) int {
	for _, secret := range secrets {
		if rest, found := cutEncoded(s, secret); found {
			return len(s) - len(rest)
		}
	}
	return 0
}

// cutEncoded is strings.CutPrefix where any byte of the prefix may be written as
// % and two hexadecimal digits.
func cutEncoded(s, prefix string) (rest string, found bool) {
	rest = s
	for i := range len(prefix) {
		c := prefix[i]
		literal := rest != "" && rest[0] == c
		switch {
		case literal && encodes(rest, c): // %25: the sign encoded, or a secret with 25 behind its sign
			if rest, found := cutEncoded(rest[3:], prefix[i+1:]); found {
				return rest, true
			}
			rest = rest[1:]
		case literal:
			rest = rest[1:]
		case encodes(rest, c):
			rest = rest[3:]
		default:
			return s, false
		}
	}
	return rest, true
}

// begins tells whether s ends within the secret that it begins with, any byte of
// which may be percent-encoded.
func begins(s, secret string) bool {
	if len(s) >= 3*len(secret) {
		return false
	}
	for i := range len(secret) {
		c := secret[i]
		escape := fmt.Sprintf("%%%02x", c)
		switch {
		case len(s) < len(escape) && strings.HasPrefix(escape, strings.ToLower(s)): // nothing, or an escape that was cut
			return true
		case encodes(s, c) && s[0] == c: // see cutEncoded
			if begins(s[3:], secret[i+1:]) {
				return true
			}
			s = s[1:]
		case encodes(s, c):
			s = s[3:]
		case s[0] == c:
			s = s[1:]
		default:
			return false
		}
	}
	return false
}

// encodes tells whether s begins with the percent-encoding of c.
func encodes(s string, c byte) bool {
	return len(s) >= 3 && s[0] == '%' && unhex(s[1])<<4|unhex(s[2]) == int(c)
}

// unhex is the value of a hexadecimal digit, or far from any byte's.
func unhex(c byte) int {
	switch {
	case '0' <= c && c <= '9':
		return int(c - '0')
	case 'a' <= c && c <= 'f':
		return int(c - 'a' + 10)
	case 'A' <= c && c <= 'F':
		return int(c - 'A' + 10)
	}
	return 1 << 8
}
