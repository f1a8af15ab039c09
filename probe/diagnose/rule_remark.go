package diagnose

import (
	"fmt"
	"time"

	"ftpdiag/probe"
	"ftpdiag/probe/evidence"
)

// remarkRules note what does no harm to a transfer that worked.
var remarkRules = []rule{emptyListing, completion250, slowTransfer, portNot20, reuseAsked, uncleanClose}

// emptyListing: the path is proved, and nothing came over it.
func emptyListing(v *view) []hit {
	tries := only(v.tries, func(t *try) bool {
		if !ordinary(t) || t.Bytes > 0 || t.Outcome != evidence.OutcomeWorks && (t.effect != worked || t.says != TransferEmptyListing) {
			return false
		}
		if v.unopened(t) {
			return false // which is more than a remark
		}
		return t.Operation == "LIST" || t.Operation == "NLST" || t.Operation == "MLSD"
	})
	if len(tries) == 0 {
		return nil
	}
	return one(hit{code: TransferEmptyListing, weight: notes, seen: tries,
		evidence: lines(append(quotes(tries), fmt.Sprintf("%s: 0 bytes", asked(tries[0])))...)})
}

// completion250: some clients know 226 alone.
func completion250(v *view) []hit {
	tries := only(v.tries, func(t *try) bool { return t.effect == worked && ordinary(t) && codeIs(t.Reply, 250) })
	if len(tries) == 0 {
		return nil
	}
	h := hit{code: TransferCompletion250, weight: notes, seen: tries, evidence: quotes(tries)}
	for _, t := range tries {
		if t.Library != nil {
			h.pair = true
			h.evidence = lines(append(h.evidence, "a common client library took this 250 for a failure")...)
		}
	}
	return one(h)
}

// A transfer is called slow where it takes long and brings little: below that,
// packet loss on a long line explains it.
const (
	slowAfter = 1500 * time.Millisecond
	slowRate  = 16 << 10 // bytes a second
)

// slowTransfer: bytes keep coming, slowly.
func slowTransfer(v *view) []hit {
	tries := only(v.tries, func(t *try) bool {
		if !ordinary(t) || t.Bytes == 0 || t.FirstByte == nil || t.effect != worked {
			return false
		}
		d := between(t.FirstByte, t.End).Duration()
		rate := float64(t.Bytes) / max(d.Seconds(), 0.001)
		return rate < slowRate && (d >= slowAfter || t.Truncated && t.Bytes < probe.DataLimit)
	})
	if len(tries) == 0 {
		return nil
	}
	t := tries[0]
	d := between(t.FirstByte, t.End)
	return one(hit{code: TransferSlow, weight: notes, seen: tries,
		values:   map[string]string{"rate": fmt.Sprintf("%.1f kB/s", float64(t.Bytes)/1000/d.Duration().Seconds())},
		evidence: lines(fmt.Sprintf("%s over %s: %d bytes in %s", asked(t), t.Method, t.Bytes, took(d)))})
}

// portNot20: RFC 959 §5.2 has the server connect from the port below its control
// port; firewalls that count on it let nothing else in.
func portNot20(v *view) []hit {
	tries := only(v.of(evidence.Active), func(t *try) bool {
		from := t.AcceptedFrom.Port()
		return t.effect == worked && t.AcceptedFrom.IsValid() && from != 20 && int(from) != t.session.Port-1
	})
	if len(tries) == 0 {
		return nil
	}
	return one(hit{code: ActiveSourcePortNot20, mode: evidence.Active, weight: notes, seen: tries, pair: len(tries) > 1,
		values:   map[string]string{"port": fmt.Sprint(tries[0].AcceptedFrom.Port())},
		evidence: lines(awaited(tries[0]))})
}
