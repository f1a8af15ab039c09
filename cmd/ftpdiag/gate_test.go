package main

import (
	"context"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"ftpdiag/probe"
	"ftpdiag/probe/diagnose"
	"ftpdiag/probe/evidence"
)

// connected plays a diagnosis with a finding, in which the connect took 250 ms.
func connected(status diagnose.Status, findings ...diagnose.Finding) fake {
	return func(_ context.Context, cfg probe.Config) (*diagnose.Result, error) {
		r := result(cfg, status)
		connect := evidence.Millis(250 * time.Millisecond)
		r.Sessions = []evidence.Session{{Purpose: evidence.PurposeDiagnose, Connect: &connect}}
		r.Findings = append(r.Findings, findings...)
		return r, nil
	}
}

// The caller's own rules decide the exit code and the status that is printed, in
// every format, for one target and for several, once and repeated.
func TestGate(t *testing.T) {
	home(t)
	slow := diagnose.Finding{Code: diagnose.GreetingSlow, Severity: diagnose.Info}
	expiry := diagnose.Finding{Code: diagnose.TLSCertUntrusted, Severity: diagnose.Warning}
	tests := []struct {
		d    fake
		args string
		code int
	}{
		{connected(diagnose.StatusOK), "", 0},
		{connected(diagnose.StatusOK, slow), "--fail-on greeting-slow", 2},
		{connected(diagnose.StatusOK, slow), "--fail-on login-rejected,greeting-slow", 2},
		{connected(diagnose.StatusOK, slow), "--fail-on login-rejected --fail-on greeting-slow", 2},
		{connected(diagnose.StatusOK, slow), "--fail-on login-rejected", 0},
		{connected(diagnose.StatusWarning, expiry), "", 1},
		{connected(diagnose.StatusWarning, expiry), "--ignore tls-cert-untrusted", 0},
		{connected(diagnose.StatusOK), "-w connect=0.2", 1},
		{connected(diagnose.StatusOK), "-w connect=0.3", 0},
		{connected(diagnose.StatusOK), "-w connect=0.1 -w connect=0.3", 0},
		{connected(diagnose.StatusOK), "-w connect=0.1 -c connect=0.2", 2},
		{connected(diagnose.StatusOK), "-c login=0 -c cert_days=9999:", 0},
		{connected(diagnose.StatusCritical, expiry), "-w connect=0.2", 2},
		{connected(diagnose.StatusWarning, expiry), "--ignore tls-cert-untrusted -w connect=0.2", 1},
	}
	for _, tt := range tests {
		for _, more := range []string{"h", "h x", "--repeat 2 --interval 1ms h"} {
			for _, format := range []string{"json", "nagios", "text"} {
				args := append(strings.Fields(tt.args+" "+more), "-f", format)
				got := call(t, tt.d, args...)
				if got.code != tt.code {
					t.Errorf("%q: exit %d, want %d", args, got.code, tt.code)
				}
				status := []string{"ok", "warning", "critical"}[tt.code]
				want := map[string]string{"json": `"status":"` + status + `"`, "nagios": "FTPDIAG " + strings.ToUpper(status) + " - ",
					"text": fmt.Sprintf("Status: %s (exit code %d)", strings.ToUpper(status), tt.code)}[format]
				if !strings.Contains(got.stdout, want) {
					t.Errorf("%q: no %s in\n%s", args, want, got.stdout)
				}
			}
		}
	}
}

// JSON says what the rules changed.
func TestGateInJSON(t *testing.T) {
	home(t)
	got := call(t, connected(diagnose.StatusOK, diagnose.Finding{Code: diagnose.GreetingSlow, Severity: diagnose.Info}),
		"-f", "json", "--fail-on", "greeting-slow", "--ignore", "dns-dead-aaaa", "-w", "connect=@0:1", "h")
	want := &diagnose.Gated{FailOn: []diagnose.Code{diagnose.GreetingSlow}, Ignored: []diagnose.Code{},
		Exceeded: []diagnose.Limit{{What: "connect", Value: 0.25, Range: "@1", Status: diagnose.StatusWarning}}}
	if r := saved(t, got.stdout); !reflect.DeepEqual(r[0].Gated, want) {
		t.Errorf("%+v, want %+v", r[0].Gated, want)
	}
}
