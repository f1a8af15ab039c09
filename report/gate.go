package report

import (
	"fmt"
	"strconv"
	"strings"

	"ftpdiag/probe/diagnose"
)

// gateWords says what rules of the caller's own changed about the status, a
// sentence each.
func gateWords(g *diagnose.Gated) (sentences []string) {
	if g == nil {
		return nil
	}
	for _, l := range g.Exceeded {
		sentences = append(sentences, exceededWords(l))
	}
	if len(g.FailOn) > 0 {
		sentences = append(sentences, fmt.Sprintf("The status is critical: fail-on names %s.", codesWords(g.FailOn)))
	}
	if len(g.Ignored) > 0 {
		sentences = append(sentences, fmt.Sprintf("Not counted towards the status: ignore names %s.", codesWords(g.Ignored)))
	}
	return sentences
}

// exceededWords says what is outside its range.
func exceededWords(l diagnose.Limit) string {
	value := strconv.FormatFloat(l.Value, 'f', -1, 64)
	what := oneLine(l.What)
	switch l.What {
	case "cert_days":
		return fmt.Sprintf("The certificate has %s days left: %s (range %s).", value, oneLine(string(l.Status)), oneLine(l.Range))
	case "total":
		what = "the whole diagnosis"
	}
	return fmt.Sprintf("%s took %s s: %s (range %s).", capital(what), value, oneLine(string(l.Status)), oneLine(l.Range))
}

func codesWords(codes []diagnose.Code) string {
	words := make([]string, len(codes))
	for i, c := range codes {
		words[i] = oneLine(string(c))
	}
	return strings.Join(words, ", ")
}
