package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"ftpdiag/probe"
	"ftpdiag/probe/diagnose"
	"ftpdiag/probe/realserver"
	"ftpdiag/report/reporttest"
)

// wholeLines counts the lines of a file that have their end.
func wholeLines(name string) int {
	data, _ := os.ReadFile(name)
	return bytes.Count(data, []byte("\n"))
}

// ended waits for a process, no longer than limit.
func ended(t *testing.T, cmd *exec.Cmd, limit time.Duration) int {
	t.Helper()
	begin := time.Now()
	dead := time.AfterFunc(30*time.Second+limit, func() { _ = cmd.Process.Kill() })
	defer dead.Stop()
	_ = cmd.Wait()
	if took := time.Since(begin); took > limit {
		t.Errorf("ended after %v, not within %v", took, limit)
	}
	return cmd.ProcessState.ExitCode()
}

// What a killed run wrote is whole but for the last line, and a resumed run does
// the rest and nothing twice.
func TestKilledAndResumed(t *testing.T) {
	const targets, addresses = 300, 20
	_, port := startLean(t, addresses)
	list := leanList(t, targets, addresses, port)
	for _, tt := range []struct {
		name  string
		file  func(dir string) string // where the lines grow
		start func(name string) ([]string, io.Writer)
	}{
		{"standard output", func(dir string) string { return filepath.Join(dir, "run.ndjson") }, func(name string) ([]string, io.Writer) {
			f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { f.Close() })
			return nil, f
		}},
		{"file", func(dir string) string { return filepath.Join(dir, "run.ndjson.partial") }, func(name string) ([]string, io.Writer) {
			return []string{"-o", strings.TrimSuffix(name, ".partial")}, nil
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			grows := tt.file(t.TempDir())
			run := strings.TrimSuffix(grows, ".partial")
			args, stdout := tt.start(grows)
			args = append(args, "-f", "json", "--parallel", "2", "--targets", list)
			cmd := program(t, args...)
			cmd.Stdout = stdout
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			for end := time.Now().Add(30 * time.Second); wholeLines(grows) < 10 && time.Now().Before(end); {
				time.Sleep(time.Millisecond)
			}
			if err := cmd.Process.Signal(syscall.SIGKILL); err != nil {
				t.Fatal(err)
			}
			_ = cmd.Wait()
			before := wholeLines(grows)
			if before < 10 || before >= targets {
				t.Fatalf("%d of %d lines were written before the kill", before, targets)
			}
			data, _ := os.ReadFile(grows)
			reporttest.ValidateLines(t, data[:bytes.LastIndexByte(data, '\n')+1])
			if err := os.WriteFile(grows, append(data, `{"schema":"ftpd`...), 0o600); err != nil {
				t.Fatal(err)
			}
			var stderr bytes.Buffer
			cmd = program(t, append(args, "--resume", run)...)
			cmd.Stdout, cmd.Stderr = stdout, &stderr
			if err := cmd.Run(); err != nil || strings.Count(stderr.String(), "\n") != 1 || !strings.Contains(stderr.String(), "is cut off: its target is tested again") {
				t.Errorf("%v, stderr %q", err, stderr.String())
			}
			data, _ = os.ReadFile(run)
			reporttest.ValidateLines(t, data)
			seen := map[int]bool{}
			for _, r := range saved(t, string(data)) {
				seen[r.Target.Index] = true
			}
			if n := bytes.Count(data, []byte("\n")); n != targets || tt.name == "file" && len(seen) != targets {
				t.Errorf("%d lines about %d targets, want %d", n, len(seen), targets)
			}
		})
	}
}

// A reader that goes away ends the probing, with the code of what it was given.
func TestSweepIntoHead(t *testing.T) {
	_, port := startLean(t, 20)
	list := leanList(t, 2000, 20, port)
	for _, format := range []string{"json", "text"} {
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		var stderr bytes.Buffer
		cmd := program(t, "-f", format, "--targets", list)
		cmd.Stdout, cmd.Stderr = w, &stderr
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		w.Close()
		if _, err := r.Read(make([]byte, 10)); err != nil {
			t.Error(err)
		}
		r.Close()
		if code := ended(t, cmd, 15*time.Second); code != 0 || stderr.Len() > 0 {
			t.Errorf("%s: exit %d, stderr %q", format, code, stderr.String())
		}
	}
}

