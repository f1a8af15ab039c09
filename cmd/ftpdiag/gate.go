package main

import (
	"slices"
	"strings"

	"ftpdiag/probe/diagnose"
	"ftpdiag/report/threshold"
)

// gate is what the caller's own rules make of a status: --fail-on, --ignore, and
// the ranges of -w and -c. They count for every format, since they are about the
// exit code.
type gate struct {
	failOn, ignore []diagnose.Code
	limits         threshold.Limits
}

// apply judges a whole diagnosis anew. A measure that is out of its range is a
// fact of its own, which no --ignore takes away.
func (g gate) apply(r *diagnose.Result) {
	if len(g.failOn)+len(g.ignore) > 0 {
		r.Gate(g.failOn, g.ignore)
	}
	g.limits.Apply(r)
}

// rules reads the flags of the gate.
func (o *options) rules() (err error) {
	if o.gate.failOn, err = codesOf("fail-on", o.failOn); err != nil {
		return err
	}
	if o.gate.ignore, err = codesOf("ignore", o.ignore); err != nil {
		return err
	}
	for _, c := range o.gate.failOn {
		if slices.Contains(o.gate.ignore, c) {
			return usage("name it in one of them", "--fail-on and --ignore both name %s", c)
		}
	}
	if o.gate.limits.Warning, err = rangesOf("warning", o.warning); err != nil {
		return err
	}
	o.gate.limits.Critical, err = rangesOf("critical", o.critical)
	return err
}

// codesOf reads lists of codes, of which each must be known: a slip would let
// through what it should stop.
func codesOf(flag string, lists []string) (codes []diagnose.Code, err error) {
	known := diagnose.Codes()
	names := make([]string, len(known))
	for i, c := range known {
		names[i] = string(c)
	}
	for _, list := range lists {
		for name := range strings.SplitSeq(list, ",") {
			name = strings.TrimSpace(name)
			if slices.Contains(names, name) {
				codes = append(codes, diagnose.Code(name))
				continue
			}
			hint := valueHint(flag)
			if near := nearest(name, names); near != "" {
				hint = "did you mean --" + flag + " " + near + "?"
			}
			return nil, usage(hint, "unknown code %s in --%s", quote(name), flag)
		}
	}
	return codes, nil
}

// rangesOf reads MEASURE=RANGE; of two for the same measure the last counts.
func rangesOf(flag string, specs []string) (map[string]threshold.Range, error) {
	ranges := map[string]threshold.Range{}
	for _, spec := range specs {
		name, text, both := strings.Cut(spec, "=")
		if !both {
			return nil, usage(valueHint(flag), "--%s %s has no =", flag, quote(spec))
		}
		if !slices.Contains(threshold.Measures(), name) {
			hint := "the measures are " + oneOf(threshold.Measures())
			if near := nearest(name, threshold.Measures()); near != "" {
				hint = "did you mean --" + flag + " " + near + "=" + text + "?"
			}
			return nil, usage(hint, "unknown measure %s in --%s", quote(name), flag)
		}
		r, err := threshold.ParseRange(text)
		if err != nil {
			return nil, usage(valueHint(flag), "the range of --%s %s: %v", flag, quote(spec), err)
		}
		ranges[name] = r
	}
	return ranges, nil
}
