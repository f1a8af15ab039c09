//go:build unix

package credential

import "syscall"

// nonblock has open return where a pipe has no writer.
const nonblock = syscall.O_NONBLOCK
