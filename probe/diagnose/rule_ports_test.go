package diagnose

import (
	"strings"
	"testing"

	"ftpdiag/probe"
	"ftpdiag/probe/evidence"
)

// dialled are samples of PASV and EPSV, by turns.
func sampled(steps func(port int) []tried, ports ...int) part {
	return func(ev *evidence.Evidence) {
		for i, n := range ports {
			m := []func(int, ...tried) part{epsv, pasv}[i%2]
			m(n, append(steps(n), sample)...)(ev)
		}
	}
}

// upTo is a path that passes ports up to a limit and drops the others.
func upTo(limit int) func(int) []tried {
	return func(port int) []tried {
		if port <= limit {
			return nil
		}
		return []tried{dial(evidence.KindTimedOut)}
	}
}

func dropped(int) []tried { return []tried{dial(evidence.KindTimedOut)} }

func TestDeadPorts(t *testing.T) { check(t, deadPortsCases()) }

func deadPortsCases() []verdictCase {
	dead := func(kind evidence.Kind, more ...part) *evidence.Evidence {
		return passive(append(more, epsv(50001, dial(kind)), pasv(50069, dial(kind)))...)
	}
	silence := func(distance int, ips ...string) evidence.Walk {
		return evidence.Walk{Hops: hops(ips...), HostDistance: far(distance), Answer: probe.AnswerSilence}
	}
	from := func(distance, at int, answer, ip, icmp string) evidence.Walk {
		return evidence.Walk{HostDistance: far(distance), Answer: answer, AnswerFrom: &evidence.Hop{Distance: at, IP: ip}, ICMP: evidence.Maybe(icmp)}
	}
	way := route("10.10.0.1", "198.51.100.2")
	return []verdictCase{
		{"dropped", dead(evidence.KindTimedOut), `passive fails, active works: active EPRT, ok
			warning passive passive-ports-dropped medium or passive-client-egress-blocked, passive-helper-missing, passive-low-ports-only`},
		{"dropped, and other ports too", dead(evidence.KindTimedOut, probes(map[int]evidence.Kind{1024: evidence.KindTimedOut, 5000: evidence.KindTimedOut, 65535: evidence.KindTimedOut})), `passive fails, active works: active EPRT, ok
			warning passive passive-ports-dropped medium or passive-client-egress-blocked, passive-helper-missing`},
		{"dropped, and ports all around are open", dead(evidence.KindTimedOut, probes(map[int]evidence.Kind{1024: evidence.KindRefused, 5000: evidence.KindRefused, 5001: evidence.KindRefused, 49151: evidence.KindRefused, 65535: evidence.KindRefused})), `passive fails, active works: active EPRT, ok
			warning passive passive-ports-dropped medium or passive-helper-missing`},
		{"dropped, and a NAS answers on 5000 and 5001", dead(evidence.KindTimedOut, probes(map[int]evidence.Kind{1024: evidence.KindTimedOut, 5000: "", 5001: "", 49152: evidence.KindTimedOut})), `passive fails, active works: active EPRT, ok
			warning passive passive-ports-dropped medium or passive-client-egress-blocked, passive-helper-missing`},
		{"dropped, and services answer on 3000 and 5000", dead(evidence.KindTimedOut, probes(map[int]evidence.Kind{3000: "", 5000: "", 5001: evidence.KindTimedOut, 49152: evidence.KindTimedOut})), `passive fails, active works: active EPRT, ok
			warning passive passive-ports-dropped medium or passive-client-egress-blocked, passive-helper-missing`},
		{"dropped, but for an odd port", dead(evidence.KindTimedOut, probes(map[int]evidence.Kind{1024: evidence.KindRefused, 3000: evidence.KindTimedOut, 5000: evidence.KindTimedOut})), `passive fails, active works: active EPRT, ok
			warning passive passive-ports-dropped medium or passive-client-egress-blocked, passive-helper-missing`},
		{"dropped at the server's gateway", dead(evidence.KindTimedOut, way, walked(50001, silence(3, "10.10.0.1", "198.51.100.2"))), `passive fails, active works: active EPRT, ok
			warning passive passive-ports-dropped medium or passive-helper-missing`},
		{"dropped at the client's gateway", dead(evidence.KindTimedOut, way, walked(50001, silence(3, "10.10.0.1"))), `passive fails, active works: active EPRT, ok
			warning passive passive-client-egress-blocked medium or passive-ports-dropped`},
		{"dropped on this machine", dead(evidence.KindTimedOut, way, walked(50001, silence(3))), `passive fails, active works: active EPRT, ok
			warning passive passive-client-egress-blocked high`},
		{"dropped by the router that owns the address, behind the client's gateway", dead(evidence.KindTimedOut, peer("198.51.100.2"), way, walked(50001, silence(3, "10.10.0.1"))), `passive fails, active works: active EPRT, ok
			warning passive passive-ports-dropped medium or passive-helper-missing`},
		{"dropped between", dead(evidence.KindTimedOut, walked(50001, silence(9, "10.10.0.1", "192.0.2.1", "192.0.2.5"))), `passive fails, active works: active EPRT, ok
			warning passive passive-ports-dropped medium or passive-client-egress-blocked`},
		{"dropped on the same network", dead(evidence.KindTimedOut, walked(50001, silence(1))), `passive fails, active works: active EPRT, ok
			warning passive passive-ports-dropped medium or passive-helper-missing`},
		{"refused", dead(evidence.KindRefused), `passive fails, active works: active EPRT, ok
			warning passive passive-nat-not-forwarded medium or passive-ports-refused, passive-client-egress-blocked`},
		{"refused on this machine", given(loopbackServer, epsv(50001, dial(evidence.KindRefused)), pasv(50069, dial(evidence.KindRefused)), activeWorks), `passive fails, active works: active EPRT, ok
			warning passive passive-ports-refused high`},
		{"refused on the LAN", given(peer(serverLAN), epsv(50001, dial(evidence.KindRefused)), pasv(50069, dial(evidence.KindRefused)), activeWorks), `passive fails, active works: active EPRT, ok
			warning passive passive-ports-refused medium or passive-client-egress-blocked`},
		{"refused by the host", dead(evidence.KindRefused, way, walked(50001, from(3, 3, probe.AnswerReset, "", ""))), `passive fails, active works: active EPRT, ok
			warning passive passive-ports-refused high`},
		{"refused by a firewall before it", dead(evidence.KindRefused, way, walked(50001, from(3, 2, probe.AnswerReset, "", ""))), `passive fails, active works: active EPRT, ok
			warning passive passive-ports-refused medium or passive-nat-not-forwarded`},
		{"refused by a router that owns the address", dead(evidence.KindRefused, peer("198.51.100.2"), way, walked(50001, from(3, 2, probe.AnswerReset, "", ""))), `passive fails, active works: active EPRT, ok
			warning passive passive-nat-not-forwarded high`},
		{"refused by the client's gateway", dead(evidence.KindRefused, way, walked(50001, from(3, 1, probe.AnswerReset, "", ""))), `passive fails, active works: active EPRT, ok
			warning passive passive-client-egress-blocked high`},
		{"port unreachable, says the server's gateway", dead(evidence.KindRefused, way, walked(50001, from(3, 2, probe.AnswerICMP, "198.51.100.2", "port-unreachable"))), `passive fails, active works: active EPRT, ok
			warning passive passive-ports-refused medium or passive-nat-not-forwarded`},
		{"prohibited", dead(evidence.KindHostUnreachable), `passive fails, active works: active EPRT, ok
			warning passive passive-ports-prohibited high`},
		{"prohibited by the client's gateway", dead(evidence.KindHostUnreachable, way, walked(50001, from(3, 1, probe.AnswerICMP, "10.10.0.1", "admin-prohibited"))), `passive fails, active works: active EPRT, ok
			warning passive passive-ports-prohibited high`},
		{"prohibited by the server's gateway", dead(evidence.KindHostUnreachable, way, walked(50001, from(3, 2, probe.AnswerICMP, "198.51.100.2", "admin-prohibited"))), `passive fails, active works: active EPRT, ok
			warning passive passive-ports-prohibited high`},
		{"not permitted here", dead(evidence.KindDenied), `passive fails, active works: active EPRT, ok
			warning passive passive-client-egress-blocked high`},
		{"no port left here", dead(evidence.KindExhausted), `passive fails, active works: active EPRT, ok
			warning passive control-local-ports-exhausted high`},
		{"a port closed since", passive(epsv(50001, works(197)), pasv(50002, works(197)), epsv(50003, dial(evidence.KindRefused), sample, but(func(a *evidence.Attempt) {
			a.Superseded, a.Outcome = true, evidence.OutcomeInconclusive
		}))), `passive works, active works: passive EPSV, ok`},
		{"a port closed as it was dialled", passive(epsv(50001, works(197)), pasv(50002, works(197)), epsv(50003, dial(evidence.KindReset), sample, but(func(a *evidence.Attempt) {
			a.Superseded, a.Outcome = true, evidence.OutcomeInconclusive
		}))), `passive works, active works: passive EPSV, ok`},
		{"not finished", given(cut, epsv(50001, dial(evidence.KindInterrupted), but(func(a *evidence.Attempt) { a.Outcome = evidence.OutcomeInconclusive }))), `passive inconclusive, active not_tested: none, unknown`},
	}
}

