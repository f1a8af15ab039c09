package diagnose

// What servers say about a data connection and a transfer: see rule_words.go.

// dataTLSWords demand PROT P. vsftpd and Pure-FTPd say so to LIST, pyftpdlib to
// PASV and PORT.
var dataTLSWords = []phrase{
	{"522 Data connections must be encrypted", DataTLSRequired, "vsftpd [lab]"},
	{"522 SSL/TLS required on the data channel", DataTLSRequired, "ProFTPD [src]"},
	{"521 Data connection cannot be opened with this PROT setting", DataTLSRequired, "Pure-FTPd, Serv-U [lab]"},
	{"521 PROT P required", DataTLSRequired, "FileZilla Server 0.9 [src]"},
	{"534 Protection level C not allowed", DataTLSRequired, "FileZilla Server 1.x [src]"},
	{"425 …PROT C is not allowed", DataTLSRequired, "FileZilla Server 1.x [src]"},
	{"534 Policy requires SSL", DataTLSRequired, "IIS [thread]"},
	{"550 SSL/TLS required on the data channel", DataTLSRequired, "pyftpdlib [lab]"},
}

// reuseWords end a transfer over TLS whose data connection did not shake hands to
// the server's liking.
var reuseWords = []phrase{
	{"522 SSL connection failed: session reuse required", DataTLSSessionReuseRequired, "vsftpd in Debian [lab]"},
	{"522 SSL connection failed; session reuse required", DataTLSSessionReuseRequired, "vsftpd [src]"},
	{"425 …TLS session of data connection not resumed", DataTLSSessionReuseRequired, "FileZilla Server 1.x [src]"},
	{"450 TLS session of data connection has not resumed", DataTLSSessionReuseRequired, "FileZilla Server 0.9 [src]"},
	{"any …session reuse", DataTLSSessionReuseRequired, "several [inf]"},
	{"522 SSL handshake failed", DataTLSHandshakeFailed, "pyftpdlib [src]"},
	{"522 SSL connection failed", DataTLSHandshakeFailed, "vsftpd [src]"},
	{"421 Data connection closed (SSL/TLS negotiation failed)", DataTLSHandshakeFailed, "Serv-U [doc]"},
}

// acceptWords answer LIST, or PORT itself, where the server could not connect
// to us in active mode. Most servers append what their system said.
var acceptWords = []phrase{
	{"425 …Connection refused", ActiveInboundRefused, "ProFTPD, Pure-FTPd [lab]"},
	{"425 …No route to host", ActiveInboundRefused, "ProFTPD, Pure-FTPd [lab]"},
	{"425 …timed out", ActiveInboundDropped, "ProFTPD, Pure-FTPd [src]"},
	{"425 …timeout", ActiveInboundDropped, "several [inf]"},
	{"421 Active data channel timed out", ActiveInboundDropped, "pyftpdlib [src]"},
	{"425 …Network is unreachable", ActiveServerCannotConnect, "ProFTPD, Pure-FTPd [src]"},
	{"425 …Permission denied", ActiveServerCannotConnect, "ProFTPD, Pure-FTPd [src]"},
	{"425 …Operation not permitted", ActiveServerCannotConnect, "ProFTPD, Pure-FTPd [src]"},
	{"425 …address already in use", ActiveServerCannotBind20, "ProFTPD and others [thread]"},
	{"425 …Cannot assign requested address", ActiveServerCannotBind20, "ProFTPD and others [thread]"},
	{"500 OOPS: vsf_sysutil_bind", ActiveServerCannotBind20, "vsftpd [lab]"},
}

