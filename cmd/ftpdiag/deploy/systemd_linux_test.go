package deploy

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"ftpdiag/probe/realserver"
)

// installedAt is where the units and the manifests expect the program.
const installedAt = "/usr/local/bin/ftpdiag"

var units = []string{"ftpdiag-exporter.service", "ftpdiag-sweep.service", "ftpdiag-sweep.timer"}

// copyUnits puts the units into a folder, with another place for the program.
func copyUnits(t *testing.T, program string) (paths []string) {
	t.Helper()
	dir := t.TempDir()
	for _, name := range units {
		text := read(t, "systemd/"+name)
		if strings.HasSuffix(name, ".service") {
			text = replaced(t, text, installedAt, program)
		}
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		paths = append(paths, path)
	}
	return paths
}

// analyze runs systemd-analyze, which needs no running systemd for this.
func analyze(t *testing.T, args ...string) (output string, ok bool) {
	t.Helper()
	out, err := exec.Command(realserver.Tool(t, "systemd-analyze"), args...).CombinedOutput()
	return string(out), err == nil
}

// systemd has no objection to the units: no unknown setting, which is only said,
// and no program that is not there, which is an error.
func TestUnits(t *testing.T) {
	t.Parallel()
	verify := []string{"verify", "--man=no"}
	if out, ok := analyze(t, append(verify, copyUnits(t, ftpdiag(t))...)...); !ok || out != "" {
		t.Errorf("systemd-analyze verify: %t\n%s", ok, out)
	}
	if out, ok := analyze(t, append(verify, copyUnits(t, "/nowhere/ftpdiag")...)...); ok || !strings.Contains(out, "/nowhere/ftpdiag") {
		t.Errorf("a program that is missing goes unnoticed: %t\n%s", ok, out)
	}
}

// The services have hardly a right: of 10, what systemd calls the exposure is at
// most 1.5. Among what they lack are those below, whatever the others weigh.
func TestUnitsAreHardened(t *testing.T) {
	t.Parallel()
	for _, path := range copyUnits(t, "/bin/true") {
		if !strings.HasSuffix(path, ".service") {
			continue
		}
		for _, setting := range []string{
			"CapabilityBoundingSet=", "NoNewPrivileges=yes", "ProtectSystem=strict", "ProtectHome=yes", "PrivateTmp=yes", "PrivateDevices=yes",
			"LoadCredential=secrets:/etc/ftpdiag/secrets", "SystemCallFilter=@system-service",
		} {
			if !strings.Contains(read(t, "systemd/"+filepath.Base(path)), "\n"+setting+"\n") {
				t.Errorf("%s: no %s", filepath.Base(path), setting)
			}
		}
		if out, ok := analyze(t, "security", "--offline=true", "--threshold=15", path); !ok {
			t.Errorf("%s:\n%s", filepath.Base(path), out)
		}
	}
}

// commands lists the command lines that a unit starts, as words. One whose exit
// code does not matter begins with a word of its own, "-".
func commands(t *testing.T, unit string) (all [][]string) {
	t.Helper()
	for line := range strings.Lines(read(t, "systemd/"+unit)) {
		if command, found := strings.CutPrefix(line, "ExecStart="); found {
			all = append(all, strings.Fields(replaced(t, command, "^-?", "$0 ")))
		}
	}
	if len(all) == 0 || slices.ContainsFunc(all, func(c []string) bool { return !slices.Contains(c, installedAt) }) {
		t.Fatalf("%s starts %q", unit, all)
	}
	return all
}
