package realserver_test

import (
	"crypto/tls"
	"errors"
	"io"
	"os"
	"syscall"
	"testing"

	"ftpdiag/probe/realserver"
)

// ending names what came instead of a reply.
func ending(tb testing.TB, err error) string {
	tb.Helper()
	var notTLS tls.RecordHeaderError
	switch {
	case errors.As(err, &notTLS):
		return realserver.NotTLS
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return realserver.EOF
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return realserver.Reset
	case errors.Is(err, os.ErrDeadlineExceeded):
		return realserver.Silence
	}
	tb.Fatal(err)
	return ""
}
