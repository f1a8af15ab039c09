package probe

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"ftpdiag/probe/evidence"
	"ftpdiag/probe/ftp"
)

// transcriptLimit bounds the transcript of a run; entryCost stands for what an
// entry takes besides its text.
const (
	transcriptLimit = 1 << 20
	entryCost       = 64
)

// recorder writes the Evidence down. Sessions and attempts are filled in place
// by whoever runs them, under its lock.
type recorder struct {
	mu       sync.Mutex
	start    time.Time
	redact   *ftp.Redactor
	ev       evidence.Evidence
	sessions []*evidence.Session
	attempts []*evidence.Attempt
	size     int // of the transcript
	cut      int // entries that no longer fitted
	progress func(string)
}

func newRecorder(cfg Config) *recorder {
	r := &recorder{start: time.Now(), redact: ftp.NewRedactor(cfg.Password), progress: cfg.Progress}
	r.ev = evidence.Evidence{Target: cfg.Target, Options: cfg.options(), Started: r.start}
	return r
}

// since is the offset of now from the start of the run.
func (r *recorder) since() evidence.Millis { return micros(time.Since(r.start)) }

// micros is a duration as the JSON form can hold it, so that what is read back is
// what was.
func micros(d time.Duration) evidence.Millis { return evidence.Millis(d.Truncate(time.Microsecond)) }

// at is since as a nullable field.
func (r *recorder) at() *evidence.Millis {
	m := r.since()
	return &m
}

// update changes the record.
func (r *recorder) update(change func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	change()
}

// say tells the caller what the run waits for.
func (r *recorder) say(format string, args ...any) {
	if r.progress != nil {
		r.progress(r.redact.Clean(fmt.Sprintf(format, args...)))
	}
}

// exchange adds a line of the dialogue and says when that was; text is already clean.
func (r *recorder) exchange(session int, from, text string) (at evidence.Millis) {
	r.update(func() {
		at = r.since()
		if r.size += len(text) + entryCost; r.size > transcriptLimit {
			r.cut++
			return
		}
		r.ev.Transcript = append(r.ev.Transcript, evidence.Exchange{At: at, Session: session, From: from, Text: text})
	})
	return at
}

// remark adds a line of our own to the dialogue.
func (r *recorder) remark(session int, format string, args ...any) {
	r.exchange(session, evidence.FromTool, r.redact.Clean(fmt.Sprintf(format, args...)))
}

func (r *recorder) newSession(s evidence.Session) *evidence.Session {
	r.mu.Lock()
	defer r.mu.Unlock()
	s.ID = len(r.sessions) + 1
	r.sessions = append(r.sessions, &s)
	return &s
}

func (r *recorder) newAttempt(a evidence.Attempt) *evidence.Attempt {
	r.mu.Lock()
	defer r.mu.Unlock()
	a.ID = len(r.attempts) + 1
	a.Start = r.since()
	r.attempts = append(r.attempts, &a)
	return &a
}

// snapshot copies the attempts made so far, for the plan.
func (r *recorder) snapshot(mode evidence.Mode) []evidence.Attempt {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out []evidence.Attempt
	for _, a := range r.attempts {
		if a.Mode == mode {
			out = append(out, *a)
		}
	}
	return out
}

// finish closes the record. What is still running afterwards is not written.
func (r *recorder) finish() *evidence.Evidence {
	r.mu.Lock()
	defer r.mu.Unlock()
	ev := r.ev
	ev.Duration = r.since()
	for _, s := range r.sessions {
		ev.Sessions = append(ev.Sessions, *s)
	}
	for _, a := range r.attempts {
		ev.Attempts = append(ev.Attempts, *a)
		ev.Attempts[len(ev.Attempts)-1].Path = r.redact.Clean(a.Path)
	}
	// What the user said about the target may hold the password too.
	ev.Target = r.redact.Target(ev.Target)
	forgive(ev.Attempts)
	sortPorts(&ev)
	if r.cut > 0 {
		ev.Transcript = append(ev.Transcript, evidence.Exchange{At: ev.Duration, From: evidence.FromTool,
			Text: fmt.Sprintf("%d more lines of the dialogue did not fit the limit of %d bytes", r.cut, transcriptLimit)})
	}
	slices.SortStableFunc(ev.Transcript, func(a, b evidence.Exchange) int { return int(a.At - b.At) })
	return &ev
}

// forgive takes the word of a retry that worked over that of the attempt which it
// repeats: see view.lostSYN and planAlone.
func forgive(attempts []evidence.Attempt) {
	for i := range attempts {
		a := &attempts[i]
		if a.Outcome != evidence.OutcomeFails || !judges(*a) || !stalled(*a) && (!a.Superseded || a.Failure.Op != evidence.OpDataConnect) {
			continue
		}
		if slices.ContainsFunc(attempts[i+1:], func(b evidence.Attempt) bool { return b.Outcome == evidence.OutcomeWorks && repeats(b, *a) }) {
			a.Outcome = evidence.OutcomeInconclusive
		}
	}
}
