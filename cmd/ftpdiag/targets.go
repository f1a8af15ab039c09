package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"

	"ftpdiag/probe"
	"ftpdiag/probe/diagnose"
	"ftpdiag/probe/evidence"
)

var errInterrupted = errors.New("interrupted")

// diagnoseTarget is the whole diagnosis of one target.
func diagnoseTarget(ctx context.Context, cfg probe.Config) (*diagnose.Result, error) {
	evidence, err := probe.Run(ctx, cfg)
	if err != nil {
		return nil, err
	}
	return diagnose.Diagnose(evidence), nil
}

// targets diagnoses the targets and reports on them.
func (a *app) targets(ctx context.Context, o *options) (int, error) {
	o.pluginDefaults()
	cfg, requests, err := o.validate()
	if err != nil {
		return exitUnknown, err
	}
	out, err := a.newOutput(o)
	if err != nil {
		return exitUnknown, err
	}
	out.gate = o.gate
	visible := inURL(requests)
	if err := a.passwords(ctx, o, requests); err != nil {
		return exitUnknown, err
	}
	if visible {
		a.warn("a password in a URL is visible to others on this machine: use --password-file FILE")
	}
	s := &sweeping{app: a, options: o, cfg: cfg, requests: requests, out: out, finished: make([]bool, len(requests))}
	if err := s.prepare(); err != nil {
		return exitUnknown, err
	}
	return s.run(ctx)
}

// nameOf is what the status line calls a target.
func nameOf(t evidence.Target, of int) string {
	name := t.Host
	if t.Port != 0 && t.Port != 21 {
		name = net.JoinHostPort(t.Host, strconv.Itoa(t.Port))
	}
	if of > 1 {
		return fmt.Sprintf("%d of %d, %s", t.Index+1, of, name)
	}
	return name
}

// one diagnoses a target once; say is told what it waits for, nil where nobody
// wants to know.
func (a *app) one(ctx context.Context, cfg probe.Config, say func(string)) (*diagnose.Result, error) {
	cfg.Progress = say
	result, err := a.diagnose(ctx, cfg)
	if err != nil {
		return nil, err
	}
	result.Version = version()
	return result, nil
}

// saying tells a terminal what is waited for about a target.
func saying(p *progress, name string) func(string) {
	return func(what string) { p.say(name + ": " + what) }
}

// inURL tells whether a password stands in a URL of the command line.
func inURL(requests []request) bool {
	for _, r := range requests {
		if r.hasPassword && !r.listed {
			return true
		}
	}
	return false
}
