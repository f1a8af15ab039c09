package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"ftpdiag/probe"
	"ftpdiag/probe/diagnose"
	"ftpdiag/report/metrics"
	"ftpdiag/report/threshold"
)

// Nagios writes what a monitoring plugin prints (Monitoring Plugins Development
// Guidelines): a status line with the cause in words, performance data behind a
// bar, and long text after it. Several results make one status line, that of the
// worst. The exit code is not its business.
type Nagios struct {
	Limits threshold.Limits // the ranges that stand beside the measures
}

// statusColumns is how much of a status line is words: it is shown in a column of
// a web page, and may go out as a text message.
const statusColumns = 400

// Render writes the status line and the rest.
func (n Nagios) Render(w io.Writer, results ...*diagnose.Result) error {
	all, err := normals(results)
	if err != nil || len(all) == 0 {
		return err
	}
	for _, r := range all {
		r.Status = pluginStatus(r.Status)
	}
	var b strings.Builder
	if len(all) == 1 {
		n.single(&b, all[0])
	} else {
		n.several(&b, all)
	}
	_, err = io.WriteString(w, b.String())
	return err
}

func (n Nagios) single(b *strings.Builder, r *diagnose.Result) {
	fmt.Fprintf(b, "%s | %s\n", statusLine(r.Status, verdictLine(r)), n.performance("", r))
	longText(b, r)
}

// several puts the counts behind the bar of the status line, and the measures of
// each target behind that of the long text.
func (n Nagios) several(b *strings.Builder, all []*diagnose.Result) {
	counts := map[diagnose.Status]int{}
	first := all[0] // of the worst
	for _, r := range all {
		counts[r.Status]++
		if r.Status != first.Status && first.Status.Worse(r.Status) == r.Status {
			first = r
		}
	}
	var words, data []string
	data = append(data, fmt.Sprintf("'targets'=%d;;;0;", len(all)))
	for _, s := range []diagnose.Status{diagnose.StatusCritical, diagnose.StatusWarning, diagnose.StatusUnknown, diagnose.StatusOK} {
		if counts[s] > 0 {
			words = append(words, fmt.Sprintf("%d %s", counts[s], s))
		}
		data = append(data, fmt.Sprintf("'%s'=%d;;;0;%d", s, counts[s], len(all)))
	}
	text := fmt.Sprintf("%d targets: %s", len(all), strings.Join(words, ", "))
	if first.Status != diagnose.StatusOK {
		text += "; " + oneLine(targetName(first)) + ": " + verdictLine(first)
	}
	fmt.Fprintf(b, "%s | %s\n", statusLine(first.Status, text), strings.Join(data, " "))
	names := metrics.TargetNames(all)
	measures := make([]string, len(all))
	for i, r := range all {
		b.WriteString(bare(fmt.Sprintf("%s: %s - %s", oneLine(targetName(r)), strings.ToUpper(string(r.Status)), verdictLine(r))) + "\n")
		longText(b, r)
		measures[i] = n.performance(names[i]+" ", r)
	}
	fmt.Fprintf(b, "| %s\n", strings.Join(measures, "\n"))
}

// NagiosUnknown is the whole output of a plugin that could not do its work, for
// the reason given.
func NagiosUnknown(reason string) string {
	return statusLine(diagnose.StatusUnknown, oneLine(probe.Visible(reason))) + "\n"
}

// pluginStatus is one of the four, as the exit code says it too.
func pluginStatus(s diagnose.Status) diagnose.Status {
	if s != diagnose.StatusUnknown && s.ExitCode() == diagnose.StatusUnknown.ExitCode() {
		return diagnose.StatusUnknown
	}
	return s
}

// statusLine is the first line, up to the bar.
func statusLine(s diagnose.Status, text string) string {
	return bare(ansi.Truncate(fmt.Sprintf("FTPDIAG %s - %s", strings.ToUpper(string(s)), text), statusColumns, "..."))
}

// verdictLine says which mode works and what is the cause of what does not.
func verdictLine(r *diagnose.Result) string {
	modes, cause := modesLine(r), causeLine(r)
	switch {
	case modes == "" && cause == "":
		return headlineText(r)
	case modes == "" || cause == "":
		return modes + cause
	}
	return modes + ". " + cause
}

// longText is what follows the status line: the recommendation and the findings.
func longText(b *strings.Builder, r *diagnose.Result) {
	for i, c := range r.Recommendation.Conditions {
		if i == 0 {
			b.WriteString("Conditions:\n")
		}
		b.WriteString(bare("- "+oneLine(c.Text)) + "\n")
	}
	for i := range r.Findings {
		b.WriteString(bare(findingText(i+1, r)))
	}
}

// bare is text without what ends it: a bar would begin performance data.
func bare(text string) string { return strings.ReplaceAll(text, "|", "¦") }
