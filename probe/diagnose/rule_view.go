package diagnose

import (
	"net/netip"
	"strconv"

	"ftpdiag/probe/evidence"
)

// view is the evidence as the rules look at it.
type view struct {
	ev       *evidence.Evidence
	product  string
	tries    []*try
	beside   []*try   // attempts that ask why TLS failed, or what it demands: they bear on no verdict
	verdicts verdicts // known once the rules have run
}

// effect is what an attempt shows about the data path.
type effect int

const (
	undecided effect = iota // nothing: refused before the path could prove itself, or spoiled by our own doing
	worked
	failed
	declined // the server did not accept the negotiation
)

// try is an attempt with what its own record makes of it.
type try struct {
	*evidence.Attempt
	session   *evidence.Session // never nil
	effect    effect
	says      Code // what the words of the server name; "": nothing that is known
	explained bool
}

func newView(ev *evidence.Evidence) *view {
	v := &view{ev: ev}
	sessions := map[int]*evidence.Session{}
	for i := range ev.Sessions {
		sessions[ev.Sessions[i].ID] = &ev.Sessions[i]
	}
	for i := range ev.Attempts {
		t := &try{Attempt: &ev.Attempts[i], session: sessions[ev.Attempts[i].Session]}
		if t.session == nil {
			t.session = &evidence.Session{IP: v.usedAddress()}
		}
		t.says = wordsOf(t.Attempt)
		t.effect = t.judge()
		if t.aside() {
			v.beside = append(v.beside, t)
		} else {
			v.tries = append(v.tries, t)
		}
	}
	v.product = productOf(ev.Server, v.replies())
	return v
}

// aside tells the attempts by which TLS is compared with its absence, with an
// older version, or with a session of its own.
func (t *try) aside() bool {
	switch t.Purpose {
	case evidence.PurposePlain, evidence.PurposeTLS12, evidence.PurposeNoReuse:
		return true
	}
	return false
}

// replies are the lines of the server, as they came.
func (v *view) replies() []string {
	var out []string
	for _, x := range v.ev.Transcript {
		if x.From == evidence.FromServer {
			out = append(out, x.Text)
		}
	}
	return out
}

func (v *view) usedAddress() string {
	for _, a := range v.ev.Addresses {
		if a.Used {
			return a.IP
		}
	}
	return ""
}

// of are the attempts that bear on the verdict of a mode.
func (v *view) of(mode evidence.Mode) []*try {
	return only(v.tries, func(t *try) bool {
		switch t.Purpose {
		case evidence.PurposeForeign, evidence.PurposePort21, evidence.PurposeSeenAddress, evidence.PurposeSmall:
			return false
		}
		return t.Mode == mode
	})
}

// with are the attempts that were made for a purpose.
func (v *view) with(mode evidence.Mode, purpose string) []*try {
	return only(v.tries, func(t *try) bool { return t.Mode == mode && t.Purpose == purpose })
}

// unexplained are the attempts of a mode that came to grief and have no cause yet.
func (v *view) unexplained(mode evidence.Mode) []*try {
	return only(v.of(mode), func(t *try) bool {
		return !t.explained && (t.effect == failed || t.effect == declined)
	})
}

// broken are the unexplained attempts that failed at one of the steps.
func (v *view) broken(mode evidence.Mode, ops ...evidence.Op) []*try {
	return only(v.unexplained(mode), func(t *try) bool { return t.effect == failed && t.at(ops...) })
}

// at tells whether the attempt failed at one of the steps.
func (t *try) at(ops ...evidence.Op) bool {
	for _, op := range ops {
		if t.Failure != nil && t.Failure.Op == op {
			return true
		}
	}
	return false
}

// by tells whether the attempt failed in one of the ways.
func (t *try) by(kinds ...evidence.Kind) bool {
	for _, k := range kinds {
		if t.Failure != nil && t.Failure.Kind == k {
			return true
		}
	}
	return false
}

// accepted tells whether the server agreed to the negotiation, or said nothing
// against it.
func (t *try) accepted() bool { return t.effect != declined }

// said is the reply that ended the attempt: the refusal of the negotiation, or
// the reply to the operation; nil: none.
func said(a *evidence.Attempt) *evidence.Reply {
	switch {
	case a.Failure == nil || a.Failure.Kind != evidence.KindRejected:
		return a.Reply
	case a.Failure.Op == evidence.OpNegotiate:
		if a.Negotiation == nil || a.Negotiation.Code/100 == 2 {
			return replyIn(a.Failure.Message) // a farewell that was there before we asked
		}
		return a.Negotiation
	case a.Reply == nil:
		return replyIn(a.Failure.Message)
	}
	return a.Reply
}

// replyIn reads the reply that a message quotes; nil: none.
func replyIn(message string) *evidence.Reply {
	if len(message) < 4 || message[3] != ' ' && message[3] != '-' {
		return nil
	}
	n, err := strconv.Atoi(message[:3])
	if err != nil || n < 100 || n > 599 {
		return nil
	}
	return &evidence.Reply{Code: n, Text: message[4:]}
}

// peer is the control host's address, as the attempt's session has it.
func (t *try) peer() netip.Addr { return parseAddr(t.session.IP) }

func parseAddr(s string) netip.Addr {
	ip, _ := netip.ParseAddr(s)
	return ip.Unmap().WithZone("")
}

func hostPart(s string) netip.Addr {
	ap, _ := netip.ParseAddrPort(s)
	return ap.Addr().Unmap().WithZone("")
}
