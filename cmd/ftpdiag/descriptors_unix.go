//go:build unix

package main

import "syscall"

// descriptors is how many files this process may have open. The Go runtime has
// raised the soft limit to the hard one before main.
func descriptors() int {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return 256 // the smallest limit that systems come with
	}
	return int(min(uint64(limit.Cur), 1<<30))
}
