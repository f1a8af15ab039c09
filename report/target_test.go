package report

import (
	"testing"

	"ftpdiag/probe/diagnose"
	"ftpdiag/probe/evidence"
)

// Targets that differ in the port alone have headings that differ.
func TestTargetName(t *testing.T) {
	for _, c := range []struct {
		target evidence.Target
		want   string
	}{
		{evidence.Target{Input: "h", Host: "h", Port: 21}, "h"},
		{evidence.Target{Input: "h:2121", Host: "h", Port: 2121}, "h:2121"},
		{evidence.Target{Host: "::1", Port: 21}, "::1"},
		{evidence.Target{Host: "::1", Port: 2121}, "[::1]:2121"},
		{evidence.Target{Host: "h"}, "h"}, // the port is not known
		{evidence.Target{Label: "Accounting", Host: "h", Port: 2121}, "Accounting"},
		{evidence.Target{Input: "ftp://h"}, "ftp://h"},
	} {
		if got := targetName(&diagnose.Result{Target: c.target}); got != c.want {
			t.Errorf("targetName(%+v) = %q, want %q", c.target, got, c.want)
		}
	}
}
