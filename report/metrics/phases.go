package metrics

import (
	"time"

	"ftpdiag/probe/diagnose"
	"ftpdiag/probe/evidence"
)

// Phases lists the values of the label phase. The first five come before the
// transfers and have no mode.
func Phases() []string {
	return []string{"resolve", "connect", "greeting", "tls", "login", "negotiate", "data_connect", "data_tls", "first_byte", "transfer"}
}

func duration(r *diagnose.Result, send emit) { send(seconds(r.Duration)) }

func phases(r *diagnose.Result, send emit) {
	if r.Resolve.Failure == nil && len(r.Addresses) > 0 {
		send(seconds(r.Resolve.Duration), "resolve", "")
	}
	if s := r.ControlSession(); s != nil {
		for _, p := range []struct {
			name string
			took *evidence.Millis
		}{{"connect", s.Connect}, {"greeting", s.Greeting}, {"tls", s.Handshake}, {"login", s.Login}} {
			if p.took != nil {
				send(seconds(*p.took), p.name, "")
			}
		}
	}
	for _, mode := range modes {
		if a := shown(r, mode); a != nil {
			transferPhases(a, send)
		}
	}
}

// transferPhases are the steps of an attempt, one behind the other. In passive
// mode the dial follows the negotiation, in active mode the server connects when
// it was asked for the transfer.
func transferPhases(a *evidence.Attempt, send emit) {
	phase := func(name string, end *evidence.Millis, begins ...*evidence.Millis) {
		if end == nil {
			return
		}
		begin := a.Start
		for _, b := range begins {
			if b != nil && *b <= *end {
				begin = max(begin, *b)
			}
		}
		send(max(seconds(*end-begin), 0), name, string(a.Mode))
	}
	phase("negotiate", a.Negotiated)
	if a.Mode == evidence.Active {
		phase("data_connect", a.Connected, a.Negotiated, a.Asked)
	} else {
		phase("data_connect", a.Connected, a.Negotiated)
	}
	phase("data_tls", a.Encrypted, a.Connected, a.Asked, a.Marked)
	phase("first_byte", a.FirstByte, a.Connected, a.Asked, a.Encrypted)
	if a.Outcome == evidence.OutcomeWorks {
		phase("transfer", ended(a), a.Connected, a.Asked, a.Encrypted, a.FirstByte)
	}
}

// ended is when the completion reply was there, else when the attempt was over.
func ended(a *evidence.Attempt) *evidence.Millis {
	if a.Replied != nil {
		return a.Replied
	}
	return &a.End
}

// shown is the attempt whose times are told of a mode: the first transfer that
// works, else the first; nil: there was none.
func shown(r *diagnose.Result, mode evidence.Mode) *evidence.Attempt {
	var first *evidence.Attempt
	for i := range r.Attempts {
		a := &r.Attempts[i]
		if a.Mode != mode || !speaks(a) || a.Operation == "CONNECT" {
			continue
		}
		if a.Outcome == evidence.OutcomeWorks {
			return a
		}
		if first == nil {
			first = a
		}
	}
	return first
}

// speaks tells whether an attempt is about the mode as a client uses it, and not
// a question on the side.
func speaks(a *evidence.Attempt) bool {
	switch a.Purpose {
	case evidence.PurposeTransfer, evidence.PurposeRetry, evidence.PurposePRET, evidence.PurposeSample, "":
		return true
	}
	return false
}

func seconds(m evidence.Millis) float64 { return time.Duration(m).Seconds() }
