package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"sync"
	"syscall"
	"time"

	"golang.org/x/term"

	"ftpdiag/probe/diagnose"
	"ftpdiag/report"
)

// errReaderGone says that whoever read standard output reads no more. That is
// no failure: the exit code stays that of the verdict.
var errReaderGone = errors.New("nobody reads the output any more")

// output is where results go. JSON goes out as each target is done, and so does
// the text about many targets; any other report is one for all. Several
// goroutines may add to it.
type output struct {
	renderer report.Renderer
	options  report.Options
	stdout   io.Writer
	file     string // "": standard output
	stream   bool   // write each result at once
	many     bool   // the text is a line a target and a summary
	begun    time.Time
	progress *progress
	growing  *growing // where a stream into a file goes; nil: none

	mu      sync.Mutex
	err     error // what ended the output
	results []*diagnose.Result
	worst   diagnose.Status
	summary report.Summary
	gate    gate // judges each result before it is written
}

// newOutput checks that there is somewhere to write before anything is sent.
func (a *app) newOutput(o *options) (*output, error) {
	options := report.Options{Verbose: o.verbose, Color: report.Color(o.color), Limits: o.gate.limits}
	if o.file() == "" {
		options.Width = widthOf(a.stdout)
	} else if err := writable(o.file()); err != nil {
		return nil, err
	}
	renderer, err := report.New(o.format, options)
	if err != nil {
		return nil, usage(valueHint("format"), "%v", err)
	}
	return &output{renderer: renderer, options: options, stdout: a.stdout, file: o.file(), stream: o.file() == "" && report.Streams(o.format),
		begun: time.Now(), progress: a.newProgress(), worst: diagnose.StatusOK}, nil
}

// streamGC lets the heap grow to three times what is in use between two
// collections. A stream holds little: 64 diagnoses and nothing of those before.
const streamGC = 200

// collectGC lets the heap grow by a fifth of what is in use: of many targets that
// is mostly results, which stay.
const collectGC = 20

// forMany makes it the output of many targets: a stream goes into a file too.
func (out *output) forMany(o *options) (err error) {
	out.many = o.format == "text"
	out.stream = out.many || report.Streams(o.format)
	if out.stream {
		debug.SetGCPercent(streamGC)
	} else {
		debug.SetGCPercent(collectGC)
	}
	if out.stream && out.file != "" {
		if out.growing, err = newGrowing(out.file); err != nil {
			return err
		}
		out.options = out.options.For(io.Discard)
	} else {
		out.options = out.options.For(out.stdout)
	}
	out.renderer, err = report.New(o.format, out.options)
	return err
}

// writable refuses a file that could never be written.
func writable(name string) error {
	const hint = "--output names a file in a directory that exists"
	if info, err := os.Stat(filepath.Dir(name)); err != nil || !info.IsDir() {
		return usage(hint, "there is no directory for the output %s", quotePath(name))
	}
	info, err := os.Stat(name)
	switch {
	case err == nil && info.IsDir():
		return usage(hint, "the output %s is a directory", quotePath(name))
	case err == nil && !info.Mode().IsRegular():
		return nil // a device or a pipe: opened when there is something to write
	}
	// It is written beside its place and then moved there.
	f, err := os.CreateTemp(filepath.Dir(name), ".ftpdiag-*")
	if err != nil {
		return usage("--output names a file in a directory that can be written to", "cannot write %s: %v", quotePath(name), bare(err))
	}
	f.Close()
	os.Remove(f.Name())
	return nil
}

// add takes a result.
func (out *output) add(r *diagnose.Result) error {
	out.gate.apply(r)
	text, err := out.render(r)
	if err != nil {
		return err
	}
	out.mu.Lock()
	defer out.mu.Unlock()
	if out.err != nil {
		return out.err
	}
	if out.err = out.count(r); out.err == nil && out.stream {
		out.err = out.write(text)
	}
	if out.err == nil && !out.stream {
		out.results = append(out.results, out.kept(r))
	}
	out.progress.step(r.Status)
	return out.err
}

