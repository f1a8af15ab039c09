package main

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"ftpdiag/cmd/ftpdiag/credential"
	"ftpdiag/probe/ftptest"
)

// exporting is a process of ftpdiag serve.
type exporting struct {
	cmd   *exec.Cmd
	log   *serveLog
	ended chan error
	url   string
}

// serveLog keeps what a process writes.
type serveLog struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *serveLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *serveLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// patience is how long a test waits for what takes a second or two.
const patience = 90 * time.Second

// export starts the process, which ends with the test.
func export(t testing.TB, cmd *exec.Cmd) *exporting {
	t.Helper()
	e := &exporting{cmd: cmd, log: &serveLog{}, ended: make(chan error, 1)}
	cmd.Stderr = e.log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { e.ended <- cmd.Wait(); close(e.ended) }()
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // it has ended, or is told to
		<-e.ended
	})
	return e
}

// says waits until the log has a match, and is its first group.
func (e *exporting) says(t testing.TB, pattern string) string {
	t.Helper()
	re := regexp.MustCompile(pattern)
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(time.Millisecond) {
		if m := re.FindStringSubmatch(e.log.String()); m != nil {
			return m[len(m)-1]
		}
		select {
		case err := <-e.ended:
			t.Fatalf("it ended: %v\n%s", err, e.log.String())
		default:
		}
	}
	t.Fatalf("it never says %s:\n%s", pattern, e.log.String())
	return ""
}

// listens waits until the process answers.
func (e *exporting) listens(t testing.TB) *exporting {
	t.Helper()
	e.url = "http://" + e.says(t, `Listening on.*address=(127\.0\.0\.1:\d+)`)
	return e
}

// terminate ends it with SIGTERM, and wants exit 0.
func (e *exporting) terminate(t testing.TB) {
	t.Helper()
	if err := e.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-e.ended:
		if err != nil {
			t.Errorf("%v\n%s", err, e.log.String())
		}
	case <-time.After(patience):
		t.Fatal("SIGTERM does not end it")
	}
}

// fresh asks on a connection of its own.
var fresh = &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}

// get is an answer, and how long it took.
func (e *exporting) get(path string) (code int, body string, took time.Duration, err error) {
	begun := time.Now()
	got, err := fresh.Get(e.url + path)
	if err != nil {
		return 0, "", time.Since(begun), err
	}
	defer got.Body.Close()
	text, err := io.ReadAll(got.Body)
	return got.StatusCode, string(text), time.Since(begun), err
}

// limited makes a command one that may open 1,024 files.
func limited(cmd *exec.Cmd) *exec.Cmd {
	c := exec.Command("sh", append([]string{"-c", `ulimit -n 1024 && exec "$0" "$@"`, cmd.Path}, cmd.Args[1:]...)...)
	c.Env = cmd.Env
	return c
}

// A SIGHUP that comes while the configuration is read for the first time has it
// read once more, and ends nothing.
func TestEarlyHangup(t *testing.T) {
	long := serveMinimal + strings.Repeat("    # "+strings.Repeat("x", 4000)+"\n", credential.MaxFile/4010)
	e := export(t, program(t, "serve", "--config", serveConfig(t, long), "--listen", "127.0.0.1:0"))
	e.says(t, "msg=starting")
	for range 3 {
		if err := e.cmd.Process.Signal(syscall.SIGHUP); err != nil {
			t.Fatal(err)
		}
	}
	e.listens(t)
	e.says(t, `(?s)configuration read.*configuration read`)
	e.terminate(t)
}

// Before main nothing that takes time comes before SIGHUP is taken care of.
func TestHangupComesFirst(t *testing.T) {
	cmd := program(t, "serve", "--help")
	cmd.Env = append(cmd.Env, "GODEBUG=inittrace=1")
	var trace bytes.Buffer
	cmd.Stderr = &trace
	if err := cmd.Run(); err != nil {
		t.Fatal(err)
	}
	before, _, found := strings.Cut(trace.String(), "init ftpdiag/cmd/ftpdiag/hangup ")
	if !found || strings.Contains(before, "init ftpdiag/") || strings.Contains(before, "init net/http ") || strings.Contains(before, "init github.com/prometheus/client_golang/prometheus ") {
		t.Errorf("%t, after\n%s", found, before)
	}
}

