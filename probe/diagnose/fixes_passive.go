package diagnose

import "ftpdiag/probe/evidence"

// What users can do by themselves. The names are those of FileZilla 3.6x, WinSCP
// 6, curl(1) and lftp(1).
var (
	passiveRemedy = instead(evidence.Passive, "Use passive mode: curl and lftp do unless told otherwise; FileZilla Settings > Connection > FTP > Transfer Mode: Passive, WinSCP Advanced > Connection > Passive mode. Windows' own ftp command cannot.")

	activeRemedy = instead(evidence.Active, "Use active mode meanwhile: curl `--ftp-port -`, lftp `set ftp:passive-mode off`, FileZilla Site Manager > Transfer Settings > Active, WinSCP Advanced > Connection without Passive mode.")

	ownAddressRemedy = do(ClientUser, "Let the client ignore that address and call the server's own: curl `--ftp-skip-pasv-ip` (its default since 7.74), lftp `set ftp:ignore-pasv-address yes`, FileZilla Settings > Connection > FTP > Passive mode > Use the server's external IP address instead, WinSCP Advanced > Environment > FTP > Force IP address for passive mode connections: On. EPSV names no address at all: lftp `set ftp:prefer-epsv yes`.")

	pasvRemedy = do(ClientUser, "Let the client use PASV: curl `--disable-epsv`, lftp `set ftp:prefer-epsv no` (its default). FileZilla and WinSCP use PASV over IPv4 by themselves.")
)

// plainCommands is CCC (RFC 2228, RFC 4217 §12.3).
var plainCommands = do(ClientUser, "As a last resort, go back to plain commands after the login (CCC), if the server allows it: curl `--ftp-ssl-ccc`, lftp `set ftp:ssl-use-ccc yes`.")

// Agreeing on a data connection.
var negotiationRemedies = map[Code][]remedy{
	PassiveDisabled: {
		how(ServerAdmin, "Switch passive mode on, with a fixed range of ports that the firewall lets in.", passiveSwitch),
		activeRemedy,
	},
	PassiveEPSVUnsupported: {pasvRemedy},
	PassivePASVUnsupported: {
		do(ClientUser, "Use a client that asks with EPSV: curl does by itself, lftp with `set ftp:prefer-epsv yes`."),
	},
	PassiveReplyUnparseable: {
		do(ServerAdmin, "Update or replace the server, or the device that rewrites its replies: RFC 959 wants `227 Entering Passive Mode (h1,h2,h3,h4,p1,p2)`, RFC 2428 wants `229 Entering Extended Passive Mode (|||port|)`."),
		do(ClientUser, "Try the other passive command: curl `--disable-epsv` for PASV, lftp `set ftp:prefer-epsv yes` for EPSV."),
	},
	PassivePASVOverIPv6: {
		do(ClientUser, "Use EPSV (lftp `set ftp:prefer-epsv yes`; curl and FileZilla do over IPv6), or connect over IPv4 (curl `-4`)."),
	},
	PassiveUnusableAddress: {
		how(ServerAdmin, "Let the server name the address at which clients reach it.", passiveAddress),
		ownAddressRemedy,
	},
	PassivePortsExhausted: {
		how(ServerAdmin, "Widen the range of passive ports here and in the firewall, some ports for each user who may be there at once, and end stale sessions.", passivePorts).within("50000-51000"),
		do(ClientUser, "Let the client use one connection, and try again later."),
	},
	PassivePRETRequired: {
		do(ClientUser, "Use a client that knows PRET: curl `--ftp-pret`, lftp `set ftp:use-pret yes`; where active mode works, it needs no PRET."),
	},
	PassiveCommandMangled: {
		do(ClientNetwork, "Update the router's firmware, or switch its FTP support (ALG) off."),
		do(ClientUser, "Use encryption (TLS), which the router cannot read; or EPSV (lftp `set ftp:prefer-epsv yes`); or active mode, where that works."),
		do(ISP, "If the router is the provider's, the provider must update it."),
	},
	PassiveReplySwallowed: {
		how(ClientNetwork, "Switch the firewall's FTP inspection off for this server.", leaveFTP),
		how(ServerNetwork, "If the firewall is on the server's side, switch its FTP inspection off, and open a fixed range of passive ports instead.", leaveFTP),
		do(ClientUser, "Use encryption (TLS), or the other passive command: curl `--disable-epsv` for PASV, lftp `set ftp:prefer-epsv yes` for EPSV."),
	},
	ActiveDisabled: {
		passiveRemedy,
		how(ServerAdmin, "If active mode is wanted, switch it on.", activeSwitch),
	},
	ActiveAddressRejected: {
		passiveRemedy,
		do(ClientUser, "To keep active mode, tell the client its public address and a range of ports that the router forwards to it: FileZilla Settings > Connection > FTP > Active mode > Use the following IP address, lftp `set ftp:port-ipv4 ADDRESS` and `set ftp:port-range 50000-50100`."),
		how(ClientNetwork, "Or let the router's FTP helper correct the address, which works only without TLS.", followFTP),
	},
	ActiveALGBlindToTLS: {
		passiveRemedy,
		do(ClientNetwork, "To keep active mode under TLS, forward a range of ports to the client, who must offer the public address: FileZilla Settings > Connection > FTP > Active mode."),
		plainCommands,
	},
	ActiveALGNonstandardPort: {
		passiveRemedy,
		how(ClientNetwork, "Tell the router that the server's port is FTP too.", followFTP),
	},
	ActiveEPRTUnsupported: {
		do(ClientUser, "Let the client use PORT: curl `--disable-eprt`; most others do so over IPv4 by themselves. Over IPv6 there is no PORT: use passive mode where that works."),
	},
	ActivePortBelow1024: {
		do(ClientUser, "Let the client listen on higher ports: FileZilla Settings > Connection > FTP > Active mode > Limit local ports, lftp `set ftp:port-range 50000-50100`, curl `--ftp-port -:50000-50100`."),
	},
	ActiveRootrevoke: {
		how(ServerAdmin, "Let the server keep what active mode needs, or call from any port.", rootRevoke),
		passiveRemedy,
	},
	ActiveClientOnlyTool: {
		do(ClientUser, "Use another client: FileZilla, WinSCP, or the curl that comes with Windows (`curl --ftp-pasv ftp://HOST/`). In Windows' ftp command `quote PASV` changes nothing, for the client itself stays active; Internet Explorer has \"Use Passive FTP\" under Internet Options > Advanced (Microsoft KB 309816)."),
	},
}

