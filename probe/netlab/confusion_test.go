//go:build linux

package netlab

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
)

// confusion counts which codes were found where which were expected.
type confusion struct {
	mu        sync.Mutex
	counts    map[string]map[string]int // by expected code and then found code
	scenarios int
	right     int // scenarios without any disagreement
}

// nothing stands for no finding.
const nothing = "(nothing)"

func newConfusion() *confusion { return &confusion{counts: map[string]map[string]int{}} }

func (c *confusion) add(s *scenario, verdict *said, right bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.scenarios++
	if right {
		c.right++
	}
	modes := []string{"passive", "active"}
	if s.told.cause("").code != "" {
		modes = append(modes, "")
	}
	for _, mode := range modes {
		expected, found := s.told.cause(mode).code, ""
		if f := verdict.found(mode); f != nil {
			found = f.Code
		}
		if expected == "" {
			expected = nothing
		}
		if found == "" {
			found = nothing
		}
		if c.counts[expected] == nil {
			c.counts[expected] = map[string]int{}
		}
		c.counts[expected][found]++
	}
}

// String is a line for every expected code: how often it was found, and what was
// found instead; and then a summary.
func (c *confusion) String() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var b strings.Builder
	all, right := 0, 0
	fmt.Fprintf(&b, "%-34s %7s  %s\n", "expected", "found", "found instead")
	for _, expected := range slices.Sorted(maps.Keys(c.counts)) {
		row, total := c.counts[expected], 0
		var instead []string
		for _, found := range slices.Sorted(maps.Keys(row)) {
			total += row[found]
			if found != expected {
				instead = append(instead, fmt.Sprintf("%s %d", found, row[found]))
			}
		}
		all, right = all+total, right+row[expected]
		fmt.Fprintf(&b, "%-34s %3d/%3d  %s\n", expected, row[expected], total, strings.Join(instead, ", "))
	}
	fmt.Fprintf(&b, "%d of %d scenarios right in every respect; %d of %d causes named; %d codes\n",
		c.right, c.scenarios, right, all, len(c.counts)-1)
	return b.String()
}
