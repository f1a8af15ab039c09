// Package netlab builds small real networks for tests: a client, the client's
// gateway, the server's gateway and a server, each in a network namespace of its
// own, joined in a row.
//
//	client ---- client's gateway ---- server's gateway ---- server
//	10.10.0.2   10.10.0.1 198.51.100.1   198.51.100.2 203.0.113.1   203.0.113.10
//
// Every link has IPv6 as well. What a gateway or a host does beside forwarding
// is said in building blocks: a stateful firewall, address translation with or
// without the kernel's FTP helper, ports that are let through, a small MTU, a
// long delay. The kernel does all of it, as it would on a genuine router.
//
//	lab := netlab.Build(t, netlab.Plan{
//		ServerGateway: netlab.Does(netlab.Stateful(netlab.Drop), netlab.Admit("21")),
//	})
//	out, err := lab.Client.Command(ctx, "curl", "ftp://"+lab.Target.String()+"/").Output()
//
// A lab takes a few hundredths of a second to build, and many stand side by
// side: no address, port or rule is shared. It is taken down when the test ends;
// where the test binary dies instead, a watchdog process does that.
//
// All of it needs Linux, root, and the programs ip and nft. The tests of this
// package are the verdicts of ftpdiag held against real servers and real clients
// in such networks.
package netlab
