//go:build !linux

package netlab

import (
	"os"
	"testing"
)

func TestLab(t *testing.T) {
	const why = "no network lab: it needs Linux"
	if os.Getenv("FTPDIAG_REQUIRE_LAB") == "1" {
		t.Fatal(why)
	}
	t.Skip(why)
}
