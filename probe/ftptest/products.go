package ftptest

// Greetings of products, by which they are recognised.
var (
	vsftpd    = Greet("220 (vsFTPd 3.0.3)")
	proftpd   = Greet("220 ProFTPD Server (Debian) [::ffff:127.0.0.1]")
	pureftpd  = Greet("220---------- Welcome to Pure-FTPd [privsep] [TLS] ----------\r\n220-You are user number 1 of 50 allowed.\r\n220 You will be disconnected after 15 minutes of inactivity.")
	pyftpdlib = Greet("220 pyftpdlib 1.5.7 ready.")
	servU     = Greet("220 Serv-U FTP Server v15.1 ready...")
	iis       = Greet("220 Microsoft FTP Service")
)
