package credential

import (
	"errors"
	"io"
	"io/fs"
	"os"
)

// MaxFile bounds what is read of a file, in bytes: no password, certificate or
// configuration is longer; a device or a video given by mistake is.
const MaxFile = 1 << 20

// ReadFile reads a file of at most MaxFile. Its error does not repeat the name.
func ReadFile(name string) ([]byte, error) {
	f, err := os.Open(name)
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
