package deploy

import (
	"os"
	"os/exec"
	"testing"

	"go.yaml.in/yaml/v3"

	"ftpdiag/probe/realserver"
)

const (
	scrapeConfig = "prometheus/prometheus.yml"
	rulesFile    = "prometheus/ftpdiag.rules.yml"
	rulesTests   = "prometheus/ftpdiag.rules_test.yml"
)

func promtool(t *testing.T, args ...string) {
	t.Helper()
	out, err := exec.Command(realserver.Tool(t, "promtool"), args...).CombinedOutput()
	if err != nil {
		t.Errorf("promtool %q: %v\n%s", args, err, out)
	}
}

// promtool checks the scrape configuration with its rules, and runs the rules'
// own tests.
func TestPromtool(t *testing.T) {
	t.Parallel()
	promtool(t, "check", "config", "--lint=all", "--lint-fatal", scrapeConfig)
	promtool(t, "check", "rules", "--lint=all", "--lint-fatal", rulesFile)
	promtool(t, "test", "rules", rulesTests)
}

// rules is a rule file.
type rules struct {
	Groups []struct {
		Rules []alertRule
	}
}

type alertRule struct {
	Alert, Expr, For    string
	Labels, Annotations map[string]string
}

func readRules(t *testing.T) (all []alertRule) {
	t.Helper()
	var r rules
	readYAML(t, rulesFile, &r)
	for _, g := range r.Groups {
		all = append(all, g.Rules...)
	}
	if len(all) == 0 {
		t.Fatalf("no rule in %s", rulesFile)
	}
	return all
}

func readYAML(t *testing.T, file string, to any) {
	t.Helper()
	if err := yaml.Unmarshal([]byte(read(t, file)), to); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
}

// Each alert says what is the matter, and those about a server who must act.
func TestAlertsSay(t *testing.T) {
	for _, r := range readRules(t) {
		for _, name := range []string{"summary", "description"} {
			if r.Annotations[name] == "" {
				t.Errorf("%s: no %s", r.Alert, name)
			}
		}
		if s := r.Labels["severity"]; s != "critical" && s != "warning" {
			t.Errorf("%s: severity %q", r.Alert, s)
		}
		_, cause := r.Annotations["cause"]
		_, who := r.Annotations["who"]
		if cause != aboutServer(r) || who != aboutServer(r) {
			t.Errorf("%s: cause %t, who %t", r.Alert, cause, who)
		}
	}
}

// aboutServer tells an alert about an FTP server from one about the monitoring.
func aboutServer(r alertRule) bool {
	switch r.Alert {
	case "FtpdiagNothingProbed", "FtpdiagNoAnswer", "FtpdiagVerdictStale", "FtpdiagExporterDown", "FtpdiagConfigReloadFailed",
		"FtpdiagExporterBusy":
		return false
	}
	return true
}

// The rules' tests show of each alert that it fires, that it stays silent where
// something is nearly amiss, and that it does so at a healthy server.
func TestAlertsAreTested(t *testing.T) {
	var file struct {
		Tests []struct {
			Name           string
			AlertRuleTests []struct {
				Alertname string
				ExpAlerts []any `yaml:"exp_alerts"`
			} `yaml:"alert_rule_test"`
		}
	}
	readYAML(t, rulesTests, &file)
	fires, silent, healthy := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, test := range file.Tests {
		for _, a := range test.AlertRuleTests {
			switch {
			case len(a.ExpAlerts) > 0:
				fires[a.Alertname] = true
			case test.Name == "a healthy server":
				healthy[a.Alertname] = true
			default:
				silent[a.Alertname] = true
			}
		}
	}
	for _, r := range readRules(t) {
		if !fires[r.Alert] || !silent[r.Alert] || !healthy[r.Alert] {
			t.Errorf("%s: shown to fire %t, silent at a near miss %t, silent at a healthy server %t",
				r.Alert, fires[r.Alert], silent[r.Alert], healthy[r.Alert])
		}
	}
}

// read is the text of a file of this folder.
func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
