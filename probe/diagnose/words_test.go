package diagnose

import (
	"maps"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestFill(t *testing.T) {
	values := map[string]string{"address": "10.20.0.10", "seen": "198.51.100.1"}
	for _, test := range []struct{ summary, want string }{
		{"Nothing to fill.", "Nothing to fill."},
		{"It names {address}.", "It names 10.20.0.10."},
		{"It names[ {address}] here.", "It names 10.20.0.10 here."},
		{"It names[ {port}] here.", "It names here."},
		{"It names [{port}|some port].", "It names some port."},
		{"It names [{address}|another] and [{port}|a port].", "It names 10.20.0.10 and a port."},
		{"Both[: {address} and {seen}].", "Both: 10.20.0.10 and 198.51.100.1."},
		{"Not both[: {address} and {port}].", "Not both."},
		{"A lone {port} leaves nothing.", "A lone  leaves nothing."},
		{"An open [choice {address}", "An open choice 10.20.0.10"},
		{"An open {address", "An open 10.20.0.10"},
		{"", ""},
	} {
		if got := fill(test.summary, values); got != test.want {
			t.Errorf("fill(%q) = %q, want %q", test.summary, got, test.want)
		}
	}
}

// What a server sends is a value, never a template.
func TestFillDoesNotLookIntoValues(t *testing.T) {
	values := map[string]string{
		"address": "{seen}[x|y]", "seen": "secret",
		"command": "USER a\nb\t c",
		"reply":   strings.Repeat("ä", 500),
	}
	for summary, want := range map[string]string{
		"<{address}>":   "<{seen}[x|y]>",
		"<[{address}]>": "<{seen}[x|y]>",
		"<{command}>":   "<USER a b c>",
	} {
		if got := fill(summary, values); got != want {
			t.Errorf("fill(%q) = %q, want %q", summary, got, want)
		}
	}
	got := fill("{reply}", values)
	if n := utf8.RuneCountInString(got); n != longestValue || !utf8.ValidString(got) || !strings.HasSuffix(got, "…") {
		t.Errorf("a long value became %d runes: %q", n, got)
	}
}

// copied are what a person copies, as far as it differs from the example.
var copied = map[string]struct {
	values map[string]string
	ports  string
	want   map[string]string // what differs from the example
}{
	"nothing known": {},
	"observed": {
		values: map[string]string{"range": "40000-40050", "peer": "198.51.100.2", "control": "2121"},
		want:   map[string]string{"low": "40000", "high": "40050", "last": "40051", "peer": "198.51.100.2", "control": "2121"},
	},
	"a fixed range": {
		values: map[string]string{"range": "40000-40050"}, ports: "4000-5000",
		want: map[string]string{"low": "4000", "high": "5000", "last": "5001"},
	},
	"another value's range": {
		values: map[string]string{"range": "40000-40050", "passes": "50000-50050"}, ports: valuePasses,
		want: map[string]string{"low": "50000", "high": "50050", "last": "50051"},
	},
	"a wide range that passes": {
		values: map[string]string{"passes": "1024-5000"}, ports: valuePasses,
		want: map[string]string{"low": "4900", "high": "5000", "last": "5001"},
	},
	"ports all over":           {values: map[string]string{"range": "17322-58841"}},
	"another value's, unknown": {values: map[string]string{"range": "40000-40050"}, ports: valuePasses},
	"a private peer":           {values: map[string]string{"peer": "192.168.1.2"}},
	"a peer behind CGNAT":      {values: map[string]string{"peer": "100.64.1.2"}},
	"a loopback peer":          {values: map[string]string{"peer": "127.0.0.1"}},
	"an IPv6 peer":             {values: map[string]string{"peer": "2001:db8::1"}},
	"a shell command": {values: map[string]string{
		"range": "1-2;reboot", "peer": "198.51.100.2;reboot", "control": "21;reboot",
	}},
	"a shell command in another range": {values: map[string]string{"passes": "$(reboot)-5000"}, ports: valuePasses},
	"numbers that are no ports":        {values: map[string]string{"range": "0-70000", "control": "+21"}},
	"one port":                         {values: map[string]string{"range": "5000-5000"}},
	"upside down":                      {values: map[string]string{"range": "5000-4000"}},
}

func TestDirectiveValues(t *testing.T) {
	example := map[string]string{
		"low": "50000", "high": "50100", "last": "50101", "peer": publicAddress, "control": "21",
	}
	for name, test := range copied {
		want := maps.Clone(example)
		maps.Copy(want, test.want)
		if got := directiveValues(test.values, test.ports); !maps.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", name, got, want)
		}
	}
}
