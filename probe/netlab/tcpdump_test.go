//go:build linux

package netlab

import (
	"bytes"
	"io"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// tcpdump listens on the client's link; the function that it returns ends that
// and gives what was written to standard output.
func (st *stage) tcpdump(t *testing.T, args ...string) func() []byte {
	t.Helper()
	cmd := exec.Command("tcpdump", append([]string{"--immediate-mode", "-i", "eth0"}, args...)...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var said lockedBuffer
	cmd.Stderr = &said
	if err := st.lab.Client.Start(cmd); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(10 * time.Second); !strings.Contains(said.String(), "listening on"); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("tcpdump does not listen: %s", said.String())
		}
	}
	seen := make(chan []byte)
	go func() {
		all, _ := io.ReadAll(out)
		seen <- all
	}()
	return func() []byte {
		time.Sleep(50 * time.Millisecond) // what was last on the wire is on its way to us
		_ = cmd.Process.Signal(syscall.SIGTERM)
		all := <-seen
		_ = cmd.Wait()
		return all
	}
}

// lockedBuffer is a bytes.Buffer for two goroutines.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
