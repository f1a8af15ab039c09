package report

import (
	"bufio"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// WriteFile lets write fill the file at path. A reader of path sees the old
// content or the whole new one, never a part: the new one is written to a
// temporary file in the same folder, brought to the disk, and renamed. If
// anything fails, write included, the old content stays and the error says which
// file it is about.
//
// A new file is readable by all that the umask allows; an old one keeps its
// permissions, and a symbolic link its place. What is not a regular file, such
// as /dev/stderr or a named pipe, is written to as it is.
func WriteFile(path string, write func(io.Writer) error) error {
	target, err := filepath.EvalSymlinks(path)
	if errors.Is(err, fs.ErrNotExist) {
		target = path // new, or a link to what is not there yet: the link is replaced
	} else if err != nil {
		return fmt.Errorf("cannot write %s: %w", path, cause(err))
	}
	info, err := os.Stat(target)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		err = replace(target, nil, write)
	case err != nil:
	case info.IsDir():
		err = errors.New("it is a directory")
	case info.Mode().IsRegular():
		err = replace(target, info, write)
	default:
		err = pour(target, write)
	}
	if err != nil {
		return fmt.Errorf("cannot write %s: %w", path, cause(err))
	}
	return nil
}

// replace writes a temporary file and gives it the name of target; old is what
// stands there, nil for nothing.
func replace(target string, old fs.FileInfo, write func(io.Writer) error) (err error) {
	name := filepath.Join(filepath.Dir(target), ".ftpdiag-"+rand.Text())
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	defer func() { // after success there is nothing of this name any more
		f.Close()
		os.Remove(name)
	}()
	if old != nil {
		if err := f.Chmod(old.Mode().Perm()); err != nil && !errors.Is(err, errors.ErrUnsupported) {
			return err
		}
	}
	if err := buffered(f, write); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := f.Close(); err != nil { // Windows renames no open file
		return err
	}
	return os.Rename(name, target)
}

// pour writes to what cannot be replaced.
func pour(target string, write func(io.Writer) error) error {
	f, err := os.OpenFile(target, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return err
	}
	if err := buffered(f, write); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}

func buffered(f *os.File, write func(io.Writer) error) error {
	b := bufio.NewWriter(f)
	if err := write(b); err != nil {
		return err
	}
	return b.Flush()
}

// cause is what went wrong, without the name of the file that it went wrong
// with: that may be the temporary one, of which the user knows nothing.
func cause(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	var l *os.LinkError
	if errors.As(err, &l) {
		return l.Err
	}
	return err
}
