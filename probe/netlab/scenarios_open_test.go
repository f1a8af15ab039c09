//go:build linux

package netlab

import "time"

// Nothing is wrong. What is merely far, thin or lossy is no fault.
var openScenarios = []scenario{
	{name: "vsftpd with nothing in the way", server: vsftpd(), told: works()},
	{name: "ProFTPD with nothing in the way", server: proftpd(), told: works()},
	{name: "Pure-FTPd with nothing in the way", server: pureftpd(), told: works()},
	{name: "pyftpdlib with nothing in the way", server: pyftpdlib(), told: works()},
	{name: "vsftpd over IPv6", server: vsftpd(), v6: true, told: works()},
	{name: "ProFTPD over IPv6", server: proftpd(), v6: true, told: works()},
	{name: "Pure-FTPd over IPv6", server: pureftpd(), v6: true, told: works()},
	{name: "pyftpdlib over IPv6", server: pyftpdlib(), v6: true, told: works()},
	{name: "a name with both families", server: vsftpd(), net: Plan{Named: true}, told: works()},
	{name: "another control port", server: vsftpd(onPort(2121)), told: works()},
	{
		name: "firewalls on both sides that know FTP", server: vsftpd(usualPorts()),
		net: Plan{
			ClientGateway: Does(Stateful(Drop), Helper("21")),
			ServerGateway: Does(Stateful(Drop), Admit("21"), Helper("21")),
		},
		told: works(),
	},
	{
		name: "an open range at the server and NAT with helper at the client", server: proftpd(usualPorts()),
		net: Plan{
			ClientGateway: Does(Masquerade(), Helper("21")),
			ServerGateway: Does(Stateful(Drop), Admit("21", portRange)),
		},
		told: works(),
	},
	{
		name: "a round trip of 200 ms", server: vsftpd(), timeout: 5 * time.Second,
		net: Plan{Delay: 100 * time.Millisecond}, told: works(),
	},
	{
		name: "a round trip of 200 ms over IPv6", server: pureftpd(), v6: true, timeout: 5 * time.Second,
		net: Plan{Delay: 100 * time.Millisecond}, told: works(),
	},
	{
		name: "one packet in ten is lost", server: vsftpd(), timeout: 5 * time.Second, lossy: true,
		net: Plan{ServerGateway: Does(Loss(10))}, told: works(),
	},
	{
		name: "one packet in ten is lost on the way to pyftpdlib", server: pyftpdlib(), timeout: 5 * time.Second, lossy: true,
		net: Plan{ClientGateway: Does(Loss(10))}, told: works(),
	},
	{
		name: "a line of 1 Mbit", server: proftpd(), timeout: 5 * time.Second, args: []string{"--retrieve"},
		net: Plan{ClientGateway: Does(Rate("1mbit")), ServerGateway: Does(Rate("1mbit"))}, told: works(),
	},
	{
		name: "a line of 1 Mbit with a round trip of 200 ms", server: vsftpd(), timeout: 5 * time.Second,
		net: Plan{Delay: 100 * time.Millisecond, ServerGateway: Does(Rate("1mbit"))}, told: works(),
	},
}
