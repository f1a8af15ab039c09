package diagnose

import "ftpdiag/probe/evidence"

// Names, addresses and the control connection.
var connectionRemedies = map[Code][]remedy{
	DNSNoSuchHost: {
		do(ClientUser, "Check the spelling, and ask the server's owner for its present name. If the name belongs to a company network, connect to that network (VPN) first."),
	},
	DNSResolverFailure: {
		do(ClientNetwork, "Mend the name service (DNS) that this machine is set to use, or the VPN that supplies it. To go on meanwhile, use the server's number in place of its name."),
	},
	DNSCDNProxiedHost: {
		do(ServerAdmin, "Give FTP a name of its own, such as ftp.example.com, that leads straight to the server: at Cloudflare a record that is \"DNS only\"."),
		do(ClientUser, "Ask the server's owner for its own address, and use that."),
	},
	DNSSplitHorizon: {
		do(ServerAdmin, "Publish the server's public address in the DNS zone that the outside world sees, and keep the private one for the inside."),
		do(ClientUser, "Connect to the server's own network (VPN), or ask its owner for the public address."),
	},
	DNSDeadAAAA: {
		how(ServerAdmin, "Let the server listen on every address of its name and open the firewall for all of them, or remove the dead address from DNS (for IPv6 that is the AAAA record).", bothFamilies),
		do(ClientUser, "Tell the client which family to use: curl `-4` or `-6`, lftp `set dns:order inet`."),
	},
	ClientBehindNAT: {
		do(ClientUser, "Where passive mode works, keep to it: it needs nothing from the router. For active mode the router would have to know FTP, or forward a range of ports to this machine."),
	},
	ClientBehindCGNAT: {
		do(ISP, "Give the customer a public IPv4 address of their own, or IPv6: nothing else lets a server call back."),
		instead(evidence.Passive, "Use passive mode: no setting of this machine or of its own router opens the provider's address translation."),
	},
	ControlRefused: {
		do(ServerAdmin, "See that the FTP server runs and listens on this port and address (`ss -ltn` on Linux, `netstat -an` on Windows)."),
		how(ServerNetwork, "Open the control port in the firewall, if that is what refuses.", openControl),
		do(ClientUser, "Ask for the right port: some servers use 990 (implicit TLS) or 2121; 22 is SFTP, which another kind of client speaks."),
	},
	ControlFiltered: {
		how(ServerNetwork, "Open the control port in the firewall of the server, and in a cloud in its security group.", openControl),
		do(ClientNetwork, "Allow connections out to TCP port {control}, if this network closes it."),
		do(ISP, "Some providers close port 21: ask for it to be opened."),
	},
	ControlProhibited: {
		how(ServerNetwork, "Change the firewall rule that rejects the control port.", openControl),
		do(ClientNetwork, "Allow connections out to TCP port {control}, if it is your firewall that rejects them."),
	},
	ControlNoRoute: {
		do(ClientNetwork, "Check this machine's default gateway, its VPN, and the route to the server's network."),
		do(ISP, "If the gateway is right, the way ends at the provider: report it there, with the route shown here."),
	},
	ControlLocalPolicy: {
		do(ClientUser, "Allow the FTP program in this machine's security software and in its firewall's outgoing rules."),
		do(ClientNetwork, "If the machine is centrally managed, allow TCP port {control} in the policy that reaches it."),
	},
	// KB 196271: MaxUserPort is about outgoing connections, not about firewalls.
	ControlLocalPortsExhausted: {
		do(ClientUser, "Close programs with very many connections (`netstat -an` shows them), and wait some minutes. Windows: `netsh int ipv4 set dynamicport tcp start=10000 num=50000`, before Windows Vista the registry value MaxUserPort (Microsoft KB 196271); Linux: `sysctl -w net.ipv4.ip_local_port_range=\"10000 65000\"`."),
	},
	ControlClosed: {
		do(ServerAdmin, "Look into the server's log for the moment of this connection: access rules, a crash, or a limit that hangs up without a word."),
		do(ServerNetwork, "See whether a firewall, or an intrusion prevention system, ends the connection in the server's place."),
	},
	ControlClientBanned: {
		how(ServerAdmin, "Lift the ban of the client's address, and look for the program that keeps logging in with a wrong password.", bans),
		do(ClientUser, "Wait until the ban is over, mostly some minutes to an hour, and correct the stored password first."),
	},
	ControlProxyRequired: {
		do(ClientUser, "Enter the network's SOCKS5 or HTTP proxy in the client: curl `--proxy socks5h://PROXY:1080`, FileZilla Settings > Connection > Generic proxy. Only passive mode works through it."),
		do(ClientNetwork, "Tell users the proxy's address, or allow TCP port {control} and the server's passive ports out."),
	},
	ControlIdle421: {
		do(ClientUser, "Reconnect, and let the client keep the connection alive: FileZilla Settings > Connection > FTP > Send FTP keep-alive commands, lftp `set ftp:nop-interval 60`."),
		how(ServerAdmin, "Let idle connections live longer, if users complain.", longerWaits),
	},
}

