package netlab

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"golang.org/x/sys/unix"
)

// Host is one machine of a lab: a network namespace.
type Host struct {
	Name string // of the namespace, as ip-netns(8) takes it

	hosts string // a file that programs on the host see as /etc/hosts; empty: none

	rules    ruleset
	sysctls  []string // key=value, set before the links come up
	optional []string // key=value, where the kernel has the key
	links    []string // commands of ip-batch
	cables   []string // links that are one end of a cable
	queues   []string // commands of tc-batch
	services []func(*Host) error
	stop     []func() // run in reverse order when the lab is taken down
}

// namespaces is where ip-netns(8) keeps them.
const namespaces = "/run/netns"

// Do calls f on a thread of its own that is in the host's network. A socket
// that f opens and a process that it starts stay there; goroutines that it
// starts do not.
func (h *Host) Do(f func() error) error {
	done := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		home, err := unix.Open("/proc/thread-self/ns/net", unix.O_RDONLY|unix.O_CLOEXEC, 0)
		if err != nil {
			done <- err
			return // the thread ends with the goroutine, locked as it is
		}
		defer unix.Close(home)
		if err := enter(filepath.Join(namespaces, h.Name)); err != nil {
			done <- err
			return
		}
		err = f()
		if unix.Setns(home, unix.CLONE_NEWNET) == nil {
			runtime.UnlockOSThread()
		}
		done <- err
	}()
	return <-done
}

func enter(path string) error {
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("open namespace %s: %w", path, err)
	}
	defer unix.Close(fd)
	if err := unix.Setns(fd, unix.CLONE_NEWNET); err != nil {
		return fmt.Errorf("enter namespace %s: %w", path, err)
	}
	return nil
}

// withHosts mounts its first argument over /etc/hosts, in a mount namespace of
// its own, for the command that follows.
const withHosts = `mount --bind "$0" /etc/hosts && exec "$@"`

// Command is exec.CommandContext for a program that [Host.Start] starts.
func (h *Host) Command(ctx context.Context, name string, args ...string) *exec.Cmd {
	if h.hosts == "" {
		return exec.CommandContext(ctx, name, args...)
	}
	argv := append([]string{"-m", "sh", "-c", withHosts, h.hosts, name}, args...)
	return exec.CommandContext(ctx, "unshare", argv...)
}

// Start starts the program on the host.
func (h *Host) Start(cmd *exec.Cmd) error { return h.Do(cmd.Start) }

// Run runs the program on the host.
func (h *Host) Run(cmd *exec.Cmd) error {
	if err := h.Start(cmd); err != nil {
		return err
	}
	return cmd.Wait()
}

// Output runs the program on the host and gives what it wrote to stdout; the
// error quotes stderr.
func (h *Host) Output(cmd *exec.Cmd) (string, error) {
	var out, stderr strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &stderr
	err := h.Run(cmd)
	if err != nil {
		err = fmt.Errorf("%s on %s: %w: %s", filepath.Base(cmd.Path), h.Name, err, strings.TrimSpace(stderr.String()))
	}
	return out.String(), err
}

// Listen is net.Listen on the host.
func (h *Host) Listen(network, address string) (net.Listener, error) {
	var l net.Listener
	err := h.Do(func() (err error) {
		l, err = net.Listen(network, address)
		return err
	})
	return l, err
}

// Dial is a net.Dialer's DialContext on the host, for literal addresses.
func (h *Host) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	var c net.Conn
	err := h.Do(func() (err error) {
		var d net.Dialer
		c, err = d.DialContext(ctx, network, address)
		return err
	})
	return c, err
}

// startServices starts what the host serves itself.
func (h *Host) startServices() error {
	for _, serve := range h.services {
		if err := serve(h); err != nil {
			return err
		}
	}
	return nil
}

// feed runs a program on the host with input on its stdin.
func (h *Host) feed(input, name string, args ...string) error {
	cmd := exec.Command(name, args...)
	cmd.Stdin = strings.NewReader(input)
	if _, err := h.Output(cmd); err != nil {
		return fmt.Errorf("%w\n%s", err, input)
	}
	return nil
}

// Rules adds nft(8) commands to what the host does already.
func (h *Host) Rules(commands string) error { return h.feed(commands, "nft", "-f", "-") }

// configure sets the host's kernel parameters, brings its links up and loads its
// rules.
func (h *Host) configure() error {
	err := h.Do(func() error {
		for _, kv := range h.sysctls {
			if err := setSysctl(kv); err != nil {
				return err
			}
		}
		for _, kv := range h.optional {
			if err := setSysctl(kv); err != nil && !errors.Is(err, os.ErrNotExist) {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	if err := h.feed(strings.Join(h.links, "\n")+"\n", "ip", "-batch", "-"); err != nil {
		return err
	}
	if rules := h.rules.String(); rules != "" {
		if err := h.Rules(rules); err != nil {
			return err
		}
	}
	if len(h.queues) > 0 {
		if err := h.feed(strings.Join(h.queues, "\n")+"\n", "tc", "-batch", "-"); err != nil {
			return err
		}
	}
	return nil
}

// setSysctl writes a parameter in the network of the calling thread.
func setSysctl(kv string) error {
	key, value, ok := strings.Cut(kv, "=")
	if !ok {
		return errors.New("no value: " + kv)
	}
	return os.WriteFile("/proc/sys/net/"+strings.ReplaceAll(key, ".", "/"), []byte(value), 0o644)
}
