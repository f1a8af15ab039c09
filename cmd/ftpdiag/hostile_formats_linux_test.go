package main

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"regexp"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"ftpdiag/report/reporttest"
)

// readers read a report as those do who are meant to, and tell its status.
var readers = map[string]func(out string) (status string, err error){
	"text": readText, "json": readJSON, "nagios": readNagios, "junit": readJUnit, "markdown": readMarkdown, "prometheus": readPrometheus,
}

// readReport fails the test where a report cannot be read, or would act upon a
// terminal.
func readReport(t *testing.T, format string, out []byte) (status string) {
	t.Helper()
	err := reporttest.CheckHarmless(string(out))
	if err == nil {
		status, err = readers[format](string(out))
	}
	if err != nil {
		t.Errorf("%s: %v in\n%.3000s", format, err, out)
	}
	return status
}

var exitStatuses = []string{"ok", "warning", "critical", "unknown"}

func statusOf(code int) string { return exitStatuses[code] }

// statusIn is the status that the first group of a pattern finds.
func statusIn(pattern, out string) (string, error) {
	found := regexp.MustCompile(pattern).FindStringSubmatch(out)
	if found == nil {
		return "", fmt.Errorf("no status")
	}
	return strings.ToLower(found[1]), nil
}

func readText(out string) (string, error) {
	return statusIn(`(?m)^Status: (OK|WARNING|CRITICAL|UNKNOWN) \(exit code [0-3]\)`, out)
}

func readJSON(out string) (string, error) {
	if err := reporttest.Check([]byte(out)); err != nil {
		return "", err
	}
	var doc any
	if err := json.Unmarshal([]byte(out), &doc); err != nil {
		return "", err
	}
	status, _ := doc.(map[string]any)["status"].(string)
	return status, harmlessTexts(doc)
}

// harmlessTexts reads what jq -r would print.
func harmlessTexts(v any) error {
	switch v := v.(type) {
	case string:
		return reporttest.CheckHarmless(v)
	case []any:
		for _, e := range v {
			if err := harmlessTexts(e); err != nil {
				return err
			}
		}
	case map[string]any:
		for k, e := range v {
			if err := harmlessTexts(e); err != nil {
				return fmt.Errorf("%s: %w", k, err)
			}
		}
	}
	return nil
}

func readNagios(out string) (string, error) {
	p, err := reporttest.ReadPlugin(out)
	if err == nil && len(p.Data) < 5 {
		err = fmt.Errorf("only %d numbers", len(p.Data))
	}
	return strings.ToLower(p.Status), err
}

func readJUnit(out string) (string, error) {
	d := xml.NewDecoder(strings.NewReader(out))
	status := ""
	for {
		token, err := d.Token()
		if err == io.EOF && status != "" {
			return status, nil
		} else if err != nil {
			return "", err
		}
		if e, ok := token.(xml.StartElement); ok && e.Name.Local == "property" && status == "" && e.Attr[0].Value == "status" {
			status = e.Attr[1].Value
		}
	}
}

func readMarkdown(out string) (string, error) {
	if _, err := reporttest.ReadMarkdown(out); err != nil {
		return "", err
	}
	return statusIn(`(?m)^### .*: (OK|WARNING|CRITICAL|UNKNOWN)$`, out)
}

func readPrometheus(out string) (string, error) {
	parser := expfmt.NewTextParser(model.LegacyValidation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(out))
	if err != nil {
		return "", err
	}
	problems, err := promlint.New(bytes.NewReader([]byte(out))).Lint()
	if err != nil || len(problems) > 0 {
		return "", fmt.Errorf("%v %v", problems, err)
	}
	f := families["ftpdiag_status"]
	if f == nil {
		return "", fmt.Errorf("no status")
	}
	return statusOf(int(f.Metric[0].GetGauge().GetValue())), nil
}
