package diagnose

import (
	"bufio"
	"io"
	"net"
	"net/textproto"
	"strings"
	"testing"
	"time"

	"ftpdiag/probe/evidence"
	"ftpdiag/probe/realserver"
)

// Real servers are recognised by their greeting, and behind another greeting by
// what they say to a user who logs in.
func TestProductOfRealServers(t *testing.T) {
	for name, test := range map[string]struct {
		config realserver.Config
		want   string
	}{
		"vsftpd":               {realserver.Config{Product: realserver.Vsftpd}, "vsftpd 3."},
		"vsftpd, disguised":    {realserver.Config{Product: realserver.Vsftpd, Greeting: "Welcome"}, "vsftpd 3."},
		"ProFTPD":              {realserver.Config{Product: realserver.ProFTPD}, "ProFTPD"},
		"ProFTPD, disguised":   {realserver.Config{Product: realserver.ProFTPD, Greeting: "Welcome"}, "ProFTPD"},
		"Pure-FTPd":            {realserver.Config{Product: realserver.PureFTPd}, "Pure-FTPd"},
		"pyftpdlib":            {realserver.Config{Product: realserver.Pyftpdlib}, "pyftpdlib 1."},
		"pyftpdlib, disguised": {realserver.Config{Product: realserver.Pyftpdlib, Greeting: "Welcome"}, "pyftpdlib"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := test.config.Start(t, realserver.Loopback)
			shown, replies := introduce(t, server.Addr.String())
			if got := productOf(shown, replies); !strings.HasPrefix(got, test.want) {
				t.Errorf("got %q, want %q; replies %q", got, test.want, replies)
			}
			shown.Greeting = ""
			if got := productOf(shown, replies[1:]); !strings.HasPrefix(got, strings.Fields(test.want)[0]) {
				t.Errorf("without its greeting: %q; replies %q", got, replies)
			}
		})
	}
}

// introduce logs in as anonymous and collects what the server says of itself.
func introduce(t *testing.T, addr string) (s evidence.Server, replies []string) {
	t.Helper()
	conn, err := net.DialTimeout("tcp", addr, 10*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(20 * time.Second))
	r := textproto.NewReader(bufio.NewReader(conn))
	ask := func(command string) string {
		if command != "" {
			io.WriteString(conn, command+"\r\n")
		}
		code, text, err := r.ReadResponse(0)
		if err != nil && code == 0 {
			t.Fatalf("%s: %v", command, err)
		}
		replies = append(replies, textOf(code, text))
		return text
	}
	s.Greeting = ask("")
	ask("USER anonymous")
	ask("PASS ftpdiag@")
	s.System = ask("SYST")
	s.Features = strings.Split(ask("FEAT"), "\n")
	s.Status = ask("STAT")
	return s, replies
}

// textOf is a reply as a transcript has it: its first line with the code.
func textOf(code int, text string) string {
	return string([]byte{byte('0' + code/100), byte('0' + code/10%10), byte('0' + code%10)}) + " " + text
}
