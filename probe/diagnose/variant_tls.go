package diagnose

// Encryption of the control connection.
var (
	wantsImplicit = &variant{who(ClientUser),
		"This port is encrypted from the first byte (implicit TLS), and the client waits to ask for encryption (explicit TLS).",
		[]remedy{do(ClientUser, "Set the client to implicit TLS: here `--tls implicit`, an address that begins with `ftps://`, in FileZilla and WinSCP the encryption \"implicit\". Explicit TLS is usually on port 21.")}}
	wantsExplicit = &variant{who(ClientUser),
		"This port speaks in clear at first, and encrypts on request only (explicit TLS), not from the first byte (implicit TLS).",
		[]remedy{do(ClientUser, "Set the client to explicit TLS: here `--tls explicit`, in FileZilla an address that begins with `ftpes://`, curl `ftp://` with `--ssl-reqd`. Implicit TLS is usually on port 990.")}}
	notOfferedToAnonymous = &variant{who(ServerAdmin, ClientUser),
		"The server offers no encryption (TLS).",
		[]remedy{
			how(ServerAdmin, "Switch TLS on.", offerTLS),
			do(ClientUser, "Repeat with `--tls off`: an anonymous login has no password to protect, though whoever can listen on the way sees the data."),
		}}
	notForAnonymous = &variant{who(ServerAdmin, ClientUser),
		"The server encrypts the logins of named users only, and turns an anonymous one over TLS away.",
		[]remedy{
			how(ServerAdmin, "Allow anonymous users to encrypt.", options(on(vsftpd, "`allow_anon_ssl=YES`"))),
			do(ClientUser, "Log in anonymously without TLS (here `--tls off`), or with a user name of your own."),
		}}
	authUnanswered = &variant{who(ClientNetwork, ServerNetwork, ServerAdmin),
		"The command that begins encryption (TLS) gets no answer: a device on the way that follows FTP holds it back, or the server hangs.",
		[]remedy{
			how(ClientNetwork, "Switch the firewall's FTP inspection off for this server.", leaveFTP),
			how(ServerNetwork, "If the firewall is on the server's side, switch its FTP inspection off, and open a fixed range of passive ports instead.", leaveFTP),
			do(ServerAdmin, "Look into the server's log for the moment of AUTH, and try it on the server's own machine."),
		}}
	heldToTLS12 = &variant{who(ServerAdmin, ClientUser),
		"With TLS 1.3 no encryption comes about; held to TLS 1.2 it does.",
		[]remedy{
			do(ServerAdmin, "Update the server and its TLS library, or let whatever stands in front of it (a firewall, a load balancer) pass TLS 1.3."),
			holdToTLS12,
		}}
	legacyOnly = &variant{who(ServerAdmin, ClientUser),
		"The server knows only outdated encryption (TLS below 1.2, or weak methods), which present-day clients refuse.",
		[]remedy{
			how(ServerAdmin, "Allow TLS 1.2 and 1.3 with present-day ciphers.", tlsVersions),
			do(ClientUser, "Until then only a client that still has the old methods gets in: curl `--tlsv1.0 --ciphers DEFAULT@SECLEVEL=0`. Its encryption may be broken by whoever listens."),
		}}
)

// beyondUs is a demand that other clients meet.
var beyondUs = &variant{who(ClientUser, ServerAdmin),
	"The server wants the login's encryption session (TLS) resumed by its number, which this program cannot do and most clients can.",
	[]remedy{
		do(ClientUser, "Try a client whose TLS is OpenSSL's or GnuTLS's: curl, lftp, FileZilla and WinSCP resume such sessions. Nothing was learnt here about the two modes."),
		how(ServerAdmin, "To serve every client, offer TLS 1.3, or session tickets in TLS 1.2.", options(on(proftpd, "`TLSProtocol TLSv1.2 TLSv1.3`"))),
	}}

// holdToTLS12 is what a client does that fails with TLS 1.3.
var holdToTLS12 = do(ClientUser, "Hold the client to TLS 1.2: curl `--tls-max 1.2`, lftp `set ssl:priority NORMAL:-VERS-TLS1.3`, WinSCP Advanced > TLS/SSL > Maximum TLS/SSL version.")

