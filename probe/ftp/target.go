package ftp

import (
	"fmt"
	"net/netip"
	"net/url"
	"strings"

	"ftpdiag/probe/evidence"
)

// UsageError says what is wrong with something that the caller wrote, and in
// Hint what to write in its place. Neither holds a password.
type UsageError struct{ Message, Hint string }

// Error is the message without the hint.
func (e *UsageError) Error() string { return e.Message }

// The hints that more than one message shares.
const (
	hintTarget = "a target is HOST, HOST:PORT, [IPV6]:PORT or ftp://USER@HOST:PORT/PATH"
	hintEncode = "in a URL write @ as %40, / as %2F, : as %3A, # as %23, ? as %3F and % as %25"
)

// Schemes of URLs that name an FTP server, and the TLS that each asks for. ""
// leaves it to Config.TLS.
var ftpSchemes = map[string]string{"ftp": "", "ftpes": "explicit", "ftps": "implicit"}

// otherSchemes are those that people give to an FTP client, and what they are.
var otherSchemes = map[string]string{
	"sftp":  "sftp is SSH, another protocol, commonly on port 22: try ssh or sftp; FTP over TLS is ftpes:// or ftps://",
	"ssh":   "SSH is another protocol: try ssh; for FTP write ftp://HOST",
	"scp":   "scp is SSH, another protocol: try scp; for FTP write ftp://HOST",
	"http":  "HTTP is another protocol: try curl; for FTP write ftp://HOST",
	"https": "HTTPS is another protocol: try curl; for FTP write ftp://HOST",
	"tftp":  "TFTP is another protocol, over UDP; for FTP write ftp://HOST",
}

// ParseTarget reads a target as people write it: host, host:port, [v6]:port, a
// bare IPv6 address, or a URL of RFC 1738 with the scheme ftp, ftpes (explicit
// TLS) or ftps (implicit TLS). A part that is not given stays empty: Port 0, TLS
// "" for ftp, User "".
//
// The path of a URL is relative to the login directory; %2F at its start, or a
// second slash, makes it absolute. Of the ;type= at its end a and i are dropped,
// for they decide nothing here, and d makes the path a directory. A host that is
// not ASCII is given in its ASCII form, a zone of an IPv6 address as % or %25.
//
// A password in a URL is returned beside the Target, and nowhere in it: in
// Input *** stands in its place. An error is a [*UsageError], which repeats no
// part of s that could be a password, however malformed s is.
func ParseTarget(s string) (t evidence.Target, password string, hasPassword bool, err error) {
	fail := func(message, hint string) (evidence.Target, string, bool, error) {
		return evidence.Target{}, "", false, &UsageError{fmt.Sprintf("target %q: %s", MaskTarget(s), message), hint}
	}
	p, bad := parseTarget(s)
	if bad != nil {
		return fail(bad.Message, bad.Hint)
	}
	p.Input = p.input(s)
	return p.Target, p.password, p.hasPassword, nil
}

// parsedTarget is a Target and the secret that came with it.
type parsedTarget struct {
	evidence.Target
	password    string
	hasPassword bool
	authority   string // of a URL, as written
}

func parseTarget(s string) (p parsedTarget, bad *UsageError) {
	if strings.TrimSpace(s) == "" {
		return p, &UsageError{"it is empty", hintTarget}
	}
	if part := forbidden(s); part != "" {
		return p, &UsageError{"it contains " + part, hintTarget}
	}
	scheme, rest, isURL := strings.Cut(s, "://")
	if !isURL {
		bad = p.bare(s)
		return p, bad
	}
	tls, ok := ftpSchemes[strings.ToLower(scheme)]
	if !ok {
		return p, wrongScheme(scheme)
	}
	p.TLS = tls
	bad = p.url(rest)
	return p, bad
}

// forbidden names a character that would end or cut a command on the control
// connection (RFC 959 §5.3.1), or vanish in it; "" is none.
func forbidden(s string) string {
	switch i := strings.IndexAny(s, "\r\n\x00"); {
	case i < 0:
		return ""
	case s[i] == '\r':
		return "a carriage return"
	case s[i] == '\n':
		return "a line feed"
	}
	return "a NUL"
}

func wrongScheme(scheme string) *UsageError {
	if hint, ok := otherSchemes[strings.ToLower(scheme)]; ok {
		return &UsageError{strings.ToLower(scheme) + ":// is not FTP", hint}
	}
	return &UsageError{"its scheme is not one of FTP", "write ftp://, ftpes:// (explicit TLS) or ftps:// (implicit TLS)"}
}

// bare reads host, host:port, [v6]:port or v6.
func (p *parsedTarget) bare(s string) *UsageError {
	switch {
	case strings.Contains(s, "@"):
		return &UsageError{"a user is named only in a URL", "use --user USER HOST, or write ftp://USER@HOST"}
	case strings.ContainsAny(s, "/\\"):
		return &UsageError{"a path is named only in a URL", "use --path PATH HOST, or write ftp://HOST/PATH"}
	}
	return p.hostPort(s)
}

