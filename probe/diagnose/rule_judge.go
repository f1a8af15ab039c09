package diagnose

import "ftpdiag/probe/evidence"

// judge tells what the attempt shows about the data path. A reply that refuses
// the operation, not the transfer, shows nothing before the 1yz mark: on four
// servers RETR of a missing file is refused without any data connection.
func (t *try) judge() effect {
	switch {
	case t.Outcome == evidence.OutcomeWorks:
		return worked
	case t.Failure == nil, t.by(evidence.KindInterrupted):
		return undecided
	case t.Outcome == evidence.OutcomeInconclusive && t.at(evidence.OpTransfer) && t.by(evidence.KindTimedOut):
		return undecided // the same worked when it was asked again
	}
	if t.neverListened() || t.cannotResume() {
		return undecided
	}
	switch t.Failure.Op {
	case evidence.OpNegotiate:
		return t.judgeNegotiation()
	case evidence.OpDataConnect:
		if t.Superseded && t.by(evidence.KindRefused, evidence.KindReset) {
			return undecided // the server had closed the port since
		}
		return failed
	case evidence.OpTransfer, evidence.OpCompletion, evidence.OpDataAccept:
		return t.judgeTransfer()
	case evidence.OpDataTLS:
		return failed
	}
	return undecided
}

// judgeNegotiation takes a refusal for what it is. pyftpdlib dials on PORT and
// answers PORT itself, so a 425 there is the failure of a data connection.
func (t *try) judgeNegotiation() effect {
	switch {
	case t.Purpose == evidence.PurposeSample:
		return undecided // a server may well tire of being asked for ports that nobody uses
	case !t.by(evidence.KindRejected):
		return failed
	case t.dialedOnPORT():
		return failed
	}
	return declined
}

// dialedOnPORT tells whether the refusal of PORT or EPRT speaks of a data
// connection that the server tried to make.
func (t *try) dialedOnPORT() bool {
	if t.Mode != evidence.Active || !t.at(evidence.OpNegotiate) || !t.by(evidence.KindRejected) {
		return false
	}
	switch t.says {
	case ActiveInboundDropped, ActiveInboundRefused, ActiveServerCannotConnect, ActiveServerCannotBind20:
		return true
	case "":
		r := said(t.Attempt)
		return r != nil && r.Code == 425
	}
	return false
}

// judgeTransfer looks at what followed the negotiation.
func (t *try) judgeTransfer() effect {
	r := said(t.Attempt)
	if !t.by(evidence.KindRejected) || r == nil || !refusesOperation(t.says, r) {
		return failed
	}
	if t.Mark != nil && t.Path == "" && (t.Connected != nil || t.Mode == evidence.Active) {
		return worked // the mark came, so the path was there; the directory was not
	}
	return undecided
}

// refusesOperation tells a reply that is about the file, the directory or the
// command from one that is about the data connection (RFC 959 §4.2.2).
func refusesOperation(says Code, r *evidence.Reply) bool {
	switch says {
	case "":
	case TransferEmptyListing, TransferPermissionDenied, TransferLimit, TransferStorageFull:
		return true
	default:
		return false
	}
	switch r.Code {
	case 421, 425, 426, 521, 522, 534:
		return false
	case 450, 451, 452, 550, 551, 552, 553:
		return true
	}
	return r.Code/100 == 5
}
