package main

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"

	"ftpdiag/probe/ftptest"
)

// wire stands between the program and a server, where an eavesdropper would: it
// writes down every byte that the program sends on its control connections.
type wire struct {
	t        *testing.T
	listener net.Listener
	server   netip.AddrPort
	strip    func(reply string) string // what the program is told in place of a line in clear; nil: the line

	wg   sync.WaitGroup
	mu   sync.Mutex
	sent bytes.Buffer
}

// tap starts a wire; it ends with the test.
func tap(t *testing.T, server netip.AddrPort, strip func(string) string) *wire {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{t: t, listener: l, server: server, strip: strip}
	w.wg.Go(w.accept)
	t.Cleanup(func() { l.Close(); w.wg.Wait() })
	return w
}

func (w *wire) accept() {
	for {
		client, err := w.listener.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("tcp", w.server.String())
		if err != nil {
			client.Close()
			return
		}
		w.wg.Go(func() { defer server.Close(); _, _ = io.Copy(server, io.TeeReader(client, w)) })
		w.wg.Go(func() { defer client.Close(); w.back(client, server) })
	}
}

// back hands on what the server says.
func (w *wire) back(client io.Writer, server io.Reader) {
	if w.strip == nil {
		_, _ = io.Copy(client, server)
		return
	}
	for lines := bufio.NewReader(server); ; {
		line, err := lines.ReadString('\n')
		if _, failed := io.WriteString(client, w.strip(line)); err != nil || failed != nil {
			return
		}
	}
}

func (w *wire) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.sent.Write(b)
}

// run diagnoses the server over the wire.
func (w *wire) run(args ...string) (ran, string) {
	var stdout, stderr bytes.Buffer
	args = append(args, "--timeout", "2s", "-f", "json", w.listener.Addr().String())
	code := run(context.Background(), args, strings.NewReader(""), &stdout, &stderr)
	w.mu.Lock()
	defer w.mu.Unlock()
	return ran{code: code, stdout: stdout.String(), stderr: stderr.String()}, w.sent.String()
}

// A password goes over TLS, or not at all, and neither does the user's name:
// whoever says that there is no TLS, and whatever the certificate.
func TestPasswordOnTheWire(t *testing.T) {
	home(t)
	t.Setenv(passwordVariable, secret)
	users := ftptest.Login{Users: map[string]string{"bob": secret}}
	servers := map[string]ftptest.Behaviour{
		"no TLS":       {Login: users},
		"vsftpd":       {Login: users, TLS: ftptest.TLS{Auth: "530 Please login with USER and PASS."}},
		"no cert":      {Login: users, TLS: ftptest.TLS{Auth: "431 Necessary security resource unavailable"}},
		"234, no TLS":  {Login: users, TLS: ftptest.TLS{Auth: "234 AUTH TLS OK."}},
		"implicit TLS": {Login: users, TLS: ftptest.TLS{Implicit: true}},
		"explicit TLS": {Login: users, TLS: ftptest.TLS{Explicit: true}},
		"self-signed":  {Login: users, TLS: ftptest.TLS{Explicit: true, Certificate: ftptest.CertSelfSigned}},
		"stripped":     {Login: users, TLS: ftptest.TLS{Explicit: true}},
	}
	strips := map[string]func(string) string{"stripped": noTLS}
	tests := []struct {
		server string
		args   []string
		sent   bool // the password reaches the server
	}{
		{"no TLS", []string{"--tls", "auto"}, false},
		{"no TLS", []string{"--tls", "auto", "--insecure"}, false},
		{"no TLS", []string{"--tls", "explicit"}, false},
		{"no TLS", []string{"--tls", "implicit"}, false},
		{"no TLS", []string{"--tls", "off"}, true},
		{"vsftpd", []string{"--tls", "auto"}, false},
		{"no cert", []string{"--tls", "auto", "--insecure"}, false},
		{"234, no TLS", []string{"--tls", "auto", "--insecure"}, false},
		{"implicit TLS", []string{"--tls", "auto"}, false},
		{"implicit TLS", []string{"--tls", "implicit"}, false},
		{"implicit TLS", []string{"--tls", "implicit", "--insecure"}, true},
		{"explicit TLS", []string{"--tls", "auto"}, false}, // of an authority that this machine does not trust
		{"explicit TLS", []string{"--tls", "auto", "--insecure"}, true},
		{"explicit TLS", []string{"--tls", "explicit", "--insecure"}, true},
		{"self-signed", []string{"--tls", "explicit"}, false},
		{"self-signed", []string{"--tls", "auto", "--insecure"}, true},
		{"stripped", []string{"--tls", "auto", "--insecure"}, false},
		{"stripped", []string{"--tls", "explicit", "--insecure"}, false},
	}
	for _, tt := range tests {
		t.Run(tt.server+" "+strings.Join(tt.args, " "), func(t *testing.T) {
			server, err := ftptest.Start(servers[tt.server])
			if err != nil {
				t.Fatal(err)
			}
			defer server.Close()
			w := tap(t, server.Addr(), strips[tt.server])
			got, sent := w.run(append(tt.args, "-u", "bob")...)
			noSecret(t, got)
			if got.stderr != "" || got.stdout == "" {
				t.Errorf("stderr %q, stdout %q", got.stderr, got.stdout)
			}
			clear := tt.server == "no TLS" && tt.args[1] == "off"
			if strings.Contains(sent, secret) != clear || strings.Contains(sent, "USER") != clear || strings.Contains(sent, "bob") != clear {
				t.Errorf("in clear on the wire: %q", sent)
			}
			if (passwordsSent(server) > 0) != tt.sent || named(server) != tt.sent {
				t.Errorf("the password was sent %d times", passwordsSent(server))
			}
			if want := map[bool]int{true: 0, false: 2}[tt.sent]; got.code != want {
				t.Errorf("exit %d, want %d: %s", got.code, want, got.stdout)
			}
		})
	}
}

// noTLS is a man in the middle who denies that the server has TLS.
func noTLS(reply string) string {
	switch {
	case strings.HasPrefix(reply, "234"):
		return "500 AUTH not understood\r\n"
	case strings.Contains(reply, "AUTH TLS"):
		return ""
	}
	return reply
}

// named tells whether the server was told the user's name.
func named(server *ftptest.Server) bool {
	for _, session := range server.Dialogue() {
		for _, command := range session {
			if strings.HasPrefix(strings.ToUpper(command.Line), "USER") {
				return true
			}
		}
	}
	return false
}
