//go:build linux

package netlab

import (
	"slices"
	"testing"
)

// Who asks for more than a detector puts up with is told of the ban: what was
// known before stands, and what was not is not explained by it.
func TestThoroughIsBanned(t *testing.T) {
	eachWatched(t, func(t *testing.T, without, with *scenario) {
		plain, watched, l := bothWays(t, without, with, "--thorough")
		t.Logf("without: %s; with: %s", plain.gist(), watched.gist())
		if _, banned := l.detected(t); len(banned) == 0 {
			t.Error("nobody is banned: this shows nothing")
		}
		if !slices.ContainsFunc(watched.Findings, func(f finding) bool { return f.Code == "control-client-banned" }) {
			t.Errorf("the ban is not said:\n%s", watched.explain())
		}
		for _, c := range []struct{ mode, got, want string }{
			{"passive", watched.Modes.Passive, plain.Modes.Passive},
			{"active", watched.Modes.Active, plain.Modes.Active},
		} {
			if c.got != c.want && c.got != "inconclusive" {
				t.Errorf("%s: %s; without the detector: %s", c.mode, c.got, c.want)
			}
			if wrong := inventedCause(watched.found(c.mode), plain.found(c.mode)); wrong != "" {
				t.Errorf("%s: the ban is taken for %s\n%s", c.mode, wrong, watched.explain())
			}
		}
	})
}

// inventedCause is a cause that is not that of the network without the detector,
// and does not name it as what it could be as well; empty: none.
func inventedCause(got, want *finding) string {
	switch {
	case got == nil, got.Code == "control-client-banned":
	case want == nil, got.Code != want.Code && !slices.Contains(got.CouldAlsoBe, want.Code):
		return got.Code
	}
	return ""
}