// goOnUntrusted is what a user does who knows whose the certificate is.
var goOnUntrusted = do(ClientUser, "Compare the fingerprint with one that the server's owner gives you, not over this connection. If it is the same, trust the certificate (here `--ca-file FILE`), or go on without the check (`--insecure`).")

// The certificate.
var (
	certExpired = &variant{who(ServerAdmin, ClientUser),
		"The server's certificate has expired[, on {until}], and clients that check it refuse to go on.",
		[]remedy{
			do(ServerAdmin, "Renew the certificate, and restart the server so that it shows the new one. Have the renewal done by a program (an ACME client such as certbot), with the restart in its hook."),
			do(ClientUser, "Check the date of this machine first. To go on meanwhile, tell the client to overlook it (here `--insecure`), if the fingerprint is the one that you know."),
		}}
	certNotYetValid = &variant{who(ServerAdmin, ClientUser),
		"The server's certificate is not valid yet[, only from {since}]: the clock of this machine is wrong, or that on which it was made was.",
		[]remedy{
			do(ServerAdmin, "Set the clock by NTP, and make the certificate anew."),
			do(ClientUser, "Check the date of this machine: if it is wrong, set it."),
		}}
	certWrongHost = &variant{who(ServerAdmin, ClientUser),
		"The server's certificate is made out to[ {names}| another name], not to the name that was asked for.",
		[]remedy{
			do(ServerAdmin, "Install a certificate that has the name clients use among its names (subjectAltName), and for clients that use the number, the address too."),
			do(ClientUser, "Connect by a name that the certificate has; it is in the evidence. If the server has no such name, go on without the check (here `--insecure`) only if you know the fingerprint."),
		}}
	certSelfSigned = &variant{who(ServerAdmin, ClientUser),
		"The server's certificate is signed by itself (self-signed), so nobody vouches for the server.",
		[]remedy{
			do(ServerAdmin, "Get a certificate from an authority that clients know, such as Let's Encrypt, or give users the fingerprint in another way."),
			goOnUntrusted,
		}}
	certIncomplete = &variant{who(ServerAdmin, ClientUser),
		"The server keeps back the certificate of its issuer[, {issuer}], without which clients cannot check its own.",
		[]remedy{
			how(ServerAdmin, "Have the server send the whole chain: its own certificate, then the intermediate ones.", certificateChain),
			do(ClientUser, "Until then add the issuer's certificate to those that the client trusts (here `--ca-file FILE`)."),
		}}
	certUnknownCA = &variant{who(ServerAdmin, ClientUser),
		"The server's certificate is signed by an authority[, {issuer},] that this machine does not trust.",
		[]remedy{
			how(ServerAdmin, "Use an authority that clients know; if it is the company's own, give users its certificate. See that the whole chain is sent.", certificateChain),
			do(ClientUser, "If you know the authority, trust it: here `--ca-file FILE`, curl `--cacert FILE`, lftp `set ssl:ca-file FILE`. A firewall or virus scanner that looks into encrypted connections has an authority of its own."),
		}}
	certWeakKey = &variant{who(ServerAdmin),
		"The key of the server's certificate[ ({key})] is too short for today, and strict clients refuse it.",
		[]remedy{do(ServerAdmin, "Make a new key (RSA with 2048 bits or more, or ECDSA P-256) and a certificate for it.")}}
	certWeakSignature = &variant{who(ServerAdmin),
		"The server's certificate is signed by an outdated method[ ({signature})], and strict clients refuse it.",
		[]remedy{do(ServerAdmin, "Have the certificate issued anew: authorities sign with SHA-256 or better today.")}}
)

// tlsVariants are all of them.
var tlsVariants = []*variant{wantsImplicit, wantsExplicit, notOfferedToAnonymous, notForAnonymous, authUnanswered, heldToTLS12, legacyOnly,
	certExpired, certNotYetValid, certWrongHost, certSelfSigned, certIncomplete, certUnknownCA, certWeakKey, certWeakSignature, beyondUs}
