package report

import (
	"encoding/xml"
	"fmt"
	"io"
	"slices"
	"strings"

	"ftpdiag/probe/diagnose"
	"ftpdiag/probe/evidence"
)

// JUnit writes an XML report as continuous integration systems read it (the
// elements of Ant's junitreport and of Jenkins). A target is a test suite with
// three cases: login, passive and active. A case fails only where the status of
// the target is not ok: a mode that does not work and is not asked for is
// skipped. Where no case fails and the status is not ok, login is in error.
type JUnit struct{}

type junitSuite struct {
	XMLName    xml.Name        `xml:"testsuite"`
	Name       string          `xml:"name,attr"`
	Tests      int             `xml:"tests,attr"`
	Failures   int             `xml:"failures,attr"`
	Errors     int             `xml:"errors,attr"`
	Skipped    int             `xml:"skipped,attr"`
	Time       string          `xml:"time,attr"`
	Timestamp  string          `xml:"timestamp,attr"`
	Hostname   string          `xml:"hostname,attr"`
	Properties []junitProperty `xml:"properties>property"`
	Cases      []junitCase     `xml:"testcase"`
	Out        junitText       `xml:"system-out"`
}

type junitProperty struct {
	Name  string `xml:"name,attr"`
	Value string `xml:"value,attr"`
}

type junitCase struct {
	Class    string         `xml:"classname,attr"`
	Name     string         `xml:"name,attr"`
	Time     string         `xml:"time,attr"`
	Skipped  *junitSkipped  `xml:"skipped"`
	Failures []junitProblem `xml:"failure"`
	Errors   []junitProblem `xml:"error"`
}

type junitSkipped struct {
	Message string `xml:"message,attr"`
}

type junitProblem struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr"`
	junitText
}

// junitText is text of several lines. CDATA keeps it readable; that must hold no
// character which XML does not know (XML 1.0 §2.2), and nobody looks there for one.
type junitText struct {
	Text string `xml:",cdata"`
}

var xmlCharacters = strings.NewReplacer("\ufffe", "\ufffd", "\uffff", "\ufffd")

func lines(text string) junitText { return junitText{"\n" + xmlCharacters.Replace(text)} }

