package diagnose

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"ftpdiag/probe/evidence"
)

// Whatever the evidence, the Result is whole, and says nothing that contradicts
// itself.
func TestAnyEvidence(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ev := randomEvidence(t)
		before := inJSON(t, ev)
		r := Diagnose(ev)
		if inJSON(t, ev) != before {
			t.Fatal("the evidence was changed")
		}
		if !reflect.DeepEqual(r, Diagnose(ev)) {
			t.Fatal("the same evidence, another result")
		}
		noNilLists(t, "Result", reflect.ValueOf(*r))
		for _, f := range r.Findings {
			checkFinding(t, ev, f)
		}
		checkOrder(t, r)
		checkStatus(t, r)
		checkCauses(t, r)
	})
}

func inJSON(t *rapid.T, v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// noNilLists: only passes and blocked may be null.
func noNilLists(t *rapid.T, name string, v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		if _, ok := v.Interface().(Timestamp); ok {
			return
		}
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.IsExported() && f.Name != "Passes" && f.Name != "Blocked" {
				noNilLists(t, name+"."+f.Name, v.Field(i))
			}
		}
	case reflect.Slice:
		if v.IsNil() {
			t.Fatalf("%s is nil", name)
		}
		for i := range v.Len() {
			noNilLists(t, fmt.Sprintf("%s[%d]", name, i), v.Index(i))
		}
	}
}

func checkFinding(t *rapid.T, ev *evidence.Evidence, f Finding) {
	switch {
	case f.Summary == "" || f.Layer == "":
		t.Fatalf("%s is not in the catalogue", f.Code)
	case len(f.Evidence) == 0 || len(f.Evidence) > mostEvidence:
		t.Fatalf("%s has %d lines of evidence", f.Code, len(f.Evidence))
	case slices.Contains(f.CouldAlsoBe, f.Code):
		t.Fatalf("%s could also be itself", f.Code)
	case f.Confidence == High && len(f.CouldAlsoBe) > 0:
		t.Fatalf("%s is certain, and could be %v", f.Code, f.CouldAlsoBe)
	case f.Severity != Info && len(f.Who) == 0:
		t.Fatalf("%s is nobody's", f.Code)
	case !slices.Contains([]Severity{Error, Warning, Info}, f.Severity):
		t.Fatalf("%s has severity %q", f.Code, f.Severity)
	case !slices.IsSorted(f.Attempts):
		t.Fatalf("%s has attempts %v", f.Code, f.Attempts)
	}
	for _, id := range f.Attempts {
		if id < 1 || id > len(ev.Attempts) {
			t.Fatalf("%s names attempt %d of %d", f.Code, id, len(ev.Attempts))
		}
	}
}

func checkOrder(t *rapid.T, r *Result) {
	failing := func(f Finding) int {
		if v := r.Modes.Of(f.Mode); v == Fails || v == Intermittent {
			return 0
		}
		return 1
	}
	rank := func(f Finding) string {
		return fmt.Sprintf("%d %d %02d %s", slices.Index(severities, f.Severity), failing(f), slices.Index(layers, f.Layer), f.Code)
	}
	for i := 1; i < len(r.Findings); i++ {
		if a, b := rank(r.Findings[i-1]), rank(r.Findings[i]); a > b {
			t.Fatalf("%s stands before %s", a, b)
		}
	}
}

func checkStatus(t *rapid.T, r *Result) {
	usable := func(v Verdict) bool { return v == Works || v == Conditional || v == Intermittent }
	rec := r.Recommendation
	switch rec.Mode {
	case None:
		if usable(r.Modes.Passive) || usable(r.Modes.Active) || rec.Method != "" {
			t.Fatalf("nothing recommended, although %+v", r.Modes)
		}
	default:
		mode := evidence.Mode(rec.Mode)
		if !usable(r.Modes.Of(mode)) || rec.Method == "" || modeOf(rec.Method) != mode || !usable(r.Methods.Of(rec.Method)) {
			t.Fatalf("recommended %s %s, although %+v %+v", rec.Mode, rec.Method, r.Modes, r.Methods)
		}
	}
	if rec.Reason == "" || !slices.Contains([]string{"off", "explicit", "implicit"}, rec.TLS) {
		t.Fatalf("recommendation %+v", rec)
	}
	hasError := slices.ContainsFunc(r.Findings, func(f Finding) bool { return f.Severity == Error })
	if hasError != (r.Status == StatusCritical) {
		t.Fatalf("status %s, errors %v", r.Status, hasError)
	}
	if r.Status == StatusOK && rec.Mode == None {
		t.Fatal("all is well, and nothing works")
	}
}

// checkCauses: no mode fails, or works only sometimes, without a cause.
func checkCauses(t *rapid.T, r *Result) {
	for _, mode := range []evidence.Mode{evidence.Passive, evidence.Active} {
		v := r.Modes.Of(mode)
		if v != Fails && v != Intermittent && v != Conditional {
			continue
		}
		if !slices.ContainsFunc(r.Findings, func(f Finding) bool { return f.Severity != Info && (f.Mode == mode || f.Mode == "") }) {
			t.Fatalf("%s %s without a cause: %+v", mode, v, r.Findings)
		}
	}
}
