package probe

import (
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"ftpdiag/probe/evidence"
	"ftpdiag/probe/ftp"
)

// speech is a connection on which the peer says a text, and then err.
type speech struct {
	net.Conn
	io.Reader
	err error
}

func (s speech) Read(p []byte) (int, error) {
	n, err := s.Reader.Read(p)
	if err != nil {
		err = s.err
	}
	return n, err
}

// keptOf is all that is kept of what a peer said on a control connection, be it
// that it closed then, or that it is waited for.
func keptOf(text, password string, err error) []string {
	rec := newRecorder(Config{Password: password})
	c := newControl(rec, rec.newSession(evidence.Session{}), nil)
	c.stopped, c.conn = make(chan struct{}), speech{Reader: strings.NewReader(text), err: err}
	if err != io.EOF {
		c.below = &tap{Conn: c.conn}
		c.conn = c.below
	}
	c.read()
	kept := []string{c.unfinished(time.Second).Error(), FailureOf(evidence.OpLogin, c.err).Message}
	for _, x := range rec.finish().Transcript {
		kept = append(kept, x.Text)
	}
	for _, a := range c.inbox {
		kept = append(kept, a.Text, string(a.written()))
	}
	if c.below != nil {
		kept = append(kept, rec.redact.FirstLine(c.below.inClear(err)))
	}
	return kept
}

// Around each place where a text is cut: nothing that is kept has the beginning of
// a password that the peer repeats there.
func TestNoBeginningOfAPasswordAtACut(t *testing.T) {
	const filler = "."
	fill := func(n int) string { return strings.Repeat(filler, max(0, n)) }
	cuts := []struct {
		name  string
		begin string // what the text begins with
		at    int    // where it is cut
		end   string
		err   error
	}{
		{"line of a reply", "220 ", replyKept, "\r\n", io.EOF},
		{"lines of a reply", "220-\r\n", replyKept - lastKept, "\r\n220 ready\r\n", io.EOF},
		{"last line of a reply", "220-" + fill(replyKept) + "\r\n220 ", replyKept + 4 + 2 + lastKept, "\r\n", io.EOF},
		{"unfinished reply", "220 ", partialKept, "", io.EOF},
		{"unfinished reply, quoted", "220 ", 80, "", io.EOF},
		{"no reply", "X", 120, "\r\n", io.EOF},
		{"no reply, endless", "X", replyKept, "", io.EOF},
		{"no reply, unfinished", "X", 120, "", io.EOF},
		{"in place of TLS", "500 ", tapKept, "", tls.RecordHeaderError{RecordHeader: [5]byte([]byte("500 ."))}},
	}
	rapid.Check(t, func(t *rapid.T) {
		cut := rapid.SampledFrom(cuts).Draw(t, "cut")
		letters := []rune("ABCÉ%25€")
		if cut.err == io.EOF {
			letters = append(letters, '\x1b', '\u202e') // no text in place of TLS has those
		}
		password := rapid.StringOfN(rapid.SampledFrom(letters), 4, 40, -1).Draw(t, "password")
		encoded := rapid.SliceOfN(rapid.SampledFrom([]string{"%c", "%%%02x", "%%%02X"}), len(password), len(password)).Draw(t, "encoding")
		write := func(s string) string {
			var b strings.Builder
			for i := range len(s) {
				if encoded[i] == "%c" {
					b.WriteByte(s[i])
				} else {
					fmt.Fprintf(&b, encoded[i], s[i])
				}
			}
			return b.String()
		}
		echo := write(password)
		before := rapid.IntRange(-3, len(echo)+3).Draw(t, "before the cut")
		text := cut.begin + fill(cut.at-len(cut.begin)-before) + echo
		if cut.end != "" || rapid.Bool().Draw(t, "more") {
			text += fill(50) + cut.end
		}
		first4 := string([]rune(password)[:4])
		for _, kept := range keptOf(text, password, cut.err) {
			kept = strings.ReplaceAll(kept, ftp.Redacted, "")
			for _, form := range []string{first4, ftp.Visible(first4), write(first4), ftp.Visible(write(first4))} {
				if strings.Contains(kept, form) {
					t.Fatalf("%s: %q of %q, written %q, is in %q", cut.name, form, password, echo, kept[max(0, strings.Index(kept, form)-20):])
				}
			}
		}
	})
}
