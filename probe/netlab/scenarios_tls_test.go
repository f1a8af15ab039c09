//go:build linux

package netlab

import (
	"crypto/tls"
	"time"

	"ftpdiag/probe/evidence"
	"ftpdiag/probe/realserver"
)

// Servers over TLS.
var tlsScenarios = []scenario{
	// Nothing is wrong.
	{
		name: "vsftpd over TLS that demands resumption", server: vsftpd(overTLS(resumedOnly)), tls: evidence.TLSExplicit,
		told: works().mentions("data-tls-session-reuse-required"),
	},
	{name: "vsftpd over TLS", server: vsftpd(overTLS()), tls: evidence.TLSExplicit, told: works()},
	{name: "vsftpd over TLS 1.2", server: vsftpd(overTLS(resumedOnly, versions(tls.VersionTLS12, tls.VersionTLS12))), tls: evidence.TLSExplicit, told: works()},
	{name: "vsftpd over implicit TLS", server: vsftpd(overTLS(implicit, resumedOnly)), tls: evidence.TLSImplicit, told: works()},
	{
		name: "ProFTPD over TLS that demands resumption", server: proftpd(overTLS(resumedOnly)), tls: evidence.TLSExplicit,
		told: works().mentions("data-tls-session-reuse-required"),
	},
	{name: "ProFTPD over TLS", server: proftpd(overTLS()), tls: evidence.TLSExplicit, told: works()},
	{
		// It resumes sessions by their number, which Go's TLS does not.
		name: "ProFTPD over TLS 1.2 alone", server: proftpd(overTLS(resumedOnly, versions(tls.VersionTLS12, tls.VersionTLS12))), tls: evidence.TLSExplicit,
		told: undecided("data-tls-session-reuse-required", clientUser),
	},
	{
		name: "ProFTPD over TLS 1.2 alone that does not mind", server: proftpd(overTLS(versions(tls.VersionTLS12, tls.VersionTLS12))), tls: evidence.TLSExplicit,
		told: works(),
	},
	{name: "ProFTPD over implicit TLS", server: proftpd(overTLS(implicit, resumedOnly)), tls: evidence.TLSImplicit, told: works()},
	{name: "Pure-FTPd over TLS", server: pureftpd(overTLS()), tls: evidence.TLSExplicit, told: works()},
	{name: "Pure-FTPd over TLS 1.2", server: pureftpd(overTLS(versions(tls.VersionTLS12, tls.VersionTLS12))), tls: evidence.TLSExplicit, told: works()},
	{name: "Pure-FTPd that demands TLS for the login", server: pureftpd(overTLS(forLogin)), tls: evidence.TLSExplicit, told: works()},
	{name: "Pure-FTPd that demands TLS for login and data", server: pureftpd(overTLS(forLogin, forData)), tls: evidence.TLSExplicit, told: works()},
	{name: "pyftpdlib over TLS", server: pyftpdlib(overTLS()), tls: evidence.TLSExplicit, told: works()},
	{name: "pyftpdlib over TLS 1.2", server: pyftpdlib(overTLS(versions(tls.VersionTLS12, tls.VersionTLS12))), tls: evidence.TLSExplicit, told: works()},
	{name: "pyftpdlib over implicit TLS", server: pyftpdlib(overTLS(implicit)), tls: evidence.TLSImplicit, told: works()},
	{name: "vsftpd over TLS and IPv6", server: vsftpd(overTLS(resumedOnly)), tls: evidence.TLSExplicit, v6: true, told: works()},
	{name: "ProFTPD over TLS and IPv6", server: proftpd(overTLS(resumedOnly)), tls: evidence.TLSExplicit, v6: true, told: works()},
}

// joe is a user with a password.
var joe = &realserver.User{Name: "joe", Password: "a real secret"}

func joesToo() option { return user(joe.Name, joe.Password) }

