package probe_test

import (
	"bufio"
	"fmt"
	"net"
	"testing"
	"time"

	"ftpdiag/probe"
	"ftpdiag/probe/evidence"
)

// A server that greets late, and calls a ClientHello an unknown command, is still
// waited for on the first connection: pyftpdlib with a slow lookup does so.
func TestUnknownCommandIsNoGreeting(t *testing.T) {
	t.Parallel()
	p := servePeer(t, func(_ *peer, conn net.Conn) {
		in := bufio.NewReader(conn)
		_ = conn.SetReadDeadline(time.Now().Add(2500 * time.Millisecond))
		if _, err := in.Peek(1); err == nil {
			fmt.Fprint(conn, "500 what?\r\n")
			return
		}
		_ = conn.SetReadDeadline(time.Now().Add(10 * time.Second))
		fmt.Fprint(conn, "220 at last\r\n")
		if _, err := in.ReadString('\n'); err == nil {
			fmt.Fprint(conn, "530 no\r\n")
		}
	})
	ev := ask(t, p.addr, func(cfg *probe.Config) { cfg.Timeout = 5 * time.Second })
	sessionFailed(evidence.OpLogin, evidence.KindRejected)(t, ev)
	if ev.Sessions[1].Purpose != evidence.PurposeClientHello {
		t.Errorf("no ClientHello was sent: %+v", ev.Sessions[1])
	}
}
