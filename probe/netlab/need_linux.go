package netlab

import (
	"fmt"
	"os"
	"os/exec"
	"sync"
	"testing"
)

// Need skips the test, in one line, where no lab can be built. With
// FTPDIAG_REQUIRE_LAB=1 it fails it instead.
func Need(tb testing.TB) {
	tb.Helper()
	if err := possible(); err != nil {
		if os.Getenv("FTPDIAG_REQUIRE_LAB") == "1" {
			tb.Fatalf("no network lab: %v", err)
		}
		tb.Skipf("no network lab: %v", err)
	}
}

var possible = sync.OnceValue(func() error {
	if os.Geteuid() != 0 {
		return fmt.Errorf("it needs root")
	}
	for _, program := range []string{"ip", "nft", "tc", "unshare"} {
		if _, err := exec.LookPath(program); err != nil {
			return err
		}
	}
	name, err := newName()
	if err != nil {
		return err
	}
	h := &Host{Name: name + "try"}
	if out, err := exec.Command("ip", "netns", "add", h.Name).CombinedOutput(); err != nil {
		return fmt.Errorf("ip netns add: %w: %s", err, out)
	}
	defer func() { _ = exec.Command("ip", "netns", "del", h.Name).Run() }() // the watchdog tries again
	return h.Rules("table inet lab { ct helper ftp { type \"ftp\" protocol tcp; }; }\n")
})
