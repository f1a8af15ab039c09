package main

import (
	"context"
	"fmt"
	"time"

	"ftpdiag/probe"
	"ftpdiag/probe/diagnose"
	"ftpdiag/probe/evidence"
)

const (
	// defaultInterval is the pause between two runs: long enough for a server
	// that counts connections to forget the last.
	defaultInterval = time.Second

	// mostRuns bounds what is kept of the runs of one target.
	mostRuns = 1000
)

// several diagnoses a target as often as is asked for, one run after the other.
// An interrupt ends that early: what is done counts, and the run under way only
// where there is no other. A refused password is not sent again, and a server that
// may have locked this address out is left alone.
func (a *app) several(ctx context.Context, o *options, cfg probe.Config, say func(string)) (*diagnose.Result, error) {
	if o.repeat == 1 {
		return a.one(ctx, cfg, say)
	}
	if say == nil {
		say = func(string) {}
	}
	var results []*diagnose.Result
	for run := 1; run <= o.repeat; run++ {
		of := fmt.Sprintf("run %d of %d", run, o.repeat)
		result, err := a.one(ctx, cfg, func(what string) { say(of + ": " + what) })
		if err != nil {
			return nil, err
		}
		if len(results) == 0 || ctx.Err() == nil {
			results = append(forget(results, result), result)
		}
		if loginRefused(result) && run < o.repeat {
			a.warn("the login was refused in run %d of %d: it is not tried again", run, o.repeat)
			break
		}
		if result.ContactLost != nil && run < o.repeat {
			a.warn("the server stopped answering in run %d of %d, perhaps because of the diagnosis: it is not asked again", run, o.repeat)
			break
		}
		if run < o.repeat {
			say(fmt.Sprintf("%s is done, the next begins in %v", of, o.interval))
		}
		if run < o.repeat && !pause(ctx, o.interval) {
			break
		}
	}
	result := diagnose.Repeated(results)
	if result.Repeats != nil {
		result.Repeats.Interval = evidence.Millis(o.interval)
	}
	return result, nil
}

// pause waits; false where an interrupt ended it.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}

// forget drops the dialogues of runs that went like the one that follows: of
// runs that went alike only the last is ever shown.
func forget(results []*diagnose.Result, next *diagnose.Result) []*diagnose.Result {
	for _, r := range results {
		if r.Modes == next.Modes && r.Status == next.Status {
			r.Transcript = nil
		}
	}
	return results
}

// loginRefused tells whether the server turned the user down, so that another
// try would only look like guessing. A server that is full is no refusal of an
// anonymous user.
func loginRefused(r *diagnose.Result) bool {
	for _, s := range r.Sessions {
		if s.Failure != nil && s.Failure.Op == evidence.OpLogin && s.After == "PASS" && r.Target.User != anonymous {
			return true
		}
	}
	for _, f := range r.Findings {
		if f.Code == diagnose.LoginRejected || f.Code == diagnose.LoginAnonymousRefused {
			return true
		}
	}
	return false
}
