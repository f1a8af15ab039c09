package exporter

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"ftpdiag/probe"
	"ftpdiag/probe/diagnose"
	"ftpdiag/probe/evidence"
)

var rowTargets = regexp.MustCompile(`<th scope="row"><a href="[^"]*">([^<]*)</a>`)

// order are the targets of the page, as it shows them.
func order(page string) string {
	var names []string
	for _, m := range rowTargets.FindAllStringSubmatch(page, -1) {
		names = append(names, strings.TrimSuffix(m[1], ".example"))
	}
	return strings.Join(names, " ")
}

// The page shows the worst first, or what is asked for, and runs nothing of what
// a server said.
func TestPage(t *testing.T) {
	const hostile = `<script>alert(1)</script>" onload="x" ` + "\x1b[31m\u202e"
	statuses := map[string]diagnose.Status{"a": diagnose.StatusOK, "b": diagnose.StatusUnknown, "c": diagnose.StatusCritical, "d": diagnose.StatusWarning}
	b := newBench(t, minimal, func(_ context.Context, cfg probe.Config) (*diagnose.Result, error) {
		name := strings.TrimSuffix(cfg.Target.Host, ".example")
		r := played(cfg, statuses[name], diagnose.Finding{Code: diagnose.TransferStalled, Severity: diagnose.Error, Summary: hostile})
		r.Server.Greeting = hostile
		r.Duration = evidence.Millis(time.Duration(name[0]) * time.Second)
		return r, nil
	})
	if got := b.get(t, "/"); !strings.Contains(got.body, "Nothing was probed yet") {
		t.Error(got.body)
	}
	for _, host := range []string{"d", "b", "a", "c"} {
		b.get(t, probeOf(host+".example"))
		time.Sleep(2 * time.Millisecond) // so that the times differ
	}
	b.prober.tasks.Wait()
	asked := len(b.asked())
	for path, want := range map[string]string{
		"/": "c d b a", "/?sort=severity": "c d b a", "/?sort=target": "a b c d", "/?sort=time": "c a b d", "/?sort=duration": "d c b a", "/?sort=<x>": "c d b a",
	} {
		got := b.get(t, path)
		if order(got.body) != want {
			t.Errorf("%s: %s", path, order(got.body))
		}
		if strings.Contains(got.body, "<script") || strings.Contains(got.body, "\x1b") || strings.Contains(got.body, "\u202e") || !strings.Contains(got.body, "&lt;script&gt;") {
			t.Errorf("%s: the server's text is not shown as text", path)
		}
		if strings.Count(got.body, "aria-sort=") != 1 || got.header.Get("Content-Type") != "text/html; charset=utf-8" {
			t.Errorf("%s: %v", path, got.header)
		}
	}
	got := b.get(t, "/report?module=default&target=c.example", "Accept", "text/html,*/*;q=0.8")
	if got.code != 200 || !strings.Contains(got.body, "<pre") || strings.Contains(got.body, "<script") || !strings.Contains(got.body, "&lt;script&gt;") || !strings.Contains(got.body, "transfer-stalled") {
		t.Errorf("%d %s", got.code, got.body)
	}
	got = b.get(t, "/report?module=default&target=c.example")
	if got.header.Get("Content-Type") != "text/plain; charset=utf-8" || !strings.Contains(got.body, "transfer-stalled") || strings.Contains(got.body, "\x1b") {
		t.Errorf("%v %s", got.header, got.body)
	}
	if n := len(b.asked()); n != asked {
		t.Errorf("the pages asked for %d diagnoses", n-asked)
	}
	b.get(t, "/style.css").has(t, "* { box-sizing: border-box; }")
}

// A page that is too long to read says so.
func TestPageIsBounded(t *testing.T) {
	b := newBench(t, minimal, verdictIs(diagnose.StatusOK))
	m := b.config.Load().Modules["default"]
	for i := range mostRows + 7 {
		k := key{module: m, host: fmt.Sprintf("h%d.example", i), port: 21}
		status := diagnose.StatusOK
		if i == mostRows+6 {
			status = diagnose.StatusCritical
		}
		r := played(probe.Config{}, status)
		b.prober.history.note(k, r, pack(r), true, time.Now()).show(r)
	}
	got := b.get(t, "/")
	if n := len(rowTargets.FindAllString(got.body, -1)); n != mostRows || !strings.HasPrefix(order(got.body), "h1006 ") || !strings.Contains(got.body, "7 more are not shown") {
		t.Errorf("%d rows, %.40s", n, order(got.body))
	}
}

// Every target's link leads to its report.
func TestReportLinks(t *testing.T) {
	b := newBench(t, "modules:\n  default:\n    allow: [\"*.example\", \"::/0\", 0.0.0.0/0]\n    ports: [21, 990, 2121]\n", verdictIs(diagnose.StatusOK))
	targets := []string{"a.example", "a.example:2121", "ftps://a.example", "ftps://a.example:21", "a.example:990", "ftpes://a.example:2121", "2001:db8::1", "[2001:db8::1]:2121", "ftps://[2001:db8::1]", "ftpes://[2001:db8::1]", "fe80::1%eth0", "192.0.2.1"}
	for _, target := range targets {
		b.get(t, probeOf(target)).has(t, "ftpdiag_status 0")
	}
	links := regexp.MustCompile(`href="(/report[^"]*)"`).FindAllStringSubmatch(b.get(t, "/").body, -1)
	if len(links) != len(targets) {
		t.Fatalf("%d links", len(links))
	}
	for _, link := range links {
		if got := b.get(t, strings.ReplaceAll(link[1], "&amp;", "&")); got.code != 200 {
			t.Errorf("%s: %d %s", link[1], got.code, got.body)
		}
	}
}
