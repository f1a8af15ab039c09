package main

import (
	"bytes"
	"context"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"ftpdiag/probe"
	"ftpdiag/probe/diagnose"
	"ftpdiag/probe/evidence"
	"ftpdiag/probe/ftptest"
	"ftpdiag/report/reporttest"
)

// turns plays one verdict on passive mode after the other; active mode works.
func turns(verdicts ...diagnose.Verdict) fake {
	run := 0
	return func(_ context.Context, cfg probe.Config) (*diagnose.Result, error) {
		r := result(cfg, diagnose.StatusOK)
		r.Started.Time = r.Started.Add(time.Duration(run) * time.Minute)
		r.Modes.Passive = verdicts[run%len(verdicts)]
		r.Transcript = []evidence.Exchange{{From: evidence.FromClient, Text: fmt.Sprintf("NOOP %d", run+1)}}
		run++
		if r.Modes.Passive == diagnose.Fails {
			r.Recommendation.Mode = "active"
			r.Findings = []diagnose.Finding{{Code: diagnose.PassivePortsDropped, Mode: evidence.Passive, Severity: diagnose.Warning, Layer: diagnose.LayerData}}
		}
		return r, nil
	}
}

func TestRepeat(t *testing.T) {
	home(t)
	play, dialogues := turns(diagnose.Works, diagnose.Fails, diagnose.Works), 0
	var kept []*diagnose.Result
	got := call(t, func(ctx context.Context, cfg probe.Config) (*diagnose.Result, error) {
		r, err := play(ctx, cfg)
		kept = append(kept, r)
		return r, err
	}, "-f", "json", "--parallel", "1", "--repeat", "5", "--interval", "1ms", "a", "b")
	if got.code != 0 || got.stderr != "" || len(got.configs) != 10 {
		t.Fatalf("exit %d, stderr %q, %d runs", got.code, got.stderr, len(got.configs))
	}
	for _, r := range kept {
		dialogues += len(r.Transcript)
	}
	if dialogues != 4 { // one for each way that the runs of a target went
		t.Errorf("%d dialogues are kept", dialogues)
	}
	results := saved(t, got.stdout)
	if len(results) != 2 || strings.Count(got.stdout, "\n") != 2 {
		t.Fatalf("%d results in\n%s", len(results), got.stdout)
	}
	reporttest.ValidateLines(t, []byte(got.stdout))
	for i, r := range results {
		rep := r.Repeats
		if rep == nil || rep.Runs != 5 || rep.Interval != evidence.Millis(time.Millisecond) || rep.Passive.Tried != 5 || rep.Active.Worked != 5 || len(rep.Tries) != 5 {
			t.Fatalf("target %d: %+v", i, rep)
		}
		if r.Modes.Passive != diagnose.Intermittent || r.Recommendation.Mode != "active" || r.Target.Index != i || r.Version != version() {
			t.Errorf("target %d: %+v, %+v", i, r.Modes, r.Recommendation)
		}
		// The run that is shown still has its dialogue.
		if want := fmt.Sprintf("NOOP %d", 5*i+rep.Shown); len(r.Transcript) != 1 || r.Transcript[0].Text != want {
			t.Errorf("target %d: dialogue %+v, want %s", i, r.Transcript, want)
		}
	}
	if results[0].Repeats.Passive.Worked != 3 || results[1].Repeats.Passive.Worked != 4 {
		t.Errorf("worked %d and %d times", results[0].Repeats.Passive.Worked, results[1].Repeats.Passive.Worked)
	}
	got = call(t, turns(diagnose.Works, diagnose.Fails), "--repeat", "4", "--interval", "1ms", "a")
	if !strings.Contains(got.stdout, "Passive mode worked in 2 of 4 runs") {
		t.Errorf("text:\n%s", got.stdout)
	}
}

