//go:build linux

package netlab

// The server is private, behind a gateway that forwards.
var forwardScenarios = []scenario{
	{
		name: "a forwarded range and the right address", server: vsftpd(usualPorts(), announces("198.51.100.2")),
		net: Plan{Private: true, ServerGateway: Does(Forward("21", portRange))}, told: works(),
	},
	{
		name: "a forwarded range and vsftpd's private address", server: vsftpd(usualPorts()),
		net:  Plan{Private: true, ServerGateway: Does(Forward("21", portRange))},
		told: works().passiveOnlyIf("passive-private-address", serverAdmin),
	},
	{
		name: "a forwarded range and ProFTPD's private address", server: proftpd(usualPorts()),
		net:  Plan{Private: true, ServerGateway: Does(Forward("21", portRange))},
		told: works().passiveOnlyIf("passive-private-address", serverAdmin),
	},
	{
		name: "a forwarded range and Pure-FTPd's private address", server: pureftpd(usualPorts()),
		net:  Plan{Private: true, ServerGateway: Does(Forward("21", portRange))},
		told: works().passiveOnlyIf("passive-private-address", serverAdmin),
	},
	{
		name: "a forwarded range and pyftpdlib's private address", server: pyftpdlib(usualPorts()),
		net:  Plan{Private: true, ServerGateway: Does(Forward("21", portRange))},
		told: works().passiveOnlyIf("passive-private-address", serverAdmin),
	},
	{
		name: "a private address and no EPSV", server: vsftpd(usualPorts(), extra("cmds_denied=EPSV")),
		net: Plan{Private: true, ServerGateway: Does(Forward("21", portRange))}, excused: noEPSV,
		told: works().passiveOnlyIf("passive-private-address", serverAdmin).by("PASV").under("ignore-227-address"),
	},
	{
		name: "only 21 is forwarded and the address is right", server: vsftpd(usualPorts(), announces("198.51.100.2")),
		net:  Plan{Private: true, ServerGateway: Does(Forward("21"))},
		told: works().passiveFails("passive-nat-not-forwarded", serverNetwork),
	},
	{
		name: "only 21 is forwarded and the address is private", server: proftpd(usualPorts()),
		net:  Plan{Private: true, ServerGateway: Does(Forward("21"))},
		told: works().passiveFails("passive-nat-not-forwarded", serverNetwork).beside("passive-private-address"),
	},
	{
		name: "only 21 is forwarded and the router is silent", server: pureftpd(usualPorts(), announces("198.51.100.2")),
		net:  Plan{Private: true, ServerGateway: Does(Forward("21"), Self(Drop))},
		told: works().passiveFails("passive-ports-dropped", serverNetwork),
	},
	{
		name: "only 21 is forwarded, with a helper", server: vsftpd(usualPorts()),
		net: Plan{Private: true, ServerGateway: Does(Forward("21"), Helper("21"))}, told: works(),
	},
	{
		name: "only 21 is forwarded, with a helper, before ProFTPD", server: proftpd(usualPorts()),
		net: Plan{Private: true, ServerGateway: Does(Forward("21"), Helper("21"))}, told: works(),
	},
	{
		name: "the helper and the server both write the public address", server: vsftpd(usualPorts(), announces("198.51.100.2")),
		net:  Plan{Private: true, ServerGateway: Does(Forward("21"), Helper("21"))},
		told: works().passiveOnlyIf("passive-alg-conflict", serverAdmin).by("EPSV"),
	},
	{
		name: "both ends behind NAT and nothing forwarded", server: vsftpd(usualPorts()),
		net: Plan{Private: true, ClientGateway: Does(Masquerade()), ServerGateway: Does(Forward("21"))},
		told: works().passiveFails("passive-nat-not-forwarded", serverNetwork).
			activeFails("active-address-rejected", clientNetwork).beside("passive-private-address"),
	},
	{
		name: "the wildcard address in the reply to PASV", server: pyftpdlib(usualPorts(), announces("0.0.0.0")),
		told: works().passiveOnlyIf("passive-unusable-address", serverAdmin),
	},
	{
		name: "vsftpd announces an address on its IPv6 socket", server: vsftpd(onIPv6(), announces("203.0.113.10")),
		told: works().passiveOnlyIf("passive-unusable-address", serverAdmin),
	},
	{
		name: "a loopback address in the reply to PASV", server: vsftpd(usualPorts(), announces("127.0.0.1")),
		told: works().passiveOnlyIf("passive-unusable-address", serverAdmin),
	},
	{
		name: "a stale public address in the reply to PASV", server: vsftpd(usualPorts(), announces("203.0.113.99")),
		told: works().passiveOnlyIf("passive-wrong-address", serverAdmin),
	},
	{
		name: "a stale public address and closed ports", server: proftpd(usualPorts(), announces("203.0.113.99")),
		net:  Plan{ServerGateway: Does(Stateful(Drop), Admit("21"))},
		told: works().passiveFails("passive-ports-dropped", serverNetwork).beside("passive-wrong-address"),
	},
	{
		name: "a client on the LAN is given the outer address", server: vsftpd(usualPorts(), announces("198.51.100.2")),
		net:  Plan{Private: true, OnLAN: true, ServerGateway: Does(Forward("21", portRange))},
		told: works().passiveOnlyIf("passive-hairpin", serverNetwork),
	},
	{
		// The data connection comes from the router, the control connection does not.
		name: "a client on the LAN is given the outer address and the router turns data around", server: vsftpd(usualPorts(), announces("198.51.100.2")),
		net:  Plan{Private: true, OnLAN: true, ServerGateway: Does(ForwardHairpin("21", portRange))},
		told: works().passiveOnlyIf("passive-hairpin", serverNetwork),
	},
	{
		name: "a client on the LAN uses the outer address", server: vsftpd(usualPorts(), announces("198.51.100.2")),
		net:    Plan{Private: true, OnLAN: true, ServerGateway: Does(ForwardHairpin("21", portRange))},
		target: ServerWAN,
		told:   works().activeFails("active-address-rejected", anyone),
	},
	{
		name: "two servers in turn behind one address", deep: true,
		server: vsftpd(usualPorts(), announces("198.51.100.2"), at("10.20.0.10")),
		second: vsftpd(usualPorts(), announces("198.51.100.2"), at("10.20.0.11")),
		net:    Plan{Private: true, Server: Does(Sibling()), ServerGateway: Does(Balance("21", portRange))},
		told:   works().passiveFlaps("passive-multi-backend", serverNetwork),
	},
}
