package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"

	"ftpdiag/cmd/ftpdiag/sweep"
	"ftpdiag/probe"
	"ftpdiag/probe/diagnose"
	"ftpdiag/probe/ftp"
)

// exitUnknown is the exit code of everything that is not a verdict.
const exitUnknown = 3

// app is what a run reads, writes and calls.
type app struct {
	stdin          io.Reader
	stdout, stderr io.Writer

	// plugin counts what a monitoring plugin has said; nil: this is none.
	plugin *counter

	// diagnose carries out one diagnosis; tests put another in its place.
	diagnose func(context.Context, probe.Config) (*diagnose.Result, error)

	// resolver looks up the names of many targets; tests put another in its place.
	resolver sweep.Resolver
}

// run is the program: it returns the exit code.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	a := &app{stdin: stdin, stdout: stdout, stderr: stderr, diagnose: diagnoseTarget, resolver: net.DefaultResolver}
	return a.run(ctx, args)
}

func (a *app) run(ctx context.Context, args []string) (code int) {
	defer func() { a.recovered(recover(), &code) }()
	code, err := a.command(ctx, args)
	if err == nil {
		return code
	}
	if errors.Is(err, errReaderGone) {
		return code
	}
	a.complain(err)
	return exitUnknown
}

// command reads the flags and does what they ask for.
func (a *app) command(ctx context.Context, args []string) (int, error) {
	if len(args) > 0 && args[0] == "serve" {
		return a.serve(ctx, args[1:])
	}
	o, err := parseFlags(args)
	if err == nil {
		o.stdin = a.stdin
	}
	if err == nil && o.format == pluginFormat && !o.help && !o.version || err != nil && wantsPlugin(args) {
		a.beginPlugin()
	}
	switch {
	case err != nil:
		return exitUnknown, err
	case o.help:
		return 0, a.print(helpText())
	case o.version:
		return 0, a.print("ftpdiag " + version() + "\n")
	case o.demo:
		return a.demo(ctx, o)
	case o.render:
		return a.render(o)
	}
	code, err := a.targets(ctx, o)
	if err == nil && a.silentPlugin(o) {
		return exitUnknown, errInterrupted
	}
	return code, err
}

// print writes to standard output something that is no report.
func (a *app) print(text string) error {
	_, err := io.WriteString(a.stdout, text)
	return writeError(err)
}

// complain says what went wrong, and what to do about it where that is known.
// Usage errors are two lines, the last of which begins with "hint:". A monitoring
// plugin says it on standard output.
func (a *app) complain(err error) {
	if a.plugin != nil {
		a.pluginUnknown(err)
		return
	}
	lines := []string{err.Error()}
	var bad badList
	if errors.As(err, &bad) {
		lines = bad.lines()
	}
	for _, line := range lines {
		fmt.Fprintf(a.stderr, "ftpdiag: %s\n", ftp.Visible(line))
	}
	var usage *ftp.UsageError
	if errors.As(err, &usage) && usage.Hint != "" {
		fmt.Fprintf(a.stderr, "hint: %s\n", usage.Hint)
	}
}

// warn says something that does not keep the program from its work.
func (a *app) warn(format string, args ...any) {
	fmt.Fprintf(a.stderr, "ftpdiag: warning: "+format+"\n", args...)
}

// usage makes a usage error.
func usage(hint, format string, args ...any) error {
	return &ftp.UsageError{Message: fmt.Sprintf(format, args...), Hint: hint}
}

// quote writes a word of the command line for a message: on one line, harmless
// to a terminal, and without the password of a target that got in its place.
func quote(s string) string { return fmt.Sprintf("%q", ftp.MaskTarget(s)) }

// isTerminal tells whether f is a terminal, and which.
func isTerminal(f any) (*os.File, bool) {
	file, ok := f.(*os.File)
	return file, ok && fileIsTerminal(file)
}