// A pipe that nobody writes to in place of a password does not hang a check.
func TestCheckOfPipe(t *testing.T) {
	config := serveConfig(t, serveMinimal+"    user: bob\n    password_file: pipe\n")
	if err := syscall.Mkfifo(filepath.Join(filepath.Dir(config), "pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	var stderr bytes.Buffer
	cmd := program(t, "serve", "--config", config, "--check")
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	dead := time.AfterFunc(patience, func() { _ = cmd.Process.Kill() })
	defer dead.Stop()
	_ = cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != 3 || !strings.Contains(stderr.String(), "line 5: password_file cannot be read: it is a named pipe and not a regular file") {
		t.Errorf("exit %d, %s", code, stderr.String())
	}
}

// The pipe of a process substitution gives the password, however late.
func TestPasswordFromSubstitution(t *testing.T) {
	server, err := ftptest.Start(ftptest.Behaviour{Login: ftptest.Login{Users: map[string]string{"bob": secret}}})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	read, written, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd := program(t, "-u", "bob", "--tls", "off", "--password-file", "/dev/fd/3", server.Addr().String())
	cmd.ExtraFiles = []*os.File{read}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	read.Close()
	time.Sleep(300 * time.Millisecond) // so that it waits
	fmt.Fprintln(written, secret)
	written.Close()
	if err := cmd.Wait(); err != nil || passwordsSent(server) == 0 {
		t.Errorf("%v, the password was sent %d times", err, passwordsSent(server))
	}
}

// The limit of memory is below that of the manifest, and GOMEMLIMIT sets another.
func TestMemoryLimit(t *testing.T) {
	manifest, err := os.ReadFile("deploy/kubernetes/exporter.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(manifest, fmt.Appendf(nil, "limits: {memory: %dMi}", shippedMemory>>20)) || softMemoryLimit > shippedMemory*3/4 {
		t.Errorf("%d is no soft limit for the manifest", softMemoryLimit)
	}
	for variable, want := range map[string]string{"": "2.01326592e+08", "100MiB": "1.048576e+08"} {
		cmd := program(t, "serve", "--config", serveConfig(t, serveMinimal), "--listen", "127.0.0.1:0")
		cmd.Env = append(cmd.Env, "GOMEMLIMIT="+variable)
		e := export(t, cmd).listens(t)
		if _, body, _, err := e.get("/metrics"); err != nil || !strings.Contains(body, "go_gc_gomemlimit_bytes "+want+"\n") {
			t.Errorf("%q: %v %s", variable, err, body)
		}
		e.terminate(t)
	}
}

// shippedMemory is the limit in the manifest.
const shippedMemory = 256 << 20

// idle opens connections that have had an answer, or have said nothing, and keeps
// them open.
func idle(t testing.TB, e *exporting, n int) (leave func()) {
	t.Helper()
	var open []net.Conn
	for i := range n {
		conn, err := net.DialTimeout("tcp", strings.TrimPrefix(e.url, "http://"), patience)
		if err != nil {
			t.Fatal(err)
		}
		open = append(open, conn)
		if i%10 != 0 {
			_, _ = io.WriteString(conn, "GET /-/ready HTTP/1.1\r\nHost: x\r\n\r\n") // it may have been closed
		}
	}
	return func() {
		for _, conn := range open {
			conn.Close()
		}
	}
}

// 1,500 clients that keep their connections open keep nobody out of an exporter
// that may open 1,024 files, and leave descriptors for probes.
func TestIdleClients(t *testing.T) {
	server, err := ftptest.Start(ftptest.Behaviour{})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	config := serveConfig(t, serveMinimal+fmt.Sprintf("    ports: [%d]\n    cache: 0s\n", server.Addr().Port()))
	e := export(t, limited(program(t, "serve", "--config", config, "--listen", "127.0.0.1:0"))).listens(t)
	defer idle(t, e, 1500)()
	var longest time.Duration
	for range 20 {
		code, _, took, err := e.get("/-/healthy")
		if longest = max(longest, took); err != nil || code != 200 {
			t.Fatalf("%d %v after %v", code, err, took)
		}
		if _, body, _, err := e.get("/probe?target=" + server.Addr().String()); err != nil || !strings.Contains(body, "\nftpdiag_status 0\n") {
			t.Errorf("%v %s", err, body)
		}
	}
	t.Logf("healthy within %v, with %d files open", longest, len(files(t, e.cmd.Process.Pid)))
	e.terminate(t)
}

// files are the descriptors of a process.
func files(t testing.TB, pid int) []os.DirEntry {
	t.Helper()
	list, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
	if err != nil {
		t.Fatal(err)
	}
	return list
}
