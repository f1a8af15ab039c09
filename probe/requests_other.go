//go:build !linux

package probe

import (
	"context"
	"net"
)

// boundRequests does nothing: no other system takes an end for one dial.
func boundRequests(context.Context, *net.Dialer) {}

func unbound(net.Conn) {}
