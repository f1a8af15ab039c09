package diagnose

// How servers are told what a fix wants of them. The directives are those of
//
//   - vsftpd: vsftpd.conf(5) of 3.0.3, and allow_writeable_chroot of 3.0.0;
//   - ProFTPD 1.3.8: the directive list of its modules, doc/howto/NAT.html,
//     Limit.html and TLS.html; `proftpd -t` takes them;
//   - Pure-FTPd 1.0.50: pure-ftpd(8) and the key words of its pure-ftpd.conf
//     (Debian has a file for each in /etc/pure-ftpd/conf);
//   - FileZilla Server: the dialogues of 1.9 ("Server > Configure") and of 0.9
//     ("Edit > Settings");
//   - IIS: system.ftpServer and ftpServer of the configuration reference, and
//     the feature names of IIS Manager;
//   - Serv-U: the administrator's guide of SolarWinds;
//   - pyftpdlib 1.5: the attributes of FTPHandler and FTPServer;
//   - SFTPGo: docs/full-configuration.md, in the form of environment variables;
//   - Apache FtpServer: its configuration of listeners.
//
// Labels are in the order in which a reader of several options meets them.
const (
	vsftpd    = "vsftpd"
	proftpd   = "ProFTPD"
	pureftpd  = "Pure-FTPd"
	filezilla = "FileZilla Server"
	iis       = "IIS"
	servU     = "Serv-U"
	pyftpdlib = "pyftpdlib"
	sftpgo    = "SFTPGo"
	apache    = "Apache FtpServer"
)

// oldFileZilla is the series with other dialogues.
const oldFileZilla = "FileZilla Server 0.9"

// onIIS makes the option of IIS, which productOf calls by its full name.
func onIIS(text string) option { return option{iis, text, []string{"Microsoft IIS"}} }

// on makes the option of a product that is announced by its own name.
func on(label, text string) option { return option{label: label, text: text} }

func options(o ...option) recipe { return recipe{options: o} }

var passiveSwitch = options(
	on(vsftpd, "set `pasv_enable=YES` in vsftpd.conf, and take PASV and EPSV out of cmds_denied"),
	on(proftpd, "remove DenyAll from `<Limit PASV EPSV>`"),
	on(pureftpd, "start it without -N, or set `NATmode no`"),
	onIIS("passive mode has no switch of its own, but see that FTP Request Filtering > Commands does not deny PASV and EPSV"),
	on(servU, "under FTP Settings, edit the commands PASV and EPSV and clear \"Disable command\""),
	on(filezilla, "passive mode is always on, so look for a firewall or a proxy that answers in its place"),
)

var activeSwitch = options(
	on(vsftpd, "set `port_enable=YES` in vsftpd.conf, and take PORT and EPRT out of cmds_denied"),
	on(proftpd, "remove DenyAll from `<Limit PORT EPRT>`"),
	onIIS("see that FTP Request Filtering > Commands does not deny PORT and EPRT"),
	on(servU, "under FTP Settings, edit the commands PORT and EPRT and clear \"Disable command\""),
	on(sftpgo, "set `SFTPGO_FTPD__DISABLE_ACTIVE_MODE=false`"),
	on(apache, "set `<active enabled=\"true\"/>` in the listener's data-connection"),
)

var passivePorts = options(
	on(vsftpd, "`pasv_min_port={low}` and `pasv_max_port={high}`"),
	on(proftpd, "`PassivePorts {low} {high}`"),
	on(pureftpd, "`PassivePortRange {low} {high}` (flag `-p {low}:{high}`)"),
	on(filezilla, "Server > Configure > FTP and FTP over TLS > Passive mode > Use custom port range, from {low} to {high}"),
	onIIS("`%windir%\\system32\\inetsrv\\appcmd set config -section:system.ftpServer/firewallSupport /lowDataChannelPort:{low} /highDataChannelPort:{high} /commit:apphost`, then `net stop ftpsvc & net start ftpsvc`"),
	option{oldFileZilla, "Edit > Settings > Passive mode settings > Use custom port range, {low} to {high}", nil},
	on(servU, "Server Limits & Settings > Settings > Network Settings > PASV port range, {low} to {high}"),
	on(pyftpdlib, "`handler.passive_ports = range({low}, {last})`"),
	on(sftpgo, "`SFTPGO_FTPD__PASSIVE_PORT_RANGE__START={low}` and `SFTPGO_FTPD__PASSIVE_PORT_RANGE__END={high}`"),
	on(apache, "`<passive ports=\"{low}-{high}\"/>` in the listener's data-connection"),
)

