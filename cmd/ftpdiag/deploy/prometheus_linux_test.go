package deploy

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"ftpdiag/probe/realserver"
)

// prometheus is a Prometheus that runs until the test ends.
type prometheus struct {
	process *process
	url     string
}

// startPrometheus runs Prometheus on the files, which are given by their names
// beside the configuration, prometheus.yml.
func startPrometheus(t *testing.T, files map[string]string) *prometheus {
	t.Helper()
	program := realserver.Tool(t, "prometheus")
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	p := start(t, program,
		"--config.file="+filepath.Join(dir, "prometheus.yml"),
		"--storage.tsdb.path="+filepath.Join(dir, "data"),
		"--web.listen-address=127.0.0.1:0")
	address := p.says(t, `msg="Listening on" address=(\S+)`)
	return &prometheus{process: p, url: "http://" + address}
}

// sample is one series of an instant vector.
type sample struct {
	Metric map[string]string
	Value  [2]any
}

// query is the instant vector of an expression.
func (p *prometheus) query(t *testing.T, expr string) (vector []sample) {
	t.Helper()
	var data struct {
		ResultType string
		Result     json.RawMessage
	}
	p.get(t, "/api/v1/query?query="+url.QueryEscape(expr), &data)
	if data.ResultType == "vector" {
		if err := json.Unmarshal(data.Result, &vector); err != nil {
			t.Fatal(err)
		}
	}
	return vector
}

// alert is one that is pending or firing.
type alert struct {
	State               string
	Labels, Annotations map[string]string
}

func (p *prometheus) alerts(t *testing.T) []alert {
	t.Helper()
	var data struct{ Alerts []alert }
	p.get(t, "/api/v1/alerts", &data)
	return data.Alerts
}

// has waits until the expression has n series.
func (p *prometheus) has(t *testing.T, n int, expr string) {
	t.Helper()
	eventually(t, func() (bool, string) {
		got := p.query(t, expr)
		return len(got) == n, fmt.Sprintf("%s: %d series, want %d: %v", expr, len(got), n, got)
	})
}

// get asks the API, which answers 503 until Prometheus has begun its work.
func (p *prometheus) get(t *testing.T, path string, data any) {
	t.Helper()
	client := http.Client{Timeout: patience}
	eventually(t, func() (bool, string) {
		resp, err := client.Get(p.url + path)
		if err != nil {
			return false, err.Error()
		}
		defer resp.Body.Close()
		if resp.StatusCode == http.StatusServiceUnavailable {
			return false, resp.Status
		}
		answer := struct {
			Status, Error string
			Data          any
		}{Data: data}
		if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		if answer.Status != "success" {
			t.Fatalf("%s: %s", path, answer.Error)
		}
		return true, ""
	})
}

// replaced is a shipped text with changes for a test: pairs of a regular
// expression and what is put in its place. Each of them must be there.
func replaced(t *testing.T, text string, pairs ...string) string {
	t.Helper()
	for i := 0; i < len(pairs); i += 2 {
		re := regexp.MustCompile(pairs[i])
		if !re.MatchString(text) {
			t.Fatalf("no %s to replace in:\n%s", pairs[i], text)
		}
		text = re.ReplaceAllString(text, pairs[i+1])
	}
	return text
}

// hurried is the shipped scrape configuration with short intervals.
func hurried(t *testing.T) string {
	t.Helper()
	return replaced(t, read(t, scrapeConfig),
		`(scrape_interval|scrape_timeout|evaluation_interval): \S+`, "$1: 1s")
}
