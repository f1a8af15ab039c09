package main

import (
	"bufio"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

// serveConfig writes a configuration.
func serveConfig(t testing.TB, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "ftpdiag.yml")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

const serveMinimal = "modules:\n  default:\n    allow: [127.0.0.0/8]\n"

func TestServeUsage(t *testing.T) {
	home(t)
	good := serveConfig(t, serveMinimal)
	for _, tt := range []struct {
		args   []string
		stderr string // its first line, and the hint
	}{
		{[]string{"serve"}, "ftpdiag: serve needs a configuration\nhint: " + hintServe},
		{[]string{"serve", "--config", good, "a.example"}, "ftpdiag: serve takes no target, and \"a.example\" is one\nhint: targets are named in the request; a host of that name is written ftp://serve"},
		{[]string{"serve", "--confg", good}, "ftpdiag: unknown flag --confg\nhint: did you mean --config?"},
		{[]string{"serve", "--nonsense"}, "ftpdiag: unknown flag --nonsense\nhint: " + hintServe},
		{[]string{"serve", "--config", good, "--listen", "9821"}, "ftpdiag: --listen \"9821\" names no port\nhint: --listen takes HOST:PORT, or :PORT for every address of this machine"},
		{[]string{"serve", "--config", good, "--log-level", "all"}, "ftpdiag: unknown log level \"all\"\nhint: --log-level takes info or debug"},
		{[]string{"serve", "--config", good, "--log-format", "xml"}, "ftpdiag: unknown log format \"xml\"\nhint: --log-format takes text or json"},
		{[]string{"serve", "--listen"}, "ftpdiag: --listen needs a value\nhint: --listen takes HOST:PORT, or :PORT for every address of this machine"},
		{[]string{"serve", "--config"}, "ftpdiag: --config needs a value\nhint: --config takes the name of a file"},
		{[]string{"serve", "--web.config.file"}, "ftpdiag: --web.config.file needs a value\nhint: --web.config.file takes the name of a file"},
		{[]string{"serve", "--log-level"}, "ftpdiag: --log-level needs a value\nhint: --log-level takes info or debug"},
		{[]string{"serve", "--log-format"}, "ftpdiag: --log-format needs a value\nhint: --log-format takes text or json"},
		{[]string{"-v", "serve"}, "ftpdiag: serve comes before its flags\nhint: ftpdiag serve [flags]; a host of that name is written ftp://serve"},
	} {
		got := call(t, nil, tt.args...)
		if got.code != 3 || got.stdout != "" || got.stderr != tt.stderr+"\n" {
			t.Errorf("%q: exit %d, stdout %q, stderr %q", tt.args, got.code, got.stdout, got.stderr)
		}
	}
	broken := serveConfig(t, serveMinimal+"    alow: [a]\n")
	for _, check := range []string{"--check=true", "--check=false"} {
		if got := call(t, nil, "serve", "--config", broken, check); got.code != 3 || got.stdout != "" || !strings.Contains(got.stderr, `line 4: unknown key "alow" in module default`) {
			t.Errorf("%s: exit %d, stdout %q, stderr %q", check, got.code, got.stdout, got.stderr)
		}
	}
	if got := call(t, nil, "serve", "--config", good, "--check"); got.code != 0 || got.stdout != "the configuration is in order\n" || got.stderr != "" {
		t.Errorf("exit %d, stdout %q, stderr %q", got.code, got.stdout, got.stderr)
	}
	if got := call(t, nil, "ftp://serve"); got.code != 0 || len(got.configs) != 1 || got.configs[0].Target.Host != "serve" {
		t.Errorf("a host of that name: %+v", got)
	}
}

func TestServeHelp(t *testing.T) {
	got := call(t, nil, "serve", "--help")
	if got.code != 0 || got.stderr != "" || !strings.Contains(got.stdout, "usage: ftpdiag serve") {
		t.Errorf("exit %d, stderr %q", got.code, got.stderr)
	}
	for line := range strings.Lines(got.stdout) {
		if len(line) > 81 {
			t.Errorf("wider than 80 columns: %s", line)
		}
	}
	parsed, err := parseServe([]string{"--help"})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range regexp.MustCompile(`--([a-z.-]+)`).FindAllStringSubmatch(got.stdout, -1) {
		if parsed.flags.Lookup(f[1]) == nil {
			t.Errorf("the help names --%s, which is no flag", f[1])
		}
	}
}

// The program answers, and SIGTERM ends it with exit 0.
func TestServeProcess(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("a process cannot send another a signal on Windows")
	}
	cmd := program(t, "serve", "--config", serveConfig(t, serveMinimal), "--listen", "127.0.0.1:0", "--log-format", "json")
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	dead := time.AfterFunc(60*time.Second, func() { _ = cmd.Process.Kill() })
	defer dead.Stop()
	log := bufio.NewReader(stderr)
	address := regexp.MustCompile(`"address":"(127\.0\.0\.1:\d+)"`)
	var at []string
	for at == nil {
		line, err := log.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		at = address.FindStringSubmatch(line)
	}
	got, err := http.Get("http://" + at[1] + "/probe?target=192.0.2.1")
	if err != nil {
		t.Fatal(err)
	}
	got.Body.Close()
	if got.StatusCode != 403 {
		t.Errorf("status %d", got.StatusCode)
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, log)
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
	http.DefaultClient.CloseIdleConnections()
}
