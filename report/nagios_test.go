package report_test

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"ftpdiag/probe/diagnose"
	"ftpdiag/report"
	"ftpdiag/report/reporttest"
	"ftpdiag/report/threshold"
)

// TestNagiosRanges: the ranges that stand beside the measures are those of the
// guidelines, and the reading of them here finds fault with others.
func TestNagiosRanges(t *testing.T) {
	for _, bad := range []string{"", ":", "@", "@:", "20:10", "5:~", "~", "1e6", "+Inf", "1:+Inf", "NaN", "-Inf:3", "0x1", "1:2:3", "10:20@", " 1", "5:-1", "-1"} {
		if reporttest.CheckRange(bad) == nil {
			t.Errorf("%q is taken for a range", bad)
		}
	}
	for _, r := range []threshold.Range{
		{End: 10}, {Start: 10, End: math.Inf(1)}, {Start: math.Inf(-1), End: 10}, {Start: 10, End: 20}, {Start: 10, End: 20, Inside: true},
		{Start: math.Inf(-1), End: math.Inf(1)}, {End: math.Inf(1)}, {Start: -5, End: -1}, {Start: -5, End: -5}, {End: 1e21}, {Start: 1e-7, End: 0.5, Inside: true},
	} {
		limits := threshold.Limits{Warning: map[string]threshold.Range{"total": r}, Critical: map[string]threshold.Range{"total": r}}
		if _, err := reporttest.ReadPlugin(renderAs(t, "nagios", report.Options{Limits: limits}, readGolden(t, "all-fine")...)); err != nil {
			t.Errorf("%+v: %v", r, err)
		}
	}
}

// TestNagiosOfAnyResult: whatever a server said, a monitoring system reads the
// status, the text and every number.
func TestNagiosOfAnyResult(t *testing.T) {
	everyResult(t, func(t *testing.T, results ...*diagnose.Result) {
		out := renderAs(t, "nagios", report.Options{}, results...)
		checkHarmless(t, out)
		p, err := reporttest.ReadPlugin(out)
		if err != nil {
			t.Fatalf("%v in\n%s", err, out)
		}
		want := diagnose.StatusOK
		for _, r := range results {
			s := r.Status
			if s.ExitCode() == 3 {
				s = diagnose.StatusUnknown
			}
			want = want.Worse(s)
		}
		if p.Status != strings.ToUpper(string(want)) {
			t.Errorf("status %s, want %s", p.Status, want)
		}
		labels := map[string]bool{}
		for _, d := range p.Data {
			if labels[d.Label] {
				t.Errorf("label %s twice", d.Label)
			}
			labels[d.Label] = true
		}
		least := 5 // connect, login, total, passive, active
		if len(results) > 1 {
			least = 5 + 5*(len(results)-notMeasured(p))
			if len(out) > pluginOutput {
				t.Errorf("%d bytes, of which a reader takes %d:\n%s", len(out), pluginOutput, out)
			}
		}
		if len(p.Data) < least {
			t.Errorf("only %d numbers in\n%s", len(p.Data), out)
		}
	})
}

// notMeasured is how many targets an output names as missing among its performance
// data.
func notMeasured(p reporttest.Plugin) (n int) {
	if m := regexp.MustCompile(`(?m)^Not among the performance data: the last (\d+) of the list$`).FindStringSubmatch(p.Long); m != nil {
		n, _ = strconv.Atoi(m[1])
	}
	return n
}

// pluginOutput is how much Nagios reads (MAX_PLUGIN_OUTPUT_LENGTH).
const pluginOutput = 8192

// TestNagiosOfManyTargets: what is bad comes first, and whatever is left out is
// counted.
func TestNagiosOfManyTargets(t *testing.T) {
	results := func(n int, golden string) (list []*diagnose.Result) {
		for i := range n {
			r := readGolden(t, golden)[0]
			r.Target.Label = fmt.Sprintf("%s-%d", golden, i)
			list = append(list, r)
		}
		return list
	}
	fine, dead, open := "all-fine-0: OK - ", "dns-no-such-host-0: CRITICAL - The name ", "unknown-0: UNKNOWN - "
	detail := "    dns-no-such-host, confidence medium\n"
	for _, c := range []struct {
		name    string
		results []*diagnose.Result
		inOrder []string // of the long text
		lines   int      // about a target
	}{
		{"one dead behind many", slices.Concat(results(300, "all-fine"), results(1, "dns-no-such-host")), []string{dead, detail, fine, "and 290 more: 290 ok\n"}, 11},
		{"of each", slices.Concat(results(1, "all-fine"), results(1, "unknown"), results(1, "dns-no-such-host")), []string{dead, detail, open, fine}, 3},
		{"a dozen dead", slices.Concat(results(12, "dns-no-such-host")), []string{dead, detail, "dns-no-such-host-11: "}, 12},
		{"many dead", slices.Concat(results(1, "all-fine"), results(300, "dns-no-such-host")), []string{dead, "dns-no-such-host-30: ", " critical, 1 ok\n"}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			out := renderAs(t, "nagios", report.Options{}, c.results...)
			p, err := reporttest.ReadPlugin(out)
			if err != nil || len(out) > pluginOutput {
				t.Fatalf("%v, %d bytes:\n%s", err, len(out), out)
			}
			rest := p.Long
			for _, want := range c.inOrder {
				_, behind, found := strings.Cut(rest, want)
				if !found {
					t.Fatalf("no %q there:\n%s", want, p.Long)
				}
				rest = behind
			}
			lines := len(regexp.MustCompile(`(?m)^[a-z-]+-[0-9]+: [A-Z]+ - `).FindAllString(p.Long, -1))
			if c.lines > 0 && lines != c.lines {
				t.Errorf("%d targets have a line, want %d:\n%s", lines, c.lines, p.Long)
			}
			if m := regexp.MustCompile(`(?m)^and (\d+) more: `).FindStringSubmatch(p.Long); m != nil {
				more, _ := strconv.Atoi(m[1])
				lines += more
			}
			if lines != len(c.results) {
				t.Errorf("%d targets are shown or counted, want %d:\n%s", lines, len(c.results), p.Long)
			}
			if measured := (len(p.Data) - 5) / 5; measured < min(len(c.results), 8) || measured+notMeasured(p) != len(c.results) {
				t.Errorf("%d targets are measured:\n%s", measured, p.Long)
			}
		})
	}
}

