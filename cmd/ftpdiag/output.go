package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"syscall"

	"golang.org/x/term"

	"ftpdiag/probe/diagnose"
	"ftpdiag/report"
)

// errReaderGone says that whoever read standard output reads no more. That is
// no failure: the exit code stays that of the verdict.
var errReaderGone = errors.New("nobody reads the output any more")

// output is where results go. JSON goes out as each target is done; a text is
// one for all, and so is a file.
type output struct {
	renderer report.Renderer
	stdout   io.Writer
	file     string // "": standard output
	stream   bool   // write each result at once
	results  []*diagnose.Result
	gate     gate // judges each result before it is written
}

// newOutput checks that there is somewhere to write before anything is sent.
func (a *app) newOutput(o *options) (*output, error) {
	options := report.Options{Verbose: o.verbose, Color: report.Color(o.color), Limits: o.gate.limits}
	if o.output == "" {
		options.Width = widthOf(a.stdout)
	} else if err := writable(o.output); err != nil {
		return nil, err
	}
	renderer, err := report.New(o.format, options)
	if err != nil {
		return nil, usage(valueHint("format"), "%v", err)
	}
	return &output{renderer: renderer, stdout: a.stdout, file: o.output, stream: o.output == "" && report.Streams(o.format)}, nil
}

// writable refuses a file that could never be written.
func writable(name string) error {
	const hint = "--output names a file in a directory that exists"
	if info, err := os.Stat(filepath.Dir(name)); err != nil || !info.IsDir() {
		return usage(hint, "there is no directory for the output %s", quotePath(name))
	}
	if info, err := os.Stat(name); err == nil && info.IsDir() {
		return usage(hint, "the output %s is a directory", quotePath(name))
	}
	return nil
}

// add takes a result.
func (out *output) add(r *diagnose.Result) error {
	out.gate.apply(r)
	if out.stream {
		return writeError(out.renderer.Render(out.stdout, r))
	}
	out.results = append(out.results, r)
	return nil
}

// close writes what has not been written.
func (out *output) close() error {
	switch {
	case len(out.results) == 0:
		return nil
	case out.file == "":
		return writeError(out.renderer.Render(out.stdout, out.results...))
	}
	return report.WriteFile(out.file, func(w io.Writer) error {
		return out.renderer.Render(w, out.results...)
	})
}

// writeError says what kept us from writing to standard output.
func writeError(err error) error {
	switch {
	case err == nil:
		return nil
	case readerGone(err):
		return errReaderGone
	}
	return fmt.Errorf("cannot write standard output: %w", bare(err))
}

// readerGone tells whether err is that of a pipe without a reader. On Windows it
// is ERROR_BROKEN_PIPE or ERROR_NO_DATA.
func readerGone(err error) bool {
	if runtime.GOOS == "windows" {
		return errors.Is(err, syscall.Errno(109)) || errors.Is(err, syscall.Errno(232))
	}
	return errors.Is(err, syscall.EPIPE)
}

// widthOf is the width of a terminal; 0 where w is none.
func widthOf(w io.Writer) int {
	terminal, ok := isTerminal(w)
	if !ok {
		return 0
	}
	width, _, err := term.GetSize(int(terminal.Fd()))
	if err != nil {
		return 0
	}
	return width
}
