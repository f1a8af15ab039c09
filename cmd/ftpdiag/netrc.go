package main

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/git-lfs/go-netrc/netrc"

	"ftpdiag/cmd/ftpdiag/credential"
)

// netrcFile is what a netrc file says; nil: there is none.
type netrcFile struct {
	name    string
	entries *netrc.Netrc
}

const hintNetrc = "mend the file, or name another in NETRC, or use --password-file FILE"

// readNetrc reads the netrc file, if there is one. One that is there and cannot
// be read is an error; one whose existence cannot be told, because its directory
// is closed to us, only where it is needed. Without need it is not parsed.
func readNetrc(needed bool) (*netrcFile, error) {
	name, named := findNetrc()
	if name == "" {
		return nil, nil
	}
	if _, err := os.Lstat(name); err != nil && !named && (!needed || !errors.Is(err, fs.ErrPermission)) {
		return nil, nil
	}
	data, err := credential.ReadFile(name)
	if err != nil {
		return nil, usage(hintNetrc, "the netrc file %s cannot be read: %v", quotePath(name), err)
	}
	if !needed {
		return nil, nil
	}
	return parseNetrc(name, data)
}

// findNetrc is the name of the file, and whether the user named it.
func findNetrc() (name string, named bool) {
	if name := os.Getenv("NETRC"); name != "" {
		return name, true
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", false
	}
	if runtime.GOOS == "windows" {
		return filepath.Join(home, "_netrc"), false
	}
	return filepath.Join(home, ".netrc"), false
}

// parseNetrc reads the text of a netrc file. Its errors name a line and repeat
// nothing of it.
func parseNetrc(name string, data []byte) (*netrcFile, error) {
	data = bytes.TrimPrefix(data, []byte("\ufeff")) // as editors on Windows write it
	entries, err := netrc.Parse(bytes.NewReader(data))
	var bad *netrc.Error
	switch {
	case errors.As(err, &bad):
		return nil, usage(hintNetrc, "the netrc file %s is malformed in line %d", quotePath(name), bad.LineNum)
	case err != nil:
		return nil, usage(hintNetrc, "the netrc file %s is malformed", quotePath(name))
	}
	return &netrcFile{name, entries}, nil
}

// password of the entry that names both host and user. The default entry, which
// would give a password to any host, does not serve.
func (n *netrcFile) password(host, user string) (password string, found bool, err error) {
	if n == nil {
		return "", false, nil
	}
	for _, host := range []string{host, strings.ToLower(host)} {
		for _, user := range []string{user, `"` + user + `"`} {
			m := n.entries.FindMachine(host, user)
			if m == nil || m.IsDefault() || m.Password == "" {
				continue
			}
			password, err = n.unquote(m.Password)
			return password, err == nil, err
		}
	}
	return "", false, nil
}

// unquote takes the quotes from a password that has them. The parser knows none:
// it ends a word at the first blank, and takes what follows a # for one word. A
// password that it cut must not be sent: it would be rejected, and the server
// blamed for it.
func (n *netrcFile) unquote(word string) (string, error) {
	quoted := strings.HasPrefix(word, `"`)
	inside, closed := strings.CutSuffix(strings.TrimPrefix(word, `"`), `"`)
	switch {
	case strings.ContainsAny(word, " \t\r\n\x00"), quoted && !closed:
		return "", usage("give this password with --password-file FILE",
			"a password in the netrc file %s contains a blank, which cannot be read", quotePath(n.name))
	case quoted:
		return strings.NewReplacer(`\"`, `"`, `\\`, `\`).Replace(inside), nil
	}
	return word, nil
}
