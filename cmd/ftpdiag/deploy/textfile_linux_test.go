package deploy

import (
	"bytes"
	"os/exec"
	"testing"

	"ftpdiag/probe/ftptest"
	"ftpdiag/probe/realserver"
)

// TestTextfile: what ftpdiag writes for the node exporter is what promtool takes,
// of one target and of several.
func TestTextfile(t *testing.T) {
	promtool := realserver.Tool(t, "promtool")
	healthy := serverAt(t, ftptest.Behaviour{})
	for _, targets := range [][]string{{healthy}, {healthy, "ftp://" + healthy + "/", "127.0.0.1:1"}} {
		text, err := exec.CommandContext(t.Context(), ftpdiag(t), append([]string{"-f", "prometheus"}, targets...)...).Output()
		if len(text) == 0 {
			t.Fatalf("nothing of %q: %v", targets, err)
		}
		check := exec.CommandContext(t.Context(), promtool, "check", "metrics")
		check.Stdin = bytes.NewReader(text)
		if out, err := check.CombinedOutput(); err != nil || len(out) > 0 {
			t.Errorf("%v: %s in\n%s", err, out, text)
		}
	}
}
