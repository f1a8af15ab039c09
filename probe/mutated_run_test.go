package probe_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"ftpdiag/probe"
	"ftpdiag/probe/evidence"
	"ftpdiag/probe/ftptest"
)

const (
	mutations     = 2000
	mutatedAtOnce = 24
	mutatedMemory = 64 << 10 // KiB of a process in which as many runs go on at once

	mutatedTimeout  = 300 * time.Millisecond
	mutatedDeadline = 1500 * time.Millisecond

	// Environment: repeats the mutations of an earlier run; has the test be the
	// process that is measured.
	mutationSeed  = "FTPDIAG_MUTATION_SEED"
	mutationChild = "FTPDIAG_MUTATION_CHILD"
)

// One reply of a recorded dialogue is changed at random: no run outlives its
// deadline and a second, none takes more than 64 MB, and nothing is left. The runs
// go on in a process of their own, the servers in this one.
func TestMutatedDialogues(t *testing.T) {
	if os.Getenv(mutationChild) != "" {
		defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
		runMutated(os.Stdin, os.Stdout)
		return
	}
	seed := rand.Uint64()
	if given := os.Getenv(mutationSeed); given != "" {
		var err error
		if seed, err = strconv.ParseUint(given, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%s=%d repeats this", mutationSeed, seed)
	c := newMutationChild(t)
	var all sync.WaitGroup
	slots := make(chan struct{}, mutatedAtOnce)
	for i := range mutations {
		slots <- struct{}{}
		if t.Failed() {
			break
		}
		all.Go(func() {
			defer func() { <-slots }()
			c.try(i, mutate(rand.New(rand.NewPCG(seed, uint64(i)))))
		})
	}
	all.Wait()
	c.end()
}

// child is the process that is measured.
type child struct {
	t     *testing.T
	cmd   *exec.Cmd
	in    io.WriteCloser
	ended chan struct{} // closed when it says nothing more

	mu      sync.Mutex
	waiting map[int]chan string // for what became of a run
	last    []string            // what it said besides
}

func newMutationChild(t *testing.T) *child {
	t.Helper()
	c := &child{t: t, ended: make(chan struct{}), waiting: map[int]chan string{}}
	c.cmd = exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestMutatedDialogues$", "-test.v")
	c.cmd.Env = append(os.Environ(), mutationChild+"=1")
	c.cmd.Stderr = os.Stderr
	var err error
	if c.in, err = c.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go c.listen(out)
	return c
}

// listen hands what the process says to whoever waits for it.
func (c *child) listen(out io.Reader) {
	defer close(c.ended)
	for lines := bufio.NewScanner(out); lines.Scan(); {
		var i int
		var what string
		if _, err := fmt.Sscanf(lines.Text(), "run %d %s", &i, &what); err != nil {
			c.mu.Lock()
			c.last = append(c.last, lines.Text())
			c.mu.Unlock()
			continue
		}
		c.mu.Lock()
		answer := c.waiting[i]
		c.mu.Unlock()
		answer <- what
	}
}

// try has the process diagnose a server with the mutation.
func (c *child) try(i int, m mutation) {
	srv, err := ftptest.Start(dialogueOf(m.product).behaviour(m.key, m.change))
	if err != nil {
		c.t.Error(err)
		return
	}
	defer srv.Close()
	answer := make(chan string, 1)
	c.mu.Lock()
	c.waiting[i] = answer
	_, err = fmt.Fprintf(c.in, "%d %s\n", i, srv.Addr())
	c.mu.Unlock()
	if err != nil {
		c.t.Errorf("mutation %d, %v: %v", i, m, err)
		return
	}
	select {
	case what := <-answer:
		if what != "fine" {
			c.t.Errorf("mutation %d, %v: %s", i, m, what)
		}
	case <-c.ended:
		c.t.Errorf("mutation %d, %v: not ended when the process did", i, m)
	case <-time.After(20 * time.Second):
		c.t.Errorf("mutation %d, %v: it does not end", i, m)
		_ = c.cmd.Process.Kill()
	}
}

// end wants the process to end in order, and says what it took.
func (c *child) end() {
	c.in.Close()
	<-c.ended
	err := c.cmd.Wait()
	for _, line := range c.last {
		c.t.Log(line)
	}
	if err != nil {
		c.t.Error(err)
	}
}

// runMutated diagnoses the servers that it is told, as many at once, and says how
// each run ended.
func runMutated(in io.Reader, out io.Writer) {
	var all sync.WaitGroup
	said := make(chan string)
	go func() {
		for lines := bufio.NewScanner(in); lines.Scan(); {
			number, addr, _ := strings.Cut(lines.Text(), " ")
			all.Go(func() { said <- "run " + number + " " + mutatedRun(netip.MustParseAddrPort(addr)) })
		}
		all.Wait()
		close(said)
	}()
	for line := range said {
		fmt.Fprintln(out, line)
	}
	fmt.Fprintf(out, "%d KiB at most\n", peakMemory())
}

func mutatedRun(addr netip.AddrPort) string {
	begin := time.Now()
	over := make(chan struct{})
	defer close(over)
	go func() { // a run that eats memory must not end the machine
		for {
			select {
			case <-over:
				return
			case <-time.After(50 * time.Millisecond):
				if peakMemory() > mutatedMemory {
					os.Exit(3)
				}
			}
		}
	}()
	_, err := probe.Run(context.Background(), probe.Config{Target: evidence.Target{Host: addr.Addr().String(), Port: int(addr.Port())},
		Timeout: mutatedTimeout, Deadline: mutatedDeadline})
	took := time.Since(begin)
	switch {
	case err != nil:
		return strconv.Quote(err.Error())
	case took > mutatedDeadline+time.Second:
		return "took-" + took.String()
	case peakMemory() > mutatedMemory:
		return fmt.Sprintf("%d-KiB", peakMemory())
	}
	return "fine"
}

// peakMemory is the largest amount of memory that the process has had, in KiB, as
// Linux counts it. Elsewhere, and where the race detector takes its own, it is 0.
func peakMemory() int {
	if runtime.GOOS != "linux" || raceDetector {
		return 0
	}
	status, _ := os.ReadFile("/proc/self/status")
	_, behind, _ := strings.Cut(string(status), "VmHWM:")
	kib, _ := strconv.Atoi(strings.TrimSpace(strings.SplitN(behind, "kB", 2)[0]))
	return kib
}
