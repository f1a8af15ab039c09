package netlab

import (
	"bufio"
	"context"
	"io"
	"net"
	"strings"
	"time"
)

// A Meddler is a man in the middle of control connections: a program on a
// gateway that reads each line of the dialogue before it goes on. A nil function
// lets every line pass.
type Meddler struct {
	// Command gives what goes on to the server in place of a line of the client,
	// and what the client is answered without the server's knowing; empty: nothing.
	Command func(line string) (on, answer string)
	// Reply gives what goes on to the client in place of a line of the server, and
	// whether the conversation ends behind it.
	Reply func(line string) (on string, end bool)
}

// In is the meddler at work on a gateway, on connections from its LAN to this port.
// The server sees the gateway as its client.
func (m Meddler) In(port int) Block {
	const own = 7721
	return func(h *Host) {
		add(&h.rules.dnat, `iifname "lan" meta nfproto ipv4 tcp dport %d redirect to :%d`, port, own)
		h.services = append(h.services, func(h *Host) error {
			return h.Serve(":"+itoa(own), func(client net.Conn) {
				ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
				defer cancel()
				server, err := h.Dial(ctx, "tcp", net.JoinHostPort(PublicAddr.String(), itoa(port)))
				if err != nil {
					return
				}
				m.between(client, server)
			})
		})
	}
}

// between carries the dialogue until one of the two ends it.
func (m Meddler) between(client, server net.Conn) {
	over := make(chan bool)
	go func() {
		defer close(over)
		defer client.Close()
		eachLine(server, func(line string) bool {
			on, end := line, false
			if m.Reply != nil {
				on, end = m.Reply(line)
			}
			_, err := io.WriteString(client, on)
			return err == nil && !end
		})
	}()
	eachLine(client, func(line string) bool {
		on, answer := line, ""
		if m.Command != nil {
			on, answer = m.Command(line)
		}
		if answer != "" {
			_, _ = io.WriteString(client, answer)
		}
		_, err := io.WriteString(server, on)
		return err == nil
	})
	server.Close()
	<-over
}

// eachLine calls f with what from says, as it comes: whole lines, and what is no
// text in pieces. It ends when f says so.
func eachLine(from net.Conn, f func(line string) bool) {
	defer from.Close()
	r := bufio.NewReader(from)
	for {
		if _, err := r.Peek(1); err != nil {
			return
		}
		piece, err := r.Peek(r.Buffered())
		if err != nil {
			return
		}
		text := string(piece)
		if i := strings.IndexByte(text, '\n'); i >= 0 {
			text = text[:i+1]
		}
		_, _ = r.Discard(len(text))
		if !f(text) {
			return
		}
	}
}

// StripsTLS takes AUTH out of the server's features and answers it itself, as
// somebody does who wants to read passwords.
func StripsTLS() Meddler {
	return Meddler{
		Command: func(line string) (string, string) {
			if strings.HasPrefix(line, "AUTH ") {
				return "", "500 AUTH not understood\r\n"
			}
			return line, ""
		},
		Reply: func(line string) (string, bool) {
			feature := strings.TrimSpace(line)
			if strings.HasPrefix(line, " ") && (strings.HasPrefix(feature, "AUTH") || feature == "PBSZ" || feature == "PROT") {
				return "", false
			}
			return line, false
		},
	}
}

// HangsUpBehind ends the conversation behind the server's reply with this code.
func HangsUpBehind(code string) Meddler {
	return Meddler{Reply: func(line string) (string, bool) { return line, strings.HasPrefix(line, code+" ") }}
}
