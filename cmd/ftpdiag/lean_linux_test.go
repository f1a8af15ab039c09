package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// asServer makes the test binary a healthy FTP server on as many loopback
// addresses as the variable says, until its standard input ends. It is lean, and a
// process of its own, so that it is not what a benchmark measures.
const asServer = "FTPDIAG_TEST_AS_SERVER"

func init() {
	playOther = func() bool {
		n, kinds := os.Getenv(asServer), os.Getenv(asHostile)
		switch {
		case n != "":
			serveLean(n)
		case kinds != "":
			serveHostile()
		}
		return n+kinds != ""
	}
}

// leanAddress is the address of a server by its number.
func leanAddress(n int) string { return fmt.Sprintf("127.%d.%d.%d", 64+n/62500, n/250%250, n%250+1) }

// serveLean is the server process.
func serveLean(addresses string) {
	n := 0
	_, _ = fmt.Sscan(addresses, &n)
	play(0, n, func(_ int, conn net.Conn) { leanSession(conn, nil) })
}

// play has a session for each connection to n addresses, until standard input ends.
func play(first, n int, session func(address int, conn net.Conn)) {
	listeners, err := listenLean(first, n)
	for try := 1; err != nil && try < 20; try++ { // the port is taken on one of the addresses
		listeners, err = listenLean(first, n)
	}
	if err != nil {
		fmt.Println(err)
		return
	}
	for i, l := range listeners {
		go func() {
			for {
				conn, err := l.Accept()
				if err != nil {
					return
				}
				go session(first+i, conn)
			}
		}()
	}
	fmt.Println(listeners[0].Addr().(*net.TCPAddr).Port)
	_, _ = io.Copy(io.Discard, os.Stdin)
}

// listenLean listens on n addresses, on one port that the system chose.
func listenLean(first, n int) (listeners []net.Listener, err error) {
	port := 0
	for i := range n {
		l, err := net.Listen("tcp", fmt.Sprintf("%s:%d", leanAddress(first+i), port))
		if err != nil {
			for _, l := range listeners {
				l.Close()
			}
			return nil, err
		}
		port = l.Addr().(*net.TCPAddr).Port
		listeners = append(listeners, l)
	}
	return listeners, nil
}

const leanListing = "-rw-r--r--   1 ftp      ftp            42 Jan  2  2026 readme.txt\r\ndrwxr-xr-x   2 ftp      ftp          4096 Jan  2  2026 pub\r\n"

// leanSession answers one client. In place of a reply with a code in twist it says
// that, and hangs up if it is empty.
func leanSession(conn net.Conn, twist map[string]string) {
	defer conn.Close()
	var passive net.Listener
	active := ""
	defer func() {
		if passive != nil {
			passive.Close()
		}
	}()
	say := func(line string) {
		raw, twisted := twist[line[:3]]
		switch {
		case !twisted:
			raw = line + "\r\n"
		case raw == "":
			conn.Close()
		}
		_, _ = io.WriteString(conn, raw)
	}
	host, _, _ := net.SplitHostPort(conn.LocalAddr().String())
	say("220 ready")
	in := bufio.NewReaderSize(conn, 512)
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		verb, rest, _ := strings.Cut(strings.TrimRight(line, "\r\n"), " ")
		switch verb {
		case "USER":
			say("331 any password")
		case "PASS":
			say("230 in")
		case "SYST":
			say("215 UNIX Type: L8")
		case "FEAT":
			say("211-Features:\r\n EPSV\r\n UTF8\r\n211 End")
		case "PWD":
			say(`257 "/" is current`)
		case "TYPE", "CWD", "OPTS":
			say("200 done")
		case "EPSV", "PASV":
			if passive != nil {
				passive.Close()
			}
			if passive, err = net.Listen("tcp", host+":0"); err != nil {
				return
			}
			p := passive.Addr().(*net.TCPAddr).Port
			if verb == "EPSV" {
				say(fmt.Sprintf("229 Entering Extended Passive Mode (|||%d|)", p))
			} else {
				say(fmt.Sprintf("227 Entering Passive Mode (%s,%d,%d).", strings.ReplaceAll(host, ".", ","), p>>8, p&255))
			}
		case "EPRT":
			if f := strings.Split(rest, "|"); len(f) == 5 {
				active = net.JoinHostPort(f[2], f[3])
			}
			say("200 done")
		case "PORT":
			var a [6]int
			_, _ = fmt.Sscanf(rest, "%d,%d,%d,%d,%d,%d", &a[0], &a[1], &a[2], &a[3], &a[4], &a[5])
			active = fmt.Sprintf("%d.%d.%d.%d:%d", a[0], a[1], a[2], a[3], a[4]<<8|a[5])
			say("200 done")
		case "LIST", "NLST":
			say("150 here it comes")
			var data net.Conn
			if active != "" {
				d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(host)}}
				data, err = d.Dial("tcp", active)
				active = ""
			} else if passive != nil {
				data, err = passive.Accept()
			}
			if err != nil || data == nil {
				say("425 no data connection")
				continue
			}
			_, _ = io.WriteString(data, leanListing)
			data.Close()
			say("226 done")
		case "QUIT":
			say("221 bye")
			return
		default:
			say("502 no")
		}
	}
}

// startLean starts the server on n addresses and gives its process and its port.
func startLean(b testing.TB, n int) (pid, port int) {
	b.Helper()
	return startPlayed(b, fmt.Sprintf("%s=%d", asServer, n))
}

// startPlayed starts what the variable makes of the test binary.
func startPlayed(b testing.TB, variable string) (pid, port int) {
	b.Helper()
	self, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), variable)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		stdin.Close()
		_ = cmd.Wait()
	})
	line, _ := bufio.NewReader(stdout).ReadString('\n')
	if _, err := fmt.Sscan(line, &port); err != nil {
		b.Fatalf("the server says %q", line)
	}
	return cmd.Process.Pid, port
}

// leanList writes a list of targets, the addresses in turn.
func leanList(b testing.TB, targets, addresses, port int) string {
	b.Helper()
	var list strings.Builder
	for i := range targets {
		fmt.Fprintf(&list, "%s:%d\n", leanAddress(i%addresses), port)
	}
	f, err := os.CreateTemp(b.TempDir(), "targets")
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteString(list.String()); err != nil {
		b.Fatal(err)
	}
	return f.Name()
}
