package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"ftpdiag/probe/diagnose"
	"ftpdiag/report/metrics"
	"ftpdiag/report/threshold"
)

// How much is said of several targets. Monitoring systems cut what a plugin prints,
// Nagios at 8 KB.
const (
	longRoom     = 3000 // bytes of long text
	measuresRoom = 3600 // bytes of measures behind it
	notesRoom    = 160  // bytes, of the long text, that count what is left out
	lineColumns  = 160  // of the line about a target
	fineKept     = 10   // targets that are ok and have a line
)

// several puts the counts behind the bar of the status line, and the measures of
// the targets behind that of the long text.
func (n Nagios) several(b *strings.Builder, all []*diagnose.Result) {
	sorted := slices.Clone(all)
	slices.SortStableFunc(sorted, func(a, b *diagnose.Result) int {
		return cmp.Compare(slices.Index(statusesByBadness, a.Status), slices.Index(statusesByBadness, b.Status))
	})
	text := fmt.Sprintf("%d targets: %s", len(all), countWords(all))
	first := sorted[0]
	if first.Status != diagnose.StatusOK {
		text += "; " + oneLine(targetName(first)) + ": " + verdictLine(first)
	}
	fmt.Fprintf(b, "%s | %s\n", statusLine(first.Status, text), countData(all))
	b.WriteString(longText(sorted))
	measures := n.measures(all)
	if more := len(all) - len(measures); more > 0 {
		fmt.Fprintf(b, "Not among the performance data: the last %d of the list\n", more)
	}
	if len(measures) > 0 {
		fmt.Fprintf(b, "| %s\n", strings.Join(measures, "\n"))
	}
}

func countByStatus(all []*diagnose.Result) map[diagnose.Status]int {
	counts := map[diagnose.Status]int{}
	for _, r := range all {
		counts[r.Status]++
	}
	return counts
}

// countWords says how many have which status: "1 critical, 2 ok".
func countWords(all []*diagnose.Result) string {
	var words []string
	counts := countByStatus(all)
	for _, s := range statusesByBadness {
		if counts[s] > 0 {
			words = append(words, fmt.Sprintf("%d %s", counts[s], s))
		}
	}
	return strings.Join(words, ", ")
}

// countData are the same numbers as performance data.
func countData(all []*diagnose.Result) string {
	data := []string{fmt.Sprintf("'targets'=%d;;;0;", len(all))}
	counts := countByStatus(all)
	for _, s := range statusesByBadness {
		data = append(data, fmt.Sprintf("'%s'=%d;;;0;%d", s, counts[s], len(all)))
	}
	return strings.Join(data, " ")
}

// longText has a line for each target that is not ok, the worst first, with as
// much detail as leaves room for the lines of the others; then lines for some that
// are ok. The rest is counted.
func longText(sorted []*diagnose.Result) string {
	text := &bounded{left: longRoom - notesRoom}
	fine := slices.IndexFunc(sorted, func(r *diagnose.Result) bool { return r.Status == diagnose.StatusOK })
	if fine < 0 {
		fine = len(sorted)
	}
	lines := make([]string, fine)
	owed := 0 // bytes of lines to come
	for i, r := range sorted[:fine] {
		lines[i] = targetLine(r, verdictLine(r))
		owed += len(lines[i])
	}
	var rest []*diagnose.Result
	for i, r := range sorted[:fine] {
		owed -= len(lines[i])
		if text.add(lines[i], 0) {
			text.addDetails(r, owed)
		} else {
			rest = append(rest, r)
		}
	}
	for i, r := range sorted[fine:] {
		if i >= fineKept || !text.add(targetLine(r, modesLine(r)), 0) {
			rest = append(rest, r)
		}
	}
	if len(rest) > 0 {
		fmt.Fprintf(&text.Builder, "and %d more: %s\n", len(rest), countWords(rest))
	}
	return text.String()
}

// targetLine is what the long text says of a target at least.
func targetLine(r *diagnose.Result, words string) string {
	line := oneLine(targetName(r)) + ": " + strings.ToUpper(string(r.Status))
	if words != "" {
		line += " - " + words
	}
	return bare(ansi.Truncate(line, lineColumns, "...")) + "\n"
}

// bounded is a text with room for so many more bytes.
type bounded struct {
	strings.Builder
	left int
}

// add appends s where that leaves room for owed bytes.
func (b *bounded) add(s string, owed int) bool {
	if len(s)+owed > b.left {
		return false
	}
	b.WriteString(s)
	b.left -= len(s)
	return true
}

// addDetails appends the first details of r, and says where some are left out.
func (b *bounded) addDetails(r *diagnose.Result, owed int) {
	pieces := details(r)
	for i, piece := range pieces {
		more := fmt.Sprintf("    (%d more not shown)\n", len(pieces)-i)
		if !b.add(piece, owed+len(more)) {
			b.add(more, owed)
			return
		}
	}
}

// measures are the performance data of each target, of as many of the first as
// there is room for. Which these are depends on names and ranges alone, so that a
// graph does not come and go with what is measured.
func (n Nagios) measures(all []*diagnose.Result) (data []string) {
	const values = 150 // bytes of the numbers of one target, at most
	ranges := 0
	for _, name := range threshold.Measures() {
		ranges += len(rangeText(n.Limits.Warning, name)) + len(rangeText(n.Limits.Critical, name))
	}
	left := measuresRoom
	for i, name := range metrics.TargetNames(all) {
		prefix := name + " "
		if left -= 6*len(dataLabel(prefix)) + ranges + values; left < 0 {
			break
		}
		data = append(data, n.performance(prefix, all[i]))
	}
	return data
}
