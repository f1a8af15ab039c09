package exporter

import (
	"context"
	"strings"
	"testing"
	"time"
)

// A file that hangs is waited for within bounds, is tried by one reader, and keeps
// nobody from the next when it comes.
func TestWithin(t *testing.T) {
	files, release, begun := newFileReader(), make(chan struct{}), 0
	hangs := func() error {
		begun++
		<-release
		return nil
	}
	for range 2 {
		if err := files.within(context.Background(), 20*time.Millisecond, hangs); err == nil || !strings.Contains(err.Error(), "not read within 20ms") {
			t.Error(err)
		}
	}
	ended, end := context.WithCancel(context.Background())
	end()
	if err := files.within(ended, patience, hangs); err != context.Canceled {
		t.Error(err)
	}
	close(release)
	if err := files.within(context.Background(), patience, func() error { return nil }); err != nil {
		t.Error(err)
	}
	if begun != 1 {
		t.Errorf("%d readers of a file that hangs", begun)
	}
}
