package diagnose

import (
	"strings"

	"ftpdiag/probe/evidence"
)

// phrase is how a server puts something: a reply code and the beginning of the
// text, "…" standing for whatever comes between. A text that begins with "…"
// may stand anywhere in the line. The code is exact, "4yz" or "5yz", or "any".
// Upper and lower case are the same.
type phrase struct {
	reply string
	code  Code
	from  string // product and source: lab (recorded), src, doc, thread, inf
}

// said tells whether a line of the reply is put so.
func (p phrase) said(r *evidence.Reply) bool {
	code, text, _ := strings.Cut(p.reply, " ")
	if !codeFits(code, r.Code) {
		return false
	}
	parts := strings.Split(strings.ToLower(text), "…")
	for line := range strings.SplitSeq(strings.ToLower(r.Text), "\n") {
		if inOrder(strings.TrimSpace(line), parts) {
			return true
		}
	}
	return false
}

func codeFits(want string, code int) bool {
	switch want {
	case "any":
		return true
	case "4yz":
		return code/100 == 4
	case "5yz":
		return code/100 == 5
	}
	return len(want) == 3 && code == int(want[0]-'0')*100+int(want[1]-'0')*10+int(want[2]-'0')
}

// inOrder tells whether line begins with the first part and has the others
// after it, in order.
func inOrder(line string, parts []string) bool {
	rest, ok := strings.CutPrefix(line, parts[0])
	for _, part := range parts[1:] {
		if !ok {
			return false
		}
		_, rest, ok = strings.Cut(rest, part)
	}
	return ok
}

// meaning is what the first fitting phrase says; "": none fits.
func meaning(r *evidence.Reply, tables ...[]phrase) Code {
	if r == nil {
		return ""
	}
	for _, table := range tables {
		for _, p := range table {
			if p.said(r) {
				return p.code
			}
		}
	}
	return ""
}

// wordsOf is what the reply that ended the attempt says in words that are known.
func wordsOf(a *evidence.Attempt) Code {
	r := said(a)
	switch {
	case a.Failure == nil || a.Failure.Kind != evidence.KindRejected:
		return meaning(r, doneWords)
	case a.TLS && handshakeWords(a, r) != "":
		return handshakeWords(a, r)
	case a.Failure.Op == evidence.OpNegotiate && a.Mode == evidence.Active:
		return meaning(r, dataTLSWords, activeWords, acceptWords, idleWords)
	case a.Failure.Op == evidence.OpNegotiate:
		return meaning(r, dataTLSWords, passiveWords, idleWords)
	case a.Failure.Op == evidence.OpDataAccept:
		return meaning(r, dataTLSWords, acceptWords, transferWords, idleWords)
	}
	code := meaning(r, dataTLSWords, transferWords, idleWords)
	if code == ControlIdle421 && a.Mark != nil {
		return TransferStallTimeout // the server was not idle, it was transferring
	}
	return code
}

// handshakeWords are what the reply says about the TLS of a data connection.
// ProFTPD has 425 and EPERM for all that it dislikes, after its mark: a handshake
// that was over for us by then did not resume the session that it should.
func handshakeWords(a *evidence.Attempt, r *evidence.Reply) Code {
	if a.Failure.Op == evidence.OpNegotiate || r == nil {
		return ""
	}
	code := meaning(r, reuseWords)
	if code == "" && a.Mark != nil && r.Code == 425 && strings.Contains(r.Text, "Operation not permitted") {
		code = DataTLSHandshakeFailed
		if a.Encrypted != nil {
			code = DataTLSSessionReuseRequired
		}
	}
	return code
}
