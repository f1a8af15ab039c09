package exporter

import (
	"context"
	"fmt"
	"time"
)

// fileTime is how long files are waited for. A pipe may have a slow writer, and a
// network file system may be gone: neither is to hold up the exporter.
const fileTime = 10 * time.Second

// fileReader reads files, one time after the other.
type fileReader chan struct{}

func newFileReader() fileReader { return make(fileReader, 1) }

// within runs read and waits for it for so long. What takes longer is left behind,
// and until it has ended nothing else is read.
func (f fileReader) within(ctx context.Context, d time.Duration, read func() error) error {
	ctx, cancel := context.WithTimeoutCause(ctx, d, fmt.Errorf("not read within %v", d))
	defer cancel()
	select {
	case f <- struct{}{}:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	done := make(chan error, 1)
	go func() {
		defer func() { <-f }()
		done <- read()
	}()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
