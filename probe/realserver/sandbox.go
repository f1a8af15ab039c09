package realserver

import (
	"fmt"
	"os"
	"path/filepath"
)

// A sandbox is the machine that one server sees: a folder of the test, mounted
// over parts of the real machine in the server's own mount namespace.
//
//	root/  the anonymous root, /srv/ftp
//	home/  the home directories, /srv/home
//	etc/   accounts, hosts and an empty resolv.conf, each over the one in /etc
//	conf/  the server's configuration, read at its own path
type sandbox struct{ dir string }

func (s sandbox) root() string            { return filepath.Join(s.dir, "root") }
func (s sandbox) conf(name string) string { return filepath.Join(s.dir, "conf", name) }
func (s sandbox) output() string          { return filepath.Join(s.dir, "output") }
func (s sandbox) path(elem ...string) string {
	return filepath.Join(append([]string{s.dir}, elem...)...)
}

// setUp is what the first process of the sandbox does before it runs the server,
// whose command line is in "$@". It remains as the parent of the server and
// keeps root's credentials: a process that changes them is no longer killed when
// its parent dies, and with the first process the kernel kills all others.
const setUp = `set -e
dir=$1; shift
mount -t tmpfs -o mode=755 tmpfs /run
mkdir -p /run/lock /run/server/empty
mount -t tmpfs -o mode=755 tmpfs /srv
mkdir /srv/ftp /srv/home
mount --bind "$dir/root" /srv/ftp
mount --bind "$dir/home" /srv/home
if [ -e "$dir/conf/space" ]; then
	mount -t tmpfs -o "$(cat "$dir/conf/space")" tmpfs /srv/ftp/incoming
fi
for file in "$dir"/etc/*; do mount --bind "$file" "/etc/${file##*/}"; done
if [ -e "$dir/conf/openssl.cnf" ]; then export OPENSSL_CONF="$dir/conf/openssl.cnf"; fi
mount -t proc proc /proc
hostname ftp.example
set +e
"$@"
exit $?`

// hosts keeps a server that looks up its own name off the network.
const hosts = "127.0.0.1 localhost ftp.example\n::1 localhost ftp.example\n"

func newSandbox(dir string, c Config) (sandbox, error) {
	s := sandbox{dir}
	for _, sub := range []string{"root", "home", "etc", "conf"} {
		if err := makeDir(s.path(sub), 0o755); err != nil {
			return s, err
		}
	}
	if err := makeTree(s.root(), ftpID); err != nil {
		return s, err
	}
	if err := makeHomes(s.path("home"), c); err != nil {
		return s, err
	}
	if err := writeAccounts(s.path("etc"), c); err != nil {
		return s, err
	}
	if err := writeFile(s.path("etc", "hosts"), []byte(hosts), 0o644); err != nil {
		return s, err
	}
	if err := s.loginDir(c); err != nil {
		return s, err
	}
	if c.UploadSpace > 0 {
		options := fmt.Sprintf("size=%d,uid=%d,gid=%d,mode=755", c.UploadSpace, ftpID, ftpID)
		if err := writeFile(s.conf("space"), []byte(options), 0o600); err != nil {
			return s, err
		}
	}
	if err := c.TLS.writeVersions(s); err != nil {
		return s, err
	}
	return s, writeFile(s.path("etc", "resolv.conf"), nil, 0o644)
}

// loginDir makes the anonymous login directory what c says.
func (s sandbox) loginDir(c Config) error {
	if c.EmptyDir {
		if err := os.RemoveAll(s.root()); err != nil {
			return err
		}
		if err := makeDir(s.root(), 0o755); err != nil {
			return err
		}
	}
	if c.UnreadableDir {
		return os.Chmod(s.root(), 0o711)
	}
	return nil
}

func (s sandbox) argv(server []string) []string {
	return append([]string{"/bin/sh", "-c", setUp, "sh", s.dir}, server...)
}
