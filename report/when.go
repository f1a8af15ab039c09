package report

import (
	"fmt"
	"time"
)

const secondsADay = 24 * 60 * 60

// seconds from one moment to another: a time.Duration is too short for the years
// that a certificate may name.
func seconds(from, to time.Time) int64 { return to.Unix() - from.Unix() }

// date is a day in UTC.
func date(t time.Time) string { return t.UTC().Format("2006-01-02") }

// when says how far off something is, in whole units that never promise more
// time than there is.
func when(seconds int64) string {
	if seconds < 0 {
		return howLong(-seconds) + " ago"
	}
	return "in " + howLong(seconds)
}

// howLong is a time in its largest unit of which there are two or more.
func howLong(seconds int64) string {
	const minute, hour, year = 60, 60 * 60, 365 * secondsADay
	switch {
	case seconds >= 2*year:
		return fmt.Sprintf("%d years", seconds/year)
	case seconds >= 2*secondsADay:
		return fmt.Sprintf("%d days", seconds/secondsADay)
	case seconds >= 2*hour:
		return fmt.Sprintf("%d hours", seconds/hour)
	case seconds >= 2*minute:
		return fmt.Sprintf("%d minutes", seconds/minute)
	}
	return "a moment"
}
