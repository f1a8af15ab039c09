package diagnose

import (
	"fmt"
	"slices"
	"strings"

	"ftpdiag/probe/evidence"
)

// loginRules are about the way from the greeting to the 230.
var loginRules = []rule{loginTLS, loginClosed, loginSilence, loginMalformed, loginRefusal}

const anonymous = "anonymous"

// loginTLS: USER or PASS is refused because the connection is not encrypted.
func loginTLS(v *view) []hit {
	s := v.failedAt(evidence.OpLogin, evidence.KindRejected)
	if s == nil || !demandsTLS(s) {
		return nil
	}
	return one(hit{code: TLSRequired, weight: stops, tls: evidence.TLSExplicit, evidence: lines(lastOf(s))})
}

// demandsTLS tells whether the reply that ended a session in clear wants TLS.
func demandsTLS(s *evidence.Session) bool {
	return !s.TLS && s.Auth == nil && endedAt(s, evidence.OpGreeting, evidence.OpLogin) && s.Failure.Kind == evidence.KindRejected &&
		(meaning(s.Reply, loginWords) == TLSRequired || codeDemandsTLS(s.Reply))
}

// codeDemandsTLS: the codes of RFC 2228 for a policy that wants protection.
func codeDemandsTLS(r *evidence.Reply) bool { return r != nil && (r.Code == 533 || r.Code == 534) }

// loginClosed: the control connection ends without a word after the greeting.
func loginClosed(v *view) []hit {
	s := v.failedAt(evidence.OpLogin, evidence.KindEOF, evidence.KindReset)
	if s == nil {
		return nil
	}
	seen := v.closings(s)
	return one(hit{code: ControlClosed, weight: stops, pair: len(seen) > 1, evidence: lines(seen...),
		values: map[string]string{"command": s.After}})
}

func command(s *evidence.Session) string {
	if s.After == "" {
		return "the greeting"
	}
	return s.After
}

// loginSilence: USER or PASS is not answered, or not wholly, in time.
func loginSilence(v *view) []hit {
	s := v.failedAt(evidence.OpLogin, evidence.KindTimedOut)
	if s == nil {
		return nil
	}
	return one(hit{code: LoginTimeout, variant: loginUnanswered, weight: stops, evidence: lines(command(s) + ": " + s.Failure.Message),
		values: map[string]string{"command": s.After}})
}

// loginMalformed: what comes in answer to USER or PASS is no reply, does not end,
// or has a code that has no place there (RFC 959 §5.4).
func loginMalformed(v *view) []hit {
	s := v.failedSession()
	if s == nil || s.Failure.Op != evidence.OpLogin || s.Failure.Kind == evidence.KindInterrupted {
		return nil
	}
	h := hit{code: LoginMalformedReply, weight: stops, evidence: lines(command(s) + ": " + s.Failure.Message),
		values: map[string]string{"command": s.After}, open: []Code{GreetingIntercepted}}
	if s.Failure.Kind == evidence.KindRejected {
		if s.Reply == nil || refusesLogin(s.Reply.Code) {
			return nil
		}
		h.evidence = lines(lastOf(s))
	}
	return one(h)
}

// refusesLogin tells the codes that say no, or ask for an account.
func refusesLogin(code int) bool { return code/100 == 4 || code/100 == 5 || code == 332 }

// extraReply: a reply that nobody asked for came before we were logged in, and we
// went on because we threw it away.
func extraReply(v *view) []hit {
	h := hit{code: LoginExtraReply, weight: cautions, condition: discardExtra}
	for _, s := range v.diagnosing() {
		if s.Unasked != nil && s.Login != nil {
			h.evidence = append(h.evidence, fmt.Sprintf("nobody asked for this reply: %s", quote(s.Unasked)))
			h.pair = len(h.evidence) > 1
		}
	}
	if h.evidence = lines(h.evidence...); len(h.evidence) == 0 {
		return nil
	}
	return one(h)
}

// discardExtra is what a client must heed to stay in step.
var discardExtra = &Condition{"discard-extra-replies", "the client must throw replies away that it did not ask for"}

