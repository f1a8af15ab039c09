package main

import (
	"bufio"
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"ftpdiag/probe/diagnose"
	"ftpdiag/probe/ftp"
	"ftpdiag/report"
)

// identity is what makes a request the one that a result is about.
type identity struct {
	input, label, user, path  string
	mode, expect, tls, family string
	quick, thorough, insecure bool
}

// resume takes over what an earlier run finished: a target that has a verdict is
// not asked again. One without, because the run was interrupted or the time was
// up, is.
func (s *sweeping) resume() error {
	if s.options.resume == "" {
		return nil
	}
	f, err := openResume(s.options.resume)
	if err != nil {
		return usage(valueHint("resume"), "the results of --resume cannot be read from %s: %v", quotePath(s.options.resume), bare(err))
	}
	defer f.Close()
	wanted := map[identity][]int{}
	for i, r := range s.requests {
		if r.bad == nil {
			id := s.identity(r)
			wanted[id] = append(wanted[id], i)
		}
	}
	in := bufio.NewReaderSize(f, 1<<16)
	var whole int64 // bytes of whole lines
	for number := 1; ; number++ {
		line, err := in.ReadBytes('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return usage(valueHint("resume"), "the results of --resume cannot be read from %s: %v", quotePath(s.options.resume), bare(err))
		}
		if err != nil {
			return s.torn(f, line, number, whole)
		}
		whole += int64(len(line))
		if err := s.takeOver(line, number, wanted); err != nil {
			return err
		}
	}
}

// openResume opens the file, or what was to become it.
func openResume(name string) (*os.File, error) {
	f, err := os.Open(partialName(name))
	if errors.Is(err, fs.ErrNotExist) {
		return os.Open(name)
	}
	return f, err
}

// takeOver takes a line of the file.
func (s *sweeping) takeOver(line []byte, number int, wanted map[identity][]int) error {
	if len(bytes.TrimSpace(line)) == 0 {
		return nil
	}
	results, err := report.Read(bytes.NewReader(line))
	switch {
	case err != nil && number == 1:
		return usage(valueHint("resume"), "%s holds no results: line 1 is none", quotePath(s.options.resume))
	case err != nil || len(results) != 1:
		s.warn("line %d of %s is no result: its target is tested again", number, quotePath(s.options.resume))
		return nil
	}
	r := results[0]
	id := identityOf(r)
	numbers := wanted[id]
	if len(numbers) == 0 || r.Status == diagnose.StatusUnknown {
		return nil
	}
	wanted[id] = numbers[1:]
	s.finished[numbers[0]] = true
	r.Target.Index = numbers[0]
	return s.out.addBefore(r)
}

// torn deals with what stands behind the last whole line: what was being written
// when the run was killed.
func (s *sweeping) torn(f *os.File, line []byte, number int, whole int64) error {
	appended := sameFile(f, s.stdout)
	if whole == 0 && appended {
		return usage("append to it: ftpdiag --resume FILE ... >> FILE", "%s is empty: standard output has replaced it", quotePath(s.options.resume))
	}
	if len(line) == 0 {
		return nil
	}
	s.warn("line %d of %s is cut off: its target is tested again", number, quotePath(s.options.resume))
	if !appended {
		return nil
	}
	if err := os.Truncate(f.Name(), whole); err != nil {
		return fmt.Errorf("the last line of %s, which is cut off, cannot be removed: %w", quotePath(s.options.resume), bare(err))
	}
	return nil
}

// sameFile tells whether w is the file that f is.
func sameFile(f *os.File, w io.Writer) bool {
	other, ok := w.(*os.File)
	if !ok {
		return false
	}
	a, errA := f.Stat()
	b, errB := other.Stat()
	return errA == nil && errB == nil && a.Mode().IsRegular() && os.SameFile(a, b)
}

// identity is that of the result that r will have. The texts in a result are
// visible, and hold no password.
func (s *sweeping) identity(r request) identity {
	cfg, t := r.config(s.cfg), ftp.NewRedactor(r.password).Target(r.target)
	return identity{input: t.Input, label: ftp.Visible(t.Label), user: t.User, path: t.Path,
		mode: s.options.mode, expect: cfg.Expect, tls: cfg.TLS, family: s.family(),
		quick: cfg.Quick, thorough: cfg.Thorough, insecure: cfg.Insecure}
}

// identityOf is that of a result.
func identityOf(r *diagnose.Result) identity {
	t, o := r.Target, r.Options
	return identity{input: t.Input, label: t.Label, user: cmp.Or(t.User, anonymous), path: t.Path,
		mode: o.Mode, expect: o.Expect, tls: o.TLS, family: o.Family,
		quick: o.Quick, thorough: o.Thorough, insecure: o.Insecure}
}
