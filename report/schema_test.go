package report_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"math/rand"
	"slices"
	"strings"
	"testing"

	"ftpdiag/report"
	"ftpdiag/report/reporttest"
)

// nullable are the values that may be null, as the contract lists them.
var nullable = strings.Fields(`
	/addresses/*/connect_ms /addresses/*/failure
	/attempts/*/accepted_from /attempts/*/asked_ms /attempts/*/connected_ms /attempts/*/dialed /attempts/*/failure
	/attempts/*/first_byte_ms /attempts/*/foreign /attempts/*/library /attempts/*/listened /attempts/*/mark
	/attempts/*/marked_ms /attempts/*/method /attempts/*/mode /attempts/*/negotiated_ms /attempts/*/negotiation
	/attempts/*/offered /attempts/*/replied_ms /attempts/*/reply /attempts/*/resumed /attempts/*/syn_seen
	/attempts/*/syn_seen/from /contact_lost
	/findings/*/blocked_at /findings/*/blocked_at/after_hop /findings/*/blocked_at/host_distance
	/findings/*/blocked_at/icmp /findings/*/blocked_at/icmp_from /findings/*/mode
	/gate
	/passive_ports/blocked /passive_ports/passes /passive_ports/share
	/recommendation/method
	/repeats /repeats/active/share /repeats/differences/*/mode /repeats/methods/EPRT/share /repeats/methods/EPSV/share
	/repeats/methods/PASV/share /repeats/methods/PORT/share /repeats/passive/share /repeats/tries/*/code /repeats/tries/*/ip
	/resolve/failure
	/sessions/*/connect_ms /sessions/*/ended /sessions/*/failure /sessions/*/greeting_ms /sessions/*/login_ms
	/sessions/*/reply /sessions/*/seen_as
	/attempts/*/encrypted_ms /server/tls /server/tls/certificate /server/tls/certificate/not_after
	/server/tls/certificate/not_before /server/tls/certificate/problem /sessions/*/auth /sessions/*/handshake_ms
	/sessions/*/protection /sessions/*/tls_limit /sessions/*/tls_version
	/walks/*/answer_from /walks/*/endpoint /walks/*/host_distance /walks/*/icmp`)

// belowZero is the one number that may be: the days that a certificate has left.
const belowZero = "/gate/exceeded/*/value"

// open are the words to which a later version may add.
var open = strings.Fields(`
	/attempts/*/failure/kind /attempts/*/failure/op /findings/*/code /findings/*/could_also_be/*
	/findings/*/fixes/*/who /findings/*/layer /findings/*/who/* /gate/fail_on/* /gate/ignored/* /recommendation/conditions/*/code
	/repeats/differences/*/what /repeats/tries/*/code`)

// closed are the words of which readers may rely on the list.
var closed = strings.Fields(`
	/attempts/*/mode /attempts/*/outcome
	/findings/*/mode /findings/*/severity /gate/exceeded/*/status
	/methods/EPRT /methods/EPSV /methods/PASV /methods/PORT /modes/active /modes/passive
	/options/tls /repeats/differences/*/mode /repeats/tries/*/active /repeats/tries/*/passive /repeats/tries/*/status
	/recommendation/mode /recommendation/tls /status /target/tls`)

// TestSchemaNeedsEveryField: a line without any one of its fields is wrong. With
// TestSchemaAccepts this also says that the schema and the struct name the same
// fields.
func TestSchemaNeedsEveryField(t *testing.T) {
	eachPlace(t, func(p place) {
		if p.remove == nil {
			return
		}
		p.remove()
		if p.valid(t) {
			t.Errorf("%s may be missing: add it to the schema", p.path)
		}
	})
}

func TestSchemaAccepts(t *testing.T) {
	if err := check(t, fullDocument(t)); err != nil {
		t.Fatal(err)
	}
	doc := fullDocument(t)
	doc["field_of_tomorrow"] = 1
	doc["target"].(map[string]any)["field_of_tomorrow"] = []int{1}
	if err := check(t, doc); err != nil {
		t.Errorf("a new field: %v", err)
	}
}

func TestSchemaNulls(t *testing.T) {
	var got []string
	eachPlace(t, func(p place) {
		p.set(nil)
		if p.valid(t) {
			got = append(got, p.path)
		}
	})
	sameList(t, "may be null", got, nullable)
}

func TestSchemaTypes(t *testing.T) {
	eachPlace(t, func(p place) {
		wrong := []any{true, "", map[string]any{}, []any{}, -1}
		switch p.value.(type) {
		case bool:
			wrong = slices.Delete(wrong, 0, 1)
		case string: // "" has its own tests
			wrong = slices.Delete(wrong, 1, 2)
		case map[string]any: // {} is wrong too: it lacks its fields
		case []any:
			wrong = slices.Delete(wrong, 3, 4)
		}
		for _, w := range wrong {
			if w == -1 && p.path == belowZero {
				continue
			}
			if p.set(w); p.valid(t) {
				t.Errorf("%s may be %#v", p.path, w)
			}
		}
	})
}

