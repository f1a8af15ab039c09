package realserver_test

import (
	"net"
	"net/netip"
	"time"

	"ftpdiag/probe/realserver"
)

var activeGroups = []group{
	{config: realserver.Config{}, situations: []situation{
		{"port", func(r *recorder) { r.login(); _, port := r.listen(); r.ask(port) }},
		{"eprt", func(r *recorder) {
			r.login()
			l, _ := r.listen()
			r.ask(eprt(netip.MustParseAddrPort(l.Addr().String())))
		}},
		asks("port with a foreign address", "PORT 198,51,100,1,200,1"),
		asks("port with a private address", "PORT 10,10,0,2,200,1"),
		asks("eprt with a foreign address", "EPRT |1|198.51.100.1|51201|"),
		asks("port below 1024", "PORT 127,0,0,1,2,1"),
		asks("eprt below 1024", "EPRT |1|127.0.0.1|513|"),
		asks("malformed port", "PORT 127,0,0,1,200"),
		asks("malformed eprt", "EPRT 127.0.0.1"),
		asks("eprt with ipv6 over ipv4", "EPRT |2|::1|51201|"),
		asks("eprt with an unknown protocol", "EPRT |3|127.0.0.1|51201|"),
		{"active to a closed port", func(r *recorder) {
			r.login()
			r.ask(port(closedPort(r.t)))
			if !r.refused() {
				r.ask("LIST")
				r.finish()
			}
		}},
	}},
	{config: realserver.Config{NoActive: true}, lacks: []realserver.Product{realserver.PureFTPd}, situations: []situation{
		asks("active disabled", "EPRT |1|127.0.0.1|51201|", "PORT 127,0,0,1,200,1", "FEAT"),
	}},
	{config: realserver.Config{Extra: []string{"RootRevoke on"}},
		lacks:   others(realserver.ProFTPD),
		lowPort: true,
		situations: []situation{
			asks("root revoked", "EPRT |1|127.0.0.1|51201|", "PORT 127,0,0,1,200,1"),
		}},
	{config: realserver.Config{DataTimeout: time.Second}, lacks: []realserver.Product{realserver.PureFTPd},
		situations: []situation{
			{"active dropped", activeDropped},
		}},
	{config: realserver.Config{}, slow: true,
		lacks: []realserver.Product{realserver.Vsftpd, realserver.Pyftpdlib},
		situations: []situation{
			{"active dropped, own timeout", activeDropped},
		}},
	{config: realserver.Config{FromPort20: realserver.On}, lowPort: true, lacks: []realserver.Product{realserver.Pyftpdlib},
		situations: []situation{
			{"active, port 20 taken", func(r *recorder) {
				taken, err := net.Listen("tcp", netip.AddrPortFrom(r.s.Addr.Addr(), r.s.Addr.Port()-1).String())
				if err != nil {
					r.t.Fatal(err)
				}
				defer taken.Close()
				r.login()
				l, port := r.listen()
				r.ask(port, "LIST")
				if r.last()[0] == '1' {
					conn, err := l.Accept()
					if err != nil {
						r.t.Fatal(err)
					}
					r.drain(conn)
				}
				r.finish()
				r.unasked()
			}},
		}},
}

// activeDropped offers a port that answers no connection request.
func activeDropped(r *recorder) {
	deaf := deafPort(r.t)
	r.login()
	r.d.wait = 3 * time.Minute
	r.ask(port(deaf))
	if !r.refused() {
		r.ask("LIST")
		r.finish()
		r.unasked()
	}
}
