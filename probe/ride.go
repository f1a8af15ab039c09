package probe

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"ftpdiag/probe/evidence"
	"ftpdiag/probe/ftp"
)

// riders are questions about the server that ride on a wait: they are sent
// while a data connection is being dialled, one a dial, and cost no time of
// their own. Nothing rides on EPSV, PASV, EPRT, PORT or AUTH.
var riders = []struct {
	command string
	code    int // of the positive reply
}{{"FEAT", 211}, {"SYST", 215}}

// ride asks the next rider and takes its reply.
func (t *trial) ride(ctx context.Context) {
	t.run.mu.Lock()
	n := t.run.ridden
	t.run.ridden++
	t.run.mu.Unlock()
	if n >= len(riders) || t.broken {
		return
	}
	r := riders[n]
	a, err := arrival{}, t.send(r.command, t.run.cfg.Timeout)
	for refusals := 0; err == nil; refusals++ {
		a, err = t.expect(ctx, t.run.cfg.Timeout, r.code)
		if a.Code != 425 && a.Code != 426 {
			break
		}
		t.hear(a) // pyftpdlib refuses a data connection as soon as it is made
		if refusals > inboxLimit {
			err = errFlood
		}
	}
	if err == nil && a.Code == 421 {
		err, t.ended = &errRejected{a.Reply}, true
	}
	if err != nil {
		t.broken = true
		t.run.rideNoMore()
		t.rec.remark(t.s.ID, "%s: %v", r.command, err)
		return
	}
	t.rec.update(func() { t.noteServer(r.command, a.Reply) })
}

// rideNoMore keeps what ended one session from the next.
func (r *run) rideNoMore() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ridden = len(riders)
}

// spoiled ends an attempt beside which a rider put the control connection out of
// step, or ended it: how the dial goes on says nothing any more, since the server
// may have closed the port with the session.
func (t *trial) spoiled(answer <-chan dialed) error {
	if d := <-answer; d.conn != nil {
		d.conn.Close()
	}
	t.rec.update(func() { t.a.Failure = FailureOf(evidence.OpNegotiate, errRider) })
	return errRider
}

// errRider is an attempt that a rider spoiled: the control connection is out of
// step, and the attempt says nothing about the data connection.
var errRider = fmt.Errorf("a question beside it was not answered: %w", context.Canceled)

// noteServer keeps what the server said about itself.
func (s *session) noteServer(command string, r evidence.Reply) {
	if r.Code/100 != 2 {
		return
	}
	switch command {
	case "FEAT":
		s.rec.ev.Server.Features = ftp.ParseFeatures(r.Text)
	case "SYST":
		s.rec.ev.Server.System = r.Text
	case "STAT":
		s.rec.ev.Server.Status = r.Text
		s.noteSeen(r)
	}
}

// askStatus asks STAT, in whose reply some servers name the address that they
// see, where that is not known yet. A session on which it goes unanswered is out of
// step.
func (s *session) askStatus(ctx context.Context) (usable bool) {
	if s.run.rec.seenAs().IsValid() || s.run.statAsked.Swap(true) {
		return true
	}
	reply, err := s.ask(ctx, "STAT")
	if err == nil {
		s.rec.update(func() { s.noteServer("STAT", reply) })
	}
	return err == nil
}

// typeImage asks for binary transfers (RFC 959 §3.1.1.3).
func (s *session) typeImage(ctx context.Context, t *trial) bool {
	reply, err := s.ask(ctx, "TYPE I")
	if err == nil && reply.Code/100 != 2 {
		err = &errRejected{reply}
	}
	if err != nil {
		t.broken = !errors.As(err, new(*errRejected))
		t.fail(evidence.OpTransfer, err)
		t.end()
	}
	return err == nil
}

// fileOfListing is a file of the listing that is worth fetching: large enough
// for what only large transfers show, and no larger than needed.
func (r *run) fileOfListing() string {
	if path := r.cfg.Target.Path; !r.cfg.Retrieve || path != "" && !strings.HasSuffix(path, "/") {
		return ""
	}
	for _, e := range r.entries {
		if e.Type == 0 && e.Size >= 4<<10 && e.Size <= DataLimit && !strings.ContainsAny(e.Name, "\r\n\x00") {
			return r.cfg.Target.Path + e.Name
		}
	}
	return ""
}