var passiveAddress = options(
	on(vsftpd, "`pasv_address={peer}` (with `pasv_addr_resolve=YES` it may be a name)"),
	on(proftpd, "`MasqueradeAddress {peer}`, the number rather than a name"),
	on(pureftpd, "`ForcePassiveIP {peer}` (flag `-P {peer}`)"),
	on(filezilla, "Server > Configure > FTP and FTP over TLS > Passive mode > Public IP or hostname: {peer}"),
	onIIS("the site's FTP Firewall Support > External IP Address of Firewall: {peer}, then `net stop ftpsvc & net start ftpsvc`"),
	option{oldFileZilla, "Edit > Settings > Passive mode settings > Use the following IP: {peer}", nil},
	on(servU, "Domain Details > Listeners, edit the FTP listener, PASV IP address: {peer}"),
	on(pyftpdlib, "`handler.masquerade_address = '{peer}'`"),
	on(sftpgo, "`SFTPGO_FTPD__BINDINGS__0__FORCE_PASSIVE_IP={peer}`"),
	on(apache, "`<passive external-address=\"{peer}\"/>` in the listener's data-connection"),
)

// noPassiveAddress leaves the address to the server, which then names the one
// that the client came to.
var noPassiveAddress = options(
	on(vsftpd, "remove the line pasv_address"),
	on(proftpd, "remove the line MasqueradeAddress"),
	on(pureftpd, "remove ForcePassiveIP (flag -P)"),
	on(filezilla, "empty Server > Configure > FTP and FTP over TLS > Passive mode > Public IP or hostname"),
	onIIS("empty the site's FTP Firewall Support > External IP Address of Firewall"),
	on(servU, "empty the PASV IP address of the listener"),
	on(pyftpdlib, "`handler.masquerade_address = None`"),
	on(sftpgo, "`SFTPGO_FTPD__BINDINGS__0__FORCE_PASSIVE_IP=`"),
	on(apache, "remove external-address from `<passive/>`"),
)

// localAddress names the inside address to those inside.
var localAddress = options(
	on(vsftpd, "run a second vsftpd for the inside, without pasv_address and with `listen_address=` its inside address"),
	on(proftpd, "give the inside address a `<VirtualHost>` without MasqueradeAddress"),
	on(filezilla, "tick Server > Configure > FTP and FTP over TLS > Passive mode > Use local IP for local connections"),
	option{oldFileZilla, "tick Edit > Settings > Passive mode settings > Don't use external IP for local connections", nil},
	on(pyftpdlib, "use masquerade_address_map in place of masquerade_address"),
	on(sftpgo, "add the inside networks to passive_ip_overrides"),
)

// fromPort20 makes active mode call from port 20.
var fromPort20 = options(
	on(vsftpd, "`connect_from_port_20=YES`"),
	on(proftpd, "`RootRevoke off`"),
	on(sftpgo, "`SFTPGO_FTPD__ACTIVE_TRANSFERS_PORT_NON_20=false`"),
	on(apache, "`<active local-port=\"20\"/>` in the listener's data-connection"),
)

// anyPort lets active mode call from a port that is free.
var anyPort = options(
	on(vsftpd, "`connect_from_port_20=NO`"),
	on(proftpd, "`RootRevoke UseNonCompliantActiveTransfer`"),
	on(sftpgo, "`SFTPGO_FTPD__ACTIVE_TRANSFERS_PORT_NON_20=true`"),
	on(apache, "`<active local-port=\"0\"/>` in the listener's data-connection"),
)

// anySource accepts a data connection from elsewhere. It is the last resort:
// whoever guesses the port gets the data.
var anySource = options(
	on(vsftpd, "`pasv_promiscuous=YES`"),
	on(proftpd, "`AllowForeignAddress on`"),
	onIIS("matchClientAddressForPasv=\"false\" in the site's ftpServer/security/dataChannelSecurity"),
	on(pyftpdlib, "`handler.permit_foreign_addresses = True`"),
	on(sftpgo, "`SFTPGO_FTPD__BINDINGS__0__PASSIVE_CONNECTIONS_SECURITY=1`"),
)

// rootRevoke undoes what makes ProFTPD refuse PORT.
var rootRevoke = options(
	on(proftpd, "`RootRevoke UseNonCompliantActiveTransfer`, or `RootRevoke off` to call from port 20"),
)

// rangeAndAddress is what a server behind a firewall needs under TLS.
var rangeAndAddress = options(
	on(vsftpd, "`pasv_min_port={low}`, `pasv_max_port={high}` and `pasv_address={peer}`"),
	on(proftpd, "`PassivePorts {low} {high}` and `MasqueradeAddress {peer}` (`TLSMasqueradeAddress {peer}` names it under TLS only)"),
	on(pureftpd, "`PassivePortRange {low} {high}` and `ForcePassiveIP {peer}`"),
	on(filezilla, "Server > Configure > FTP and FTP over TLS > Passive mode: custom port range {low} to {high}, public IP {peer}"),
	onIIS("FTP Firewall Support: Data Channel Port Range {low}-{high} on the server, External IP Address of Firewall {peer} on the site"),
	on(pyftpdlib, "`handler.passive_ports = range({low}, {last})` and `handler.masquerade_address = '{peer}'`"),
)
