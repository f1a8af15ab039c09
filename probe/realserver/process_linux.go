package realserver

import (
	"os"
	"os/exec"
	"runtime"
	"sync"
	"syscall"
)

// process is the first process of a sandbox. It is the init of a process
// namespace: when it ends, the kernel kills every process of the namespace.
type process struct {
	pid   int
	os    *os.Process
	ended chan struct{}
}

// cannotRun says why no server can be run here; empty: it can.
var cannotRun = sync.OnceValue(func() string {
	if os.Geteuid() != 0 {
		return "need root"
	}
	p, err := startProcess([]string{"/bin/sh", "-c", "mount -t tmpfs tmpfs /srv"}, nil)
	if err != nil {
		return "cannot have namespaces here: " + err.Error()
	}
	<-p.ended
	return ""
})

// startProcess runs argv as the init of a process namespace, in its own mount
// namespace and under a host name of its own.
//
// The parent death signal of Linux is sent when the parent's thread ends, not its
// process, and Go ends a thread whose locked goroutine returns. So the process is
// started from a thread that is kept until the process has ended.
func startProcess(argv []string, output *os.File) (*process, error) {
	cmd := exec.Command(argv[0], argv[1:]...)
	if output != nil {
		// vsftpd writes to stdin what is wrong with its configuration.
		cmd.Stdin, cmd.Stdout, cmd.Stderr = output, output, output
	}
	cmd.Env = []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C", "TZ=UTC"}
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:   syscall.CLONE_NEWPID | syscall.CLONE_NEWUTS | syscall.CLONE_NEWIPC,
		Unshareflags: syscall.CLONE_NEWNS,
		Pdeathsig:    syscall.SIGKILL,
		Setpgid:      true, // Ctrl-C goes to the test, which then stops the server
	}
	p := &process{ended: make(chan struct{})}
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		if err != nil {
			started <- err
			return
		}
		p.pid, p.os = cmd.Process.Pid, cmd.Process
		started <- nil
		_ = cmd.Wait() // how it ended says nothing: it is killed
		close(p.ended)
	}()
	return p, <-started
}

// kill ends the process and all of its namespace, and waits until it is gone.
func (p *process) kill() {
	_ = p.os.Kill() // an error: it has ended
	<-p.ended
}

func (p *process) hasEnded() bool {
	select {
	case <-p.ended:
		return true
	default:
		return false
	}
}
