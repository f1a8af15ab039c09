// Package suggest finds what somebody meant who wrote something else.
package suggest

import "strings"

// Nearest is the candidate that s is a slip of; "" where none is near.
func Nearest(s string, candidates []string) string {
	best, distance := "", 1+max(1, len(s)/4)
	for _, c := range candidates {
		d := slips(s, c)
		if strings.HasPrefix(c, s) && len(s) >= 3 {
			d = 1 // cut short
		}
		if d < distance {
			best, distance = c, d
		}
	}
	return best
}

// slips counts the letters that are added, left out, changed, or swapped with
// their neighbour on the way from a to b (optimal string alignment).
func slips(a, b string) int {
	before, last := make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := range len(a) {
		row := make([]int, len(b)+1)
		row[0] = i + 1
		for j := range len(b) {
			change := last[j]
			if a[i] != b[j] {
				change++
			}
			row[j+1] = min(last[j+1]+1, row[j]+1, change)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
		before, last = last, row
	}
	return last[len(b)]
}
