package deploy

import (
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

var program struct {
	once sync.Once
	dir  string
	err  error
}

// ftpdiag is the path of the program, built for these tests.
func ftpdiag(t *testing.T) string {
	t.Helper()
	program.once.Do(func() {
		if program.dir, program.err = os.MkdirTemp("", "ftpdiag-deploy-"); program.err != nil {
			return
		}
		var out []byte
		if out, program.err = exec.Command("go", "build", "-o", program.dir, "ftpdiag/cmd/ftpdiag").CombinedOutput(); program.err != nil {
			t.Logf("go build: %s", out)
		}
	})
	if program.err != nil {
		t.Fatal(program.err)
	}
	return filepath.Join(program.dir, "ftpdiag")
}

func TestMain(m *testing.M) {
	code := m.Run()
	if program.dir != "" {
		os.RemoveAll(program.dir)
	}
	os.Exit(code)
}