// url reads what stands behind ://.
func (p *parsedTarget) url(rest string) *UsageError {
	end := len(rest)
	if i := strings.IndexAny(rest, "/?#"); i >= 0 {
		end = i
	}
	authority, path := rest[:end], rest[end:]
	if mayHidePassword(authority, path) {
		return &UsageError{"it is not clear where its password ends", hintEncode}
	}
	p.authority = authority
	host := authority
	if i := strings.LastIndexByte(authority, '@'); i >= 0 {
		host = authority[i+1:]
		if bad := p.userinfo(authority[:i]); bad != nil {
			return bad
		}
	}
	if bad := p.hostPort(host); bad != nil {
		return bad
	}
	return p.urlPath(path)
}

// mayHidePassword tells whether a password with a raw / ? or # in it could have
// been read as a host, a port or a path: "ftp://bob:12/3@host" is a well-formed
// URL for the host bob.
func mayHidePassword(authority, path string) bool {
	i := strings.LastIndexByte(path, '@')
	if i < 0 {
		return false
	}
	if end := strings.IndexByte(authority, ']'); end >= 0 && strings.HasPrefix(authority, "[") {
		authority = authority[end+1:]
	}
	return strings.Contains(authority+path[:i], ":")
}

// userinfo reads user or user:password.
func (p *parsedTarget) userinfo(s string) (bad *UsageError) {
	user, password, has := strings.Cut(s, ":")
	if p.User, bad = unescape("user", user); bad != nil {
		return bad
	}
	if p.User == "" {
		return &UsageError{"its user is empty", "write ftp://USER@HOST, or ftp://HOST for an anonymous login"}
	}
	p.hasPassword = has
	p.password, bad = unescape("password", password)
	return bad
}

// unescape decodes percent-encoding. What follows must still be fit for one
// line of a dialogue.
func unescape(part, s string) (string, *UsageError) {
	plain, err := url.PathUnescape(s)
	if err != nil { // whose text repeats s
		return "", &UsageError{"its " + part + " has a % that no two hexadecimal digits follow", hintEncode}
	}
	if found := forbidden(plain); found != "" {
		return "", &UsageError{"its " + part + " contains " + found, "FTP sends commands as lines: " + part + "s cannot contain CR, LF or NUL"}
	}
	return plain, nil
}

// urlPath reads the path of a URL, with the slash at its start.
func (p *parsedTarget) urlPath(s string) (bad *UsageError) {
	if strings.ContainsAny(s, "?#") {
		return &UsageError{"an FTP URL has no ? or #", "in a URL write ? as %3F and # as %23"}
	}
	s, asDirectory, bad := cutType(strings.TrimPrefix(s, "/"))
	if bad != nil {
		return bad
	}
	if p.Path, bad = unescape("path", s); bad != nil {
		return bad
	}
	if asDirectory && p.Path != "" && !strings.HasSuffix(p.Path, "/") {
		p.Path += "/"
	}
	return nil
}

// cutType takes the ;type= from the end of a path (RFC 1738 §3.2.2).
func cutType(s string) (path string, directory bool, bad *UsageError) {
	i := strings.LastIndexByte(s, ';')
	if i < 0 || len(s) < i+6 || !strings.EqualFold(s[i:i+6], ";type=") {
		return s, false, nil
	}
	switch strings.ToLower(s[i+6:]) {
	case "a", "i":
		return s[:i], false, nil
	case "d":
		return s[:i], true, nil
	}
	return "", false, &UsageError{"its ;type= is not a, i or d", "leave ;type= away, or write a semicolon in a path as %3B"}
}

// input is s without the password.
func (p *parsedTarget) input(s string) string {
	if !p.hasPassword {
		return s
	}
	start := strings.Index(s, "://") + len("://")
	user, _, _ := strings.Cut(p.authority, ":")
	host := strings.LastIndexByte(p.authority, '@')
	path := s[start+len(p.authority):]
	if clean := NewRedactor(p.password).Clean(path); clean != Visible(path) {
		path = clean
	}
	return s[:start] + user + ":" + Redacted + p.authority[host:] + path
}

// MaskTarget is s, a target or anything meant as one, for an error message:
// whatever stands where a password could stand is ***. It does not rely on the
// syntax of s, which may be broken in any way.
func MaskTarget(s string) string {
	start := 0
	if i := strings.Index(s, "://"); i >= 0 {
		start = i + len("://")
	}
	at := strings.LastIndexByte(s, '@')
	if at < 0 {
		start += bracketed(s[start:])
	}
	colon := strings.IndexByte(s[start:], ':')
	if colon < 0 {
		return s
	}
	colon += start
	switch tail := s[colon+1:]; {
	case at > colon:
		return s[:colon+1] + Redacted + s[at:]
	case len(tail) <= 5 && allDigits(tail): // host:port
		return s
	case strings.Count(tail, ":") > 0 && strings.Trim(tail, "0123456789abcdefABCDEF:.") == "": // IPv6
		return s
	}
	return s[:colon+1] + Redacted
}

// bracketed is the length of the [v6] at the start of s; 0: there is none.
func bracketed(s string) int {
	inside, _, closed := strings.Cut(strings.TrimPrefix(s, "["), "]")
	if _, err := netip.ParseAddr(inside); err != nil || !closed || !strings.HasPrefix(s, "[") {
		return 0
	}
	return len(inside) + 2
}

func allDigits(s string) bool { return strings.Trim(s, "0123456789") == "" }
