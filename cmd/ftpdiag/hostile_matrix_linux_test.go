package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"ftpdiag/cmd/ftpdiag/internal/hostile"
	"ftpdiag/probe/realserver"
)

const (
	hostileTimeout  = 300 * time.Millisecond
	hostileDeadline = 1500 * time.Millisecond
	hostileParallel = 16 // processes, which mostly wait
	liveEvery       = 3  // of so many kinds one is diagnosed for another format too

	// runaway is when a process is ended that does not end by itself, and runawayMemory
	// what it may hold until then.
	runaway       = hostileDeadline + 8*time.Second
	runawayMemory = 4 * memoryLimit
)

// TestHostileMatrix: whatever a server does at whatever step, the program ends in
// time, in little memory, with an exit code of its own, and in each format with a
// report that others can read. Each kind is diagnosed for JSON, every third one for
// another format too, and what JSON saved is rendered in all of them.
//
// One kind alone: go test ./cmd/ftpdiag -run 'TestHostileMatrix/mark:_bare_code$'
func TestHostileMatrix(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	m := &matrix{binary: buildProgram(t), dir: t.TempDir(), home: t.TempDir()}
	kinds := hostile.Kinds()
	names := map[string]bool{}
	for _, k := range kinds {
		names[k.Name] = true
	}
	if len(names) < 300 || len(names) != len(kinds) {
		t.Errorf("%d kinds, %d names", len(kinds), len(names))
	}
	t.Logf("%d kinds of misbehaviour", len(kinds))
	begin := time.Now()
	slots := make(chan bool, hostileParallel)
	var all sync.WaitGroup
	for i, k := range kinds {
		slots <- true
		all.Go(func() {
			defer func() { <-slots }()
			t.Run(k.Name, func(t *testing.T) { m.kind(t, i, k) })
		})
	}
	all.Wait()
	late := len(m.late)
	m.alone(t)
	if len(m.saved) > 0 { // none where -run chose no kind
		m.together(t)
	}
	t.Logf("at most %d KiB; %d were late and run again; took %v", m.peak, late, time.Since(begin).Round(time.Second))
}

// matrix runs the program against hostile servers.
type matrix struct {
	binary    string // without the race detector, whose memory is not what is measured
	dir, home string

	mu    sync.Mutex
	saved []string // files with JSON
	late  []lateRun
	peak  int // KiB
}

