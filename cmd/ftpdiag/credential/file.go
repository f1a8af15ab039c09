package credential

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
)

// MaxFile bounds what is read of a file, in bytes: no password, certificate or
// configuration is longer; a device or a video given by mistake is.
const MaxFile = 1 << 20

// ReadFile reads a file of at most MaxFile. Its error does not repeat the name.
func ReadFile(name string) ([]byte, error) {
	f, err := open(name)
	if err != nil {
		return nil, Bare(err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, MaxFile+1))
	if len(data) > MaxFile {
		return nil, errors.New("it is longer than 1 MiB")
	}
	return data, Bare(err)
}

// open opens what can be read without waiting for somebody: a regular file, the
// device that is always empty, or what the caller has opened for this program
// (standard input, or the pipe of a process substitution), which may take its time.
func open(name string) (*os.File, error) {
	f, err := os.OpenFile(name, os.O_RDONLY|nonblock, 0)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() && name != os.DevNull && !inherited(name) {
		err = errors.New("it is " + kind(info.Mode()) + " and not a regular file")
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// inherited tells whether a name is that of a descriptor which this process was
// started with: bash writes <(command) as /dev/fd/63, zsh as /proc/self/fd/11.
func inherited(name string) bool {
	name = filepath.ToSlash(filepath.Clean(name))
	dir := path.Dir(name)
	return name == "/dev/stdin" || dir == "/dev/fd" || dir == "/proc/self/fd"
}

// kind is what is not a regular file.
func kind(m fs.FileMode) string {
	switch {
	case m.IsDir():
		return "a directory"
	case m&fs.ModeNamedPipe != 0:
		return "a named pipe"
	case m&fs.ModeSocket != 0:
		return "a socket"
	}
	return "a device"
}

// Bare is an error without the name of the file.
func Bare(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}

// read is ReadFile with a Fault.
func read(part Part, name string) ([]byte, error) {
	data, err := ReadFile(name)
	if err != nil {
		return nil, &Fault{Part: part, Kind: Unreadable, Text: "cannot be read: " + err.Error()}
	}
	return data, nil
}
