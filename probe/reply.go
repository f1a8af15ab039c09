package probe

import (
	"bufio"
	"bytes"
	"fmt"
	"strings"

	"ftpdiag/probe/evidence"
	"ftpdiag/probe/ftp"
)

// read delivers replies until the connection ends.
func (c *control) read() {
	defer close(c.stopped)
	in := bufio.NewReaderSize(c.conn, 4096)
	for {
		lines, cut, err := c.readReply(in)
		if err != nil {
			c.readInClear(err)
			c.fail(err)
			return
		}
		if cut > 0 {
			c.rec.remark(c.s.ID, "%d bytes of this reply were not kept", cut)
		}
		reply := evidence.Reply{Code: ftp.CodeOf(lines[0]), Text: c.rec.redact.Clean(ftp.TextOf(lines))}
		pause := c.pausing.Load() && allowsTLS(reply.Code)
		c.behind = pause && in.Buffered() > 0
		c.paused.Store(pause)
		if !c.deliver(arrival{Reply: reply, bare: len(lines[len(lines)-1]) == 3}, lines) {
			c.fail(errFlood)
			return
		}
		if pause {
			return
		}
	}
}

// readReply reads a whole reply (RFC 959 §4.2): one line "nnn text", or
// "nnn-text" and whatever follows up to "nnn text". Empty lines before it are
// passed over. It keeps replyKept bytes, the last line among them; cut counts the
// rest.
func (c *control) readReply(in *bufio.Reader) (lines []string, cut int, err error) {
	first, room, total := "", replyKept-lastKept, 0
	for {
		line, n, err := c.readLine(in, room+lastKept)
		if err != nil {
			return nil, 0, err
		}
		if total += n; total > replyLimit {
			return nil, 0, errEndless
		}
		text := strings.TrimRight(line, "\r\n")
		if first == "" {
			if text == "" {
				continue
			}
			if first = text; ftp.CodeOf(first) == 0 {
				return nil, 0, &strangeError{first: head(c.rec.redact.Clean(first), 120)}
			}
		}
		if ftp.EndsReply(first, text) {
			return append(lines, text), cut + n - len(line), nil
		}
		if len(line) > room {
			line = c.rec.redact.Trim(line[:room])
		}
		if line != "" {
			lines = append(lines, strings.TrimRight(line, "\r\n"))
		}
		cut, room = cut+n-len(line), room-len(line)
	}
}

// readLine reads to the next LF, keeping at most limit bytes; n counts all. What
// has come of an unfinished line is noted, for a wait that ends before it does.
func (c *control) readLine(in *bufio.Reader, limit int) (line string, n int, err error) {
	var kept []byte
	for n <= replyLimit {
		if _, err := in.Peek(1); err != nil {
			if len(kept) > 0 && !ftp.IsDigit(kept[0]) {
				err = &strangeError{first: head(c.rec.redact.Clean(c.rec.redact.Trim(string(kept))), 120)}
			}
			return "", n, err
		}
		part, _ := in.Peek(in.Buffered())
		end := bytes.IndexByte(part, '\n')
		if end >= 0 {
			part = part[:end+1]
		}
		n += len(part)
		kept = append(kept, part[:min(len(part), limit-len(kept))]...)
		_, _ = in.Discard(len(part))
		if end >= 0 && n > len(kept) {
			return c.rec.redact.Trim(string(kept)), n, nil
		}
		if end >= 0 {
			return string(kept), n, nil
		}
		c.began(kept)
	}
	return "", n, errEndless
}

// began notes the beginning of a reply for the failure that says how far it came.
func (c *control) began(kept []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.partial = string(kept[:min(len(kept), partialKept)])
}

// strangeError is a peer that does not speak FTP.
type strangeError struct{ first string }

func (e *strangeError) Error() string { return fmt.Sprintf("%v: %s", errStrange, e.first) }
func (e *strangeError) Unwrap() error { return errStrange }
