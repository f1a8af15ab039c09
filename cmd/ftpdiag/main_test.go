package main

import (
	"bytes"
	"io"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"

	"ftpdiag/probe/realserver"
)

// asProgram makes the test binary the program itself, so that signals, pipes and
// exit codes are those of a real process.
const asProgram = "FTPDIAG_TEST_AS_PROGRAM"

// playOther makes the test binary something else, where a system has it; it tells
// whether that was asked for.
var playOther func() bool

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
		panic("main returned")
	}
	if playOther != nil && playOther() {
		return
	}
	os.Exit(m.Run())
}

// program is the command as a process.
func program(t testing.TB, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, args...)
	dir := t.TempDir()
	cmd.Env = append(os.Environ(), asProgram+"=1", "HOME="+dir, "USERPROFILE="+dir, "NETRC=", passwordVariable+"=")
	return cmd
}

// A reader that goes away is no failure: no word, and the code of the verdict.
func TestClosedPipe(t *testing.T) {
	for _, args := range [][]string{{"--help"}, {"demo", "--list"}} {
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		r.Close()
		var stderr bytes.Buffer
		cmd := program(t, args...)
		cmd.Stdout, cmd.Stderr = w, &stderr
		if err := cmd.Run(); err != nil || stderr.Len() > 0 {
			t.Errorf("%q: %v, stderr %q", args, err, stderr.String())
		}
		w.Close()
	}
}

// An interrupt before a verdict ends the run at once, with exit 3 and a report
// of what is known.
func TestInterruptedProcess(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("a process cannot send another an interrupt on Windows")
	}
	server, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	connected := make(chan struct{})
	go func() { // a server that never says anything
		conn, err := server.Accept()
		if err != nil {
			return
		}
		close(connected)
		_, _ = io.Copy(io.Discard, conn)
		conn.Close()
	}()
	cmd := program(t, "-f", "json", server.Addr().String(), "127.0.0.1:1")
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	<-connected
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	dead := time.AfterFunc(30*time.Second, func() { _ = cmd.Process.Kill() })
	defer dead.Stop()
	_ = cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != 3 || stderr.String() != "ftpdiag: interrupted: 1 of 2 targets are not tested\n" {
		t.Errorf("exit %d, stderr %q", code, stderr.String())
	}
	if results := saved(t, stdout.String()); len(results) != 2 || results[0].Target.Input != server.Addr().String() || results[1].Status != "unknown" {
		t.Errorf("stdout %q", stdout.String())
	}
}

// Output that cannot be written is said.
func TestFullDevice(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		realserver.Missing(t, "this system has no /dev/full")
	}
	defer full.Close()
	var stderr strings.Builder
	cmd := program(t, "--help")
	cmd.Stdout, cmd.Stderr = full, &stderr
	_ = cmd.Run()
	if code := cmd.ProcessState.ExitCode(); code != 3 || !strings.HasPrefix(stderr.String(), "ftpdiag: cannot write standard output: ") {
		t.Errorf("exit %d, stderr %q", code, stderr.String())
	}
}

// BenchmarkHelp is the cold start: a process that does nothing but say how it is
// used.
func BenchmarkHelp(b *testing.B) {
	for b.Loop() {
		if err := program(b, "--help").Run(); err != nil {
			b.Fatal(err)
		}
	}
}