// Render writes one document. It is made suite by suite: of many targets all
// suites at once are several times what their results are.
func (JUnit) Render(w io.Writer, results ...*diagnose.Result) error {
	if len(results) == 0 {
		return nil
	}
	total, err := totalOf(results)
	if err != nil {
		return err
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	enc := xml.NewEncoder(w)
	enc.Indent("", "  ")
	if err := enc.EncodeToken(total); err != nil {
		return err
	}
	names := newSuiteNames()
	for _, r := range results {
		c, err := normal(r)
		if err != nil {
			return err
		}
		s := suiteOf(names.of(c), c)
		s.Out = textOf(c)
		if err := enc.Encode(s); err != nil {
			return err
		}
	}
	if err := enc.EncodeToken(total.End()); err != nil {
		return err
	}
	if err := enc.Close(); err != nil {
		return err
	}
	_, err = io.WriteString(w, "\n")
	return err
}

// totalOf is the start of the document, which counts what follows.
func totalOf(results []*diagnose.Result) (start xml.StartElement, err error) {
	var tests, failures, errors int
	var took evidence.Millis
	for _, r := range results {
		c, err := normal(r)
		if err != nil {
			return start, err
		}
		s := suiteOf("", c)
		tests, failures, errors, took = tests+s.Tests, failures+s.Failures, errors+s.Errors, took+c.Duration
	}
	start.Name.Local = "testsuites"
	for _, a := range []junitProperty{{"name", "ftpdiag"}, {"tests", fmt.Sprint(tests)}, {"failures", fmt.Sprint(failures)},
		{"errors", fmt.Sprint(errors)}, {"time", junitTime(took)}} {
		start.Attr = append(start.Attr, xml.Attr{Name: xml.Name{Local: a.Name}, Value: a.Value})
	}
	return start, nil
}

// suiteOf is the suite of one target, without its text.
func suiteOf(name string, r *diagnose.Result) junitSuite {
	s := junitSuite{
		Name: name, Time: junitTime(r.Duration), Timestamp: r.Started.UTC().Format("2006-01-02T15:04:05"),
		Hostname: oneLine(r.Target.Host), Properties: properties(r),
		Cases: []junitCase{loginCase(r), modeCase(r, evidence.Passive), modeCase(r, evidence.Active)},
	}
	if r.Status != diagnose.StatusOK && !slices.ContainsFunc(s.Cases, func(c junitCase) bool { return len(c.Failures) > 0 }) {
		login := &s.Cases[0]
		login.Errors = []junitProblem{{Message: verdictLine(r), Type: oneLine(string(r.Status)), junitText: lines(headlineText(r))}}
	}
	for i := range s.Cases {
		c := &s.Cases[i]
		c.Class = s.Name
		s.Tests++
		s.Failures += min(len(c.Failures), 1)
		s.Errors += min(len(c.Errors), 1)
		if c.Skipped != nil {
			s.Skipped++
		}
	}
	return s
}

// suiteNames gives each suite a name of its own: a CI system tells cases apart by
// it. A number follows where two targets have the same name.
type suiteNames struct {
	taken map[string]bool
	last  map[string]int // number, by name
}

func newSuiteNames() suiteNames { return suiteNames{map[string]bool{}, map[string]int{}} }

func (n suiteNames) of(r *diagnose.Result) string {
	base := suiteName(r)
	name := base
	for n.taken[name] {
		n.last[base] = max(n.last[base]+1, 2)
		name = fmt.Sprintf("%s#%d", base, n.last[base])
	}
	n.taken[name] = true
	return name
}

// suiteName is never empty.
func suiteName(r *diagnose.Result) string {
	if name := strings.TrimSpace(oneLine(targetName(r))); name != "" {
		return name
	}
	return "unnamed target"
}

// loginCase holds what is wrong up to the login, and what is wrong with no mode in
// particular.
func loginCase(r *diagnose.Result) junitCase {
	c := junitCase{Name: "login", Time: junitTime(0)}
	if s := r.ControlSession(); s != nil {
		c.Time = junitTime(sum(s.Connect, s.Greeting, s.Login))
	}
	if r.Status == diagnose.StatusOK {
		return c
	}
	c.Failures = failures(r, "")
	if r.Gated != nil {
		for _, l := range r.Gated.Exceeded {
			c.Failures = append(c.Failures, junitProblem{Message: exceededWords(l), Type: oneLine(l.What), junitText: lines(exceededWords(l))})
		}
	}
	return c
}

// modeCase says how one mode stands.
func modeCase(r *diagnose.Result, mode evidence.Mode) junitCase {
	c := junitCase{Name: string(mode), Time: junitTime(transferTime(r, mode))}
	verdict := r.Modes.Of(mode)
	if r.Status != diagnose.StatusOK {
		c.Failures = failures(r, mode)
	}
	switch {
	case len(c.Failures) > 0:
	case verdict == diagnose.NotTested || verdict == diagnose.Inconclusive:
		c.Skipped = &junitSkipped{Message: modeWord(r, mode)}
	case verdict == diagnose.Fails && r.Asks(mode) && r.Status != diagnose.StatusOK:
		c.Failures = []junitProblem{{Message: fmt.Sprintf("%s mode does not work", mode), Type: string(verdict), junitText: lines(headlineText(r))}}
	case verdict == diagnose.Fails:
		c.Skipped = &junitSkipped{Message: strings.TrimSpace(fmt.Sprintf("%s mode does not work, but is not needed. %s", mode, summaryAbout(r, mode)))}
	}
	return c
}

// failures are the findings about a mode, or about none, that count.
func failures(r *diagnose.Result, mode evidence.Mode) (list []junitProblem) {
	for i, f := range r.Findings {
		if f.Mode == mode && counts(r, f) {
			list = append(list, junitProblem{Message: oneLine(f.Summary), Type: oneLine(string(f.Code)), junitText: lines(findingText(i+1, r))})
		}
	}
	return list
}

// counts tells whether a finding has a part in a status that is not ok.
func counts(r *diagnose.Result, f diagnose.Finding) bool {
	switch {
	case r.Gated != nil && slices.Contains(r.Gated.FailOn, f.Code):
		return true
	case ignored(r, f.Code):
		return false
	}
	return f.Severity == diagnose.Error || f.Severity == diagnose.Warning && (f.Mode == "" || r.Asks(f.Mode))
}

// summaryAbout is the first sentence that says what is wrong with a mode.
func summaryAbout(r *diagnose.Result, mode evidence.Mode) string {
	for _, f := range r.Findings {
		if f.Mode == mode && f.Severity != diagnose.Info {
			return oneLine(f.Summary)
		}
	}
	return ""
}

// properties are what a reader may want to group by.
func properties(r *diagnose.Result) []junitProperty {
	method := string(r.Recommendation.Method)
	return []junitProperty{
		{"status", string(r.Status)},
		{"passive", string(r.Modes.Passive)},
		{"active", string(r.Modes.Active)},
		{"recommendation", string(r.Recommendation.Mode)},
		{"method", method},
		{"confidence", string(r.Recommendation.Confidence)},
		{"expect", r.Options.Expect},
		{"port", fmt.Sprint(r.Target.Port)},
		{"tls", r.Target.TLS},
		{"server", r.Server.Product},
		{"version", r.Version},
	}
}

// textOf is the text report.
func textOf(r *diagnose.Result) junitText {
	p := newProse()
	p.result(r, false)
	return lines(p.out.String())
}

// transferTime is that of the attempts in a mode.
func transferTime(r *diagnose.Result, mode evidence.Mode) (total evidence.Millis) {
	for _, a := range r.Attempts {
		if a.Mode == mode && a.End > a.Start {
			total += a.End - a.Start
		}
	}
	return total
}

func sum(durations ...*evidence.Millis) (total evidence.Millis) {
	for _, d := range durations {
		if d != nil {
			total += *d
		}
	}
	return total
}

// junitTime is seconds with milliseconds.
func junitTime(m evidence.Millis) string { return fmt.Sprintf("%.3f", max(m.Duration().Seconds(), 0)) }
