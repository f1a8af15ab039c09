//go:build !linux

package probe

import (
	"context"
	"errors"
	"runtime"
)

// run: no other system hands ICMP messages to the socket of an ordinary user.
func (w *hopwalk) run(context.Context) error {
	return errors.New("not available on " + runtime.GOOS)
}
