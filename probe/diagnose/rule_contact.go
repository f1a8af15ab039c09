package diagnose

import (
	"fmt"
	"slices"

	"ftpdiag/probe/evidence"
)

// lossKinds are the ways in which a connection fails where packets are dropped,
// rejected or reset on the way: all that a ban can do.
var lossKinds = []evidence.Kind{
	evidence.KindTimedOut, evidence.KindReset, evidence.KindEOF, evidence.KindRefused,
	evidence.KindProhibited, evidence.KindHostUnreachable, evidence.KindNetUnreachable,
}

// believed is the evidence without what the loss of contact may have made: an
// attempt that failed then counts as interrupted, and a port that nobody offered
// counts only where it took the connection, for when it was dialled is not known.
func believed(ev *evidence.Evidence) *evidence.Evidence {
	if ev.ContactLost == nil {
		return ev
	}
	own := *ev
	own.Attempts = slices.Clone(ev.Attempts)
	word := lastWord(ev)
	for i := range own.Attempts {
		if a := &own.Attempts[i]; spoilt(a, ev.ContactLost.At, word) {
			a.Outcome = evidence.OutcomeInconclusive
			a.Failure = &evidence.Failure{Op: a.Failure.Op, Kind: evidence.KindInterrupted, Message: a.Failure.Message}
		}
	}
	own.PassivePorts.Probes = slices.DeleteFunc(slices.Clone(ev.PassivePorts.Probes), func(p evidence.PortProbe) bool { return p.Kind != "" })
	return &own
}

// spoilt tells whether the attempt failed for want of an answer when contact was
// lost or later, or was begun after the last word of the server: the loss is
// noticed only some time after that.
func spoilt(a *evidence.Attempt, lost evidence.Millis, word *evidence.Millis) bool {
	if a.Outcome == evidence.OutcomeWorks || a.Failure == nil || !slices.Contains(lossKinds, a.Failure.Kind) {
		return false
	}
	begun := a.Start
	if a.Negotiated != nil {
		begun = *a.Negotiated
	}
	return a.End >= lost || word != nil && begun >= *word
}

// lastWord is when the server said the last line, on any control connection,
// before contact was lost; nil: it said none that was kept.
func lastWord(ev *evidence.Evidence) *evidence.Millis {
	var last *evidence.Millis
	for i := range ev.Transcript {
		x := &ev.Transcript[i]
		if x.From == evidence.FromServer && x.At <= ev.ContactLost.At && (last == nil || x.At > *last) {
			last = &x.At
		}
	}
	return last
}

// contactLost: the control connection worked, and ended while ports were being
// tried. A guard that counts such tries locks their sender out.
func contactLost(v *view) []hit {
	lost := v.ev.ContactLost
	if lost == nil {
		return nil
	}
	h := hit{code: ControlClientBanned, weight: cautions, variant: banned}
	if v.ev.Options.Thorough {
		h.variant = bannedByDepth
	}
	how := happened(lost.Kind, 0)
	if lost.Kind == evidence.KindTimedOut {
		how = "no answer any more"
	} else {
		h.open = []Code{ControlClosed}
	}
	h.evidence = lines(
		fmt.Sprintf("control connection %d: %s, %s after the start", lost.Session, how, took(lost.At)),
		sentLine(v.ev.Sent))
	return one(h)
}

// sentLine counts what a guard may have counted.
func sentLine(s evidence.Sent) string {
	return fmt.Sprintf("sent: %s to ports that did not answer with a connection, %s, %s",
		counted(s.DeadSYNs, "request"), counted(s.Connections, "control connection"), counted(s.Logins, "login"))
}

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