var greetingRemedies = map[Code][]remedy{
	GreetingImplicitTLS: {
		do(ClientUser, "Set the client to implicit FTP over TLS: an address that begins with `ftps://`, or in FileZilla and WinSCP the encryption \"implicit\". Port 990 is the usual one for it."),
	},
	GreetingSlow: {
		how(ServerAdmin, "Let the server greet without looking the caller up, or mend its name service.", noNameLookup),
		do(ClientNetwork, "If the server asks this machine's port 113 (ident), let the firewall reject that port rather than drop it."),
	},
	GreetingWrongProtocol: {
		do(ClientUser, "Use the right program or the right port: what greets with SSH wants an SFTP client (`sftp`, or `sftp://` in FileZilla and WinSCP); FTP is usually on port 21."),
	},
	GreetingBusy: {
		how(ServerAdmin, "End stale sessions, or raise the limits.", connectionLimits),
		do(ClientUser, "Close other FTP windows, let the client use fewer connections at once (FileZilla Site Manager > Transfer Settings > Limit number of simultaneous connections), and try again later."),
	},
	GreetingRefused: {
		how(ServerAdmin, "Admit the client's address, or switch the service on.", addressRules),
	},
	GreetingSilent: {
		do(ServerAdmin, "Restart the FTP server, and see that it answers on its own machine (`telnet localhost {control}`)."),
		do(ServerNetwork, "If it does answer there, the port forwarding, the load balancer or the proxy in front of it leads nowhere."),
	},
	GreetingIntercepted: {
		how(ClientNetwork, "Exempt this server from the FTP inspection of the firewall, proxy or virus scanner.", leaveFTP),
		do(ClientUser, "Use encryption (TLS), or another port of the server, which such devices leave alone."),
	},
	GreetingServerError: {
		how(ServerAdmin, "Correct the settings that the message names, and start the server again.", configurationCheck),
	},
}

var tlsRemedies = map[Code][]remedy{
	TLSRequired: {
		do(ClientUser, "Use explicit TLS on the same port: an address that begins with `ftpes://` in FileZilla, \"TLS/SSL Explicit encryption\" in WinSCP, curl `--ssl-reqd`, lftp `set ftp:ssl-force yes`."),
	},
	TLSNotOffered: {
		how(ServerAdmin, "Switch TLS on.", offerTLS),
		do(ClientUser, "Repeat with `--tls off` to send the password in clear. Do so only where nobody can listen, or with a password that protects nothing."),
	},
	TLSNoServerCert: {
		how(ServerAdmin, "Give the server a certificate and its key.", serverCertificate),
	},
	TLSImplicitExplicitMismatch: {
		do(ClientUser, "Change the client's kind of TLS: port 21 wants explicit TLS (`ftpes://` in FileZilla), port 990 implicit TLS (`ftps://`)."),
	},
	TLSVersionCipher: {
		how(ServerAdmin, "Allow TLS 1.2 and 1.3 with present-day ciphers, and see that certificate and key belong together.", tlsVersions),
		do(ClientUser, "Update the client. To find which side is old, try curl `--tls-max 1.2`."),
	},
	TLSCertUntrusted: {
		how(ServerAdmin, "Install a certificate that is valid today, for the name that clients use, with its whole chain.", certificateChain),
		do(ClientUser, "Connect by the name in the certificate. Trust an unknown certificate only after comparing its fingerprint with one from the server's owner."),
	},
	TLSCertExpiresSoon: {
		do(ServerAdmin, "Renew the certificate in time, and restart the server so that it shows the new one. Where a program renews it (an ACME client such as certbot), see that its hook restarts the server."),
	},
	TLSClientCertRequired: {
		do(ClientUser, "Get a certificate from the server's owner and give it to the client: curl `--cert FILE --key FILE`, lftp `set ssl:cert-file FILE` and `set ssl:key-file FILE`."),
		how(ServerAdmin, "Or stop asking for one.", noClientCertificate),
	},
	TLSKilledByMiddlebox: {
		how(ClientNetwork, "Exempt this server from FTP inspection: it cannot read encrypted commands, and hangs up.", leaveFTP),
		how(ServerNetwork, "Exempt the server from FTP inspection in a firewall or load balancer on its own side: with a fixed range of passive ports nothing needs inspecting.", leaveFTP),
		do(ClientUser, "Try implicit TLS on port 990, if the server offers it: few devices inspect that port."),
	},
	TLSHandshakeStalled: {
		how(ServerNetwork, "Let ICMP \"fragmentation needed\" (type 3, code 4; for IPv6 \"packet too big\") through, or lower the packets' size at the router.", clampMSS),
		do(ClientUser, "To prove it, lower this machine's MTU to 1280 and try again: Windows `netsh interface ipv4 set subinterface \"Ethernet\" mtu=1280 store=active`, Linux `ip link set dev eth0 mtu 1280`."),
	},
	TLSResponseInjected: {
		do(ClientNetwork, "Look for a firewall, a proxy or a virus scanner that rewrites FTP, and exempt this server from it. If there is none, treat the network as hostile: send no password over it."),
		do(ServerAdmin, "Update the server: it must not send anything behind its consent to AUTH TLS before the handshake."),
		do(ClientUser, "Try from another network, to see whether it is the way or the server."),
	},
	TLSHandshakeMalformed: {
		do(ServerAdmin, "Try it on the server's own machine (`openssl s_client -starttls ftp -connect localhost:{control}`), and look into the server's log; update its TLS library if that fails too."),
		how(ClientNetwork, "If it works there, exempt this server from the inspection of the firewall, proxy or virus scanner.", leaveFTP),
		do(ClientUser, "Try from another network, to see whether it is the way or the server."),
	},
	TLSCCCNeeded: {
		do(ServerAdmin, "Set a fixed range of passive ports and open it in the firewall: then nobody has to read the commands."),
		plainCommands,
	},
}

