package report_test

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ftpdiag/report"
)

// text writes s.
func text(s string) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.WriteString(w, s)
		return err
	}
}

// content is what the file at path holds, and that it stands alone in its folder.
func content(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	alone(t, filepath.Dir(path), 1)
	return string(b)
}

func alone(t *testing.T, dir string, files int) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != files {
		t.Errorf("%d files are left in the folder: %v", len(entries), entries)
	}
}

func TestWriteFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "report.txt")
	for _, want := range []string{"the first is longer than", "the second"} {
		if err := report.WriteFile(path, text(want)); err != nil {
			t.Fatal(err)
		}
		if got := content(t, path); got != want {
			t.Errorf("the file holds %q", got)
		}
	}
}

func TestWriteFileKeepsTheOldOne(t *testing.T) {
	path := filepath.Join(t.TempDir(), "report.txt")
	if err := report.WriteFile(path, text("old")); err != nil {
		t.Fatal(err)
	}
	failure := errors.New("no more paper")
	err := report.WriteFile(path, func(w io.Writer) error {
		fmt.Fprint(w, strings.Repeat("half of the new one", 1000))
		return failure
	})
	if !errors.Is(err, failure) || !strings.Contains(err.Error(), path) {
		t.Errorf("error %v", err)
	}
	if got := content(t, path); got != "old" {
		t.Errorf("the file holds %.40q", got)
	}
}

// TestWriteFileInOnePiece: while the new content is written, the old one is there.
func TestWriteFileInOnePiece(t *testing.T) {
	path := filepath.Join(t.TempDir(), "report.txt")
	if err := report.WriteFile(path, text("old")); err != nil {
		t.Fatal(err)
	}
	err := report.WriteFile(path, func(w io.Writer) error {
		fmt.Fprint(w, strings.Repeat("new", 100_000))
		if b, err := os.ReadFile(path); err != nil || string(b) != "old" {
			t.Errorf("meanwhile the file holds %.40q, %v", b, err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := content(t, path); len(got) != 300_000 {
		t.Errorf("the file holds %d bytes", len(got))
	}
}

func TestWriteFileErrors(t *testing.T) {
	dir := t.TempDir()
	for path, want := range map[string]string{
		dir:                            "it is a directory",
		filepath.Join(dir, "no", "no"): "",
		"":                             "",
	} {
		err := report.WriteFile(path, text("x"))
		if err == nil || !strings.HasPrefix(err.Error(), "cannot write "+path+": ") || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v", path, err)
		}
		if err != nil && strings.Contains(err.Error(), ".ftpdiag-") {
			t.Errorf("%q: error names the temporary file: %v", path, err)
		}
	}
	alone(t, dir, 0)
}
