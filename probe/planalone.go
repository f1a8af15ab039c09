package probe

import (
	"slices"

	"ftpdiag/probe/evidence"
)

// planAlone asks once more for a transfer that stalled while one of
// the other mode ran beside it and arrived: a server may be what trips over two at
// once, and not the way. pyftpdlib 1.5.7 loses one of two listings that two plain
// clients fetch at the same time (7 of 40).
func planAlone(v view) (question, bool) {
	for _, a := range v.attempts {
		if judges(a) && stalled(a) && v.ranBeside(a) && !v.askedAgain(a) {
			return question{method: a.Method, operation: a.Operation, path: a.Path,
				purpose: evidence.PurposeRetry, patience: v.timeout, fresh: true}, true
		}
	}
	return question{}, false
}

// stalled tells a transfer that was marked and stopped.
func stalled(a evidence.Attempt) bool {
	return a.Mark != nil && a.Failure != nil &&
		a.Failure.Op == evidence.OpTransfer && a.Failure.Kind == evidence.KindTimedOut
}

// ranBeside tells whether a transfer of the other mode that arrived ran while the
// attempt did.
func (v view) ranBeside(a evidence.Attempt) bool {
	return slices.ContainsFunc(v.others, func(b evidence.Attempt) bool {
		return b.Outcome == evidence.OutcomeWorks && b.Mark != nil && a.Start < b.End && b.Start < a.End
	})
}

// askedAgain tells whether the same was asked by a retry.
func (v view) askedAgain(a evidence.Attempt) bool {
	return slices.ContainsFunc(v.attempts, func(b evidence.Attempt) bool { return repeats(b, a) })
}

// repeats tells whether a retry asks what a asked.
func repeats(a, first evidence.Attempt) bool {
	return a.Purpose == evidence.PurposeRetry && a.ID > first.ID && a.Method == first.Method &&
		a.Operation == first.Operation && a.Path == first.Path
}
