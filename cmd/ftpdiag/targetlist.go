package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"ftpdiag/cmd/ftpdiag/sweep"
	"ftpdiag/probe"
	"ftpdiag/probe/evidence"
	"ftpdiag/probe/ftp"
)

// lineOptions are those that may stand behind a target of --targets.
var lineOptions = []string{"user", "password-file", "tls", "path", "expect", "label"}

// badLine is a line of --targets that names no target.
type badLine struct {
	where string // FILE:NUMBER
	err   error
}

func (b badLine) Error() string { return b.where + ": " + b.err.Error() }

// badLinesShown bounds what is said about bad lines.
const badLinesShown = 20

// badList is the error of a list with bad lines.
type badList []badLine

func (b badList) Error() string {
	if len(b) == 1 {
		return b[0].Error()
	}
	return fmt.Sprintf("%s (and %d more bad lines)", b[0].Error(), len(b)-1)
}

// lines says what is wrong, a line each.
func (b badList) lines() []string {
	var lines []string
	for _, bad := range b[:min(len(b), badLinesShown)] {
		lines = append(lines, bad.Error())
	}
	if more := len(b) - badLinesShown; more > 0 {
		lines = append(lines, fmt.Sprintf("%d more lines are bad", more))
	}
	return lines
}

// Unwrap makes it a usage error.
func (b badList) Unwrap() error {
	hint := "mend the lines, or skip them with --skip-invalid: nothing was probed"
	var first *ftp.UsageError
	if errors.As(b[0].err, &first) && len(b) == 1 && first.Hint != "" {
		hint = first.Hint + "; or skip the line with --skip-invalid"
	}
	return &ftp.UsageError{Message: b.Error(), Hint: hint}
}

// listed reads --targets and puts them behind requests. A bad line becomes a
// request that says so.
func (o *options) listed(requests []request, cfg probe.Config) ([]request, error) {
	name, in, err := o.openList()
	if err != nil {
		return nil, err
	}
	defer in.Close()
	lines, err := sweep.ReadList(in, lineOptions)
	if err != nil {
		return nil, usage(valueHint("targets"), "the targets cannot be read from %s: %v", name, bare(err))
	}
	passwords, before := passwordFiles{}, len(requests)
	n := 0
	for range lines {
		n++
	}
	requests = slices.Grow(requests, n) // growing step by step would hold a long list twice
	for line := range lines {
		r, err := o.line(line, cfg, passwords)
		if err != nil {
			r = request{target: evidence.Target{Input: ftp.MaskTarget(line.Target)}, bad: &badLine{fmt.Sprintf("%s:%d", name, line.Number), err}}
		}
		r.listed = true
		requests = append(requests, r)
	}
	if len(requests) == before {
		return nil, usage(valueHint("targets"), "there is no target in %s", name)
	}
	return requests, nil
}

// openList opens the file of --targets and gives it its name in messages.
func (o *options) openList() (name string, in io.ReadCloser, err error) {
	if o.targets == "-" {
		return "standard input", io.NopCloser(o.stdin), nil
	}
	f, err := os.Open(o.targets)
	if err != nil {
		return "", nil, usage(valueHint("targets"), "the file of --targets, %s, cannot be read: %v", quotePath(o.targets), bare(err))
	}
	return ftp.Visible(o.targets), f, nil
}

// line turns a line into a request: what stands behind the target takes the
// place of the flag of that name.
func (o *options) line(line sweep.Line, cfg probe.Config, passwords passwordFiles) (r request, err error) {
	if line.Err != nil {
		return r, line.Err
	}
	own, values := *o, map[string]string{}
	for _, option := range line.Options {
		values[option.Name] = option.Value
	}
	if err := own.override(values); err != nil {
		return r, err
	}
	named := probeUser(line.Target)
	if r, err = own.request(line.Target, cfg); err != nil {
		return r, err
	}
	if user := values["user"]; user != "" && named != "" && named != user {
		return r, usage("name the user in the URL or with user=", "target and user= name different users")
	}
	r.target.Label, r.tls, r.expect = values["label"], values["tls"], values["expect"]
	return r, passwords.give(&r, values["password-file"])
}

// override puts the options of a line in the place of flags.
func (o *options) override(values map[string]string) error {
	for _, name := range []string{"tls", "expect"} {
		value, ok := values[name]
		if ok && !slices.Contains(choices[name], value) {
			return usage(name+"= takes "+oneOf(choices[name]), "unknown %s %s", name, quote(value))
		}
	}
	for name, value := range values {
		if strings.ContainsAny(value, "\r\n\x00") {
			return usage(name+"= is one line of text", "%s= contains CR, LF or NUL", name)
		}
	}
	set := func(field *string, name string) {
		if value, ok := values[name]; ok {
			*field = value
		}
	}
	set(&o.user, "user")
	set(&o.path, "path")
	set(&o.tls, "tls")
	set(&o.expect, "expect")
	return o.expectFitsMode()
}

// probeUser is the user that a target itself names; "" is none.
func probeUser(target string) string {
	t, _, _, err := ftp.ParseTarget(target)
	if err != nil {
		return ""
	}
	return t.User
}

// passwordFiles are the passwords of files that lines name, each read once.
type passwordFiles map[string]string

// give gives r the password of a file; "" is no file.
func (p passwordFiles) give(r *request, name string) (err error) {
	switch {
	case name == "":
		return nil
	case !r.named():
		return usage("name the user with user=", "password-file= is of no use to an anonymous user")
	case r.hasPassword:
		return usage("leave the password out of the URL", "the URL has a password, and password-file= is another")
	}
	password, known := p[name]
	if !known {
		if password, err = readPasswordFile(name); err != nil {
			return err
		}
		p[name] = password
	}
	r.password, r.hasPassword = password, true
	return nil
}
