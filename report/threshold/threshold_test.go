package threshold

import (
	"math"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"ftpdiag/probe/diagnose"
	"ftpdiag/probe/evidence"
)

// TestRange: the examples of the guidelines, and what is none.
func TestRange(t *testing.T) {
	for _, c := range []struct {
		text          string
		alerts, quiet []float64
		err           string
	}{
		{"10", []float64{-0.1, 10.1}, []float64{0, 10}, ""},
		{"10:", []float64{9.9, -1}, []float64{10, 1e9}, ""},
		{"~:10", []float64{10.1}, []float64{10, -1e9}, ""},
		{"10:20", []float64{9, 21}, []float64{10, 15, 20}, ""},
		{"@10:20", []float64{10, 15, 20}, []float64{9, 21}, ""},
		{":10", []float64{-1, 11}, []float64{0, 10}, ""},
		{"~:", nil, []float64{-1e9, 0, 1e9}, ""},
		{"@~:", []float64{-1e9, 0, 1e9}, nil, ""},
		{"-5:-2.5", []float64{-2.4, -6}, []float64{-5, -2.5}, ""},
		{"0", []float64{1, -1}, []float64{0}, ""},
		{".5", []float64{0.51}, []float64{0.5}, ""},
		{"", nil, nil, "empty"},
		{"@", nil, nil, "empty"},
		{":", nil, nil, "empty"},
		{"~", nil, nil, `"~" is not a number`},
		{"20:10", nil, nil, "begins at 20, above its end"},
		{"1:~", nil, nil, `"~" is not a number`},
		{"1:2:3", nil, nil, `"2:3" is not a number`},
		{"0.5s", nil, nil, `"0.5s" is not a number`},
		{"1e3", nil, nil, "not a number"},
		{"nan", nil, nil, "not a number"},
		{"inf:", nil, nil, "not a number"},
		{"0x10", nil, nil, "not a number"},
		{"1_0", nil, nil, "not a number"},
		{"1.", []float64{1.1}, []float64{1}, ""},
		{".", nil, nil, "not a number"},
		{" 1", nil, nil, "not a number"},
		{strings.Repeat("9", 400), nil, nil, "not a number"},
	} {
		r, err := ParseRange(c.text)
		if (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
			t.Errorf("ParseRange(%q): %v, want %q", c.text, err, c.err)
		}
		for _, v := range c.alerts {
			if !r.Alerts(v) {
				t.Errorf("%q is quiet at %v", c.text, v)
			}
		}
		for _, v := range c.quiet {
			if r.Alerts(v) {
				t.Errorf("%q alerts at %v", c.text, v)
			}
		}
	}
}

// TestRangeOfAnyNumbers: a range that is written and read is the same, and it
// alerts where the words of the guidelines say so.
func TestRangeOfAnyNumbers(t *testing.T) {
	bound := rapid.Map(rapid.Int64Range(-1e12, 1e12), func(n int64) float64 { return float64(n) / 1000 })
	rapid.Check(t, func(t *rapid.T) {
		a, b := bound.Draw(t, "a"), bound.Draw(t, "b")
		want := Range{Start: min(a, b), End: max(a, b), Inside: rapid.Bool().Draw(t, "inside")}
		switch rapid.IntRange(0, 3).Draw(t, "open") {
		case 0:
			want.Start = math.Inf(-1)
		case 1:
			want.End = math.Inf(1)
		case 2:
			want.Start, want.End = 0, math.Abs(a)
		}
		got, err := ParseRange(want.String())
		if err != nil || got != want {
			t.Fatalf("%+v is written %s, which is read as %+v, %v", want, want, got, err)
		}
		v := bound.Draw(t, "value")
		outside := v < want.Start || v > want.End
		if got.Alerts(v) == (outside == want.Inside) {
			t.Fatalf("%s at %v", want, v)
		}
	})
}

