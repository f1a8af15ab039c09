package report

import (
	"fmt"
	"strconv"
	"strings"

	"ftpdiag/probe/diagnose"
	"ftpdiag/probe/evidence"
	"ftpdiag/report/metrics"
	"ftpdiag/report/threshold"
)

// performance is the performance data of a result, 'label'=value[UOM];warn;crit;min;max
// with a space between. The labels begin with prefix. Always the same labels are
// there, so that a graph has no gaps: what is not known is U. Only a certificate
// may be missing.
func (n Nagios) performance(prefix string, r *diagnose.Result) string {
	var data []string
	add := func(name, value, uom, warn, crit, least, most string) {
		data = append(data, fmt.Sprintf("%s=%s%s;%s;%s;%s;%s", dataLabel(prefix+name), value, uom, warn, crit, least, most))
	}
	for _, name := range threshold.Measures() {
		warn, crit := rangeText(n.Limits.Warning, name), rangeText(n.Limits.Critical, name)
		value, known := threshold.Measure(r, name)
		switch {
		case name == "cert_days" && !known:
		case name == "cert_days":
			if warn == "" && r.Options.CertDays > 0 {
				warn = fmt.Sprintf("%d:", r.Options.CertDays) // the diagnosis itself warns
			}
			add(name, decimal(value), "", warn, crit, "", "")
		case known:
			add(name, decimal(value), "s", warn, crit, "0", "")
		default:
			add(name, "U", "", warn, crit, "0", "")
		}
	}
	for _, mode := range []evidence.Mode{evidence.Passive, evidence.Active} {
		value := "U"
		if share, known := metrics.Share(r, mode); known {
			value = decimal(share)
		}
		add(string(mode), value, "", "", "", "0", "1")
	}
	return strings.Join(data, " ")
}

func rangeText(ranges map[string]threshold.Range, name string) string {
	if r, ok := ranges[name]; ok {
		return r.String()
	}
	return ""
}

func decimal(n float64) string { return strconv.FormatFloat(n, 'f', -1, 64) }

// dataLabel quotes a label: a quote in it is doubled, and it holds no =.
func dataLabel(s string) string {
	s = strings.NewReplacer("'", "''", "=", "_", "|", "¦", "\n", " ").Replace(s)
	return "'" + s + "'"
}