// An address or a meaning that the server gets wrong.
var passiveRemedies = map[Code][]remedy{
	PassivePrivateAddress: {
		how(ServerAdmin, "Let the server name its public address in passive mode.", passiveAddress),
		ownAddressRemedy,
	},
	PassiveWrongAddress: {
		how(ServerAdmin, "Correct the address that the server names: it has changed, or belongs to another line.", passiveAddress),
		ownAddressRemedy,
	},
	PassiveHairpin: {
		do(ServerNetwork, "Switch NAT loopback (hairpin NAT) on in the router, for the passive ports too."),
		how(ServerAdmin, "Or let the server name its inside address to clients inside.", localAddress),
		ownAddressRemedy,
	},
	PassiveALGConflict: {
		how(ServerAdmin, "Choose one of the two. Either leave the correction to the firewall.", noPassiveAddress),
		how(ServerNetwork, "Or keep the server's setting, switch the firewall's FTP helper off, and forward the passive ports one to one.", leaveFTP),
		do(ClientUser, "Until then use EPSV, which names no address: lftp `set ftp:prefer-epsv yes`; curl does by itself."),
	},
	PassiveAddressMismatch: {
		do(ServerNetwork, "Let the server see the clients' real addresses: host networking for containers (Docker's userland proxy hides them), and for load balancers source addresses or the PROXY protocol on control and data connections alike."),
		do(ClientNetwork, "If only your network is affected, send all connections to this server out through the same public address."),
		how(ServerAdmin, "As a last resort switch the check off, which lets strangers take over data connections.", anySource),
	},
	PassiveEgressAddressVaries: {
		do(ClientNetwork, "Bind this server's address to one line (sticky or policy routing on dual WAN, one address of the NAT pool for each client)."),
		do(ClientUser, "Switch a VPN that takes only part of the traffic off, or route all of it through the VPN."),
	},
	PassiveMultiBackend: {
		do(ServerNetwork, "Send all connections of one client to the same server (source address affinity), or give each server passive ports of its own and lead these to it alone."),
		do(ServerAdmin, "Or let each server name an address of its own in passive mode."),
	},
	PassiveContainerPorts: {
		how(ServerAdmin, "Publish the passive ports under the same numbers (`docker run -p 21:21 -p {low}-{high}:{low}-{high}`), and let the server use these ports and name the host's address.", passivePorts),
	},
	PassiveMiddleboxAccepts: {
		do(ClientNetwork, "Exempt this server from the proxy, virus scanner or SYN protection that answers in its place."),
		do(ServerNetwork, "See that the device which protects the server also knows its passive ports."),
		do(ClientUser, "Try encryption (TLS), and active mode where that works."),
	},
	ServerMACPolicy: {
		do(ServerAdmin, "SELinux: `setsebool -P ftpd_use_passive_mode 1`; `ausearch -m avc -c vsftpd` shows what was denied, `getsebool -a | grep ftp` the other switches. AppArmor: `aa-status` and the system log."),
	},
}
