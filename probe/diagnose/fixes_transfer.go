package diagnose

// From the data connection's encryption to the completion reply.
var dataTLSRemedies = map[Code][]remedy{
	DataTLSRequired: {
		do(ClientUser, "Let the client encrypt the data too (it must send PBSZ 0 and PROT P): curl `--ssl-reqd`, lftp `set ftp:ssl-protect-data yes`; FileZilla and WinSCP do."),
	},
	DataTLSRefused: {
		how(ServerAdmin, "Allow encrypted data connections.", encryptData),
		do(ClientUser, "Until then leave the data unencrypted: curl `--ftp-ssl-control`, lftp `set ftp:ssl-protect-data no`. Whoever can listen reads it."),
	},
	DataTLSSessionReuseRequired: {
		do(ClientUser, "Use a client that resumes the session: recent curl, FileZilla and WinSCP do; in lftp `set ftp:ssl-data-use-keys yes` and `set ftp:ssl-copy-sid yes` must hold."),
		how(ServerAdmin, "If clients cannot be changed, drop the demand; another program could then take over a data connection that it guesses.", noSessionReuse),
	},
	DataTLSSessionExpired: {
		how(ServerAdmin, "Let sessions last longer than the longest stay of a client.", longSessions),
		do(ClientUser, "Reconnect, or split long uploads."),
	},
	DataTLSSessionReuseBroken: {
		do(ClientUser, "Update the client, or hold it to TLS 1.2: curl `--tls-max 1.2`, lftp `set ssl:priority NORMAL:-VERS-TLS1.3`, WinSCP Advanced > TLS/SSL > Maximum TLS/SSL version."),
		how(ServerAdmin, "Drop the demand for resumed sessions, or offer TLS 1.2 alone until clients are mended.", noSessionReuse),
	},
	DataTLSHandshakeFailed: {
		do(ServerAdmin, "Look into the server's log for the moment of the transfer: it names the reason, such as a certificate, a cipher, or an error written in plain text where TLS was due."),
		do(ClientUser, "Try another client, and curl `--tls-max 1.2`, to see which side is at fault."),
	},
	DataTLSUncleanClose: {
		do(ServerAdmin, "Update the server, or the library that does its TLS: it must send close_notify before it closes a data connection."),
		do(ClientUser, "The data is complete if its size is right; a client can be told to overlook the missing close."),
	},
}

// last426 is the next step of old help-desk guides, with what the reply says.
const last426 = "426 does not mean that the mode is forbidden; it says \"connection closed; transfer aborted\" (RFC 959): the data connection was there and broke."

var transferRemedies = map[Code][]remedy{
	TransferMTUBlackHole: {
		how(ServerNetwork, "Let ICMP \"fragmentation needed\" (type 3, code 4; for IPv6 \"packet too big\") through, or lower the packets' size at the router.", clampMSS),
		do(ISP, "If tunnel or line is the provider's, the provider must do the same."),
		do(ClientUser, "To prove it, and to get through meanwhile, lower this machine's MTU to 1280: Windows `netsh interface ipv4 set subinterface \"Ethernet\" mtu=1280 store=active`, Linux `ip link set dev eth0 mtu 1280`."),
	},
	TransferWindowScaling: {
		do(ClientNetwork, "To prove it, switch window scaling off for a moment: Linux `sysctl -w net.ipv4.tcp_window_scaling=0`, Windows `netsh interface tcp set global autotuninglevel=disabled`. Then update or replace the device."),
		do(ServerNetwork, "If the device is on the server's side, update or replace it there; the same test proves it."),
	},
	TransferAVScanHold: {
		do(ClientNetwork, "Exempt this server, or FTP, from the scanner; or let it pass data on while it scans."),
		do(ClientUser, "Use encryption (TLS) for the data, into which the scanner cannot look."),
	},
	TransferStalled: {
		do(ServerAdmin, "Look into the server's log, and try the transfer on the server's own machine: a hung disk or a network drive stalls it as well."),
		do(ServerNetwork, "If it works there, look for a device that accepts data connections in the server's place, or loses large packets (MTU)."),
		do(ClientNetwork, "Look for a proxy, a virus scanner or another inspection on the client's side that holds the data."),
		do(ClientUser, "Try the other mode, if it works."),
	},
	TransferStallTimeout: {
		how(ServerAdmin, "Find out what holds the transfer up; the server's patience can be raised.", longerWaits),
		do(ServerNetwork, "Look for lost packets and for devices that hold data back, on the way to the client."),
		do(ClientUser, "Try the other mode, if it works, and a wired network."),
	},
	PassiveAborted426: {
		do(ClientUser, "If active mode works here, turn passive mode off in the client as the next step: curl `--ftp-port -`, lftp `set ftp:passive-mode off`, FileZilla Site Manager > Transfer Settings > Active. "+last426),
		do(ServerAdmin, "Look into the server's log for the moment of the transfer: a full disk, a crash, a limit of time or size, or a TLS error breaks it off."),
		do(ServerNetwork, "See whether a firewall resets connections in mid-transfer, by inspection, by a limit, or after a failover."),
		do(ClientNetwork, "See whether a virus scanner, a parental filter or a firewall on the client's side resets the connection."),
	},
	ActiveAborted426: {
		do(ClientUser, "If passive mode works here, use that as the next step: FileZilla Settings > Connection > FTP > Transfer Mode: Passive; curl and lftp do unless told otherwise. "+last426),
		do(ServerAdmin, "Look into the server's log for the moment of the transfer: a full disk, a crash, a limit of time or size, or a TLS error breaks it off."),
		do(ServerNetwork, "See whether a firewall resets connections in mid-transfer."),
		do(ClientNetwork, "See whether a virus scanner, a parental filter or a firewall on the client's side resets the connection."),
	},
	TransferLimit: {
		how(ServerAdmin, "Raise the limit, or end stale sessions.", transferLimits),
		do(ClientUser, "Let the client run one transfer at a time (FileZilla Settings > Transfers > Maximum simultaneous transfers: 1), and try again later."),
	},
	TransferPermissionDenied: {
		do(ServerAdmin, "Check owner and mode of the file and of every directory above it, the user's rights in the FTP server, and on SELinux systems `getsebool -a | grep ftp`."),
		do(ClientUser, "Check the path: it counts from the login directory, and capitals matter."),
	},
	TransferStorageFull: {
		do(ServerAdmin, "Make room on the disk (`df -h` and `df -i` on Linux), or raise the user's quota."),
		do(ClientUser, "Delete what is no longer needed on the server."),
	},
	TransferCompletion250: {
		do(ClientUser, "If the client reports a failure although all has arrived, update it: RFC 959 allows 250 as well as 226."),
	},
	TransferSlow: {
		do(ClientUser, "Nothing is broken: let it run. If it used to be faster, the server's owner can tell whether the server limits the speed."),
	},
	TransferCompletionMissing: {
		do(ClientUser, "Let the client keep the control connection alive during transfers: curl `--keepalive-time 60`, FileZilla Settings > Connection > FTP > Send FTP keep-alive commands. Compare the file's size before fetching it again."),
		do(ClientNetwork, "Raise the time after which router and firewall forget an idle TCP connection above the longest transfer: an hour or more."),
		do(ISP, "Let the provider's address translation remember idle TCP connections for two hours and four minutes, as RFC 5382 asks."),
		do(ServerNetwork, "Raise the time in router and firewall on the server's side likewise."),
		how(ServerAdmin, "The server can keep idle connections alive by itself (TCP keepalive).", keepAlive),
	},
}
