package diagnose

import (
	"strings"
	"testing"

	"ftpdiag/probe"
)

// findingOf is the finding with the code.
func findingOf(t *testing.T, ev *probe.Evidence, code Code) Finding {
	t.Helper()
	r := Diagnose(ev)
	for _, f := range r.Findings {
		if f.Code == code {
			return f
		}
	}
	t.Fatalf("no %s in\n%s", code, brief(r))
	return Finding{}
}

// told is what a finding says and advises, a line each.
func told(f Finding) string {
	lines := []string{f.Summary}
	for _, fix := range f.Fixes {
		lines = append(lines, string(fix.Who)+": "+fix.Text)
	}
	return strings.Join(lines, "\n")
}

// Nobody is sent from one dead mode to the other.
func TestADeadModeIsNoRemedy(t *testing.T) {
	silent := fails(probe.OpDataAccept, probe.KindTimedOut)
	dead := dial(probe.KindTimedOut)
	for _, c := range []struct {
		name string
		ev   *probe.Evidence
		code Code
		has  string // "": neither passive nor active mode is a step
	}{
		{"both dead", given(epsv(50001, dead), eprt(silent)), PassivePortsDropped, ""},
		{"both dead", given(epsv(50001, dead), eprt(silent)), ActiveInboundDropped, ""},
		{"active works", given(epsv(50001, dead), eprt(works(9))), PassivePortsDropped, "client-user: Use active mode meanwhile: "},
		{"passive works", given(epsv(50001, works(9)), eprt(silent)), ActiveInboundDropped, "client-user: Use passive mode: "},
		{"active not tried", given(epsv(50001, dead)), PassivePortsDropped, "client-user: Where active mode works, use active mode meanwhile: "},
		{"passive not tried", given(eprt(silent)), ActiveInboundDropped, "client-user: Where passive mode works, use passive mode: "},
	} {
		got := told(findingOf(t, c.ev, c.code))
		if c.has == "" && (strings.Contains(got, "se passive mode") || strings.Contains(got, "se active mode")) || !strings.Contains(got, c.has) {
			t.Errorf("%s: %s: %q is wanted in\n%s", c.name, c.code, c.has, got)
		}
	}
}

// Carrier-grade NAT rules active mode out only where it does.
func TestCGNATWhereActiveModeWorks(t *testing.T) {
	nat := []part{from("100.64.3.4"), seenAs("198.51.100.9")}
	got := findingOf(t, given(append([]part{epsv(50001, works(9)), eprt(works(9))}, nat...)...), ClientBehindCGNAT).Summary
	if strings.Contains(got, "rules out") || !strings.Contains(got, "active mode works here") {
		t.Error(got)
	}
	got = findingOf(t, given(append([]part{epsv(50001, works(9))}, nat...)...), ClientBehindCGNAT).Summary
	if !strings.Contains(got, "usually rules out active mode") {
		t.Error(got)
	}
}
