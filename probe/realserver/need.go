package realserver

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// RequireServers is the environment variable that turns a skip for something
// missing into a failure.
const RequireServers = "FTPDIAG_REQUIRE_SERVERS"

// Need skips the test where one of the named programs or products is not
// installed, or where servers cannot be run at all; with FTPDIAG_REQUIRE_SERVERS=1
// it fails the test instead.
func Need(tb testing.TB, names ...string) {
	tb.Helper()
	if why := cannotRun(); why != "" {
		Missing(tb, "real servers "+why)
	}
	for _, name := range names {
		if !installed(name) {
			Missing(tb, name+" is not installed (.ci/install does it)")
		}
	}
}

// Missing skips the test because of what this machine lacks; with
// FTPDIAG_REQUIRE_SERVERS=1 it fails the test instead.
func Missing(tb testing.TB, why string) {
	tb.Helper()
	if os.Getenv(RequireServers) == "1" {
		tb.Fatal(why)
	}
	tb.Skip(why)
}

// installed finds a server where .ci/install puts it, anything else on the PATH.
func installed(name string) bool {
	switch Product(name) {
	case Vsftpd, ProFTPD, PureFTPd:
		_, err := os.Stat(binary(name))
		return err == nil
	case Pyftpdlib:
		return exec.Command(python, "-I", "-c", "import pyftpdlib").Run() == nil
	}
	_, err := exec.LookPath(name)
	return err == nil
}

// python is Debian's own, for which the packages of Debian are installed.
const python = "/usr/bin/python3"

// serversDir is the folder into which the packages of the servers are unpacked.
func serversDir() string {
	if dir := os.Getenv("FTPDIAG_SERVERS"); dir != "" {
		return dir
	}
	return "/opt/ftpdiag-servers"
}

func binary(name string) string { return filepath.Join(serversDir(), "usr/sbin", name) }
