package realserver_test

import (
	"fmt"
	"net"
	"net/netip"
	"time"

	"ftpdiag/probe/realserver"
)

var passiveGroups = []group{
	{config: realserver.Config{}, situations: []situation{
		asks("epsv", "EPSV"),
		asks("pasv", "PASV"),
		asks("epsv 1", "EPSV 1"),
		asks("epsv 2 over ipv4", "EPSV 2"),
		asks("epsv 3", "EPSV 3"),
		asks("port after epsv all", "EPSV ALL", "PORT 127,0,0,1,200,1", "PASV"),
		asks("list without a data connection", "LIST"),
		asks("retr without a data connection", "RETR "+realserver.SmallFile),
		{"passive data from another address", func(r *recorder) {
			r.login()
			conn := r.passive(netip.MustParseAddr("127.0.0.2"))
			r.unasked() // pyftpdlib speaks now
			r.d.wait = unaskedWait
			if r.ask("LIST"); r.last()[0] == '1' {
				r.drain(conn)
				r.next()
			}
		}},
	}},
	{config: realserver.Config{Address: v6}, situations: []situation{
		asks("pasv over ipv6", "PASV"),
		asks("epsv over ipv6", "EPSV"),
		asks("epsv 1 over ipv6", "EPSV 1"),
		asks("port over ipv6", "PORT 127,0,0,1,200,1"),
		asks("eprt over ipv6", "EPRT |2|::1|51201|"),
		asks("eprt with ipv4 over ipv6", "EPRT |1|127.0.0.1|51201|"),
	}},
	{config: realserver.Config{NoPassive: true}, situations: []situation{
		asks("passive disabled", "EPSV", "PASV", "FEAT"),
	}},
	{config: realserver.Config{Deny: []string{"EPSV"}}, lacks: []realserver.Product{realserver.PureFTPd},
		situations: []situation{
			asks("epsv denied", "EPSV", "PASV", "FEAT"),
		}},
	{config: realserver.Config{Extra: []string{"-b"}},
		lacks: others(realserver.PureFTPd),
		situations: []situation{
			asks("broken clients compatibility", "EPSV", "PASV", "FEAT"),
		}},
	{config: realserver.Config{PassiveAddress: "198.51.100.7"}, situations: []situation{
		asks("passive address set", "PASV", "EPSV"),
	}},
	{config: realserver.Config{PassiveLow: 1, PassiveHigh: poolSize}, situations: []situation{
		{"passive ports exhausted", poolExhausted},
	}},
	{config: realserver.Config{DataTimeout: time.Second}, lacks: []realserver.Product{realserver.PureFTPd},
		situations: []situation{
			{"passive never dialled", func(r *recorder) {
				r.login()
				r.d.want("PASV", "227")
				r.ask("LIST")
				r.finish()
				r.unasked()
			}},
			{"passive never dialled and no list", func(r *recorder) {
				r.login()
				r.ask("PASV")
				r.unasked()
				r.unasked()
			}},
		}},
	{config: realserver.Config{Extra: []string{"-I", "1"}}, slow: true,
		lacks: others(realserver.PureFTPd),
		situations: []situation{
			{"passive never dialled", func(r *recorder) {
				r.login()
				r.d.want("PASV", "227")
				r.d.wait = 2 * time.Minute
				r.ask("LIST")
				r.unasked()
			}},
		}},
}

// poolExhausted listens on every port of the range itself, as other sessions
// would. Sessions of the test cannot: Pure-FTPd admits half as many as the range
// has ports.
func poolExhausted(r *recorder) {
	for port := r.s.Config.PassiveLow; port <= r.s.Config.PassiveHigh; port++ {
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			r.t.Fatal(err)
		}
		defer l.Close()
	}
	r.login()
	r.ask("PASV")
	if !r.over() {
		r.ask("EPSV")
	}
	if !r.over() {
		r.unasked()
	}
}
