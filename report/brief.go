package report

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"ftpdiag/probe/diagnose"
	"ftpdiag/probe/evidence"
)

// Brief writes a line for each of many results.
type Brief struct {
	w    io.Writer
	look look
}

// NewBrief makes a Brief that writes to w.
func NewBrief(w io.Writer, o Options) Brief { return Brief{w, newLook(w, o.Color)} }

// statusColumn is where what stands behind a status begins.
const statusColumn = 10

// Line writes the line about r in one piece: its status, its name, whether the
// modes work, and the codes of what is wrong. It is never broken, so that it can
// be searched for.
func (b Brief) Line(r *diagnose.Result) error {
	c, err := normal(r)
	if err != nil {
		return err
	}
	var line strings.Builder
	line.WriteString(pad(b.look.render(statusInk(c.Status), strings.ToUpper(string(c.Status))), statusColumn))
	line.WriteString(b.look.render(strong, nameOnList(c)) + ": " + modesInBrief(c))
	if codes := causes(c); len(codes) > 0 {
		line.WriteString(": " + strings.Join(codes, ", "))
	}
	_, err = io.WriteString(b.w, line.String()+"\n")
	return err
}

// nameOnList is what a target is called among many: its label too where it has
// one.
func nameOnList(r *diagnose.Result) string {
	name := oneLine(targetName(r))
	if l := r.Target.Label; l != "" && r.Target.Host != "" {
		address := *r
		address.Target.Label = ""
		name += " (" + oneLine(targetName(&address)) + ")"
	}
	return name
}

// modesInBrief says whether the modes work, or what kept us from knowing.
func modesInBrief(r *diagnose.Result) string {
	step := brokenStep(r)
	switch {
	case neitherTested(r) && step != "":
		return "fails at " + step
	case noVerdict(r) && len(r.Findings) == 0 && r.Recommendation.Reason != "":
		return whyNoVerdict(r)
	case neitherTested(r):
		return "not tested"
	}
	var parts []string
	for _, m := range []evidence.Mode{evidence.Passive, evidence.Active} {
		if v := r.Modes.Of(m); v != diagnose.NotTested {
			parts = append(parts, fmt.Sprintf("%s %s", m, verdictVerb(v)))
		}
	}
	return strings.Join(parts, ", ")
}

// causes are the codes of what is wrong, the worst first, without what is only
// worth knowing.
func causes(r *diagnose.Result) (codes []string) {
	for _, f := range r.Findings {
		if code := oneLine(string(f.Code)); f.Severity != diagnose.Info && !slices.Contains(codes, code) {
			codes = append(codes, code)
		}
	}
	return codes
}
