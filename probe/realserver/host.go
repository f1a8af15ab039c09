package realserver

import (
	"context"
	"os/exec"
)

// Host is where a server or client runs; the zero value is [Loopback].
type Host struct {
	Namespace string // a network namespace as ip-netns(8) names it; empty: this machine
}

// Loopback runs servers in the network of the test itself. Nothing but loopback
// addresses is for tests there.
var Loopback = Host{}

// Namespace is the host whose network is the named network namespace.
func Namespace(name string) Host { return Host{Namespace: name} }

// Command is exec.CommandContext on the host.
func (h Host) Command(ctx context.Context, name string, args ...string) *exec.Cmd {
	argv := h.argv(append([]string{name}, args...))
	return exec.CommandContext(ctx, argv[0], argv[1:]...)
}

func (h Host) argv(argv []string) []string {
	if h.Namespace == "" {
		return argv
	}
	return append([]string{"ip", "netns", "exec", h.Namespace}, argv...)
}
