package exporter

import (
	"context"
	"strings"
	"testing"

	"ftpdiag/probe"
	"ftpdiag/probe/diagnose"
)

// fail_on and ignore decide the status wherever one is served. The finding stays.
func TestPolicy(t *testing.T) {
	slow := diagnose.Finding{Code: diagnose.GreetingSlow, Severity: diagnose.Info, Summary: "The greeting is slow."}
	untrusted := diagnose.Finding{Code: diagnose.TLSCertUntrusted, Severity: diagnose.Warning, Summary: "The certificate is not trusted."}
	b := newBench(t, minimal+`    fail_on: [greeting-slow]
    ignore: [tls-cert-untrusted]
    full_every: 0s
  lax:
    allow: [both.example]
    ignore: [tls-cert-untrusted]
    full_every: 0s
`, func(_ context.Context, cfg probe.Config) (*diagnose.Result, error) {
		switch cfg.Target.Host {
		case "slow.example":
			return played(cfg, diagnose.StatusOK, slow), nil
		case "untrusted.example":
			return played(cfg, diagnose.StatusWarning, untrusted), nil
		}
		return played(cfg, diagnose.StatusWarning, untrusted, slow), nil
	})
	for _, tt := range []struct{ target, module, status, report string }{
		{"slow.example", "default", "2", "The status is critical: fail-on names greeting-slow."},
		{"untrusted.example", "default", "0", "Not counted towards the status: ignore names tls-cert-untrusted."},
		{"both.example", "default", "2", "The status is critical: fail-on names greeting-slow."},
		{"both.example", "lax", "0", "Not counted towards the status: ignore names tls-cert-untrusted."},
	} {
		for _, cached := range []string{"0", "1"} {
			b.get(t, probeOf(tt.target)+"&module="+tt.module).has(t, "ftpdiag_status "+tt.status, "ftpdiag_probe_cached "+cached)
		}
		if got := b.get(t, "/report?target="+tt.target+"&module="+tt.module); !strings.Contains(strings.Join(strings.Fields(got.body), " "), tt.report) {
			t.Errorf("%s: no %q in\n%s", tt.target, tt.report, got.body)
		}
	}
	b.get(t, probeOf("untrusted.example")).has(t, `ftpdiag_finding{code="tls-cert-untrusted",severity="warning",who=""} 1`)
	b.get(t, "/metrics").has(t, `ftpdiag_exporter_probes_total{result="critical"} 2`, `ftpdiag_exporter_probes_total{result="ok"} 2`, `ftpdiag_exporter_probes_total{result="warning"} 0`)
	page := b.get(t, "/").body
	if !strings.Contains(page, "The greeting is slow.") || strings.Contains(page, "The certificate is not trusted.") {
		t.Errorf("the page has other causes:\n%s", page)
	}
	if log := b.log.String(); !strings.Contains(log, "target=slow.example module=default was=\"not probed\" is=critical cause=greeting-slow") {
		t.Error(log)
	}
}

// What is judged are the findings that are served: those of the full diagnosis
// where they take the place of the quick probe's.
func TestPolicyAndFull(t *testing.T) {
	coarse := diagnose.Finding{Code: diagnose.TransferStalled, Severity: diagnose.Warning}
	precise := diagnose.Finding{Code: diagnose.PassivePrivateAddress, Severity: diagnose.Warning}
	for _, tt := range []struct{ rules, quick, full string }{
		{"fail_on: [passive-private-address]", "1", "2"},
		{"ignore: [passive-private-address]", "1", "0"},
		{"fail_on: [transfer-stalled]", "2", "1"},
		{"ignore: [transfer-stalled]", "0", "1"},
	} {
		end := make(chan struct{})
		b := newBench(t, minimal+"    "+tt.rules+"\n", func(_ context.Context, cfg probe.Config) (*diagnose.Result, error) {
			if cfg.Quick {
				return played(cfg, diagnose.StatusWarning, coarse), nil
			}
			<-end
			return played(cfg, diagnose.StatusWarning, precise), nil
		})
		b.get(t, probeOf("a.example")).has(t, "ftpdiag_status "+tt.quick)
		close(end)
		b.prober.tasks.Wait()
		b.get(t, probeOf("a.example")).has(t, "ftpdiag_status "+tt.full, "ftpdiag_probe_cached 1",
			`ftpdiag_finding{code="passive-private-address",severity="warning",who=""} 1`)
		words := []string{"ok", "warning", "critical"}
		if log := b.log.String(); !strings.Contains(log, "was="+words[tt.quick[0]-'0']+" is="+words[tt.full[0]-'0']) {
			t.Errorf("%s: the log has no change of status:\n%s", tt.rules, log)
		}
	}
}

// What only a policy finds wrong has a full diagnosis as well.
func TestPolicyAsksForFull(t *testing.T) {
	b := newBench(t, minimal+"    fail_on: [greeting-slow]\n", func(_ context.Context, cfg probe.Config) (*diagnose.Result, error) {
		return played(cfg, diagnose.StatusOK, diagnose.Finding{Code: diagnose.GreetingSlow, Severity: diagnose.Info}), nil
	})
	b.get(t, probeOf("a.example"))
	b.prober.tasks.Wait()
	b.get(t, "/metrics").has(t, `ftpdiag_exporter_full_diagnoses_total{result="critical"} 1`)
}
