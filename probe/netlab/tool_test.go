//go:build linux

package netlab

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"ftpdiag/report/reporttest"
)

// report is what the tests read of ftpdiag's JSON: the contract, not our types.
type report struct {
	Duration float64 `json:"duration_ms"`
	Status   string  `json:"status"`
	Modes    struct {
		Passive string `json:"passive"`
		Active  string `json:"active"`
	} `json:"modes"`
	Recommendation struct {
		Mode       string  `json:"mode"`
		Method     *string `json:"method"`
		TLS        string  `json:"tls"`
		Reason     string  `json:"reason"`
		Conditions []struct {
			Code string `json:"code"`
		} `json:"conditions"`
	} `json:"recommendation"`
	Findings []finding `json:"findings"`
	Sent     struct {
		Spared bool `json:"spared"`
	} `json:"sent"`
	Attempts []attempt `json:"attempts"`
	Sessions []struct {
		Failure *failure `json:"failure"`
	} `json:"sessions"`
	Transcript []struct {
		From string `json:"from"`
		Text string `json:"text"`
	} `json:"transcript"`
	Ports struct {
		Sampled []int    `json:"sampled"`
		Passes  []int    `json:"passes"`
		Blocked []int    `json:"blocked"`
		Share   *float64 `json:"share"`
	} `json:"passive_ports"`
}

type finding struct {
	Code        string   `json:"code"`
	Severity    string   `json:"severity"`
	Mode        *string  `json:"mode"`
	Who         []string `json:"who"`
	Confidence  string   `json:"confidence"`
	Summary     string   `json:"summary"`
	Evidence    []string `json:"evidence"`
	CouldAlsoBe []string `json:"could_also_be"`
	BlockedAt   *struct {
		AfterHop *string `json:"after_hop"`
		Distance int     `json:"distance"`
		Host     *int    `json:"host_distance"`
		Answer   string  `json:"answer"`
	} `json:"blocked_at"`
}

type attempt struct {
	Mode    string   `json:"mode"`
	Purpose string   `json:"purpose"`
	Outcome string   `json:"outcome"`
	TLS     bool     `json:"tls"`
	Resumed *bool    `json:"resumed"`
	Offered *string  `json:"offered"`
	Failure *failure `json:"failure"`
}

type failure struct {
	Op string `json:"op"`
}

// about is the mode that a finding is about; empty: none.
func (f finding) about() string {
	if f.Mode == nil {
		return ""
	}
	return *f.Mode
}

// method is the recommended one; empty: none.
func (r *report) method() string {
	if r.Recommendation.Method == nil {
		return ""
	}
	return *r.Recommendation.Method
}

// said is a run of ftpdiag.
type said struct {
	report
	exit   int
	stdout string
	stderr string
	took   time.Duration
}

// runUser says who runs ftpdiag.
type runUser int

const (
	asRoot runUser = iota
	asNobody
)

const nobody = 65534

// ftpdiag runs the program on the client's host.
func (st *stage) ftpdiag(t *testing.T, user runUser, more ...string) *said {
	t.Helper()
	return st.ftpdiagWith(t, user, nil, more...)
}

// ftpdiagWith is ftpdiag with more in its environment.
func (st *stage) ftpdiagWith(t *testing.T, user runUser, env []string, more ...string) *said {
	t.Helper()
	args := append([]string{"-f", "json", "--timeout", st.wait().String()}, st.tlsArgs()...)
	args = append(args, st.args...)
	if st.user != nil {
		args = append(args, "-u", st.user.Name)
		env = append([]string{"FTPDIAG_PASSWORD=" + st.user.Password}, env...)
	}
	if st.path != "" {
		args = append(args, "--path", st.path)
	}
	args = append(append(args, more...), st.argument())
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := st.lab.Client.Command(ctx, tool(t), args...)
	cmd.Env = append([]string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C", "HOME=/nonexistent"}, env...)
	if user == asNobody {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	}
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	start := time.Now()
	err := st.lab.Client.Run(cmd)
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		t.Fatalf("run ftpdiag: %v", err)
	}
	s := &said{exit: cmd.ProcessState.ExitCode(), stdout: stdout.String(), stderr: stderr.String(), took: time.Since(start)}
	if bytes.Contains(stderr.Bytes(), []byte("DATA RACE")) {
		t.Errorf("ftpdiag has a race:\n%s", s.stderr)
	}
	if err := json.Unmarshal(stdout.Bytes(), &s.report); err != nil {
		t.Fatalf("ftpdiag %v: exit %d, no JSON: %v\nstdout %s\nstderr %s", args, s.exit, err, s.stdout, s.stderr)
	}
	reporttest.Validate(t, stdout.Bytes())
	return s
}

var build struct {
	sync.Once
	path string
	err  error
}

// tool is the program, built once for all tests, and with the race detector
// where they have it.
func tool(t testing.TB) string {
	t.Helper()
	build.Do(func() { build.path, build.err = buildTool() })
	if build.err != nil {
		t.Fatal(build.err)
	}
	return build.path
}

func buildTool() (string, error) {
	dir := files() + "bin" // the watchdog removes it
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	path := filepath.Join(dir, "ftpdiag")
	args := []string{"build", "-o", path}
	if raceDetector {
		args = append(args, "-race")
	}
	out, err := exec.Command("go", append(args, "ftpdiag/cmd/ftpdiag")...).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return path, nil
}