var loginRemedies = map[Code][]remedy{
	LoginRejected: {
		do(ClientUser, "Check user name and password, capitals included; some hosts want the whole e-mail address as the name. Do not try often: many servers ban after a few failures."),
		do(ServerAdmin, "The server's log tells whether the name, the password, the account or its shell (/etc/shells) is the reason."),
	},
	LoginAnonymousRefused: {
		do(ClientUser, "Log in with the user name and password that the server's owner gave you."),
		how(ServerAdmin, "If anonymous access is wanted, switch it on.", anonymousLogin),
	},
	LoginAddressDenied: {
		how(ServerAdmin, "Admit the client's address.", addressRules),
	},
	LoginSessionLimit: {
		how(ServerAdmin, "End stale sessions, or raise the limits.", connectionLimits),
		do(ClientUser, "Close other FTP windows, let the client use one connection (FileZilla Site Manager > Transfer Settings > Limit number of simultaneous connections), and wait for old sessions to end."),
	},
	LoginHomeUnavailable: {
		how(ServerAdmin, "See that the user's directory exists and that the user may enter it; on SELinux systems `getsebool -a | grep ftp` lists the switches.", userHome),
	},
	LoginAccountRequired: {
		do(ClientUser, "Get the account name from the server's owner and give it to the client: curl `--ftp-account NAME`, lftp `set ftp:acct NAME`, in FileZilla the logon type \"Account\"."),
	},
	LoginCleartext: {
		do(ClientUser, "Use TLS if the server offers it (`ftpes://` in FileZilla, curl `--ssl-reqd`), and change a password that was sent unencrypted over a network of strangers."),
	},
	LoginVirtualHost: {
		do(ClientUser, "Connect by the site's own name rather than by its number, and where the server is IIS log in as `SITE|USER`."),
		do(ServerAdmin, "Give the site an address or a port of its own for clients that do not send HOST (RFC 7151)."),
	},
	LoginTimeout: {
		do(ClientUser, "Store the password in the client, so that it is sent at once."),
	},
	LoginMalformedReply: {
		do(ServerAdmin, "Log in on the server's own machine (`curl -v ftp://localhost:{control}/`) and look into the server's log; update the server if the reply is wrong there too, and check that the port belongs to an FTP server."),
		how(ClientNetwork, "If it is right there, exempt this server from the inspection of the firewall, proxy or virus scanner.", leaveFTP),
	},
	LoginExtraReply: {
		do(ServerAdmin, "Log in on the server's own machine (`curl -v ftp://localhost:{control}/`): if a reply comes twice there too, update the server or switch off the module that adds it."),
		how(ClientNetwork, "If it does not, exempt this server from the inspection of the firewall, proxy or virus scanner.", leaveFTP),
		do(ClientUser, "Until then use a client that throws such replies away, such as lftp."),
	},
}
