package probe_test

import (
	"testing"
	"time"

	"ftpdiag/probe"
	"ftpdiag/probe/diagnose"
	"ftpdiag/probe/evidence"
	"ftpdiag/probe/ftptest"
)

// A reply up to the login that nobody asked for is kept in the record, whenever it
// comes: before the next command, or behind it, in the place of its reply. We throw
// it away and stay in step; curl and ftplib do not, so the modes are conditional.
func TestReplyNobodyAskedFor(t *testing.T) {
	t.Parallel()
	after := func(verb, text string, wait time.Duration) ftptest.Behaviour {
		return ftptest.Behaviour{Replies: []ftptest.Override{{Verbs: verb, Order: ftptest.After,
			Answers: []ftptest.Answer{{Text: text, After: wait}}}}}
	}
	for name, c := range map[string]struct {
		b    ftptest.Behaviour
		code int // of the reply; 0: there is none
	}{
		"none":             {ftptest.Behaviour{}, 0},
		"331 twice":        {after("USER", "331 Password.", 0), 331},
		"331 twice, late":  {after("USER", "331 Password.", 50*time.Millisecond), 331},
		"230 twice":        {after("PASS", "230 In.", 0), 230},
		"230 twice, late":  {after("PASS", "230 In.", 50*time.Millisecond), 230},
		"greeting twice":   {ftptest.Behaviour{Greeting: ftptest.Greet("220 Hello.\r\n220 Hello.")}, 220},
		"greeting, behind": {ftptest.Behaviour{Greeting: []ftptest.Answer{{Text: "220 Hello."}, {Text: "220 Hello.", After: 50 * time.Millisecond}}}, 220},
		"behind LIST":      {after("LIST", "250 By the way.", 0), 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ev := quietly(t, start(t, c.b).Addr(), nil)
			for _, s := range ev.Sessions {
				if c.code == 0 && s.Unasked != nil || c.code != 0 && (s.Unasked == nil || s.Unasked.Code != c.code) {
					t.Errorf("session %d: unasked %v, want %d", s.ID, s.Unasked, c.code)
				}
			}
			works(evidence.EPSV, evidence.EPRT)(t, ev)
			r := diagnose.Diagnose(ev)
			if conditional := r.Modes.Passive == diagnose.Conditional && r.Modes.Active == diagnose.Conditional; conditional != (c.code != 0) {
				t.Errorf("%+v", r.Modes)
			}
		})
	}
}

// Replies without end keep nobody beyond the deadline, wherever in the login they come.
func TestRepliesWithoutEnd(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"331 go on", "230 go on", "425 go on", "120 wait", "000 go on"} {
		for _, verb := range []string{"greeting", "USER", "PASS", "AUTH", "FEAT"} {
			t.Run(verb+" "+text, func(t *testing.T) {
				t.Parallel()
				flood := []ftptest.Answer{{Text: text + "\r\n", Endless: true}}
				b := ftptest.Behaviour{Replies: []ftptest.Override{{Verbs: verb, Answers: flood}}}
				if verb == "greeting" {
					b = ftptest.Behaviour{Greeting: flood}
				}
				srv := start(t, b)
				begin := time.Now()
				ev := quietly(t, srv.Addr(), func(cfg *probe.Config) {
					cfg.Deadline = 4 * time.Second
					if verb == "AUTH" {
						cfg.TLS = evidence.TLSExplicit
					}
				})
				if took := time.Since(begin); took > 5*time.Second {
					t.Errorf("took %v", took)
				}
				for _, a := range ev.Attempts {
					if a.Outcome == evidence.OutcomeWorks && verb != "FEAT" {
						t.Errorf("%s works", a.Method)
					}
				}
			})
		}
	}
}
