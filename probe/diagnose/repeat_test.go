package diagnose

import (
	"encoding/json"
	"fmt"
	"math/rand"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"ftpdiag/probe/evidence"
)

var dawn = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// runOf is the diagnosis of a run that began so many seconds after dawn.
func runOf(second int, parts ...part) *Result {
	ev := given(parts...)
	ev.Started = dawn.Add(time.Duration(second) * time.Second)
	return Diagnose(ev)
}

// Runs of one kind or another. In all of them active mode works, unless they say
// otherwise.
var (
	bothActive    = []part{eprt(works(100)), port(works(100))}
	neitherActive = []part{eprt(fails(evidence.OpDataAccept, evidence.KindTimedOut)), port(fails(evidence.OpDataAccept, evidence.KindTimedOut))}
)

func all(parts ...[]part) []part { return slices.Concat(parts...) }

func passiveAt(ports ...int) []part {
	return []part{epsv(ports[0], works(100)), pasv(ports[1], works(100))}
}

func silentAt(ports ...int) []part {
	return []part{epsv(ports[0], dial(evidence.KindTimedOut)), pasv(ports[1], dial(evidence.KindTimedOut))}
}

func busy(ev *evidence.Evidence) {
	ev.Sessions = nil
	refusedAt(evidence.OpGreeting, "", "421 There are too many connected users, please try later.")(ev)
}

// series of runs: G good, B bad (passive ports silent), S stopped at the greeting.
func seriesOf(pattern string, more func(i int, kind byte) []part) []*Result {
	var out []*Result
	for i := range len(pattern) {
		var parts []part
		if more != nil {
			parts = more(i, pattern[i])
		}
		switch pattern[i] {
		case 'G':
			parts = all(parts, passiveAt(30000+97*i%1000, 31000-89*i%1000), bothActive)
		case 'B':
			parts = all(parts, silentAt(30050+97*i%1000, 31050-89*i%1000), bothActive)
		case 'S':
			parts = all(parts, []part{busy})
		case 'A': // nothing works
			parts = all(parts, silentAt(30050+97*i%1000, 31050-89*i%1000), neitherActive)
		}
		out = append(out, runOf(60*i, parts...))
	}
	return out
}

// story is what matters of a repeated result, in lines.
func story(r *Result) string {
	var b strings.Builder
	share := func(s Share) string {
		if s.Share == nil {
			return fmt.Sprintf("%d/%d", s.Worked, s.Tried)
		}
		return fmt.Sprintf("%d+%d/%d %.2f", s.Worked, s.Partly, s.Tried, *s.Share)
	}
	fmt.Fprintf(&b, "%s passive %s %s active %s %s use %s %s %s\n", r.Status, r.Modes.Passive, share(r.Repeats.Passive),
		r.Modes.Active, share(r.Repeats.Active), r.Recommendation.Mode, r.Recommendation.Method, r.Recommendation.Confidence)
	for _, f := range r.Findings {
		if f.Severity != Info {
			fmt.Fprintf(&b, "%s %s %s %s: %s\n", f.Severity, f.Code, f.Mode, f.Confidence, f.Evidence[0])
		}
	}
	for _, d := range r.Repeats.Differences {
		fmt.Fprintf(&b, "%s: %s | %s\n", d.What, d.Good, d.Bad)
	}
	return strings.TrimSpace(b.String())
}

