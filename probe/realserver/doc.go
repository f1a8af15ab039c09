// Package realserver runs genuine FTP servers and clients for tests: vsftpd,
// ProFTPD, Pure-FTPd and pyftpdlib, and as ground truth curl and lftp.
//
// A [Config] says what the server should do, in words that hold for every
// product; Start turns it into that product's own configuration, runs the
// server and stops it when the test ends:
//
//	s := realserver.Config{Product: realserver.Vsftpd, NoPassive: true}.Start(t, realserver.Loopback)
//	conn, err := net.Dial("tcp", s.Addr.String())
//
// Where it runs is a [Host]: this machine's loopback, or a network namespace.
//
// Servers share nothing, so that many run side by side. Each has its own process
// and mount namespace, with its own file tree at /srv/ftp, its own accounts in
// /etc/passwd, an empty /run, and no name server. When the test ends, or the
// test binary dies in whatever way, the kernel ends every process of the server.
//
// All of this needs Linux, root, and what .ci/install installs. [Need] skips a
// test where something is missing, or fails it where FTPDIAG_REQUIRE_SERVERS=1
// demands that nothing be skipped.
package realserver
