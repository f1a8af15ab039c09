package main

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"ftpdiag/probe/ftptest"
	"ftpdiag/report/reporttest"
)

// memoryLimit is what a run may hold, whatever the server does.
const memoryLimit = 64 << 10 // KiB

// Servers that want to exhaust us, or to write on our terminal, get a report in
// time, in little memory, and without a byte that a terminal obeys, in every
// format. The program is built without the race detector, whose memory is not
// what is measured.
func TestHostileServers(t *testing.T) {
	binary := buildProgram(t)
	escapes := "\x1b]0;owned\x07\x1b[2J\x9b31m\u202e\x00\xff"
	for name, b := range map[string]ftptest.Behaviour{
		"endless line":   {Greeting: []ftptest.Answer{{Text: "220 " + strings.Repeat("a", 1<<16), Raw: true, Endless: true}}},
		"endless reply":  {Greeting: []ftptest.Answer{{Text: "220-" + strings.Repeat("a\r\n220-", 1<<12) + "\r\n", Endless: true}}},
		"10 MB greeting": {Greeting: ftptest.Greet(strings.Repeat("220-"+strings.Repeat("a", 1018)+"\r\n", 10<<10) + "220 ready")},
		"endless data":   {Transfers: ftptest.Transfers{"": {ftptest.Connect(), ftptest.Mark(), ftptest.SendEndlessly(strings.Repeat("x", 1<<16))}}},
		"escapes": {Greeting: ftptest.Greet("220 " + escapes), System: escapes, Features: []string{escapes},
			Files:   map[string]string{escapes: "x"},
			Replies: []ftptest.Override{ftptest.On("EPSV PASV", "500 no "+escapes)}},
		"escapes in refusals": {Replies: []ftptest.Override{ftptest.On("USER", "530 "+escapes)}},

		"endless data over TLS": {TLS: ftptest.TLS{Explicit: true},
			Transfers: ftptest.Transfers{"": {ftptest.Connect(), ftptest.Mark(), ftptest.SendEndlessly(strings.Repeat("x", 1<<16))}}},
		"a chain of certificates without measure": {TLS: ftptest.TLS{Explicit: true, Certificate: ftptest.CertHuge}},
		"an endless handshake": {TLS: ftptest.TLS{Explicit: true, Handshake: ftptest.Handshake{Hello: true,
			Answers: []ftptest.Answer{{Text: ftptest.TLSRecord(22, "\x02\x00\xff\xff"+strings.Repeat("x", 1<<13)), Raw: true, Endless: true}}}}},
		"empty records": {TLS: ftptest.TLS{Explicit: true, Handshake: ftptest.Handshake{Hello: true,
			Answers: []ftptest.Answer{{Text: ftptest.TLSRecord(22, ""), Raw: true, Endless: true}}}}},
		"escapes behind the 234":            {TLS: ftptest.TLS{Explicit: true, Accepted: "234 go on\r\n220 " + escapes}},
		"escapes in place of the handshake": {TLS: ftptest.TLS{Explicit: true, Handshake: ftptest.Handshake{Hello: true, Answers: []ftptest.Answer{{Text: "421 " + escapes}}}}},
		"an endless handshake on data connections": {TLS: ftptest.TLS{Explicit: true, Data: ftptest.Handshake{Hello: true,
			Answers: []ftptest.Answer{{Text: ftptest.TLSRecord(22, "\x02\x00\xff\xff"+strings.Repeat("x", 1<<13)), Raw: true, Endless: true}}}}},
		"escapes on data connections": {TLS: ftptest.TLS{Explicit: true, Data: ftptest.Handshake{Hello: true, Answers: []ftptest.Answer{{Text: "500 OOPS: " + escapes}}}}},
		"another handshake is wanted": {TLS: ftptest.TLS{Explicit: true, MaxVersion: tls.VersionTLS12, Handshake: ftptest.Handshake{Renegotiate: true}}},
	} {
		for _, format := range [][]string{{"-f", "text", "-v"}, {"-f", "json"}} {
			t.Run(name+" "+format[1], func(t *testing.T) {
				t.Parallel()
				srv, err := ftptest.Start(b)
				if err != nil {
					t.Fatal(err)
				}
				defer srv.Close()
				scheme := "ftp://"
				if b.TLS.Explicit {
					scheme = "ftpes://"
				}
				cmd := exec.Command(binary, append(format, "--timeout", "2s", "--deadline", "8s", scheme+srv.Addr().String())...)
				var stdout, stderr bytes.Buffer
				cmd.Stdout, cmd.Stderr = &stdout, &stderr
				begin := time.Now()
				if err := cmd.Start(); err != nil {
					t.Fatal(err)
				}
				peak := peakMemory(cmd.Process.Pid)
				_ = cmd.Wait()
				took := time.Since(begin)
				if took > 9*time.Second {
					t.Errorf("took %v", took)
				}
				if kib := <-peak; kib > memoryLimit || kib == 0 && took > time.Second { // one that is over sooner may not have been looked at
					t.Errorf("%d KiB", kib)
				}
				if stderr.Len() > 0 || stdout.Len() == 0 {
					t.Errorf("stdout has %d bytes, stderr %q", stdout.Len(), stderr.String())
				}
				if format[1] == "json" {
					reporttest.Validate(t, stdout.Bytes())
				}
				obeyed := func(r rune) bool { return r != '\n' && unicode.IsControl(r) || r == '\u202e' }
				if i := strings.IndexFunc(stdout.String(), obeyed); i >= 0 || !utf8.Valid(stdout.Bytes()) {
					t.Errorf("a terminal would obey %q", stdout.String()[max(i-20, 0):max(i, 0)+20])
				}
			})
		}
	}
}

// buildProgram builds the program without the race detector.
func buildProgram(t *testing.T) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "ftpdiag")
	if out, err := exec.Command("go", "build", "-race=false", "-o", binary, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return binary
}

// peakMemory watches the high-water mark of a process until it ends. The one
// that wait4 reports includes ours, from before the exec.
func peakMemory(pid int) <-chan int {
	peak := make(chan int, 1)
	go func() {
		kib := 0
		for {
			status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
			_, mark, found := strings.Cut(string(status), "VmHWM:")
			if err != nil || !found { // it has ended
				peak <- kib
				return
			}
			_, _ = fmt.Sscan(mark, &kib)
			time.Sleep(2 * time.Millisecond)
		}
	}()
	return peak
}
