//go:build linux

package netlab

import (
	"time"

	"ftpdiag/probe/realserver"
)

// What only a transfer of some size or duration meets.
var pathScenarios = []scenario{
	{
		name: "an MTU black hole and a file", server: vsftpd(), path: realserver.File300K,
		net:  blackHole,
		told: bothFail("transfer-mtu-black-hole", anyone),
	},
	{
		name: "an MTU black hole over IPv6", server: proftpd(), path: realserver.File300K, v6: true,
		net:  blackHole,
		told: bothFail("transfer-mtu-black-hole", anyone),
	},
	{
		name: "an MTU black hole that a listing passes", server: vsftpd(),
		net: blackHole, told: works(),
	},
	{
		name: "an MTU black hole and a look at a file of the listing", server: pureftpd(), args: []string{"--retrieve"},
		net:  blackHole,
		told: works().remarks("transfer-mtu-black-hole", anyone).withStatus("critical"),
	},
	{
		name: "a small MTU that is told", server: vsftpd(), path: realserver.File300K,
		net: Plan{ClientGateway: Does(LinkMTU(1280)), ServerGateway: Does(LinkMTU(1280))}, told: works(),
	},
	{
		name: "a server that hangs", server: pyftpdlib(hangs()),
		told: bothFail("transfer-stalled", serverAdmin),
	},
	{
		name: "a thin line and a file", server: vsftpd(), path: realserver.File64K, timeout: 5 * time.Second,
		net: Plan{ServerGateway: Does(Rate("600kbit"))}, told: works(),
	},
	{
		// In passive mode only, so that the line is not shared and the transfer takes
		// its three and a half seconds. The file does not fit the server's send
		// buffer: vsftpd says 226 when it has written the last byte.
		name: "the firewall forgets the control connection during a transfer", server: vsftpd(), path: realserver.File300K,
		args: []string{"--mode", "passive", "--expect", "passive"},
		net:  Plan{ClientGateway: Does(Forgets(1)), ServerGateway: Does(Rate("700kbit"))},
		// After seconds a server that says nothing is as likely as a router that forgets.
		told: works().passiveFails("transfer-completion-missing", anyone).unasked("active"),
		excused: map[realserver.Way]string{
			realserver.LftpPassive: "it knows the size of the file and takes it for complete without a word of the server",
		},
	},
	{
		name: "passive data to vsftpd is reset midway", server: vsftpd(usualPorts()), path: realserver.File300K,
		net:  Plan{ServerGateway: Does(CutsAfter(50000, portRange))},
		told: works().passiveFails("passive-aborted-426", anyone),
	},
	{
		name: "passive data to ProFTPD is reset midway", server: proftpd(usualPorts()), path: realserver.File300K,
		net:  Plan{ServerGateway: Does(CutsAfter(50000, portRange))},
		told: works().passiveFails("passive-aborted-426", anyone),
	},
	{
		// Pure-FTPd says nothing of it.
		name: "passive data to Pure-FTPd is reset midway", server: pureftpd(usualPorts()), path: realserver.File300K,
		net:  Plan{ServerGateway: Does(CutsAfter(50000, portRange))},
		told: works().passiveFails("transfer-stalled", anyone),
	},
	{
		name: "passive data to pyftpdlib is reset midway", server: pyftpdlib(usualPorts()), path: realserver.File300K,
		net:  Plan{ServerGateway: Does(CutsAfter(50000, portRange))},
		told: works().passiveFails("passive-aborted-426", anyone),
	},
	{
		name: "active data from vsftpd is reset midway", server: vsftpd(), path: realserver.File300K,
		net:  Plan{ServerGateway: Does(CutsAfter(50000, "20"))},
		told: works().activeFails("active-aborted-426", anyone),
	},
	{
		name: "IPv6 to the server is dead", server: vsftpd(),
		net:  Plan{Named: true, ServerGateway: Does(NoFamily(6))},
		told: works().remarks("dns-dead-aaaa", serverAdmin),
	},
	{
		name: "IPv4 to the server is dead", server: vsftpd(), v6: true,
		net:  Plan{Named: true, ServerGateway: Does(NoFamily(4))},
		told: works().remarks("dns-dead-aaaa", serverAdmin),
	},
	{
		name: "the client has no IPv6", server: vsftpd(),
		net: Plan{Named: true, Client: Does(NoIPv6Route())}, told: works(),
	},
}

var blackHole = Plan{
	ClientGateway: Does(LinkMTU(1280), NoICMPErrors()),
	ServerGateway: Does(LinkMTU(1280), NoICMPErrors()),
}

// hangs makes pyftpdlib open data connections and then send nothing.
func hangs() option {
	return extra(
		"import pyftpdlib.handlers",
		"pyftpdlib.handlers.DTPHandler.push_with_producer = lambda self, producer: None",
		"pyftpdlib.handlers.DTPHandler.push = lambda self, data: None",
		"pyftpdlib.handlers.DTPHandler.close_when_done = lambda self: None",
	)
}
