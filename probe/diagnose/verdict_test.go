package diagnose

import (
	"fmt"
	"strings"
	"testing"

	"ftpdiag/probe/evidence"
)

func TestCombine(t *testing.T) {
	yes, no := true, false
	for _, c := range []struct {
		methods  [2]Verdict
		accepted [2]bool
		want     Verdict
	}{
		{[2]Verdict{Works, Works}, [2]bool{yes, yes}, Works},
		{[2]Verdict{Works, NotTested}, [2]bool{yes, no}, Works},
		{[2]Verdict{Works, Fails}, [2]bool{yes, no}, Works},
		{[2]Verdict{Works, Fails}, [2]bool{yes, yes}, Conditional},
		{[2]Verdict{Fails, Works}, [2]bool{yes, yes}, Conditional},
		{[2]Verdict{Works, Conditional}, [2]bool{yes, yes}, Conditional},
		{[2]Verdict{Fails, Conditional}, [2]bool{no, yes}, Conditional},
		{[2]Verdict{Works, Intermittent}, [2]bool{yes, yes}, Intermittent},
		{[2]Verdict{Works, Inconclusive}, [2]bool{yes, yes}, Works},
		{[2]Verdict{Fails, Inconclusive}, [2]bool{no, yes}, Inconclusive},
		{[2]Verdict{Fails, Inconclusive}, [2]bool{yes, yes}, Inconclusive},
		{[2]Verdict{Fails, Inconclusive}, [2]bool{yes, no}, Fails},
		{[2]Verdict{Fails, Fails}, [2]bool{no, no}, Fails},
		{[2]Verdict{Fails, NotTested}, [2]bool{yes, no}, Fails},
		{[2]Verdict{NotTested, NotTested}, [2]bool{no, no}, NotTested},
	} {
		if got := combine(c.methods[:], c.accepted[:]); got != c.want {
			t.Errorf("%v %v: %s, want %s", c.methods, c.accepted, got, c.want)
		}
	}
}

func TestTallyVerdict(t *testing.T) {
	for _, c := range []struct {
		tally  tally
		served bool
		want   Verdict
	}{
		{tally{}, true, NotTested},
		{tally{works: 1}, true, Works},
		{tally{works: 1, needsTolerance: true}, true, Conditional},
		{tally{works: 1, links: 3, breaks: 1}, true, Intermittent},
		{tally{works: 1, fails: 1}, true, Intermittent},
		{tally{fails: 2, deadDials: 2}, false, Fails},
		{tally{fails: 2, deadDials: 2, links: 1}, false, Intermittent},
		{tally{fails: 2, deadDials: 1, links: 1}, false, Fails},
		{tally{links: 2}, true, Works},
		{tally{links: 2}, false, Inconclusive},
		{tally{breaks: 2}, false, Fails},
		{tally{undecided: 1}, true, Inconclusive},
		{tally{undecided: 1, fails: 1}, true, Inconclusive},
		{tally{declined: 1}, true, Fails},
		{tally{spoiled: 1}, false, Inconclusive},
	} {
		if got := c.tally.verdict(c.served); got != c.want {
			t.Errorf("%+v %v: %s, want %s", c.tally, c.served, got, c.want)
		}
	}
}

