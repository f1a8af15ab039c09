package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
	"golang.org/x/term"

	"ftpdiag/probe"
	"ftpdiag/probe/diagnose"
)

// terminal is a pseudo-terminal: the program has tty, the test is the person.
type terminal struct {
	tty, person *os.File

	mu   sync.Mutex
	seen bytes.Buffer // everything that was shown
}

func newTerminal(t *testing.T) *terminal {
	t.Helper()
	person, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(int(person.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.IoctlSetPointerInt(int(person.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	tty, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	te := &terminal{tty: tty, person: person}
	read := make(chan struct{})
	go func() {
		defer close(read)
		buf := make([]byte, 4096)
		for {
			n, err := person.Read(buf)
			te.mu.Lock()
			te.seen.Write(buf[:n])
			te.mu.Unlock()
			if err != nil {
				return
			}
		}
	}()
	t.Cleanup(func() {
		tty.Close()
		person.Close()
		<-read
	})
	return te
}

func (te *terminal) text() string {
	te.mu.Lock()
	defer te.mu.Unlock()
	return te.seen.String()
}

// wait waits until the terminal shows text.
func (te *terminal) wait(t *testing.T, text string) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if strings.Contains(te.text(), text) {
			return
		}
	}
	t.Fatalf("the terminal never showed %q but %q", text, te.text())
}

// run runs the program on the terminal; the channel gives its exit code.
func (te *terminal) run(ctx context.Context, d fake, args ...string) <-chan int {
	done := make(chan int, 1)
	a := &app{stdin: te.tty, stdout: te.tty, stderr: te.tty, resolver: everyName{}, diagnose: d}
	go func() { done <- a.run(ctx, args) }()
	return done
}

func TestPrompt(t *testing.T) {
	home(t)
	te := newTerminal(t)
	var got probe.Config
	done := te.run(context.Background(), func(_ context.Context, cfg probe.Config) (*diagnose.Result, error) {
		got = cfg
		return result(cfg, diagnose.StatusOK), nil
	}, "--tls", "off", "-u", "bob", "h")
	te.wait(t, `Password of "bob" at h: `)
	if _, err := te.person.WriteString(secret + "\n"); err != nil {
		t.Fatal(err)
	}
	if code := <-done; code != 0 || got.Password != secret {
		t.Errorf("exit %d, password %q", code, got.Password)
	}
	if strings.Contains(te.text(), secret[:5]) {
		t.Errorf("the terminal shows the password: %q", te.text())
	}
}

// An interrupt at the prompt gives the terminal back as it was.
func TestPromptInterrupted(t *testing.T) {
	home(t)
	te := newTerminal(t)
	before, err := term.GetState(int(te.tty.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := te.run(ctx, nil, "--tls", "off", "-u", "bob", "h")
	te.wait(t, "Password of")
	echoOff := func() bool {
		state, err := term.GetState(int(te.tty.Fd()))
		return err == nil && *state != *before
	}
	for end := time.Now().Add(10 * time.Second); !echoOff(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the prompt leaves the echo on")
		}
	}
	cancel()
	if code := <-done; code != 3 {
		t.Errorf("exit %d, want 3", code)
	}
	if echoOff() {
		t.Error("the terminal was left without echo")
	}
	te.wait(t, "ftpdiag: interrupted")
	if _, err := te.person.WriteString("\n"); err != nil { // the reader of the password ends
		t.Fatal(err)
	}
}

// On a terminal one line says what is being waited for, and is gone before the
// report comes.
func TestProgress(t *testing.T) {
	home(t)
	t.Setenv("NO_COLOR", "1")
	te := newTerminal(t)
	done := te.run(context.Background(), func(_ context.Context, cfg probe.Config) (*diagnose.Result, error) {
		cfg.Progress("waiting for the greeting")
		return result(cfg, diagnose.StatusOK), nil
	}, "--parallel", "1", "a", "h")
	select {
	case <-time.After(10 * time.Second):
		t.Fatal("no end")
	case code := <-done:
		if code != 0 {
			t.Errorf("exit %d", code)
		}
	}
	te.wait(t, "1 of 2, a: waiting for the greeting")
	te.wait(t, "2 of 2, h: waiting for the greeting")
	_, after, _ := strings.Cut(te.text(), "2 of 2, h: waiting for the greeting")
	if !strings.HasPrefix(after, "\r   ") {
		t.Errorf("the line was not taken away before the report: %q", after)
	}
	if shown := te.text(); strings.Contains(shown, "\x1b") {
		t.Errorf("an escape sequence in spite of NO_COLOR: %q", shown)
	}
}

// A report is as wide as the terminal.
func TestWidth(t *testing.T) {
	home(t)
	t.Setenv("NO_COLOR", "1")
	for _, width := range []int{60, 95} {
		te := newTerminal(t)
		if err := unix.IoctlSetWinsize(int(te.tty.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: 25, Col: uint16(width)}); err != nil {
			t.Fatal(err)
		}
		code := <-te.run(context.Background(), func(_ context.Context, cfg probe.Config) (*diagnose.Result, error) {
			r := result(cfg, diagnose.StatusOK)
			r.Recommendation.Reason = strings.Repeat("word ", 60) + "end"
			return r, nil
		}, "h")
		te.wait(t, "end")
		longest := 0
		for line := range strings.Lines(te.text()) {
			longest = max(longest, len(strings.TrimRight(line, "\r\n")))
		}
		if code != 0 || longest > width || longest < width-10 {
			t.Errorf("exit %d, the longest line of %d columns has %d:\n%s", code, width, longest, te.text())
		}
	}
}

// The status line says which run of how many, and what the pause is for.
func TestRepeatStatusLine(t *testing.T) {
	home(t)
	te := newTerminal(t)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var stdout bytes.Buffer
	a := &app{stdin: strings.NewReader(""), stdout: &stdout, stderr: te.tty, resolver: everyName{}, diagnose: func(_ context.Context, cfg probe.Config) (*diagnose.Result, error) {
		cfg.Progress("connecting")
		return result(cfg, diagnose.StatusOK), nil
	}}
	done := make(chan int)
	go func() { done <- a.run(ctx, []string{"--parallel", "1", "--repeat", "3", "--interval", "1h", "h", "g"}) }()
	te.wait(t, "1 of 2, h: run 1 of 3: connecting")
	te.wait(t, "1 of 2, h: run 1 of 3 is done, the next begins in 1h0m0s")
	cancel()
	te.wait(t, "ftpdiag: interrupted")
	if code := <-done; code != 3 || stdout.Len() == 0 {
		t.Errorf("exit %d, stdout %q", code, stdout.String())
	}
}
