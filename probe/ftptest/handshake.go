package ftptest

import (
	"bytes"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"slices"
	"time"
)

var (
	errReset  = errors.New("ftptest: the server has reset the connection")
	errBroken = errors.New("ftptest: the server has broken the handshake off")
)

// shake does the server's part of a handshake, or what takes its place. in is
// what the client has sent and nobody has read.
func (o *outlet) shake(h Handshake, config *tls.Config, in io.Reader) error {
	if h.Hello {
		hello, err := readRecord(in)
		if err != nil {
			return err
		}
		in = io.MultiReader(bytes.NewReader(hello), in)
	}
	if err := o.mishandle(h.Answers, in); err != nil {
		return err
	}
	w := &wire{o: o, in: in, heard: o.heard}
	var secrets keyLog
	if h.Renegotiate {
		config = config.Clone()
		config.KeyLogWriter, w.sent = &secrets, &bytes.Buffer{}
	}
	if h.Intolerant {
		config = config.Clone()
		config.GetConfigForClient = intolerant
	}
	conn := tls.Server(w, config)
	if err := conn.Handshake(); err != nil {
		return err
	}
	w.heard = nil
	o.tls.Store(conn)
	if h.Renegotiate {
		return o.renegotiate(conn.ConnectionState(), &secrets, w)
	}
	return nil
}

// intolerant is a server that is broken where TLS 1.3 is offered.
func intolerant(hello *tls.ClientHelloInfo) (*tls.Config, error) {
	if slices.Contains(hello.SupportedVersions, tls.VersionTLS13) {
		return nil, errBroken
	}
	return nil, nil
}

// readRecord reads one record, the ClientHello.
func readRecord(in io.Reader) ([]byte, error) {
	record := make([]byte, 5, 5+1<<14)
	if _, err := io.ReadFull(in, record); err != nil {
		return nil, err
	}
	record = record[:5+int(record[3])<<8+int(record[4])]
	_, err := io.ReadFull(in, record[5:])
	return record, err
}

// mishandle gives answers in place of a handshake.
func (o *outlet) mishandle(answers []Answer, in io.Reader) error {
	sp := speaker{clearly{o}, func(d time.Duration) bool { return pause(d, o.srv.done) }}
	for _, a := range answers {
		if !sp.wait(a.After) || !sp.give(a) {
			return errBroken
		}
		switch a.Then {
		case Close:
			return errBroken
		case Reset:
			o.close(reset)
			return errReset
		case Hang:
			_, _ = io.Copy(io.Discard, in)
			return errBroken
		}
	}
	return nil
}

// wire is the connection below TLS. What the server writes is held as long as
// what it writes in clear.
type wire struct {
	o     *outlet
	in    io.Reader
	heard func()        // told of what the client sends; nil: nobody
	sent  *bytes.Buffer // what was written; nil: nobody wants it
}

func (w *wire) Read(p []byte) (int, error) {
	n, err := w.in.Read(p)
	if n > 0 && w.heard != nil {
		w.heard()
	}
	return n, err
}

func (w *wire) Write(p []byte) (int, error) {
	if w.sent != nil {
		w.sent.Write(p)
	}
	return w.o.writeClear(p)
}

// Close does nothing: the outlet ends the connection.
func (w *wire) Close() error         { return nil }
func (w *wire) LocalAddr() net.Addr  { return w.o.conn.LocalAddr() }
func (w *wire) RemoteAddr() net.Addr { return w.o.conn.RemoteAddr() }

// Deadlines are passed over: what is held may be written after them.
func (w *wire) SetDeadline(time.Time) error      { return nil }
func (w *wire) SetReadDeadline(time.Time) error  { return nil }
func (w *wire) SetWriteDeadline(time.Time) error { return nil }

// clearly writes in clear, whatever the connection speaks.
type clearly struct{ o *outlet }

func (c clearly) Write(p []byte) (int, error) { return c.o.writeClear(p) }
