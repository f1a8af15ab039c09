package diagnose

// What servers say, by the step at which they say it. The first phrase that
// fits is taken, so the words of a product stand before those that several use.

// greetingWords stand in place of the 220.
var greetingWords = []phrase{
	{"421 Temporarily banned", ControlClientBanned, "FileZilla Server 0.9 [src]"},
	{"any …banned", ControlClientBanned, "several [inf]"},
	{"500 OOPS:", GreetingServerError, "vsftpd [lab]"},
	{"421 There are too many connected users", GreetingBusy, "vsftpd [lab]"},
	{"421 There are too many connections from your internet address", GreetingBusy, "vsftpd [lab]"},
	{"421 …users (the maximum) are already logged in", GreetingBusy, "Pure-FTPd [lab]"},
	{"421 Too many connections", GreetingBusy, "Pure-FTPd, pyftpdlib [src]"},
	{"421 Service not available", GreetingRefused, "vsftpd with tcp_wrappers [src]"},
	{"any …too many", GreetingBusy, "several [inf]"},
	{"any …maximum number", GreetingBusy, "ProFTPD and others [src]"},
	{"any …limit", GreetingBusy, "several [inf]"},
	{"any …try again later", GreetingBusy, "several [inf]"},
	{"any …try later", GreetingBusy, "several [inf]"},
	{"any …busy", GreetingBusy, "several [inf]"},
}

// otherProtocols are greetings that pass for FTP's at first sight: they too
// begin with 2yz.
var otherProtocols = []phrase{
	{"any …ESMTP", GreetingWrongProtocol, "mail servers (RFC 5321)"},
	{"any …SMTP", GreetingWrongProtocol, "mail servers (RFC 5321)"},
	{"any …NNTP", GreetingWrongProtocol, "news servers (RFC 3977)"},
	{"any …InterNetNews", GreetingWrongProtocol, "news servers"},
}

