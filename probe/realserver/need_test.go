package realserver_test

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"ftpdiag/probe/realserver"
)

// fakeTB records how a test would end.
type fakeTB struct {
	testing.TB
	skipped, failed string
}

func (f *fakeTB) Helper() {}

func (f *fakeTB) Skip(args ...any) { f.skipped = fmt.Sprint(args...); runtime.Goexit() }

func (f *fakeTB) Fatal(args ...any) { f.failed = fmt.Sprint(args...); runtime.Goexit() }

func (f *fakeTB) Fatalf(format string, args ...any) { f.Fatal(fmt.Sprintf(format, args...)) }

// run runs a test that may end early.
func (f *fakeTB) run(test func(testing.TB)) {
	done := make(chan struct{})
	go func() { defer close(done); test(f) }()
	<-done
}

func TestNeed(t *testing.T) {
	missing := func(tb testing.TB) { realserver.Need(tb, "no-such-program") }
	t.Setenv(realserver.RequireServers, "")
	f := &fakeTB{TB: t}
	if f.run(missing); f.skipped == "" || f.failed != "" || strings.Contains(f.skipped, "\n") {
		t.Errorf("a missing program: skipped %q, failed %q", f.skipped, f.failed)
	}
	t.Setenv(realserver.RequireServers, "1")
	f = &fakeTB{TB: t}
	if f.run(missing); f.failed == "" || f.skipped != "" {
		t.Errorf("a missing program that is required: skipped %q, failed %q", f.skipped, f.failed)
	}
	t.Setenv("FTPDIAG_SERVERS", t.TempDir())
	f = &fakeTB{TB: t}
	if f.run(func(tb testing.TB) { realserver.Need(tb, "vsftpd") }); f.failed == "" {
		t.Error("vsftpd is found where it is not")
	}
}

func TestTool(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("FTPDIAG_TOOLS", dir)
	t.Setenv(realserver.RequireServers, "")
	f := &fakeTB{TB: t}
	missing := func(tb testing.TB) { realserver.Tool(tb, "no-such-program") }
	if f.run(missing); f.skipped == "" || f.failed != "" || strings.Contains(f.skipped, "\n") {
		t.Errorf("a missing tool: skipped %q, failed %q", f.skipped, f.failed)
	}
	t.Setenv(realserver.RequireServers, "1")
	f = &fakeTB{TB: t}
	if f.run(missing); f.failed == "" || f.skipped != "" {
		t.Errorf("a missing tool that is required: skipped %q, failed %q", f.skipped, f.failed)
	}
	want := filepath.Join(dir, "usr", "bin", "no-such-program")
	if err := os.MkdirAll(filepath.Dir(want), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(want, nil, 0o755); err != nil {
		t.Fatal(err)
	}
	if got := realserver.Tool(t, "no-such-program"); got != want {
		t.Errorf("found at %q, want %q", got, want)
	}
}

func TestUnsupportedOptionFailsTheTest(t *testing.T) {
	realserver.Need(t, string(realserver.PureFTPd))
	f := &fakeTB{TB: t}
	f.run(func(tb testing.TB) {
		realserver.Config{Product: realserver.PureFTPd, NoActive: true}.Start(tb, realserver.Loopback)
	})
	if !strings.Contains(f.failed, "NoActive") {
		t.Errorf("failed %q", f.failed)
	}
}

// A server that does not start says why.
func TestBrokenConfigurationFailsTheTest(t *testing.T) {
	for p, word := range map[realserver.Product]string{
		realserver.Vsftpd: "no_such_option", realserver.ProFTPD: "NoSuchDirective", realserver.Pyftpdlib: "no_such_name",
	} {
		realserver.Need(t, string(p))
		f := &fakeTB{TB: t}
		f.run(func(tb testing.TB) {
			realserver.Config{Product: p, Port: 1, Extra: []string{map[realserver.Product]string{
				realserver.Vsftpd: word + "=1", realserver.ProFTPD: word + " on", realserver.Pyftpdlib: word,
			}[p]}}.Start(tb, realserver.Loopback)
		})
		if !strings.Contains(f.failed, word) {
			t.Errorf("%s failed with %q", p, f.failed)
		}
	}
}

func TestRecordedPanicsOnAnUnknownSituation(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	realserver.Recorded(realserver.Vsftpd, "no such situation")
}

func TestRecordedReply(t *testing.T) {
	if got, want := realserver.RecordedReply(realserver.Vsftpd, "greeting"), "220 (vsFTPd 3.0.3)"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
