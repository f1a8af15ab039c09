package realserver_test

import (
	"bufio"
	"errors"
	"io"
	"net"
	"syscall"
	"testing"
)

func newLineReader(conn net.Conn) *bufio.Reader { return bufio.NewReader(conn) }

// ending names the way in which a connection ended.
func ending(tb testing.TB, err error) string {
	tb.Helper()
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "EOF"
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return "RST"
	}
	tb.Fatal(err)
	return ""
}
