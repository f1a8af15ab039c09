package diagnose

// Firewalls and routers between the client and the passive ports.
var firewallRemedies = map[Code][]remedy{
	PassivePortsDropped: {
		how(ServerNetwork, "Open the server's passive ports in the firewall, the whole range that its settings name, and in a cloud in its security group.", openPorts),
		how(ServerAdmin, "Give the server a fixed range of passive ports, so that the firewall needs no more than that.", passivePorts),
		activeRemedy,
	},
	PassivePortsRefused: {
		how(ServerNetwork, "Open the server's passive ports in the firewall, the whole range that its settings name, and let the router pass them on under the same numbers.", openPorts),
		how(ServerAdmin, "Give the server a fixed range of passive ports.", passivePorts),
		activeRemedy,
	},
	PassivePortsProhibited: {
		how(ServerNetwork, "Change the firewall rule that rejects the passive ports, for the whole range that the server's settings name.", openPorts),
		do(ClientNetwork, "If it is your own firewall that rejects them, allow connections out to the server's passive ports."),
		how(ServerAdmin, "Give the server a fixed range of passive ports.", passivePorts),
		activeRemedy,
	},
	PassiveNATNotForwarded: {
		how(ServerNetwork, "Let the router forward the passive ports to the server, the whole range that its settings name, one to one under the same numbers.", forwardPorts),
		how(ServerAdmin, "Give the server a fixed range of passive ports.", passivePorts),
		activeRemedy,
	},
	PassiveRangePartlyOpen: {
		how(ServerNetwork, "Open and forward exactly the range that the server's settings name.", openPorts),
		how(ServerAdmin, "Or set the server to a range that passes.", passivePorts).within(valuePasses),
		do(ClientUser, "Until then try again when a transfer hangs: the next port may pass."),
		activeRemedy,
	},
	// Ports up to 5000 were the temporary ports of Windows before Vista (KB 196271
	// tells how MaxUserPort changes that), and thus the passive ports of its FTP
	// server (KB 309816). From 4000 on they are clear of databases and of remote
	// desktops.
	PassiveLowPortsOnly: {
		do(ServerNetwork, "Open the ports that the server uses in passive mode, instead of 1024 to 5000. That range is Windows' from before Vista (Microsoft KB 196271 and KB 309816); servers of today use higher ports, vsftpd for example 5001 to 65535."),
		do(ClientNetwork, "If the firewall is the client's, allow connections out to the server's passive ports."),
		how(ServerAdmin, "Or move the server's passive ports below 5001.", passivePorts).within("4000-5000"),
		activeRemedy,
	},
	// IIS 5 and 6 have PassivePortRange, which takes 5001 to 65535 (KB 309816 and
	// the reference of the IIS 6 metabase).
	PassiveHighPortsOnly: {
		do(ServerNetwork, "Open the ports that the server uses in passive mode as well. IIS 5 and 6 take 1025 to 5000 unless told otherwise (Microsoft KB 309816); 49152 to 65535 are those of Windows since Vista."),
		how(ServerAdmin, "Or move the server's passive ports up to where the firewall is open (IIS 6: `adsutil.vbs set /MSFTPSVC/PassivePortRange \"50000-50100\"`).", passivePorts).within("50000-50100"),
		do(ClientNetwork, "If the firewall is the client's, allow connections out to the server's passive ports."),
		activeRemedy,
	},
	PassiveClientEgressBlocked: {
		do(ClientNetwork, "Allow connections out to the server's passive ports, which its owner can name; or offer users a SOCKS5 proxy."),
		activeRemedy,
	},
	PassiveOnePortBlocked: {
		do(ClientNetwork, "Switch off the filter that claims this port for something else: 5060 and 5061 are those of internet telephony (SIP ALG)."),
		how(ServerAdmin, "Or choose a range of passive ports without it.", passivePorts).within("50000-50100"),
		do(ClientUser, "Try again when a transfer hangs: the server then takes the next port."),
	},
	PassiveHelperMissing: {
		how(ServerNetwork, "Tell the firewall that this port is FTP. A fixed range of passive ports, opened once, is better: it works with TLS too.", followFTP),
		how(ServerAdmin, "Give the server a fixed range of passive ports, which needs no helper.", passivePorts),
		activeRemedy,
	},
	PassiveALGBlindToTLS: {
		how(ServerNetwork, "Open and forward a fixed range of passive ports: no firewall can read the commands under TLS.", openPorts),
		how(ServerAdmin, "Set that range, and the public address, on the server.", rangeAndAddress),
		do(ClientNetwork, "If the firewall is the client's, let connections out to that range: no firewall can read the commands under TLS."),
		plainCommands,
	},
	PassiveALGNonstandardPort: {
		how(ServerNetwork, "Tell the firewall that this port is FTP too, or open a fixed range of passive ports.", followFTP),
		do(ClientNetwork, "If the firewall is the client's, tell it that this port is FTP too."),
		how(ServerAdmin, "Move the server to port 21, or set a fixed range of passive ports.", passivePorts),
	},
	PassiveALGRewrotePort: {
		how(ServerNetwork, "Switch the device's FTP support off, and forward the passive ports one to one.", leaveFTP),
		do(ClientUser, "Use encryption (TLS) or EPSV, which such devices leave alone."),
		do(ISP, "If the router is the provider's, the provider must switch it off."),
	},
	PassiveEPSVBlocked: {
		pasvRemedy,
		do(ClientNetwork, "Update the firewall, so that its FTP helper knows EPSV (RFC 2428); or allow connections out to the server's passive ports."),
		do(ServerNetwork, "If the firewall is on the server's side, open a fixed range of passive ports: then it needs no helper."),
	},
}
