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
	if ss.oneTooMany("USER") {
		return ss.refuseLogin()
	}
	ss.user, ss.inside = arg, false
	return ss.say("331 User name okay, need password.")
}

// oneTooMany tells whether the login is to be refused at this command, because of
// another session that is logged in.
func (ss *session) oneTooMany(at string) bool {
	ss.srv.mu.Lock()
	defer ss.srv.mu.Unlock()
	in := ss.srv.loggedIn
	return ss.srv.behaviour.Login.Single.At == at && in != nil && in != ss
}

func (ss *session) refuseLogin() bool {
	text := ss.srv.behaviour.Login.Single.Text
	return ss.say(text) && !strings.HasPrefix(text, "421")
}

// enter notes the session as the one that is logged in, and has the other go where
// the server allows one.
func (ss *session) enter() {
	ss.srv.mu.Lock()
	defer ss.srv.mu.Unlock()
	in := ss.srv.loggedIn
	ss.srv.loggedIn = ss
	if in != nil && in != ss && ss.srv.behaviour.Login.Single.At == Ousts {
		close(in.ousted)
	}
}

// leave is the end of what enter began.
func (ss *session) leave() {
	ss.srv.mu.Lock()
	defer ss.srv.mu.Unlock()
	if ss.srv.loggedIn == ss {
		ss.srv.loggedIn = nil
	}
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
		if ss.oneTooMany("PASS") {
			return ss.refuseLogin()
		}
		ss.inside = true
		ss.enter()
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
