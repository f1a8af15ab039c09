// Package threshold raises the status of a [diagnose.Result] where something that
// was measured is outside the range that the caller gives for it, as the -w and
// -c of monitoring plugins do.
package threshold

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
)

// Range is a range of the monitoring plugins' guidelines, [@]start:end, that
// alerts for a value outside it, or with @ inside it. Both ends belong to it. The
// zero value is the range 0:0.
type Range struct {
	Start, End float64 // infinite where there is no bound
	Inside     bool    // @: alert inside
}

// number has neither exponent nor underscore: what ParseFloat takes besides, such
// as nan and 0x1, is a slip here.
var number = regexp.MustCompile(`^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)$`)

// ParseRange reads a range: "10" is 0 to 10, "10:" is 10 and more, "~:10" is 10
// and less, "10:20" is between, and "@10:20" alerts where that does not.
func ParseRange(s string) (Range, error) {
	text, inside := strings.CutPrefix(s, "@")
	start, end, both := strings.Cut(text, ":")
	if !both {
		start, end = "", text
	}
	r := Range{Inside: inside, End: math.Inf(1)}
	switch {
	case start == "" && end == "":
		return r, errors.New("it is empty")
	case start == "~":
		r.Start = math.Inf(-1)
	case start != "":
		var err error
		if r.Start, err = parseNumber(start); err != nil {
			return r, err
		}
	}
	if end != "" {
		var err error
		if r.End, err = parseNumber(end); err != nil {
			return r, err
		}
	}
	if r.Start > r.End {
		return r, fmt.Errorf("it begins at %s, above its end", format(r.Start))
	}
	return r, nil
}

func parseNumber(s string) (float64, error) {
	n, err := strconv.ParseFloat(s, 64)
	if err != nil || !number.MatchString(s) {
		return 0, fmt.Errorf("%q is not a number", s)
	}
	return n + 0, nil // no negative zero
}

// Alerts tells whether the value is one to alert for.
func (r Range) Alerts(value float64) bool {
	return (value >= r.Start && value <= r.End) == r.Inside
}

// String writes the range in its shortest form.
func (r Range) String() string {
	s := ""
	switch {
	case r.Start == 0 && !math.IsInf(r.End, 1):
	case math.IsInf(r.Start, -1):
		s = "~:"
	default:
		s = format(r.Start) + ":"
	}
	if !math.IsInf(r.End, 1) {
		s += format(r.End)
	}
	if r.Inside {
		s = "@" + s
	}
	return s
}

func format(n float64) string { return strconv.FormatFloat(n, 'f', -1, 64) }
