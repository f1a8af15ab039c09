package ftptest

import (
	"context"
	"errors"
	"net"
	"os"
	"syscall"
)

// opError is err as a net.Dialer gives it.
func (d *dial) opError(err error) error {
	op := &net.OpError{Op: "dial", Net: "tcp", Addr: net.TCPAddrFromAddrPort(d.remote), Err: err}
	if d.local.IsValid() {
		op.Source = &net.TCPAddr{IP: d.local.AsSlice()}
	}
	return op
}

// unwrapOp takes what a net.Dialer wrapped.
func unwrapOp(err error) error {
	var op *net.OpError
	if errors.As(err, &op) {
		return op.Err
	}
	return err
}

// connectError is the failure of the system call that connects.
func connectError(errno syscall.Errno) error {
	return os.NewSyscallError(connectCall, errno)
}

// contextError is what a net.Dialer makes of the end of its context.
func contextError(ctx context.Context) error {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return os.ErrDeadlineExceeded
	}
	return context.Canceled
}
