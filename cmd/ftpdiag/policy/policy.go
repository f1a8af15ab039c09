// Package policy holds what the caller's own rules make of findings: which are
// reason enough for a status, and which do not count.
package policy

import (
	"slices"

	"ftpdiag/cmd/ftpdiag/suggest"
	"ftpdiag/probe/diagnose"
)

// Policy names codes of findings. The zero Policy changes nothing.
type Policy struct {
	FailOn []diagnose.Code // make the status critical
	Ignore []diagnose.Code // do not count
}

// IsZero tells whether no code is named.
func (p Policy) IsZero() bool { return len(p.FailOn)+len(p.Ignore) == 0 }

// Apply judges a whole diagnosis anew, once. See [diagnose.Result.Gate].
func (p Policy) Apply(r *diagnose.Result) {
	if !p.IsZero() {
		r.Gate(p.FailOn, p.Ignore)
	}
}

// Clash is a code that is named both ways; "" where none is.
func (p Policy) Clash() diagnose.Code {
	for _, c := range p.FailOn {
		if slices.Contains(p.Ignore, c) {
			return c
		}
	}
	return ""
}

// Code is the code of that name. An unknown one is not ok: a slip would let
// through what it should stop. Near is then the one that it may be a slip of, ""
// where none is near.
func Code(name string) (code diagnose.Code, near string, ok bool) {
	known := diagnose.Codes()
	names := make([]string, len(known))
	for i, c := range known {
		names[i] = string(c)
	}
	if slices.Contains(names, name) {
		return diagnose.Code(name), "", true
	}
	return "", suggest.Nearest(name, names), false
}
