package ftptest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"ftpdiag/probe/evidence"
)

// dialWait bounds the dial of a loopback address, which answers at once.
const dialWait = 10 * time.Second

// activeSource connects to where PORT or EPRT said.
type activeSource struct {
	ss *session
	to netip.AddrPort
	// conn was dialled when PORT came.
	conn net.Conn
}

func (ss *session) portCommand(arg string) bool {
	to, ok := parsePORT(arg)
	if !ok {
		return ss.say("501 Illegal PORT argument.")
	}
	return ss.prepareActive("PORT", to)
}

func (ss *session) eprtCommand(arg string) bool {
	to, ok := parseEPRT(arg)
	if !ok {
		return ss.say("501 Illegal EPRT argument.")
	}
	return ss.prepareActive("EPRT", to)
}

// prepareActive answers PORT and EPRT.
func (ss *session) prepareActive(verb string, to netip.AddrPort) bool {
	active := ss.srv.behaviour.Active
	switch {
	case active.Refusal != "":
		return ss.say(active.Refusal)
	case !active.NoChecks && (to.Addr() != ss.seenAs() || to.Port() < 1024):
		return ss.say("500 Illegal " + verb + " command.")
	}
	if active.ToPeer {
		to = netip.AddrPortFrom(ss.peer.Addr(), to.Port())
	}
	a := &activeSource{ss: ss, to: to}
	ss.setData(a)
	if active.OnPORT {
		return ss.connectNow(a)
	}
	return ss.say("200 " + verb + " okay.")
}

// connectNow connects before PORT is answered, as pyftpdlib does.
func (ss *session) connectNow(a *activeSource) bool {
	conn, refusal := a.connect(ss.gone, nil)
	switch {
	case conn != nil:
		a.conn = conn
		return ss.say("200 Connected.")
	case refusal == "":
		return false
	}
	ss.dropData()
	return ss.say(refusal)
}

func (a *activeSource) connect(cancel <-chan struct{}, late <-chan time.Time) (net.Conn, string) {
	if conn := a.conn; conn != nil {
		a.conn = nil
		return conn, ""
	}
	active := a.ss.srv.behaviour.Active
	if !pause(active.Delay+a.ss.srv.behaviour.Latency, cancel) {
		return nil, ""
	}
	if active.Failure != "" {
		return nil, active.Failure
	}
	if active.Never {
		return nothing(cancel, late)
	}
	conn, err := a.dial()
	switch {
	case err == nil:
		return conn, ""
	case errors.Is(err, errNotLoopback): // as if its packets were dropped
		return nothing(cancel, late)
	}
	return nil, "425 Can't open data connection."
}

// nothing is a connect to which nobody answers.
func nothing(cancel <-chan struct{}, late <-chan time.Time) (net.Conn, string) {
	select {
	case <-cancel:
	case <-late:
	}
	return nil, ""
}

// dial connects to a loopback address, never to any other.
func (a *activeSource) dial() (conn net.Conn, err error) {
	srv := a.ss.srv
	try := DataConnection{Session: a.ss.id, Mode: evidence.Active, To: a.to}
	defer func() {
		try.Err = err
		srv.record.connection(try)
	}()
	if !a.to.Addr().IsLoopback() {
		return nil, errNotLoopback
	}
	d := net.Dialer{Timeout: dialWait, LocalAddr: net.TCPAddrFromAddrPort(a.from())}
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	go func() {
		select {
		case <-srv.done:
			stop()
		case <-ctx.Done():
		}
	}()
	conn, err = d.DialContext(ctx, "tcp", a.to.String())
	if err != nil {
		return nil, err
	}
	try.From = addrPort(conn.LocalAddr())
	if !srv.keep(conn) {
		return nil, net.ErrClosed
	}
	return conn, nil
}

// from is the address and port to dial from.
func (a *activeSource) from() netip.AddrPort {
	active := a.ss.srv.behaviour.Active
	ip := a.ss.local.Addr()
	if active.From.IsValid() {
		ip = active.From
	}
	return netip.AddrPortFrom(ip, uint16(active.FromPort))
}

func (a *activeSource) mode() evidence.Mode { return evidence.Active }

func (a *activeSource) close() {
	if a.conn != nil {
		a.conn.Close()
		a.ss.srv.forget(a.conn)
	}
}

// pause waits for d, or until cancel: then it reports false.
func pause(d time.Duration, cancel <-chan struct{}) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-cancel:
		return false
	}
}

// parsePORT reads "h1,h2,h3,h4,p1,p2" (RFC 959 §4.1.2).
func parsePORT(arg string) (netip.AddrPort, bool) {
	var b [6]byte
	parts := strings.Split(strings.TrimSpace(arg), ",")
	if len(parts) != len(b) {
		return netip.AddrPort{}, false
	}
	for i, part := range parts {
		n, err := strconv.ParseUint(part, 10, 8)
		if err != nil {
			return netip.AddrPort{}, false
		}
		b[i] = byte(n)
	}
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte(b[:4])), uint16(b[4])<<8|uint16(b[5])), true
}

// parseEPRT reads "|1|10.0.0.2|1025|" (RFC 2428 §2).
func parseEPRT(arg string) (netip.AddrPort, bool) {
	if arg == "" {
		return netip.AddrPort{}, false
	}
	parts := strings.Split(arg, arg[:1])
	if len(parts) != 5 || parts[0] != "" || parts[4] != "" {
		return netip.AddrPort{}, false
	}
	ip, err := netip.ParseAddr(parts[2])
	port, bad := strconv.ParseUint(parts[3], 10, 16)
	if err != nil || bad != nil || parts[1] != fmt.Sprint(map[bool]int{true: 1, false: 2}[ip.Is4()]) {
		return netip.AddrPort{}, false
	}
	return netip.AddrPortFrom(ip, uint16(port)), true
}
