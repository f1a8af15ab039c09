//go:build linux

package netlab

import (
	"maps"
	"net"
	"net/netip"
	"strconv"
	"testing"
	"time"

	"ftpdiag/probe/evidence"
	"ftpdiag/probe/realserver"
)

// A scenario is a server, what lies between it and the client, and what a user
// there should be told.
type scenario struct {
	name   string
	server realserver.Config // without a Product: the plan's own services answer
	second realserver.Config // its sibling at SecondServer, where it has one
	net    Plan
	told   told

	tls  string           // what everybody speaks; empty: in clear, and ftpdiag is not told
	cert certificate      // of a server over TLS
	user *realserver.User // who logs in; nil: anonymous
	// wary: the real clients verify a certificate that they were not told to trust.
	wary bool

	args    []string   // of ftpdiag
	path    string     // what is transferred; empty: the listing
	v6      bool       // the target is the server's IPv6 address
	target  netip.Addr // in place of the lab\'s
	timeout time.Duration

	// serial: the server admits one client at a time, and has to be started
	// again before the next.
	serial bool
	// seldom: what works sometimes works too seldom for ten goes to show it.
	seldom bool
	// deep: an ordinary run dials too few ports to be sure. It may name the likelier
	// cause, with the right one beside it; a thorough run must name that.
	deep bool
	// lossy: a real client that fails may have had bad luck and tries once more.
	lossy bool
	// excused are clients whose own fault it is that they fail, or that succeed
	// in a way that ftpdiag does not count, with the reason.
	excused map[realserver.Way]string
}

// defaultTimeout is --timeout of ftpdiag and the wait of the real clients, where
// a scenario says nothing else. Nothing in the lab takes so long that works.
const defaultTimeout = 2 * time.Second

func (s *scenario) wait() time.Duration {
	if s.timeout > 0 {
		return s.timeout
	}
	return defaultTimeout
}

func (s *scenario) port() uint16 {
	if s.server.Port != 0 {
		return uint16(s.server.Port)
	}
	return s.usualPort()
}

// usualPort is the one that nobody has to be told.
func (s *scenario) usualPort() uint16 {
	if s.tls == evidence.TLSImplicit {
		return 990
	}
	return 21
}

// excuses are the clients whose results say nothing. Over IPv6 curl has EPSV and
// EPRT only.
func (s *scenario) excuses() map[realserver.Way]string {
	all := map[realserver.Way]string{}
	if s.clientsSpeak() != evidence.TLSOff {
		maps.Copy(all, curlOverTLS(s.server.Product))
	}
	maps.Copy(all, s.excused)
	if s.v6 {
		for _, way := range []realserver.Way{realserver.CurlPASV, realserver.CurlLenientPASV, realserver.CurlPORT} {
			all[way] = "there is no PASV and no PORT over IPv6"
		}
	}
	return all
}

// stage is a scenario that has been built.
type stage struct {
	*scenario
	lab     *Lab
	servers []*realserver.Server
	cert    realserver.Certificate // of servers over TLS
}

func (s *scenario) build(t *testing.T) *stage {
	t.Helper()
	st := &stage{scenario: s, lab: Build(t, s.net)}
	st.certify(t)
	st.startServers(t)
	return st
}

func (st *stage) startServers(t *testing.T) {
	t.Helper()
	for _, c := range []realserver.Config{st.server, st.second} {
		if c.Product != "" {
			st.servers = append(st.servers, st.certified(c).Start(t, realserver.Namespace(st.lab.Server.Name)))
		}
	}
}

// restart ends what earlier clients have left open at the server.
func (st *stage) restart(t *testing.T) {
	t.Helper()
	for _, s := range st.servers {
		s.Stop()
	}
	st.servers = nil
	st.startServers(t)
}

// address is where the real clients go.
func (st *stage) address() netip.AddrPort {
	ip := st.lab.Target
	switch {
	case st.target.IsValid():
		ip = st.target
	case st.v6:
		ip = PublicAddr6
	}
	return netip.AddrPortFrom(ip, st.port())
}

// argument is what ftpdiag is called with.
func (st *stage) argument() string {
	a := st.address()
	host := a.Addr().String()
	if st.net.Named {
		host = HostName
	}
	if a.Port() == st.usualPort() && a.Addr().Is4() {
		return host
	}
	return net.JoinHostPort(host, strconv.Itoa(int(a.Port())))
}
