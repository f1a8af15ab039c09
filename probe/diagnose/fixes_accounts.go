package diagnose

// Limits, logins and waits; the sources are those of fixes_servers.go.

var connectionLimits = options(
	on(vsftpd, "`max_clients=200` and `max_per_ip=20`"),
	on(proftpd, "`MaxClients 200`, `MaxClientsPerHost 20` and `MaxInstances 200`"),
	on(pureftpd, "`MaxClientsNumber 200` and `MaxClientsPerIP 20`, and a PassivePortRange of twice as many ports"),
	onIIS("the site's Advanced Settings > Connections > Max Connections"),
	on(pyftpdlib, "`server.max_cons = 512` and `server.max_cons_per_ip = 20`"),
	on(servU, "Domain Limits & Settings > Limits > Connection"),
)

var transferLimits = options(
	on(proftpd, "`MaxTransfersPerHost RETR,STOR 10` and `MaxTransfersPerUser RETR,STOR 10`"),
	on(pyftpdlib, "`server.max_cons = 512`"),
)

var anonymousLogin = options(
	on(vsftpd, "`anonymous_enable=YES`"),
	on(proftpd, "an `<Anonymous ~ftp>` section with `User ftp` and `UserAlias anonymous ftp` in it"),
	on(pureftpd, "`NoAnonymous no` (start it without -E), and a system user ftp"),
	onIIS("the site's FTP Authentication > Anonymous Authentication: Enable, and a rule for it in FTP Authorization Rules"),
	on(filezilla, "a user named anonymous who needs no credentials"),
	on(pyftpdlib, "`authorizer.add_anonymous('/srv/ftp')`"),
)

var addressRules = options(
	on(vsftpd, "with `tcp_wrappers=YES`, allow the address in /etc/hosts.allow"),
	on(proftpd, "an `Allow from` line in `<Limit LOGIN>`"),
	on(filezilla, "Server > Configure > Protocols settings > Filters"),
	onIIS("the site's FTP IP Address and Domain Restrictions"),
	on(servU, "the IP Access lists of domain, group and user"),
	option{oldFileZilla, "Edit > Settings > IP Filter", nil},
)

var bans = options(
	on(vsftpd, "with fail2ban, `fail2ban-client set vsftpd unbanip ADDRESS`"),
	on(proftpd, "with mod_ban, `ftpdctl permit host ADDRESS`, with fail2ban, `fail2ban-client set proftpd unbanip ADDRESS`"),
	on(pureftpd, "with fail2ban, `fail2ban-client set pure-ftpd unbanip ADDRESS`"),
	on(filezilla, "Server > Configure > Protocols settings > Autoban"),
	onIIS("FTP Logon Attempt Restrictions of the server"),
	option{oldFileZilla, "Edit > Settings > Autoban", nil},
)

var userHome = options(
	on(vsftpd, "see that the directory in /etc/passwd or `local_root` exists, for anonymous users that in `anon_root`"),
	on(proftpd, "see that the directory of `DefaultRoot` exists, or set `CreateHome on`"),
	on(pureftpd, "`CreateHomeDir yes` (flag -j)"),
	onIIS("see that the directory of FTP User Isolation exists, such as LocalUser\\NAME"),
	on(filezilla, "see that the native path of the user's mount points exists"),
)

var writableTop = options(
	on(vsftpd, "make the top directory read-only for the user (`chmod a-w`), or set `allow_writeable_chroot=YES`"),
)

var listing = options(
	on(vsftpd, "`dirlist_enable=YES`, and nothing in `hide_file` or `deny_file` that fits"),
	on(proftpd, "no `DenyAll` in `<Limit LIST NLST MLSD DIRS>`"),
	on(pyftpdlib, "`l` in the permissions of `authorizer.add_user`"),
)

var noNameLookup = options(
	on(vsftpd, "it looks up nothing itself, but tcp_wrappers and PAM may"),
	on(proftpd, "`UseReverseDNS off` and, with mod_ident, `IdentLookups off`"),
	on(pureftpd, "`DontResolve yes` (flag -H)"),
)

var longerWaits = options(
	on(vsftpd, "`idle_session_timeout=900` and `data_connection_timeout=900`"),
	on(proftpd, "`TimeoutIdle 900`, `TimeoutNoTransfer 900` and `TimeoutStalled 3600`"),
	on(pureftpd, "`MaxIdleTime 30` (in minutes)"),
	on(filezilla, "Server > Configure > Protocols settings > Timeouts > Activity timeout"),
	onIIS("the site's Advanced Settings > Connections > Control Channel Timeout and Data Channel Timeout"),
	on(pyftpdlib, "`handler.timeout = 900` and `handler.dtp_handler.timeout = 900`"),
)

var keepAlive = options(
	on(proftpd, "`SocketOptions keepalive on`"),
)

var bothFamilies = options(
	on(vsftpd, "`listen=NO` and `listen_ipv6=YES` serve both IPv6 and IPv4"),
	on(proftpd, "`UseIPv6 on`"),
	on(pureftpd, "start it without -4 and -6"),
	on(filezilla, "Server > Configure > Server listeners, one for 0.0.0.0 and one for ::"),
	onIIS("a binding of the site to all unassigned addresses"),
)

var configurationCheck = options(
	on(vsftpd, "run `vsftpd /etc/vsftpd.conf` by hand to see the message again"),
	on(proftpd, "`proftpd -t` checks the configuration"),
)