// What TLS does to the helpers of routers.
var blindScenarios = []scenario{
	{
		name: "NAT with helper before vsftpd over TLS", server: vsftpd(overTLS()), tls: evidence.TLSExplicit,
		net:  Plan{ClientGateway: Does(Masquerade(), Helper("21"))},
		told: works().activeFails("active-alg-blind-to-tls", clientNetwork),
	},
	{
		name: "NAT with helper before ProFTPD over TLS", server: proftpd(overTLS()), tls: evidence.TLSExplicit,
		net:  Plan{ClientGateway: Does(Masquerade(), Helper("21"))},
		told: works().activeFails("active-alg-blind-to-tls", clientNetwork),
	},
	{
		name: "NAT with helper before Pure-FTPd over TLS", server: pureftpd(overTLS()), tls: evidence.TLSExplicit,
		net:  Plan{ClientGateway: Does(Masquerade(), Helper("21"))},
		told: works().activeFails("active-alg-blind-to-tls", clientNetwork),
	},
	{
		name: "NAT with helper before pyftpdlib over TLS", server: pyftpdlib(overTLS()), tls: evidence.TLSExplicit,
		net:  Plan{ClientGateway: Does(Masquerade(), Helper("21"))},
		told: works().activeFails("active-alg-blind-to-tls", clientNetwork),
	},
	{
		name: "NAT with helper before vsftpd that demands TLS", server: vsftpd(overTLS(forLogin, forData)), tls: evidence.TLSExplicit,
		net:  Plan{ClientGateway: Does(Masquerade(), Helper("21"))},
		told: works().activeFails("active-address-rejected", clientNetwork),
	},
	{
		name: "NAT with helper and a real user over TLS", server: vsftpd(overTLS(), joesToo()), tls: evidence.TLSExplicit, user: joe,
		net:  Plan{ClientGateway: Does(Masquerade(), Helper("21"))},
		told: works().activeFails("active-address-rejected", clientNetwork),
	},
	{
		name: "NAT without helper before vsftpd over TLS", server: vsftpd(overTLS()), tls: evidence.TLSExplicit,
		net:  Plan{ClientGateway: Does(Masquerade())},
		told: works().activeFails("active-address-rejected", clientNetwork),
	},
	{
		name: "NAT without helper before ProFTPD over TLS", server: proftpd(overTLS()), tls: evidence.TLSExplicit,
		net:  Plan{ClientGateway: Does(Masquerade())},
		told: works().activeFails("active-nat-not-forwarded", clientNetwork),
	},
	{
		name: "the client's firewall drops data connections over TLS", server: vsftpd(overTLS()), tls: evidence.TLSExplicit,
		net:  Plan{ClientGateway: Does(Stateful(Drop))},
		told: works().activeFails("active-inbound-dropped", clientNetwork),
	},
	{
		name: "the client's firewall has a helper and data connections go over TLS", server: vsftpd(overTLS()), tls: evidence.TLSExplicit,
		net:  Plan{ClientGateway: Does(Stateful(Drop), Helper("21"))},
		told: works().activeFails("active-alg-blind-to-tls", clientNetwork),
	},
	{
		name: "only port 21 is let out, with a helper, and data connections go over TLS", server: vsftpd(usualPorts(), overTLS()), tls: evidence.TLSExplicit,
		net: Plan{ClientGateway: Does(Stateful(Drop), Egress(Drop, "21"), Helper("21"))},
		told: works().passiveFails("passive-alg-blind-to-tls", clientNetwork).
			activeFails("active-alg-blind-to-tls", clientNetwork),
	},
	{
		name: "only 21 is forwarded, with a helper, over TLS", server: vsftpd(usualPorts(), overTLS()), tls: evidence.TLSExplicit,
		net:  Plan{Private: true, ServerGateway: Does(Forward("21"), Helper("21"))},
		told: works().passiveFails("passive-alg-blind-to-tls", serverNetwork),
	},
	{
		name: "only 21 is forwarded, with a helper, before ProFTPD over TLS", server: proftpd(usualPorts(), overTLS()), tls: evidence.TLSExplicit,
		net:  Plan{Private: true, ServerGateway: Does(Forward("21"), Helper("21"))},
		told: works().passiveFails("passive-alg-blind-to-tls", serverNetwork),
	},
	{
		name: "only 21 is forwarded, without a helper, over TLS", server: vsftpd(usualPorts(), overTLS(), announces("198.51.100.2")), tls: evidence.TLSExplicit,
		net:  Plan{Private: true, ServerGateway: Does(Forward("21"))},
		told: works().passiveFails("passive-nat-not-forwarded", serverNetwork),
	},
	{
		name: "the server's firewall relies on its helper over TLS", server: vsftpd(usualPorts(), overTLS()), tls: evidence.TLSExplicit,
		net:  Plan{ServerGateway: Does(Stateful(Drop), Admit("21"), Helper("21"))},
		told: works().passiveFails("passive-alg-blind-to-tls", serverNetwork),
	},
	{
		name: "the server's firewall drops passive ports over TLS", server: vsftpd(usualPorts(), overTLS()), tls: evidence.TLSExplicit,
		net:  Plan{ServerGateway: Does(Stateful(Drop), Admit("21"))},
		told: works().passiveFails("passive-ports-dropped", serverNetwork),
	},
	{
		name: "helpers on both sides over TLS", server: vsftpd(usualPorts(), overTLS()), tls: evidence.TLSExplicit,
		net: Plan{Private: true, ClientGateway: Does(Masquerade(), Helper("21")), ServerGateway: Does(Forward("21"), Helper("21"))},
		told: works().passiveFails("passive-alg-blind-to-tls", serverNetwork).
			activeFails("active-alg-blind-to-tls", clientNetwork),
	},
	{
		name: "a forwarded range and the right address over TLS", server: vsftpd(usualPorts(), overTLS(resumedOnly), announces("198.51.100.2")), tls: evidence.TLSExplicit,
		net:  Plan{Private: true, ServerGateway: Does(Forward("21", portRange))},
		told: works(),
	},
	{
		name: "a forwarded range and a private address over TLS", server: proftpd(usualPorts(), overTLS(resumedOnly)), tls: evidence.TLSExplicit,
		net:  Plan{Private: true, ServerGateway: Does(Forward("21", portRange))},
		told: works().passiveOnlyIf("passive-private-address", serverAdmin),
	},
}

