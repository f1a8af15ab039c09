//go:build linux

package netlab

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"ftpdiag/probe/realserver"
)

// truth is what real clients achieved.
type truth struct {
	results map[realserver.Way]realserver.Result
	// runs are ten goes of one client in a mode that works only sometimes.
	runs map[string][]bool
}

const runsOfIntermittent = 10

// ask lets every real client try, side by side where that disturbs nothing.
func (st *stage) ask(t *testing.T) *truth {
	t.Helper()
	tr := &truth{results: map[realserver.Way]realserver.Result{}, runs: map[string][]bool{}}
	if st.serial {
		for _, way := range st.ways() {
			st.restart(t)
			tr.results[way] = st.client(t, way)
		}
		return tr
	}
	var mu sync.Mutex
	var clients sync.WaitGroup
	for _, way := range st.ways() {
		clients.Go(func() {
			r := st.client(t, way)
			mu.Lock()
			defer mu.Unlock()
			tr.results[way] = r
		})
	}
	clients.Wait()
	for mode, way := range map[string]realserver.Way{"passive": realserver.CurlPASV, "active": realserver.CurlPORT} {
		if st.told.of(mode) != "intermittent" {
			continue
		}
		goes := make([]bool, runsOfIntermittent)
		for i := range goes {
			clients.Go(func() { goes[i] = st.client(t, way).OK })
		}
		clients.Wait()
		tr.runs[mode] = goes
	}
	return tr
}

// ways are those of the clients that are not excused.
func (st *stage) ways() []realserver.Way {
	excused := st.excuses()
	return slices.DeleteFunc(slices.Clone(realserver.Ways), func(w realserver.Way) bool {
		_, ok := excused[w]
		return ok
	})
}

// request is what every client is asked for.
func (st *stage) request(t *testing.T) realserver.Request {
	t.Helper()
	r := realserver.Request{
		Host: realserver.Namespace(st.lab.Client.Name), Server: st.address(),
		Path: st.path, Timeout: st.wait(), TLS: st.clientsSpeak(), CAFile: st.trusts(t),
	}
	if st.user != nil {
		r.User, r.Password = st.user.Name, st.user.Password
	}
	return r
}

func (st *stage) client(t *testing.T, way realserver.Way) realserver.Result {
	request := st.request(t)
	r := request.Run(t, way)
	// On a busy machine a client may run out of time, and on a line that loses packets
	// out of luck: what should work is tried again.
	mode := map[bool]string{true: "passive", false: "active"}[way.Passive()]
	for tries := 0; tries < 2 && !r.OK && (st.lossy || st.told.of(mode) == "works"); tries++ {
		r = request.Run(t, way)
	}
	return r
}

// successes of a mode: the ways that worked and those that did not, without the
// excused ones.
func (tr *truth) successes(mode string, excused map[realserver.Way]string) (good, bad []realserver.Way) {
	for _, way := range realserver.Ways {
		if _, ok := excused[way]; ok || way.Passive() != (mode == "passive") {
			continue
		}
		if tr.results[way].OK {
			good = append(good, way)
		} else {
			bad = append(bad, way)
		}
	}
	return good, bad
}

// check holds a verdict on a mode against what the clients achieved; empty: they
// agree.
func (tr *truth) check(s *scenario, mode, verdict string) string {
	if s.told.left == mode {
		return ""
	}
	good, bad := tr.successes(mode, s.excuses())
	switch verdict {
	case "works":
		if len(bad) > 0 || len(good) == 0 {
			return fmt.Sprintf("%s works, but not with %v", mode, bad)
		}
	case "conditional":
		if len(good) == 0 || len(bad) == 0 && !s.told.unheeded {
			return fmt.Sprintf("%s is conditional, but works with %v and fails with %v", mode, good, bad)
		}
	case "fails", "not_tested":
		if len(good) > 0 {
			return fmt.Sprintf("%s %s, but works with %v", mode, verdict, good)
		}
	case "intermittent":
		runs := tr.runs[mode]
		if !slices.Contains(runs, true) && !s.seldom || !slices.Contains(runs, false) {
			return fmt.Sprintf("%s is intermittent, but ten goes were %v", mode, runs)
		}
	}
	return ""
}

// String is one word a client: + worked, - did not, ? was not asked.
func (tr *truth) String() string {
	var words []string
	for _, way := range realserver.Ways {
		r, asked := tr.results[way]
		sign := "-"
		switch {
		case !asked:
			sign = "?"
		case r.OK:
			sign = "+"
		}
		words = append(words, sign+strings.ReplaceAll(string(way), " ", "-"))
	}
	for mode, runs := range tr.runs {
		good := 0
		for _, ok := range runs {
			if ok {
				good++
			}
		}
		words = append(words, fmt.Sprintf("%s:%d/%d", mode, good, len(runs)))
	}
	return strings.Join(words, " ")
}

// dialogues shows why clients fared as they did, for a failed check.
func (tr *truth) dialogues() string {
	var b strings.Builder
	for _, way := range realserver.Ways {
		r, asked := tr.results[way]
		if !asked {
			continue
		}
		fmt.Fprintf(&b, "== %s: ok %v, exit %d, %v\n%s\n", way, r.OK, r.ExitCode, r.Duration, r.Dialogue)
	}
	return b.String()
}
