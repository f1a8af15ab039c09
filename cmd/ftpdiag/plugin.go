package main

import (
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"slices"
	"strings"

	"ftpdiag/probe/ftp"
	"ftpdiag/report"
)

// A monitoring plugin says everything on standard output, in one line that begins
// with its status; one that prints nothing is useless.

// pluginFormat is the format of monitoring plugins.
const pluginFormat = "nagios"

// beginPlugin makes the run that of a plugin.
func (a *app) beginPlugin() {
	a.plugin = &counter{w: a.stdout}
	a.stdout = a.plugin
}

// counter counts what is written.
type counter struct {
	w io.Writer
	n int
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += n
	return n, err
}

// silentPlugin tells whether a plugin has said nothing although it should have.
func (a *app) silentPlugin(o *options) bool {
	return a.plugin != nil && a.plugin.n == 0 && o.file() == ""
}

// pluginUnknown is what a plugin says in place of an error on standard error, which
// is for what standard output does not take.
func (a *app) pluginUnknown(err error) {
	text := err.Error()
	var usage *ftp.UsageError
	if errors.As(err, &usage) && usage.Hint != "" {
		text += " (" + usage.Hint + ")"
	}
	if unsaid := a.print(report.NagiosUnknown(text)); unsaid != nil {
		fmt.Fprintf(a.stderr, "ftpdiag: %s\n", ftp.Visible(text))
	}
}

// recovered makes an UNKNOWN of what recover gave; what a programmer needs goes to
// standard error. Any other run ends as a program in panic does.
func (a *app) recovered(p any, code *int) {
	switch {
	case p == nil:
	case a.plugin == nil:
		panic(p)
	default:
		fmt.Fprintf(a.stderr, "ftpdiag: %v\n%s", p, debug.Stack())
		a.pluginUnknown(fmt.Errorf("internal error: %v", p))
		*code = exitUnknown
	}
}

// wantsPlugin tells whether a command line that cannot be read asks for the format
// of plugins: the mistake is then most likely in a monitoring system's definition
// of a command.
func wantsPlugin(args []string) bool {
	if end := slices.Index(args, "--"); end >= 0 {
		args = args[:end]
	}
	for i, arg := range args {
		value, isFormat := strings.CutPrefix(arg, "--format=")
		if !isFormat {
			value, isFormat = strings.CutPrefix(arg, "-f")
			value = strings.TrimPrefix(value, "=")
		}
		if (arg == "-f" || arg == "--format") && i+1 < len(args) {
			value, isFormat = args[i+1], true
		}
		if isFormat && value == pluginFormat {
			return true
		}
	}
	return false
}

// pluginDefaults are those of a check that runs every few minutes: only what
// decides the verdict, and nobody dialled who may not expect it.
func (o *options) pluginDefaults() {
	if o.format != pluginFormat {
		return
	}
	o.quickByDefault()
	o.noForeign = o.noForeign || !o.given("no-foreign")
}