// TLS on the control connection does not come about.
var noTLSScenarios = []scenario{
	{
		name: "AUTH is reset", server: vsftpd(overTLS()), tls: evidence.TLSExplicit,
		net: Plan{ClientGateway: Does(ResetOn("AUTH"))}, told: never("tls-killed-by-middlebox", anyone),
	},
	{
		name: "AUTH is swallowed", server: vsftpd(overTLS()), tls: evidence.TLSExplicit,
		net: Plan{ClientGateway: Does(Swallow("AUTH"))}, told: never("tls-killed-by-middlebox", anyone),
	},
	{
		name: "the first packet of TLS is reset", server: vsftpd(overTLS()), tls: evidence.TLSExplicit,
		net: Plan{ClientGateway: Does(ResetOnClientHello())}, told: never("tls-killed-by-middlebox", anyone),
	},
	{
		name: "a proxy hangs up behind 234", server: proftpd(overTLS()), tls: evidence.TLSExplicit,
		net: Plan{ClientGateway: Does(HangsUpBehind("234").In(21))}, told: never("tls-killed-by-middlebox", anyone),
	},
	{
		name: "the first packet of TLS is swallowed", server: vsftpd(overTLS()), tls: evidence.TLSExplicit,
		net: Plan{ClientGateway: Does(SwallowClientHello())}, told: never("tls-handshake-stalled", anyone),
	},
	{
		name: "an MTU black hole and a large certificate", server: vsftpd(overTLS()), tls: evidence.TLSExplicit, cert: manyNames(),
		net: blackHole, told: never("tls-handshake-stalled", anyone),
	},
	{
		name: "an MTU black hole and a large certificate over implicit TLS", server: vsftpd(overTLS(implicit)), tls: evidence.TLSImplicit, cert: manyNames(),
		net: blackHole, told: never("tls-handshake-stalled", anyone),
	},
	{
		name: "a large certificate", server: vsftpd(overTLS()), tls: evidence.TLSExplicit, cert: manyNames(), told: works(),
	},
	{
		name: "the man in the middle strips TLS", server: vsftpd(overTLS()), tls: evidence.TLSExplicit,
		net: Plan{ClientGateway: Does(StripsTLS().In(21))}, told: never("tls-not-offered", anyone).speaking(evidence.TLSOff),
	},
	{name: "vsftpd has no TLS", server: vsftpd(), tls: evidence.TLSExplicit, told: never("tls-not-offered", serverAdmin).speaking(evidence.TLSOff)},
	{name: "ProFTPD has no TLS", server: proftpd(), tls: evidence.TLSExplicit, told: never("tls-not-offered", serverAdmin).speaking(evidence.TLSOff)},
	{name: "Pure-FTPd has no TLS", server: pureftpd(), tls: evidence.TLSExplicit, told: never("tls-not-offered", serverAdmin).speaking(evidence.TLSOff)},
	{name: "pyftpdlib has no TLS", server: pyftpdlib(), tls: evidence.TLSExplicit, told: never("tls-not-offered", serverAdmin).speaking(evidence.TLSOff)},
	{
		name: "ProFTPD has no certificate", server: proftpd(overTLS(noCertificate)), tls: evidence.TLSExplicit,
		told: never("tls-no-server-cert", serverAdmin),
	},
	{
		name: "vsftpd demands a certificate of the client", server: vsftpd(overTLS(), extra("require_cert=YES")), tls: evidence.TLSExplicit,
		told: never("tls-client-cert-required", clientUser),
	},
	{
		name: "a server of TLS 1.1", server: proftpd(overTLS(versions(tls.VersionTLS10, tls.VersionTLS11))), tls: evidence.TLSExplicit,
		excused: withoutCurl("OpenSSL of Debian speaks TLS 1.2 at least"),
		told:    works().remarks("tls-version-cipher", serverAdmin),
	},
	{
		name: "implicit TLS is asked of an explicit server", server: vsftpd(overTLS(), onPort(21)), tls: evidence.TLSImplicit,
		told: never("tls-implicit-explicit-mismatch", clientUser).speaking(evidence.TLSExplicit),
	},
	{
		name: "explicit TLS is asked of an implicit server", server: vsftpd(overTLS(implicit), onPort(990)), tls: evidence.TLSExplicit,
		told: never("tls-implicit-explicit-mismatch", clientUser).speaking(evidence.TLSImplicit),
	},
}

