package deploy

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"ftpdiag/report/metrics"
)

const dashboardFile = "grafana/ftpdiag.json"

// dashboard is what the tests look at of Grafana's JSON.
type dashboard struct {
	UID        string
	Templating struct{ List []variable }
	Panels     []panel
}

type variable struct {
	Name, Type string
	Query      json.RawMessage // a string for a data source, else an object
	Datasource *datasource
	AllValue   string
	IncludeAll bool
}

type datasource struct{ Type, UID string }

type panel struct {
	ID          int
	Type, Title string
	Description string
	GridPos     struct{ X, Y, W, H int }
	Datasource  *datasource
	Targets     []target
	FieldConfig struct {
		Overrides []struct{ Matcher struct{ ID, Options string } }
	}
	Transformations []struct {
		ID      string
		Options struct{ RenameByName map[string]string }
	}
}

type target struct {
	RefID, Expr, LegendFormat string
	Datasource                *datasource
}

func readDashboard(t *testing.T) (d dashboard) {
	t.Helper()
	if err := json.Unmarshal([]byte(read(t, dashboardFile)), &d); err != nil {
		t.Fatal(err)
	}
	if len(d.Panels) == 0 {
		t.Fatal("no panel")
	}
	return d
}

// charts are the panels that show something, which rows do not.
func (d dashboard) charts() []panel {
	return slices.DeleteFunc(slices.Clone(d.Panels), func(p panel) bool { return p.Type == "row" })
}

// query is the text of a variable's query.
func (v variable) query() string {
	var q struct{ Query string }
	_ = json.Unmarshal(v.Query, &q) // a plain string has none
	return q.Query
}

// labelValues is a variable's query: the values of a label of some series.
var labelValues = regexp.MustCompile(`^label_values\((.+), (\w+)\)$`)

// exprs lists every expression of the dashboard, with the place where it is.
func (d dashboard) exprs(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, p := range d.charts() {
		for _, q := range p.Targets {
			all[p.Title+" "+q.RefID] = q.Expr
		}
	}
	for _, v := range d.Templating.List {
		if v.Type != "query" {
			continue
		}
		m := labelValues.FindStringSubmatch(v.query())
		if m == nil {
			t.Errorf("variable %s: query %q", v.Name, v.query())
			continue
		}
		all["variable "+v.Name] = m[1]
	}
	return all
}

// Panels have numbers of their own, stand in the 24 columns and on no other.
func TestDashboardLayout(t *testing.T) {
	d := readDashboard(t)
	ids := map[int]string{}
	taken := map[[2]int]string{}
	for _, p := range d.Panels {
		if other, twice := ids[p.ID]; twice || p.ID <= 0 {
			t.Errorf("%s has the id %d, as %q", p.Title, p.ID, other)
		}
		ids[p.ID] = p.Title
		g := p.GridPos
		if p.Title == "" || g.X < 0 || g.Y < 0 || g.W < 1 || g.H < 1 || g.X+g.W > 24 {
			t.Errorf("panel %d %q stands at %+v", p.ID, p.Title, g)
		}
		for x := g.X; x < g.X+g.W; x++ {
			for y := g.Y; y < g.Y+g.H; y++ {
				if other, twice := taken[[2]int{x, y}]; twice {
					t.Errorf("%q stands on %q at column %d, line %d", p.Title, other, x, y)
				}
				taken[[2]int{x, y}] = p.Title
			}
		}
	}
}

// Every panel asks the data source that the reader chooses, and says what it
// shows.
func TestDashboardPanels(t *testing.T) {
	d := readDashboard(t)
	chosen := func(s *datasource) bool { return s != nil && s.Type == "prometheus" && s.UID == "${datasource}" }
	for _, p := range d.charts() {
		if !chosen(p.Datasource) || p.Description == "" || len(p.Targets) == 0 {
			t.Errorf("%s: data source %v, description %q, %d queries", p.Title, p.Datasource, p.Description, len(p.Targets))
		}
		refs := map[string]bool{}
		for _, q := range p.Targets {
			if !chosen(q.Datasource) || refs[q.RefID] || q.RefID == "" {
				t.Errorf("%s: query %q, data source %v", p.Title, q.RefID, q.Datasource)
			}
			refs[q.RefID] = true
		}
		p.checkOverrides(t)
	}
	for _, v := range d.Templating.List {
		if v.Type == "query" && (!chosen(v.Datasource) || !v.IncludeAll || v.AllValue != ".*") {
			t.Errorf("variable %s: data source %v, all is %q: it must hold series without the label", v.Name, v.Datasource, v.AllValue)
		}
	}
}

