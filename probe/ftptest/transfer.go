package ftptest

import (
	"net"
	"strings"

	"ftpdiag/probe/evidence"
)

// Transfers says how transfers go. A key is a mode, a verb, both with a space
// between them, or "": "passive LIST", "RETR", "active". Of those that fit a
// transfer the verb goes before the mode. A transfer without steps goes as on
// vsftpd: the data connection is made, the mark is said, data flow, the data
// connection is closed, the completion is said.
type Transfers map[string][]Step

// steps are those of a transfer with the verb.
func (ts Transfers) steps(mode evidence.Mode, verb string) []Step {
	for _, key := range []string{string(mode) + " " + verb, verb, string(mode), ""} {
		if steps, ok := ts[key]; ok {
			return steps
		}
	}
	return healthy(verb)
}

// Step is one step of a transfer. False ends the transfer.
type Step func(t *Transfer) bool

// Transfer is a transfer that is under way.
type Transfer struct {
	ss      *session
	verb    string
	path    string
	content []byte
	out     *outlet
	over    bool          // the session is over too
	cancel  chan struct{} // closed when the client gave the transfer up

	connected chan net.Conn // the data connection, for watch
}

// healthy are the steps of a transfer that goes well.
func healthy(verb string) []Step {
	if verb == "STOR" {
		return []Step{Connect(), Mark(), Receive(), Complete()}
	}
	return []Step{Connect(), Mark(), Send(), CloseData(), Complete()}
}

// transferring is a command that transfers.
func transferring(verb string) func(*session, string) bool {
	return func(ss *session, arg string) bool { return ss.transfer(verb, arg) }
}

func (ss *session) transfer(verb, arg string) bool {
	t := &Transfer{ss: ss, verb: verb, cancel: make(chan struct{}), connected: make(chan net.Conn, 1)}
	if refusal := t.open(arg); refusal != "" {
		return ss.say(refusal)
	}
	if ss.data == nil {
		return ss.say("425 Where to? Use PASV or PORT first.")
	}
	steps := ss.srv.behaviour.Transfers.steps(ss.data.mode(), verb)
	finished := make(chan struct{})
	watched := make(chan struct{})
	go t.watch(finished, watched)
	for _, step := range steps {
		if !step(t) {
			break
		}
	}
	close(finished)
	<-watched
	return t.end()
}

// open finds what is transferred, or says why not.
func (t *Transfer) open(arg string) (refusal string) {
	ss := t.ss
	rest := ss.rest
	ss.rest = 0
	switch t.verb {
	case "STOR":
		if t.path = ss.resolve(arg); t.path == "" {
			return "553 No file name."
		}
		return ""
	case "RETR":
		content, ok := ss.srv.files.get(ss.resolve(arg))
		if !ok {
			return "550 No such file."
		}
		t.content = []byte(content[min(int(rest), len(content)):])
		return ""
	}
	listing, ok := ss.list(t.verb, arg)
	if !ok {
		return "550 No such directory."
	}
	t.content = []byte(listing)
	return ""
}

// list writes a listing; flags of LIST are passed over.
func (ss *session) list(verb, arg string) (string, bool) {
	for strings.HasPrefix(arg, "-") {
		_, arg, _ = strings.Cut(arg, " ")
	}
	to := ss.resolve(arg)
	entries, ok := ss.srv.files.list(to)
	if content, file := ss.srv.files.get(to); file && verb != "MLSD" {
		entries, ok = []entry{{name: arg, size: len(content)}}, true
	}
	var b strings.Builder
	for _, e := range entries {
		switch verb {
		case "LIST":
			b.WriteString(e.long())
		case "MLSD":
			b.WriteString(e.facts())
		default:
			b.WriteString(e.name + "\r\n")
		}
	}
	return b.String(), ok
}

// watch cancels the transfer when the client leaves or aborts it, and ends a
// write that waits for a client that no longer reads.
func (t *Transfer) watch(finished, watched chan struct{}) {
	defer close(watched)
	abort := false
	select {
	case <-t.ss.gone:
		t.ss.aborted = true
	case <-t.ss.abort:
		abort = true
	case <-t.ss.srv.done:
	case <-finished:
		return
	}
	close(t.cancel)
	for {
		select {
		case conn := <-t.connected:
			conn.Close()
		case <-finished:
			if abort {
				t.ss.say("426 Transfer aborted as asked.")
			}
			return
		}
	}
}

// cancelled tells whether the client gave the transfer up.
func (t *Transfer) cancelled() bool {
	select {
	case <-t.cancel:
		return true
	default:
		return false
	}
}

// end closes what is open.
func (t *Transfer) end() bool {
	if t.out != nil {
		t.out.closeOrderly()
	}
	t.ss.dropData()
	return !t.over
}

// say sends a reply, unless the transfer was given up.
func (t *Transfer) say(text string) bool {
	if t.cancelled() {
		return false
	}
	if !t.ss.say(text) {
		t.over = true
		return false
	}
	return true
}

// write sends data. What the client no longer takes ends in a 426.
func (t *Transfer) write(b []byte) bool {
	if t.cancelled() || !t.secure() {
		return false
	}
	if _, err := t.out.Write(b); err != nil {
		t.say("426 Connection closed; transfer aborted.")
		return false
	}
	return true
}

// defaults of what is said where TLS of a data connection is not to the server's
// liking: those of pyftpdlib and vsftpd.
var (
	handshakeFailed = Answer{Text: "522 SSL handshake failed."}
	reuseRequired   = Answer{Text: "522 SSL connection failed: session reuse required", Then: Close}
)

// secure shakes hands on the data connection where PROT P has come; false: there
// is no data connection to go on with. It comes with the first data, as servers do
// it after the mark.
func (t *Transfer) secure() bool {
	if t.out == nil || !t.ss.private || t.out.encrypted() {
		return t.out != nil
	}
	wants := t.ss.srv.behaviour.TLS
	t.ss.shaken++
	out := t.out
	err := out.shake(wants.Data, t.ss.sessionTLS(true), out.conn)
	t.ss.srv.record.secured(t.ss.id, true, out, err)
	switch {
	case err == errReset:
		t.out = nil
		return t.refuse(wants.DataFailed, handshakeFailed)
	case err != nil:
		t.out = nil
		out.linger()
		return t.refuse(wants.DataFailed, handshakeFailed)
	case wants.Reuse.Required && !out.tls.Load().ConnectionState().DidResume:
		t.out = nil
		out.closeOrderly()
		return t.refuse(wants.Reuse.Refusal, reuseRequired)
	}
	return true
}

// refuse says why a data connection is not used.
func (t *Transfer) refuse(a, usual Answer) bool {
	if a == (Answer{}) {
		a = usual
	}
	if !t.cancelled() && !t.ss.answer(a) {
		t.over = true
	}
	return false
}

// Secure shakes hands on the data connection before there are data to send.
func Secure() Step { return (*Transfer).secure }
