package ftptest

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// overriding is the answer that takes the place of a command's own.
type overriding struct {
	answers []Answer
	order   Order
}

// override finds the first Override for a command. Those with several answers
// give them in turn, whichever control connection asks.
func (ss *session) override(verb, arg string) *overriding {
	for i, o := range ss.srv.behaviour.Replies {
		if !o.matches(verb, arg) {
			continue
		}
		over := &overriding{order: o.Order}
		if len(o.Answers) > 0 {
			n := ss.srv.turns.count(fmt.Sprintf("reply %d", i))
			n = min(n, len(o.Answers)-1)
			over.answers = o.Answers[n : n+1]
		}
		return over
	}
	return nil
}

func (o Override) matches(verb, arg string) bool {
	for _, v := range strings.Fields(o.Verbs) {
		if v == verb || v == "*" {
			return strings.HasPrefix(arg, o.Arg) && (o.When == nil || o.When(verb, arg))
		}
	}
	return false
}

// answer gives answers; false: the session is over.
func (ss *session) answer(answers ...Answer) bool {
	for _, a := range answers {
		if !ss.wait(a.After) || !ss.give(a) || !ss.follow(a.Then) {
			return false
		}
	}
	return true
}

func (ss *session) give(a Answer) bool {
	if rewrite := ss.srv.behaviour.Rewrite; rewrite != nil && a.Text != "" {
		if !a.Raw && !strings.HasSuffix(a.Text, "\n") {
			a.Text += "\r\n"
		}
		a.Text, a.Raw = rewrite(ss.verb, a.Text), true
	}
	if a.Clear {
		return speaker{clearly{ss.out}, ss.wait}.give(a)
	}
	return speaker{ss.out, ss.wait}.give(a)
}

// follow does what follows an answer.
func (ss *session) follow(t Then) bool {
	switch t {
	case Continue:
		return true
	case Hang:
		ss.hang()
	case Reset:
		ss.ended = true
		ss.out.close(reset)
	}
	return false
}

// speaker writes answers.
type speaker struct {
	out  io.Writer
	wait func(time.Duration) bool // false: nobody listens any more
}

// give writes one answer; false: that was the end.
func (sp speaker) give(a Answer) bool {
	text := a.Text
	switch {
	case text == "":
		return true
	case a.Endless:
		return sp.endless(text, a.Pace)
	case !a.Raw && !strings.HasSuffix(text, "\n"):
		text += "\r\n"
	}
	return sp.pace([]byte(text), a.Pace)
}

// endless repeats text until the client goes.
func (sp speaker) endless(text string, p Pace) bool {
	if p == (Pace{}) {
		text = repeated(text)
	}
	for sp.pace([]byte(text), p) {
		if !sp.wait(p.Every) {
			break
		}
	}
	return false
}

// repeated is text as often as makes a large write.
func repeated(text string) string { return strings.Repeat(text, 1+(32<<10)/max(len(text), 1)) }

// pace writes b piece by piece.
func (sp speaker) pace(b []byte, p Pace) bool {
	chunk := p.Chunk
	if chunk == 0 {
		chunk = len(b)
		if p.Every > 0 {
			chunk = 1
		}
	}
	for len(b) > 0 {
		n := min(chunk, len(b))
		if _, err := sp.out.Write(b[:n]); err != nil {
			return false
		}
		if b = b[n:]; len(b) > 0 && !sp.wait(p.Every) {
			return false
		}
	}
	return true
}