// loginWords answer USER or PASS.
var loginWords = []phrase{
	{"530 Non-anonymous sessions must use encryption", TLSRequired, "vsftpd [lab]"},
	{"530 Anonymous sessions must use encryption", TLSRequired, "vsftpd [lab]"},
	{"550 SSL/TLS required on the control channel", TLSRequired, "ProFTPD, pyftpdlib [src]"},
	{"421 Sorry, cleartext sessions", TLSRequired, "Pure-FTPd [lab]"},
	{"503 Use AUTH first", TLSRequired, "FileZilla Server 1.x [src]"},
	{"530 This server does not allow plain FTP", TLSRequired, "FileZilla Server 0.9 [src]"},
	{"534 Policy requires SSL", TLSRequired, "IIS [doc]"},
	{"530 Not logged in, need secure connection", TLSRequired, "Serv-U [doc]"},
	{"530 Anonymous sessions may not use encryption", TLSNotOffered, "vsftpd without allow_anon_ssl [src]"},
	{"531 Server requires client certificate", TLSClientCertRequired, "z/OS [doc]"},
	{"any …client certificate", TLSClientCertRequired, "several [inf]"},
	{"any …must use encryption", TLSRequired, "several [inf]"},
	{"any …cleartext", TLSRequired, "several [inf]"},
	{"any …TLS …required", TLSRequired, "several [inf]"},
	{"any …SSL …required", TLSRequired, "several [inf]"},
	{"any …require …TLS", TLSRequired, "several [inf]"},
	{"any …require …SSL", TLSRequired, "several [inf]"},
	{"any …AUTH TLS", TLSRequired, "several [inf]"},

	{"500 OOPS: vsftpd: refusing to run with writable root", LoginHomeUnavailable, "vsftpd [src]"},
	{"500 OOPS: cannot change directory", LoginHomeUnavailable, "vsftpd [src]"},
	{"421 Unable to set up secure anonymous FTP", LoginHomeUnavailable, "Pure-FTPd [src]"},
	{"421 Home directory not available", LoginHomeUnavailable, "Pure-FTPd [src]"},
	{"530 User cannot log in, home directory inaccessible", LoginHomeUnavailable, "IIS [inf]"},
	{"any …home dir", LoginHomeUnavailable, "several [inf]"},
	{"500 OOPS:", GreetingServerError, "vsftpd [lab]"},

	{"530 Valid hostname is expected", LoginVirtualHost, "IIS [doc]"},
	{"530 Not logged in, unauthorized IP address", LoginAddressDenied, "Serv-U [doc]"},
	{"521 This user is not allowed to connect from this IP", LoginAddressDenied, "FileZilla Server 0.9 [src]"},
	{"any …unauthorized IP", LoginAddressDenied, "several [inf]"},
	{"any …not allowed …from this IP", LoginAddressDenied, "several [inf]"},
	{"any …from your IP", LoginAddressDenied, "several [inf]"},
	{"any …from your host", LoginSessionLimit, "ProFTPD [src]"},

	{"530 Sorry, no ANONYMOUS access allowed", LoginAnonymousRefused, "several [doc]"},
	{"530 This is a private system - No anonymous login", LoginAnonymousRefused, "Pure-FTPd [lab]"},
	{"530 Anonymous access not allowed", LoginAnonymousRefused, "pyftpdlib [src]"},
	{"any …no anonymous", LoginAnonymousRefused, "several [inf]"},
	{"any …anonymous …not allowed", LoginAnonymousRefused, "several [inf]"},
	{"any …anonymous …denied", LoginAnonymousRefused, "several [inf]"},
	{"any …anonymous …disabled", LoginAnonymousRefused, "several [inf]"},

	{"any …login attempts", LoginRejected, "pyftpdlib and others [src]"},
	{"any …authentication failures", LoginRejected, "Pure-FTPd and others [src]"},
	{"421 Temporarily banned", ControlClientBanned, "FileZilla Server 0.9 [src]"},
	{"any …banned", ControlClientBanned, "several [inf]"},
	{"421 Too many active connections", LoginSessionLimit, "several [doc]"},
	{"530 …sessions from same IP", LoginSessionLimit, "Serv-U [doc]"},
	{"421 …users (the maximum) are already logged in", LoginSessionLimit, "Pure-FTPd [lab]"},
	{"any …maximum number", LoginSessionLimit, "ProFTPD and others [src]"},
	{"any …too many", LoginSessionLimit, "several [inf]"},
	{"any …already logged in", LoginSessionLimit, "several [inf]"},
	{"any …already connected", LoginSessionLimit, "several [inf]"},

	{"421 Login timeout", LoginTimeout, "ProFTPD [src]"},
	{"421 Timeout", LoginTimeout, "vsftpd, Pure-FTPd [src]"},
	{"421 Control connection timed out", LoginTimeout, "pyftpdlib [src]"},
	{"421 …timeout", LoginTimeout, "several [inf]"},
	{"421 …timed out", LoginTimeout, "several [inf]"},
}

// authWords refuse AUTH TLS. Servers that do not know TLS say so in the words of
// an unknown command, vsftpd in those of a login that is due.
var authWords = []phrase{
	{"530 Please login with USER and PASS", TLSNotOffered, "vsftpd [lab]"},
	{"500 AUTH not understood", TLSNotOffered, "ProFTPD [lab]"},
	{"500 This security scheme is not implemented", TLSNotOffered, "Pure-FTPd [lab]"},
	{`500 Command "AUTH" not understood`, TLSNotOffered, "pyftpdlib [lab]"},
	{"502 Unrecognized encryption type", TLSNotOffered, "pyftpdlib [src]"},
	{"504 Auth type not supported", TLSNotOffered, "FileZilla Server [src]"},
	{"504 Unknown security mechanism", TLSNotOffered, "Serv-U [doc]"},
	{"431 Necessary security resource unavailable", TLSNoServerCert, "ProFTPD [src]"},
	{"431 Unable to negotiate secure command connection", TLSNoServerCert, "Serv-U [doc]"},
	{"534 Policy requires SSL", TLSNoServerCert, "IIS [thread]"},
	{"500 OOPS: SSL", TLSNoServerCert, "vsftpd [src]"},
	{"500 OOPS:", GreetingServerError, "vsftpd [lab]"},
}

