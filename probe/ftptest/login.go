package ftptest

import (
	"net/netip"
	"strings"
)

func anonymous(user string) bool {
	return strings.EqualFold(user, "anonymous") || strings.EqualFold(user, "ftp")
}

func (ss *session) userCommand(arg string) bool {
	ss.user, ss.inside = arg, false
	return ss.say("331 Please specify the password.")
}

func (ss *session) passCommand(arg string) bool {
	login := ss.srv.behaviour.Login
	if ss.user == "" {
		return ss.say("503 Login with USER first.")
	}
	password, known := login.Users[ss.user]
	switch {
	case known && arg == password, !known && anonymous(ss.user) && !login.NoAnonymous:
		ss.inside = true
		return ss.say("230 Login successful.")
	}
	text := login.Refusal
	if text == "" {
		text = "530 Login incorrect."
	}
	return ss.answer(Answer{After: login.Delay, Text: text})
}

// seenAs is the address that the server takes the client to come from.
func (ss *session) seenAs() netip.Addr {
	if ip := ss.srv.behaviour.SeenAs; ip.IsValid() {
		return ip
	}
	return ss.peer.Addr()
}