// addBefore takes a result of an earlier run. It counts, and stands in a report of
// all and in a file, but standard output, which the earlier run had too, does not
// get it again.
func (out *output) addBefore(r *diagnose.Result) error {
	out.gate.apply(r)
	if err := out.count(r); err != nil {
		return err
	}
	switch {
	case !out.stream:
		out.results = append(out.results, out.kept(r))
	case out.growing != nil:
		text, err := out.render(r)
		if err != nil {
			return err
		}
		return out.write(text)
	}
	return nil
}

// begin makes a stream into a file one that --resume finds.
func (out *output) begin() error {
	if out.growing == nil {
		return nil
	}
	return out.growing.begin()
}

// giveUp ends the output without a report. What a stream has in its file stays.
func (out *output) giveUp() {
	out.progress.end()
	if out.growing != nil {
		out.growing.abandon()
	}
}

// exitCode is that of the results so far.
func (out *output) exitCode() int {
	out.mu.Lock()
	defer out.mu.Unlock()
	return out.worst.ExitCode()
}

// count makes r part of the summary and of the exit code.
func (out *output) count(r *diagnose.Result) error {
	out.worst = out.worst.Worse(r.Status)
	if !out.many {
		return nil
	}
	return out.summary.Add(r)
}

// kept is what is kept of r for a report of all: the dialogues of many targets
// would fill the memory, and only a text shows them.
func (out *output) kept(r *diagnose.Result) *diagnose.Result {
	if len(out.results) < handful {
		return r
	}
	return report.Compact(r)
}

// render is what a stream says about r; nil where there is none.
func (out *output) render(r *diagnose.Result) ([]byte, error) {
	if !out.stream {
		return nil, nil
	}
	var b bytes.Buffer
	err := error(nil)
	switch {
	case out.many && out.options.Verbose:
		err = out.renderer.Render(&b, r)
		b.WriteByte('\n')
	case out.many:
		err = report.NewBrief(&b, out.options).Line(r)
	default:
		err = out.renderer.Render(&b, r)
	}
	return b.Bytes(), err
}

// write writes part of a stream, with what a terminal shows out of the way.
func (out *output) write(text []byte) error {
	if out.growing != nil {
		_, err := out.growing.Write(text)
		return err
	}
	return out.progress.aside(func() error {
		_, err := out.stdout.Write(text)
		return writeError(err)
	})
}

// close writes what has not been written. So many targets are undone, and rest
// are they; a text about many counts them.
func (out *output) close(undone int, rest iter.Seq[*diagnose.Result]) error {
	out.mu.Lock()
	defer out.mu.Unlock()
	out.progress.end()
	if out.err != nil {
		return out.err
	}
	out.err = errClosed // for who was left behind
	out.summary.NotBegun(undone)
	if undone > 0 {
		out.worst = out.worst.Worse(diagnose.StatusUnknown)
	}
	if out.stream {
		return out.closeStream(rest)
	}
	out.results = slices.AppendSeq(out.results, rest)
	slices.SortStableFunc(out.results, func(a, b *diagnose.Result) int { return a.Target.Index - b.Target.Index })
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

var errClosed = errors.New("the report is closed")

// closeStream ends a stream: a text with the summary, any other with the rest.
func (out *output) closeStream(rest iter.Seq[*diagnose.Result]) error {
	if !out.many {
		for r := range rest {
			text, err := out.render(r)
			if err == nil {
				err = out.write(text)
			}
			if err != nil {
				return err
			}
		}
	}
	if out.many {
		var b bytes.Buffer
		b.WriteByte('\n')
		if err := out.summary.Write(&b, time.Since(out.begun), out.options); err != nil {
			return err
		}
		if err := out.write(b.Bytes()); err != nil {
			return err
		}
	}
	if out.growing != nil {
		return out.growing.finish()
	}
	return nil
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
