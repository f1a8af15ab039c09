package diagnose

// How firewalls and routers are told. The commands are those of firewall-cmd(1),
// ufw(8), iptables-extensions(8), nft(8), New-NetFirewallRule and netsh
// advfirewall (Microsoft), RouterOS' /ip firewall service-port, and Cisco ASA's
// policy maps. Linux attaches the FTP helper to nothing by itself since 2016
// (commit 3bb398d925ec), so the rule must say it.

// openPorts lets the passive ports into the server's machine.
var openPorts = recipe{anyway: true, options: []option{
	{"Linux", "`firewall-cmd --permanent --add-port={low}-{high}/tcp` and `firewall-cmd --reload`, or `ufw allow {low}:{high}/tcp`, or `iptables -I INPUT -p tcp --dport {low}:{high} -j ACCEPT`",
		[]string{vsftpd, proftpd, pureftpd, pyftpdlib}},
	{"Windows", "`New-NetFirewallRule -DisplayName 'FTP passive' -Direction Inbound -Protocol TCP -LocalPort {low}-{high} -Action Allow`",
		[]string{"Microsoft IIS"}},
}}

// openControl lets callers in at the control port.
var openControl = recipe{anyway: true, options: []option{
	{"Linux", "`firewall-cmd --permanent --add-port={control}/tcp` and `firewall-cmd --reload`, or `ufw allow {control}/tcp`, or `iptables -I INPUT -p tcp --dport {control} -j ACCEPT`", nil},
	{"Windows", "`New-NetFirewallRule -DisplayName 'FTP' -Direction Inbound -Protocol TCP -LocalPort {control} -Action Allow`", nil},
}}

// forwardPorts leads the passive ports through a router, number by number.
var forwardPorts = recipe{anyway: true, options: []option{
	{"Linux router", "`iptables -t nat -A PREROUTING -p tcp --dport {low}:{high} -j DNAT --to-destination SERVER`, and accept the same ports in FORWARD", nil},
}}

// followFTP switches a firewall's FTP helper on.
var followFTP = recipe{anyway: true, options: []option{
	{"Linux", "`modprobe nf_conntrack_ftp` (behind NAT also nf_nat_ftp), `iptables -t raw -A PREROUTING -p tcp --dport {control} -j CT --helper ftp`, and accept RELATED connections, or with firewalld `firewall-cmd --permanent --add-service=ftp`", nil},
	{"MikroTik", "`/ip firewall service-port set ftp disabled=no ports={control}`", nil},
	{"Cisco ASA", "`inspect ftp` in the policy map", nil},
}}

// leaveFTP switches it off.
var leaveFTP = recipe{anyway: true, options: []option{
	{"Linux", "remove the rule with `CT --helper ftp`", nil},
	{"MikroTik", "`/ip firewall service-port set ftp disabled=yes`", nil},
	{"Cisco ASA", "`no inspect ftp` in the policy map", nil},
	{"Windows", "`netsh advfirewall set global StatefulFtp disable`", nil},
}}

// admitClient lets the server's calls in at the client's machine. KB 309816 and
// others tell of source port 20; a rule on it fails with servers that call from
// elsewhere, and lets in whoever sends from port 20.
var admitClient = recipe{anyway: true, options: []option{
	{"Windows", "`New-NetFirewallRule -DisplayName 'FTP client' -Direction Inbound -Program 'C:\\Path\\client.exe' -Action Allow`", nil},
	{"Linux", "`firewall-cmd --permanent --add-port=50000-50100/tcp` and `firewall-cmd --reload`, or `ufw allow 50000:50100/tcp`", nil},
}}

// clampMSS makes TCP send no packet that is too large for the way.
var clampMSS = recipe{anyway: true, options: []option{
	{"Linux router", "`iptables -t mangle -A FORWARD -p tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu`, or `nft add rule inet filter forward tcp flags syn tcp option maxseg size set rt mtu`", nil},
}}