// TestNagiosLine is the status line of a few results, whole.
func TestNagiosLine(t *testing.T) {
	limits := threshold.Limits{
		Warning:  map[string]threshold.Range{"connect": {End: 0.01}, "cert_days": {Start: 30, End: 1e6}},
		Critical: map[string]threshold.Range{"connect": {End: 1, Inside: true}, "total": {End: 60}},
	}
	raised := readGolden(t, "all-fine")
	limits.Apply(raised[0])
	for _, c := range []struct {
		name    string
		results []*diagnose.Result
		limits  threshold.Limits
		want    string
	}{
		{"fine", readGolden(t, "all-fine"), threshold.Limits{},
			"FTPDIAG OK - passive works, active works; use passive (EPSV) | 'connect'=0.0121s;;;0; 'login'=0.0246s;;;0; 'total'=0.8124s;;;0; 'passive'=1;;;0;1 'active'=1;;;0;1"},
		{"raised", raised, limits,
			"FTPDIAG CRITICAL - passive works, active works; use passive (EPSV). Connect took 0.0121 s: critical (range @1). | " +
				"'connect'=0.0121s;0.01;@1;0; 'login'=0.0246s;;;0; 'total'=0.8124s;;60;0; 'passive'=1;;;0;1 'active'=1;;;0;1"},
		{"not reached", readGolden(t, "dns-no-such-host"), limits,
			"FTPDIAG CRITICAL - The name ftp.exmaple.com does not exist. | 'connect'=U;0.01;@1;0; 'login'=U;;;0; 'total'=0.0417s;;60;0; 'passive'=U;;;0;1 'active'=U;;;0;1"},
		{"certificate", readGolden(t, "tls-passive-only"), threshold.Limits{},
			"FTPDIAG OK - passive works, active not tested; use passive (EPSV) | 'connect'=0.0121s;;;0; 'login'=0.0246s;;;0; 'total'=0.8124s;;;0; " +
				"'cert_days'=57;21:;;; 'passive'=1;;;0;1 'active'=U;;;0;1"},
		{"no verdict", readGolden(t, "unknown"), threshold.Limits{},
			"FTPDIAG UNKNOWN - The diagnosis was interrupted before a verdict. | " +
				"'connect'=U;;;0; 'login'=U;;;0; 'total'=0.31s;;;0; 'passive'=U;;;0;1 'active'=U;;;0;1"},
		{"several", readGolden(t, "several"), threshold.Limits{},
			"FTPDIAG CRITICAL - 3 targets: 1 critical, 2 ok; ftp.exmaple.com: The name ftp.exmaple.com does not exist. | " +
				"'targets'=3;;;0; 'critical'=1;;;0;3 'warning'=0;;;0;3 'unknown'=0;;;0;3 'ok'=2;;;0;3"},
	} {
		t.Run(c.name, func(t *testing.T) {
			line, _, _ := strings.Cut(renderAs(t, "nagios", report.Options{Limits: c.limits}, c.results...), "\n")
			if line != c.want {
				t.Errorf("got  %s\nwant %s", line, c.want)
			}
		})
	}
}

// TestNagiosBars: a bar in a server's words is none in the output.
func TestNagiosBars(t *testing.T) {
	r := &diagnose.Result{Status: diagnose.StatusCritical, Findings: []diagnose.Finding{{
		Code: "a|b", Severity: diagnose.Error, Summary: "one | 'x'=1;2\ntwo", Evidence: []string{"230 ok | 'connect'=9s\n| y"},
		Fixes: []diagnose.Fix{{Who: "w|h", Text: "do | this"}},
	}}}
	r.Target.Label = "it's | a=b"
	r.Recommendation.Conditions = []diagnose.Condition{{Text: "if | so"}}
	for _, results := range [][]*diagnose.Result{{r}, {r, r}} {
		out := renderAs(t, "nagios", report.Options{}, results...)
		p, err := reporttest.ReadPlugin(out)
		if err != nil {
			t.Fatalf("%v in\n%s", err, out)
		}
		if n := strings.Count(out, "|"); n != len(results) {
			t.Errorf("%d bars in\n%s", n, out)
		}
		if !strings.Contains(p.Text, "one ¦ 'x'=1;2 two") || !strings.Contains(p.Long, "230 ok ¦ 'connect'=9s") {
			t.Errorf("the words are gone:\n%s", out)
		}
		if len(results) == 2 && p.Data[5].Label != "it's ¦ a_b connect" {
			t.Errorf("label %q", p.Data[5].Label)
		}
	}
}

func TestNagiosUnknown(t *testing.T) {
	got := report.NagiosUnknown("cannot read \"a|b\":\nno such\x1b[31m file")
	if want := "FTPDIAG UNKNOWN - cannot read \"a¦b\": no such\\x1b[31m file\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if _, err := reporttest.ReadPlugin(got); err != nil {
		t.Error(err)
	}
}
