package hostile

import (
	"fmt"
	"net"
	"strings"
)

// Step is a point of the dialogue at which the server says something: a command is
// a step by its own name.
type Step string

// The steps that are no command.
const (
	Greeting   Step = "greeting"
	Mark       Step = "mark"
	Data       Step = "data"
	Completion Step = "completion"
	Handshake  Step = "handshake"
)

// replies are those of a healthy server, but for PASV, EPSV and SIZE.
var replies = map[Step]string{
	Greeting: "220 ready", "USER": "331 any password", "PASS": "230 in", "SYST": "215 UNIX Type: L8",
	"FEAT": "211-Features:\r\n EPSV\r\n UTF8\r\n211 End", "AUTH": "234 go on", "PBSZ": "200 PBSZ=0", "PROT": "200 done",
	"TYPE": "200 done", "EPRT": "200 done", "PORT": "200 done", "DELE": "250 done", "QUIT": "221 bye",
	"STAT": "211-Status:\r\n Connected to 127.0.0.1\r\n211 End",
	Mark:   "150 here it comes", Completion: "226 done",
}

// reply is what a healthy server says at a step; "": it does not know the command.
func (s *session) reply(step Step) string {
	switch step {
	case "EPSV":
		return fmt.Sprintf("229 Entering Extended Passive Mode (|||%d|)\r\n", s.listen())
	case "PASV":
		port := s.listen()
		return fmt.Sprintf("227 Entering Passive Mode (127,0,0,1,%d,%d).\r\n", port>>8, port&255)
	case "SIZE":
		return fmt.Sprintf("213 %d\r\n", s.stored)
	}
	if replies[step] == "" {
		return ""
	}
	return replies[step] + "\r\n"
}

// listen opens a passive port in place of the one before.
func (s *session) listen() int {
	if s.passive != nil {
		s.passive.Close()
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil || !s.srv.keep(l) {
		return 0
	}
	s.passive, s.active = l, ""
	return l.Addr().(*net.TCPAddr).Port
}

// offered reads the argument of EPRT or PORT.
func offered(verb, arg string) string {
	if verb == "EPRT" {
		if f := strings.Split(arg, "|"); len(f) == 5 {
			return net.JoinHostPort(f[2], f[3])
		}
		return ""
	}
	var a [6]int
	_, _ = fmt.Sscanf(arg, "%d,%d,%d,%d,%d,%d", &a[0], &a[1], &a[2], &a[3], &a[4], &a[5])
	return fmt.Sprintf("%d.%d.%d.%d:%d", a[0], a[1], a[2], a[3], a[4]<<8|a[5])
}
