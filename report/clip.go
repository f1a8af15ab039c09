package report

import (
	"fmt"
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// shortColumns is how much of a reply stands in a table or a row.
const shortColumns = 120

// clip shortens a text to a number of lines of so many columns each; a server
// may send a line of 64 KiB. more says what is not shown; empty: all is.
func clip(text string, lines, columns int) (shown, more string) {
	all := strings.Split(text, "\n")
	kept := make([]string, min(lines, len(all)))
	missing := len(text)
	for i := range kept {
		kept[i] = ansi.Truncate(all[i], columns, "")
		missing -= len(kept[i])
	}
	missing -= len(kept) - 1 // the line ends
	shown = strings.Join(kept, "\n")
	if missing > 0 {
		more = fmt.Sprintf("(%s more; --format json has them all)", size(int64(missing)))
	}
	return shown, more
}

// short is the beginning of a text, on one line.
func short(text string) string {
	shown, more := clip(strings.TrimSpace(text), 1, shortColumns)
	if more != "" {
		shown += " ..."
	}
	return shown
}
