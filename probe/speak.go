package probe

import (
	"cmp"
	"errors"
	"slices"
	"strings"

	"ftpdiag/probe/evidence"
)

// asked is the TLS that a Config asks for which is not complete: the target's own
// word, or that for all targets.
func (c Config) asked() string {
	if c.TLS == "" || c.TLS == evidence.TLSAuto {
		return cmp.Or(c.Target.TLS, evidence.TLSAuto)
	}
	return c.TLS
}

// begins is what a run speaks first. A password goes over TLS or not at all;
// anonymous asks in clear, until the server demands otherwise. On the port of
// implicit TLS nobody waits for a greeting.
func (c Config) begins() string {
	switch asked := c.asked(); {
	case asked != evidence.TLSAuto:
		return asked
	case c.Target.Port == implicitPort:
		return evidence.TLSImplicit
	case c.Target.User != anonymous:
		return evidence.TLSExplicit
	}
	return evidence.TLSOff
}

// implicitPort is that of FTP over implicit TLS (IANA: ftps).
const implicitPort = 990

// speaks is what the run speaks at present: off, explicit or implicit.
func (r *run) speaks() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.tls
}

func (r *run) tlsLimit() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.limit
}

// speak has the run go on with another TLS, once with each. What was tried in
// clear before is then no answer any more.
func (r *run) speak(word string) (goesOn bool) {
	r.mu.Lock()
	goesOn = word != "" && !r.spoken[word]
	if goesOn {
		r.spoken[r.tls], r.spoken[word] = true, true
		r.tls = word
	}
	r.mu.Unlock()
	if !goesOn {
		return false
	}
	how := map[string]string{evidence.TLSOff: "in clear", evidence.TLSExplicit: "with AUTH TLS", evidence.TLSImplicit: "with implicit TLS"}
	r.rec.remark(0, "going on %s", how[word])
	r.rec.update(func() {
		r.rec.ev.Target.TLS = word
		for _, a := range r.rec.attempts {
			if a.Outcome != "" {
				overtake(a)
			}
		}
	})
	return true
}

// overtake takes an attempt in clear out of the judgement: the run has gone on to
// TLS meanwhile.
func overtake(a *evidence.Attempt) {
	if !a.TLS && a.Purpose != evidence.PurposeUpload && a.Purpose != evidence.PurposePort21 {
		a.Purpose = evidence.PurposePlain
	}
}

// tlsFails tells whether TLS fails. To find out why takes more control connections
// than a login in clear.
func (r *run) tlsFails() bool {
	r.mu.Lock()
	limited := r.limit != "" || r.cut
	r.mu.Unlock()
	r.rec.mu.Lock()
	defer r.rec.mu.Unlock()
	return limited || slices.ContainsFunc(r.rec.sessions, func(s *evidence.Session) bool {
		return s.Failure != nil && (s.Failure.Op == evidence.OpAuthTLS || s.Failure.Op == evidence.OpTLSHandshake)
	}) || slices.ContainsFunc(r.rec.attempts, func(a *evidence.Attempt) bool {
		return a.TLS && a.Outcome == evidence.OutcomeFails
	})
}

// tlsTrouble tells whether TLS fails, or what was found out about it has used up
// the control connections before both modes were tried.
func (r *run) tlsTrouble() bool {
	r.mu.Lock()
	changed := len(r.spoken) > 0
	r.mu.Unlock()
	return r.tlsFails() || changed && r.activeEnded == nil && (r.wanted(evidence.Passive) && !r.judged(evidence.Passive) || r.wanted(evidence.Active) && !r.judged(evidence.Active))
}

// mayChange tells whether the caller left the choice of TLS to us.
func (r *run) mayChange() bool { return r.cfg.TLS == evidence.TLSAuto }

// changeTLS draws from a failure of the first session what to try in its place.
// It tells whether another try can teach something.
func (r *run) changeTLS(s *session, err error) bool {
	return r.mayChange() && r.speak(r.nextTLS(s, err)) || r.nextLimit(s, err)
}

// nextTLS is what the server seems to want; "": nothing else.
func (r *run) nextTLS(s *session, err error) string {
	var no *errRejected
	speaks := r.speaks()
	switch {
	case speaks == evidence.TLSOff && errors.As(err, &no) && DemandsTLS(no.Reply):
		return evidence.TLSExplicit
	case speaks == evidence.TLSOff && r.hello.Load(), speaks == evidence.TLSExplicit && s.s.Auth == nil && r.hello.Load():
		return evidence.TLSImplicit
	case speaks == evidence.TLSImplicit && errors.As(err, new(*clearError)) && r.named():
		return evidence.TLSExplicit
	case speaks == evidence.TLSImplicit && errors.As(err, new(*clearError)):
		return evidence.TLSOff
	}
	return ""
}

// nextLimit lowers what a handshake that failed asked for: TLS 1.2 at most, then
// every suite that there is. One that was cut is first tried as it was: a cut may
// be chance.
func (r *run) nextLimit(s *session, err error) bool {
	if !s.unshaken() || errors.Is(err, errBehind) || errors.As(err, new(*clearError)) || KindOf(err) == evidence.KindInterrupted {
		return false
	}
	if s.requested.Load() && r.cfg.Certificate == nil {
		return false // it is our certificate that is missing
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case closed(err) && !r.cut:
		r.cut = true
	case r.limit == "":
		r.limit = evidence.LimitTLS12
	case r.limit == evidence.LimitTLS12 && !isTimeout(err):
		r.limit = evidence.LimitLegacy
	default:
		return false
	}
	return true
}

// demands are words with which servers say that they want TLS, in answer to USER,
// PASS, EPSV, PASV, EPRT, PORT or LIST; … stands for anything between two parts.
// Package diagnose has them by product.
var demands = []string{
	"must use encryption", "must be encrypted", // vsftpd
	"cleartext", "this prot setting", // Pure-FTPd, Serv-U
	"use auth first", "prot c is not allowed", "protection level c not allowed", // FileZilla Server 1.x
	"prot p required", "does not allow plain ftp", // FileZilla Server 0.9
	"policy requires ssl",          // IIS
	"need secure connection",       // Serv-U
	"tls…required", "ssl…required", // ProFTPD, pyftpdlib and others
	"require…tls", "require…ssl", "auth tls",
}

// DemandsTLS tells whether a negative reply says that the server wants TLS, on
// the control connection or on data connections (RFC 4217 §9; the words of
// servers). That a TLS session must be resumed is another demand.
func DemandsTLS(r evidence.Reply) bool {
	text := strings.ToLower(r.Text)
	if r.Code/100 < 4 || strings.Contains(text, "reuse") {
		return false
	}
	return slices.ContainsFunc(demands, func(d string) bool { return inOrder(text, strings.Split(d, "…")) })
}

// inOrder tells whether the parts stand in text, one behind the other.
func inOrder(text string, parts []string) bool {
	for _, part := range parts {
		_, behind, ok := strings.Cut(text, part)
		if !ok {
			return false
		}
		text = behind
	}
	return true
}

// dataDemands has the run go on with TLS where a server that let us in in clear
// wants data connections encrypted.
func (s *session) dataDemands(a *evidence.Attempt) {
	r := s.run
	if a.TLS || !judges(*a) || s.purpose() != evidence.PurposeDiagnose || !r.mayChange() || r.speaks() != evidence.TLSOff {
		return
	}
	for _, reply := range []*evidence.Reply{a.Negotiation, a.Reply} {
		if reply != nil && DemandsTLS(*reply) {
			r.speak(evidence.TLSExplicit)
			return
		}
	}
}
