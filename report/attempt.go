package report

import (
	"fmt"
	"strings"

	"ftpdiag/probe/evidence"
)

// whatCame says what an attempt that works brought.
func whatCame(a *evidence.Attempt) string {
	time := took(a.End-a.Start) + dataEncryption(a)
	switch {
	case a.Operation == "CONNECT":
		return "the port opens, " + time
	case a.Truncated:
		return fmt.Sprintf("%s, %s, enough", size(a.Bytes), time)
	case a.Operation == "STOR":
		return fmt.Sprintf("upload, %s, %s", size(a.Bytes), time)
	case a.Operation == "RETR":
		return fmt.Sprintf("file, %s, %s", size(a.Bytes), time)
	case a.Bytes == 0:
		return "empty listing, " + time
	}
	return fmt.Sprintf("listing, %s, %s", size(a.Bytes), time)
}

// dataEncryption says, behind what an attempt brought, that it came encrypted.
func dataEncryption(a *evidence.Attempt) string {
	switch {
	case !a.TLS || a.Operation == "CONNECT":
		return ""
	case a.Resumed != nil && !*a.Resumed:
		return ", encrypted anew"
	}
	return ", encrypted"
}

// whatFailed says in a few words how an attempt failed, with the reply of the
// server where that tells more.
func whatFailed(a *evidence.Attempt) []span {
	reply := lastReply(a)
	f := a.Failure
	if f == nil || f.Kind == evidence.KindRejected {
		if reply != nil {
			return []span{{quote, replyText(reply)}}
		}
		if f == nil {
			return []span{{plain, "no reason known"}}
		}
	}
	words := []span{{plain, stepFailure(a)}}
	if reply != nil && reply.Code >= 400 {
		words = append(words, span{plain, "; then "}, span{quote, replyText(reply)})
	}
	return words
}

// stepFailure puts the failure of an attempt into words by the step at which it
// failed.
func stepFailure(a *evidence.Attempt) string {
	words := failureWords(a.Failure)
	if a.Failure.Kind == evidence.KindInterrupted {
		return words
	}
	silent := a.Failure.Kind == evidence.KindTimedOut
	switch a.Failure.Op {
	case evidence.OpNegotiate:
		return negotiateFailure(a, words)
	case evidence.OpDataConnect:
		if a.Dialed.IsValid() {
			return words + " at " + a.Dialed.String()
		}
		return words + " at the port that the server offered"
	case evidence.OpDataAccept:
		switch {
		case !a.Listened.IsValid() && a.Negotiated == nil:
			return "could not listen: " + words
		case silent:
			return "the server did not connect back"
		}
		return words + " when the server connected back"
	case evidence.OpDataTLS:
		return words + " at the encryption of the data"
	case evidence.OpTransfer:
		if silent {
			return "stalled after " + size(a.Bytes)
		}
		return words + " after " + size(a.Bytes)
	case evidence.OpCompletion:
		if silent {
			return size(a.Bytes) + " came, but no final reply"
		}
		return words + " before the final reply, after " + size(a.Bytes)
	}
	return words
}

// negotiateFailure says how the question for a data connection went unanswered.
func negotiateFailure(a *evidence.Attempt, words string) string {
	switch a.Failure.Kind {
	case evidence.KindTimedOut:
		return words + " to " + string(a.Method)
	case evidence.KindMalformed:
		return "answer to " + string(a.Method) + " not understood"
	}
	return words + " after " + string(a.Method)
}

// lastReply is the reply that ended an attempt, or else the one that refused its
// negotiation; nil where there was none.
func lastReply(a *evidence.Attempt) *evidence.Reply {
	if a.Reply != nil {
		return a.Reply
	}
	if a.Negotiation != nil && a.Negotiation.Code >= 400 {
		return a.Negotiation
	}
	return nil
}

// replyText is a reply on one line, its code first.
func replyText(r *evidence.Reply) string {
	return strings.TrimSpace(fmt.Sprintf("%03d %s", r.Code, short(r.Text)))
}
