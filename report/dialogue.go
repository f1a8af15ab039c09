package report

import (
	"fmt"
	"strings"

	"ftpdiag/probe/evidence"
)

// dialogue writes what was said on the control connections, line by line.
func (p *page) dialogue(lines []evidence.Exchange) {
	if len(lines) == 0 {
		return
	}
	p.blank()
	p.fill("", "", span{strong, "Dialogue"},
		span{plain, " (milliseconds; control connection; -> sent, <- received, ** remark)"})
	p.blank()
	width := 0
	for _, e := range lines {
		width = max(width, len(millis(e.At)))
	}
	for _, e := range lines {
		mark, i := "**", plain
		switch e.From {
		case evidence.FromClient:
			mark, i = "->", said
		case evidence.FromServer:
			mark, i = "<-", quote
		}
		lead := fmt.Sprintf("  %*s %2d %s ", width, millis(e.At), e.Session, mark)
		p.fill(lead, strings.Repeat(" ", len(lead)), span{i, e.Text})
	}
}

func millis(m evidence.Millis) string {
	return fmt.Sprintf("%.1f", float64(m.Duration().Microseconds())/1000)
}
