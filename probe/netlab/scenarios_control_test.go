//go:build linux

package netlab

import (
	"bufio"
	"io"
	"net"
	"time"

	"ftpdiag/probe/evidence"
)

// No login is possible.
var controlScenarios = []scenario{
	{name: "nothing listens", told: never("control-refused", serverAdmin)},
	{
		name: "the server's firewall resets", server: vsftpd(),
		net: Plan{ServerGateway: Does(Stateful(Reset))}, told: never("control-refused", anyone),
	},
	{
		name: "the client's gateway resets", server: vsftpd(),
		net: Plan{ClientGateway: Does(Egress(Reset))}, told: never("control-refused", clientNetwork),
	},
	{
		name: "the server's firewall drops", server: vsftpd(),
		net: Plan{ServerGateway: Does(Stateful(Drop))}, told: never("control-filtered", serverNetwork),
	},
	{
		name: "the server's firewall drops over IPv6", server: vsftpd(), v6: true,
		net: Plan{ServerGateway: Does(Stateful(Drop))}, told: never("control-filtered", serverNetwork),
	},
	{
		name: "the client's gateway drops", server: vsftpd(),
		net: Plan{ClientGateway: Does(Egress(Drop))}, told: never("control-filtered", clientNetwork),
	},
	{
		name: "the server's firewall prohibits", server: vsftpd(),
		net: Plan{ServerGateway: Does(Stateful(Prohibit))}, told: never("control-prohibited", serverNetwork),
	},
	{
		name: "the server's firewall prohibits over IPv6", server: vsftpd(), v6: true,
		net: Plan{ServerGateway: Does(Stateful(Prohibit))}, told: never("control-prohibited", serverNetwork),
	},
	{
		name: "the client's gateway prohibits", server: vsftpd(),
		net: Plan{ClientGateway: Does(Egress(Prohibit))}, told: never("control-prohibited", clientNetwork),
	},
	{
		name: "the client's gateway has no route", server: vsftpd(),
		net: Plan{ClientGateway: Does(NoRoute())}, told: never("control-no-route", clientNetwork),
	},
	{
		name: "the client has no route", server: vsftpd(),
		net: Plan{Client: Does(RouteType("unreachable"))}, told: never("control-no-route", anyone),
	},
	{
		name: "the client's own policy forbids it", server: vsftpd(),
		net: Plan{Client: Does(RouteType("prohibit"))}, told: never("control-local-policy", clientUser),
	},
	{
		name: "an SSH server", net: answers(Says("SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n")),
		told: never("greeting-wrong-protocol", clientUser),
	},
	{
		name: "a mail server", net: answers(Says("220 mx.example.net ESMTP Postfix\r\n")),
		told: never("greeting-wrong-protocol", clientUser),
	},
	{
		name: "a web server", net: answers(Says("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")),
		told: never("greeting-wrong-protocol", clientUser),
	},
	{name: "a server that is silent", net: answers(Silent), told: never("greeting-silent", anyone)},
	{
		name: "a proxy that accepts for a dead server",
		net:  Plan{ClientGateway: Does(AcceptsEverything("22"))}, told: never("greeting-silent", anyone),
	},
	{
		name: "a server that is full", net: answers(SaysAndGoes("421 There are too many connected users, please try later.\r\n")),
		told: never("greeting-busy", serverAdmin),
	},
	{
		name: "a server that refuses", net: answers(SaysAndGoes("421 Service not available.\r\n")),
		told: never("greeting-refused", serverAdmin),
	},
	{name: "a server that hangs up at once", net: answers(func(net.Conn) {}), told: never("greeting-refused", serverAdmin)},
	{
		name: "a server that hangs up after its greeting", net: answers(SaysAndGoes("220 Welcome.\r\n")),
		told: never("control-closed", anyone),
	},
	{
		name: "a server that hangs up after USER", net: answers(closesAfterUser),
		told: never("control-closed", anyone),
	},
	{
		name: "vsftpd with a mistake in its configuration", net: answers(SaysAndGoes("500 OOPS: vsftpd: refusing to run with writable root inside chroot()\r\n")),
		told: never("greeting-server-error", serverAdmin),
	},
	{
		name: "a server that refuses the login",
		net:  answers(Talks("220 Welcome.", "USER", "331 Password please.", "PASS", "530 Login incorrect.")),
		told: never("login-anonymous-refused", clientUser),
	},
	{
		name: "a server that wants TLS", tls: evidence.TLSOff,
		net:  answers(Talks("220 Welcome.", "AUTH", "234 Go on.", "USER", "530 Anonymous sessions must use encryption.")),
		told: never("tls-required", clientUser).speaking(evidence.TLSExplicit),
	},
	{
		name: "a greeting after three seconds", server: pyftpdlib(greetsAfter(3)), timeout: 5 * time.Second,
		told: works().remarks("greeting-slow", serverAdmin),
	},
	{
		name: "vsftpd lets no anonymous user in", server: vsftpd(noAnonymous()),
		told: never("login-anonymous-refused", clientUser),
	},
	{
		name: "Pure-FTPd lets no anonymous user in", server: pureftpd(noAnonymous()), timeout: 4 * time.Second,
		told: never("login-anonymous-refused", clientUser),
	},
}

// answers is a lab whose server answers on port 21 so.
func answers(handle func(net.Conn)) Plan { return Plan{Server: Does(Answers(21, handle))} }

// closesAfterUser greets, reads a line and is gone.
func closesAfterUser(c net.Conn) {
	_, _ = io.WriteString(c, "220 Welcome.\r\n")
	_, _ = bufio.NewReader(c).ReadString('\n')
}

// greetsAfter makes pyftpdlib wait before it greets.
func greetsAfter(seconds int) option {
	return extra(
		"import types",
		"def late(self, real=handler.handle): self.ioloop.call_later("+itoa(seconds)+", lambda: real(self))",
		"handler.handle = late",
	)
}
