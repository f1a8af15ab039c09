package deploy

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

// promqlToken is a token of PromQL: a string, a matcher list or range, a name, a
// number with its unit, or a single character.
var promqlToken = regexp.MustCompile("\"(?:[^\"\\\\]|\\\\.)*\"|'(?:[^'\\\\]|\\\\.)*'|`[^`]*`" +
	`|#[^\n]*|[a-zA-Z_:][a-zA-Z0-9_:]*|[0-9][0-9a-zA-Z.]*|\S`)

// metricNames lists the metrics that a PromQL expression reads: the names that
// are no function, aggregation, keyword or label.
func metricNames(expr string) (names []string) {
	tokens := slices.DeleteFunc(promqlToken.FindAllString(expr, -1), func(s string) bool { return s[0] == '#' })
	at := func(i int) string {
		if i < len(tokens) {
			return tokens[i]
		}
		return ""
	}
	for i := 0; i < len(tokens); i++ {
		word := tokens[i]
		switch {
		case word == "{":
			i = after(tokens, i, "}")
		case word == "[":
			i = after(tokens, i, "]")
		case slices.Contains([]string{"by", "without", "on", "ignoring", "group_left", "group_right"}, strings.ToLower(word)):
			if at(i+1) == "(" {
				i = after(tokens, i+1, ")")
			}
		case slices.Contains([]string{"and", "or", "unless", "atan2", "bool", "offset", "inf", "nan"}, strings.ToLower(word)):
		case !isName(word), at(i+1) == "(", at(i+1) == "by", at(i+1) == "without":
		default:
			names = append(names, word)
		}
	}
	return names
}

// after is the place of the next closing token.
func after(tokens []string, i int, closing string) int {
	for i < len(tokens) && tokens[i] != closing {
		i++
	}
	return i
}

func isName(token string) bool {
	return token[0] == '_' || token[0] == ':' || 'a' <= token[0]|0x20 && token[0]|0x20 <= 'z'
}

func TestMetricNames(t *testing.T) {
	tests := []struct {
		expr string
		want string
	}{
		{`up`, "up"},
		{`max without (mode) (ftpdiag_mode_works) == 0`, "ftpdiag_mode_works"},
		{`sum(a) by (b) / on (c) group_left (d) e{f="g", h=~'i}'}`, "a e"},
		{`0 < cert_seconds{x="}"} - time() < 21 * 24 * 3600`, "cert_seconds"},
		{`a unless ignoring (mode) b and c or d offset 5m`, "a b c d"},
		{`rate(a_total{instance=~"$instance"}[$__rate_interval])`, "a_total"},
		{`topk(5, count by (code, who) (f{severity!="info"} == 1))`, "f"},
		{"a # b\n+ bool `c` > bool 1e3", "a"},
		{`histogram_quantile(0.9, sum by (le) (rate(x_bucket[5m])))`, "x_bucket"},
		{`changes(ftpdiag_status[1h:2m]) >= 4`, "ftpdiag_status"},
	}
	for _, tt := range tests {
		if got := strings.Join(metricNames(tt.expr), " "); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.expr, got, tt.want)
		}
	}
}
