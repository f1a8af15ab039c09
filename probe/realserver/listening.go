package realserver

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// listening says whether a process of the sandbox whose first process is pid
// listens on the TCP port. It looks into /proc and opens no connection, which
// would count against the server's limits.
func listening(pid, port int) bool {
	inodes := listeners(pid, port)
	if len(inodes) == 0 {
		return false
	}
	// The /proc that the sandbox mounts shows its own processes only.
	own, _ := os.Readlink(fmt.Sprintf("/proc/%d/ns/pid", pid))
	seen, err := os.Readlink(fmt.Sprintf("/proc/%d/root/proc/1/ns/pid", pid))
	if err != nil || own != seen {
		return false
	}
	fds, _ := filepath.Glob(fmt.Sprintf("/proc/%d/root/proc/[0-9]*/fd/*", pid))
	for _, fd := range fds {
		if target, err := os.Readlink(fd); err == nil && inodes[target] {
			return true
		}
	}
	return false
}

// listeners are the sockets that listen on the port in the network of pid, as
// /proc names them in the links of fd directories.
func listeners(pid, port int) map[string]bool {
	found := map[string]bool{}
	for _, table := range []string{"tcp", "tcp6"} {
		f, err := os.Open(fmt.Sprintf("/proc/%d/net/%s", pid, table))
		if err != nil {
			continue
		}
		for lines := bufio.NewScanner(f); lines.Scan(); {
			if inode, ok := listenerOn(lines.Text(), port); ok {
				found["socket:["+inode+"]"] = true
			}
		}
		f.Close()
	}
	return found
}

// listenerOn reads a line of /proc/net/tcp (proc_pid_net(5)): the local address
// is the second field, the state the fourth, the inode the tenth.
func listenerOn(line string, port int) (inode string, ok bool) {
	const listen = "0A"
	fields := strings.Fields(line)
	if len(fields) < 10 || fields[3] != listen {
		return "", false
	}
	_, hexPort, _ := strings.Cut(fields[1], ":")
	n, err := strconv.ParseUint(hexPort, 16, 16)
	return fields[9], err == nil && int(n) == port
}
