package policy

import (
	"testing"

	"ftpdiag/probe/diagnose"
)

func TestCode(t *testing.T) {
	for _, known := range diagnose.Codes() {
		if code, near, ok := Code(string(known)); code != known || near != "" || !ok {
			t.Errorf("%s: %q, %q, %v", known, code, near, ok)
		}
	}
	for name, want := range map[string]string{"greting-slow": "greeting-slow", "GREETING": "", "": ""} {
		if code, near, ok := Code(name); code != "" || near != want || ok {
			t.Errorf("%q: %q, %q, %v", name, code, near, ok)
		}
	}
}

func TestApply(t *testing.T) {
	result := func() *diagnose.Result {
		return &diagnose.Result{Status: diagnose.StatusOK, Findings: []diagnose.Finding{{Code: diagnose.GreetingSlow, Severity: diagnose.Info}}}
	}
	r := result()
	if (Policy{}).Apply(r); r.Status != diagnose.StatusOK || r.Gated != nil {
		t.Errorf("no rules make %s, %+v", r.Status, r.Gated)
	}
	p := Policy{FailOn: []diagnose.Code{diagnose.GreetingSlow}}
	if p.Apply(r); r.Status != diagnose.StatusCritical || r.Gated == nil {
		t.Errorf("%s, %+v", r.Status, r.Gated)
	}
	if c := p.Clash(); c != "" {
		t.Errorf("clash of %s", c)
	}
	p.Ignore = []diagnose.Code{diagnose.LoginRejected, diagnose.GreetingSlow}
	if c := p.Clash(); c != diagnose.GreetingSlow {
		t.Errorf("clash of %q", c)
	}
}
