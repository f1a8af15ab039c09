package ftptest

import (
	"time"

	"ftpdiag/probe"
	"ftpdiag/probe/diagnose"
	"ftpdiag/probe/evidence"
)

// greetingFaults are those of cause 3, the banner, and what of cause 4 shows
// without TLS.
func greetingFaults() []Fault {
	return []Fault{
		{Code: diagnose.GreetingImplicitTLS, Title: "the port speaks nothing but TLS: silence",
			Behaviour: Behaviour{TLS: TLS{Implicit: true}},
			Options:   func(cfg *probe.Config) { cfg.Timeout, cfg.TLS = 3*time.Second, evidence.TLSOff }},
		{Code: diagnose.GreetingSlow, Title: "the greeting takes seconds",
			Behaviour: Behaviour{Greeting: []Answer{{After: 2500 * time.Millisecond, Text: proftpd[0].Text}}}},
		{Code: diagnose.GreetingWrongProtocol, Title: "an SSH server sits on the port",
			Behaviour: Behaviour{Greeting: GreetThen("SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3", Hang)}},
		{Code: diagnose.GreetingBusy, Title: "the server has too many connections already",
			Behaviour: Behaviour{Greeting: GreetThen("421 There are too many connected users, please try later.", Close)}},
		{Code: diagnose.GreetingRefused, Title: "the server refuses service with 421",
			Behaviour: Behaviour{Greeting: GreetThen("421 Service not available.", Close)}},
		{Code: diagnose.GreetingSilent, Title: "the control port never says a word",
			Behaviour: Behaviour{Greeting: GreetThen("", Hang)}, Options: within(time.Second)},
		{Code: diagnose.GreetingIntercepted, Title: "a firewall masks what the server is",
			Behaviour: Behaviour{Greeting: Greet("220 **************************"), System: "XXXXXXXXXXXXXXXXXXXXXX"}},
		{Code: diagnose.GreetingServerError, Title: "the server greets with an error of its own",
			Behaviour: Behaviour{Greeting: GreetThen("500 OOPS: vsftpd: cannot locate user specified in 'ftp_username':ftp", Close)}},
		{Code: diagnose.TLSRequired, Title: "the server lets nobody in without TLS",
			Behaviour: explicitly(TLS{Required: Answer{Text: "530 Anonymous sessions must use encryption.", Then: Close}}),
			Options:   inTheClear},
	}
}
