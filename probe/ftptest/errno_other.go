//go:build !windows

package ftptest

import "syscall"

const (
	connectCall = "connect"

	errnoRefused         = syscall.ECONNREFUSED
	errnoHostUnreachable = syscall.EHOSTUNREACH
	errnoNetUnreachable  = syscall.ENETUNREACH
	errnoDenied          = syscall.EACCES
	errnoAddrNotAvail    = syscall.EADDRNOTAVAIL
	errnoInvalid         = syscall.EINVAL
	errnoReset           = syscall.ECONNRESET
)