func TestRepeated(t *testing.T) {
	for _, c := range []struct {
		name string
		runs []*Result
		want string
	}{
		{"all good", seriesOf("GGG", nil), `
			ok passive works 3+0/3 1.00 active works 3+0/3 1.00 use passive EPSV high
		`},
		{"all bad", seriesOf("BBB", nil), `
			ok passive fails 0+0/3 0.00 active works 3+0/3 1.00 use active EPRT high
			warning passive-ports-dropped passive medium: 229 Entering Extended Passive Mode (|||30244|)
		`},
		{"passive now and then, active always", seriesOf("GBGGBGBGGG", nil), `
			ok passive intermittent 7+0/10 0.70 active works 10+0/10 1.00 use active EPRT high
			warning passive-ports-dropped passive low: passive mode worked in 7 of 10 runs
		`},
		{"passive is what is asked for, and mostly works", seriesOf("GBGGBGBGGG", func(int, byte) []part { return []part{expects("passive")} }), `
			warning passive intermittent 7+0/10 0.70 active works 10+0/10 1.00 use active EPRT high
			warning passive-ports-dropped passive low: passive mode worked in 7 of 10 runs
		`},
		{"and mostly fails", seriesOf("GBBBGBBBGB", func(int, byte) []part { return []part{expects("passive")} }), `
			critical passive intermittent 3+0/10 0.30 active works 10+0/10 1.00 use active EPRT high
			error passive-ports-dropped passive low: passive mode worked in 3 of 10 runs
		`},
		{"half is a warning", seriesOf("GBBG", func(int, byte) []part { return []part{expects("passive")} }), `
			warning passive intermittent 2+0/4 0.50 active works 4+0/4 1.00 use active EPRT high
			warning passive-ports-dropped passive low: passive mode worked in 2 of 4 runs
		`},
		{"both modes at once, mostly", seriesOf("GAGAG", nil), `
			warning passive intermittent 3+0/5 0.60 active intermittent 3+0/5 0.60 use passive EPSV low
			warning active-inbound-dropped active low: active mode worked in 3 of 5 runs
			warning passive-ports-dropped passive low: passive mode worked in 3 of 5 runs
		`},
		{"both modes at once, seldom", seriesOf("AGAAA", nil), `
			critical passive intermittent 1+0/5 0.20 active intermittent 1+0/5 0.20 use passive EPSV low
			error passive-ports-dropped passive low: passive mode worked in 1 of 5 runs
			warning active-inbound-dropped active low: active mode worked in 1 of 5 runs
		`},
		{"the other mode fails now and then where this one always does", seriesOf("BAB", nil), `
			warning passive fails 0+0/3 0.00 active intermittent 2+0/3 0.67 use active EPRT low
			warning active-inbound-dropped active low: active mode worked in 2 of 3 runs
			warning passive-ports-dropped passive medium: 229 Entering Extended Passive Mode (|||30147|)
		`},
		{"busy now and then", seriesOf("GSGG", nil), `
			warning passive works 3+0/3 1.00 active works 3+0/3 1.00 use passive EPSV low
			warning greeting-busy  low: in 1 of 4 runs
		`},
		{"busy mostly", seriesOf("SSGS", nil), `
			critical passive works 1+0/1 1.00 active works 1+0/1 1.00 use passive EPSV low
			error greeting-busy  low: in 3 of 4 runs
		`},
		{"busy always", seriesOf("SS", nil), `
			critical passive not_tested 0/0 active not_tested 0/0 use none  medium
			error greeting-busy  medium: 421 There are too many connected users, please try later.
		`},
	} {
		if got := story(Repeated(c.runs)); got != unindent(c.want) {
			t.Errorf("%s:\n%s\nwant\n%s", c.name, got, unindent(c.want))
		}
	}
}