// An interrupt ends a sweep of silent servers within five seconds; what was done
// is there, and what was not is counted, or unknown line by line.
func TestSweepInterruptedProcess(t *testing.T) {
	t.Parallel()
	_, port := startLean(t, 3)
	list := leanList(t, 3, 3, port)
	deaf := silentServer(t)
	data, _ := os.ReadFile(list)
	if err := os.WriteFile(list, append(data, strings.Repeat(deaf+"\n", 5)...), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, format := range []string{"text", "json"} {
		out := filepath.Join(t.TempDir(), "out")
		f, err := os.Create(out)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		var stderr bytes.Buffer
		cmd := program(t, "-f", format, "--targets", list)
		cmd.Stdout, cmd.Stderr = f, &stderr
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		for end := time.Now().Add(20 * time.Second); wholeLines(out) < 3 && time.Now().Before(end); {
			time.Sleep(5 * time.Millisecond)
		}
		if err := cmd.Process.Signal(os.Interrupt); err != nil {
			t.Fatal(err)
		}
		code := ended(t, cmd, 5*time.Second)
		text, _ := os.ReadFile(out)
		if code != 3 || stderr.String() != "ftpdiag: interrupted: 4 of 8 targets are not tested\n" {
			t.Errorf("%s: exit %d, stderr %q", format, code, stderr.String())
		}
		if format == "json" {
			reporttest.ValidateLines(t, text)
			if n := len(saved(t, string(text))); n != 8 {
				t.Errorf("%d lines", n)
			}
		} else if !strings.Contains(string(text), "4 of 8 targets in ") || !strings.Contains(string(text), "4  not begun\n") {
			t.Errorf("%s", text)
		}
	}
}

// A disk that is full is said; the lines that were written stay whole, and the
// file that was there before stays too.
func TestFullDisk(t *testing.T) {
	if os.Getuid() != 0 {
		realserver.Missing(t, "only root may mount a small disk")
	}
	_, port := startLean(t, 20)
	list := leanList(t, 200, 20, port)
	disk := t.TempDir()
	const script = `mount -t tmpfs -o size=200k tmpfs "$0" && echo before >"$0/run" && { "$@"; code=$?; cat "$0/run.partial"; cat "$0/run" >&2; exit $code; }`
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := program(t)
	cmd.Path, err = exec.LookPath("unshare")
	if err != nil {
		t.Fatal(err)
	}
	cmd.Args = []string{"unshare", "--mount", "sh", "-c", script, disk, self, "-f", "json", "-o", filepath.Join(disk, "run"), "--targets", list}
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	_ = cmd.Run()
	if strings.Contains(stderr.String(), "Operation not permitted") {
		realserver.Missing(t, "no mount namespace can be made here")
	}
	if code := cmd.ProcessState.ExitCode(); code != 3 || !strings.Contains(stderr.String(), "no space left on device; what was written is in ") || !strings.HasSuffix(stderr.String(), "\nbefore\n") {
		t.Errorf("exit %d, stderr %q", code, stderr.String())
	}
	reporttest.ValidateLines(t, stdout.Bytes())
	if n := len(saved(t, stdout.String())); n < 5 || n > 100 || !strings.HasSuffix(stdout.String(), "\n") {
		t.Errorf("%d whole lines", n)
	}
}

// A device that takes nothing is said too, and what is beside it stays.
func TestSweepIntoFullDevice(t *testing.T) {
	_, port := startLean(t, 20)
	list := leanList(t, 60, 20, port)
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer full.Close()
	for _, tt := range []struct {
		args   []string
		stderr string
	}{
		{[]string{"-f", "json"}, "ftpdiag: cannot write standard output: no space left on device\n"},
		{[]string{"-f", "text"}, "ftpdiag: cannot write standard output: no space left on device\n"},
		{[]string{"-f", "junit"}, "ftpdiag: cannot write standard output: no space left on device\n"},
		{[]string{"-f", "json", "-o", "/dev/full"}, "ftpdiag: cannot write \"/dev/full\": no space left on device\n"},
		{[]string{"-f", "text", "-o", "/dev/full"}, "ftpdiag: cannot write \"/dev/full\": no space left on device\n"},
		{[]string{"-f", "junit", "-o", "/dev/full"}, "ftpdiag: cannot write /dev/full: no space left on device\n"},
	} {
		var stderr bytes.Buffer
		cmd := program(t, append(tt.args, "--targets", list)...)
		cmd.Stdout, cmd.Stderr = full, &stderr
		_ = cmd.Run()
		if code := cmd.ProcessState.ExitCode(); code != 3 || stderr.String() != tt.stderr {
			t.Errorf("%q: exit %d, stderr %q", tt.args, code, stderr.String())
		}
	}
}

// On a terminal a bar shows how far the sweep is, and leaves the results alone.
func TestProgressBar(t *testing.T) {
	home(t)
	t.Setenv("NO_COLOR", "1")
	te := newTerminal(t)
	hold := make(chan struct{})
	done := te.run(context.Background(), func(_ context.Context, cfg probe.Config) (*diagnose.Result, error) {
		if cfg.Progress != nil {
			return nil, errors.New("there are a bar and a line")
		}
		switch cfg.Target.Host {
		case "b":
			return result(cfg, diagnose.StatusCritical), nil
		case "c":
			<-hold
		}
		return result(cfg, diagnose.StatusOK), nil
	}, "--parallel", "1", "--targets", listFile(t, "a", "b", "c"))
	te.wait(t, "(0/3)")
	te.wait(t, "worst: critical")
	te.wait(t, "(2/3)")
	close(hold)
	if code := <-done; code != 2 {
		t.Errorf("exit %d", code)
	}
	te.wait(t, "nothing wrong")
	shown := te.text()
	if strings.Contains(shown, "\x1b") {
		t.Errorf("an escape sequence in spite of NO_COLOR: %q", shown)
	}
	for _, line := range []string{"OK        a: passive works, active works\r\n", "CRITICAL  b: passive works, active works\r\n", "OK        c: passive works, active works\r\n"} {
		i := strings.Index(shown, line)
		if i < 0 || i > 0 && shown[i-1] != '\r' && shown[i-1] != '\n' {
			t.Errorf("%q does not begin a line in %q", line, shown)
		}
	}
	if i := strings.LastIndex(shown, "(3/3)"); i > strings.Index(shown, "3 targets in") {
		t.Errorf("the bar is shown after the end: %q", shown)
	}
}

// silentServer accepts and says nothing.
func silentServer(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				_, _ = io.Copy(io.Discard, conn)
				conn.Close()
			}()
		}
	}()
	return l.Addr().String()
}