// methodsCases show the verdicts on the methods, and what they are based on.
func TestMethods(t *testing.T) {
	for _, c := range []struct {
		name string
		ev   *evidence.Evidence
		want Methods
	}{
		{"all work", given(epsv(50001, works(9)), pasv(50002, works(9)), eprt(works(9)), port(works(9))), Methods{Works, Works, Works, Works}},
		{"nothing tried", given(), Methods{NotTested, NotTested, NotTested, NotTested}},
		{"PASV connected only", given(epsv(50001, works(9)), pasv(50002, sample)), Methods{Works, Works, NotTested, NotTested}},
		{"PASV connected only, EPSV breaks", given(epsv(50001, marked, fails(evidence.OpTransfer, evidence.KindReset)), pasv(50002, sample)), Methods{Fails, Inconclusive, NotTested, NotTested}},
		{"PASV names another address", given(epsv(50001, works(9)), pasvTo("10.0.0.1", 50002, works(9))), Methods{Works, Conditional, NotTested, NotTested}},
		{"declined and dropped", given(attempt(evidence.EPSV, says("500 No.")), pasv(50002, dial(evidence.KindTimedOut))), Methods{Fails, Fails, NotTested, NotTested}},
		{"EPRT silent, PORT works", given(eprt(fails(evidence.OpDataAccept, evidence.KindTimedOut)), port(works(9))), Methods{NotTested, NotTested, Fails, Works}},
		{"asked at port 21 only", given(epsv(50001, works(9), purpose(evidence.PurposePort21))), Methods{NotTested, NotTested, NotTested, NotTested}},
		{"again, and then it works", given(epsv(50001, dial(evidence.KindRefused), but(func(a *evidence.Attempt) { a.Superseded, a.Outcome = true, evidence.OutcomeInconclusive })),
			epsv(50003, works(9), purpose(evidence.PurposeRetry))), Methods{Works, NotTested, NotTested, NotTested}},
	} {
		if got := Diagnose(c.ev).Methods; got != c.want {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
	}
}

// What a recommendation is, by the verdicts.
func TestRecommended(t *testing.T) {
	for _, c := range []struct {
		passive, active Verdict
		want            RecommendedMode
	}{
		{Works, Works, "passive"}, {Works, Fails, "passive"}, {Conditional, Works, "passive"}, {Conditional, Conditional, "passive"},
		{Intermittent, Works, "active"}, {Intermittent, Conditional, "active"}, {Fails, Works, "active"}, {Fails, Conditional, "active"},
		{NotTested, Works, "active"}, {Inconclusive, Works, "active"},
		{Intermittent, Fails, "passive"}, {Intermittent, Intermittent, "passive"}, {Fails, Intermittent, "active"},
		{Fails, Fails, "none"}, {Inconclusive, Inconclusive, "none"}, {NotTested, NotTested, "none"}, {Fails, Inconclusive, "none"},
	} {
		if got := recommended(Modes{c.passive, c.active}); got != c.want {
			t.Errorf("passive %s, active %s: %s, want %s", c.passive, c.active, got, c.want)
		}
	}
}

func TestRecommendation(t *testing.T) {
	for _, c := range []struct {
		name string
		ev   *evidence.Evidence
		want string // mode method tls confidence: reason; conditions
	}{
		{"both work", given(append(passiveWorks, eprt(works(9)))...), "passive EPSV off high: Passive mode works, and so does active mode."},
		{"proved once", given(epsv(50001, works(9))), "passive EPSV off medium: Passive mode works, and active mode was not tried."},
		{"cut short", given(append(passiveWorks, cut)...), "passive EPSV off low: Passive mode works, and active mode was not tried."},
		{"active alone", given(attempt(evidence.EPSV, says("500 No.")), attempt(evidence.PASV, says("500 No.")), eprt(works(9))),
			"active EPRT off medium: Active mode works, and passive mode does not."},
		{"an address to ignore", passive(attempt(evidence.EPSV, says("500 No.")), pasvTo("10.0.0.1", 50002, works(9))),
			"passive PASV off medium: Passive mode works, provided that the client ignores the address in the 227 reply; active mode works too. [ignore-227-address]"},
		{"an address to ignore, active dead", given(attempt(evidence.EPSV, says("500 No.")), pasvTo("10.0.0.1", 50002, works(9)), eprt(fails(evidence.OpDataAccept, evidence.KindTimedOut))),
			"passive PASV off medium: Passive mode works, provided that the client ignores the address in the 227 reply; active mode does not work. [ignore-227-address]"},
		{"larger files are lost", given(epsv(50001, works(197)), epsv(50002, marked, fails(evidence.OpTransfer, evidence.KindTimedOut), file("big")), eprt(works(197)), eprt(marked, fails(evidence.OpTransfer, evidence.KindTimedOut), file("big"))),
			"passive EPSV off medium: Passive mode works, and so does active mode, but small transfers work and larger ones hang, because large packets are lost on the way."},
		{"the file asked for is refused", given(targetPath("x"), epsv(50001, works(9)), epsv(50002, connected, answers(evidence.OpTransfer, "550 No.", 20), file("x"))),
			"passive EPSV off medium: Passive mode works, and active mode was not tried, but the server does not let this user read or write this file or directory, or it does not exist."},
		{"a large file stalls in one mode", given(epsv(50001, works(9000)), epsv(50002, marked, fails(evidence.OpTransfer, evidence.KindTimedOut), file("big")), eprt(works(9000))),
			"passive EPSV off medium: Passive mode works, and so does active mode, but the data connection opens, and no data comes through it."},
		{"sometimes", given(epsv(50010, works(9)), pasv(50060, works(9)), epsv(50061, dial(evidence.KindTimedOut)), pasv(50011, dial(evidence.KindTimedOut), sample)),
			"passive EPSV off low: Passive mode works in about 50 % of the tries, and active mode was not tried."},
		{"neither", given(epsv(50001, dial(evidence.KindTimedOut)), eprt(fails(evidence.OpDataAccept, evidence.KindTimedOut))),
			"none  off medium: Neither passive nor active mode works."},
		{"no login", outside(refusedAt(evidence.OpLogin, "PASS", "530 Login incorrect.")),
			"none  off medium: No mode could be tried: the server does not admit anonymous users; it wants a user name and a password."},
		{"TLS wanted", outside(refusedAt(evidence.OpLogin, "USER", "530 Anonymous sessions must use encryption.")),
			"none  explicit medium: No mode could be tried: the server lets users log in only over an encrypted connection (TLS)."},
		{"data over TLS wanted", given(epsv(50001, connected, answers(evidence.OpTransfer, "522 Data connections must be encrypted.", 20)), eprt(answers(evidence.OpDataAccept, "522 Data connections must be encrypted.", 20))),
			"none  explicit high: Neither passive nor active mode works."},
		{"interrupted", outside(func(ev *evidence.Evidence) { ev.Interrupted = true }), "none  off low: The diagnosis was interrupted before a verdict."},
		{"nothing decided", given(epsv(50001, connected, answers(evidence.OpTransfer, "550 No.", 20)), eprt(answers(evidence.OpTransfer, "550 No.", 20))),
			"none  off medium: The evidence decides nothing about either mode."},
		{"one fails, nothing about the other", given(epsv(50001, dial(evidence.KindTimedOut)), eprt(answers(evidence.OpTransfer, "550 No.", 20))),
			"none  off medium: Passive mode does not work, and nothing was decided about active mode."},
	} {
		r := Diagnose(c.ev).Recommendation
		got := fmt.Sprintf("%s %s %s %s: %s", r.Mode, r.Method, r.TLS, r.Confidence, r.Reason)
		var codes []string
		for _, x := range r.Conditions {
			codes = append(codes, x.Code)
		}
		if len(codes) > 0 {
			got += " [" + strings.Join(codes, " ") + "]"
		}
		if got != c.want {
			t.Errorf("%s:\ngot  %s\nwant %s", c.name, got, c.want)
		}
	}
}

// A condition stands in the sentence as a fact about the client.
func TestProvided(t *testing.T) {
	for condition, want := range map[*Condition]string{
		useEPSV: "the client uses EPSV", usePASV: "the client uses PASV, not EPSV", usePORT: "the client uses PORT, not EPRT",
		usePRET:        "the client sends PRET before PASV or EPSV",
		loosePASV:      "the client reads a 227 reply without parentheses",
		ignoreWithPASV: "a client that uses PASV ignores the address in the 227 reply",
		followAddress:  "the client uses PASV and the address in the 227 reply",
		acceptForeign:  "the client accepts data from another address than the server's",
	} {
		if got := provided(condition.Text); got != want {
			t.Errorf("%s: %q, want %q", condition.Code, got, want)
		}
	}
}

func TestLowerFirst(t *testing.T) {
	for s, want := range map[string]string{
		"A firewall drops it.": "a firewall drops it.", "The name is dead.": "the name is dead.",
		"FTP is dead.": "FTP is dead.", "": "", "PASV": "PASV",
	} {
		if got := lowerFirst(s); got != want {
			t.Errorf("%q: %q, want %q", s, got, want)
		}
	}
}
