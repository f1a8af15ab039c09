package ftptest

import (
	"fmt"
	"strings"
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
	text := a.Text
	switch {
	case text == "":
		return true
	case a.Endless:
		return ss.endless(text, a.Pace)
	case !a.Raw && !strings.HasSuffix(text, "\n"):
		text += "\r\n"
	}
	return ss.pace([]byte(text), a.Pace)
}

// endless repeats text until the client goes.
func (ss *session) endless(text string, p Pace) bool {
	if p == (Pace{}) {
		text = repeated(text)
	}
	for ss.pace([]byte(text), p) {
		if !ss.wait(p.Every) {
			break
		}
	}
	return false
}

// repeated is text as often as makes a large write.
func repeated(text string) string { return strings.Repeat(text, 1+(32<<10)/max(len(text), 1)) }

// pace writes b to the control connection, piece by piece.
func (ss *session) pace(b []byte, p Pace) bool {
	chunk := p.Chunk
	if chunk == 0 {
		chunk = len(b)
		if p.Every > 0 {
			chunk = 1
		}
	}
	for len(b) > 0 {
		n := min(chunk, len(b))
		if _, err := ss.out.Write(b[:n]); err != nil {
			return false
		}
		if b = b[n:]; len(b) > 0 && !ss.wait(p.Every) {
			return false
		}
	}
	return true
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
