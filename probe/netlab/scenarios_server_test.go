//go:build linux

package netlab

import "ftpdiag/probe/realserver"

// What the server does.
var serverScenarios = []scenario{
	{name: "vsftpd without passive mode", server: vsftpd(noPassive()), told: works().passiveFails("passive-disabled", serverAdmin)},
	{name: "ProFTPD without passive mode", server: proftpd(noPassive()), told: works().passiveFails("passive-disabled", serverAdmin)},
	{name: "Pure-FTPd without passive mode", server: pureftpd(noPassive()), told: works().passiveFails("passive-disabled", serverAdmin)},
	{name: "pyftpdlib without passive mode", server: pyftpdlib(noPassive()), told: works().passiveFails("passive-disabled", serverAdmin)},
	{name: "vsftpd without active mode", server: vsftpd(noActive()), told: works().activeFails("active-disabled", serverAdmin)},
	{name: "ProFTPD without active mode", server: proftpd(noActive()), told: works().activeFails("active-disabled", serverAdmin)},
	{name: "pyftpdlib without active mode", server: pyftpdlib(noActive()), told: works().activeFails("active-disabled", serverAdmin)},
	{
		name: "neither mode is possible: NAT at the client and no passive mode", server: vsftpd(noPassive()),
		net: Plan{ClientGateway: Does(Masquerade())},
		told: works().passiveFails("passive-disabled", serverAdmin).
			activeFails("active-address-rejected", clientNetwork),
	},
	{
		name: "vsftpd refuses EPSV and sounds as if passive mode were off", server: vsftpd(extra("cmds_denied=EPSV")),
		told: works().by("PASV"), excused: noEPSV,
	},
	{name: "vsftpd admits one connection an address", server: vsftpd(maxPerIP(1)), serial: true, told: works()},
	{name: "ProFTPD admits one connection an address", server: proftpd(maxPerIP(1)), serial: true, told: works()},
	{name: "Pure-FTPd admits one connection an address", server: pureftpd(maxPerIP(1)), serial: true, told: works()},
	{name: "pyftpdlib admits one connection an address", server: pyftpdlib(maxPerIP(1)), serial: true, told: works()},
	{
		name: "one connection an address and a firewall at the client", server: vsftpd(maxPerIP(1)), serial: true,
		net:  Plan{ClientGateway: Does(Stateful(Drop))},
		told: works().activeFails("active-inbound-dropped", clientNetwork),
	},
	{
		name: "one connection an address and no passive port open", server: vsftpd(maxPerIP(1), usualPorts()), serial: true,
		net:  Plan{ServerGateway: Does(Stateful(Drop), Admit("21"))},
		told: works().passiveFails("passive-ports-dropped", serverNetwork),
	},
	{
		name: "vsftpd has no passive port left", server: vsftpd(passivePorts(50000, 50000)),
		net:  Plan{Server: Does(Answers(50000, Silent))},
		told: works().passiveFails("passive-ports-exhausted", serverAdmin),
	},
	{
		name: "Pure-FTPd has no passive port left", server: pureftpd(usualPorts()),
		net:  Plan{Server: Does(AnswersRange(50000, 50099, Silent))},
		told: works().passiveFails("passive-ports-exhausted", serverAdmin),
	},
	{
		name: "port 20 of the server is taken", server: vsftpd(),
		net:  Plan{Server: Does(Answers(20, Silent))},
		told: works().activeFails("active-server-cannot-bind-20", serverAdmin),
	},
	{
		name: "a multi-homed server connects from its other address", server: vsftpd(),
		net:  Plan{Server: Does(MultiHomed())},
		told: works().activeOnlyIf("active-foreign-address", serverAdmin).unnoticed(),
	},
	{
		name: "a multi-homed server connects from its other address to a firewall", server: vsftpd(),
		net:  Plan{ClientGateway: Does(Stateful(Drop), Helper("21")), Server: Does(MultiHomed())},
		told: works().activeFails("active-inbound-dropped", anyone),
	},
	{
		name: "the server's network lets no connection out", server: vsftpd(),
		net:  Plan{ServerGateway: Does(Egress(Drop))},
		told: works().activeFails("active-inbound-dropped", anyone),
	},
	{
		name: "the server's network resets connections to the outside", server: proftpd(),
		net:  Plan{ClientIP: ClientPublic, ServerGateway: Does(Egress(Reset))},
		told: works().activeFails("active-inbound-refused", anyone),
	},
	{
		name: "ProFTPD's own machine lets no connection out", server: proftpd(passivePorts(61000, 61099)),
		net:  Plan{Server: Does(MayNotConnect())},
		told: works().activeFails("active-server-cannot-connect", serverAdmin),
	},
	{
		name: "Pure-FTPd's own machine lets no connection out", server: pureftpd(passivePorts(61000, 61099)),
		net:  Plan{Server: Does(MayNotConnect())},
		told: works().activeFails("active-server-cannot-connect", serverAdmin),
	},
	{
		name: "connections from port 20 do not leave the server's network", server: vsftpd(),
		net:  Plan{ServerGateway: Does(ForTraffic(`iifname "lan" tcp sport 20 drop`))},
		told: works().activeFails("active-inbound-dropped", anyone),
	},
}

