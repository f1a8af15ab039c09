package ftptest

import (
	"ftpdiag/probe"
	"ftpdiag/probe/diagnose"
)

// loginFaults are those of cause 5.
func loginFaults() []Fault {
	onPASS := func(text string, then Then) []Override { return []Override{OnThen("PASS", text, then)} }
	return []Fault{
		{Code: diagnose.LoginRejected, Title: "the password is wrong",
			Behaviour: Behaviour{Greeting: vsftpd, Login: Login{Users: map[string]string{"joe": "right horse"}, Refusal: "530 Login incorrect."}},
			Options:   asJoe("wrong horse")},
		{Code: diagnose.LoginCleartext, Title: "all works, with a password in clear",
			Behaviour: Behaviour{Greeting: vsftpd, Login: Login{Users: map[string]string{"joe": "right horse"}}},
			Options:   asJoe("right horse")},
		{Code: diagnose.LoginAnonymousRefused, Title: "the server has no anonymous login",
			Behaviour: Behaviour{Replies: onPASS("530 Sorry, no ANONYMOUS access allowed.", Continue)}},
		{Code: diagnose.LoginAddressDenied, Title: "the server denies the client's address",
			Behaviour: Behaviour{Greeting: servU, Replies: onPASS("530 Not logged in, unauthorized IP address.", Continue)}},
		{Code: diagnose.LoginSessionLimit, Title: "the user has too many sessions already",
			Behaviour: Behaviour{Greeting: pureftpd, Replies: onPASS("421 50 users (the maximum) are already logged in, sorry", Close)}},
		{Code: diagnose.LoginHomeUnavailable, Title: "the login directory cannot be entered",
			Behaviour: Behaviour{Greeting: vsftpd, Replies: onPASS("500 OOPS: vsftpd: refusing to run with writable root inside chroot()", Close)}},
		{Code: diagnose.LoginAccountRequired, Title: "the server wants an account (ACCT) too",
			Behaviour: Behaviour{Replies: onPASS("332 Need account for login.", Continue)}},
		{Code: diagnose.LoginVirtualHost, Title: "the server must be told which site is meant",
			Behaviour: Behaviour{Greeting: iis, Login: Login{NeedHOST: true}, Features: append([]string{"HOST"}, canDo...)},
			Network:   named(Addrs(serverPublic)), Options: toExampleHost},
		{Code: diagnose.LoginTimeout, Title: "the server gives up waiting for the login",
			Behaviour: Behaviour{Greeting: proftpd, Replies: onPASS("421 Login timeout (300 seconds): closing control connection", Close)}},
		{Code: diagnose.LoginMalformedReply, Title: "the answer to PASS is no FTP reply",
			Behaviour: Behaviour{Replies: onPASS("000 \xff\xfe user logged in", Continue)}},
		{Code: diagnose.LoginExtraReply, Title: "USER is answered twice",
			Behaviour: Behaviour{Replies: []Override{{Verbs: "USER", Order: After, Answers: []Answer{{Text: "331 User name okay, need password."}}}}}},
	}
}

// asJoe logs in as a named user, in clear.
func asJoe(password string) func(*probe.Config) {
	return func(cfg *probe.Config) {
		cfg.Target.User, cfg.Password, cfg.TLS = "joe", password, "off"
	}
}
