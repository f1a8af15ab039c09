package realserver_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ftpdiag/probe/realserver"
)

// members are the processes of a process namespace, as its link names it.
func members(namespace string) []string {
	links, _ := filepath.Glob("/proc/[0-9]*/ns/pid")
	var found []string
	for _, link := range links {
		if target, err := os.Readlink(link); err == nil && target == namespace {
			found = append(found, strings.Split(link, "/")[2])
		}
	}
	return found
}

// namespaceOf is the process namespace of the server, found by the address that
// its first process was given: its own folder is on its command line.
func namespaceOf(t *testing.T, s *realserver.Server) string {
	t.Helper()
	lines, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, file := range lines {
		line, _ := os.ReadFile(file)
		if !strings.Contains(string(line), filepath.Dir(s.Root)) {
			continue
		}
		namespace, err := os.Readlink(filepath.Dir(file) + "/ns/pid")
		if err != nil {
			t.Fatal(err)
		}
		return namespace
	}
	t.Fatal("no process of the server found")
	return ""
}

func TestStopLeavesNothing(t *testing.T) {
	each(t, func(t *testing.T, p realserver.Product) {
		s := realserver.Config{Product: p}.Start(t, realserver.Loopback)
		r := &recorder{t: t, s: s}
		r.begin() // a process in the middle of a transfer
		namespace := namespaceOf(t, s)
		if len(members(namespace)) < 2 {
			t.Fatalf("the server has the processes %v", members(namespace))
		}
		s.Stop()
		if left := members(namespace); len(left) > 0 {
			t.Errorf("processes left: %v", left)
		}
		s.Stop() // twice is no harm
		if s.Running() {
			t.Error("still running")
		}
	})
}

// A test binary that is killed cannot clean up. The kernel does.
func TestKilledTestLeavesNothing(t *testing.T) {
	realserver.Need(t, string(realserver.ProFTPD))
	if os.Getenv("REALSERVER_CHILD") == "1" {
		// ProFTPD changes its credentials, by which a process loses its parent
		// death signal.
		s := realserver.Config{Product: realserver.ProFTPD}.Start(t, realserver.Loopback)
		anonymous(t, s.Addr)
		fmt.Printf("namespace %s\n", namespaceOf(t, s))
		time.Sleep(time.Minute)
	}
	child := exec.Command(os.Args[0], "-test.run=^TestKilledTestLeavesNothing$")
	child.Env = append(os.Environ(), "REALSERVER_CHILD=1", "TMPDIR="+t.TempDir())
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	namespace := ""
	for lines := bufio.NewScanner(out); namespace == "" && lines.Scan(); {
		_, namespace, _ = strings.Cut(lines.Text(), "namespace ")
	}
	if len(members(namespace)) < 3 {
		t.Errorf("namespace %q has the processes %v", namespace, members(namespace))
	}
	_ = child.Process.Kill()
	_ = child.Wait()
	for end := time.Now().Add(10 * time.Second); len(members(namespace)) > 0; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("processes left: %v", members(namespace))
		}
	}
}
