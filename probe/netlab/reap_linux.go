package netlab

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
)

// prefix begins the name of every namespace of a lab, and the process id of the
// test binary follows it.
const prefix = "ftplab-"

// reap ends the processes in every namespace whose path begins with $0, and
// removes the namespaces and the files $1*.
const reap = `
for ns in "$0"*; do
	[ -e "$ns" ] || continue
	ip netns pids "${ns##*/}" | xargs -r kill -9
	ip netns del "${ns##*/}"
done
rm -rf "$1"*`

// watch reaps when its stdin ends: when the process that holds the other end of
// the pipe is gone, in whatever way.
const watch = `trap "" INT TERM HUP QUIT; cat >/dev/null;` + reap

var labs struct {
	count atomic.Int64
	once  sync.Once
	err   error
	alive *os.File // closed by the kernel when this process ends
}

// newName gives a new lab its name, which its namespaces begin with.
func newName() (string, error) {
	labs.once.Do(func() { labs.err = startWatchdog() })
	return own() + strconv.FormatInt(labs.count.Add(1), 10) + "-", labs.err
}

// own begins the names of this process's namespaces.
func own() string { return fmt.Sprintf("%s%d-", prefix, os.Getpid()) }

// files begins the paths of this process's files.
func files() string { return filepath.Join(os.TempDir(), own()) }

// startWatchdog removes what dead processes left, and starts the process that
// will remove what this one leaves. Cleanups of a test do not run when it
// panics, times out or is interrupted.
func startWatchdog() error {
	if err := reapStale(); err != nil {
		return err
	}
	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	defer r.Close()
	cmd := exec.Command("sh", "-c", watch, filepath.Join(namespaces, own()), files())
	cmd.Stdin = r
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // Ctrl-C goes to the group of the terminal
	if err := cmd.Start(); err != nil {
		return err
	}
	labs.alive = w
	return nil
}

// reapStale removes the namespaces of test binaries that are gone, where not
// even a watchdog was left to do it.
func reapStale() error {
	found, err := filepath.Glob(filepath.Join(namespaces, prefix+"*"))
	if err != nil {
		return err
	}
	seen := map[string]bool{}
	for _, path := range found {
		pid, _, _ := strings.Cut(strings.TrimPrefix(filepath.Base(path), prefix), "-")
		n, err := strconv.Atoi(pid)
		if err != nil || seen[pid] || alive(n) {
			continue
		}
		seen[pid] = true
		name := prefix + pid + "-"
		if out, err := exec.Command("sh", "-c", reap, filepath.Join(namespaces, name), filepath.Join(os.TempDir(), name)).CombinedOutput(); err != nil {
			return fmt.Errorf("remove stale namespaces %s: %w: %s", name, err, out)
		}
	}
	return nil
}

func alive(pid int) bool { return syscall.Kill(pid, 0) != syscall.ESRCH }
