package report

import (
	"slices"
	"strings"

	"ftpdiag/probe/diagnose"
	"ftpdiag/probe/evidence"
)

// Compact is a copy of r that is fit to be kept by the thousand: every format but
// [JSON], and [Text] where it is verbose, writes of it what it writes of r. It
// shares with r what it does not leave out.
func Compact(r *diagnose.Result) *diagnose.Result {
	if r == nil {
		return nil
	}
	c := *r
	c.Transcript = nil
	c.Server.System, c.Server.Status, c.Server.Features = "", "", nil
	c.Server.Greeting = strings.Clone(c.Server.Greeting)
	c.Addresses = slices.Clone(c.Addresses)
	for i := range c.Addresses {
		detach(&c.Addresses[i].Connect)
	}
	c.Findings = slices.Clone(c.Findings)
	c.PassivePorts.Probes = nil
	c.Sessions = make([]evidence.Session, len(r.Sessions))
	for i, s := range r.Sessions {
		c.Sessions[i] = compactSession(s)
	}
	c.Attempts = make([]evidence.Attempt, len(r.Attempts))
	for i := range r.Attempts {
		c.Attempts[i] = compactAttempt(&r.Attempts[i])
	}
	return &c
}

// compactSession is s without the words that only a dialogue has.
func compactSession(s evidence.Session) evidence.Session {
	s.Protection, s.Reply, s.FirstBytes = nil, nil, ""
	s.Auth = compactReply(s.Auth)
	detach(&s.Connect, &s.Greeting, &s.Handshake, &s.Login)
	return s
}

// compactAttempt is a without what no story of an attempt tells: of one that
// works none has a reply.
func compactAttempt(a *evidence.Attempt) evidence.Attempt {
	c := *a
	c.Mark, c.SYNSeen, c.Library, c.Path, c.FirstBytes = nil, nil, nil, "", ""
	c.Negotiation, c.Reply = compactReply(a.Negotiation), compactReply(a.Reply)
	if a.Outcome == evidence.OutcomeWorks {
		c.Negotiation, c.Reply, c.Failure = nil, nil, nil
	}
	detach(&c.Negotiated, &c.Asked, &c.Marked, &c.Replied, &c.Connected, &c.Encrypted, &c.FirstByte)
	return c
}

// compactReply holds on to no buffer in which other replies stand too.
func compactReply(r *evidence.Reply) *evidence.Reply {
	if r == nil {
		return nil
	}
	return &evidence.Reply{Code: r.Code, Text: strings.Clone(r.Text)}
}

// detach makes copies of durations: one that is part of something larger, such as
// a connection, keeps all of it in memory.
func detach(durations ...**evidence.Millis) {
	for _, d := range durations {
		if *d != nil {
			c := **d
			*d = &c
		}
	}
}
