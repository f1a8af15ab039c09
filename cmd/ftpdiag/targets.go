package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"

	"ftpdiag/probe"
	"ftpdiag/probe/diagnose"
	"ftpdiag/report"
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

// targets diagnoses one target after the other and reports on them.
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
	worst := diagnose.StatusOK
	for _, r := range requests {
		if ctx.Err() != nil {
			worst = worst.Worse(diagnose.StatusUnknown)
			break
		}
		result, err := a.several(ctx, o, cfg, r, len(requests))
		if err != nil {
			return exitUnknown, err
		}
		err = out.add(result)
		worst = worst.Worse(result.Status)
		if err != nil {
			return worst.ExitCode(), err
		}
	}
	if ctx.Err() != nil {
		fmt.Fprintln(a.stderr, "ftpdiag: interrupted")
	}
	return worst.ExitCode(), out.close()
}

// nameOf is what the status line calls a target.
func nameOf(t probe.Target, of int) string {
	name := t.Host
	if t.Port != 0 && t.Port != 21 {
		name = net.JoinHostPort(t.Host, strconv.Itoa(t.Port))
	}
	if of > 1 {
		return fmt.Sprintf("%d of %d, %s", t.Index+1, of, name)
	}
	return name
}

// one diagnoses a target once; name is what the status line calls it.
func (a *app) one(ctx context.Context, cfg probe.Config, r request, name string) (*diagnose.Result, error) {
	cfg.Target, cfg.Password = r.target, r.password
	status := a.newStatus()
	cfg.Progress = func(what string) { status.Set(name + ": " + what) }
	result, err := a.diagnose(ctx, cfg)
	status.Clear()
	if err != nil {
		return nil, err
	}
	result.Version = version()
	return result, nil
}

// newStatus makes the line that says what is being waited for; without a
// terminal it is silent.
func (a *app) newStatus() *report.Status {
	_, ok := isTerminal(a.stderr)
	return report.NewStatus(a.stderr, ok)
}

// inURL tells whether a password stands in a URL.
func inURL(requests []request) bool {
	for _, r := range requests {
		if r.hasPassword {
			return true
		}
	}
	return false
}
