package diagnose

import "sync"

// marks are in the order in which they are tried: a product that is built on
// another, or that names another, comes first. # is a version.
//
// Greetings are those of the products' documentation, of their sources, and of
// the public fingerprint collections of nmap and recog; the replies of vsftpd,
// ProFTPD, Pure-FTPd and pyftpdlib are those of the servers themselves. They are
// compiled when first needed: a hundred patterns would slow every start down.
var marks = sync.OnceValue(func() []mark {
	return []mark{
		// A NAS tells the version of the ProFTPD in it, and has settings of its own.
		at(inGreeting, "QNAP NAS", `NASFTPD Turbo station`),
		at(inGreeting, "Synology NAS", `\bSynology\b|(?:Disk ?|Cube )Station FTP server`),

		at(inGreeting|inStatus, "vsftpd", `\bvsFTPd #`),
		at(inGreeting|inStatus, "vsftpd", `\bvsFTPd\b`),
		at(inReplies, "vsftpd", `^331 Please specify the password\.$`),
		at(inReplies, "vsftpd", `^500 OOPS: `),
		at(inReplies, "vsftpd", `^150 Here comes the directory listing\.$`),

		at(inGreeting, "ProFTPD", `\bProFTPD #`),
		at(inGreeting, "ProFTPD", `\bProFTPD?\b`),
		at(inReplies, "ProFTPD", `^331 Anonymous login ok, send your complete email address as your password`),

		at(inGreeting, "Pure-FTPd", `\bPure-?FTPd #`),
		at(inGreeting, "Pure-FTPd", `\bPure-?FTPd\b`),
		at(inFeatures, "Pure-FTPd", `^ ?EST[AP]$`),
		at(inReplies, "Pure-FTPd", `^331 User \S+ OK\. Password required$`),

		at(inGreeting, "FileZilla Server", `\bFileZilla Server (?:version )?#`),
		at(inGreeting, "FileZilla Server", `\bFileZilla\b`),
		at(inSystem|inReplies, "FileZilla Server", `UNIX emulated by FileZilla`),
		at(inReplies, "FileZilla Server", `^331 Please, specify the password\.$`),

		at(inGreeting, "Microsoft IIS", `\bMicrosoft FTP Service \(Version #`),
		at(inGreeting, "Microsoft IIS", `\bMicrosoft FTP Service\b`),
		at(inFeatures, "Microsoft IIS", `^ ?AUTH TLS;TLS-C;SSL;TLS-P;?$`),

		at(inGreeting, "Serv-U", `\bServ-U FTP[- ]Server v?#`),
		at(inGreeting, "Serv-U", `\bServ-U\b`),
		at(inGreeting, "pyftpdlib", `\bpyftpdlib #`),
		at(inGreeting, "pyftpdlib", `\bpyftpdlib\b`),
		at(inReplies, "pyftpdlib", `^331 Username ok, send password\.$`),

		at(inGreeting, "SFTPGo", `\bSFTPGo[_ ]#`),
		at(inGreeting, "SFTPGo", `\bSFTPGo\b`),
		at(inSystem|inReplies, "Apache FtpServer", `UNIX Type: Apache FtpServer`),
		at(inReplies, "ftp-srv", `The given address is not yours`),

		at(inGreeting, "Titan FTP Server", `\bTitan FTP Server #`),
		at(inGreeting, "Titan FTP Server", `\bTitan FTP Server\b`),
		at(inGreeting, "Xlight FTP Server", `\bXlight (?:FTP )?Server #`),
		at(inGreeting, "Xlight FTP Server", `\bXlight\b`),
		at(inGreeting, "Cerberus FTP Server", `\bCerberus FTP Server\b|Created by Cerberus`),
		at(inGreeting, "CompleteFTP", `\bCompleteFTP[- ](?:v ?)?#`),
		at(inGreeting, "CompleteFTP", `\bComplete ?FTP\b`),
		at(inGreeting, "CrushFTP", `\bCrushFTP\b`),
		at(inGreeting, "Globalscape EFT", `\bEFT Server\b|\bGlobalSCAPE\b`),
		at(inGreeting, "WS_FTP Server", `\bWS_FTP Server #`),
		at(inGreeting, "Gene6 FTP Server", `\b(?:Gene6|G6) FTP Server\b`),
		at(inGreeting, "Core FTP Server", `\bCore FTP Server Version #`),
		at(inGreeting, "zFTPServer", `\bzFTPServer v?#`),
		at(inGreeting, "Rumpus", `Welcome to Rumpus`),
		at(inGreeting, "War FTP Daemon", `\bWar-?FTPd? #`),

		at(inGreeting, "wu-ftpd", `\bVersion wu(?:ftpd)?-#`),
		at(inGreeting, "glFTPd", `\bglFTPd #`),
		at(inGreeting, "glFTPd", `\bglFTPd\b`),
		at(inGreeting, "DrFTPD", `\bDrFTPD #`),
		at(inGreeting, "DrFTPD", `\bDrFTPD\b`),
		at(inGreeting, "NcFTPd", `\bNcFTPd Server\b`),
		at(inGreeting, "bftpd", `\bbftpd #`),
		at(inGreeting, "GNU inetutils ftpd", `\(GNU inetutils #`),
		at(inGreeting, "tnftpd", `\(tnftpd #`),
		at(inGreeting, "NetBSD ftpd", `\(NetBSD-ftpd #`),
		at(inGreeting, "lukemftpd", `\(lukemftpd #`),
		at(inGreeting, "OpenBSD ftpd", `\(Version (?:#)?[^)]*OpenBSD`),
		at(inGreeting, "FreeBSD ftpd", `\(Version 6\.00(?:LS)?\)`),
		at(inGreeting, "Solaris ftpd", `\(SunOS #`),
		at(inGreeting, "macOS Server ftpd", `\(Version: +Mac OS X Server #`),
		at(inGreeting, "IBM z/OS FTP", `\bIBM FTP CS\b`),
		at(inGreeting, "IBM i FTP", `\bQTCP at\b`),
		at(inGreeting, "VxWorks FTP", `\bVxWorks\b.*FTP server`),

		at(inGreeting|inSystem, "MikroTik RouterOS", `\bMikroTik v?#`),
		at(inGreeting|inSystem, "MikroTik RouterOS", `\bMikroTik\b`),
		at(inGreeting, "FRITZ!Box", `\bFRITZ!Box`),
		at(inGreeting, "DrayTek router", `\bDrayTek FTP\b`),
		at(inGreeting, "Axis camera", `^AXIS .*\bready\b`),
		at(inGreeting, "APC device", `\bAPC FTP server\b|Network Management Card AOS`),
		at(inGreeting, "HP JetDirect printer", `^JD FTP Server Ready`),
		at(inGreeting, "Brother printer", `^FTP print service:V-#`),
		at(inGreeting, "Canon printer", `^Canon .*FTP Print Server`),
		at(inGreeting, "Ricoh printer", `^(?:RICOH|NRG|SAVIN|LANIER|Gestetner) .*FTP server \(`),
		at(inGreeting, "Lexmark printer", `\b(?:Lexmark|MarkNet) .*(?:FTP Server|ready)`),
		at(inGreeting, "Konica Minolta printer", `^KONICA MINOLTA FTP server|\(KM FTPD`),
		at(inGreeting, "Sharp printer", `^SHARP \S+ Ver `),
		at(inGreeting, "Xerox printer", `^(?:FUJI )?XEROX\b`),
		at(inGreeting, "Kyocera printer", `^(?:TASKalfa|FS-)\S* .*FTP server`),
		at(inGreeting, "Epson printer", `\(OEM FTPD version`),
		at(inGreeting, "Arduino FtpServer", `Welcome to FTP for (?:ESP|Arduino|atmega)`),

		// Windows_NT is what IIS says to SYST, and few others.
		at(inSystem, "Microsoft IIS", `^Windows_NT\b`),
	}
})
