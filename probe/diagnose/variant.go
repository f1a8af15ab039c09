package diagnose

// variant is a cause in a form that wants other words and other steps than the
// catalogue and the remedies of its code have.
type variant struct {
	who      []Who
	summary  string // completed by fill
	remedies []remedy
}

// Names and the control connection.
var (
	noIPv6 = &variant{who(ClientUser),
		"The name[ {host}] has no IPv6 address, and -6 allows nothing else.",
		[]remedy{do(ClientUser, "Leave -6 away, so that IPv4 is tried too; if the name is unknown then as well, check its spelling.")}}
	noIPv4 = &variant{who(ClientUser),
		"The name[ {host}] has no IPv4 address, and -4 allows nothing else.",
		[]remedy{do(ClientUser, "Leave -4 away, so that IPv6 is tried too; if the name is unknown then as well, check its spelling.")}}
	asksToWait = &variant{who(ServerAdmin, ClientUser),
		"The server asks callers to wait before it greets them (reply 120), and some clients give up there.",
		[]remedy{
			do(ServerAdmin, "Let the server greet with 220 at once, or begin to listen only when it can."),
			do(ClientUser, "If your client gives up at reply 120, as curl does, use another one, such as FileZilla or lftp."),
		}}
	banned = &variant{who(ClientUser, ServerAdmin),
		lockedOut,
		[]remedy{waitForBan, allowCaller}}
	bannedByDepth = &variant{who(ClientUser, ServerAdmin),
		lockedOut,
		[]remedy{waitForBan, allowCaller, do(ClientUser, "Then run the diagnosis again without --thorough: at its usual depth it tries far fewer ports.")}}
	unanswered = &variant{who(ServerAdmin, ClientNetwork, ServerNetwork),
		"The server does not answer[ {command}], or its answer is held back on the way by a firewall that follows FTP.",
		[]remedy{
			do(ServerAdmin, "Look into the server's log for the moment of the command, and try it on the server's own machine."),
			how(ClientNetwork, "Switch the firewall's FTP inspection off for this server.", leaveFTP),
			how(ServerNetwork, "If the firewall is on the server's side, switch its FTP inspection off.", leaveFTP),
			passiveRemedy,
		}}
)

const lockedOut = "The server stopped answering while ports were being tried: its firewall may have locked this address out because of this diagnosis."

var (
	waitForBan = do(ClientUser, "Wait before the next attempt, with every program: CSF locks an address out for five minutes to some hours, fail2ban for ten minutes.")
	// CSF keeps bans for good and bans for a while in two lists.
	allowCaller = do(ServerAdmin, "Look for the caller's address in the list of bans, lift the ban, and allow the address. CSF: `csf -g ADDRESS`, then `csf -dr ADDRESS` and `csf -tr ADDRESS`, and `csf -a ADDRESS`; fail2ban: `fail2ban-client status JAIL`, then `fail2ban-client set JAIL unbanip ADDRESS`, and `ignoreip`.")
)

// The login.
var (
	noAnonymousHome = &variant{who(ServerAdmin),
		"The server admits anonymous users, but has no usable account for them to work under.",
		[]remedy{do(ServerAdmin, "Give the system a user ftp with a home directory that exists and that nobody but root may write to (Linux: `useradd --system --create-home --home-dir /srv/ftp ftp`).")}}
	writableRoot = &variant{who(ServerAdmin),
		"The server refuses to lock the user into a top directory to which the user may write.",
		[]remedy{how(ServerAdmin, "Take the right to write from the top directory, and give the user a directory below it.", writableTop)}}
	loginUnanswered = &variant{who(ServerAdmin, ServerNetwork),
		"The server does not answer[ {command}] during the login, or not in time.",
		[]remedy{
			do(ServerAdmin, "The server's log tells what it waits for at the login: a name service, a directory of accounts, a database."),
			do(ServerNetwork, "If the server did answer, look for a firewall on the way that holds its replies back."),
		}}
	unexplained421 = &variant{who(ServerAdmin, ClientUser),
		"The server breaks the login off with reply 421: it is not ready for this user or this address at the moment.",
		[]remedy{
			do(ServerAdmin, "The server's log tells why: a limit of connections, a ban, or an account that cannot be set up."),
			do(ClientUser, "Close other FTP windows, and try again later."),
		}}
)

// Agreeing on a data connection.
var (
	noEPSVOverIPv6 = &variant{who(ClientUser, ServerAdmin),
		"Over IPv6 passive mode needs EPSV, which the server refuses; the older command, PASV, cannot work there.",
		[]remedy{
			do(ClientUser, "Connect over IPv4 (curl `-4`)."),
			activeRemedy,
			do(ServerAdmin, "Allow EPSV (RFC 2428)."),
		}}
	cannotListen = &variant{who(ClientUser),
		"This machine could not listen on the ports asked for, so active mode could not be tried.",
		[]remedy{do(ClientUser, "Give another range of ports (`--active-ports`), above 1023 and with free ports in it.")}}
)

// The transfer.
var (
	pathDenied = &variant{who(ClientUser, ServerAdmin),
		"The server does not let this user read or write this file or directory, or it does not exist.",
		[]remedy{
			do(ClientUser, "Check the path: it counts from the login directory, and capitals matter."),
			remedies[TransferPermissionDenied][0],
		}}
	listingDenied = &variant{who(ServerAdmin, ClientUser),
		"The server does not let this user list the directory.",
		[]remedy{
			how(ServerAdmin, "Let the user list the directory: check its owner and mode, and the user's rights in the FTP server.", listing),
			do(ClientUser, "Repeat with the name of a file that exists (`--path FILE`): what may not be listed may often be fetched."),
		}}
	leftThere = &variant{who(ClientUser, ServerAdmin),
		"The upload worked, but the server does not let this user delete the file again, so it is still there.",
		[]remedy{
			do(ClientUser, "Delete the uploaded file by other means, or ask the server's owner to; the evidence names it."),
			do(ServerAdmin, "Delete the file. Where users may upload and not delete, nothing is wrong."),
		}}
	unconfirmed = &variant{who(ServerAdmin, ClientNetwork, ServerNetwork),
		"All data arrived, but not the server's confirmation: the server does not send it, or it is lost on the way.",
		[]remedy{
			do(ServerAdmin, "Look into the server's log for the end of the transfer, and try it on the server's own machine; if the confirmation is missing there too, update the server."),
			do(ClientNetwork, "Look for a firewall, a proxy or a virus scanner that drops replies on the control connection or closes it."),
			do(ServerNetwork, "Look for such a device on the server's side."),
			do(ClientUser, "Compare the file's size before fetching it again: it may well be complete."),
		}}
)

// variants are all of them.
var variants = append([]*variant{noIPv6, noIPv4, asksToWait, banned, bannedByDepth, unanswered, loginUnanswered, noAnonymousHome, writableRoot, unexplained421, noEPSVOverIPv6, cannotListen,
	pathDenied, listingDenied, leftThere, unconfirmed}, tlsVariants...)