var noEPSV = map[realserver.Way]string{realserver.CurlEPSV: "the server refuses EPSV"}

// What the server's network does with passive ports.
var passiveScenarios = []scenario{
	{
		name: "the server's firewall drops vsftpd's passive ports", server: vsftpd(usualPorts()),
		net:  Plan{ServerGateway: Does(Stateful(Drop), Admit("21"))},
		told: works().passiveFails("passive-ports-dropped", serverNetwork),
	},
	{
		name: "the server's firewall drops ProFTPD's passive ports", server: proftpd(usualPorts()),
		net:  Plan{ServerGateway: Does(Stateful(Drop), Admit("21"))},
		told: works().passiveFails("passive-ports-dropped", serverNetwork),
	},
	{
		name: "the server's firewall drops Pure-FTPd's passive ports", server: pureftpd(usualPorts()),
		net:  Plan{ServerGateway: Does(Stateful(Drop), Admit("21"))},
		told: works().passiveFails("passive-ports-dropped", serverNetwork),
	},
	{
		name: "the server's firewall drops pyftpdlib's passive ports", server: pyftpdlib(usualPorts()),
		net:  Plan{ServerGateway: Does(Stateful(Drop), Admit("21"))},
		told: works().passiveFails("passive-ports-dropped", serverNetwork),
	},
	{
		name: "the server's firewall drops passive ports over IPv6", server: vsftpd(usualPorts()), v6: true,
		net:  Plan{ServerGateway: Does(Stateful(Drop), Admit("21"))},
		told: works().passiveFails("passive-ports-dropped", serverNetwork),
	},
	{
		name: "the server itself drops passive ports", server: vsftpd(usualPorts()),
		net:  Plan{Server: Does(HostFirewall(Drop, "21"))},
		told: works().passiveFails("passive-ports-dropped", serverNetwork),
	},
	{
		name: "passive ports are dropped behind a round trip of 200 ms", server: vsftpd(usualPorts()),
		net:  Plan{Delay: 100e6, ServerGateway: Does(Stateful(Drop), Admit("21"))},
		told: works().passiveFails("passive-ports-dropped", serverNetwork),
	},
	{
		name: "passive ports are dropped, and so is everything at the client", server: pureftpd(usualPorts()),
		net: Plan{ClientGateway: Does(Stateful(Drop)), ServerGateway: Does(Stateful(Drop), Admit("21"))},
		told: works().passiveFails("passive-ports-dropped", serverNetwork).
			activeFails("active-inbound-dropped", clientNetwork),
	},
	{
		name: "the server's firewall resets vsftpd's passive ports", server: vsftpd(usualPorts()),
		net:  Plan{ServerGateway: Does(Stateful(Reset), Admit("21"))},
		told: works().passiveFails("passive-ports-refused", serverNetwork),
	},
	{
		name: "the server's firewall resets pyftpdlib's passive ports over IPv6", server: pyftpdlib(usualPorts()), v6: true,
		net:  Plan{ServerGateway: Does(Stateful(Reset), Admit("21"))},
		told: works().passiveFails("passive-ports-refused", serverNetwork),
	},
	{
		name: "the server itself resets passive ports", server: pureftpd(usualPorts()),
		net:  Plan{Server: Does(HostFirewall(Reset, "21"))},
		told: works().passiveFails("passive-ports-refused", anyone),
	},
	{
		name: "passive ports are answered as unreachable", server: proftpd(usualPorts()),
		net:  Plan{ServerGateway: Does(Stateful(PortUnreachable), Admit("21"))},
		told: works().passiveFails("passive-ports-refused", serverNetwork),
	},
	{
		name: "the server's firewall prohibits passive ports", server: vsftpd(usualPorts()),
		net:  Plan{ServerGateway: Does(Stateful(Prohibit), Admit("21"))},
		told: works().passiveFails("passive-ports-prohibited", serverNetwork),
	},
	{
		name: "the server's firewall prohibits passive ports over IPv6", server: vsftpd(usualPorts()), v6: true,
		net:  Plan{ServerGateway: Does(Stateful(Prohibit), Admit("21"))},
		told: works().passiveFails("passive-ports-prohibited", serverNetwork),
	},
	{
		name: "the server itself prohibits passive ports", server: pureftpd(usualPorts()),
		net:  Plan{Server: Does(HostFirewall(Prohibit, "21"))},
		told: works().passiveFails("passive-ports-prohibited", anyone),
	},
	{
		name: "the server's firewall calls its passive ports unreachable hosts", server: proftpd(usualPorts()),
		net:  Plan{ServerGateway: Does(Stateful(HostUnreachable), Admit("21"))},
		told: works().passiveFails("passive-ports-prohibited", serverNetwork),
	},
	{
		name:   "the firewall's helper watches 21 only and the server has 2121 too",
		server: vsftpd(onPort(2121), usualPorts()), second: vsftpd(passivePorts(50100, 50199)),
		net:  Plan{ServerGateway: Does(Stateful(Drop), Admit("21", "2121"), Helper("21"))},
		told: works().passiveFails("passive-alg-nonstandard-port", serverNetwork),
	},
	{
		name: "IPv6 data is dropped and IPv4 data is not", server: vsftpd(usualPorts()), v6: true,
		net:  Plan{Named: true, ServerGateway: Does(ForTraffic(`meta nfproto ipv6 tcp dport ` + portRange + ` drop`))},
		told: works().passiveFails("passive-ports-dropped", serverNetwork),
	},
	{
		name: "IPv4 data is dropped and IPv6 data is not", server: vsftpd(usualPorts()), v6: true,
		net:  Plan{Named: true, ServerGateway: Does(ForTraffic(`meta nfproto ipv4 tcp dport ` + portRange + ` drop`))},
		told: works(),
	},
}

