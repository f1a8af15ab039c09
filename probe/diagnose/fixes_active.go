package diagnose

// The data connection that the server opens.
var activeRemedies = map[Code][]remedy{
	ActiveEPRTBlocked: {
		do(ClientUser, "Let the client use PORT: curl `--disable-eprt`. Over IPv6 there is no PORT: use passive mode where that works."),
		do(ClientNetwork, "Update the firewall, so that its FTP helper knows EPRT (RFC 2428)."),
		do(ServerNetwork, "If the firewall is on the server's side, update that one, so that its FTP helper knows EPRT."),
	},
	// "Inbound port 20 is blocked": true as far as the server calls from port 20.
	ActiveInboundDropped: {
		passiveRemedy,
		how(ClientUser, "To keep active mode, allow the FTP program in this machine's firewall, or give the client a fixed range of ports (curl `--ftp-port -:50000-50100`, lftp `set ftp:port-range 50000-50100`, FileZilla Settings > Connection > FTP > Active mode > Limit local ports) and allow that. Do not allow calls by their source port 20: many servers use another, and anyone can send from 20.", admitClient),
		how(ClientNetwork, "Let the network's firewall follow FTP, or let the server's address in to the client's range of ports.", followFTP),
	},
	ActiveInboundDroppedLocally: {
		passiveRemedy,
		how(ClientUser, "Or allow the FTP program in this machine's own firewall, or a fixed range of ports that the client is told to use, rather than whatever comes from port 20.", admitClient),
	},
	ActiveInboundRefused: {
		passiveRemedy,
		how(ClientUser, "To keep active mode, allow the FTP program in this machine's firewall.", admitClient),
		how(ClientNetwork, "Let the router follow FTP, or forward a fixed range of ports to the client.", followFTP),
	},
	ActiveNATNotForwarded: {
		passiveRemedy,
		do(ClientNetwork, "To keep active mode, forward a range of ports to the client's machine, and let the client use it with its public address (FileZilla Settings > Connection > FTP > Active mode)."),
		do(ISP, "If the router's own outside address is private or begins with 100.64 to 100.127, only the provider can help, with a public address."),
	},
	ActiveServerCannotConnect: {
		passiveRemedy,
		do(ServerAdmin, "Let the server open connections to clients: from port 20 to any port, in its own firewall's outgoing rules and in those of its cloud."),
		do(ServerNetwork, "Allow the server's connections out to clients at the edge of its network."),
	},
	ActiveSourcePortNot20: {
		how(ServerAdmin, "For the sake of firewalls that insist on it, let the server call from port 20.", fromPort20),
		do(ClientNetwork, "Let the firewall follow FTP (connections RELATED to port 21) in place of a rule on source port 20."),
	},
	ActiveServerCannotBind20: {
		passiveRemedy,
		how(ServerAdmin, "Let the server call from any free port, or end what holds port 20.", anyPort),
	},
	ActiveForeignAddress: {
		passiveRemedy,
		do(ServerAdmin, "Let the server call from the address that clients connect to: bind it to that address, or set the source address of its route."),
		do(ServerNetwork, "Behind NAT, translate outgoing connections of the server to the same public address (SNAT, not a pool)."),
	},
	ActiveCloudVMClient: {
		passiveRemedy,
		do(ClientNetwork, "Or give the machine a public address of its own, and open a range of ports in its security group that the client is told to use."),
	},
}