// checkOverrides finds an override for a column or legend that there is not.
func (p panel) checkOverrides(t *testing.T) {
	t.Helper()
	var columns []string
	for _, tr := range p.Transformations {
		for _, to := range tr.Options.RenameByName {
			columns = append(columns, to)
		}
	}
	for _, o := range p.FieldConfig.Overrides {
		name := o.Matcher.Options
		isLegend := slices.ContainsFunc(p.Targets, func(q target) bool { return strings.HasPrefix(q.LegendFormat, "{{") })
		if !slices.Contains(columns, name) && (len(columns) > 0 || !isLegend) {
			t.Errorf("%s: an override for %q, columns %q", p.Title, name, columns)
		}
	}
}

// The dashboard is filtered by variables that it has, and by all of them.
func TestDashboardVariables(t *testing.T) {
	d := readDashboard(t)
	unused := map[string]bool{}
	for _, v := range d.Templating.List {
		unused[v.Name] = true
	}
	for _, want := range []string{"datasource", "instance", "vantage", "module"} {
		if !unused[want] {
			t.Errorf("no variable %s", want)
		}
	}
	known := map[string]bool{"datasource": true}
	for name := range unused {
		known[name] = true
	}
	use := regexp.MustCompile(`\$\{?(\w+)`)
	for place, expr := range d.exprs(t) {
		for _, m := range use.FindAllStringSubmatch(expr, -1) {
			if !known[m[1]] && !strings.HasPrefix(m[1], "__") {
				t.Errorf("%s: no variable %s", place, m[1])
			}
			delete(unused, m[1])
		}
	}
	delete(unused, "datasource")
	if len(unused) > 0 {
		t.Errorf("not used: %v", unused)
	}
}

// promqlOf is an expression as Grafana sends it when everything is chosen.
func promqlOf(expr string) string {
	return regexp.MustCompile(`\$\{?(instance|vantage|module)\}?`).ReplaceAllString(
		strings.NewReplacer("$__rate_interval", "5m", "$__interval", "1m", "$__range", "1h").Replace(expr), ".*")
}

// Prometheus understands every expression of the dashboard.
func TestDashboardExpressions(t *testing.T) {
	t.Parallel()
	var file strings.Builder
	file.WriteString("groups:\n- name: dashboard\n  rules:\n")
	n := 0
	for place, expr := range readDashboard(t).exprs(t) {
		fmt.Fprintf(&file, "  - record: panel:%d # %s\n    expr: %q\n", n, place, promqlOf(expr))
		n++
	}
	path := filepath.Join(t.TempDir(), "dashboard.yml")
	if err := os.WriteFile(path, []byte(file.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	promtool(t, "check", "rules", path)
}

// The dashboard and the rules read no metric that does not exist. Those of the
// exporter are compared with a running one, see TestEndToEnd.
func TestMetricsExist(t *testing.T) {
	known := append(metrics.Names(), "up", "ALERTS", "process_resident_memory_bytes")
	check := func(place, expr string) {
		names := metricNames(expr)
		if len(names) == 0 {
			t.Errorf("%s: no metric in %q", place, expr)
		}
		for _, name := range names {
			if !slices.Contains(known, name) && !strings.HasPrefix(name, "ftpdiag_exporter_") {
				t.Errorf("%s: no metric %s", place, name)
			}
		}
	}
	for place, expr := range readDashboard(t).exprs(t) {
		check(dashboardFile+", "+place, expr)
	}
	for _, r := range readRules(t) {
		check(rulesFile+", "+r.Alert, r.Expr)
	}
	for _, m := range regexp.MustCompile(`\bftpdiag_\w+`).FindAllString(read(t, rulesFile)+read(t, rulesTests), -1) {
		check("rules, or an annotation or test of them", m)
	}
}
