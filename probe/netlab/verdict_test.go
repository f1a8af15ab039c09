//go:build linux

package netlab

import (
	"fmt"
	"slices"
	"time"

	"ftpdiag/probe/realserver"
)

// deadline is ftpdiag's default, with what a busy machine may add.
const (
	deadline = 20 * time.Second
	slack    = 5 * time.Second
)

// disagreements are all the ways in which what ftpdiag said is not what it
// should have said.
func (st *stage) disagreements(s *said, tr *truth) []string {
	var wrong []string
	is := func(what, got, want string) {
		if got != want {
			wrong = append(wrong, fmt.Sprintf("%s is %s, want %s", what, got, want))
		}
	}
	if !st.seldom || s.Modes.Passive != "fails" {
		is("passive", s.Modes.Passive, st.told.passive)
	}
	is("active", s.Modes.Active, st.told.active)
	is("the recommendation", s.Recommendation.Mode, st.told.recommended())
	is("the status", s.Status, st.told.exit())
	is("the exit code", fmt.Sprint(s.exit), fmt.Sprint(slices.Index([]string{"ok", "warning", "critical", "unknown"}, s.Status)))
	if st.told.method != "" {
		is("the method", s.method(), st.told.method)
	}
	for _, c := range st.told.conditions {
		if !slices.Contains(s.conditions(), c) {
			wrong = append(wrong, fmt.Sprintf("the conditions are %v, without %s", s.conditions(), c))
		}
	}
	wrong = append(wrong, st.told.findings(s)...)
	wrong = append(wrong, st.spoke(s)...)
	wrong = append(wrong, st.advice(s, tr)...)
	if s.took > deadline+slack {
		wrong = append(wrong, fmt.Sprintf("it took %v", s.took))
	}
	return wrong
}

func (r *report) conditions() []string {
	var codes []string
	for _, c := range r.Recommendation.Conditions {
		codes = append(codes, c.Code)
	}
	return codes
}

// found is the first finding about a mode that is an error or a warning.
func (r *report) found(mode string) *finding {
	for i, f := range r.Findings {
		if f.about() == mode && f.Severity != "info" {
			return &r.Findings[i]
		}
	}
	return nil
}

// findings compares the causes, and looks for errors and warnings beside them.
func (t told) findings(s *said) []string {
	var wrong []string
	expected := slices.Clone(t.also)
	for _, c := range t.causes {
		expected = append(expected, c.code)
		f := s.found(c.mode)
		switch {
		case f == nil:
			wrong = append(wrong, fmt.Sprintf("%s is not found", c.code))
		case f.Code != c.code:
			wrong = append(wrong, fmt.Sprintf("%s is found, want %s", f.Code, c.code))
		case c.who != anyone && (len(f.Who) == 0 || f.Who[0] != c.who):
			wrong = append(wrong, fmt.Sprintf("%s is for %v, want %s", f.Code, f.Who, c.who))
		}
	}
	for _, code := range t.remarked {
		if !slices.ContainsFunc(s.Findings, func(f finding) bool { return f.Code == code }) {
			wrong = append(wrong, code+" is not mentioned")
		}
	}
	for _, f := range s.Findings {
		if f.Severity != "info" && !slices.Contains(expected, f.Code) {
			wrong = append(wrong, fmt.Sprintf("%s %s stands beside", f.Severity, f.Code))
		}
	}
	return wrong
}

// advice holds the recommendation against the real clients.
func (st *stage) advice(s *said, tr *truth) []string {
	mode := s.Recommendation.Mode
	if mode == "none" {
		var wrong []string
		for _, m := range []string{"passive", "active"} {
			if good, _ := tr.successes(m, st.excuses()); len(good) > 0 && m != st.told.left && !slices.Contains([]string{"intermittent", "inconclusive"}, st.told.of(m)) {
				wrong = append(wrong, fmt.Sprintf("no mode is recommended, but %v work", good))
			}
		}
		return wrong
	}
	if st.told.of(mode) == "intermittent" {
		return nil
	}
	way := map[string]realserver.Way{
		"EPSV": realserver.CurlEPSV, "PASV": realserver.CurlPASV, "EPRT": realserver.CurlEPRT, "PORT": realserver.CurlPORT,
	}[s.method()]
	if way == realserver.CurlPASV && slices.Contains(s.conditions(), "ignore-227-address") {
		way = realserver.CurlLenientPASV
	}
	if way == "" {
		return []string{fmt.Sprintf("%s is recommended with the method %q", mode, s.method())}
	}
	if _, excused := st.excuses()[way]; !excused && !tr.results[way].OK {
		return []string{fmt.Sprintf("%s with %s is recommended, but %s fails", mode, s.method(), way)}
	}
	return nil
}
