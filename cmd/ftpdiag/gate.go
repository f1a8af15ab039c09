package main

import (
	"slices"
	"strings"

	"ftpdiag/cmd/ftpdiag/policy"
	"ftpdiag/cmd/ftpdiag/suggest"
	"ftpdiag/probe/diagnose"
	"ftpdiag/report/threshold"
)

// gate is what the caller's own rules make of a status: --fail-on, --ignore, and
// the ranges of -w and -c. They count for every format, since they are about the
// exit code.
type gate struct {
	policy policy.Policy
	limits threshold.Limits
}

// apply judges a whole diagnosis anew. A measure that is out of its range is a
// fact of its own, which no --ignore takes away.
func (g gate) apply(r *diagnose.Result) {
	g.policy.Apply(r)
	g.limits.Apply(r)
}

// rules reads the flags of the gate.
func (o *options) rules() (err error) {
	if o.gate.policy.FailOn, err = codesOf("fail-on", o.failOn); err != nil {
		return err
	}
	if o.gate.policy.Ignore, err = codesOf("ignore", o.ignore); err != nil {
		return err
	}
	if c := o.gate.policy.Clash(); c != "" {
		return usage("name it in one of them", "--fail-on and --ignore both name %s", c)
	}
	if o.gate.limits.Warning, err = rangesOf("warning", o.warning); err != nil {
		return err
	}
	o.gate.limits.Critical, err = rangesOf("critical", o.critical)
	return err
}

// codesOf reads lists of codes, of which each must be known.
func codesOf(flag string, lists []string) (codes []diagnose.Code, err error) {
	for _, list := range lists {
		for name := range strings.SplitSeq(list, ",") {
			name = strings.TrimSpace(name)
			code, near, ok := policy.Code(name)
			if ok {
				codes = append(codes, code)
				continue
			}
			hint := valueHint(flag)
			if near != "" {
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
			if near := suggest.Nearest(name, threshold.Measures()); near != "" {
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
