package realserver

import (
	"crypto/tls"
	"fmt"
	"path"
	"strings"
)

// lftp is the command line of lftp for a way. One try, then it gives up.
func (r Request) lftp(way Way) []string {
	user, password := r.login()
	script := lines{
		"debug -T 9",
		"set cmd:fail-exit yes",
		"set net:timeout " + wholeSeconds(r.Timeout),
		"set net:max-retries 1",
		"set net:persist-retries 0",
		"set net:reconnect-interval-base 1",
		"set ftp:auto-passive-mode no",
		"set ftp:passive-mode " + onOff(way == LftpPassive),
		"set ftp:proxy ''",
	}
	script.add(r.lftpTLS()...)
	script.add(fmt.Sprintf("open -u %s,%s %s", quote(user), quote(password), quote(r.base())))
	switch {
	case r.Path == "" || strings.HasSuffix(r.Path, "/"):
		script.add("ls " + quote(path.Clean("./"+r.Path)))
	default:
		script.add("cat " + quote(r.Path))
	}
	return []string{"lftp", "--norc", "-c", strings.Join(script, "; ")}
}

func (r Request) base() string {
	r.Path = ""
	return r.url()
}

func (r Request) lftpTLS() []string {
	if r.TLS == "" || r.TLS == "off" {
		return []string{"set ftp:ssl-allow no"}
	}
	script := lines{"set ftp:ssl-force yes", "set ftp:ssl-protect-data yes"}
	if r.CAFile == "" {
		script.add("set ssl:verify-certificate no")
	} else {
		script.add("set ssl:ca-file " + quote(r.CAFile))
	}
	if r.MaxTLS == tls.VersionTLS12 {
		script.add("set ssl:priority NORMAL:-VERS-TLS1.3")
	}
	return script
}

// quote makes one word of lftp's command language.
func quote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}
