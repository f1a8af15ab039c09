package report_test

import (
	"strings"
	"testing"

	"ftpdiag/probe/diagnose"
	"ftpdiag/probe/evidence"
	"ftpdiag/report"
)

// TestWhyNothingIsKnown: every report says why a target was not tested, or what
// ended its diagnosis.
func TestWhyNothingIsKnown(t *testing.T) {
	fine := readGolden(t, "all-fine")[0]
	skipped := &diagnose.Result{Status: diagnose.StatusUnknown, Target: evidence.Target{Label: "bad"}}
	skipped.Recommendation.Reason = "not tested: t.txt:7: unknown option x"
	late := &diagnose.Result{Status: diagnose.StatusUnknown, Target: evidence.Target{Label: "late"}, Cut: true}
	late.Recommendation.Reason = "No mode was tried."
	inFlight := diagnose.Diagnose(&evidence.Evidence{Target: evidence.Target{Label: "in flight"}, Interrupted: true})
	halfway := diagnose.Diagnose(&evidence.Evidence{Target: evidence.Target{Label: "halfway"}, Interrupted: true, Attempts: []evidence.Attempt{{
		Mode: evidence.Passive, Method: evidence.EPSV, Purpose: evidence.PurposeTransfer, Outcome: evidence.OutcomeInconclusive,
		Failure: &evidence.Failure{Op: evidence.OpDataConnect, Kind: evidence.KindInterrupted}}}})
	if halfway.Modes.Passive != diagnose.Inconclusive {
		t.Fatalf("halfway, passive mode is %s", halfway.Modes.Passive)
	}
	const ranOut = "No verdict: the time ran out before passive or active mode could be judged."
	for _, c := range []struct {
		r     *diagnose.Result
		modes string // what stands before the reason
		want  string
	}{
		{skipped, "", skipped.Recommendation.Reason},
		{late, "", ranOut},
		{inFlight, "", "The diagnosis was interrupted before a verdict."},
		{halfway, "passive undecided, active not tested. ", "The diagnosis was interrupted before a verdict."},
	} {
		name := c.r.Target.Label
		for format, want := range map[string]string{
			"nagios": name + ": UNKNOWN - " + c.modes + c.want + "\n",
			"junit":  `<error message="` + c.modes + c.want + `"`,
			"text":   c.want,
		} {
			out := renderAs(t, format, report.Options{Width: 100}, fine, c.r)
			if !strings.Contains(out, want) {
				t.Errorf("%s of %s: no %q in\n%s", format, name, want, out)
			}
		}
		var brief strings.Builder
		if err := report.NewBrief(&brief, report.Options{}).Line(c.r); err != nil || brief.String() != "UNKNOWN   "+name+": "+c.want+"\n" {
			t.Errorf("in brief, %s: %v, %q", name, err, brief.String())
		}
		if line, _, _ := strings.Cut(renderAs(t, "nagios", report.Options{}, c.r), " |"); line != "FTPDIAG UNKNOWN - "+c.modes+c.want {
			t.Errorf("nagios of %s: %s", name, line)
		}
		if got := causeCell(t, renderAs(t, "markdown", report.Options{}, fine, c.r), name); got != c.want {
			t.Errorf("markdown of %s: the cause is %q", name, got)
		}
	}
}

// causeCell is the last cell of the row of a target, without what escapes it.
func causeCell(t *testing.T, out, target string) string {
	t.Helper()
	for line := range strings.Lines(out) {
		if strings.HasPrefix(line, "| "+target+" |") {
			cells := strings.Split(strings.TrimSuffix(line, " |\n"), " | ")
			return strings.ReplaceAll(cells[len(cells)-1], `\`, "")
		}
	}
	t.Fatalf("no row of %s in\n%s", target, out)
	return ""
}