// Whoever may be locked out does not go on: that would only prolong the ban.
func TestRepeatEndsWithLostContact(t *testing.T) {
	home(t)
	run := 0
	d := func(_ context.Context, cfg probe.Config) (*diagnose.Result, error) {
		r := result(cfg, diagnose.StatusOK)
		r.Started.Time = r.Started.Add(time.Duration(run) * time.Minute)
		r.Sent = evidence.Sent{DeadSYNs: 6, Connections: 2, Logins: 1}
		if run++; run == 2 {
			r.ContactLost = &evidence.ContactLost{At: 1, Session: 1, Kind: evidence.KindTimedOut}
		}
		return r, nil
	}
	got := call(t, d, "-f", "json", "--repeat", "5", "--interval", "1ms", "a")
	if want := "ftpdiag: warning: the server stopped answering in run 2 of 5, perhaps because of the diagnosis: it is not asked again\n"; got.stderr != want || run != 2 {
		t.Errorf("%d runs, stderr %q", run, got.stderr)
	}
	if r := saved(t, got.stdout)[0]; r.Repeats.Runs != 2 || r.ContactLost == nil || r.Sent.DeadSYNs != 12 {
		t.Errorf("%+v, contact lost %v, sent %+v", r.Repeats, r.ContactLost, r.Sent)
	}
}

// One run is no repetition.
func TestRepeatOnce(t *testing.T) {
	home(t)
	got := call(t, nil, "-f", "json", "--repeat", "1", "h")
	if r := saved(t, got.stdout); len(got.configs) != 1 || len(r) != 1 || r[0].Repeats != nil {
		t.Errorf("%d runs: %s", len(got.configs), got.stdout)
	}
}

// Without --interval the runs are a second apart.
func TestRepeatInterval(t *testing.T) {
	home(t)
	begin := time.Now()
	got := call(t, nil, "-f", "json", "--repeat", "2", "h")
	if r := saved(t, got.stdout); r[0].Repeats.Interval.Duration() != time.Second || time.Since(begin) < time.Second {
		t.Errorf("%v apart, done in %v", r[0].Repeats.Interval, time.Since(begin))
	}
}

// An interrupt ends the repetition: a run under way counts only if it is the
// first.
func TestRepeatInterrupted(t *testing.T) {
	home(t)
	for _, tt := range []struct{ during, want int }{{1, 0}, {2, 0}, {3, 2}} {
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		run := 0
		d := func(_ context.Context, cfg probe.Config) (*diagnose.Result, error) {
			if run++; run == tt.during {
				cancel()
				return result(cfg, diagnose.StatusCritical), nil
			}
			return result(cfg, diagnose.StatusOK), nil
		}
		got := callWith(t, ctx, d, strings.NewReader(""), "-f", "json", "--repeat", "5", "--interval", "1ms", "h")
		r := saved(t, got.stdout)
		if len(got.configs) != tt.during || len(r) != 1 || got.stderr != "ftpdiag: interrupted\n" {
			t.Fatalf("in run %d: %d runs, %d results, stderr %q", tt.during, len(got.configs), len(r), got.stderr)
		}
		wantCode, runs := 0, 0
		if tt.during == 1 {
			wantCode = 2
		}
		if r[0].Repeats != nil {
			runs = r[0].Repeats.Runs
		}
		if got.code != wantCode || runs != tt.want {
			t.Errorf("in run %d: exit %d, %d runs counted, want %d and %d", tt.during, got.code, runs, wantCode, tt.want)
		}
	}
}

// So it does between two runs, at once.
func TestRepeatInterruptedPause(t *testing.T) {
	home(t)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	time.AfterFunc(100*time.Millisecond, cancel)
	done := make(chan ran)
	go func() {
		done <- callWith(t, ctx, nil, strings.NewReader(""), "-f", "json", "--repeat", "2", "--interval", "1h", "h")
	}()
	select {
	case got := <-done:
		if len(got.configs) != 1 || got.stderr != "ftpdiag: interrupted\n" || len(saved(t, got.stdout)) != 1 {
			t.Errorf("%+v", got)
		}
	case <-time.After(time.Minute):
		t.Fatal("the pause goes on")
	}
}