func TestSchemaWords(t *testing.T) {
	eachPlace(t, func(p place) {
		if _, ok := p.value.(string); !ok {
			return
		}
		p.set("of-tomorrow")
		valid := p.valid(t)
		if slices.Contains(open, p.path) && !valid {
			t.Errorf("%s takes no new word", p.path)
		}
		if slices.Contains(closed, p.path) && valid {
			t.Errorf("%s takes a word that is in no list", p.path)
		}
		for _, s := range []string{"a\x1b[31mb", "\u009b", "\u202e", "\u2028", "\t"} {
			if p.set(s); p.valid(t) {
				t.Errorf("%s takes the control character %q", p.path, s)
			}
		}
	})
	for _, path := range slices.Concat(open, closed) {
		if len(placesAt(t, path)) == 0 {
			t.Errorf("there is no %s", path)
		}
	}
}

// TestSchemaMore are mistakes of other kinds.
func TestSchemaMore(t *testing.T) {
	for path, wrong := range map[string]any{
		"/schema":                "ftpdiag/2",
		"/started":               "2026-01-02T03:04:05Z",
		"/target/port":           65536,
		"/passive_ports/passes":  []any{1024},
		"/passive_ports/blocked": []any{1, 2, 3},
		"/passive_ports/share":   1.5,
		"/attempts/*/dialed":     "203.0.113.10",
		"/attempts/*/method":     "",
		"/attempts/*/bytes":      1.5,
		"/addresses/*/family":    5,
		"/sessions/*/seen_as":    "",
	} {
		found := placesAt(t, path)
		if len(found) == 0 {
			t.Errorf("there is no %s", path)
		}
		for _, p := range found {
			if p.set(wrong); p.valid(t) {
				t.Errorf("%s may be %#v", path, wrong)
			}
		}
	}
}

// TestCheckWantsOneLine: reporttest sees more than the schema does.
func TestCheckWantsOneLine(t *testing.T) {
	line, err := json.Marshal(fullDocument(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, wrong := range []string{"", "{", string(line) + "\n" + string(line), string(line) + "{}", "{\n" + string(line[1:])} {
		if reporttest.Check([]byte(wrong)) == nil {
			t.Errorf("accepted %.40q", wrong)
		}
	}
	if err := reporttest.Check(append(line, '\n')); err != nil {
		t.Error(err)
	}
}

// fullDocument is a valid line in which nothing is null and no list empty.
func fullDocument(t *testing.T) map[string]any {
	t.Helper()
	g := generator{Rand: rand.New(rand.NewSource(1)), full: true}
	var out bytes.Buffer
	if err := (report.JSON{}).Render(&out, g.result()); err != nil {
		t.Fatal(err)
	}
	var doc map[string]any
	if err := json.Unmarshal(out.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	return doc
}

// place is a value in a document, which can be put otherwise or taken away.
type place struct {
	path   string
	value  any
	set    func(any)
	remove func() // nil in a list
	doc    map[string]any
}

// valid tells whether the schema accepts the document as it is now.
func (p place) valid(t *testing.T) bool {
	t.Helper()
	return check(t, p.doc) == nil
}

func check(t *testing.T, doc map[string]any) error {
	t.Helper()
	line, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	return reporttest.Check(line)
}

// eachPlace calls try for every value of a document, and puts it back.
func eachPlace(t *testing.T, try func(place)) {
	t.Helper()
	doc := fullDocument(t)
	for _, p := range places(doc, "", doc) {
		try(p)
		p.set(p.value)
	}
	if err := check(t, doc); err != nil {
		t.Fatalf("not put back: %v", err)
	}
}

// placesAt are the values with one path.
func placesAt(t *testing.T, path string) []place {
	t.Helper()
	doc := fullDocument(t)
	return slices.DeleteFunc(places(doc, "", doc), func(p place) bool { return p.path != path })
}

// places lists every value below v.
func places(doc map[string]any, path string, v any) []place {
	var all []place
	switch v := v.(type) {
	case map[string]any:
		for _, k := range slices.Sorted(maps.Keys(v)) {
			p := place{path + "/" + k, v[k], func(x any) { v[k] = x }, func() { delete(v, k) }, doc}
			all = append(append(all, p), places(doc, p.path, v[k])...)
		}
	case []any:
		for i := range v {
			p := place{path + "/*", v[i], func(x any) { v[i] = x }, nil, doc}
			all = append(append(all, p), places(doc, p.path, v[i])...)
		}
	}
	return all
}

func sameList(t *testing.T, what string, got, want []string) {
	t.Helper()
	got = slices.Compact(slices.Sorted(slices.Values(got)))
	want = slices.Sorted(slices.Values(want))
	for _, g := range got {
		if !slices.Contains(want, g) {
			t.Errorf("%s %s, which the contract does not say", g, what)
		}
	}
	for _, w := range want {
		if !slices.Contains(got, w) {
			t.Errorf("%s %s by the contract, but not by the schema", w, what)
		}
	}
}
