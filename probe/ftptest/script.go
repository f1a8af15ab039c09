package ftptest

import (
	"bufio"
	"io"
	"net"
	"strings"
	"sync"
)

// Scripted is a control connection of which the server's part is read out of a
// script.
type Scripted struct {
	// Conn is the client's end. It is a TCP connection over loopback, since
	// client libraries want TCP addresses.
	Conn net.Conn

	far    net.Conn
	script []string
	done   chan struct{}
	mu     sync.Mutex
	client strings.Builder
}

// Script plays the server's part. Its first reply, the greeting, is said at
// once, every later one when a command has come. A line "nnn-" belongs to the
// reply that "nnn " ends. When the script is at its end the server closes.
//
// Lines of script and of the dialogue end in \n; on the wire they end in \r\n.
func Script(script string) (*Scripted, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	defer l.Close()
	near, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		return nil, err
	}
	far, err := l.Accept()
	if err != nil {
		near.Close()
		return nil, err
	}
	s := &Scripted{Conn: near, far: far, script: replies(script), done: make(chan struct{})}
	go s.play()
	return s, nil
}

// replies parts a script into its replies.
func replies(script string) (out []string) {
	reply, code := "", ""
	for line := range strings.Lines(strings.TrimRight(script, "\n") + "\n") {
		line = strings.TrimRight(line, "\r\n")
		reply += line + "\r\n"
		if code == "" && len(line) > 3 && line[3] == '-' {
			code = line[:3] + " "
		}
		if code == "" || strings.HasPrefix(line, code) {
			out = append(out, reply)
			reply, code = "", ""
		}
	}
	if reply != "" {
		out = append(out, reply)
	}
	return out
}

// play says the replies, each but the first after a command.
func (s *Scripted) play() {
	defer close(s.done)
	defer s.far.Close()
	in := bufio.NewReader(s.far)
	for i, reply := range s.script {
		if i > 0 && !s.hear(in) {
			return
		}
		if _, err := io.WriteString(s.far, reply); err != nil {
			return
		}
	}
	// What the client still says belongs to the dialogue.
	_ = s.far.(*net.TCPConn).CloseWrite()
	for s.hear(in) {
	}
}

// hear notes a command; false: the client has gone.
func (s *Scripted) hear(in *bufio.Reader) bool {
	line, err := in.ReadString('\n')
	s.mu.Lock()
	defer s.mu.Unlock()
	s.client.WriteString(strings.ReplaceAll(line, "\r\n", "\n"))
	return err == nil
}

// Dialogue closes the client's end and is all that the client said, to be
// compared whole.
func (s *Scripted) Dialogue() string {
	s.Conn.Close()
	<-s.done
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.client.String()
}
