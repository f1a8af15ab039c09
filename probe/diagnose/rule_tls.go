package diagnose

import (
	"slices"

	"ftpdiag/probe/evidence"
)

// speechOf is how a session spoke, or tried to: off, explicit or implicit.
func speechOf(s *evidence.Session) string {
	shook := s.TLS || s.Handshake != nil || endedAt(s, evidence.OpTLSHandshake)
	switch {
	case s.Auth != nil, !shook && endedAt(s, evidence.OpAuthTLS):
		return evidence.TLSExplicit
	case shook:
		return evidence.TLSImplicit
	}
	return evidence.TLSOff
}

// speech is what the run ended up speaking. A session that did not get as far as
// its greeting shows nothing, and nor does one that was let go before its login.
func (v *view) speech() string {
	last := evidence.TLSOff
	for _, s := range v.diagnosing() {
		if spoken := speechOf(s); spoken != evidence.TLSOff || s.Greeting != nil && (s.Failure != nil || s.Login != nil) {
			last = spoken
		}
	}
	return last
}

// diagnosing are the sessions of the diagnosis itself.
func (v *view) diagnosing() []*evidence.Session {
	var out []*evidence.Session
	for i := range v.ev.Sessions {
		if s := &v.ev.Sessions[i]; s.Purpose == evidence.PurposeDiagnose {
			out = append(out, s)
		}
	}
	return out
}

// failedSession is the session that shows why nobody got in; nil: somebody did,
// or it was not seen. The first one counts: a later one may be refused because
// of ours (rule 9). Where the run went on to other TLS, what came before is no
// reason any more, and where a later handshake succeeded nor are those that failed.
func (v *view) failedSession() *evidence.Session {
	if v.admitted() {
		return nil
	}
	var failed []*evidence.Session
	shaken := false
	for _, s := range v.diagnosing() {
		shaken = shaken || s.TLS
		if s.Failure != nil {
			failed = append(failed, s)
		}
	}
	speech := v.speech()
	for _, good := range []func(*evidence.Session) bool{
		func(s *evidence.Session) bool { return speechOf(s) == speech && (s.TLS || !shaken) },
		func(s *evidence.Session) bool { return speechOf(s) == speech },
		func(*evidence.Session) bool { return true },
	} {
		if i := slices.IndexFunc(failed, good); i >= 0 {
			return failed[i]
		}
	}
	return nil
}

// admitted tells whether any session got through its login in the way in which
// the run went on.
func (v *view) admitted() bool {
	if len(v.tries) > 0 {
		return true
	}
	speech := v.speech()
	return slices.ContainsFunc(v.diagnosing(), func(s *evidence.Session) bool {
		return s.Failure == nil && s.Login != nil && speechOf(s) == speech
	})
}

// named tells whether a user logs in, with a password that somebody could steal.
func (v *view) named() bool {
	switch v.ev.Target.User {
	case "", anonymous, "ftp":
		return false
	}
	return true
}

// asks tells what TLS the caller asked for.
func (v *view) asks(tls string) bool { return v.ev.Options.TLS == tls }

// helloAnswered tells whether a silent port answered a ClientHello.
func (v *view) helloAnswered() bool {
	return slices.ContainsFunc(v.ev.Sessions, func(s evidence.Session) bool {
		return s.Purpose == evidence.PurposeClientHello && s.Failure == nil
	})
}

// recommendedTLS is what a client should speak: as the cause says, else what the
// run ended up speaking.
func (v *view) recommendedTLS(hits []hit) string {
	for _, h := range hits {
		if h.tls != "" {
			return h.tls
		}
	}
	switch tls := v.ev.Target.TLS; tls {
	case evidence.TLSExplicit, evidence.TLSImplicit:
		return tls
	}
	return evidence.TLSOff
}

// encrypted is what a client should speak to a server that wants TLS.
func (v *view) encrypted() string {
	if v.ev.Target.TLS == evidence.TLSImplicit {
		return evidence.TLSImplicit
	}
	return evidence.TLSExplicit
}

// endedAt tells whether the session failed at one of the steps.
func endedAt(s *evidence.Session, ops ...evidence.Op) bool {
	return s.Failure != nil && slices.Contains(ops, s.Failure.Op)
}
