package main

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"ftpdiag/probe/diagnose"
	"ftpdiag/report"
)

// render writes saved results in a format. Nothing is probed. The exit code is
// that of the results, as their own run had it.
func (a *app) render(o *options) (int, error) {
	if err := o.validateRender(); err != nil {
		return exitUnknown, err
	}
	options := report.Options{Verbose: o.verbose, Color: report.Color(o.color), Limits: o.gate.limits}
	if o.file() == "" {
		options.Width = widthOf(a.stdout)
	} else if err := writable(o.file()); err != nil {
		return exitUnknown, err
	}
	renderer, err := report.New(o.format, options)
	if err != nil {
		return exitUnknown, usage(valueHint("format"), "%v", err)
	}
	results, err := a.saved(o.args)
	if err != nil {
		return exitUnknown, err
	}
	worst := diagnose.StatusOK
	for _, r := range results {
		o.gate.apply(r)
		worst = worst.Worse(r.Status)
	}
	if o.file() == "" {
		return worst.ExitCode(), writeError(renderer.Render(a.stdout, results...))
	}
	err = report.WriteFile(o.file(), func(w io.Writer) error { return renderer.Render(w, results...) })
	return worst.ExitCode(), err
}

// saved reads the results of files, in order.
func (a *app) saved(names []string) (results []*diagnose.Result, err error) {
	const hint = "render takes what --format json wrote, one result or one a line"
	for _, name := range names {
		some, err := a.savedIn(name)
		switch {
		case err != nil:
			return nil, usage(hint, "%s: %v", savedName(name), bare(err))
		case len(some) == 0:
			return nil, usage(hint, "%s: there is no result in it", savedName(name))
		}
		results = append(results, some...)
	}
	return results, nil
}

func (a *app) savedIn(name string) ([]*diagnose.Result, error) {
	if name == stdinName {
		return report.Read(a.stdin)
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return report.Read(f)
}

// stdinName stands for standard input.
const stdinName = "-"

func savedName(name string) string {
	if name == stdinName {
		return "standard input"
	}
	return quotePath(name)
}

// renderFlags are the flags that mean something without a diagnosis.
var renderFlags = []string{"format", "output", "verbose", "color", "warning", "critical", "fail-on", "ignore"}

func (o *options) validateRender() error {
	var stray string
	o.flags.Visit(func(f *pflag.Flag) {
		if !slices.Contains(renderFlags, f.Name) {
			stray = f.Name
		}
	})
	stdin := 0
	for _, name := range o.args {
		if name == stdinName {
			stdin++
		}
	}
	switch {
	case stray != "":
		return usage(fmt.Sprintf("render takes --%s; a host of that name is ftp://render", strings.Join(renderFlags, ", --")),
			"--%s means nothing to render", stray)
	case len(o.args) == 0:
		return usage("ftpdiag render RESULT.json, or - for standard input; a host of that name is ftp://render", "no result to render")
	case slices.Contains(o.args, ""):
		return usage("ftpdiag render RESULT.json", "the name of a result is empty")
	case stdin > 1:
		return usage("name - once", "standard input can be read once only")
	}
	if err := o.words(); err != nil {
		return err
	}
	return o.rules()
}
