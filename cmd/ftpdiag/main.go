package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	_ "ftpdiag/cmd/ftpdiag/hangup" // first, see there
)

func main() {
	// A reader that went away shows as EPIPE, which run takes for the wish to
	// read no more; SIGPIPE would end the program in the middle of a session.
	signal.Ignore(syscall.SIGPIPE)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second interrupt ends the program at once
	os.Exit(run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
