package diagnose

import (
	"strings"
	"testing"

	"ftpdiag/probe/evidence"
)

// lostAt is contact lost on a session.
func lostAt(at float64, session int, kind evidence.Kind) part {
	return func(ev *evidence.Evidence) {
		ev.ContactLost = &evidence.ContactLost{At: ms(at), Session: session, Kind: kind}
		ev.Sent = evidence.Sent{DeadSYNs: 14, Connections: 2, Logins: 1}
	}
}

// word is the server's last one before that.
func word(at float64) part {
	return func(ev *evidence.Evidence) {
		ev.Transcript = append(ev.Transcript, evidence.Exchange{At: ms(at), Session: 1, From: evidence.FromServer, Text: "229 Entering"})
	}
}

// endsAt ends an attempt at an offset.
func endsAt(at float64) tried {
	return but(func(a *evidence.Attempt) { a.End = ms(at) })
}

func TestContactLost(t *testing.T) { check(t, contactLostCases()) }

func contactLostCases() []verdictCase {
	silent := dial(evidence.KindTimedOut)
	early := func(at float64) []tried { return []tried{silent, endsAt(at)} }
	lostSamples := sampled(func(int) []tried { return []tried{silent, endsAt(3000)} }, 50300, 50400, 50500)
	lost := lostAt(2000, 1, evidence.KindTimedOut)
	// Attempt n begins at n times 100 ms.
	return []verdictCase{
		{"both modes were decided before", given(activeWorks, epsv(50001, early(900)...), pasv(50069, early(900)...), lostSamples, word(1800), lost), `passive fails, active works: active EPRT, warning
			warning passive passive-ports-dropped medium or passive-client-egress-blocked, passive-helper-missing, passive-low-ports-only, passive-range-partly-open
			warning - control-client-banned medium`},
		{"both modes worked", given(activeWorks, epsv(50001, works(197)), pasv(50002, works(197)), sampled(func(int) []tried { return []tried{silent} }, 50003), lost), `passive works, active works: passive EPSV, warning
			warning - control-client-banned medium`},
		{"the dials were pending", given(activeWorks, epsv(50001, silent), pasv(50069, silent), word(1800), lost), `passive inconclusive, active works: active EPRT, warning
			warning - control-client-banned medium`},
		{"one of two was decided", given(activeWorks, epsv(50001, early(900)...), pasv(50069, silent), word(1800), lost), `passive inconclusive, active works: active EPRT, warning
			warning - control-client-banned medium
			warning passive passive-ports-dropped low or passive-client-egress-blocked, passive-helper-missing, passive-low-ports-only, passive-range-partly-open`},
		{"ended before the loss was noticed, begun after the last word", given(activeWorks, epsv(50001, early(900)...), pasv(50069, early(1500)...), word(205), lost), `passive inconclusive, active works: active EPRT, warning
			warning - control-client-banned medium`},
		{"a ban that rejects", given(activeWorks, epsv(50001, dial(evidence.KindRefused), endsAt(2100)), pasv(50069, dial(evidence.KindRefused), endsAt(2100)), word(1800), lostAt(2000, 1, evidence.KindReset)), `passive inconclusive, active works: active EPRT, warning
			warning - control-client-banned medium or control-closed`},
		{"the negotiation and the active mode were cut off", given(attempt(evidence.EPSV, fails(evidence.OpNegotiate, evidence.KindTimedOut)), eprt(fails(evidence.OpDataAccept, evidence.KindTimedOut)), lost), `passive inconclusive, active inconclusive: none, warning
			warning - control-client-banned medium`},
		{"the transfer was cut off", given(epsv(50001, marked, fails(evidence.OpTransfer, evidence.KindEOF), endsAt(2000)), lostAt(2000, 1, evidence.KindEOF)), `passive inconclusive, active not_tested: none, warning
			warning - control-client-banned medium or control-closed`},
		{"a second session was refused after it", given(activeWorks, epsv(50001, works(197)), pasv(50002, works(197)), lost, ended(evidence.OpConnect, evidence.KindTimedOut, "", nil)), `passive works, active works: passive EPSV, warning
			warning - control-client-banned medium`},
		{"what the server said itself counts", given(attempt(evidence.EPSV, says("550 Permission denied.")), attempt(evidence.PASV, says("550 Permission denied."), endsAt(2500)), activeWorks, lost), `passive fails, active works: active EPRT, warning
			warning passive passive-disabled high
			warning - control-client-banned medium`},
		{"no boundary is read from ports that nobody offered", given(activeWorks, epsv(50001, early(900)...), pasv(50069, early(900)...), word(1800), lost,
			probes(map[int]evidence.Kind{1024: evidence.KindRefused, 5000: evidence.KindRefused, 5001: evidence.KindTimedOut, 65535: evidence.KindTimedOut})), `passive fails, active works: active EPRT, warning
			warning passive passive-ports-dropped medium or passive-client-egress-blocked, passive-helper-missing, passive-low-ports-only, passive-range-partly-open
			warning - control-client-banned medium`},
		{"a boundary is read from what was decided before", given(activeWorks, epsv(4000, works(197)), pasv(60000, early(900)...), sampled(upTo(5000), 4100, 4200), epsv(50300, append(early(3000), sample)...), word(1800), lost), `passive intermittent, active works: active EPRT, warning
			warning passive passive-low-ports-only low or passive-one-port-blocked, passive-range-partly-open
			warning - control-client-banned medium`},
	}
}