func TestPortBoundaries(t *testing.T) { check(t, portBoundariesCases()) }

func portBoundariesCases() []verdictCase {
	everything := []int{61000, 5200, 44321, 33000, 58211, 9044, 27000, 14999, 39000, 50112, 7000, 21000, 64000, 31000}
	low := map[int]evidence.Kind{1024: evidence.KindRefused, 3000: evidence.KindRefused, 5000: evidence.KindRefused, 5001: evidence.KindTimedOut, 30000: evidence.KindTimedOut, 49152: evidence.KindTimedOut, 65535: evidence.KindTimedOut}
	high := map[int]evidence.Kind{1024: evidence.KindTimedOut, 3000: evidence.KindTimedOut, 5000: evidence.KindTimedOut, 30000: evidence.KindTimedOut, 49151: evidence.KindTimedOut, 49152: evidence.KindRefused, 65535: evidence.KindRefused}
	low4096 := map[int]evidence.Kind{1024: evidence.KindRefused, 3000: evidence.KindRefused, 5000: evidence.KindTimedOut, 65535: evidence.KindTimedOut}
	halves := []int{50001, 50080, 50020, 50090, 50047, 50055, 50033, 50071}
	return []verdictCase{
		{"up to 5000 pass, all offered lie above", passive(epsv(50001, dial(evidence.KindTimedOut)), pasv(20333, dial(evidence.KindTimedOut)), probes(low), sampled(dropped, everything...)), `passive fails, active works: active EPRT, ok
			warning passive passive-low-ports-only high`},
		{"up to 4096 pass, all offered lie above", passive(epsv(50001, dial(evidence.KindTimedOut)), pasv(20333, dial(evidence.KindTimedOut)), probes(low4096)), `passive fails, active works: active EPRT, ok
			warning passive passive-ports-dropped medium or passive-helper-missing`},
		{"up to 5000 pass, some offered do", passive(epsv(4951, works(197)), pasv(5025, dial(evidence.KindTimedOut)), sampled(upTo(5000), 4988, 5040, 4970, 5011, 5003, 4999)), `passive intermittent, active works: active EPRT, ok
			warning passive passive-low-ports-only low`},
		{"up to 5000 pass, and one of sixteen is lower", passive(epsv(50001, dial(evidence.KindTimedOut)), pasv(20333, dial(evidence.KindTimedOut)), sampled(upTo(5000), append(everything, 3200)...)), `passive intermittent, active works: active EPRT, ok
			warning passive passive-low-ports-only low or passive-range-partly-open`},
		{"from 49152 pass, all offered lie below", passive(epsv(1025, dial(evidence.KindTimedOut)), pasv(4000, dial(evidence.KindTimedOut)), probes(high)), `passive fails, active works: active EPRT, ok
			warning passive passive-high-ports-only high`},
		{"half of the range is open", passive(epsv(50010, works(197)), pasv(50060, dial(evidence.KindTimedOut)), sampled(upTo(50049), halves...)), `passive intermittent, active works: active EPRT, ok
			warning passive passive-range-partly-open low`},
		{"half of the range is refused", passive(epsv(50010, works(197)), pasv(50060, dial(evidence.KindRefused)), sampled(func(n int) []tried {
			if n < 50050 {
				return nil
			}
			return []tried{dial(evidence.KindRefused)}
		}, halves...)), `passive intermittent, active works: active EPRT, ok
			warning passive passive-range-partly-open low`},
		{"5060 alone is blocked", passive(epsv(5060, dial(evidence.KindTimedOut)), pasv(5061, works(197)), epsv(5062, works(197))), `passive intermittent, active works: active EPRT, ok
			warning passive passive-one-port-blocked low`},
		{"one port among neighbours", passive(epsv(50000, works(197)), pasv(50001, dial(evidence.KindTimedOut)), epsv(50002, works(197)), pasv(50000, works(197))), `passive intermittent, active works: active EPRT, ok
			warning passive passive-one-port-blocked low`},
		{"two ports, one dead: a method or a boundary", passive(epsv(50010, works(197)), pasv(50060, dial(evidence.KindTimedOut))), `passive conditional, active works: passive EPSV use-epsv, warning
			warning passive passive-alg-conflict medium or passive-alg-rewrote-port, passive-range-partly-open`},
		{"several servers in turn", passive(epsv(50010, works(197)), pasv(50020, dial(evidence.KindRefused)), epsv(50030, dial(evidence.KindRefused)), pasv(50040, works(197)), epsv(50050, dial(evidence.KindRefused)), pasv(50035, works(197))), `passive intermittent, active works: active EPRT, ok
			warning passive passive-multi-backend low or passive-range-partly-open`},
		{"all pass", passive(epsv(50010, works(197)), pasv(50060, works(197)), sampled(upTo(65535), halves...)), `passive works, active works: passive EPSV, ok`},
	}
}

