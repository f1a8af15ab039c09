package deploy

import (
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"ftpdiag/probe/realserver"
)

// The program that the Dockerfile builds needs nothing else in its image, and no
// rights: it runs in an empty root as the user that the Dockerfile names.
func TestImage(t *testing.T) {
	realserver.Need(t) // root, to leave its root
	t.Parallel()
	dockerfile := read(t, "kubernetes/Dockerfile")
	root := t.TempDir()
	var build string
	for line := range strings.Lines(dockerfile) {
		if command, found := strings.CutPrefix(line, "RUN CGO_ENABLED=0 go build "); found {
			build = replaced(t, "CGO_ENABLED=0 go build "+command, `-o /ftpdiag`, "-o "+filepath.Join(root, "ftpdiag"))
		}
	}
	cmd := exec.Command("sh", "-c", build)
	cmd.Dir = "../../.."
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%q: %v\n%s", build, err, out)
	}
	for _, want := range []string{"\nFROM scratch\n", "\nUSER 65532:65532\n", "\nENTRYPOINT [\"/ftpdiag\"]\n"} {
		if !strings.Contains(dockerfile, want) {
			t.Errorf("the Dockerfile has no line %q", strings.TrimSpace(want))
		}
	}
	cmd = exec.Command("/ftpdiag", "demo")
	cmd.Env, cmd.Dir = []string{}, "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Chroot: root, Credential: &syscall.Credential{Uid: 65532, Gid: 65532}}
	if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "Use passive mode") {
		t.Errorf("%v\n%s", err, out)
	}
}
