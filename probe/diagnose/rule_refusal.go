package diagnose

import (
	"slices"

	"ftpdiag/probe/evidence"
)

// refusalRules are about what the server would not transfer, whatever the way.
var refusalRules = []rule{pathRefused, pathUnopened, listingRefused, leftBehind}

// refused are the attempts whose operation the server would not carry out.
func (v *view) refused(mode evidence.Mode) []*try {
	return only(v.of(mode), func(t *try) bool {
		r := said(t.Attempt)
		return t.by(evidence.KindRejected) && t.at(evidence.OpTransfer, evidence.OpCompletion, evidence.OpDataAccept) && r != nil &&
			refusesOperation(t.says, r)
	})
}

// operationCode is what a refused operation means.
func operationCode(t *try) Code {
	switch t.says {
	case TransferLimit, TransferStorageFull, TransferEmptyListing:
		return t.says
	}
	if r := said(t.Attempt); t.Operation == opStore && r.Code == 451 {
		return TransferStorageFull // ProFTPD: "451 Transfer aborted. Input/output error"
	}
	return TransferPermissionDenied
}

// pathRefused: what was asked for by name is refused. A file that merely stood
// in the listing was not.
func pathRefused(v *view) []hit {
	tries := append(v.refused(evidence.Passive), v.refused(evidence.Active)...)
	tries = only(tries, func(t *try) bool { return t.Path != "" })
	if len(tries) == 0 || v.pathWorked(tries) {
		return nil
	}
	h := hit{code: operationCode(tries[0]), weight: spoils, tries: tries, evidence: quotes(tries), pair: len(tries) > 1,
		values: map[string]string{"path": tries[0].Path, "operation": tries[0].Operation}}
	if h.code == TransferEmptyListing {
		h.code = TransferPermissionDenied // nothing there, or nothing for us
	}
	if h.code == TransferPermissionDenied && v.ev.Target.Path != "" {
		h.variant = pathDenied
	}
	if v.ev.Target.Path == "" && !slices.ContainsFunc(tries, func(t *try) bool { return t.Operation == opStore }) {
		h.weight = cautions
	}
	return one(h)
}

// pathUnopened: the listing of what was asked for by name is empty because, as the
// completion says, the directory could not be opened.
func pathUnopened(v *view) []hit {
	tries := only(v.tries, v.unopened)
	if len(tries) == 0 {
		return nil
	}
	return one(hit{code: TransferPermissionDenied, weight: cautions, variant: pathDenied, seen: tries,
		evidence: quotes(tries), pair: len(tries) > 1})
}

func (v *view) unopened(t *try) bool {
	return v.ev.Target.Path != "" && t.Path != "" && t.Bytes == 0 && t.effect == worked && ordinary(t) &&
		t.says == TransferEmptyListing
}

func (v *view) pathWorked(like []*try) bool {
	return slices.ContainsFunc(v.tries, func(t *try) bool {
		return t.effect == worked && ordinary(t) && t.Path == like[0].Path && t.Operation == like[0].Operation
	})
}

// listingRefused: no listing went through in a mode because none was allowed.
// Without a mark nothing was learnt about the mode then.
func listingRefused(v *view) []hit {
	var modes []evidence.Mode
	var tries []*try
	for _, mode := range []evidence.Mode{evidence.Passive, evidence.Active} {
		no := only(v.refused(mode), func(t *try) bool {
			return t.Path == "" && (t.effect != worked || t.says != TransferEmptyListing)
		})
		if len(no) > 0 && !v.transferred(mode) {
			modes, tries = append(modes, mode), append(tries, no...)
		}
	}
	if len(tries) == 0 {
		return nil
	}
	h := hit{code: operationCode(tries[0]), weight: cautions, tries: tries, evidence: quotes(tries), pair: len(tries) > 1,
		values: map[string]string{"path": "", "operation": tries[0].Operation}}
	switch {
	case h.code == TransferEmptyListing:
		h.weight = notes // nothing was learnt, and nothing is wrong
	case h.code == TransferPermissionDenied && v.ev.Target.Path == "":
		h.variant = listingDenied
	}
	if len(modes) == 1 && v.triedOther(modes[0]) {
		h.mode = modes[0]
	}
	return one(h)
}

// transferred tells whether anything went through to its end.
func (v *view) transferred(mode evidence.Mode) bool {
	return slices.ContainsFunc(v.of(mode), func(t *try) bool { return t.Outcome == evidence.OutcomeWorks && t.Operation != opConnect })
}

// triedOther tells whether the other mode was tried at all.
func (v *view) triedOther(mode evidence.Mode) bool {
	return slices.ContainsFunc(v.tries, func(t *try) bool { return t.Mode != mode })
}

// leftBehind: a file that we stored, and that is there, could not be deleted.
func leftBehind(v *view) []hit {
	tries := only(v.tries, func(t *try) bool { return t.LeftBehind && t.Reply != nil && t.Reply.Code/100 == 2 })
	if len(tries) == 0 {
		return nil
	}
	return one(hit{code: TransferPermissionDenied, weight: cautions, variant: leftThere, seen: tries, evidence: lines(
		"the uploaded file " + tries[0].Path + " could not be deleted and is still there")})
}