func TestOneMethodDead(t *testing.T) { check(t, oneMethodDeadCases()) }

func oneMethodDeadCases() []verdictCase {
	mixedEPSV := []part{epsv(50010, dial(evidence.KindTimedOut)), pasv(50020, works(197)), epsv(50030, dial(evidence.KindTimedOut), sample), pasv(50005, sample)}
	return []verdictCase{
		{"EPSV dead, PASV alive, ports in no order", passive(mixedEPSV...), `passive conditional, active works: passive PASV use-pasv, warning
			warning passive passive-epsv-blocked high`},
		{"PASV dead, EPSV alive, ports in no order", passive(epsv(50010, works(197)), pasv(50020, dial(evidence.KindRefused)), epsv(50030, sample), pasv(50005, dial(evidence.KindRefused), sample)), `passive conditional, active works: passive EPSV use-epsv, warning
			warning passive passive-alg-conflict medium or passive-alg-rewrote-port`},
		{"PASV's ports are not the server's", passive(epsv(50010, works(197)), pasv(20020, dial(evidence.KindRefused)), epsv(50030, sample), pasv(20021, dial(evidence.KindRefused), sample), epsv(50031, sample), pasv(20022, dial(evidence.KindRefused), sample)), `passive conditional, active works: passive EPSV use-epsv, warning
			warning passive passive-alg-rewrote-port high`},
		{"a boundary that the methods lie on both sides of", passive(epsv(50010, works(197)), pasv(50060, dial(evidence.KindTimedOut)), epsv(50011, sample), pasv(50061, dial(evidence.KindTimedOut), sample), epsv(50012, sample), pasv(50062, dial(evidence.KindTimedOut), sample)), `passive intermittent, active works: active EPRT, ok
			warning passive passive-range-partly-open low`},
		{"three dead ports of EPSV above seven open ones of PASV", passive(epsv(50070, dial(evidence.KindTimedOut)), pasv(50010, works(197)), epsv(50071, dial(evidence.KindTimedOut), sample), pasv(50011, sample), epsv(50072, dial(evidence.KindTimedOut), sample),
			pasv(50012, sample), pasv(50013, sample), pasv(50014, sample), pasv(50015, sample), pasv(50016, sample)), `passive conditional, active works: passive PASV use-pasv, warning
			warning passive passive-epsv-blocked medium or passive-range-partly-open`},
		{"a server on 2121, and the helper watches 21", passive(controlPort(2121), pasv(50020, dial(evidence.KindTimedOut)), epsv(50010, dial(evidence.KindTimedOut)), pasv(50021, works(197), purpose(evidence.PurposePort21))), `passive fails, active works: active EPRT, ok
			warning passive passive-alg-nonstandard-port high`},
		{"a server on 2121, and dead at 21 too", passive(controlPort(2121), pasv(50020, dial(evidence.KindTimedOut)), epsv(50010, dial(evidence.KindTimedOut)), pasv(50021, dial(evidence.KindTimedOut), purpose(evidence.PurposePort21))), `passive fails, active works: active EPRT, ok
			warning passive passive-ports-dropped medium or passive-client-egress-blocked, passive-helper-missing, passive-low-ports-only`},
	}
}