// Which ports pass.
var portScenarios = []scenario{
	{
		name: "ports up to 5000 pass and vsftpd offers higher ones", server: vsftpd(),
		net:  Plan{ServerGateway: Does(Stateful(Drop), Admit("21", "1024-5000"))},
		told: works().passiveFails("passive-low-ports-only", serverNetwork),
	},
	{
		name: "ports up to 5000 leave the client's network and vsftpd offers higher ones", server: vsftpd(),
		net:  Plan{ClientGateway: Does(Egress(Drop, "21", "1024-5000"))},
		told: works().passiveFails("passive-low-ports-only", clientNetwork),
	},
	{
		name: "ports up to 5000 pass and the server's range straddles that", server: pyftpdlib(inTurn(4951, 5050, 37)),
		net:  Plan{ServerGateway: Does(Stateful(Drop), Admit("21", "1024-5000"))},
		told: works().passiveFlaps("passive-low-ports-only", serverNetwork),
	},
	{
		// The first port that it offers is a low one.
		name: "ports up to 5000 pass and the first try is lucky", server: pyftpdlib(offers("3000, 20000, 40000, 60000")),
		net:  Plan{ServerGateway: Does(Stateful(Drop), Admit("21", "1024-5000"))},
		told: works().passiveFlaps("passive-low-ports-only", serverNetwork),
	},
	{
		name: "ports up to 5000 pass and the server offers every one", server: vsftpd(passivePorts(1024, 65535)), seldom: true,
		net:  Plan{ServerGateway: Does(Stateful(Drop), Admit("21", "1024-5000"))},
		told: works().passiveFlaps("passive-low-ports-only", serverNetwork),
	},
	{
		name: "high ports pass and the server offers low ones", server: vsftpd(passivePorts(1024, 5000)),
		net:  Plan{ServerGateway: Does(Stateful(Drop), Admit("21", "49152-65535"))},
		told: works().passiveFails("passive-high-ports-only", serverNetwork),
	},
	{
		name: "high ports pass and the server's range straddles that", server: pyftpdlib(inTurn(49102, 49201, 37)),
		net:  Plan{ServerGateway: Does(Stateful(Drop), Admit("21", "49152-65535"))},
		told: works().passiveFlaps("passive-high-ports-only", serverNetwork),
	},
	{
		name: "half of the range is open", server: pyftpdlib(inTurn(50000, 50099, 37)),
		net:  Plan{ServerGateway: Does(Stateful(Drop), Admit("21", "50000-50049"))},
		told: works().passiveFlaps("passive-range-partly-open", serverNetwork),
	},
	{
		name: "half of the range is forwarded", server: pyftpdlib(inTurn(50000, 50099, 37), announces("198.51.100.2")),
		net:  Plan{Private: true, ServerGateway: Does(Forward("21", "50000-50049"))},
		told: works().passiveFlaps("passive-range-partly-open", serverNetwork),
	},
	{
		name: "the server has left its range, which alone is open", server: proftpd(passivePorts(50000, 50003)),
		net: Plan{
			ServerGateway: Does(Stateful(Drop), Admit("21", "50000-50003")),
			Server:        Does(AnswersRange(50000, 50003, Silent)),
		},
		told: works().passiveFails("passive-ports-dropped", serverNetwork),
	},
}
