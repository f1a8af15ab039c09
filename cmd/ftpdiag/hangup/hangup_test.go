package hangup

import (
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"testing"
)

// The test binary sends itself a SIGHUP where it is called like the exporter.
func TestMain(m *testing.M) {
	if len(os.Args) > 2 && os.Args[2] == "hangup" {
		self, _ := os.FindProcess(os.Getpid())
		if self.Signal(syscall.SIGHUP) != nil {
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// SIGHUP does not end ftpdiag serve before the exporter asks for it, and ends
// everything else.
func TestEarlyHangup(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("there is no SIGHUP on Windows")
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if err := exec.Command(self, "serve", "hangup").Run(); err != nil {
		t.Error(err)
	}
}
