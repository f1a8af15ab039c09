package diagnose

import (
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"ftpdiag/probe/evidence"
)

// found is a result of which only what judges the status is filled in.
func found(status Status, expect string, modes Modes, recommended RecommendedMode, findings ...Finding) *Result {
	return &Result{Status: status, Options: evidence.Options{Expect: expect}, Modes: modes,
		Recommendation: Recommendation{Mode: recommended}, Findings: findings}
}

func TestGate(t *testing.T) {
	var (
		slow    = Finding{Code: GreetingSlow, Severity: Info}
		expiry  = Finding{Code: TLSCertUntrusted, Severity: Warning}
		dropped = Finding{Code: PassivePortsDropped, Severity: Error, Mode: evidence.Passive}
		other   = Finding{Code: ActiveDisabled, Severity: Warning, Mode: evidence.Active}
		login   = Finding{Code: LoginRejected, Severity: Error}
		fine    = Modes{Passive: Works, Active: Works}
	)
	for _, c := range []struct {
		name           string
		r              *Result
		failOn, ignore []Code
		want           Status
		gated          *Gated
	}{
		{"nothing to do", found(StatusOK, "any", fine, "passive", slow), []Code{LoginRejected}, []Code{ActiveDisabled}, StatusOK, nil},
		{"fail on info", found(StatusOK, "any", fine, "passive", slow), []Code{GreetingSlow}, nil, StatusCritical,
			&Gated{FailOn: []Code{GreetingSlow}, Ignored: []Code{}, Exceeded: []Limit{}}},
		{"fail on a warning about what is not asked for", found(StatusOK, "any", Modes{Works, Fails}, "passive", other), []Code{ActiveDisabled}, nil,
			StatusCritical, &Gated{FailOn: []Code{ActiveDisabled}, Ignored: []Code{}, Exceeded: []Limit{}}},
		{"ignore the warning", found(StatusWarning, "any", fine, "passive", expiry), nil, []Code{TLSCertUntrusted}, StatusOK,
			&Gated{FailOn: []Code{}, Ignored: []Code{TLSCertUntrusted}, Exceeded: []Limit{}}},
		{"ignore one of two", found(StatusCritical, "passive", Modes{Fails, Works}, "active", dropped, expiry), nil, []Code{PassivePortsDropped},
			StatusWarning, &Gated{FailOn: []Code{}, Ignored: []Code{PassivePortsDropped}, Exceeded: []Limit{}}},
		{"ignore why nothing works", found(StatusCritical, "any", Modes{NotTested, NotTested}, None, login), nil, []Code{LoginRejected},
			StatusUnknown, &Gated{FailOn: []Code{}, Ignored: []Code{LoginRejected}, Exceeded: []Limit{}}},
		{"ignore under both", found(StatusCritical, "both", Modes{Fails, Works}, "active", dropped), nil, []Code{PassivePortsDropped},
			StatusUnknown, &Gated{FailOn: []Code{}, Ignored: []Code{PassivePortsDropped}, Exceeded: []Limit{}}},
		{"ignore what does not count", found(StatusOK, "any", Modes{Works, Fails}, "passive", other, other), nil, []Code{ActiveDisabled},
			StatusOK, &Gated{FailOn: []Code{}, Ignored: []Code{ActiveDisabled}, Exceeded: []Limit{}}},
		{"both of one code", found(StatusWarning, "any", fine, "passive", expiry), []Code{TLSCertUntrusted}, []Code{TLSCertUntrusted},
			StatusCritical, &Gated{FailOn: []Code{TLSCertUntrusted}, Ignored: []Code{TLSCertUntrusted}, Exceeded: []Limit{}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			n := len(c.r.Findings)
			c.r.Gate(c.failOn, c.ignore)
			if c.r.Status != c.want || !reflect.DeepEqual(c.r.Gated, c.gated) {
				t.Errorf("status %s, %+v, want %s, %+v", c.r.Status, c.r.Gated, c.want, c.gated)
			}
			if len(c.r.Findings) != n {
				t.Error("findings are gone")
			}
		})
	}
}