func TestFewPorts(t *testing.T) { check(t, fewPortsCases()) }

// A default run dials two offered ports and a few that nobody offered.
func fewPortsCases() []verdictCase {
	spared := func(ev *evidence.Evidence) {
		ev.Sent = evidence.Sent{DeadSYNs: 9, Connections: 2, Logins: 2, Spared: true}
	}
	dead := func(kind evidence.Kind, more ...part) *evidence.Evidence {
		return passive(append(more, spared, epsv(50001, dial(kind)), pasv(50069, dial(kind)))...)
	}
	silent, refused := evidence.KindTimedOut, evidence.KindRefused
	all16 := sampled(dropped, 50002, 50004, 50006, 50008, 50010, 50012, 50014, 50016, 50018, 50020, 50022, 50024, 50026, 50028)
	return []verdictCase{
		{"all silent", dead(silent, probes(map[int]evidence.Kind{1024: silent, 5000: silent, 5001: silent, 49152: silent, 65535: silent})), `passive fails, active works: active EPRT, ok
			warning passive passive-ports-dropped medium or passive-client-egress-blocked, passive-helper-missing, passive-range-partly-open`},
		{"all silent, sixteen offered", dead(silent, all16, probes(map[int]evidence.Kind{1024: silent, 5000: silent, 5001: silent, 49152: silent, 65535: silent})), `passive fails, active works: active EPRT, ok
			warning passive passive-ports-dropped medium or passive-client-egress-blocked, passive-helper-missing`},
		{"a boundary at 5000", dead(silent, probes(map[int]evidence.Kind{1024: refused, 5000: refused, 5001: silent, 49152: silent, 65535: silent})), `passive fails, active works: active EPRT, ok
			warning passive passive-low-ports-only high`},
		{"one answer below 5001 is no boundary yet", dead(silent, probes(map[int]evidence.Kind{1024: "", 5000: refused, 5001: silent, 49152: silent, 65535: silent})), `passive fails, active works: active EPRT, ok
			warning passive passive-ports-dropped medium or passive-client-egress-blocked, passive-helper-missing, passive-low-ports-only, passive-range-partly-open`},
		{"a boundary somewhere below 5001", dead(silent, probes(map[int]evidence.Kind{1024: refused, 3000: refused, 5001: silent, 65535: silent})), `passive fails, active works: active EPRT, ok
			warning passive passive-low-ports-only medium or passive-range-partly-open`},
		{"nobody looked below 5001", dead(silent, probes(map[int]evidence.Kind{49152: silent, 65535: silent})), `passive fails, active works: active EPRT, ok
			warning passive passive-ports-dropped medium or passive-client-egress-blocked, passive-helper-missing, passive-low-ports-only, passive-range-partly-open`},
		{"a boundary at 49152", passive(spared, epsv(20001, dial(silent)), pasv(30069, dial(silent)), probes(map[int]evidence.Kind{1024: silent, 5001: silent, 49151: silent, 49152: refused, 65535: refused})), `passive fails, active works: active EPRT, ok
			warning passive passive-high-ports-only high`},
		{"refused", dead(refused), `passive fails, active works: active EPRT, ok
			warning passive passive-nat-not-forwarded medium or passive-ports-refused, passive-client-egress-blocked, passive-range-partly-open, passive-multi-backend`},
		{"prohibited", dead(evidence.KindHostUnreachable), `passive fails, active works: active EPRT, ok
			warning passive passive-ports-prohibited medium or passive-range-partly-open`},
		{"one of three", passive(spared, epsv(50001, works(197)), pasv(50069, works(197)), epsv(50033, dial(silent), sample)), `passive intermittent, active works: active EPRT, ok
			warning passive passive-range-partly-open low or passive-one-port-blocked`},
	}
}

// Two ports are not the server's range: no fix names them as one.
func TestFewPortsAreNoRange(t *testing.T) {
	ev := fewPortsCases()[0].ev
	if got := told(findingOf(t, ev, PassivePortsDropped)); strings.Contains(got, "50069") || !strings.Contains(got, "50000") {
		t.Error(got)
	}
	ev.Sent.Spared = false
	if got := told(findingOf(t, ev, PassivePortsDropped)); !strings.Contains(got, "50001-50069") && !strings.Contains(got, "50001:50069") {
		t.Error(got)
	}
}
