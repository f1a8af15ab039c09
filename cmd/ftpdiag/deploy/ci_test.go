//go:build !windows

package deploy

import (
	"encoding/xml"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"ftpdiag/probe/ftptest"
	"ftpdiag/report"
)

// workflow is what of a job of GitHub Actions runs here too.
type workflow struct {
	Jobs map[string]struct {
		Env   map[string]string `yaml:"env"`
		Steps []struct {
			Name string `yaml:"name"`
			Run  string `yaml:"run"`
		} `yaml:"steps"`
	} `yaml:"jobs"`
}

// runJob carries out the commands of ci/github.yml as they are written, at the root
// of the repository, and returns the exit code of the step that failed, 0 for none.
func runJob(t *testing.T, targets, dir string) (code int, output string) {
	t.Helper()
	data, err := os.ReadFile("ci/github.yml")
	if err != nil {
		t.Fatal(err)
	}
	var w workflow
	if err := yaml.Unmarshal(data, &w); err != nil {
		t.Fatal(err)
	}
	job := w.Jobs["ftp"]
	for _, name := range []string{"TARGETS", "FTPDIAG_PASSWORD", "REPORTS"} {
		if job.Env[name] == "" {
			t.Fatalf("the job sets no %s", name)
		}
	}
	ran := 0
	for _, step := range job.Steps {
		if step.Run == "" {
			continue
		}
		ran++
		cmd := exec.CommandContext(t.Context(), "bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step.Run)
		cmd.Dir = "../../.."
		cmd.Env = append(os.Environ(), "RUNNER_TEMP="+dir, "TARGETS="+targets, "FTPDIAG_PASSWORD=", "HOME="+dir, "NETRC=",
			"GOCACHE="+goEnv(t, "GOCACHE"), "GOMODCACHE="+goEnv(t, "GOMODCACHE"), "REPORTS="+filepath.Join(dir, "reports"),
			"GITHUB_STEP_SUMMARY="+filepath.Join(dir, "summary.md"))
		out, err := cmd.CombinedOutput()
		output += string(out)
		var exit *exec.ExitError
		switch {
		case errors.As(err, &exit):
			return exit.ExitCode(), output
		case err != nil:
			t.Fatalf("%s: %v", step.Name, err)
		}
	}
	if ran < 2 {
		t.Fatalf("%d steps of the job run", ran)
	}
	return 0, output
}

func goEnv(t *testing.T, name string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "env", name).Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

// serverAt starts a server for a test.
func serverAt(t *testing.T, b ftptest.Behaviour) string {
	t.Helper()
	s, err := ftptest.Start(b)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s.Addr().String()
}

// TestJob runs the documented job against servers on loopback: it passes for
// healthy ones, fails for one without passive mode, and keeps the reports of both.
func TestJob(t *testing.T) {
	healthy := serverAt(t, ftptest.Behaviour{})
	broken := serverAt(t, ftptest.Behaviour{Replies: []ftptest.Override{ftptest.On("PASV EPSV", "550 Permission denied.")}})
	dir := t.TempDir()
	for _, c := range []struct {
		name, targets   string
		code            int
		suites, failing int
		text            string
	}{
		{"healthy", healthy + " " + "ftp://" + healthy + "/", 0, 2, 0, "Status: OK (exit code 0)"},
		{"broken", healthy + " " + broken, 2, 2, 1, "Status: CRITICAL (exit code 2)"},
		{"wrong usage", "sftp://" + healthy, 3, 0, 0, "sftp:// is not FTP"},
	} {
		code, output := runJob(t, c.targets, dir)
		if code != c.code || !strings.Contains(output, c.text) {
			t.Errorf("%s: exit %d, want %d and %q in\n%s", c.name, code, c.code, c.text, output)
		}
		checkReports(t, c.name, dir, c.suites, c.failing)
	}
}

// checkReports looks at what a job left in its directory; suites of 0 is nothing.
func checkReports(t *testing.T, name, dir string, suites, failing int) {
	t.Helper()
	read := func(file string) []byte {
		data, err := os.ReadFile(filepath.Join(dir, file))
		if (err == nil) != (suites > 0) {
			t.Errorf("%s: %s: %v", name, file, err)
		}
		os.Remove(filepath.Join(dir, file))
		return data
	}
	saved, junit, summary := read("reports/ftpdiag.json"), read("reports/ftpdiag.xml"), read("summary.md")
	if markdown := read("reports/ftpdiag.md"); string(markdown) != string(summary) {
		t.Errorf("%s: the summary is not the report:\n%s", name, summary)
	}
	if suites == 0 {
		return
	}
	if results, err := report.Read(strings.NewReader(string(saved))); err != nil || len(results) != suites {
		t.Errorf("%s: %d results saved, %v", name, len(results), err)
	}
	var doc struct {
		Suites []struct {
			Failures int `xml:"failures,attr"`
		} `xml:"testsuite"`
	}
	if err := xml.Unmarshal(junit, &doc); err != nil {
		t.Fatal(err)
	}
	got := 0
	for _, s := range doc.Suites {
		got += min(s.Failures, 1)
	}
	if len(doc.Suites) != suites || got != failing {
		t.Errorf("%s: %d suites, %d of them fail, want %d and %d", name, len(doc.Suites), got, suites, failing)
	}
}

// TestGateKeepsNoOldReport: what an earlier job left is no answer to this one, and a
// program that is not there is no success.
func TestGateKeepsNoOldReport(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"ftpdiag.json", "ftpdiag.xml", "ftpdiag.md"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("old"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(t.Context(), "ci/gate.sh", "ftp.example.com")
	cmd.Env = append(os.Environ(), "FTPDIAG=/nowhere/ftpdiag", "REPORTS="+dir)
	if out, err := cmd.CombinedOutput(); err == nil {
		t.Errorf("success: %s", out)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*")); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}
