//go:build linux

package netlab

var openScenarios = []scenario{
	{
		name:   "vsftpd with nothing in the way",
		server: vsftpd(),
		told:   works(),
	},
	{
		name:   "ProFTPD with nothing in the way",
		server: proftpd(),
		told:   works(),
	},
	{
		name:   "Pure-FTPd with nothing in the way",
		server: pureftpd(),
		told:   works(),
	},
	{
		name:   "pyftpdlib with nothing in the way",
		server: pyftpdlib(),
		told:   works(),
	},
	{
		name:   "the server's firewall drops passive ports",
		server: vsftpd(usualPorts()),
		net:    Plan{ServerGateway: Does(Stateful(Drop), Admit("21"))},
		told:   works().passiveFails("passive-ports-dropped", serverNetwork),
	},
	{
		name:   "the client is behind NAT without a helper",
		server: vsftpd(usualPorts()),
		net:    Plan{ClientGateway: Does(Masquerade())},
		told:   works().activeFails("active-address-rejected", clientNetwork),
	},
}