// What differed is named where it parts what worked from what failed, and not
// otherwise.
func TestDifferences(t *testing.T) {
	at := func(good, bad part) func(int, byte) []part {
		return func(_ int, kind byte) []part {
			if kind == 'G' {
				return []part{good}
			}
			return []part{bad}
		}
	}
	numbered := func(text string) func(int, byte) []part {
		return func(i int, _ byte) []part { return []part{greets(fmt.Sprintf(text, i))} }
	}
	for _, c := range []struct {
		name string
		runs []*Result
		want []string
	}{
		{"nothing", seriesOf("GBGBGB", nil), nil},
		{"too few", seriesOf("GB", at(peer(serverIP), peer(serverV6))), nil},
		{"one against many", seriesOf("GBBBB", at(peer(serverIP), peer("203.0.113.99"))), nil},
		{"the family", seriesOf("GBGB", at(peer(serverIP), peer(serverV6))), []string{
			"In passive mode all 2 runs that failed went over IPv6, all 2 that worked over IPv4."}},
		{"the address", seriesOf("GBBG", at(peer(serverIP), peer("203.0.113.99"))), []string{
			"In passive mode all 2 runs that failed went to 203.0.113.99, all 2 that worked to 203.0.113.10."}},
		{"the address, in both modes", seriesOf("GAAG", at(peer(serverIP), peer("203.0.113.99"))), []string{
			"All 2 runs that failed went to 203.0.113.99, all 2 that worked to 203.0.113.10."}},
		{"the address of a busy one", seriesOf("GSSG", at(peer(serverIP), peer("203.0.113.99"))), []string{
			"All 2 runs that came to no transfer went to 203.0.113.99, all 2 that did to 203.0.113.10."}},
		{"the backend", seriesOf("GBGB", at(greets("web01 FTP ready"), greets("web02 FTP ready"))), []string{
			`In passive mode all 2 runs that failed met the server that greets "web02 FTP ready", all 2 that worked the one that greets "web01 FTP ready".`}},
		{"the backend, with a clock", seriesOf("GBGB", func(i int, kind byte) []part {
			return []part{greets(fmt.Sprintf("web0%d ready at 12:0%d", strings.IndexByte("GB", kind), i))}
		}), []string{
			`In passive mode all 2 runs that failed met the server that greets "web01 ready at #", all 2 that worked the one that greets "web00 ready at #".`}},
		{"a clock in the greeting", seriesOf("GBGB", numbered("You are user number %d of 50. Local time is now 12:0%[1]d.")), nil},
		{"a name of its own for each connection", seriesOf("GBGB", numbered("session s%d")), nil},
		{"since a time", seriesOf("GGGBBB", nil), []string{
			"In passive mode all 3 runs that failed began at 03:07:05 UTC or later, all 3 that worked at 03:06:05 UTC or before."}},
		{"until a time", seriesOf("BBBGGGG", nil), []string{
			"In passive mode all 3 runs that failed began at 03:06:05 UTC or before, all 4 that worked at 03:07:05 UTC or later."}},
		{"a time by chance", seriesOf("GGBB", nil), nil},
		{"no time", seriesOf("GGGBBBG", nil), nil},
	} {
		var got []string
		for _, d := range Repeated(c.runs).Repeats.Differences {
			got = append(got, d.Text)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s:\n%s\nwant\n%s", c.name, strings.Join(got, "\n"), strings.Join(c.want, "\n"))
		}
	}
}

// onPorts are runs with two passive dials each, of which those above 5000 are
// silent.
func onPorts(pairs ...[2]int) []*Result {
	var out []*Result
	for i, pair := range pairs {
		step := func(p int) tried {
			if p > 5000 {
				return dial(evidence.KindTimedOut)
			}
			return works(100)
		}
		out = append(out, runOf(60*i, all([]part{epsv(pair[0], step(pair[0])), pasv(pair[1], step(pair[1]))}, bothActive)...))
	}
	return out
}

// Each run goes one way; only all ports together show why.
func TestPortsOfAllRuns(t *testing.T) {
	r := Repeated(onPorts([2]int{2000, 3000}, [2]int{60000, 5010}, [2]int{4990, 1100}, [2]int{40000, 50000}, [2]int{1500, 4000}, [2]int{30000, 20000}))
	want := unindent(`
		ok passive intermittent 3+0/6 0.50 active works 6+0/6 1.00 use active EPRT high
		warning passive-low-ports-only passive low: passive mode worked in 3 of 6 runs
		port: ports 1100 to 4990 | ports 5010 to 60000`)
	if got := story(r); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
	f := r.Findings[0]
	if f.Evidence[1] != "In passive mode all 6 tries that failed dialled ports 5010 to 60000, all 6 that worked ports 1100 to 4990." {
		t.Errorf("evidence %q", f.Evidence)
	}
	if !slices.Contains(f.CouldAlsoBe, PassivePortsDropped) || len(f.Attempts) == 0 {
		t.Errorf("could also be %v, attempts %v", f.CouldAlsoBe, f.Attempts)
	}
	for _, id := range f.Attempts {
		if !slices.ContainsFunc(r.Attempts, func(a evidence.Attempt) bool { return a.ID == id }) {
			t.Errorf("attempt %d is in no list", id)
		}
	}
	p := r.PassivePorts
	if !reflect.DeepEqual(p.Passes, []int{1100, 4990}) || !reflect.DeepEqual(p.Blocked, []int{5010, 60000}) || *p.Share != 0.5 || len(p.Works) != 6 || len(p.Fails) != 6 {
		t.Errorf("passive ports %+v, share %v", p, *p.Share)
	}
	if r.Repeats.Shown != 6 || !reflect.DeepEqual(r.Repeats.Tries[5].Ports, []int{30000, 20000}) {
		t.Errorf("shown %d, tries %+v", r.Repeats.Shown, r.Repeats.Tries)
	}
}

