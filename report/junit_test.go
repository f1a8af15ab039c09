package report_test

import (
	"encoding/xml"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"ftpdiag/probe/diagnose"
	"ftpdiag/probe/evidence"
	"ftpdiag/probe/realserver"
	"ftpdiag/report"
)

// The report as a CI system reads it, in types of its own.
type (
	readSuites struct {
		XMLName  xml.Name    `xml:"testsuites"`
		Tests    int         `xml:"tests,attr"`
		Failures int         `xml:"failures,attr"`
		Errors   int         `xml:"errors,attr"`
		Suites   []readSuite `xml:"testsuite"`
	}
	readSuite struct {
		Name     string     `xml:"name,attr"`
		Tests    int        `xml:"tests,attr"`
		Failures int        `xml:"failures,attr"`
		Errors   int        `xml:"errors,attr"`
		Skipped  int        `xml:"skipped,attr"`
		Cases    []readCase `xml:"testcase"`
	}
	readCase struct {
		Class    string   `xml:"classname,attr"`
		Name     string   `xml:"name,attr"`
		Time     string   `xml:"time,attr"`
		Failures []string `xml:"failure"`
		Errors   []string `xml:"error"`
		Skipped  []string `xml:"skipped"`
	}
)

// TestJUnitOfAnyResult: the document is well formed, its numbers are those of its
// cases, and a suite is green exactly where the status is ok.
func TestJUnitOfAnyResult(t *testing.T) {
	everyResult(t, func(t *testing.T, results ...*diagnose.Result) {
		out := renderAs(t, "junit", report.Options{}, results...)
		checkHarmless(t, out)
		var doc readSuites
		if err := xml.Unmarshal([]byte(out), &doc); err != nil {
			t.Fatalf("%v in\n%s", err, out)
		}
		if len(doc.Suites) != len(results) {
			t.Fatalf("%d suites for %d results", len(doc.Suites), len(results))
		}
		var sum readSuite
		names := map[string]bool{}
		for i, s := range doc.Suites {
			if s.Name == "" || names[s.Name] {
				t.Errorf("suite %d has the name %q, as another has", i, s.Name)
			}
			names[s.Name] = true
			var is readSuite
			for _, c := range s.Cases {
				is.Tests++
				is.Failures += min(len(c.Failures), 1)
				is.Errors += min(len(c.Errors), 1)
				is.Skipped += len(c.Skipped)
				if seconds, err := strconv.ParseFloat(c.Time, 64); c.Class != s.Name || err != nil || seconds < 0 {
					t.Errorf("case %+v of suite %s", c, s.Name)
				}
				if len(c.Failures)+len(c.Errors) > 0 && len(c.Skipped) > 0 {
					t.Errorf("case %+v is skipped and fails", c)
				}
			}
			if is.Tests != s.Tests || is.Failures != s.Failures || is.Errors != s.Errors || is.Skipped != s.Skipped {
				t.Errorf("suite %s says %d tests, %d failures, %d errors, %d skipped; it has %+v", s.Name, s.Tests, s.Failures, s.Errors, s.Skipped, is)
			}
			if green := s.Failures+s.Errors == 0; green != (results[i].Status == diagnose.StatusOK) {
				t.Errorf("suite %s of status %s: green is %v", s.Name, results[i].Status, green)
			}
			sum.Tests, sum.Failures, sum.Errors = sum.Tests+s.Tests, sum.Failures+s.Failures, sum.Errors+s.Errors
		}
		if sum.Tests != doc.Tests || sum.Failures != doc.Failures || sum.Errors != doc.Errors {
			t.Errorf("the whole says %d, %d, %d; its suites %+v", doc.Tests, doc.Failures, doc.Errors, sum)
		}
	})
}