// The server demands TLS, and ftpdiag is or is not left the choice.
var demandScenarios = []scenario{
	{
		name: "vsftpd demands TLS for the login", server: vsftpd(overTLS(forLogin)), tls: evidence.TLSAuto,
		told: works().mentions("tls-required"),
	},
	{
		name: "ProFTPD demands TLS for the login", server: proftpd(overTLS(forLogin)), tls: evidence.TLSAuto,
		told: works().mentions("tls-required"),
	},
	{
		name: "Pure-FTPd demands TLS for the login", server: pureftpd(overTLS(forLogin)), tls: evidence.TLSAuto,
		told: works().mentions("tls-required"),
	},
	{
		name: "pyftpdlib demands TLS for the login", server: pyftpdlib(overTLS(forLogin)), tls: evidence.TLSAuto,
		told: works().mentions("tls-required"),
	},
	{
		name: "vsftpd demands TLS and resumption", server: vsftpd(overTLS(forLogin, forData, resumedOnly)), tls: evidence.TLSAuto,
		told: works().mentions("tls-required", "data-tls-session-reuse-required"),
	},
	{
		name: "vsftpd demands TLS and ftpdiag must not", server: vsftpd(overTLS(forLogin)), tls: evidence.TLSOff,
		told: never("tls-required", clientUser).speaking(evidence.TLSExplicit),
	},
	{
		name: "Pure-FTPd demands TLS and ftpdiag must not", server: pureftpd(overTLS(forLogin)), tls: evidence.TLSOff,
		told: never("tls-required", clientUser).speaking(evidence.TLSExplicit),
	},
	{
		name: "vsftpd demands TLS for data", server: vsftpd(overTLS(forData)), tls: evidence.TLSAuto,
		told: works().mentions("data-tls-required"),
	},
	{
		name: "ProFTPD demands TLS for data", server: proftpd(overTLS(forData)), tls: evidence.TLSAuto,
		told: works().mentions("data-tls-required"),
	},
	{
		name: "pyftpdlib demands TLS for data", server: pyftpdlib(overTLS(forData)), tls: evidence.TLSAuto,
		told: works().mentions("data-tls-required"),
	},
	{
		name: "vsftpd demands TLS for data and ftpdiag must not", server: vsftpd(overTLS(forData)), tls: evidence.TLSOff,
		told: bothFail("data-tls-required", clientUser).speaking(evidence.TLSExplicit),
	},
	{
		name: "TLS is there for those who ask", server: vsftpd(overTLS()),
		told: works(),
	},
	{
		name: "implicit TLS on its own port, and nobody says so", server: vsftpd(overTLS(implicit), onPort(990)), tls: evidence.TLSAuto,
		told: works(),
	},
	{
		name: "implicit TLS on port 21, and nobody says so", server: pyftpdlib(overTLS(implicit), onPort(21)), tls: evidence.TLSAuto,
		told: works(),
	},
	{
		name: "a real user and TLS", server: vsftpd(overTLS(), joesToo()), tls: evidence.TLSAuto, user: joe,
		told: works(),
	},
	{
		name: "a real user and TLS of Pure-FTPd", server: pureftpd(overTLS(), joesToo()), tls: evidence.TLSAuto, user: joe,
		told: works(),
	},
	{
		name: "a real user and no TLS", server: vsftpd(joesToo()), tls: evidence.TLSAuto, user: joe,
		told: never("tls-not-offered", serverAdmin),
	},
	{
		name: "a real user and a certificate of nobody", server: vsftpd(overTLS(), joesToo()), tls: evidence.TLSAuto, user: joe,
		cert: certificate{untrusted: true}, wary: true, told: never("tls-cert-untrusted", serverAdmin),
	},
	{
		name: "a real user and a certificate of nobody, which does not matter", server: vsftpd(overTLS(), joesToo()), tls: evidence.TLSAuto, user: joe,
		cert: certificate{untrusted: true}, args: []string{"--insecure"},
		told: works().mentions("tls-cert-untrusted"),
	},
}