// Runs that go both ways by themselves are tries enough.
func TestPortsOfMixedRuns(t *testing.T) {
	r := Repeated(onPorts([2]int{2000, 60000}, [2]int{60001, 3000}, [2]int{4990, 5100}))
	if r.Modes.Passive != Intermittent || r.Repeats.Passive.Partly+r.Repeats.Passive.Worked != 3 {
		t.Errorf("%s", story(r))
	}
	if d := r.Repeats.Differences; len(d) != 1 || d[0].What != "port" || d[0].Bad != "ports 5100 to 60001" || d[0].Mode != evidence.Passive {
		t.Errorf("%+v", d)
	}
}

// A run that goes both ways is no single try, however its mode is judged.
func TestPortsOfConditionalRuns(t *testing.T) {
	runs := onPorts([2]int{4000, 60000}, [2]int{60000, 4000}, [2]int{60000, 60000}, [2]int{4000, 60000}, [2]int{60000, 4000}, [2]int{4000, 4000})
	for _, r := range runs { // as where two dials are too few to tell ports from methods
		if r.Modes.Passive == Intermittent {
			r.Modes.Passive = Conditional
		}
	}
	r := Repeated(runs)
	if r.Modes.Passive != Intermittent || r.Repeats.Passive.Partly != 4 || r.Repeats.Passive.Worked != 1 || *r.Repeats.Passive.Share != 0.5 {
		t.Errorf("%s", story(r))
	}
	if d := r.Repeats.Differences; len(d) != 1 || d[0].Good != "port 4000" || d[0].Bad != "port 60000" {
		t.Errorf("%+v", d)
	}
}

// Where EPSV and PASV part the tries as well, that is said.
func TestPortsOfMethods(t *testing.T) {
	var pairs [][2]int
	for i := range 6 {
		pairs = append(pairs, [2]int{4000 + i, 60000 - i})
		d := Repeated(onPorts(append(pairs, [2]int{4100, 60100})...)).Repeats.Differences
		if i < 3 && len(d) != 0 {
			t.Errorf("from %d runs: %+v", i+2, d)
		}
		if i == 5 && (len(d) != 1 || d[0].Text != "In passive mode all 7 tries that failed dialled ports 59995 to 60100, all 7 that worked ports 4000 to 4100; "+
			"the former used PASV, the latter EPSV, so it may as well be the command.") {
			t.Errorf("from %d runs: %+v", i+2, d)
		}
	}
}

// Runs that say the same are the last of them.
func TestRepeatedAlike(t *testing.T) {
	for _, parts := range [][]part{all(passiveAt(30000, 31000), bothActive), all(silentAt(30000, 31000), bothActive), {busy}, all(silentAt(1, 2), neitherActive),
		all([]part{epsv(2000, works(100)), epsv(60000, dial(evidence.KindTimedOut)), pasv(4000, works(100)), pasv(60001, dial(evidence.KindTimedOut))}, bothActive)} {
		first, last := runOf(0, parts...), runOf(90, parts...)
		r := Repeated([]*Result{first, last})
		if r.Repeats == nil || r.Repeats.Runs != 2 || r.Repeats.Shown != 2 || len(r.Repeats.Tries) != 2 {
			t.Fatalf("%+v", r.Repeats)
		}
		r.Repeats = nil
		if !reflect.DeepEqual(r, last) {
			t.Errorf("got\n%s\nwant\n%s", text(t, r), text(t, last))
		}
	}
}

