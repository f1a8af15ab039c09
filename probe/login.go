package probe

import (
	"context"
	"errors"
	"time"

	"ftpdiag/probe/evidence"
)

// login opens another control connection and logs in on it, in a slot of its
// own. Where the server refuses because our last connection is hardly closed,
// it asks once more.
func (r *run) login(ctx context.Context) (*session, error) {
	return r.loginFor(ctx, evidence.PurposeDiagnose)
}

func (r *run) loginFor(ctx context.Context, purpose string) (*session, error) {
	select {
	case r.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	for again := true; ; again = false {
		if r.isNoLogin() {
			<-r.slots
			return nil, errNoLogin
		}
		r.awaitFreeSlot(ctx)
		s, err := r.enter(ctx, r.peer.Port(), purpose)
		if err == nil {
			return s, nil
		}
		if !ourOwnDoing(err) || !again || sleep(ctx, slotTime) != nil {
			<-r.slots
			return nil, err
		}
	}
}

// awaitFreeSlot lets a server that allows one session forget the last one: what
// it refuses costs a control connection of the budget.
func (r *run) awaitFreeSlot(ctx context.Context) {
	if !r.isSerial() {
		return
	}
	select {
	case <-done(&r.leaving):
		_ = sleep(ctx, forgetTime)
	case <-ctx.Done():
	}
}

// forgetTime is how long a server may take to notice the end of its own process
// for a session (vsftpd).
const forgetTime = 300 * time.Millisecond

// slotTime is how long a server commonly counts a connection that has been closed.
const slotTime = 1500 * time.Millisecond

func (r *run) tryLogin(ctx context.Context, port uint16) (*session, error) {
	purpose := evidence.PurposeDiagnose
	if port != r.peer.Port() {
		purpose = evidence.PurposePort21
	}
	return r.enter(ctx, port, purpose)
}

// enter connects and logs in.
func (r *run) enter(ctx context.Context, port uint16, purpose string) (*session, error) {
	if !r.budget.mayLogIn() {
		return nil, errSpared
	}
	s, err := r.openSession(ctx, port, purpose)
	if err != nil {
		return nil, err
	}
	if err = s.greet(ctx); err == nil {
		err = s.secure(ctx)
	}
	if err == nil {
		err = s.login(ctx)
	}
	if err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

// errNoLogin: a password that was rejected once is not sent again, and anonymous is
// not tried a third time.
var errNoLogin = errors.New("the login was rejected before")

func (r *run) isNoLogin() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.noLogin
}

// noteRejected remembers that the password of a named user was rejected, or
// anonymous twice in a row.
func (r *run) noteRejected() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.admitted { // it is not the password: the server has had enough of us
		r.serial = true
		return
	}
	r.rejected++
	r.noLogin = r.noLogin || r.named() || r.rejected > 1
}

func (r *run) noteAdmitted() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.rejected, r.admitted = 0, true
}

// ourOwnDoing tells a refusal that may come from a connection of ours which the
// server still counts.
func ourOwnDoing(err error) bool {
	var no *errRejected
	return errors.As(err, &no) && no.Code == 421 && !DemandsTLS(no.Reply)
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
