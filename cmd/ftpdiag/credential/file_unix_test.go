//go:build unix

package credential

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// A pipe that nobody writes to is refused, whatever it is given for.
func TestNamedPipe(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), secret)
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(t.TempDir(), secret)
	if err := os.Symlink(pipe, link); err != nil {
		t.Fatal(err)
	}
	const text = "cannot be read: it is a named pipe and not a regular file"
	for _, name := range []string{pipe, link} {
		for part, read := range map[Part]func() error{
			PasswordPart:    func() error { _, err := Password(name); return err },
			RootsPart:       func() error { _, err := Roots(name); return err },
			CertificatePart: func() error { _, err := Pair(name, name); return err },
		} {
			done := make(chan error, 1)
			go func() { done <- read() }()
			select {
			case err := <-done:
				wantFault(t, err, Fault{Part: part, Kind: Unreadable, Text: text})
			case <-time.After(30 * time.Second):
				t.Errorf("part %d waits for a writer", part)
			}
		}
	}
}

// What is neither a file nor a pipe is named.
func TestNoFile(t *testing.T) {
	for name, text := range map[string]string{
		t.TempDir(): "cannot be read: it is a directory and not a regular file",
		"/dev/zero": "cannot be read: it is a device and not a regular file",
	} {
		_, err := Password(name)
		wantFault(t, err, Fault{Kind: Unreadable, Text: text})
	}
	if data, err := ReadFile(os.DevNull); len(data) != 0 || err != nil {
		t.Errorf("the empty device: %q, %v", data, err)
	}
}
