package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"ftpdiag/probe/diagnose"
	"ftpdiag/probe/ftp"
	"ftpdiag/report/threshold"
)

// Nagios writes what a monitoring plugin prints (Monitoring Plugins Development
// Guidelines): a status line with the cause in words, performance data behind a
// bar, and long text after it. Several results make one status line, that of the
// worst, and long text of at most some kilobytes, the worst first. The exit code is
// not its business.
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
	b.WriteString(strings.Join(details(r), ""))
}

// NagiosUnknown is the whole output of a plugin that could not do its work, for
// the reason given.
func NagiosUnknown(reason string) string {
	return statusLine(diagnose.StatusUnknown, oneLine(ftp.Visible(reason))) + "\n"
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

// details are what follows the status line, piece by piece: the conditions and the
// findings.
func details(r *diagnose.Result) (pieces []string) {
	conditions := ""
	for _, c := range r.Recommendation.Conditions {
		conditions += bare("- "+oneLine(c.Text)) + "\n"
	}
	if conditions != "" {
		pieces = append(pieces, "Conditions:\n"+conditions)
	}
	for i := range r.Findings {
		pieces = append(pieces, bare(findingText(i+1, r)))
	}
	return pieces
}

// bare is text without what ends it: a bar would begin performance data.
func bare(text string) string { return strings.ReplaceAll(text, "|", "¦") }
