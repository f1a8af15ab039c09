package report_test

import (
	"bytes"
	"html"
	"regexp"
	"strings"
	"testing"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"

	"ftpdiag/probe/diagnose"
	"ftpdiag/probe/evidence"
	"ftpdiag/report"
	"ftpdiag/report/reporttest"
)

// TestMarkdownOfAnyResult: no server makes a link, a picture, HTML, a heading, a
// list, or a table of its own, and none ends a cell or a block of code.
func TestMarkdownOfAnyResult(t *testing.T) {
	everyResult(t, func(t *testing.T, results ...*diagnose.Result) {
		checkMarkdown(t, results...)
	})
}

// TestMarkdownOfInjections does the same for what somebody may try.
func TestMarkdownOfInjections(t *testing.T) {
	for _, s := range []string{
		"[click](https://evil.example)", "![x](http://evil.example/p.png)", "<img src=x onerror=alert(1)>", "<script>alert(1)</script>",
		"https://evil.example/?q=1", "www.evil.example", "HTTP://EVIL.example", "mail me@evil.example", "<https://evil.example>",
		"# heading", "- item", "+ item", "1. item", "2) item", "> quote", "***", "---", "===", "| a | b |", "a | b", "`|`", "`` | ``",
		"```\nout of the fence\n```", "~~~\nx\n~~~", "````````````", "`unclosed", "\\", "\\\\|", "\\`", "`\\`", "*bold*", "__bold__", "~~gone~~",
		"[x]: https://evil.example", "[^1]: note", "[ ] task", "&lt;b&gt;", "&#60;b&#62;", "<!-- comment -->", "<a\nhref='x'>", "    indented",
		"line\n\n# after an empty line", "line\n# heading\n- list", "@somebody", "#1", "!1", "owner/repo#1", "GH-1", ":tada:", "$x$", "xmpp:a@b", "ftp://evil.example/",
	} {
		r := &diagnose.Result{Status: diagnose.StatusCritical, Modes: diagnose.Modes{Passive: diagnose.Fails, Active: diagnose.Fails},
			Methods: diagnose.Methods{EPSV: diagnose.Fails},
			Findings: []diagnose.Finding{{Code: diagnose.Code(s), Severity: diagnose.Error, Summary: s, Evidence: []string{s, s}, Who: []diagnose.Who{diagnose.Who(s)},
				CouldAlsoBe: []diagnose.Code{diagnose.Code(s)}, Fixes: []diagnose.Fix{{Who: diagnose.Who(s), Text: s}, {Who: "server-admin", Text: "set `" + s}}}},
			Gated: &diagnose.Gated{Ignored: []diagnose.Code{diagnose.Code(s)}},
		}
		r.Recommendation.Reason = s
		r.Recommendation.Conditions = []diagnose.Condition{{Text: s}}
		r.Target.Label, r.Target.Host, r.Version = s, s, s
		r.Attempts = attemptsSaying(s)
		checkMarkdown(t, r)
		checkMarkdown(t, r, r)
		if t.Failed() {
			t.Fatalf("of %q", s)
		}
	}
}

// checkMarkdown reads the report as GitHub does and holds its structure against
// the results.
func checkMarkdown(t *testing.T, results ...*diagnose.Result) {
	t.Helper()
	out := renderAs(t, "markdown", report.Options{}, results...)
	checkHarmless(t, out)
	headings, tables, findings := 0, 0, 0
	for _, r := range results {
		findings += len(r.Findings)
		if r.Modes.Passive != "" && r.Modes.Passive != diagnose.NotTested || r.Modes.Active != "" && r.Modes.Active != diagnose.NotTested {
			tables++
		}
	}
	headings = len(results) + findings
	if len(results) > 1 {
		headings++
		tables++
	}
	got, err := reporttest.ReadMarkdown(out)
	switch {
	case err != nil:
		t.Errorf("%v in\n%s", err, out)
	case got.Headings != headings:
		t.Errorf("%d headings instead of %d in\n%s", got.Headings, headings, out)
	case got.Tables != tables:
		t.Errorf("%d tables instead of %d in\n%s", got.Tables, tables, out)
	}
}

// TestMarkdownShowsText: what is escaped reads as it was.
func TestMarkdownShowsText(t *testing.T) {
	const summary = `a_b *c* [d](e) <f> & &lt; "g" 'h' 50 % | x` + " `i` \\ 1. - + = ~ @j #1 http://k"
	var page bytes.Buffer
	out := renderAs(t, "markdown", report.Options{}, &diagnose.Result{Findings: []diagnose.Finding{{Summary: summary, Severity: diagnose.Error}}})
	if err := goldmark.New(goldmark.WithExtensions(extension.GFM)).Convert([]byte(out), &page); err != nil {
		t.Fatal(err)
	}
	text := html.UnescapeString(regexp.MustCompile(`</?(code|h[1-4]|p|strong)[^>]*>`).ReplaceAllString(page.String(), ""))
	if !strings.Contains(text, "1. ERROR: "+summary) {
		t.Errorf("no %s in\n%s", summary, text)
	}
}

// attemptsSaying are attempts of which a reply says s.
func attemptsSaying(s string) []evidence.Attempt {
	reply := evidence.Reply{Code: 500, Text: s}
	return []evidence.Attempt{{Mode: evidence.Passive, Method: evidence.EPSV, Purpose: evidence.PurposeTransfer, Outcome: evidence.OutcomeFails,
		Negotiation: &reply, Failure: &evidence.Failure{Op: evidence.OpNegotiate, Kind: evidence.KindRejected, Message: s}}}
}
