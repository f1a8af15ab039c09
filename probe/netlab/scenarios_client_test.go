//go:build linux

package netlab

// What the client's side does.
var clientScenarios = []scenario{
	// Its firewall lets nothing in.
	{
		name: "the client's firewall drops vsftpd's data connections", server: vsftpd(),
		net:  Plan{ClientGateway: Does(Stateful(Drop))},
		told: works().activeFails("active-inbound-dropped", clientNetwork),
	},
	{
		name: "the client's firewall drops ProFTPD's data connections", server: proftpd(),
		net:  Plan{ClientIP: ClientPublic, ClientGateway: Does(Stateful(Drop))},
		told: works().activeFails("active-inbound-dropped", clientNetwork),
	},
	{
		name: "the client's firewall drops Pure-FTPd's data connections", server: pureftpd(),
		net:  Plan{ClientGateway: Does(Stateful(Drop))},
		told: works().activeFails("active-inbound-dropped", clientNetwork),
	},
	{
		name: "the client's firewall drops pyftpdlib's data connections", server: pyftpdlib(),
		net:  Plan{ClientGateway: Does(Stateful(Drop))},
		told: works().activeFails("active-inbound-dropped", clientNetwork),
	},
	{
		name: "the client's firewall drops data connections over IPv6", server: vsftpd(), v6: true,
		net:  Plan{ClientGateway: Does(Stateful(Drop))},
		told: works().activeFails("active-inbound-dropped", clientNetwork),
	},
	{
		name: "the client's firewall resets vsftpd's data connections", server: vsftpd(),
		net:  Plan{ClientGateway: Does(Stateful(Reset))},
		told: works().activeFails("active-inbound-refused", clientNetwork),
	},
	{
		name: "the client's firewall resets ProFTPD's data connections", server: proftpd(),
		net:  Plan{ClientIP: ClientPublic, ClientGateway: Does(Stateful(Reset))},
		told: works().activeFails("active-inbound-refused", clientNetwork),
	},
	{
		name: "the client's firewall resets Pure-FTPd's data connections", server: pureftpd(),
		net:  Plan{ClientGateway: Does(Stateful(Reset))},
		told: works().activeFails("active-inbound-refused", clientNetwork),
	},
	{
		name: "the client's firewall resets pyftpdlib's data connections", server: pyftpdlib(),
		net:  Plan{ClientGateway: Does(Stateful(Reset))},
		told: works().activeFails("active-inbound-refused", clientNetwork),
	},
	{
		name: "the client's firewall prohibits vsftpd's data connections", server: vsftpd(),
		net:  Plan{ClientGateway: Does(Stateful(Prohibit))},
		told: works().activeFails("active-inbound-refused", clientNetwork),
	},
	{
		name: "the client's firewall prohibits ProFTPD's data connections", server: proftpd(),
		net:  Plan{ClientIP: ClientPublic, ClientGateway: Does(Stateful(Prohibit))},
		told: works().activeFails("active-inbound-refused", clientNetwork),
	},
	{
		name: "the client itself drops", server: vsftpd(),
		net:  Plan{Client: Does(HostFirewall(Drop))},
		told: works().activeFails("active-inbound-dropped-locally", clientUser),
	},
	{
		name: "the client itself drops over IPv6", server: proftpd(), v6: true,
		net:  Plan{Client: Does(HostFirewall(Drop))},
		told: works().activeFails("active-inbound-dropped-locally", clientUser),
	},
	{
		name: "the client itself resets", server: vsftpd(),
		net:  Plan{Client: Does(HostFirewall(Reset))},
		told: works().activeFails("active-inbound-refused", clientUser),
	},

	// Port 20.
	{
		name: "connections from port 20 are dropped and the server uses it", server: vsftpd(),
		net:  Plan{ClientGateway: Does(ShutFrom(Drop, "20"))},
		told: works().activeFails("active-inbound-dropped", clientNetwork),
	},
	{
		name: "connections from port 20 are dropped and the server uses another", server: proftpd(),
		net: Plan{ClientGateway: Does(ShutFrom(Drop, "20"))}, told: works(),
	},
	{
		name: "only port 20 is let in and the server uses it", server: vsftpd(),
		net: Plan{ClientGateway: Does(Stateful(Drop), AdmitFrom("20"))}, told: works(),
	},
	{
		name: "only port 20 is let in and the server uses another", server: vsftpd(fromPort20(0)),
		net:  Plan{ClientGateway: Does(Stateful(Drop), AdmitFrom("20"))},
		told: works().activeFails("active-inbound-dropped", clientNetwork),
	},
	{
		name: "the client itself lets in only port 20 and the server uses another", server: proftpd(),
		net:  Plan{Client: Does(HostFirewallFrom(Drop, "20"))},
		told: works().activeFails("active-inbound-dropped-locally", clientUser),
	},

	// Address translation.
	{
		name: "NAT without helper before vsftpd", server: vsftpd(),
		net:  Plan{ClientGateway: Does(Masquerade())},
		told: works().activeFails("active-address-rejected", clientNetwork).mentions("client-behind-nat"),
	},
	{
		name: "NAT without helper before Pure-FTPd", server: pureftpd(),
		net:  Plan{ClientGateway: Does(Masquerade())},
		told: works().activeFails("active-address-rejected", clientNetwork),
	},
	{
		name: "NAT without helper before pyftpdlib", server: pyftpdlib(),
		net:  Plan{ClientGateway: Does(Masquerade())},
		told: works().activeFails("active-address-rejected", clientNetwork),
	},
	{
		name: "NAT without helper before ProFTPD, which dials the router", server: proftpd(),
		net:  Plan{ClientGateway: Does(Masquerade())},
		told: works().activeFails("active-nat-not-forwarded", clientNetwork),
	},
	{
		name: "NAT without helper before ProFTPD, and the router is silent", server: proftpd(),
		net:  Plan{ClientGateway: Does(Masquerade(), Self(Drop))},
		told: works().activeFails("active-nat-not-forwarded", clientNetwork),
	},
	{
		name: "NAT with helper before vsftpd", server: vsftpd(),
		net: Plan{ClientGateway: Does(Masquerade(), Helper("21"))}, told: works(),
	},
	{
		name: "NAT with helper before ProFTPD", server: proftpd(),
		net: Plan{ClientGateway: Does(Masquerade(), Helper("21"))}, told: works(),
	},
	{
		name: "NAT with helper before Pure-FTPd", server: pureftpd(),
		net: Plan{ClientGateway: Does(Masquerade(), Helper("21"))}, told: works(),
	},
	{
		name: "NAT with helper before pyftpdlib", server: pyftpdlib(),
		net: Plan{ClientGateway: Does(Masquerade(), Helper("21"))}, told: works(),
	},
	{
		name: "the client's provider translates its address", server: vsftpd(),
		net:  Plan{ClientIP: ClientShared, ClientGateway: Does(Masquerade())},
		told: works().activeFails("active-address-rejected", anyone).mentions("client-behind-cgnat"),
	},
	{
		name: "the NAT helper watches 21 and the server has 2121 only", server: vsftpd(onPort(2121)),
		net:  Plan{ClientGateway: Does(Masquerade(), Helper("21"))},
		told: works().activeFails("active-address-rejected", clientNetwork),
	},
	{
		name: "the NAT helper watches 21 and the server has 2121 too", server: vsftpd(onPort(2121)), second: vsftpd(),
		net:  Plan{ClientGateway: Does(Masquerade(), Helper("21"))},
		told: works().activeFails("active-alg-nonstandard-port", clientNetwork),
	},
	{
		name: "the firewall's helper watches 21 and the server has 2121 too", server: vsftpd(onPort(2121)), second: vsftpd(),
		net:  Plan{ClientGateway: Does(Stateful(Drop), Helper("21"))},
		told: works().activeFails("active-alg-nonstandard-port", clientNetwork),
	},
	{
		name: "the firewall's helper does not know EPRT", server: vsftpd(),
		net:  Plan{ClientGateway: Does(Stateful(Drop), Helper("21"), HelperIgnores("EPRT", "PORT"))},
		told: works().activeOnlyIf("active-eprt-blocked", clientNetwork),
	},

	// Data connections leave elsewhere.
	{
		name: "data connections to vsftpd leave from another address", server: vsftpd(usualPorts()),
		net: Plan{ClientGateway: Does(Masquerade(), SecondUplink("1024-65535"))},
		told: works().passiveFails("passive-address-mismatch", clientNetwork).
			activeFails("active-address-rejected", clientNetwork),
	},
	{
		name: "data connections to pyftpdlib leave from another address", server: pyftpdlib(usualPorts()),
		net: Plan{ClientGateway: Does(Masquerade(), SecondUplink("1024-65535"))},
		told: works().passiveFails("passive-address-mismatch", anyone).
			activeFails("active-address-rejected", clientNetwork),
	},
	{
		name: "data connections to Pure-FTPd leave from another address", server: pureftpd(usualPorts()),
		net: Plan{ClientGateway: Does(Masquerade(), SecondUplink("1024-65535"))},
		told: works().passiveFails("passive-address-mismatch", clientNetwork).
			activeFails("active-address-rejected", clientNetwork),
	},
	{
		name: "data connections to ProFTPD leave from another address", server: proftpd(usualPorts()),
		net:  Plan{ClientGateway: Does(Masquerade(), SecondUplink("1024-65535"))},
		told: works().activeFails("active-nat-not-forwarded", clientNetwork),
	},
}

