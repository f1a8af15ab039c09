package main

import (
	"bytes"
	"context"
	"net/url"
	"strings"
	"testing"

	"ftpdiag/probe/ftptest"
)

// A server that gives away what it was told: in replies, in refusals, raw and
// encoded; and a user who has it in a path. Nothing of it shows, and a rejected
// password is sent once.
func TestServerRepeatsPassword(t *testing.T) {
	told := "230-hello bob, " + secret + " " + url.PathEscape(secret) + "\r\n230 " + secret
	servers := map[string]ftptest.Behaviour{
		"lets in": {Login: ftptest.Login{Users: map[string]string{"bob": secret}}, Replies: []ftptest.Override{
			{Verbs: "PASS", Answers: []ftptest.Answer{{Text: told}}, Order: ftptest.Before},
			ftptest.On("PASV EPSV", "500 not for "+secret), ftptest.On("SYST", "215 UNIX "+secret)}},
		"rejects": {Login: ftptest.Login{Users: map[string]string{"bob": "another"}, Refusal: "530 not " + secret + "!"}},
		"lets in over TLS": {Login: ftptest.Login{Users: map[string]string{"bob": secret}}, TLS: ftptest.TLS{Explicit: true}, Replies: []ftptest.Override{
			{Verbs: "PASS", Answers: []ftptest.Answer{{Text: told}}, Order: ftptest.Before}, ftptest.On("PBSZ PROT", "200 "+secret)}},
		"greets": {Greeting: ftptest.Greet("220 " + secret), Login: ftptest.Login{Users: map[string]string{"bob": secret}}},
	}
	home(t)
	t.Setenv(passwordVariable, secret)
	for name, behaviour := range servers {
		for _, format := range []string{"text", "json"} {
			t.Run(name+" "+format, func(t *testing.T) {
				server, err := ftptest.Start(behaviour)
				if err != nil {
					t.Fatal(err)
				}
				defer server.Close()
				var got ran
				var stdout, stderr bytes.Buffer
				args := []string{"-v", "-f", format, "-u", "bob", "--timeout", "1s",
					"--path", secret + "/", "ftp://bob@" + server.Addr().String() + "/" + secret + "/", "--tls", "off"}
				if behaviour.TLS.Explicit {
					args = append(args[:len(args)-2], "--insecure")
				}
				got.code = run(context.Background(), args, strings.NewReader(""), &stdout, &stderr)
				got.stdout, got.stderr = stdout.String(), stderr.String()
				noSecret(t, got)
				if got.stdout == "" || got.stderr != "" || !strings.Contains(got.stdout, "***") {
					t.Errorf("exit %d, stderr %q, stdout %q", got.code, got.stderr, got.stdout)
				}
				if n := passwordsSent(server); name == "rejects" && n != 1 || n == 0 {
					t.Errorf("the password was sent %d times", n)
				}
			})
		}
	}
}

func passwordsSent(server *ftptest.Server) int {
	n := 0
	for _, session := range server.Dialogue() {
		for _, command := range session {
			if strings.EqualFold(command.Line, "PASS "+secret) {
				n++
			}
		}
	}
	return n
}

// A password that says the same as the host leaves the host readable.
func TestPasswordThatIsTheHost(t *testing.T) {
	home(t)
	t.Setenv(passwordVariable, "127.0.0.1")
	server, err := ftptest.Start(ftptest.Behaviour{Login: ftptest.Login{Users: map[string]string{"bob": "127.0.0.1"}}})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	var stdout, stderr bytes.Buffer
	args := []string{"-f", "json", "-u", "bob", "--timeout", "1s", "--tls", "off", "--quick", server.Addr().String()}
	run(context.Background(), args, strings.NewReader(""), &stdout, &stderr)
	for _, want := range []string{`"input":"` + server.Addr().String() + `"`, `"host":"127.0.0.1"`} {
		if !strings.Contains(stdout.String(), want) {
			t.Errorf("no %s in %.400s, stderr %s", want, stdout.String(), stderr.String())
		}
	}
}