// TestJUnitNames: no two suites have one name, whatever the labels are.
func TestJUnitNames(t *testing.T) {
	var results []*diagnose.Result
	for _, label := range []string{"x", "x#2", "x", "", "x", "", "x\n"} {
		results = append(results, &diagnose.Result{Target: evidence.Target{Label: label}})
	}
	var doc readSuites
	if err := xml.Unmarshal([]byte(renderAs(t, "junit", report.Options{}, results...)), &doc); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range doc.Suites {
		got = append(got, s.Name)
		for _, c := range s.Cases {
			if c.Class != s.Name {
				t.Errorf("case %s of suite %s has the class %s", c.Name, s.Name, c.Class)
			}
		}
	}
	if want := []string{"x", "x#2", "x#3", "unnamed target", "x#4", "unnamed target#2", "x#5"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestJUnitCases: which case says what.
func TestJUnitCases(t *testing.T) {
	expiry := diagnose.Finding{Code: "tls-cert-untrusted", Severity: diagnose.Warning, Summary: "expires soon"}
	passive := diagnose.Finding{Code: "passive-ports-dropped", Severity: diagnose.Error, Mode: evidence.Passive, Summary: "dropped"}
	active := diagnose.Finding{Code: "active-disabled", Severity: diagnose.Warning, Mode: evidence.Active, Summary: "off"}
	slow := diagnose.Finding{Code: "greeting-slow", Severity: diagnose.Info, Summary: "slow"}
	for _, c := range []struct {
		name                   string
		r                      diagnose.Result
		login, passive, active string // ok, skipped, failure, error
	}{
		{"fine", diagnose.Result{Status: diagnose.StatusOK, Modes: diagnose.Modes{Passive: diagnose.Works, Active: diagnose.Works}}, "ok", "ok", "ok"},
		{"what is not asked for", diagnose.Result{Status: diagnose.StatusOK, Modes: diagnose.Modes{Passive: diagnose.Works, Active: diagnose.Fails},
			Recommendation: diagnose.Recommendation{Mode: "passive"}, Findings: []diagnose.Finding{active}}, "ok", "ok", "skipped"},
		{"what is asked for", diagnose.Result{Status: diagnose.StatusCritical, Modes: diagnose.Modes{Passive: diagnose.Fails, Active: diagnose.Works},
			Options: evidence.Options{Expect: "passive"}, Recommendation: diagnose.Recommendation{Mode: "active"}, Findings: []diagnose.Finding{passive}}, "ok", "failure", "ok"},
		{"asked for, and no finding", diagnose.Result{Status: diagnose.StatusCritical, Modes: diagnose.Modes{Passive: diagnose.Fails, Active: diagnose.Works},
			Options: evidence.Options{Expect: "both"}}, "ok", "failure", "ok"},
		{"certificate", diagnose.Result{Status: diagnose.StatusWarning, Modes: diagnose.Modes{Passive: diagnose.Works, Active: diagnose.NotTested},
			Recommendation: diagnose.Recommendation{Mode: "passive"}, Findings: []diagnose.Finding{expiry}}, "failure", "ok", "skipped"},
		{"fail on", diagnose.Result{Status: diagnose.StatusCritical, Modes: diagnose.Modes{Passive: diagnose.Works, Active: diagnose.Works},
			Findings: []diagnose.Finding{slow}, Gated: &diagnose.Gated{FailOn: []diagnose.Code{"greeting-slow"}}}, "failure", "ok", "ok"},
		{"ignored beside another", diagnose.Result{Status: diagnose.StatusWarning, Modes: diagnose.Modes{Passive: diagnose.Works, Active: diagnose.Fails},
			Recommendation: diagnose.Recommendation{Mode: "passive"}, Options: evidence.Options{Expect: "any"},
			Findings: []diagnose.Finding{active, expiry}, Gated: &diagnose.Gated{Ignored: []diagnose.Code{"active-disabled"}}}, "failure", "ok", "skipped"},
		{"a limit", diagnose.Result{Status: diagnose.StatusWarning, Modes: diagnose.Modes{Passive: diagnose.Works, Active: diagnose.Works},
			Gated: &diagnose.Gated{Exceeded: []diagnose.Limit{{What: "connect", Status: diagnose.StatusWarning}}}}, "failure", "ok", "ok"},
		{"interrupted", diagnose.Result{Status: diagnose.StatusUnknown, Modes: diagnose.Modes{Passive: diagnose.Inconclusive, Active: diagnose.NotTested}},
			"error", "skipped", "skipped"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var doc readSuites
			if err := xml.Unmarshal([]byte(renderAs(t, "junit", report.Options{}, &c.r)), &doc); err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, x := range doc.Suites[0].Cases {
				switch {
				case len(x.Failures) > 0:
					got = append(got, x.Name+" failure")
				case len(x.Errors) > 0:
					got = append(got, x.Name+" error")
				case len(x.Skipped) > 0:
					got = append(got, x.Name+" skipped")
				default:
					got = append(got, x.Name+" ok")
				}
			}
			if want := []string{"login " + c.login, "passive " + c.passive, "active " + c.active}; !slices.Equal(got, want) {
				t.Errorf("got %v, want %v", got, want)
			}
		})
	}
}

// TestJUnitSchema: every report is valid, and the schema is one that can find a
// fault.
func TestJUnitSchema(t *testing.T) {
	xmllint := realserver.Tool(t, "xmllint")
	dir := t.TempDir()
	var files []string
	write := func(text string) string {
		name := filepath.Join(dir, strconv.Itoa(len(files))+".xml")
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		files = append(files, name)
		return name
	}
	validate := func(files ...string) (string, error) {
		out, err := exec.CommandContext(t.Context(), xmllint, append([]string{"--noout", "--nonet", "--schema", "testdata/junit.xsd"}, files...)...).CombinedOutput()
		return string(out), err
	}
	everyResult(t, func(t *testing.T, results ...*diagnose.Result) {
		write(renderAs(t, "junit", report.Options{}, results...))
	})
	for part := range slices.Chunk(files, 100) {
		if out, err := validate(part...); err != nil {
			t.Fatalf("%v: %.3000s", err, out)
		}
	}
	good := renderAs(t, "junit", report.Options{}, readGolden(t, "login-rejected")...)
	for from, to := range map[string]string{
		`<testcase classname="ftp.example.com" name="login"`: `<testcase classname="ftp.example.com"`,
		`tests="3" failures="1"`:                             `tests="3" failures="-1"`,
		`timestamp="2026-01-02T03:04:05"`:                    `timestamp="yesterday"`,
		`</testcase>`:                                        `<odd/></testcase>`,
		`type="login-rejected"`:                              ``,
	} {
		bad := strings.Replace(good, from, to, 1)
		if out, err := validate(write(bad)); err == nil || bad == good {
			t.Errorf("%s in place of %s is valid: %s", to, from, out)
		}
	}
}
