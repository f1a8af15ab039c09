package netlab

import (
	"fmt"
	"net/netip"
	"strings"
)

// A cable joins two hosts. A gateway's links are called lan and wan, so that a
// building block means the same on either one.
type cable struct {
	a, b         *Host
	aName, bName string
	aIPs, bIPs   []netip.Addr // what the end has on this link
	aMAC, bMAC   string
}

// cables joins the hosts in a row.
func (l *Lab) cables() []cable {
	client := cable{a: l.ClientGateway, b: l.Client, aName: "lan", bName: "eth0"}
	client.aMAC, client.bMAC = "02:00:00:00:01:0a", "02:00:00:00:01:0b"
	own, gateway, _ := l.clientAddresses()
	client.aIPs, client.bIPs = append(ips("2001:db8:10::1"), gateway), []netip.Addr{own, ClientAddr6}
	server := cable{a: l.ServerGateway, b: l.Server, aName: "lan", bName: "eth0"}
	server.aMAC, server.bMAC = "02:00:00:00:02:0a", "02:00:00:00:02:0b"
	server.aIPs, server.bIPs = ips("203.0.113.1", "2001:db8:20::1"), []netip.Addr{PublicAddr, SecondPublic, PublicAddr6}
	if l.plan.Private {
		server.aIPs, server.bIPs = ips("10.20.0.1"), []netip.Addr{PrivateAddr, SecondServer}
	}
	if l.plan.OnLAN {
		client.a, client.aName = l.ServerGateway, "lan2"
		client.aIPs, client.bIPs, server.aIPs, server.bIPs = nil, nil, nil, nil // a switch: they ask each other
	}
	between := cable{a: l.ClientGateway, b: l.ServerGateway, aName: "wan", bName: "wan"}
	between.aMAC, between.bMAC = "02:00:00:00:03:0a", "02:00:00:00:03:0b"
	between.aIPs = []netip.Addr{ClientWAN, SecondWAN, netip.MustParseAddr("2001:db8:100::1")}
	between.bIPs = []netip.Addr{ServerWAN, netip.MustParseAddr("2001:db8:100::2")}
	if l.plan.Delay > 0 {
		return []cable{client, server} // the long cable is laid later
	}
	return []cable{client, between, server}
}

// plug tells both ends of the cable each other's hardware address. A neighbour
// solicitation that is sent in the first moments of a link can get lost, and is
// sent again only after a second.
func (c cable) plug() {
	c.a.knows(c.aName, c.bMAC, c.bIPs)
	c.b.knows(c.bName, c.aMAC, c.aIPs)
	c.a.cables = append(c.a.cables, c.aName)
	c.b.cables = append(c.b.cables, c.bName)
}

func (h *Host) knows(link, mac string, addrs []netip.Addr) {
	for _, ip := range addrs {
		h.links = append(h.links, fmt.Sprintf("neighbour replace %s lladdr %s dev %s nud permanent", ip, mac, link))
	}
}

func ips(texts ...string) []netip.Addr {
	var addrs []netip.Addr
	for _, s := range texts {
		addrs = append(addrs, netip.MustParseAddr(s))
	}
	return addrs
}

// quiet are the parameters of every host: no duplicate address detection, which
// would delay the first packets by a second, and no filter by return path, which
// would be one more firewall than the plan says.
var quiet = []string{
	"ipv6.conf.all.accept_dad=0", "ipv6.conf.default.accept_dad=0",
	"ipv6.conf.default.accept_ra=0", "ipv6.conf.default.router_solicitations=0",
	"ipv4.conf.all.rp_filter=0", "ipv4.conf.default.rp_filter=0",
}

// address gives every host its parameters, addresses and routes. Routers keep
// the kernel's limit on the ICMP messages they send.
func (l *Lab) address() {
	for _, h := range l.hosts() {
		h.sysctls = append(h.sysctls, quiet...)
		h.up("lo")
	}
	for _, gw := range []*Host{l.ClientGateway, l.ServerGateway} {
		gw.sysctls = append(gw.sysctls, "ipv4.ip_forward=1", "ipv6.conf.all.forwarding=1")
	}
	l.ClientGateway.up("wan", ClientWAN.String()+"/24", "2001:db8:100::1/64")
	l.ServerGateway.up("wan", ServerWAN.String()+"/24", "2001:db8:100::2/64")
	if l.plan.OnLAN {
		l.addressLAN()
	} else {
		own, gateway, network := l.clientAddresses()
		l.Client.up("eth0", own.String()+"/24", ClientAddr6.String()+"/64")
		l.Client.route("default", gateway.String())
		l.Client.route("default", "2001:db8:10::1")
		l.ClientGateway.up("lan", gateway.String()+"/24", "2001:db8:10::1/64")
		l.ServerGateway.route(network.String(), ClientWAN.String())
	}
	l.ServerGateway.route("2001:db8:10::/64", "2001:db8:100::1")
	l.ClientGateway.route("203.0.113.0/24", ServerWAN.String())
	l.ClientGateway.route("2001:db8:20::/64", "2001:db8:100::2")
	l.addressServer()
	for _, c := range l.cables() {
		c.plug()
	}
}

// clientAddresses are those of the client, of its gateway on its side, and of
// their network.
func (l *Lab) clientAddresses() (own, gateway netip.Addr, network netip.Prefix) {
	own = ClientAddr
	if l.plan.ClientIP.IsValid() {
		own = l.plan.ClientIP
	}
	network = netip.PrefixFrom(own, 24).Masked()
	return own, network.Addr().Next(), network
}

func (l *Lab) addressServer() {
	if l.plan.Private {
		if !l.plan.OnLAN {
			l.ServerGateway.up("lan", "10.20.0.1/24")
		}
		l.Server.up("eth0", PrivateAddr.String()+"/24")
		l.Server.route("default", "10.20.0.1")
		return
	}
	l.ServerGateway.up("lan", "203.0.113.1/24", "2001:db8:20::1/64")
	l.Server.up("eth0", PublicAddr.String()+"/24", PublicAddr6.String()+"/64")
	l.Server.route("default", "203.0.113.1")
	l.Server.route("default", "2001:db8:20::1")
}

// addressLAN puts the client into the server's private network: both are
// plugged into the server's gateway, which switches between them.
func (l *Lab) addressLAN() {
	l.Client.up("eth0", LANClient.String()+"/24")
	l.Client.route("default", "10.20.0.1")
	sw := l.ServerGateway
	sw.up("lan")
	sw.up("lan2")
	sw.links = append(sw.links,
		"link add switch type bridge forward_delay 0",
		"link set lan master switch", "link set lan2 master switch")
	sw.up("switch", "10.20.0.1/24")
	// What is switched is not the router's business: a genuine switch is another box.
	sw.optional = append(sw.optional, "bridge.bridge-nf-call-iptables=0")
	l.Target = PrivateAddr
}

// up brings a link of the host up, with addresses.
func (h *Host) up(link string, addrs ...string) {
	for _, a := range addrs {
		option := ""
		if strings.Contains(a, ":") {
			option = " nodad"
		}
		h.links = append(h.links, fmt.Sprintf("address add %s dev %s%s", a, link, option))
	}
	h.links = append(h.links, fmt.Sprintf("link set %s up", link))
}

// route adds a route of the host.
func (h *Host) route(to, via string) {
	h.links = append(h.links, fmt.Sprintf("route add %s via %s", to, via))
}
