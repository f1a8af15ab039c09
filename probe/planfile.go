package probe

// planFile fetches a file of the listing, where one is wanted.
func planFile(v view) (question, bool) {
	a := v.last(EPSV)
	if a == nil || a.Outcome != OutcomeWorks {
		a = v.last(PASV)
	}
	if v.file == "" || a == nil || a.Outcome != OutcomeWorks || v.fetched() {
		return question{}, false
	}
	return question{method: a.Method, operation: opRETR, path: v.file, purpose: PurposeTransfer, patience: v.timeout}, true
}

// planSmall asks for a listing after a file that stalled without a byte: where
// small transfers go through, the size of the packets is what stalls them.
func planSmall(v view) (question, bool) {
	if v.count(PurposeSmall) > 0 || v.path == "" {
		return question{}, false
	}
	for _, a := range v.attempts {
		if a.stalledFile() {
			return question{method: a.Method, operation: opLIST, purpose: PurposeSmall, patience: v.timeout, fresh: true}, true
		}
	}
	return question{}, false
}

// stalledFile tells a file of which not a byte came.
func (a Attempt) stalledFile() bool { return a.Path != "" && a.Bytes == 0 && a.stalled() }
