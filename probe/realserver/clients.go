package realserver

import (
	"bytes"
	"context"
	"errors"
	"math"
	"net/netip"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Way is a way in which a real client transfers something.
type Way string

// The ways. curl dials the control host on the port of a 227 and ignores the
// address there, unless told otherwise; lftp uses the address where it is public.
const (
	CurlEPSV        Way = "curl EPSV"
	CurlPASV        Way = "curl PASV"         // strict: dials the address that the 227 names
	CurlLenientPASV Way = "curl lenient PASV" // dials the control host on the port of the 227
	CurlEPRT        Way = "curl EPRT"
	CurlPORT        Way = "curl PORT"
	LftpPassive     Way = "lftp passive"
	LftpActive      Way = "lftp active"
)

// Ways are all of them.
var Ways = []Way{CurlEPSV, CurlPASV, CurlLenientPASV, CurlEPRT, CurlPORT, LftpPassive, LftpActive}

// WaysTo are the ways that exist to the address: PASV and PORT are of IPv4 alone
// (RFC 2428 §1). lftp 4.9.2 offers [::] to a server on the loopback ::1, which no
// server accepts; to any other address it offers its own.
func WaysTo(ip netip.Addr) []Way {
	return slices.DeleteFunc(slices.Clone(Ways), func(w Way) bool {
		switch w {
		case CurlPASV, CurlLenientPASV, CurlPORT:
			return ip.Is6()
		case LftpActive:
			return ip == netip.IPv6Loopback()
		}
		return false
	})
}

// commands are those by which the way may negotiate a data connection. A client
// that gave up on them and went another way has not succeeded in this one.
func (w Way) commands() []string {
	switch w {
	case CurlEPSV:
		return []string{"EPSV"}
	case CurlPASV, CurlLenientPASV:
		return []string{"PASV"}
	case CurlEPRT:
		return []string{"EPRT"}
	case CurlPORT:
		return []string{"PORT"}
	case LftpPassive:
		return []string{"EPSV", "PASV"}
	}
	return []string{"EPRT", "PORT"}
}

// Passive says whether the client opens the data connection.
func (w Way) Passive() bool { return slices.ContainsFunc(w.commands(), isPassive) }

func isPassive(command string) bool { return command == "EPSV" || command == "PASV" }

// Request is what a client is asked to fetch, and from where.
type Request struct {
	Host   Host // where the client runs
	Server netip.AddrPort

	Path           string // a file, or a directory that ends in /; empty: the login directory
	User, Password string // empty: anonymous

	Timeout time.Duration // longest wait for a connect or a pause; 0 is 5 s

	TLS    string // off (which "" means), explicit or implicit
	CAFile string // trusts this; empty with TLS: trusts everything
	MaxTLS uint16 // such as tls.VersionTLS12; 0: the client's own
}

// Result is how a client fared.
type Result struct {
	OK       bool   // it ended well, and by a command of the way it was asked for
	Command  string // the last of EPSV, PASV, EPRT, PORT that it sent; empty: none
	ExitCode int    // the client's own; -1: killed because it did not end
	Output   []byte // what it transferred
	Dialogue string // what it says about the session
	Duration time.Duration
}

const defaultClientTimeout = 5 * time.Second

// Run runs the client and returns when it has ended, after at most four timeouts.
// It fails the test only where the client cannot be run.
func (r Request) Run(tb testing.TB, way Way) Result {
	tb.Helper()
	if r.Timeout == 0 {
		r.Timeout = defaultClientTimeout
	}
	argv := r.curl(way)
	if way == LftpPassive || way == LftpActive {
		argv = r.lftp(way)
	}
	Need(tb, argv[0])
	ctx, cancel := context.WithTimeout(tb.Context(), 4*r.Timeout)
	defer cancel()
	cmd := r.Host.Command(ctx, argv[0], argv[1:]...)
	cmd.Env = []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C", "HOME=" + tb.TempDir()}
	cmd.WaitDelay = time.Second
	var out, dialogue bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &dialogue
	started := time.Now()
	err := cmd.Run()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) && ctx.Err() == nil {
		tb.Fatalf("%s: %v", way, err)
	}
	result := Result{
		ExitCode: cmd.ProcessState.ExitCode(), Output: out.Bytes(), Dialogue: dialogue.String(),
		Duration: time.Since(started),
	}
	result.Command = lastNegotiation(result.Dialogue)
	result.OK = result.ExitCode == 0 && slices.Contains(way.commands(), result.Command)
	return result
}

// lastNegotiation finds the last command of the dialogue, as curl ("> EPSV") and
// lftp ("---> EPSV") show it, that negotiates a data connection.
func lastNegotiation(dialogue string) string {
	last := ""
	for line := range strings.Lines(dialogue) {
		_, command, sent := strings.Cut(line, "> ")
		fields := strings.Fields(command)
		if !sent || len(fields) == 0 {
			continue
		}
		switch fields[0] {
		case "EPSV", "PASV", "EPRT", "PORT":
			last = fields[0]
		}
	}
	return last
}

// url is the target as both clients take it.
func (r Request) url() string {
	scheme := "ftp"
	if r.TLS == "implicit" {
		scheme = "ftps"
	}
	return scheme + "://" + r.Server.String() + "/" + r.Path
}

func (r Request) login() (user, password string) {
	if r.User == "" {
		return "anonymous", "test@example"
	}
	return r.User, r.Password
}

// wholeSeconds rounds up: 0 means no limit to the clients.
func wholeSeconds(d time.Duration) string {
	return strconv.Itoa(max(1, int(math.Ceil(d.Seconds()))))
}
