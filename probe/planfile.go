package probe

import "ftpdiag/probe/evidence"

// planFile fetches a file of the listing, where one is wanted.
func planFile(v view) (question, bool) {
	a := v.last(evidence.EPSV)
	if a == nil || a.Outcome != evidence.OutcomeWorks {
		a = v.last(evidence.PASV)
	}
	if v.file == "" || a == nil || a.Outcome != evidence.OutcomeWorks || v.fetched() {
		return question{}, false
	}
	return question{method: a.Method, operation: opRETR, path: v.file, purpose: evidence.PurposeTransfer, patience: v.timeout}, true
}

// planSmall asks for a listing after a file that stalled without a byte: where
// small transfers go through, the size of the packets is what stalls them.
func planSmall(v view) (question, bool) {
	if v.count(evidence.PurposeSmall) > 0 || v.path == "" {
		return question{}, false
	}
	for _, a := range v.attempts {
		if stalledFile(a) {
			return question{method: a.Method, operation: opLIST, purpose: evidence.PurposeSmall, patience: v.timeout, fresh: true}, true
		}
	}
	return question{}, false
}

// stalledFile tells a file of which not a byte came.
func stalledFile(a evidence.Attempt) bool { return a.Path != "" && a.Bytes == 0 && stalled(a) }
