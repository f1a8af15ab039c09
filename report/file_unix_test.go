//go:build unix

package report_test

import (
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"ftpdiag/report"
)

func TestWriteFilePermissions(t *testing.T) {
	old := syscall.Umask(0o027) // for the whole process: no test here is parallel
	defer syscall.Umask(old)
	path := filepath.Join(t.TempDir(), "report.txt")
	check := func(want os.FileMode) {
		t.Helper()
		if err := report.WriteFile(path, text("x")); err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got != want {
			t.Errorf("permissions are %v, want %v", got, want)
		}
	}
	check(0o640)
	if err := os.Chmod(path, 0o600); err != nil {
		t.Fatal(err)
	}
	check(0o600)
}

func TestWriteFileThroughLink(t *testing.T) {
	dir := t.TempDir()
	real, link := filepath.Join(dir, "real"), filepath.Join(dir, "link")
	if err := os.WriteFile(real, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("real", link); err != nil {
		t.Fatal(err)
	}
	if err := report.WriteFile(link, text("new")); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link is %v, %v", info, err)
	}
	if b, err := os.ReadFile(real); err != nil || string(b) != "new" {
		t.Errorf("the file holds %q, %v", b, err)
	}
	alone(t, dir, 2)
}

// TestWriteFileToPipe: what is not a file is written to, not replaced.
func TestWriteFileToPipe(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	got := make(chan string)
	go func() {
		defer close(got)
		f, err := os.Open(path)
		if err != nil {
			t.Error(err)
			return
		}
		defer f.Close()
		b, err := io.ReadAll(f)
		if err != nil {
			t.Error(err)
		}
		got <- string(b)
	}()
	if err := report.WriteFile(path, text("through")); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Lstat(path); err != nil || info.Mode()&os.ModeNamedPipe == 0 {
		t.Fatalf("the pipe is %v, %v", info, err)
	}
	if s := <-got; s != "through" {
		t.Errorf("the pipe brought %q", s)
	}
}
