package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// growing is a file of results that is written as they come, beside the file that
// it becomes. What was written when the program was killed stays there, for
// --resume; a reader of the file itself sees the old content or the whole new one.
type growing struct {
	*os.File
	name   string // as the user wrote it
	target string // what it becomes; "": it is written in place, being no regular file
	size   int64  // of what was written whole
	begun  bool   // it has the name of a partial file
}

// partialName is where a file of results grows.
func partialName(name string) string { return name + ".partial" }

// newGrowing opens a file for what will be name. It is not seen under the name of
// a partial file before begin: there may be one, to go on with.
func newGrowing(name string) (*growing, error) {
	target, err := filepath.EvalSymlinks(name)
	if err != nil {
		target = name
	}
	info, err := os.Stat(target)
	if err == nil && !info.Mode().IsRegular() {
		f, err := os.OpenFile(target, os.O_WRONLY|os.O_APPEND, 0)
		return &growing{File: f, name: name}, growingError(name, err)
	}
	mode := fs.FileMode(0o644)
	if err == nil {
		mode = info.Mode().Perm()
	}
	f, err := os.OpenFile(filepath.Join(filepath.Dir(target), ".ftpdiag-"+rand.Text()), os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	return &growing{File: f, name: name, target: target}, growingError(name, err)
}

func growingError(name string, err error) error {
	if err == nil {
		return nil
	}
	return usage("--output names a file that can be written", "cannot write %s: %v", quotePath(name), bare(err))
}

// begin gives the file the name of a partial one, in the place of one that an
// earlier run left.
func (g *growing) begin() error {
	if g.target == "" {
		return nil
	}
	g.begun = true
	return g.rename(partialName(g.target))
}

// leftover tells whether an earlier run left a partial file.
func (g *growing) leftover() bool {
	info, err := os.Stat(partialName(g.target))
	return g.target != "" && err == nil && info.Size() > 0
}

// rename gives the file a name. Windows renames no open file.
func (g *growing) rename(to string) error {
	from := g.File.Name()
	if err := g.File.Close(); err != nil {
		return err
	}
	if err := os.Rename(from, to); err != nil {
		return err
	}
	f, err := os.OpenFile(to, os.O_WRONLY|os.O_APPEND, 0)
	if err == nil {
		g.File = f
	}
	return err
}

// Write writes a whole line or none: what a full disk left of one is cut off.
func (g *growing) Write(line []byte) (int, error) {
	n, err := g.File.Write(line)
	if err == nil {
		g.size += int64(n)
		return n, nil
	}
	if g.target != "" {
		_ = g.File.Truncate(g.size) // the error that is told is the first
	}
	return n, g.failed(err)
}

// failed says where what was written is to be found.
func (g *growing) failed(err error) error {
	if g.target == "" || g.size == 0 {
		return fmt.Errorf("cannot write %s: %w", quotePath(g.name), bare(err))
	}
	return fmt.Errorf("cannot write %s: %w; what was written is in %s, and --resume %s goes on with it",
		quotePath(g.name), bare(err), quotePath(partialName(g.target)), quotePath(g.name))
}

// finish makes it the file.
func (g *growing) finish() error {
	err := g.File.Sync()
	if g.target == "" {
		return g.File.Close() // a pipe or a device cannot be synchronised
	}
	if err = errors.Join(err, g.File.Close()); err == nil {
		err = os.Rename(g.File.Name(), g.target)
	}
	if err != nil {
		return g.failed(bareLink(err))
	}
	return nil
}

// abandon leaves what was written to --resume, and removes what was never begun.
func (g *growing) abandon() {
	g.File.Close()
	if g.target != "" && (!g.begun || g.size == 0) {
		os.Remove(g.File.Name())
	}
}

// bareLink is the error of a rename without the names.
func bareLink(err error) error {
	var l *os.LinkError
	if errors.As(err, &l) {
		return l.Err
	}
	return err
}