// passiveWords refuse EPSV or PASV.
var passiveWords = []phrase{
	{"500 OOPS: vsf_sysutil_bind", PassivePortsExhausted, "vsftpd [lab]"},
	{"500 OOPS: priv_sock_get", PassivePortsExhausted, "vsftpd, after the above [lab]"},
	{"425 All reserved TCP ports are busy", PassivePortsExhausted, "Pure-FTPd [lab]"},
	{"425 Cannot prepare for data connection", PassivePortsExhausted, "FileZilla Server 1.x [src]"},
	{"421 Could not create socket", PassivePortsExhausted, "FileZilla Server 0.9 [src]"},
	{"425 Unable to set up passive listening socket", PassivePortsExhausted, "Serv-U [doc]"},
	{"425 Unable to listen, too many pending PASV requests", PassivePortsExhausted, "Serv-U [doc]"},
	{"421 Could not listen for passive connection", PassivePortsExhausted, "ftpserverlib [src]"},
	{"500 OOPS:", GreetingServerError, "vsftpd [lab]"},

	{"425 You cannot use PASV on IPv6 connections", PassivePASVOverIPv6, "Pure-FTPd [lab]"},
	{"500 You are connected using IPv6", PassivePASVOverIPv6, "FileZilla Server 1.x [src]"},
	{"500 You need to use a client supporting PRET", PassivePRETRequired, "drftpd [src]"},
	{"any …PRET", PassivePRETRequired, "glftpd and others [inf]"},
	{"any …P@SW", PassiveCommandMangled, "any server behind an SMC router [doc]"},

	{"550 Passive mode not allowed on this server", PassiveDisabled, "Serv-U [doc]"},
	{"501 PASV: Operation not permitted", PassiveDisabled, "ProFTPD [src]"},
	{"501 EPSV: Operation not permitted", PassiveDisabled, "ProFTPD [src]"},
}

// activeWords refuse EPRT or PORT.
var activeWords = []phrase{
	{"500 Unable to service …commands", ActiveRootrevoke, "ProFTPD [src]"},
	{"5yz …won't connect to ports < 1024", ActivePortBelow1024, "Pure-FTPd [src]"},
	{"530 Port number has to be between 1024 and 65535", ActivePortBelow1024, "Serv-U [doc]"},
	{"501 PORT against the privileged port", ActivePortBelow1024, "pyftpdlib [lab]"},

	{"500 Illegal PORT range rejected", ActiveAddressRejected, "BSD [doc]"},
	{"500 Illegal PORT command", ActiveAddressRejected, "vsftpd, ProFTPD [lab]"},
	{"500 Illegal EPRT command", ActiveAddressRejected, "vsftpd, ProFTPD [lab]"},
	{"500 I won't open a connection to", ActiveAddressRejected, "Pure-FTPd [lab]"},
	{"421 Rejected command, requested IP address does not match", ActiveAddressRejected, "FileZilla Server 0.9 [src]"},
	{"501 Server cannot accept argument", ActiveAddressRejected, "IIS [doc]"},
	{"530 Only client IP address allowed for PORT command", ActiveAddressRejected, "Serv-U [doc]"},
	{"501 Rejected data connection to foreign address", ActiveAddressRejected, "pyftpdlib [src]"},
	{"501 PORT IP is not same as", ActiveAddressRejected, "Apache FtpServer [src]"},
	{"5yz …given address is not yours", ActiveAddressRejected, "ftp-srv [thread]"},
	{"5yz …IP address", ActiveAddressRejected, "several [inf]"},
	{"5yz …foreign", ActiveAddressRejected, "several [inf]"},

	{"550 Permission denied", ActiveDisabled, "vsftpd [lab]"},
	{"501 PORT: Operation not permitted", ActiveDisabled, "ProFTPD [src]"},
	{"501 EPRT: Operation not permitted", ActiveDisabled, "ProFTPD [src]"},
	{"501 Active mode is disabled", ActiveDisabled, "Pure-FTPd [src]"},
	{"421 PORT command is disabled", ActiveDisabled, "ftpserverlib, SFTPGo [src]"},
	{"421 EPRT command is disabled", ActiveDisabled, "ftpserverlib, SFTPGo [src]"},
	{"501 PORT is disabled", ActiveDisabled, "Apache FtpServer [src]"},
	{"501 EPRT is disabled", ActiveDisabled, "Apache FtpServer [src]"},
	{"any …active mode", ActiveDisabled, "several [inf]"},
	{"500 Command …not understood", ActiveDisabled, "pyftpdlib [lab]"},
	{"5yz …not implemented", ActiveDisabled, "RFC 959 §4.2.2"},
	{"5yz …not understood", ActiveDisabled, "several [inf]"},
	{"5yz …unknown command", ActiveDisabled, "several [inf]"},
}
