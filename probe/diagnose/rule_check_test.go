package diagnose

import (
	"cmp"
	"fmt"
	"strings"
	"testing"

	"ftpdiag/probe/evidence"
)

// brief is a Result in one line a finding: what tests compare.
func brief(r *Result) string {
	var b strings.Builder
	fmt.Fprintf(&b, "passive %s, active %s: %s", r.Modes.Passive, r.Modes.Active, r.Recommendation.Mode)
	if r.Recommendation.Method != "" {
		fmt.Fprintf(&b, " %s", r.Recommendation.Method)
	}
	for _, c := range r.Recommendation.Conditions {
		fmt.Fprintf(&b, " %s", c.Code)
	}
	fmt.Fprintf(&b, ", %s", r.Status)
	for _, f := range r.Findings {
		fmt.Fprintf(&b, "\n%s %s %s %s", f.Severity, cmp.Or(string(f.Mode), "-"), f.Code, f.Confidence)
		for i, c := range f.CouldAlsoBe {
			fmt.Fprintf(&b, "%s%s", []string{" or ", ", "}[min(i, 1)], c)
		}
	}
	return b.String()
}

// verdictCase is evidence and the brief of what it means.
type verdictCase struct {
	name string
	ev   *evidence.Evidence
	want string
}

func check(t *testing.T, cases []verdictCase) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			r := Diagnose(c.ev)
			want := unindent(c.want)
			if got := brief(r); got != want {
				t.Errorf("got\n%s\nwant\n%s\nevidence\n%s", got, want, proof(r))
			}
		})
	}
}

// unindent takes the indentation of the source off.
func unindent(s string) string {
	var out []string
	for line := range strings.SplitSeq(strings.TrimSpace(s), "\n") {
		out = append(out, strings.TrimSpace(line))
	}
	return strings.Join(out, "\n")
}

// wantProof checks that the evidence of the cases of these names has these words.
func wantProof(t *testing.T, cases []verdictCase, want map[string][]string) {
	t.Helper()
	for _, c := range cases {
		for _, has := range want[c.name] {
			if got := proof(Diagnose(c.ev)); !strings.Contains(got, has) {
				t.Errorf("%s: %q is missing from\n%s", c.name, has, got)
			}
		}
		delete(want, c.name)
	}
	if len(want) > 0 {
		t.Errorf("no case for %v", want)
	}
}

// proof is the evidence of each finding.
func proof(r *Result) string {
	var out []string
	for _, f := range r.Findings {
		out = append(out, fmt.Sprintf("%s %v: %s\n  %s", f.Code, f.Who, f.Summary, strings.Join(f.Evidence, "\n  ")))
	}
	return strings.Join(out, "\n")
}