// Certificates, and what befalls data connections over TLS.
var dataTLSScenarios = []scenario{
	{
		name: "an expired certificate", server: vsftpd(overTLS()), tls: evidence.TLSExplicit,
		cert: certificate{lifetime: -time.Minute, untrusted: true},
		told: works().remarks("tls-cert-untrusted", serverAdmin).withStatus("critical"),
	},
	{
		name: "an expired certificate of ProFTPD, which demands resumption", server: proftpd(overTLS(resumedOnly)), tls: evidence.TLSExplicit,
		cert: certificate{lifetime: -30 * time.Minute, untrusted: true},
		told: works().remarks("tls-cert-untrusted", serverAdmin).withStatus("critical").mentions("data-tls-session-reuse-required"),
	},
	{
		name: "an expired certificate over TLS 1.2", server: vsftpd(overTLS(resumedOnly, versions(tls.VersionTLS12, tls.VersionTLS12))), tls: evidence.TLSExplicit,
		cert: certificate{lifetime: -30 * time.Minute, untrusted: true},
		told: works().remarks("tls-cert-untrusted", serverAdmin).withStatus("critical").mentions("data-tls-session-reuse-required"),
	},
	{
		name: "a certificate for another host", server: proftpd(overTLS()), tls: evidence.TLSExplicit,
		cert: certificate{only: []string{"www.example.net"}, untrusted: true}, told: works().remarks("tls-cert-untrusted", serverAdmin),
	},
	{
		name: "a certificate of nobody", server: pureftpd(overTLS()), tls: evidence.TLSExplicit,
		cert: certificate{untrusted: true}, told: works().remarks("tls-cert-untrusted", serverAdmin),
	},
	{
		name: "passive data over TLS to vsftpd is reset midway", server: vsftpd(usualPorts(), overTLS()), path: realserver.File300K, tls: evidence.TLSExplicit,
		net:  Plan{ServerGateway: Does(CutsAfter(50000, portRange))},
		told: works().passiveFails("passive-aborted-426", anyone),
	},
	{
		name: "passive data over TLS to ProFTPD is reset midway", server: proftpd(usualPorts(), overTLS()), path: realserver.File300K, tls: evidence.TLSExplicit,
		net:  Plan{ServerGateway: Does(CutsAfter(50000, portRange))},
		told: works().passiveFails("passive-aborted-426", anyone),
	},
	{
		name: "active data over TLS from vsftpd is reset midway", server: vsftpd(overTLS()), path: realserver.File300K, tls: evidence.TLSExplicit,
		net:  Plan{ServerGateway: Does(CutsAfter(50000, "20"))},
		told: works().activeFails("active-aborted-426", anyone),
	},
	{
		name: "an MTU black hole and a file over TLS", server: vsftpd(overTLS()), path: realserver.File300K, tls: evidence.TLSExplicit,
		net: blackHole, told: bothFail("transfer-mtu-black-hole", anyone),
	},
	{
		name: "a small MTU that is told and a file over TLS", server: vsftpd(overTLS(resumedOnly)), path: realserver.File300K, tls: evidence.TLSExplicit,
		net: Plan{ClientGateway: Does(LinkMTU(1280)), ServerGateway: Does(LinkMTU(1280))}, told: works(),
	},
	{
		// curl gives up on a control connection that takes longer than the timeout
		// to be made, to its login.
		name: "a round trip of 200 ms over TLS", server: vsftpd(overTLS(resumedOnly)), timeout: 10 * time.Second, tls: evidence.TLSExplicit,
		net: Plan{Delay: 100 * time.Millisecond}, told: works(),
	},
	{
		name: "one packet in twenty is lost over TLS", server: vsftpd(overTLS()), timeout: 5 * time.Second, lossy: true, tls: evidence.TLSExplicit,
		net: Plan{ServerGateway: Does(Loss(20))}, told: works(),
	},
	{
		name: "vsftpd refuses PROT", server: vsftpd(overTLS(), extra("cmds_denied=PROT")), tls: evidence.TLSExplicit,
		excused: withoutCurl("it is told to go without encryption nowhere"),
		told:    works().remarks("data-tls-refused", serverAdmin).dataInClear(),
	},
	{
		name: "vsftpd over TLS admits one connection an address", server: vsftpd(overTLS(resumedOnly), maxPerIP(1)), serial: true, tls: evidence.TLSExplicit,
		told: works(),
	},
	{
		name: "vsftpd over TLS without passive mode", server: vsftpd(overTLS(), noPassive()), tls: evidence.TLSExplicit,
		told: works().passiveFails("passive-disabled", serverAdmin),
	},
}
