//go:build !unix

package main

// descriptors is how many files this process may have open: on Windows sockets
// have no such limit.
func descriptors() int { return 1 << 30 }
