package probe_test

import (
	"bufio"
	"fmt"
	"net/netip"
	"os/exec"
	"strings"
	"testing"
	"time"

	"ftpdiag/probe"
	"ftpdiag/probe/evidence"
	"ftpdiag/probe/realserver"
)

// A peer that wants to negotiate anew in the middle of a session (TLS 1.2) is not
// obeyed: the session ends there, with a name for it.
func TestRenegotiation(t *testing.T) {
	cert := realserver.NewCertificate(t, time.Hour, "127.0.0.1")
	server := exec.CommandContext(t.Context(), realserver.Tool(t, "openssl"), "s_server", "-accept", "127.0.0.1:0",
		"-cert", cert.CertFile, "-key", cert.KeyFile, "-tls1_2", "-crlf", "-client_renegotiation")
	stdin, err := server.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := server.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	addr := make(chan netip.AddrPort, 1)
	over := make(chan struct{})
	go func() {
		defer close(over)
		for lines := bufio.NewScanner(stdout); lines.Scan(); {
			line := lines.Text()
			if at, ok := strings.CutPrefix(line, "ACCEPT "); ok && len(addr) == 0 {
				addr <- netip.MustParseAddrPort(at)
			}
			if strings.HasPrefix(line, "CIPHER is") {
				fmt.Fprint(stdin, "220 hello\n")
			}
			if strings.Contains(line, "USER anonymous") {
				fmt.Fprint(stdin, "r\n")
			}
		}
	}()
	t.Cleanup(func() {
		_ = server.Process.Kill()
		<-over
		_ = server.Wait()
	})
	select {
	case at := <-addr:
		ev := ask(t, at, func(cfg *probe.Config) {
			cfg.TLS, cfg.Mode, cfg.Deadline = evidence.TLSImplicit, evidence.Passive, 5*time.Second
		})
		sessionFailed(evidence.OpLogin, evidence.KindMalformed)(t, ev)
	case <-time.After(20 * time.Second):
		t.Fatal("openssl does not listen")
	}
}
