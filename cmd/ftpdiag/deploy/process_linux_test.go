package deploy

import (
	"bytes"
	"os/exec"
	"regexp"
	"runtime"
	"sync"
	"syscall"
	"testing"
	"time"
)

// patience is how long a test waits for what takes a second or two. A machine
// that runs other tests can be slower.
const patience = 90 * time.Second

// process is a program that runs until the test ends.
type process struct {
	cmd   *exec.Cmd
	ended chan struct{}
	log   log
}

// log keeps what a program writes.
type log struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// start runs a program. It ends with the test, or with the test's process: the
// parent death signal is sent when the thread ends that started the program, so
// that thread is kept.
func start(t *testing.T, argv ...string) *process {
	t.Helper()
	p := &process{cmd: exec.Command(argv[0], argv[1:]...), ended: make(chan struct{})}
	p.cmd.Stdout, p.cmd.Stderr = &p.log, &p.log
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := p.cmd.Start()
		started <- err
		if err == nil {
			_ = p.cmd.Wait() // it is told to end, how it does says nothing
			close(p.ended)
		}
	}()
	if err := <-started; err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.stop)
	return p
}

// stop asks the program to end, and ends it if it does not.
func (p *process) stop() {
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.ended:
	case <-time.After(20 * time.Second):
		_ = p.cmd.Process.Kill()
		<-p.ended
	}
}

// says waits until the program has written a match, and is its first submatch.
func (p *process) says(t *testing.T, pattern string) string {
	t.Helper()
	re := regexp.MustCompile(pattern)
	var found []string
	eventually(t, func() (bool, string) {
		found = re.FindStringSubmatch(p.log.String())
		select {
		case <-p.ended:
			t.Fatalf("%s ended:\n%s", p.cmd.Path, p.log.String())
		default:
		}
		return found != nil, "says no " + pattern + ":\n" + p.log.String()
	})
	return found[1]
}

// eventually waits until the condition holds, and fails the test with what it
// says if it never does.
func eventually(t *testing.T, holds func() (bool, string)) {
	t.Helper()
	for end := time.Now().Add(patience); ; time.Sleep(50 * time.Millisecond) {
		ok, why := holds()
		if ok {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("after %v: %s", patience, why)
		}
	}
}
