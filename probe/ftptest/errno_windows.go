package ftptest

import "syscall"

// The numbers of Windows Sockets, which its connects fail with; the names of
// package syscall stand for other numbers there.
const (
	connectCall = "connectex"

	errnoRefused         = syscall.Errno(10061) // WSAECONNREFUSED
	errnoHostUnreachable = syscall.Errno(10065) // WSAEHOSTUNREACH
	errnoNetUnreachable  = syscall.Errno(10051) // WSAENETUNREACH
	errnoDenied          = syscall.Errno(10013) // WSAEACCES
	errnoAddrNotAvail    = syscall.Errno(10049) // WSAEADDRNOTAVAIL
	errnoInvalid         = syscall.Errno(10022) // WSAEINVAL
	errnoReset           = syscall.Errno(10054) // WSAECONNRESET
)
