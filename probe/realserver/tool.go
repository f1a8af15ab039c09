package realserver

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// Tool is the path of a program that reads what ftpdiag writes, such as promtool:
// where .ci/install unpacks it, else on the PATH. Where there is none, the test
// skips, or fails as in [Need].
func Tool(tb testing.TB, name string) string {
	tb.Helper()
	unpacked := filepath.Join(toolsDir(), "usr/bin", name)
	if _, err := os.Stat(unpacked); err == nil {
		return unpacked
	}
	path, err := exec.LookPath(name)
	if err != nil {
		Missing(tb, name+" is not installed (.ci/install does it)")
	}
	return path
}

// toolsDir is the folder into which the package of Prometheus is unpacked.
func toolsDir() string {
	if dir := os.Getenv("FTPDIAG_TOOLS"); dir != "" {
		return dir
	}
	return "/opt/ftpdiag-tools"
}
