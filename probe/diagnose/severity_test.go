package diagnose

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"ftpdiag/probe"
	"ftpdiag/probe/evidence"
)

// What a failing, conditional or intermittent mode means for the status, by what
// is asked for.
func TestSeverityAndStatus(t *testing.T) {
	dead := []part{epsv(50001, dial(evidence.KindTimedOut)), pasv(50002, dial(evidence.KindTimedOut))}
	halves := func(open, shut int) []part {
		var parts []part
		for i := range open {
			parts = append(parts, []func(int, ...tried) part{epsv, pasv}[i%2](50000+2*i, works(9)))
		}
		for i := range shut {
			parts = append(parts, []func(int, ...tried) part{pasv, epsv}[i%2](50001+2*i, dial(evidence.KindTimedOut)))
		}
		return parts
	}
	strict := []part{epsv(50001, works(9)), pasvTo("10.0.0.1", 50002, works(9))}
	on, off := eprt(works(9)), eprt(fails(evidence.OpDataAccept, evidence.KindTimedOut))
	for _, c := range []struct {
		name    string
		passive []part
		active  part
		want    string // status for any, passive, active, both; severities under any
	}{
		{"both work", passiveWorks, on, "ok ok ok ok:"},
		{"passive dead", dead, on, "ok critical ok critical: warning"},
		{"active dead", passiveWorks, off, "ok ok critical critical: warning"},
		{"both dead", dead, off, "critical critical critical critical: error error"},
		{"passive conditional", strict, on, "warning warning ok warning: warning"},
		{"passive mostly works, active dead", halves(6, 2), off, "warning warning critical critical: warning warning"},
		{"passive seldom works, active dead", halves(2, 6), off, "critical critical critical critical: error warning"},
		{"passive seldom works, active works", halves(2, 6), on, "ok critical ok critical: warning"},
		{"passive not tried", nil, on, "ok unknown ok unknown:"},
		{"active not tried", passiveWorks, nil, "ok ok unknown unknown:"},
	} {
		var statuses, severities []string
		for _, what := range []string{"any", "passive", "active", "both"} {
			parts := append([]part{expects(what)}, c.passive...)
			if c.active != nil {
				parts = append(parts, c.active)
			}
			r := Diagnose(given(parts...))
			statuses = append(statuses, string(r.Status))
			if what == "any" {
				for _, f := range r.Findings {
					severities = append(severities, " "+string(f.Severity))
				}
			}
		}
		if got := strings.Join(statuses, " ") + ":" + strings.Join(severities, ""); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

// Findings come by severity, those about a failing mode first, then by layer.
func TestOrder(t *testing.T) {
	ev := given(user("joe"), from(clientLAN), seenAs(clientIP), address(serverV6, true, evidence.KindTimedOut),
		attempt(evidence.EPSV, says("500 Unknown command.")), pasvTo("10.0.0.1", 50002, dial(evidence.KindRefused)),
		eprt(works(0), but(func(a *evidence.Attempt) { a.AcceptedFrom = evidence.At(parseAddr(serverIP), 40000) })))
	var got []string
	for _, f := range Diagnose(ev).Findings {
		got = append(got, fmt.Sprint(f.Severity, " ", f.Code))
	}
	want := []string{
		"warning passive-nat-not-forwarded", "warning dns-dead-aaaa",
		"info passive-epsv-unsupported", "info passive-private-address", // about the mode that fails
		"info client-behind-nat", "info login-cleartext", "info active-source-port-not-20", "info transfer-empty-listing",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestConfidence(t *testing.T) {
	v := newView(given())
	v.verdicts.modes = Modes{Passive: Fails, Active: Intermittent}
	cutShort := newView(given(cut))
	for _, c := range []struct {
		name string
		view *view
		hit  hit
		want Confidence
	}{
		{"a pair", v, hit{weight: decides, mode: evidence.Passive, pair: true}, High},
		{"a pair, and a look-alike", v, hit{weight: decides, mode: evidence.Passive, pair: true, open: []Code{PassiveDisabled}}, Medium},
		{"one observation", v, hit{weight: decides, mode: evidence.Passive}, Medium},
		{"sometimes", v, hit{weight: decides, mode: evidence.Active, pair: true}, Low},
		{"beside a mode that works sometimes", v, hit{weight: notes, mode: evidence.Active, pair: true}, High},
		{"cut short", cutShort, hit{weight: decides, mode: evidence.Passive}, Low},
		{"cut short, and a pair", cutShort, hit{weight: decides, mode: evidence.Passive, pair: true}, High},
	} {
		if got := c.view.confidenceOf(c.hit); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

// Whose it is, and how far packets came, where a walk tells.
func TestWhoAndWhere(t *testing.T) {
	way := route("10.10.0.1", "198.51.100.2")
	dead := func(kind evidence.Kind, more ...part) *evidence.Evidence {
		return passive(append(append([]part{way}, more...), epsv(50001, dial(kind)), pasv(50069, dial(kind)))...)
	}
	silence := func(ips ...string) part {
		return walked(50001, evidence.Walk{Hops: hops(ips...), HostDistance: far(3), Answer: probe.AnswerSilence})
	}
	answered := func(at int, answer, ip, icmp string) part {
		return walked(50001, evidence.Walk{Hops: hops("10.10.0.1", "198.51.100.2")[:at-1], HostDistance: far(3), Answer: answer,
			AnswerFrom: &evidence.Hop{Distance: at, IP: ip}, ICMP: evidence.Maybe(icmp)})
	}
	for _, c := range []struct {
		name string
		ev   *evidence.Evidence
		want string // who; after hop, distance, answer, from, icmp
	}{
		{"not walked", dead(evidence.KindTimedOut), "server-network; -"},
		{"silent behind the server's gateway", dead(evidence.KindTimedOut, silence("10.10.0.1", "198.51.100.2")), "server-network; 198.51.100.2 2 silence  "},
		{"silent behind the client's gateway", dead(evidence.KindTimedOut, silence("10.10.0.1")), "client-network; 10.10.0.1 1 silence  "},
		{"silent at once", dead(evidence.KindTimedOut, silence()), "client-user;  0 silence  "},
		{"reset by the host", dead(evidence.KindRefused, answered(3, probe.AnswerReset, "", "")), "server-admin; 198.51.100.2 2 reset  "},
		{"reset at the server's gateway", dead(evidence.KindRefused, answered(2, probe.AnswerReset, "", "")), "server-network; 10.10.0.1 1 reset  "},
		{"reset at the client's gateway", dead(evidence.KindRefused, answered(1, probe.AnswerReset, "", "")), "client-network;  0 reset  "},
		{"prohibited at the client's gateway", dead(evidence.KindProhibited, answered(1, probe.AnswerICMP, "10.10.0.1", "admin-prohibited")), "client-network;  0 icmp 10.10.0.1 admin-prohibited"},
		{"control port reset before the host", outside(unreached(serverIP, true, evidence.KindRefused), walked(21, evidence.Walk{Answer: probe.AnswerReset, AnswerFrom: &evidence.Hop{Distance: 2}})), "server-admin;  0 reset  "},
		{"control port reset at the client's gateway", outside(unreached(serverIP, true, evidence.KindRefused), walked(21, evidence.Walk{Answer: probe.AnswerReset, AnswerFrom: &evidence.Hop{Distance: 1}})), "client-network;  0 reset  "},
		{"another port was walked", dead(evidence.KindTimedOut, walked(50999, evidence.Walk{HostDistance: far(3), Answer: probe.AnswerSilence})), "server-network; -"},
		{"the walk was not possible", dead(evidence.KindTimedOut, walked(50001, evidence.Walk{Unavailable: "not available on windows"})), "server-network; -"},
	} {
		f := Diagnose(c.ev).Findings[0]
		got := fmt.Sprintf("%s; -", f.Who[0])
		if b := f.BlockedAt; b != nil {
			got = fmt.Sprintf("%s; %s %d %s %s %s", f.Who[0], b.AfterHop, b.Distance, b.Answer, b.ICMPFrom, b.ICMP)
		}
		if got != c.want {
			t.Errorf("%s: %s: %q, want %q", c.name, f.Code, got, c.want)
		}
	}
}

func TestPassivePorts(t *testing.T) {
	for _, c := range []struct {
		name string
		ev   *evidence.Evidence
		want string // passes, blocked, share
	}{
		{"nothing dialled", given(), "[] [] -"},
		{"all open", given(epsv(50001, works(9)), pasv(50002, works(9))), "[] [] 1.00"},
		{"all dead", given(epsv(50001, dial(evidence.KindTimedOut)), pasv(50002, dial(evidence.KindTimedOut))), "[] [] 0.00"},
		{"a boundary", given(epsv(4000, works(9)), pasv(4990, works(9)), epsv(5001, dial(evidence.KindTimedOut)), pasv(60000, dial(evidence.KindTimedOut))), "[4000 4990] [5001 60000] 0.50"},
		{"a boundary that unoffered ports show", given(epsv(50001, dial(evidence.KindTimedOut)), probes(map[int]evidence.Kind{1024: evidence.KindRefused, 5000: evidence.KindRefused, 5001: evidence.KindTimedOut, 65535: evidence.KindTimedOut})),
			"[1024 5000] [5001 65535] 0.00"},
		{"unoffered ports prove nothing after a refusal", given(epsv(50001, dial(evidence.KindRefused)), probes(map[int]evidence.Kind{1024: evidence.KindRefused, 65535: evidence.KindTimedOut})), "[] [] 0.00"},
		{"one method dead", given(epsv(50001, dial(evidence.KindTimedOut)), pasv(50003, works(9)), epsv(50005, dial(evidence.KindTimedOut), sample), pasv(50000, sample)), "[] [] -"},
		{"one method dead, and its port lower", given(epsv(50001, dial(evidence.KindTimedOut)), pasv(50003, works(9))), "[] [] -"},
	} {
		p := Diagnose(c.ev).PassivePorts
		share := "-"
		if p.Share != nil {
			share = fmt.Sprintf("%.2f", *p.Share)
		}
		if got := fmt.Sprintf("%v %v %s", p.Passes, p.Blocked, share); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}
