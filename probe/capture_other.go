//go:build !linux

package probe

import (
	"errors"
	"fmt"
	"net/netip"
	"runtime"
	"time"
)

// Watcher sees connection requests arrive at this machine before its firewall
// does; on this system it does not exist.
type Watcher struct{}

// Watch says that it is not available; the error is an errors.ErrUnsupported.
func Watch(int) (*Watcher, error) {
	return nil, fmt.Errorf("not available on %s: %w", runtime.GOOS, errors.ErrUnsupported)
}

// SYN has seen nothing.
func (*Watcher) SYN() (from netip.AddrPort, at time.Time, ok bool) { return }

// Close does nothing.
func (*Watcher) Close() error { return nil }