// transferWords answer LIST, RETR or STOR, in place of the mark or after it.
var transferWords = []phrase{
	{"425 Security: Bad IP connecting", PassiveAddressMismatch, "vsftpd [lab]"},
	{"425 Rejected data connection …do not match", PassiveAddressMismatch, "FileZilla Server 0.9 [src]"},
	{"425 Rejected data connection from foreign address", PassiveAddressMismatch, "pyftpdlib [lab]"},
	{"530 Only client IP address allowed to connect to PASV socket", PassiveAddressMismatch, "Serv-U [doc]"},
	{"425 data connection security requirements not met", PassiveAddressMismatch, "ftpserverlib [src]"},
	{"425 Unable to build data connection: Permission denied", PassiveAddressMismatch, "ProFTPD [src]"},

	{"500 OOPS: vsf_sysutil_bind", ActiveServerCannotBind20, "vsftpd [lab]"},
	{"421 Passive data channel timed out", PassiveMiddleboxAccepts, "pyftpdlib: it saw no connection [src]"},
	{"421 Data timeout", TransferStallTimeout, "vsftpd [lab]"},
	{"421 Data connection timed out", TransferStallTimeout, "pyftpdlib [lab]"},
	{"4yz …stall", TransferStallTimeout, "ProFTPD [src]"},
	{"425 Too many connections", TransferLimit, "pyftpdlib [src]"},
	{"4yz …too many", TransferLimit, "several [inf]"},
	{"452 ", TransferStorageFull, "RFC 959 §4.2.2"},
	{"552 ", TransferStorageFull, "RFC 959 §4.2.2"},
	{"426 No space left on device", TransferStorageFull, "pyftpdlib [src]"},
	{"451 Failure writing to local file", TransferStorageFull, "vsftpd [lab]"},
	{"451 Error during write to file", TransferStorageFull, "Pure-FTPd [lab]"},
	{"451 …no space", TransferStorageFull, "several [inf]"},
	{"451 …disk full", TransferStorageFull, "several [inf]"},
	{"5yz …no space", TransferStorageFull, "several [inf]"},
	{"5yz …disk full", TransferStorageFull, "several [inf]"},
	{"5yz …quota", TransferStorageFull, "several [inf]"},
	{"450 …no files", TransferEmptyListing, "RFC 959 servers [doc]"},
	{"550 …no files", TransferEmptyListing, "RFC 959 servers [doc]"},
	{"450 …file server lost", PassiveAborted426, "ProFTPD, in either mode [src]"},
	{"451 Failure reading local file", PassiveAborted426, "vsftpd, in either mode [src]"},
	{"451 Error during write to data connection", PassiveAborted426, "Pure-FTPd, in either mode [src]"},
	{"425 Error while transfer", PassiveAborted426, "FileZilla Server 1.x, in either mode [src]"},
	{"500 OOPS:", GreetingServerError, "vsftpd [lab]"},
}

// idleWords say that the server had waited too long for us. Pure-FTPd says so
// too where a passive port was never dialled.
var idleWords = []phrase{
	{"421 Timeout", ControlIdle421, "vsftpd, Pure-FTPd [src]"},
	{"421 Idle timeout", ControlIdle421, "ProFTPD [src]"},
	{"421 No transfer timeout", ControlIdle421, "ProFTPD [src]"},
	{"421 Control connection timed out", ControlIdle421, "pyftpdlib [src]"},
	{"421 Connection timed out", ControlIdle421, "FileZilla Server [src]"},
}

// doneWords stand in a completion that is positive and yet says no.
var doneWords = []phrase{
	{"226 Transfer done (but failed to open directory)", TransferEmptyListing, "vsftpd [lab]"},
}

// interceptors are greetings of programs that stand between client and server.
var interceptors = []phrase{
	{"any Frox transparent ftp proxy", GreetingIntercepted, "frox [inf]"},
	{"any Blue Coat FTP Service", GreetingIntercepted, "Blue Coat ProxySG [inf]"},
	{"any Check Point FireWall-1 Secure FTP server", GreetingIntercepted, "Check Point [inf]"},
	{"any …ftp proxy", GreetingIntercepted, "several [inf]"},
	{"any …ftp gateway", GreetingIntercepted, "several [inf]"},
}
