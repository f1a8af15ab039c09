package report

import (
	"testing"

	"ftpdiag/probe/evidence"
)

// One port is no range.
func TestPortsOfOne(t *testing.T) {
	share := 0.5
	p := newPage(80)
	p.ports(evidence.PassivePorts{
		Works: []int{50000}, Fails: []int{5060}, Passes: []int{5061, 65535}, Blocked: []int{5060, 5060}, Share: &share,
	})
	const want = `
  Ports       1 of the 2 tried work (50000), the others do not (5060). The way
              is open for ports 5061 to 65535. It is blocked for port 5060.
              About 50 % of the passive transfers can work.
`
	if got := p.out.String(); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}

// A number and its sign stay on one line, as far as a line holds them.
func TestFillPercent(t *testing.T) {
	for _, c := range []struct {
		width      int
		text, want string
	}{
		{9, "About 94 % of", "About\n94 % of\n"},
		{10, "it is 94 %.", "it is\n94 %.\n"},
		{9, "12345678 % of", "12345678\n% of\n"}, // no line holds both
		{8, "see at 8 %d", "see at 8\n%d\n"},
		{8, "as with % of", "as with\n% of\n"},
	} {
		p := newPage(c.width)
		p.fill("", "", span{plain, c.text})
		if got := p.out.String(); got != c.want {
			t.Errorf("%q in %d columns: %q, want %q", c.text, c.width, got, c.want)
		}
	}
}
