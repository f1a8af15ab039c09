package ftptest

import (
	"net/netip"
	"testing"

	"ftpdiag/probe/evidence"
	"ftpdiag/probe/ftp"
)

// play starts the fault and connects to where its Config says.
func play(t *testing.T, f Fault) (*client, *Scene) {
	t.Helper()
	scene, err := f.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(scene.Close)
	to := netip.AddrPortFrom(netip.MustParseAddr(scene.Config.Target.Host), uint16(scene.Config.Target.Port))
	return dialThrough(t, scene.Network, to), scene
}

func TestHelperKeepsTheNewestExpectation(t *testing.T) {
	c, _ := play(t, Fault{Network: onlyExpected(Refuse(), evidence.EPSV)})
	c.enter()
	first := c.negotiate()
	second := c.negotiate()
	if _, err := c.dialData(first); err == nil {
		t.Error("the older port is still open")
	}
	conn, err := c.dialData(second)
	if err != nil {
		t.Fatal(err)
	}
	c.ask(150, "LIST")
	if got := readAll(t, conn); got != smallListing {
		t.Errorf("%q", got)
	}
	c.want(226)
	r, err := ftp.ParsePASV(c.ask(227, "PASV"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.dialData(netip.AddrPortFrom(serverPublic, uint16(r.Port))); err == nil {
		t.Error("it knows PASV too")
	}
}

func TestPlayedListener(t *testing.T) {
	network := func(s *Server) *Network {
		n := fromTo(clientPrivate, serverPublic)(s)
		n.Inbound = serverOther
		return n
	}
	c, scene := play(t, Fault{Behaviour: helped, Network: network})
	c.enter()
	l, err := scene.Network.ListenTCP(netip.AddrPortFrom(clientPrivate, 1000))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	if got := l.Addr().String(); got != "10.10.0.2:1000" {
		t.Errorf("listening on %s", got)
	}
	true1000 := addrPort(l.(*playedListener).Listener.Addr()).Port()
	if true1000 == 1000 {
		t.Error("it listens on a privileged port")
	}
	c.ask(200, "PORT %s", ftp.FormatPORT(netip.AddrPortFrom(clientPrivate, true1000)))
	c.send("LIST")
	conn := accept(t, l)
	if got := conn.RemoteAddr().String(); got != "203.0.113.77:20" {
		t.Errorf("connected from %s", got)
	}
	if got := readAll(t, conn); got != smallListing {
		t.Errorf("%q", got)
	}
}

func TestRoutes(t *testing.T) {
	n := &Network{Unrouted: []netip.Addr{serverIPv6}}
	if n.Routed(serverIPv6) || !n.Routed(serverPublic) {
		t.Error("routes")
	}
}

func TestPRETAndHOST(t *testing.T) {
	s := start(t, Behaviour{Login: Login{NeedHOST: true}, Passive: Passive{NeedPRET: true}})
	c := dialServer(t, s)
	c.want(220)
	c.ask(530, "USER ftp")
	c.ask(220, "HOST ftp.example.com")
	c.ask(331, "USER ftp")
	c.ask(230, "PASS me@")
	c.ask(500, "EPSV")
	c.ask(200, "PRET LIST")
	c.ask(227, "PASV")
	c.ask(500, "PASV")
}

func TestTransfersByModeAndVerb(t *testing.T) {
	s := start(t, Behaviour{Transfers: Transfers{
		"passive LIST": {Say("551 passive LIST")},
		"LIST":         {Say("552 LIST")},
		"passive":      {Say("553 passive")},
		"MLSD":         {Say("555 MLSD")},
		"":             {Say("554 any")},
	}})
	c := login(t, s)
	for _, try := range []struct {
		mode evidence.Mode
		verb string
		code int
	}{
		{evidence.Passive, "LIST", 551}, {evidence.Active, "LIST", 552},
		{evidence.Passive, "NLST", 553}, {evidence.Active, "NLST", 554},
		{evidence.Passive, "MLSD", 555},
	} {
		if try.mode == evidence.Passive {
			c.ask(229, "EPSV")
		} else {
			c.active("EPRT")
			c.want(200)
		}
		c.ask(try.code, "%s", try.verb)
	}
}
