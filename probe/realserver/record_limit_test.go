package realserver_test

import (
	"net/netip"
	"time"

	"ftpdiag/probe/realserver"
)

var limitGroups = []group{
	{config: realserver.Config{MaxPerIP: 1}, situations: []situation{
		{"one connection per address", second},
	}},
	{config: realserver.Config{MaxClients: 1}, situations: []situation{
		{"one client", second},
	}},
	idle(realserver.Vsftpd, false, "idle_session_timeout=1"),
	idle(realserver.ProFTPD, false, "TimeoutIdle 1", "TimeoutLogin 1"),
	idle(realserver.Pyftpdlib, false, "handler.timeout = 1"),
	idle(realserver.PureFTPd, true, "-I", "1"),
	stalled(realserver.Vsftpd, false, "data_connection_timeout=1"),
	stalled(realserver.ProFTPD, false, "TimeoutStalled 1"),
	stalled(realserver.Pyftpdlib, false, "handler.dtp_handler = type('Stalled', (handlers.DTPHandler,), {'timeout': 1})"),
	stalled(realserver.PureFTPd, true, "-I", "1"),
	{config: realserver.Config{UploadSpace: 64 << 10}, situations: []situation{
		{"storage full", storageFull},
	}},
}

// second connects while another session is logged in.
func second(r *recorder) {
	anonymous(r.t, r.s.Addr)
	r.connect()
	r.next()
	if !r.over() && !r.refused() {
		r.ask("USER anonymous")
	}
	if !r.over() && !r.refused() {
		r.ask("PASS test@example")
	}
	if !r.over() {
		r.next()
	}
}

func others(p realserver.Product) []realserver.Product {
	var others []realserver.Product
	for _, o := range realserver.Products {
		if o != p {
			others = append(others, o)
		}
	}
	return others
}

// idleWait is longer than the idle time of one minute, the shortest of Pure-FTPd.
const idleWait = 2 * time.Minute

func idle(p realserver.Product, slow bool, extra ...string) group {
	g := group{config: realserver.Config{Extra: extra}, lacks: others(p), slow: slow, situations: []situation{
		{"idle before login", func(r *recorder) {
			r.connect()
			r.d.read()
			r.d.wait = idleWait
			r.next()
			r.next()
		}},
	}}
	if p != realserver.Pyftpdlib { // 1.5.7 forgets the idle time after the first command
		g.situations = append(g.situations, situation{"idle session", func(r *recorder) {
			r.login()
			r.d.wait = idleWait
			r.next()
			r.next()
		}})
	}
	return g
}

// stalled lets a client stop reading in mid-transfer.
func stalled(p realserver.Product, slow bool, extra ...string) group {
	return group{config: realserver.Config{Extra: extra}, lacks: others(p), slow: slow, situations: []situation{
		{"client stops reading", func(r *recorder) {
			r.begin()
			r.d.wait = idleWait
			r.finish()
			r.unasked()
		}},
	}}
}

// storageFull stores more than there is room for.
func storageFull(r *recorder) {
	r.login()
	conn := r.passive(netip.Addr{})
	r.ask("STOR " + realserver.UploadDir + "/large")
	_, _ = conn.Write(realserver.Content(realserver.File300K))
	conn.Close()
	r.finish()
	r.unasked()
}
