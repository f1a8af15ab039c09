package ftptest

import (
	"fmt"
	"slices"
	"strings"
)

// commands are what the server can do, by verb. A command reports false where
// the session is over.
var commands map[string]func(ss *session, arg string) bool

// beforeLogin are the commands that need no login (RFC 959 §5.4).
const beforeLogin = " USER PASS ACCT QUIT SYST FEAT STAT HELP NOOP HOST OPTS AUTH PBSZ PROT REIN "

func init() {
	commands = map[string]func(*session, string) bool{
		"USER": (*session).userCommand, "PASS": (*session).passCommand,
		"ACCT": fixed("202 ACCT is superfluous at this site."),
		"QUIT": (*session).quitCommand,
		"SYST": (*session).systCommand, "FEAT": (*session).featCommand, "STAT": (*session).statCommand,
		"HELP": fixed("214 Help is in RFC 959."), "NOOP": fixed("200 Command okay."),
		"OPTS": (*session).optsCommand, "HOST": (*session).hostCommand,
		"PWD": (*session).pwdCommand, "CWD": (*session).cwdCommand, "CDUP": (*session).cdupCommand,
		"TYPE": (*session).typeCommand, "MODE": fixed("200 Mode set to S."), "STRU": fixed("200 Structure set to F."),
		"PASV": (*session).pasvCommand, "EPSV": (*session).epsvCommand,
		"PORT": (*session).portCommand, "EPRT": (*session).eprtCommand,
		"LIST": transferring("LIST"), "NLST": transferring("NLST"), "MLSD": transferring("MLSD"),
		"RETR": transferring("RETR"), "STOR": transferring("STOR"),
		"SIZE": (*session).sizeCommand, "DELE": (*session).deleCommand, "REST": (*session).restCommand,
		"PRET": (*session).pretCommand, "ABOR": (*session).aborCommand,
		"AUTH": (*session).authCommand,
		"PBSZ": (*session).pbszCommand, "PROT": (*session).protCommand,
	}
}

// carryOut does what a command asks for.
func (ss *session) carryOut(verb, arg string) bool {
	do := commands[verb]
	if refusal, wanted := ss.tlsWanted(verb); wanted {
		return ss.answer(refusal)
	}
	switch {
	case do == nil:
		return ss.say("500 Unknown command.")
	case !ss.inside && !strings.Contains(beforeLogin, " "+verb+" "):
		return ss.say("530 Log in first.")
	}
	return do(ss, arg)
}

// fixed always says the same.
func fixed(text string) func(*session, string) bool {
	return func(ss *session, _ string) bool { return ss.say(text) }
}

func (ss *session) quitCommand(string) bool {
	ss.say("221 Closing control connection.")
	return false
}

func (ss *session) systCommand(string) bool {
	system := ss.srv.behaviour.System
	if system == "" {
		system = "UNIX Type: L8"
	}
	return ss.say("215 " + system)
}

// canDo are the lines of FEAT by default.
var canDo = []string{"EPRT", "EPSV", "MLST type*;size*;", "PASV", "REST STREAM", "SIZE", "UTF8"}

func (ss *session) featCommand(string) bool {
	features := ss.srv.behaviour.Features
	if features == nil {
		features = slices.Concat(canDo, ss.tlsFeatures())
	}
	if len(features) == 0 {
		return ss.say("211 No features.")
	}
	return ss.say("211-Features:\r\n " + strings.Join(features, "\r\n ") + "\r\n211 End")
}

func (ss *session) statCommand(string) bool {
	user := ss.user
	if !ss.inside {
		user = "nobody"
	}
	return ss.say(fmt.Sprintf("211-FTP server status:\r\n     Connected to %s\r\n     Logged in as %s\r\n211 End of status",
		ss.seenAs(), user))
}

func (ss *session) optsCommand(arg string) bool {
	if strings.EqualFold(arg, "UTF8 ON") {
		return ss.say("200 Always in UTF8 mode.")
	}
	return ss.say("501 Option not understood.")
}

func (ss *session) typeCommand(arg string) bool {
	switch kind, _, _ := strings.Cut(strings.ToUpper(arg), " "); kind {
	case "A":
		return ss.say("200 Type is ASCII.")
	case "I", "L":
		return ss.say("200 Type is Image.")
	}
	return ss.say("504 Unknown type.")
}

func (ss *session) pretCommand(string) bool {
	ss.pret = true
	return ss.say("200 OK, planning to use that command.")
}

// aborCommand answers an ABOR; the transfer that it ended has said 426.
func (ss *session) aborCommand(string) bool {
	select {
	case <-ss.abort:
	default:
	}
	ss.dropData()
	return ss.say("226 ABOR successful.")
}
