package reporttest

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
)

// Plugin is the output of a monitoring plugin, taken apart as the Monitoring
// Plugins Development Guidelines and the plugin API describe it.
type Plugin struct {
	Status string // OK, WARNING, CRITICAL, UNKNOWN
	Text   string // of the first line
	Long   string
	Data   []Datum
}

// Datum is one item of performance data.
type Datum struct{ Label, Value, Unit, Warn, Crit, Least, Most string }

var (
	firstLine = regexp.MustCompile(`^FTPDIAG (OK|WARNING|CRITICAL|UNKNOWN) - (.+)$`)
	// 'label'=value[UOM];[warn];[crit];[min];[max]: value in [-0-9.] or U.
	dataItem = regexp.MustCompile(`^ *'((?:[^'=|]|'')+)'=(-?[0-9]+(?:\.[0-9]+)?|U)(s|%|)(?:;([^; ]*)(?:;([^; ]*)(?:;([-0-9.]*)(?:;([-0-9.]*))?)?)?)?(?: |$)`)
)

// ReadPlugin reads an output. The first line is text, a bar, and performance data;
// then long text up to a bar, and performance data of several lines.
func ReadPlugin(out string) (p Plugin, err error) {
	if !strings.HasSuffix(out, "\n") {
		return p, fmt.Errorf("the last line does not end")
	}
	first, rest, _ := strings.Cut(strings.TrimSuffix(out, "\n"), "\n")
	text, data, _ := strings.Cut(first, "|")
	words := firstLine.FindStringSubmatch(strings.TrimSuffix(text, " "))
	if words == nil {
		return p, fmt.Errorf("the status line is %q", text)
	}
	p.Status, p.Text = words[1], words[2]
	long, more, _ := strings.Cut(rest, "|")
	p.Long = long
	for line := range strings.Lines(data + "\n" + more) {
		for line = strings.TrimRight(line, "\n"); strings.TrimSpace(line) != ""; {
			item := dataItem.FindStringSubmatch(line)
			if item == nil {
				return p, fmt.Errorf("performance data is %q", line)
			}
			d := Datum{strings.ReplaceAll(item[1], "''", "'"), item[2], item[3], item[4], item[5], item[6], item[7]}
			for _, r := range []string{d.Warn, d.Crit} {
				if err := CheckRange(r); r != "" && err != nil {
					return p, fmt.Errorf("range %q of %s: %v", r, d.Label, err)
				}
			}
			if d.Value == "U" && d.Unit != "" {
				return p, fmt.Errorf("%s has a unit and no value", d.Label)
			}
			p.Data, line = append(p.Data, d), line[len(item[0]):]
		}
	}
	return p, nil
}

// guidelineRange is "[@]start:end" as the guidelines have it: start and ":" may be
// absent where start is 0, ~ is negative infinity, and no end is infinity.
var guidelineRange = regexp.MustCompile(`^@?(?:(~|-?[0-9]+(?:\.[0-9]+)?)?:(-?[0-9]+(?:\.[0-9]+)?)?|(-?[0-9]+(?:\.[0-9]+)?))$`)

// CheckRange holds a range against the guidelines, which also want start ≤ end.
func CheckRange(s string) error {
	m := guidelineRange.FindStringSubmatch(s)
	if m == nil || strings.TrimPrefix(s, "@") == ":" {
		return fmt.Errorf("it is none of the guidelines")
	}
	start, end := 0.0, math.Inf(1)
	if m[1] == "~" {
		start = math.Inf(-1)
	} else if m[1] != "" {
		start, _ = strconv.ParseFloat(m[1], 64)
	}
	if text := m[2] + m[3]; text != "" {
		end, _ = strconv.ParseFloat(text, 64)
	}
	if start > end {
		return fmt.Errorf("it begins at %v, above its end %v", start, end)
	}
	return nil
}
