package ftptest

import (
	"net/netip"
	"strings"
)

func anonymous(user string) bool {
	return strings.EqualFold(user, "anonymous") || strings.EqualFold(user, "ftp")
}

func (ss *session) userCommand(arg string) bool {
	if ss.srv.behaviour.Login.NeedHOST && !ss.host {
		return ss.say("530 Valid hostname is expected.")
	}
	ss.user, ss.inside = arg, false
	return ss.say("331 User name okay, need password.")
}

// hostCommand takes any name: the server is the site of them all.
func (ss *session) hostCommand(string) bool {
	ss.host = true
	return ss.say("220 Host accepted.")
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
		return ss.say("230 User logged in.")
	}
	text := login.Refusal
	if text == "" {
		text = "530 Not logged in."
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
