package realserver

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Numeric ids of the server's own accounts; each user has the next one.
const (
	ftpID       = 21021
	firstUserID = 21022
)

// Where a server finds its files, in its own mount namespace.
const (
	anonymousRoot = "/srv/ftp"
	homes         = "/srv/home"
)

// writeAccounts writes passwd, group and shadow into dir: those of the machine,
// because servers look up their own users there, with ftp and the users of c.
func writeAccounts(dir string, c Config) error {
	passwd := []string{fmt.Sprintf("ftp:x:%d:%d::%s:/usr/sbin/nologin", ftpID, ftpID, anonymousRoot)}
	group := []string{fmt.Sprintf("ftp:x:%d:", ftpID)}
	shadow := []string{"ftp:*:19000:0:99999:7:::"}
	for i, u := range c.Users {
		hash, err := hashPassword(u.Password)
		if err != nil {
			return err
		}
		id, home := firstUserID+i, filepath.Join(homes, u.Name)
		passwd = append(passwd, fmt.Sprintf("%s:x:%d:%d::%s:/bin/sh", u.Name, id, id, home))
		group = append(group, fmt.Sprintf("%s:x:%d:", u.Name, id))
		shadow = append(shadow, fmt.Sprintf("%s:%s:19000:0:99999:7:::", u.Name, hash))
	}
	for _, f := range []struct {
		name string
		add  []string
		mode os.FileMode
	}{{"passwd", passwd, 0o644}, {"group", group, 0o644}, {"shadow", shadow, 0o640}} {
		if err := extend(filepath.Join(dir, f.name), "/etc/"+f.name, f.add, f.mode); err != nil {
			return err
		}
	}
	return nil
}

// extend writes the lines of the file original to path, without those that the
// added ones replace, and then the added ones.
func extend(path, original string, added []string, mode os.FileMode) error {
	old, err := os.ReadFile(original)
	if err != nil {
		return err
	}
	replaced := map[string]bool{}
	for _, line := range added {
		name, _, _ := strings.Cut(line, ":")
		replaced[name] = true
	}
	var b strings.Builder
	for line := range strings.Lines(string(old)) {
		if name, _, _ := strings.Cut(line, ":"); !replaced[name] {
			b.WriteString(line)
		}
	}
	b.WriteString(strings.Join(added, "\n") + "\n")
	return writeFile(path, []byte(b.String()), mode)
}

// hashPassword makes the entry of a shadow file. Perl is part of every Debian,
// and its crypt is the one that PAM checks with.
func hashPassword(password string) (string, error) {
	cmd := exec.Command("perl", "-e", `print crypt(do { local $/; <STDIN> }, '$6$ftpdiag$')`)
	cmd.Stdin = strings.NewReader(password)
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("hash a password: %w", err)
	}
	return string(out), nil
}

// makeHomes makes the home directories of c's users below dir.
func makeHomes(dir string, c Config) error {
	for i, u := range c.Users {
		if u.NoHome {
			continue
		}
		home, id := filepath.Join(dir, u.Name), firstUserID+i
		if err := makeDir(home, 0o755); err != nil {
			return err
		}
		if err := makeTree(home, id); err != nil {
			return err
		}
		if u.WritableHome {
			if err := os.Chown(home, id, id); err != nil {
				return err
			}
		}
	}
	return nil
}
