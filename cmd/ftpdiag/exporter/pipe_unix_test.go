//go:build unix

package exporter

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"ftpdiag/probe/diagnose"
)

// A pipe in place of a file, which nobody writes to, hangs neither a check nor a
// reload, and what it is is said without its name.
func TestPipes(t *testing.T) {
	b := newBench(t, minimal, verdictIs(diagnose.StatusOK))
	pipe := filepath.Join(b.dir, "s3cr3t")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	for key, config := range map[string]string{
		"password_file": minimal + "    user: bob\n    password_file: s3cr3t\n",
		"ca_file":       minimal + "    ca_file: s3cr3t\n",
		"cert":          minimal + "    cert: s3cr3t\n    key: pw\n",
	} {
		o := b.options
		o.Config = write(t, b.dir, "ftpdiag.yml", config)
		want := key + " cannot be read: it is a named pipe and not a regular file"
		if err := Check(o); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "s3cr3t") {
			t.Errorf("%s: %v", key, err)
		}
		if got := b.do(t, "POST", "/-/reload"); got.code != 500 || !strings.Contains(got.body, want) {
			t.Errorf("%s: %d %s", key, got.code, got.body)
		}
		b.get(t, probeOf("a.example")).has(t, "ftpdiag_status 0")
	}
	o := b.options
	if o.Config = pipe; Check(o) == nil {
		t.Error("a pipe is a configuration")
	}
	o.Config, o.WebConfig = write(t, b.dir, "ftpdiag.yml", minimal), pipe
	if err := Check(o); err == nil || !strings.Contains(err.Error(), "named pipe") {
		t.Errorf("the web configuration: %v", err)
	}
	if _, err := os.Stat(pipe); err != nil {
		t.Error(err)
	}
}
