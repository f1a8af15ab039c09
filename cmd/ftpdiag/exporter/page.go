package exporter

import (
	"bytes"
	"cmp"
	_ "embed"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"ftpdiag/probe/diagnose"
	"ftpdiag/probe/evidence"
	"ftpdiag/probe/ftp"
	"ftpdiag/report"
)

// mostRows bounds the page: a browser that shows more is slow.
const mostRows = 1000

//go:embed style.css
var stylesheet []byte

//go:embed page.html
var pages string

var templates = template.Must(template.New("").Parse(pages))

func style(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	_, _ = w.Write(stylesheet) // nobody is left to be told
}

// row is one target on the page.
type row struct {
	Target, Module   string
	Status           diagnose.Status
	Passive, Active  string
	Use              string // the recommended mode, and over what
	Cause            diagnose.Code
	Summary          string
	Ended            time.Time
	Ago, Took        string
	Report           string // URL
	FullAgo          string // "": no full diagnosis is about this
	took             time.Duration
	StatusName, When string
}

// overview is what the page shows.
type overview struct {
	Rows    []row
	Counts  []count
	Known   int
	Hidden  int
	Sort    string
	Columns []column
	Version string
	Now     string
}

type count struct {
	Status diagnose.Status
	N      int
}

type column struct{ Key, Title, Sort string } // Sort: the word for aria-sort; "": sorted by another

// badness orders the page: who must act comes first.
var badness = map[diagnose.Status]int{
	diagnose.StatusCritical: 0, diagnose.StatusWarning: 1, diagnose.StatusUnknown: 2, diagnose.StatusOK: 3,
}

// orders are what ?sort= may be. Ties go by target.
var orders = map[string]func(a, b row) int{
	"severity": func(a, b row) int { return cmp.Compare(badness[a.Status], badness[b.Status]) },
	"target":   func(a, b row) int { return 0 },
	"time":     func(a, b row) int { return b.Ended.Compare(a.Ended) },
	"duration": func(a, b row) int { return cmp.Compare(b.took, a.took) },
}

// page shows what was probed lately.
func (s *server) page(w http.ResponseWriter, r *http.Request) {
	order := r.URL.Query().Get("sort")
	if orders[order] == nil {
		order = "severity"
	}
	now := time.Now()
	o := overview{Sort: order, Version: s.options.Version, Now: now.UTC().Format("2006-01-02 15:04:05 UTC")}
	o.Rows = s.prober.rows(now)
	o.Known = len(o.Rows)
	for _, status := range []diagnose.Status{diagnose.StatusCritical, diagnose.StatusWarning, diagnose.StatusUnknown, diagnose.StatusOK} {
		n := 0
		for _, r := range o.Rows {
			if r.Status == status {
				n++
			}
		}
		o.Counts = append(o.Counts, count{status, n})
	}
	slices.SortFunc(o.Rows, func(a, b row) int {
		return cmp.Or(orders[order](a, b), strings.Compare(a.Target, b.Target), strings.Compare(a.Module, b.Module))
	})
	if len(o.Rows) > mostRows {
		o.Hidden = len(o.Rows) - mostRows
		o.Rows = o.Rows[:mostRows]
	}
	o.Columns = columns(order)
	render(w, http.StatusOK, "overview", o)
}

// columns are the headings that sort.
func columns(order string) []column {
	list := []column{{"severity", "Verdict", "descending"}, {"target", "Target", "ascending"}, {"", "Cause", ""},
		{"", "Passive", ""}, {"", "Active", ""}, {"", "Use", ""}, {"time", "Probed", "descending"}, {"duration", "Took", "descending"}}
	for i := range list {
		if list[i].Key != order {
			list[i].Sort = ""
		}
	}
	return list
}

// rows are the targets that are remembered, in no order.
func (p *prober) rows(now time.Time) []row {
	p.mu.Lock()
	defer p.mu.Unlock()
	var rows []row
	for _, e := range p.history.entries.Values() {
		rows = append(rows, e.row(now))
	}
	return rows
}

// mostSummary bounds what an entry keeps of the sentence that the page shows.
const mostSummary = 500

// show makes the row of a result.
func (e *entry) show(r *diagnose.Result) {
	e.shown = row{
		Status: r.Status, Cause: cause(r), Passive: verdictWords(r.Modes.Passive), Active: verdictWords(r.Modes.Active), Use: use(r),
		took: r.Duration.Duration(), Took: took(r.Duration.Duration()),
	}
	if f := causing(r); f != nil {
		summary := ftp.Visible(f.Summary)
		if len(summary) > mostSummary {
			summary = strings.ToValidUTF8(summary[:mostSummary], "") + "…"
		}
		e.shown.Summary = strings.Clone(summary)
	}
}

