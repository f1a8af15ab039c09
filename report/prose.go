package report

import (
	"io"
	"slices"
	"strings"

	"ftpdiag/probe/diagnose"
	"ftpdiag/probe/evidence"
)

// Pieces of the text report for formats that hold text. They have no colours.

// newProse is a page for text inside another format.
func newProse() *page { return &page{width: maxWidth, look: newLook(io.Discard, ColorNever)} }

// findingText is finding number n of r, as the text report has it.
func findingText(n int, r *diagnose.Result) string {
	p := newProse()
	p.finding(n, r, r.Findings[n-1])
	return p.out.String()
}

// headlineText is the first line of the text report, without what explains the
// modes.
func headlineText(r *diagnose.Result) string {
	var b strings.Builder
	for _, s := range headline(r) {
		b.WriteString(s.text)
	}
	return oneLine(b.String())
}

// modesLine says in a few words which mode works and which to use: "passive
// works, active fails; use passive (EPSV)". It is empty where the run did not come
// so far.
func modesLine(r *diagnose.Result) string {
	if neitherTested(r) {
		return ""
	}
	words := "passive " + modeWord(r, evidence.Passive) + ", active " + modeWord(r, evidence.Active)
	if rec := r.Recommendation; rec.Mode != diagnose.None {
		words += "; use " + oneLine(string(rec.Mode))
		if rec.Method != "" {
			words += " (" + oneLine(string(rec.Method)) + ")"
		}
	}
	return words
}

// modeWord is the verdict on a mode, to stand behind its name.
func modeWord(r *diagnose.Result, mode evidence.Mode) string {
	switch v := r.Modes.Of(mode); v {
	case diagnose.Conditional:
		return "works on a condition"
	case diagnose.Intermittent:
		return "works sometimes"
	case diagnose.Inconclusive:
		return "undecided"
	case diagnose.NotTested:
		return "not tested"
	default:
		return oneLine(string(v))
	}
}

// causeLine is what explains the status in a sentence: the rule of the caller's
// own that raised it, else the first finding that counts, else why there is no
// verdict. It is empty where all is fine.
func causeLine(r *diagnose.Result) string {
	if words := gateWords(r.Gated); len(words) > 0 {
		return strings.Join(append(words, firstSummary(r)...), " ")
	}
	if first := firstSummary(r); len(first) > 0 {
		return first[0]
	}
	if r.Status == diagnose.StatusUnknown && noVerdict(r) {
		return whyNoVerdict(r)
	}
	return ""
}

// whyNoVerdict is the reason of the diagnosis, unless the headline knows a better
// one: that the time ran out.
func whyNoVerdict(r *diagnose.Result) string {
	if reason := oneLine(r.Recommendation.Reason); reason != "" && !r.Cut {
		return reason
	}
	return headlineText(r)
}

// firstSummary is the summary of the first finding that is an error or a warning
// and that is not ignored; an empty list where there is none.
func firstSummary(r *diagnose.Result) []string {
	for _, f := range r.Findings {
		if f.Severity != diagnose.Info && !ignored(r, f.Code) {
			return []string{oneLine(f.Summary)}
		}
	}
	return nil
}

// ignored tells whether the caller wants findings of the code not to count.
func ignored(r *diagnose.Result, c diagnose.Code) bool {
	return r.Gated != nil && slices.Contains(r.Gated.Ignored, c)
}
