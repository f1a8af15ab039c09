package diagnose

// Encryption; the sources are those of fixes_servers.go.

var offerTLS = options(
	on(vsftpd, "`ssl_enable=YES` with `rsa_cert_file=` and `rsa_private_key_file=`"),
	on(proftpd, "mod_tls with `TLSEngine on`, TLSRSACertificateFile and TLSRSACertificateKeyFile"),
	on(pureftpd, "`TLS 1` with `CertFile /etc/ssl/private/pure-ftpd.pem`"),
	on(filezilla, "Server > Configure > Server listeners > Explicit FTP over TLS and insecure plain FTP"),
	onIIS("the site's FTP SSL Settings: choose a certificate, then Allow SSL connections"),
	on(pyftpdlib, "serve with TLS_FTPHandler and set `handler.certfile`"),
	on(sftpgo, "set certificate_file and certificate_key_file of the ftpd section"),
)

var serverCertificate = options(
	on(vsftpd, "rsa_cert_file and rsa_private_key_file must name files that exist and belong together"),
	on(proftpd, "TLSRSACertificateFile and TLSRSACertificateKeyFile must name files that exist and belong together"),
	on(pureftpd, "`CertFile /etc/ssl/private/pure-ftpd.pem`, with certificate and key in it"),
	on(filezilla, "Server > Configure > FTP and FTP over TLS > Connection Security"),
	onIIS("the site's FTP SSL Settings > SSL Certificate (it can be lost when a certificate is renewed)"),
)

var certificateChain = options(
	on(vsftpd, "put the server's certificate and then the intermediate ones into rsa_cert_file"),
	on(proftpd, "name the intermediate ones in TLSCertificateChainFile"),
	on(pureftpd, "put the key, the server's certificate and the intermediate ones into CertFile"),
	on(filezilla, "Server > Configure > FTP and FTP over TLS > Connection Security"),
	onIIS("import the intermediate ones into the machine's store, and choose the certificate in FTP SSL Settings"),
)

var tlsVersions = options(
	on(vsftpd, "`ssl_ciphers=HIGH` (the default, DES-CBC3-SHA, is refused today)"),
	on(proftpd, "`TLSProtocol TLSv1.2 TLSv1.3` and `TLSCipherSuite HIGH`"),
	on(pureftpd, "`TLSCipherSuite HIGH`"),
	on(filezilla, "Server > Configure > FTP and FTP over TLS > Connection Security > Minimum allowed TLS version"),
	onIIS("enable TLS 1.2 for Windows (Schannel)"),
)

var noClientCertificate = options(
	on(vsftpd, "`require_cert=NO`, and `ssl_request_cert=NO` for IBM z/OS clients"),
	on(proftpd, "`TLSVerifyClient off`"),
	on(pureftpd, "remove the prefix -C: from TLSCipherSuite"),
	on(sftpgo, "`SFTPGO_FTPD__BINDINGS__0__CLIENT_AUTH_TYPE=0`"),
)

var encryptData = options(
	on(vsftpd, "`ssl_enable=YES` covers the data too, and anonymous users need `allow_anon_ssl=YES`"),
	on(proftpd, "`TLSRequired on` in place of a policy with !data"),
	on(pureftpd, "`TLS 2` or `TLS 3`"),
	onIIS("the site's FTP SSL Settings > Custom > Advanced > Data Channel: Allow or Require"),
)

var noSessionReuse = options(
	on(vsftpd, "`require_ssl_reuse=NO`"),
	on(proftpd, "`TLSOptions NoSessionReuseRequired`"),
	on(filezilla, "it has no switch for this since version 1.0"),
	option{oldFileZilla, "clear Edit > Settings > FTP over TLS settings > Require TLS session resumption on data connection when using PROT P", nil},
	on(sftpgo, "`SFTPGO_FTPD__BINDINGS__0__TLS_SESSION_REUSE=0`"),
)

var longSessions = options(
	on(proftpd, "`TLSSessionCache internal:7200` and `TLSRenegotiate none`"),
)