// row is what the page shows now.
func (e *entry) row(now time.Time) row {
	query := url.Values{"target": {e.name()}, "module": {e.module.Name}}
	out := e.shown
	out.Target, out.Module, out.Report = e.name(), e.module.Name, "/report?"+query.Encode()
	out.Ended, out.Ago, out.When = e.ended, ago(now.Sub(e.ended)), e.ended.UTC().Format(time.RFC3339)
	if e.full != nil {
		out.FullAgo = ago(now.Sub(e.full.ended))
	}
	return out
}

// verdictWords is a verdict as a reader wants it.
func verdictWords(v diagnose.Verdict) string {
	switch v {
	case diagnose.Works, diagnose.Fails, diagnose.Intermittent:
		return string(v)
	case diagnose.Conditional:
		return "on a condition"
	case diagnose.Inconclusive:
		return "undecided"
	}
	return "not tested"
}

// use is what a client should do.
func use(r *diagnose.Result) string {
	mode := r.Recommendation.Mode
	if mode == diagnose.None || mode == "" {
		return "no mode"
	}
	if tls := r.Recommendation.TLS; tls == evidence.TLSExplicit || tls == evidence.TLSImplicit {
		return string(mode) + ", " + tls + " TLS"
	}
	return string(mode)
}

// ago is how long something is past, roughly.
func ago(d time.Duration) string {
	switch {
	case d < time.Second:
		return "just now"
	case d < 2*time.Minute:
		return fmt.Sprintf("%d s ago", int(d.Seconds()))
	case d < 2*time.Hour:
		return fmt.Sprintf("%d min ago", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h ago", int(d.Hours()))
	}
	return fmt.Sprintf("%d days ago", int(d.Hours()/24))
}

// took is a duration that is easy to compare.
func took(d time.Duration) string {
	switch {
	case d < time.Millisecond:
		return "<1 ms"
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	}
	return fmt.Sprintf("%.1f s", d.Seconds())
}

// reportPage is the last report on one target.
type reportPage struct {
	Target, Module string
	Status         diagnose.Status
	When, Text     string
	FullWhen, Full string // "": no full diagnosis followed
	Version, Plain string
}

// report shows the last report on a target. It probes nothing.
func (s *server) report(w http.ResponseWriter, r *http.Request) {
	q, bad := s.config.Load().find(r.URL.Query())
	if bad != nil {
		say(w, bad.status, bad.message)
		return
	}
	page, found := s.prober.reportOn(q.key)
	if !found {
		say(w, http.StatusNotFound, "there is no report: the target was not probed under this configuration, or long ago")
		return
	}
	page.Version = s.options.Version
	if r.URL.Query().Get("format") == "text" || !strings.Contains(r.Header.Get("Accept"), "text/html") {
		say(w, http.StatusOK, page.plain())
		return
	}
	page.Plain = "/report?" + url.Values{"target": {page.Target}, "module": {page.Module}, "format": {"text"}}.Encode()
	render(w, http.StatusOK, "report", page)
}

func (p *prober) reportOn(k key) (page reportPage, found bool) {
	p.mu.Lock()
	e, found := p.history.entries.Peek(k.id())
	if !found {
		p.mu.Unlock()
		return page, false
	}
	m, result, full := e.module, e.result, e.full
	page = reportPage{Target: e.name(), Module: m.Name, Status: e.shown.Status, When: stamp(e.ended)}
	p.mu.Unlock()
	page.Text = result.text80(m)
	if full != nil {
		page.FullWhen, page.Full = stamp(full.ended), full.result.text80(m)
	}
	return page, true
}

func (p reportPage) plain() string {
	if p.Full == "" {
		return p.Text
	}
	return p.Text + "\nFull diagnosis, " + p.FullWhen + "\n\n" + p.Full
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }

// text80 is the report for a person, under the module's policy.
func (p packed) text80(m *Module) string {
	var b strings.Builder
	r, err := p.result()
	if err == nil {
		err = (report.Text{Options: report.Options{Color: report.ColorNever}}).Render(&b, m.judged(r))
	}
	if err != nil {
		return "the report cannot be written: " + err.Error()
	}
	return strings.TrimRight(b.String(), "\n")
}

// render writes a page whole, or not at all.
func render(w http.ResponseWriter, status int, name string, data any) {
	var b bytes.Buffer
	if err := templates.ExecuteTemplate(&b, name, data); err != nil {
		say(w, http.StatusInternalServerError, "the page cannot be written: "+err.Error())
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = b.WriteTo(w) // nobody is left to be told
}
