package report

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"ftpdiag/probe/diagnose"
	"ftpdiag/probe/evidence"
)

// many is a result of one of many targets.
func many(host string, status diagnose.Status, passive, active diagnose.Verdict, codes ...diagnose.Code) *diagnose.Result {
	r := &diagnose.Result{Target: evidence.Target{Input: host, Host: host, Port: 21}, Status: status,
		Modes: diagnose.Modes{Passive: passive, Active: active}}
	for _, c := range codes {
		r.Findings = append(r.Findings, diagnose.Finding{Code: c, Severity: diagnose.Warning, Layer: diagnose.LayerData})
	}
	return r
}

func TestBrief(t *testing.T) {
	labelled := many("h", diagnose.StatusOK, diagnose.Works, diagnose.NotTested)
	labelled.Target.Label, labelled.Target.Port = "Customer\n7", 2121
	login := many("h", diagnose.StatusCritical, diagnose.NotTested, diagnose.NotTested, diagnose.LoginRejected)
	login.Findings[0].Severity, login.Findings[0].Layer = diagnose.Error, diagnose.LayerLogin
	informed := many("h", diagnose.StatusOK, diagnose.Works, diagnose.Works, "x")
	informed.Findings[0].Severity = diagnose.Info
	reason := many("h:0", diagnose.StatusUnknown, "", "")
	reason.Target.Host, reason.Recommendation.Reason = "", "not tested: line 3 is wrong"
	hostile := many("h\x1b[31m\nOK", diagnose.StatusCritical, diagnose.Fails, diagnose.Fails, "a\nb\x07")
	for _, tt := range []struct {
		r    *diagnose.Result
		want string
	}{
		{many("h", diagnose.StatusOK, diagnose.Works, diagnose.Works), "OK        h: passive works, active works\n"},
		{many("h", diagnose.StatusWarning, diagnose.Fails, diagnose.Intermittent, "a", "b", "a"), "WARNING   h: passive does not work, active works only sometimes: a, b\n"},
		{labelled, "OK        Customer 7 (h:2121): passive works\n"},
		{login, "CRITICAL  h: fails at the login: login-rejected\n"},
		{informed, "OK        h: passive works, active works\n"},
		{reason, "UNKNOWN   h:0: not tested: line 3 is wrong\n"},
		{many("h", "", "", ""), "UNKNOWN   h: not tested\n"},
		{hostile, `CRITICAL  h\x1b[31m OK: passive does not work, active does not work: a b\x07` + "\n"},
	} {
		var b strings.Builder
		if err := NewBrief(&b, Options{}).Line(tt.r); err != nil || b.String() != tt.want {
			t.Errorf("%v\n got %q\nwant %q", err, b.String(), tt.want)
		}
	}
	if err := NewBrief(&strings.Builder{}, Options{}).Line(nil); err == nil {
		t.Error("no result makes a line")
	}
}

func TestSummary(t *testing.T) {
	var s Summary
	add := func(n int, status diagnose.Status, codes ...diagnose.Code) {
		for i := range n {
			if err := s.Add(many(fmt.Sprintf("%s-%d.example.com", status, i), status, diagnose.Works, diagnose.Fails, codes...)); err != nil {
				t.Fatal(err)
			}
		}
	}
	worst := func(want diagnose.Status) {
		t.Helper()
		if got := s.Worst(); got != want {
			t.Errorf("worst %s, want %s", got, want)
		}
	}
	worst(diagnose.StatusOK)
	add(1200, diagnose.StatusOK)
	add(2, diagnose.StatusOK, "one-way")
	worst(diagnose.StatusOK)
	s.NotBegun(4)
	worst(diagnose.StatusUnknown)
	add(3, diagnose.StatusUnknown)
	add(1, diagnose.StatusWarning, "rare", "one-way")
	worst(diagnose.StatusWarning)
	add(1, diagnose.StatusCritical, "rare")
	add(6, diagnose.StatusCritical, "common")
	worst(diagnose.StatusCritical)
	var b strings.Builder
	if err := s.Write(&b, 83*time.Second+600*time.Millisecond, Options{}); err != nil {
		t.Fatal(err)
	}
	want := `1213 of 1217 targets in 1m24s: 7 critical, 1 warning, 7 unknown, 1202 ok

Status    Targets  Cause, and which
CRITICAL        6  common: critical-0.example.com, critical-1.example.com,
                   critical-2.example.com, critical-3.example.com,
                   critical-4.example.com and 1 more
CRITICAL        1  rare: critical-0.example.com
WARNING         1  rare: warning-0.example.com
UNKNOWN         4  not begun
UNKNOWN         3  no verdict: unknown-0.example.com, unknown-1.example.com,
                   unknown-2.example.com
OK           1200  nothing wrong
OK              2  one-way: ok-0.example.com, ok-1.example.com
`
	if b.String() != want {
		t.Errorf("\n%s\nwant\n%s", b.String(), want)
	}
}

// What a summary holds does not grow with the targets.
func TestSummaryIsBounded(t *testing.T) {
	var s Summary
	for i := range 20000 {
		_ = s.Add(many(fmt.Sprintf("h%d", i), diagnose.StatusCritical, diagnose.Fails, diagnose.Fails, diagnose.Code(fmt.Sprintf("c%d", i%3))))
	}
	names := 0
	for _, m := range s.groups {
		names += len(m.names)
	}
	if len(s.groups) != 3 || names != 3*namesKept || s.total != 20000 {
		t.Errorf("%d groups, %d names, %d targets", len(s.groups), names, s.total)
	}
}
