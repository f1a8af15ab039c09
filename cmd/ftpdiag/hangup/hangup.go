// Package hangup keeps a SIGHUP that comes too early from ending ftpdiag serve: it
// asks for the configuration to be read again, and that has not been read once.
//
// Packages are initialised in the order of their import paths as far as their
// imports allow. This one needs next to nothing, so that it comes before those that
// take their time.
package hangup

import (
	"os"
	"os/signal"
	"syscall"
)

func init() {
	if len(os.Args) > 1 && os.Args[1] == "serve" {
		signal.Ignore(syscall.SIGHUP) // until the exporter asks for it
	}
}