// What guards count adds up over the runs, also of runs that went alike.
func TestRepeatedSent(t *testing.T) {
	sent := func(n int, spared bool) part {
		return func(ev *evidence.Evidence) {
			ev.Sent = evidence.Sent{DeadSYNs: n, Connections: n + 1, Logins: 1, Spared: spared}
		}
	}
	lost := lostAt(2000, 1, evidence.KindTimedOut)
	alive, dead := all(passiveAt(30000, 31000), bothActive), all(silentAt(30000, 31000), bothActive)
	for name, first := range map[string][]part{"alike": dead, "not alike": alive} {
		r := Repeated([]*Result{
			runOf(0, append(first, sent(2, true))...), runOf(60, append(dead, lost, sent(5, false))...), runOf(120, append(dead, sent(3, false))...)})
		if want := (evidence.Sent{DeadSYNs: 10, Connections: 13, Logins: 3, Spared: true}); r.Sent != want {
			t.Errorf("%s: %+v", name, r.Sent)
		}
		if r.ContactLost == nil || r.ContactLost.At != ms(2000) {
			t.Errorf("%s: contact lost %+v", name, r.ContactLost)
		}
	}
}

// A run in which contact was lost has no part in what differs: its dead ports
// may be those of a ban.
func TestRepeatedWithoutSpoiltTries(t *testing.T) {
	runs := onPorts([2]int{2000, 3000}, [2]int{2100, 3100}, [2]int{2200, 3200}, [2]int{60000, 60100}, [2]int{60200, 60300}, [2]int{60400, 60500})
	if r := Repeated(runs); r.Modes.Passive != Intermittent || len(r.Repeats.Differences) == 0 {
		t.Fatalf("%s", story(r))
	}
	for i := 3; i < 6; i++ { // the same runs, with contact lost
		step := dial(evidence.KindTimedOut)
		p := 60000 + 200*(i-3)
		runs[i] = runOf(60*i, all([]part{epsv(p, step), pasv(p+100, step)}, bothActive, []part{lostAt(1000, 1, evidence.KindTimedOut)})...)
	}
	if r := Repeated(runs); r.Modes.Passive != Works || len(r.Repeats.Differences) != 0 {
		t.Errorf("%s", story(r))
	}
}

func TestRepeatedOnce(t *testing.T) {
	one := runOf(0, bothActive...)
	if r := Repeated([]*Result{one}); !reflect.DeepEqual(r, one) || r.Repeats != nil {
		t.Errorf("%s", text(t, r))
	}
	if Repeated(nil) != nil {
		t.Error("a result of nothing")
	}
}

func text(t *testing.T, r *Result) string {
	t.Helper()
	b, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// The order in which the results are given does not matter; the order in which
// the runs happened moves only what is about time. The results stay as they are.
func TestRepeatedOrder(t *testing.T) {
	random := rand.New(rand.NewSource(1))
	for range 200 {
		n := 2 + random.Intn(8)
		pattern := make([]byte, n)
		for i := range pattern {
			pattern[i] = "GBAS"[random.Intn(4)]
		}
		runs := seriesOf(string(pattern), nil)
		before := text(t, runs[0])
		first := runs[0]
		want := Repeated(runs)
		random.Shuffle(n, func(i, j int) { runs[i], runs[j] = runs[j], runs[i] })
		if got := Repeated(runs); text(t, got) != text(t, want) {
			t.Fatalf("%s, given in another order:\n%s\nwant\n%s", pattern, text(t, got), text(t, want))
		}
		if text(t, first) != before {
			t.Fatalf("%s: a result was changed", pattern)
		}
		for i, r := range runs { // now they happened in this order
			r.Started = Timestamp{dawn.Add(time.Duration(i) * time.Minute)}
		}
		got := Repeated(runs)
		if timeless(got) != timeless(want) {
			t.Fatalf("%s, at other times:\n%s\nwant\n%s", pattern, timeless(got), timeless(want))
		}
		if len(got.Repeats.Tries) != n || got.Repeats.Runs != n {
			t.Fatalf("%s: %+v", pattern, got.Repeats)
		}
	}
}

// timeless is the story without what the time of a run decides.
func timeless(r *Result) string {
	c := *r
	rep := *r.Repeats
	rep.Differences = slices.DeleteFunc(slices.Clone(rep.Differences), func(d Difference) bool { return d.What == "time" })
	c.Repeats, c.Findings = &rep, nil
	for _, f := range r.Findings {
		f.Evidence = []string{strings.Split(f.Evidence[0], " (")[0]}
		c.Findings = append(c.Findings, f)
	}
	return story(&c) + fmt.Sprint(rep.Methods.PASV.Worked, rep.Methods.PORT.Worked)
}