// kind diagnoses one kind.
func (m *matrix) kind(t *testing.T, i int, k hostile.Kind) {
	live := m.diagnose(t, k, "json")
	if t.Failed() {
		return
	}
	status := readReport(t, "json", live.stdout)
	if want := statusOf(live.code); status != want {
		t.Errorf("status %s, exit code %d", status, live.code)
	}
	file := filepath.Join(m.dir, strconv.Itoa(i)+".json")
	if err := os.WriteFile(file, live.stdout, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, format := range otherFormats {
		if got := readReport(t, format, render(t, format, file)); got != status {
			t.Errorf("%s has the status %s, JSON has %s", format, got, status)
		}
	}
	if i%liveEvery == 0 {
		format := otherFormats[i/liveEvery%len(otherFormats)]
		if live = m.diagnose(t, k, format); live.killed == "" {
			readReport(t, format, live.stdout)
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.saved = append(m.saved, file)
}

// otherFormats are those beside JSON.
var otherFormats = []string{"text", "nagios", "junit", "markdown", "prometheus"}

// render is what the program makes of saved results.
func render(t *testing.T, format string, files ...string) []byte {
	t.Helper()
	var stdout, stderr bytes.Buffer
	a := &app{stdin: strings.NewReader(""), stdout: &stdout, stderr: &stderr}
	args := append([]string{"render", "-f", format, "--color", "never"}, files...)
	if format == "text" || format == "junit" {
		args = append(args, "-v")
	}
	if a.run(context.Background(), args); stderr.Len() > 0 {
		t.Errorf("%s: stderr %q", format, stderr.String())
	}
	return stdout.Bytes()
}

// together has all results in one report of each format, and what reads one only
// from a file.
func (m *matrix) together(t *testing.T) {
	for part := range slices.Chunk(m.saved, 40) {
		for _, format := range otherFormats {
			readReport(t, format, render(t, format, part...))
		}
	}
	xml := make([]string, len(m.saved))
	for i, file := range m.saved {
		xml[i] = strings.TrimSuffix(file, "json") + "xml"
		if err := os.WriteFile(xml[i], render(t, "junit", file), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	lint := exec.CommandContext(t.Context(), realserver.Tool(t, "xmllint"),
		append([]string{"--noout", "--nonet", "--schema", "../../report/testdata/junit.xsd"}, xml...)...)
	if out, err := lint.CombinedOutput(); err != nil {
		t.Errorf("xmllint: %v\n%.3000s", err, regexp.MustCompile(`(?m)^.* validates\n`).ReplaceAll(out, nil))
	}
	check := exec.CommandContext(t.Context(), realserver.Tool(t, "promtool"), "check", "metrics")
	check.Stdin = bytes.NewReader(render(t, "prometheus", m.saved...))
	if out, err := check.CombinedOutput(); err != nil {
		t.Errorf("promtool: %v\n%.3000s", err, out)
	}
}

// process is how one ended.
type process struct {
	format         string
	reached        bool // the step at which the server misbehaves
	code           int
	stdout, stderr []byte
	took           time.Duration
	peak           int    // KiB; 0: it was over before anybody looked
	killed         string // why; "": it ended by itself
}

// diagnose runs the program against a server of the kind. Where the machine has much
// to do it may be late: then it is run again in the end, with nothing beside it.
func (m *matrix) diagnose(t *testing.T, k hostile.Kind, format string) process {
	t.Helper()
	p := m.run(t, k, format)
	switch {
	case p.killed != "":
		t.Errorf("%s: ended by the test: %s", format, p.killed)
	case p.code < 0 || p.code > 3:
		t.Errorf("%s: exit code %d", format, p.code)
	}
	if p.peak > memoryLimit {
		t.Errorf("%s: %d KiB", format, p.peak)
	}
	if len(p.stderr) > 0 {
		t.Errorf("%s: stderr %.3000q", format, p.stderr)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if p.late() {
		m.late = append(m.late, lateRun{k, format})
	}
	m.peak = max(m.peak, p.peak)
	return p
}

// late tells whether a process took more than a second beyond its deadline, or was
// so slow that it did not get to the step; --quick, which is nagios, asks less.
func (p process) late() bool {
	return p.killed == "" && (p.took > hostileDeadline+time.Second || !p.reached && p.format == "json")
}

// lateRun is a run to be repeated.
type lateRun struct {
	kind   hostile.Kind
	format string
}

// alone repeats what was late. It is late indeed where it is so three times.
func (m *matrix) alone(t *testing.T) {
	for _, l := range m.late {
		t.Run("alone: "+l.kind.Name, func(t *testing.T) {
			p := m.run(t, l.kind, l.format)
			for try := 1; p.late() && try < 3; try++ {
				p = m.run(t, l.kind, l.format)
			}
			if p.late() {
				t.Errorf("%s: took %v, came to the step: %v", l.format, p.took, p.reached)
			}
		})
	}
}

func (m *matrix) run(t *testing.T, k hostile.Kind, format string) (p process) {
	t.Helper()
	srv, err := hostile.Start(k)
	if err != nil {
		t.Fatal(err)
	}
	defer srv.Close()
	scheme := "ftp://"
	if k.TLS {
		scheme = "ftpes://"
	}
	args := append([]string{"-f", format, "--color", "never", "--timeout", hostileTimeout.String(), "--deadline", hostileDeadline.String()}, k.Flags...)
	cmd := exec.Command(m.binary, append(args, scheme+srv.Addr())...)
	cmd.Env = []string{"HOME=" + m.home, "PATH=" + os.Getenv("PATH")}
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	begin := time.Now()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	watched := guard(cmd.Process)
	_ = cmd.Wait()
	p = <-watched
	p.took, p.code, p.stdout, p.stderr = time.Since(begin), cmd.ProcessState.ExitCode(), stdout.Bytes(), stderr.Bytes()
	p.format, p.reached = format, srv.Misbehaved()
	return p
}

// guard watches a process until it ends, and ends it where it runs away.
func guard(running *os.Process) <-chan process {
	watched := make(chan process, 1)
	go func() {
		var p process
		for begin := time.Now(); ; time.Sleep(10 * time.Millisecond) {
			status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", running.Pid))
			_, mark, found := strings.Cut(string(status), "VmHWM:")
			if err != nil || !found { // it has ended
				break
			}
			_, _ = fmt.Sscan(mark, &p.peak)
			switch {
			case p.killed != "":
			case p.peak > runawayMemory:
				p.killed = fmt.Sprintf("%d KiB", p.peak)
				_ = running.Kill()
			case time.Since(begin) > runaway:
				p.killed = fmt.Sprintf("still there after %v", runaway)
				_ = running.Kill()
			}
		}
		watched <- p
	}()
	return watched
}
