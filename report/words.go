package report

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"ftpdiag/probe/diagnose"
	"ftpdiag/probe/evidence"
)

// Words for people. What is not in a list is an open word that a later version
// added, and is shown as it is.

func confidenceWords(c diagnose.Confidence) string {
	switch c {
	case diagnose.High:
		return "high (nothing else fits)"
	case diagnose.Medium:
		return "medium (one observation)"
	case diagnose.Low:
		return "low (it varies, or was cut short)"
	}
	return oneLine(string(c))
}

func verdictWords(v diagnose.Verdict) string {
	switch v {
	case diagnose.Conditional:
		return "on a condition"
	case diagnose.Intermittent:
		return "sometimes"
	case diagnose.NotTested:
		return "not tried"
	case diagnose.Inconclusive:
		return "undecided"
	}
	return oneLine(string(v))
}

func verdictVerb(v diagnose.Verdict) string {
	switch v {
	case diagnose.Conditional:
		return "works on a condition"
	case diagnose.Intermittent:
		return "works only sometimes"
	case diagnose.Fails:
		return "does not work"
	case diagnose.NotTested:
		return "was not tried"
	case diagnose.Inconclusive:
		return "stays undecided"
	}
	return oneLine(string(v))
}

func verdictInk(v diagnose.Verdict) ink {
	switch v {
	case diagnose.Works:
		return good
	case diagnose.Conditional, diagnose.Intermittent:
		return doubtful
	case diagnose.Fails:
		return bad
	}
	return plain
}

func severityInk(s diagnose.Severity) ink {
	switch s {
	case diagnose.Error:
		return bad
	case diagnose.Warning:
		return doubtful
	}
	return note
}

func whoWords(w diagnose.Who) string {
	switch w {
	case diagnose.ClientUser:
		return "the person at this computer"
	case diagnose.ClientNetwork:
		return "this side's network admin"
	case diagnose.ServerAdmin:
		return "the server's admin"
	case diagnose.ServerNetwork:
		return "the server side's network admin"
	case diagnose.ISP:
		return "the internet provider"
	}
	return oneLine(string(w))
}

// kindWords says in which way something failed, to stand before "at …".
var kindWords = map[evidence.Kind]string{
	evidence.KindRefused:         "refused",
	evidence.KindTimedOut:        "no answer",
	evidence.KindReset:           "cut off",
	evidence.KindEOF:             "closed too early",
	evidence.KindHostUnreachable: "host not reachable",
	evidence.KindNetUnreachable:  "network not reachable",
	evidence.KindProhibited:      "forbidden on the way",
	evidence.KindDenied:          "forbidden by this computer",
	evidence.KindRejected:        "refused by the server",
	evidence.KindMalformed:       "answer not understood",
	evidence.KindExhausted:       "no local port left",
	evidence.KindNoSuchHost:      "no such name",
	evidence.KindResolver:        "name lookup failed",
	evidence.KindInterrupted:     "stopped early",
	evidence.KindUntrusted:       "certificate not trusted",
}

// failureWords is a failure in a few words.
func failureWords(f *evidence.Failure) string {
	if w := kindWords[f.Kind]; w != "" {
		return w
	}
	return oneLine(f.Message)
}

// took writes a duration with the digits that matter.
func took(m evidence.Millis) string {
	d := m.Duration()
	switch {
	case d < 10*time.Millisecond:
		return fmt.Sprintf("%.1f ms", float64(d)/float64(time.Millisecond))
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	}
	return strings.TrimSuffix(fmt.Sprintf("%.1f", d.Seconds()), ".0") + " s"
}

// size writes a number of bytes.
func size(n int64) string {
	switch {
	case n == 1:
		return "1 byte"
	case n < 10<<10:
		return fmt.Sprintf("%d bytes", n)
	case n < 1<<20:
		return fmt.Sprintf("%d KiB", n>>10)
	}
	return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
}

// ports names ports, in order and not too many of them.
func ports(list []int) string {
	const most = 8
	list = slices.Sorted(slices.Values(list))
	more := ""
	if len(list) > most {
		more = fmt.Sprintf(" and %d more", len(list)-most)
		list = list[:most]
	}
	return strings.Trim(strings.ReplaceAll(fmt.Sprint(list), " ", ", "), "[]") + more
}

// capital writes the first letter large.
func capital(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	return strings.ToUpper(string(r)) + s[n:]
}