// FuzzParseRange: whatever is read can be written and read again.
func FuzzParseRange(f *testing.F) {
	for _, s := range []string{"10", "10:", "~:10", "10:20", "@10:20", "", "-0", "+1:2", "@:5", "1e3"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		r, err := ParseRange(s)
		if err != nil {
			return
		}
		if again, err := ParseRange(r.String()); err != nil || again != r {
			t.Errorf("%q is %+v, written %s, read as %+v, %v", s, r, r, again, err)
		}
	})
}

func TestLimits(t *testing.T) {
	connect, login := evidence.Millis(250*time.Millisecond), evidence.Millis(1500*time.Millisecond)
	whole := func() *diagnose.Result {
		return &diagnose.Result{
			Started: diagnose.Timestamp{Time: time.Unix(1e9, 0)}, Duration: evidence.Millis(3 * time.Second), Status: diagnose.StatusOK,
			Sessions: []evidence.Session{{Purpose: evidence.PurposeDiagnose, Connect: &connect, Login: &login}},
			Server: diagnose.Server{Server: evidence.Server{TLS: &evidence.TLS{Certificate: &evidence.Certificate{
				NotAfter: evidence.Time{Time: time.Unix(1e9, 0).Add(20*24*time.Hour - time.Second)},
			}}}},
		}
	}
	set := func(pairs ...string) map[string]Range {
		m := map[string]Range{}
		for i := 0; i < len(pairs); i += 2 {
			r, err := ParseRange(pairs[i+1])
			if err != nil {
				t.Fatal(err)
			}
			m[pairs[i]] = r
		}
		return m
	}
	limit := func(what string, value float64, text string, s diagnose.Status) diagnose.Limit {
		return diagnose.Limit{What: what, Value: value, Range: text, Status: s}
	}
	for _, c := range []struct {
		name   string
		r      *diagnose.Result
		limits Limits
		want   diagnose.Status
		limit  []diagnose.Limit
	}{
		{"none", whole(), Limits{}, diagnose.StatusOK, nil},
		{"within", whole(), Limits{Warning: set("connect", "0.25", "login", "2", "total", "3", "cert_days", "19:")}, diagnose.StatusOK, nil},
		{"warning", whole(), Limits{Warning: set("connect", "0.2"), Critical: set("connect", "1")}, diagnose.StatusWarning,
			[]diagnose.Limit{limit("connect", 0.25, "0.2", diagnose.StatusWarning)}},
		{"critical", whole(), Limits{Warning: set("login", "1"), Critical: set("login", "1.2")}, diagnose.StatusCritical,
			[]diagnose.Limit{limit("login", 1.5, "1.2", diagnose.StatusCritical)}},
		{"two", whole(), Limits{Warning: set("cert_days", "21:"), Critical: set("total", "2")}, diagnose.StatusCritical,
			[]diagnose.Limit{limit("total", 3, "2", diagnose.StatusCritical), limit("cert_days", 19, "21:", diagnose.StatusWarning)}},
		{"not known", &diagnose.Result{Status: diagnose.StatusOK}, Limits{Critical: set("connect", "@~:", "login", "@~:", "cert_days", "@~:")},
			diagnose.StatusOK, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.limits.Apply(c.r)
			var got []diagnose.Limit
			if c.r.Gated != nil {
				got = c.r.Gated.Exceeded
			}
			if c.r.Status != c.want || !reflect.DeepEqual(got, c.limit) {
				t.Errorf("%s, %+v, want %s, %+v", c.r.Status, got, c.want, c.limit)
			}
		})
	}
	if v, known := Measure(whole(), "nonsense"); known {
		t.Errorf("nonsense is %v", v)
	}
	expired := whole()
	expired.Server.TLS.Certificate.NotAfter.Time = time.Unix(1e9, 0).Add(-time.Second)
	if v, _ := Measure(expired, "cert_days"); v != -1 {
		t.Errorf("a second too late are %s days", strconv.FormatFloat(v, 'f', -1, 64))
	}
}
