package diagnose

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"ftpdiag/probe/realserver"
)

// A wrong directive is worse than none: what a fix tells a person to copy is
// shown to the program for which it is meant.

var inBackquotes = regexp.MustCompile("`([^`]*)`")

// directives are what the options of a product have in backquotes, values filled
// in, and what of it is of the form that the pattern describes.
func directives(t *testing.T, label, form string) []string {
	t.Helper()
	var found []string
	for _, code := range Codes() {
		for _, r := range remedies[code] {
			for _, o := range r.recipe.options {
				if o.label != label {
					continue
				}
				known := directiveValues(map[string]string{valuePeer: "198.51.100.2"}, r.ports)
				text := eachName(o.text, func(name string) string { return known[name] })
				found = append(found, matching(text, form)...)
			}
		}
	}
	return atLeast(t, label, found)
}

// advised are the like in the texts of all fixes.
func advised(t *testing.T, form string) []string {
	t.Helper()
	var found []string
	for _, code := range Codes() {
		for _, f := range fixesFor(code, "", nil) {
			found = append(found, matching(f.Text, form)...)
		}
	}
	return atLeast(t, form, found)
}

func matching(text, form string) []string {
	var found []string
	for _, m := range inBackquotes.FindAllStringSubmatch(text, -1) {
		found = append(found, regexp.MustCompile(form).FindAllString(m[1], -1)...)
	}
	return found
}

// atLeast guards against a test that looks at nothing.
func atLeast(t *testing.T, what string, found []string) []string {
	t.Helper()
	slices.Sort(found)
	found = slices.Compact(found)
	if len(found) < 3 {
		t.Fatalf("%s: only %q found", what, found)
	}
	return found
}

// output runs a program to its end and gives what it wrote, be it to its standard
// input: to vsftpd that is the control connection, even for its own errors.
func output(t *testing.T, name string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	all, err := os.Create(filepath.Join(t.TempDir(), "output"))
	if err != nil {
		t.Fatal(err)
	}
	defer all.Close()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = all, all, all
	err = cmd.Run()
	out, _ := os.ReadFile(all.Name())
	if ctx.Err() != nil {
		t.Fatalf("%s %q does not end: %v: %s", name, args, err, out)
	}
	return string(out)
}

func serverBinary(name string) string {
	dir := os.Getenv("FTPDIAG_SERVERS")
	if dir == "" {
		dir = "/opt/ftpdiag-servers"
	}
	return filepath.Join(dir, "usr/sbin", name)
}

func configuration(t *testing.T, lines ...string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "conf")
	if err := os.WriteFile(file, []byte(strings.Join(lines, "\n")+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}

// vsftpd reads its file line by line and stops at the first that it does not
// know: that must be ours, the last one, so no server ever starts.
func TestVsftpdKnowsItsDirectives(t *testing.T) {
	realserver.Need(t, "vsftpd")
	for _, d := range directives(t, vsftpd, `^[a-z_0-9]+=\S*$`) {
		out := output(t, serverBinary("vsftpd"), configuration(t, d, "no_such_setting=YES"))
		if !strings.Contains(out, "no_such_setting") {
			t.Errorf("vsftpd does not take %s: %s", d, out)
		}
	}
}

func TestProFTPDKnowsItsDirectives(t *testing.T) {
	realserver.Need(t, "proftpd")
	modules := []string{
		"ModulePath " + filepath.Join(filepath.Dir(serverBinary("")), "lib/proftpd"),
		"LoadModule mod_tls.c", "LoadModule mod_ident.c",
	}
	for _, d := range directives(t, proftpd, `^<?[A-Z].*$`) {
		lines := append(slices.Clone(modules), d)
		switch {
		case strings.HasPrefix(d, "<Anonymous"):
			lines = append(lines, "User nobody", "UserAlias anonymous nobody", "</Anonymous>")
		case strings.HasPrefix(d, "<VirtualHost"):
			lines[len(lines)-1] = "<VirtualHost 127.0.0.1>"
			lines = append(lines, "</VirtualHost>")
		case strings.HasPrefix(d, "<Limit"):
			lines = append(lines, "Allow from 198.51.100.0/24", "</Limit>")
		case d == "Allow from", d == "DefaultRoot", d == "User ftp": // parts of others
			continue
		}
		out := output(t, serverBinary("proftpd"), "-t", "-c", configuration(t, lines...))
		if strings.Contains(out, "fatal") {
			t.Errorf("ProFTPD does not take %s: %s", d, out)
		}
	}
}

// Pure-FTPd names the first line of its file that it does not know.
func TestPureFTPdKnowsItsKeywords(t *testing.T) {
	realserver.Need(t, "pure-ftpd")
	for _, d := range directives(t, pureftpd, `^[A-Z]\S* .*$`) {
		out := output(t, serverBinary("pure-ftpd"), configuration(t, d, "NoSuchKeyword yes"))
		if !strings.Contains(out, "line 2") {
			t.Errorf("Pure-FTPd does not take %s: %s", d, out)
		}
	}
}

func TestPyftpdlibKnowsItsAttributes(t *testing.T) {
	realserver.Need(t, "pyftpdlib")
	const setup = "import sys\nsys.path[:] = [p for p in sys.path if p]\n" +
		"from pyftpdlib.handlers import FTPHandler as handler\n" +
		"from pyftpdlib.servers import FTPServer as server\n" +
		"from pyftpdlib.authorizers import DummyAuthorizer\nauthorizer = DummyAuthorizer()\n"
	for _, d := range directives(t, pyftpdlib, `^[a-z]+\.\S+.*$`) {
		name := regexp.MustCompile(`^[a-z_.]+`).FindString(d)
		if name == "handler.certfile" { // of TLS_FTPHandler, which needs pyOpenSSL
			continue
		}
		program := setup + name + "\n" + strings.ReplaceAll(d, "/srv/ftp", "/") + "\nprint('taken')\n"
		if out := output(t, "/usr/bin/python3", "-I", "-W", "ignore", "-c", program); !strings.Contains(out, "taken") {
			t.Errorf("pyftpdlib does not take %s: %s", d, out)
		}
	}
}

func TestLftpKnowsItsSettings(t *testing.T) {
	realserver.Need(t, "lftp")
	for _, d := range advised(t, `^set [a-z]+:.*$`) {
		d = strings.NewReplacer("ADDRESS", "198.51.100.2", " FILE", " /dev/null").Replace(d)
		if out := output(t, "lftp", "--norc", "-c", d); out != "" {
			t.Errorf("lftp does not take %q: %s", d, out)
		}
	}
}

func TestCurlKnowsItsOptions(t *testing.T) {
	realserver.Need(t, "curl")
	help := output(t, "curl", "--help", "all")
	for _, d := range advised(t, `^--[-a-z]+`) {
		if d == "--tls" {
			continue // our own
		}
		if !regexp.MustCompile(`(?m)(^|[ ,])` + d + `( |$)`).MatchString(help) {
			t.Errorf("curl has no option %s", d)
		}
	}
}