// What the client's side lets out, and what it does to the dialogue.
var egressScenarios = []scenario{
	{
		name: "only port 21 is let out, the rest is dropped", server: vsftpd(usualPorts()),
		net:  Plan{ClientGateway: Does(Egress(Drop, "21"))},
		told: works().passiveFails("passive-client-egress-blocked", clientNetwork),
	},
	{
		name: "only port 21 is let out over IPv6", server: vsftpd(usualPorts()), v6: true,
		net:  Plan{ClientGateway: Does(Egress(Drop, "21"))},
		told: works().passiveFails("passive-client-egress-blocked", clientNetwork),
	},
	{
		name: "only port 21 is let out, the rest is reset", server: vsftpd(usualPorts()),
		net:  Plan{ClientGateway: Does(Egress(Reset, "21"))},
		told: works().passiveFails("passive-client-egress-blocked", clientNetwork),
	},
	{
		name: "only port 21 is let out, the rest is prohibited", server: vsftpd(usualPorts()),
		net:  Plan{ClientGateway: Does(Egress(Prohibit, "21"))},
		told: works().passiveFails("passive-ports-prohibited", clientNetwork),
	},
	{
		name: "only port 21 is let out and nothing in", server: proftpd(usualPorts()),
		net: Plan{ClientIP: ClientPublic, ClientGateway: Does(Stateful(Drop), Egress(Drop, "21"))},
		told: works().passiveFails("passive-client-egress-blocked", clientNetwork).
			activeFails("active-inbound-dropped", clientNetwork),
	},
	{
		name: "only web and FTP ports are let out through NAT", server: pureftpd(usualPorts()),
		net: Plan{ClientGateway: Does(Masquerade(), Egress(Reset, "21", "80", "443"))},
		told: works().passiveFails("passive-client-egress-blocked", clientNetwork).
			activeFails("active-address-rejected", clientNetwork),
	},
	{
		name: "only port 21 is let out, with a helper", server: vsftpd(usualPorts()),
		net: Plan{ClientGateway: Does(Stateful(Drop), Egress(Drop, "21"), Helper("21"))}, told: works(),
	},
	{
		name: "the client itself lets nothing else out", server: vsftpd(usualPorts()),
		net:  Plan{Client: Does(HostEgress(Drop, "21"))},
		told: works().passiveFails("passive-client-egress-blocked", clientUser),
	},
	{
		name: "the helper knows PASV but not EPSV", server: vsftpd(usualPorts()),
		net:  Plan{ClientGateway: Does(Egress(Drop, "21"), Helper("21"), HelperIgnores("229 ", "227 "))},
		told: works().passiveOnlyIf("passive-epsv-blocked", clientNetwork).by("PASV"),
	},
	{
		name: "the reply to PASV is swallowed", server: vsftpd(usualPorts()),
		net:  Plan{ClientGateway: Does(Swallow("227 "))},
		told: works().passiveOnlyIf("passive-reply-swallowed", anyone).by("EPSV"),
	},
	{
		name: "the replies to PASV and EPSV are swallowed", server: vsftpd(usualPorts()),
		net:  Plan{ClientGateway: Does(Swallow("227 "), Swallow("229 "))},
		told: works().passiveFails("passive-reply-swallowed", anyone),
	},
	{
		name: "PASV itself is reset", server: pyftpdlib(usualPorts()),
		net:  Plan{ClientGateway: Does(ResetOn("PASV"))},
		told: works().passiveOnlyIf("passive-reply-swallowed", anyone).by("EPSV"),
	},
	{
		name: "PASV is mangled to P@SW", server: proftpd(usualPorts()),
		net:  Plan{ClientGateway: Does(Mangle("PASV", "P@SW"))},
		told: works().passiveOnlyIf("passive-command-mangled", anyone).by("EPSV"),
	},
	{
		name: "PASV is mangled and Pure-FTPd knows that", server: pureftpd(usualPorts()),
		net: Plan{ClientGateway: Does(Mangle("PASV", "P@SW"))}, told: works(),
	},
	{
		name: "a proxy accepts every connection", server: vsftpd(usualPorts()),
		net:  Plan{ClientGateway: Does(AcceptsEverything("21"))},
		told: works().passiveFails("passive-middlebox-accepts", clientNetwork),
	},
	{
		name: "one port in three is blocked at the client's side", server: pyftpdlib(inTurn(50000, 50002, 1)),
		net:  Plan{ClientGateway: Does(EgressShut(Drop, "50001"))},
		told: works().passiveFlaps("passive-one-port-blocked", anyone),
	},
}