// loginRefusal: USER or PASS is answered with no.
func loginRefusal(v *view) []hit {
	s := v.failedAt(evidence.OpLogin, evidence.KindRejected)
	if s == nil {
		return nil
	}
	h := hit{weight: stops, evidence: lines(lastOf(s))}
	h.code, h.open = v.refusalCode(s)
	h.variant = refusalVariant(h.code, s.Reply)
	if h.code == TLSNotOffered {
		h.tls = evidence.TLSOff
	}
	if h.code == LoginSessionLimit && strings.Contains(strings.ToLower(quote(s.Reply)), "users (the maximum)") {
		// Pure-FTPd lets in no more users than half its passive range has ports.
		h.open = append(h.open, PassivePortsExhausted)
	}
	if (h.code == LoginRejected || h.code == LoginAnonymousRefused) && v.offers("HOST") {
		h.open = append(h.open, LoginVirtualHost)
	}
	return one(h)
}

// refusalCode is what a refused login means: in known words, or by its code.
func (v *view) refusalCode(s *evidence.Session) (Code, []Code) {
	said, r := meaning(s.Reply, loginWords), s.Reply
	switch {
	case said == TLSRequired && s.TLS && strings.Contains(strings.ToLower(r.Text), "weak cipher"):
		return TLSVersionCipher, nil // Pure-FTPd has the same words for both
	case said != "":
		return said, nil
	}
	switch {
	case r == nil:
		return LoginRejected, nil
	case r.Code == 332, r.Code == 532:
		return LoginAccountRequired, nil
	case r.Code == 421:
		return LoginSessionLimit, []Code{LoginRejected, ControlClientBanned}
	case !v.named():
		return LoginAnonymousRefused, nil
	}
	return LoginRejected, nil
}

// refusalVariant is the form that the words of the refusal give the code.
func refusalVariant(code Code, r *evidence.Reply) *variant {
	words := strings.ToLower(quote(r))
	switch {
	case code == LoginHomeUnavailable && strings.Contains(words, "secure anonymous"):
		return noAnonymousHome
	case code == LoginHomeUnavailable && strings.Contains(words, "writable root"):
		return writableRoot
	case code == TLSNotOffered:
		return notForAnonymous
	case code == LoginSessionLimit && meaning(r, loginWords) == "":
		return unexplained421
	}
	return nil
}

// offers tells whether FEAT lists the command.
func (v *view) offers(feature string) bool {
	return slices.ContainsFunc(v.ev.Server.Features, func(f string) bool {
		word, _, _ := strings.Cut(strings.TrimSpace(f), " ")
		return strings.EqualFold(word, feature)
	})
}

// virtualHost: refused without HOST, let in with it (RFC 7151).
func virtualHost(v *view) []hit {
	for _, s := range v.ev.Sessions {
		if s.Purpose != evidence.PurposeDiagnose || s.Failure != nil || s.Login == nil || !v.sentHost(s.ID) {
			continue
		}
		for _, before := range v.ev.Sessions {
			if before.ID < s.ID && before.Purpose == s.Purpose && before.Reply != nil && before.Failure != nil &&
				before.Failure.Op == evidence.OpLogin && before.Failure.Kind == evidence.KindRejected && !v.sentHost(before.ID) && !demandsTLS(&before) {
				return one(hit{code: LoginVirtualHost, weight: cautions, pair: true, evidence: lines(
					quote(before.Reply), "HOST "+v.ev.Target.Host+" before USER: logged in")})
			}
		}
	}
	return nil
}

func (v *view) sentHost(session int) bool {
	return slices.ContainsFunc(v.ev.Transcript, func(x evidence.Exchange) bool {
		return x.Session == session && x.From == evidence.FromClient && strings.HasPrefix(x.Text, "HOST ")
	})
}

// cleartext: a password of somebody's went over a connection that anybody on
// the way can read.
func cleartext(v *view) []hit {
	if !v.named() {
		return nil
	}
	for _, s := range v.ev.Sessions {
		if !s.TLS && (s.Login != nil || s.After == "PASS") {
			return one(hit{code: LoginCleartext, weight: notes, pair: true,
				evidence: lines("PASS was sent on a connection without TLS")})
		}
	}
	return nil
}