// TestGateLimits: to ignore never makes a status worse, to fail on something
// never better, and what is not found changes nothing.
func TestGateLimits(t *testing.T) {
	verdicts := rapid.SampledFrom([]Verdict{Works, Conditional, Intermittent, Fails, NotTested, Inconclusive})
	codes := rapid.SliceOfN(rapid.SampledFrom([]Code{GreetingSlow, TLSCertUntrusted, LoginRejected, PassiveDisabled}), 0, 3)
	finding := rapid.Custom(func(t *rapid.T) Finding {
		return Finding{Code: codes.Filter(func(c []Code) bool { return len(c) > 0 }).Draw(t, "code")[0],
			Severity: rapid.SampledFrom(severities).Draw(t, "severity"),
			Mode:     rapid.SampledFrom([]evidence.Mode{"", evidence.Passive, evidence.Active}).Draw(t, "mode")}
	})
	statuses := rapid.SampledFrom([]Status{StatusOK, StatusWarning, StatusCritical, StatusUnknown})
	rapid.Check(t, func(t *rapid.T) {
		r := found(statuses.Draw(t, "status"), rapid.SampledFrom([]string{"any", "both", "passive", "active"}).Draw(t, "expect"),
			Modes{verdicts.Draw(t, "passive"), verdicts.Draw(t, "active")},
			rapid.SampledFrom([]RecommendedMode{"passive", "active", None}).Draw(t, "recommended"),
			rapid.SliceOfN(finding, 0, 4).Draw(t, "findings")...)
		before := r.Status
		r.Gate(nil, codes.Draw(t, "ignore"))
		if before.Worse(r.Status) != before {
			t.Fatalf("ignoring made %s of %s", r.Status, before)
		}
		before = r.Status
		r.Gate(codes.Draw(t, "fail on"), nil)
		if before.Worse(r.Status) != r.Status {
			t.Fatalf("failing made %s of %s", r.Status, before)
		}
		if (r.Status != before) && (r.Gated == nil || len(r.Gated.FailOn) == 0) {
			t.Fatal("a changed status has no reason")
		}
		before = r.Status
		limit := Limit{What: "connect", Value: 2, Range: "1", Status: rapid.SampledFrom([]Status{StatusWarning, StatusCritical}).Draw(t, "limit")}
		r.Exceed(Limit{What: "connect", Value: 1, Range: "0", Status: StatusWarning})
		r.Exceed(limit)
		if r.Status != before.Worse(StatusWarning).Worse(limit.Status) || !reflect.DeepEqual(r.Gated.Exceeded, []Limit{limit}) {
			t.Fatalf("%s of %s by %+v", r.Status, before, r.Gated)
		}
	})
}

func TestWorse(t *testing.T) {
	order := []Status{"", StatusOK, StatusUnknown, StatusWarning, StatusCritical}
	for i, a := range order {
		for j, b := range order {
			if got, want := a.Worse(b), order[max(i, j)]; got != want {
				t.Errorf("of %q and %q the worse is %q, not %q", a, b, got, want)
			}
		}
	}
}

func TestControlSession(t *testing.T) {
	m := new(evidence.Millis)
	r := &Result{}
	if r.ControlSession() != nil {
		t.Error("a session of none")
	}
	for _, s := range []evidence.Session{
		{ID: 1, Purpose: evidence.PurposePort21, Login: m},
		{ID: 2, Purpose: evidence.PurposeDiagnose},
		{ID: 3, Purpose: evidence.PurposeDiagnose, Connect: m},
		{ID: 4, Purpose: evidence.PurposeDiagnose, Connect: m, Greeting: m},
		{ID: 5, Connect: m, Greeting: m, Login: m},
		{ID: 6, Purpose: evidence.PurposeDiagnose, Connect: m, Greeting: m, Login: m},
	} {
		r.Sessions = append(r.Sessions, s)
		want := min(s.ID, 5)
		if got := r.ControlSession(); s.ID == 1 && got != nil || s.ID > 1 && (got == nil || got.ID != want) {
			t.Errorf("after session %d it is %+v", s.ID, got)
		}
	}
}