// A password that was refused is sent once in all; an anonymous user who is
// turned away is not sent again either, but one who found the server full is.
func TestRepeatRefusedLogin(t *testing.T) {
	home(t)
	t.Setenv(passwordVariable, secret)
	full := ftptest.Login{Refusal: "530 Sorry, the maximum number of allowed clients (5) are already connected.", NoAnonymous: true}
	for _, tt := range []struct {
		name, user string
		login      ftptest.Login
		want       int
		stderr     string
	}{
		{"rejected", "bob", ftptest.Login{Users: map[string]string{"bob": "another"}}, 1, "ftpdiag: warning: the login was refused in run 1 of 3: it is not tried again\n"},
		{"accepted", "bob", ftptest.Login{Users: map[string]string{"bob": secret}}, 3, ""},
		{"anonymous", "anonymous", ftptest.Login{NoAnonymous: true}, 1, "ftpdiag: warning: the login was refused in run 1 of 3: it is not tried again\n"},
		{"full", "anonymous", full, 3, ""},
	} {
		server, err := ftptest.Start(ftptest.Behaviour{Login: tt.login})
		if err != nil {
			t.Fatal(err)
		}
		runs := 0
		var stdout, stderr bytes.Buffer
		a := &app{stdin: strings.NewReader(""), stdout: &stdout, stderr: &stderr, diagnose: func(ctx context.Context, cfg probe.Config) (*diagnose.Result, error) {
			runs++
			return diagnoseTarget(ctx, cfg)
		}}
		a.run(context.Background(), []string{"-f", "json", "--quick", "--repeat", "3", "--interval", "1ms", "--tls", "off", "-u", tt.user, server.Addr().String()})
		server.Close()
		if runs != tt.want || stderr.String() != tt.stderr {
			t.Errorf("%s: %d runs, want %d; stderr %q", tt.name, runs, tt.want, stderr.String())
		}
		if n := passwordsSent(server); tt.name == "rejected" && n != 1 {
			t.Errorf("the password was sent %d times", n)
		}
		reporttest.ValidateLines(t, stdout.Bytes())
	}
}

// A server that offers ports below and above 5000 in turn, and a firewall that
// drops those above: the port is what differs.
func TestRepeatFindsPort(t *testing.T) {
	home(t)
	for _, tt := range []struct {
		name   string
		ports  []int
		mode   diagnose.Verdict
		caveat bool
	}{
		{"in turn, as EPSV and PASV are", []int{4000, 60000}, diagnose.Conditional, true},
		{"in another turn", []int{4000, 60000, 60000}, diagnose.Intermittent, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := diagnoseOverFirewall(t, tt.ports)
			if r.Modes.Passive != tt.mode || r.Repeats.Runs != 6 || r.Repeats.Passive.Tried != 6 || r.Modes.Active != diagnose.Works {
				t.Errorf("%+v, %+v", r.Modes, r.Repeats)
			}
			d := r.Repeats.Differences
			if len(d) != 1 || d[0].What != "port" || d[0].Mode != evidence.Passive || d[0].Good != "port 4000" || d[0].Bad != "port 60000" {
				t.Fatalf("differences %+v", d)
			}
			if strings.Contains(d[0].Text, "it may as well be the command") != tt.caveat {
				t.Errorf("difference %s", d[0].Text)
			}
			if f := r.Findings[0]; f.Mode != evidence.Passive || tt.mode == diagnose.Intermittent && f.Code != diagnose.PassiveLowPortsOnly {
				t.Errorf("%+v", f)
			}
		})
	}
}

// diagnoseOverFirewall is the result of six runs over a firewall that drops ports
// above 5000, against a server that offers the ports in turn.
func diagnoseOverFirewall(t *testing.T, ports []int) *diagnose.Result {
	t.Helper()
	server, err := ftptest.Start(ftptest.Behaviour{Passive: ftptest.Passive{Advertise: ports}})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	n := &ftptest.Network{Hosts: map[netip.Addr]*ftptest.Server{ip("203.0.113.10"): server}, DataPort: 20,
		Rules: []ftptest.Rule{{To: ftptest.Ports(5001, 65535), Do: ftptest.Drop()}}}
	var stdout, stderr bytes.Buffer
	a := &app{stdin: strings.NewReader(""), stdout: &stdout, stderr: &stderr, diagnose: func(ctx context.Context, cfg probe.Config) (*diagnose.Result, error) {
		cfg.Resolver, cfg.Dialer, cfg.Listener = n, n, n
		return diagnoseTarget(ctx, cfg)
	}}
	code := a.run(context.Background(), []string{"-f", "json", "--quick", "--repeat", "6", "--interval", "1ms", "--timeout", "1s", "203.0.113.10"})
	reporttest.ValidateLines(t, stdout.Bytes())
	r := saved(t, stdout.String())[0]
	if code != r.Status.ExitCode() || stderr.Len() > 0 || len(n.Escapes()) > 0 {
		t.Errorf("exit %d, status %s, stderr %q, escapes %v", code, r.Status, stderr.String(), n.Escapes())
	}
	return r
}