func TestContactLostInWords(t *testing.T) {
	wantProof(t, contactLostCases(), map[string][]string{
		"the dials were pending": {
			"control connection 1: no answer any more, 2.0 s after the start",
			"sent: 14 requests to ports that did not answer with a connection, 2 control connections, 1 login",
		},
		"a ban that rejects": {"control connection 1: reset, 2.0 s after the start"},
	})
	usual := given(activeWorks, epsv(50001, dial(evidence.KindTimedOut)), lostAt(2000, 1, evidence.KindTimedOut))
	deep := given(activeWorks, epsv(50001, dial(evidence.KindTimedOut)), lostAt(2000, 1, evidence.KindTimedOut))
	deep.Options.Thorough = true
	for ev, again := range map[*evidence.Evidence]bool{usual: false, deep: true} {
		got := told(findingOf(t, ev, ControlClientBanned))
		for _, want := range []string{"because of this diagnosis", "Wait", "`csf -g ADDRESS`", "`csf -dr ADDRESS`", "fail2ban"} {
			if !strings.Contains(got, want) {
				t.Errorf("%q is missing from\n%s", want, got)
			}
		}
		if strings.Contains(got, "without --thorough") != again {
			t.Errorf("thorough %v:\n%s", again, got)
		}
	}
}

// The record stays what it was: only the verdict does without what is in doubt.
func TestContactLostKeepsTheRecord(t *testing.T) {
	ev := given(activeWorks, epsv(50001, dial(evidence.KindTimedOut)), lostAt(2000, 1, evidence.KindTimedOut), probes(map[int]evidence.Kind{5001: evidence.KindTimedOut}))
	r := Diagnose(ev)
	if a := r.Attempts[1]; a.Outcome != evidence.OutcomeFails || a.Failure.Kind != evidence.KindTimedOut || len(r.PassivePorts.Probes) != 1 {
		t.Errorf("%+v, probes %v", a, r.PassivePorts.Probes)
	}
	if r.Sent != ev.Sent || r.ContactLost == nil || r.PassivePorts.Share != nil || r.PassivePorts.Blocked != nil {
		t.Errorf("%+v %+v %+v", r.Sent, r.ContactLost, r.PassivePorts)
	}
	none := given(epsv(50001, dial(evidence.KindTimedOut)), lostAt(2000, 1, evidence.KindTimedOut))
	if got := Diagnose(none).Recommendation.Reason; got != "The server stopped answering before a verdict." {
		t.Error(got)
	}
	fine := given(activeWorks, epsv(50001, works(197)), lostAt(2000, 1, evidence.KindTimedOut))
	if got := Diagnose(fine).Recommendation.Reason; got != "Passive mode works, and so does active mode, but the server answers no longer." {
		t.Error(got)
	}
}
