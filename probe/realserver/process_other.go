//go:build !linux

package realserver

import (
	"errors"
	"os"
)

type process struct {
	pid   int
	ended chan struct{}
}

func cannotRun() string { return "need Linux" }

func startProcess([]string, *os.File) (*process, error) { return nil, errors.New(cannotRun()) }

func (p *process) kill()          {}
func (p *process) hasEnded() bool { return true }
