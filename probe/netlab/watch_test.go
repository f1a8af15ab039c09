//go:build linux

package netlab

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// childEnv makes the test binary build a lab, say so, and then end in the way
// that the variable names.
const childEnv = "NETLAB_TEST_END"

func endBadly(end string) int {
	name, err := newName()
	if err != nil {
		panic(err)
	}
	l := newLab(name, Plan{Named: true, Server: Does(Answers(21, Silent))})
	if err := l.build(); err != nil {
		panic(err)
	}
	sleeper := exec.Command("sleep", "1000")
	if err := l.Server.Start(sleeper); err != nil {
		panic(err)
	}
	os.Stdout.WriteString(strconv.Itoa(sleeper.Process.Pid) + "\n")
	if end == "panic" {
		panic("as asked")
	}
	time.Sleep(time.Hour)
	return 0
}

// A test binary that dies leaves no namespace, no process in one, and no file.
func TestNothingIsLeft(t *testing.T) {
	Need(t)
	for _, end := range []string{"panic", "SIGINT", "SIGKILL"} {
		t.Run(end, func(t *testing.T) {
			t.Parallel()
			cmd := exec.Command(os.Args[0])
			cmd.Env = append(os.Environ(), childEnv+"="+end)
			out, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			line, _ := bufio.NewReader(out).ReadString('\n')
			sleeper, err := strconv.Atoi(strings.TrimSpace(line))
			if err != nil {
				t.Fatalf("the child built no lab: %q", line)
			}
			mine := prefix + strconv.Itoa(cmd.Process.Pid) + "-"
			if left := leftovers(t, mine, sleeper); end != "panic" && len(left) < 6 {
				t.Errorf("the child's lab is incomplete: %v", left)
			}
			switch end {
			case "SIGINT":
				err = cmd.Process.Signal(os.Interrupt)
			case "SIGKILL":
				err = cmd.Process.Kill()
			}
			if err != nil {
				t.Fatal(err)
			}
			_ = cmd.Wait() // it fails, as it was told to
			for wait := time.Now().Add(20 * time.Second); len(leftovers(t, mine, sleeper)) > 0; time.Sleep(10 * time.Millisecond) {
				if time.Now().After(wait) {
					t.Fatalf("left over: %v", leftovers(t, mine, sleeper))
				}
			}
		})
	}
}

// leftovers lists the namespaces and files of a test binary, and the process
// that it started.
func leftovers(t *testing.T, name string, pid int) []string {
	t.Helper()
	var left []string
	for _, dir := range []string{namespaces, os.TempDir()} {
		found, err := filepath.Glob(filepath.Join(dir, name+"*"))
		if err != nil {
			t.Fatal(err)
		}
		left = append(left, found...)
	}
	if alive(pid) {
		left = append(left, "process "+strconv.Itoa(pid))
	}
	return left
}

// Where not even the watchdog survived, the next test binary cleans up.
func TestStaleNamespacesAreReaped(t *testing.T) {
	Need(t)
	gone := exec.Command("true")
	if err := gone.Run(); err != nil {
		t.Fatal(err)
	}
	stale := prefix + strconv.Itoa(gone.Process.Pid) + "-1-client"
	if out, err := exec.Command("ip", "netns", "add", stale).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if err := reapStale(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(namespaces, stale)); !os.IsNotExist(err) {
		t.Errorf("%s is still there (%v)", stale, err)
	}
}
