package ftptest

import (
	"io"
	"net"
	"strings"
	"time"
)

// Connect brings the data connection about.
func Connect() Step { return ConnectWithin(0, "") }

// ConnectWithin is Connect with an end to the wait, and what is said then. A 421
// ends the session. Zero waits as long as a client may be idle.
func ConnectWithin(wait time.Duration, text string) Step {
	return func(t *Transfer) bool {
		wait, text := wait, text // steps are shared by sessions
		if wait == 0 {
			wait, text = t.ss.srv.behaviour.Idle, t.ss.idleText()
		}
		var late <-chan time.Time
		if wait > 0 {
			timer := time.NewTimer(wait)
			defer timer.Stop()
			late = timer.C
		}
		conn, refusal := t.ss.data.connect(t.cancel, late)
		if conn != nil {
			t.out = newOutlet(t.ss.srv, conn, t.ss.flights)
			t.connected <- conn
			return true
		}
		if refusal == "" {
			refusal = text
		}
		t.say(refusal) // nothing where the client has given up
		t.over = t.over || strings.HasPrefix(refusal, "421")
		return false
	}
}

// Mark says the 1yz reply.
func Mark() Step { return Say("150 The transfer begins.") }

// Complete says the completion reply.
func Complete() Step { return Say("226 Transfer complete.") }

// Say says a reply.
func Say(text string) Step { return func(t *Transfer) bool { return t.say(text) } }

// Send sends the content.
func Send() Step { return func(t *Transfer) bool { return t.write(t.content) } }

// SendFirst sends the first n bytes of the content.
func SendFirst(n int) Step {
	return func(t *Transfer) bool { return t.write(t.content[:min(n, len(t.content))]) }
}

// SendText sends text in place of the content.
func SendText(text string) Step {
	return func(t *Transfer) bool { return t.write([]byte(text)) }
}

// SendSlowly sends the content chunk bytes at a time, and pauses in between.
func SendSlowly(chunk int, every time.Duration) Step {
	return func(t *Transfer) bool {
		for rest := t.content; len(rest) > 0; {
			n := min(chunk, len(rest))
			if !t.write(rest[:n]) || !pause(every, t.cancel) {
				return false
			}
			rest = rest[n:]
		}
		return true
	}
}

// SendEndlessly sends text again and again.
func SendEndlessly(text string) Step {
	return func(t *Transfer) bool {
		block := []byte(repeated(text))
		for t.write(block) {
		}
		return false
	}
}

// StallOver stalls where the content has more than n bytes, before the first of
// them: so does a path that drops large packets and the ICMP message about them.
func StallOver(n int) Step {
	return func(t *Transfer) bool {
		if len(t.content) <= n {
			return true
		}
		return Stall()(t)
	}
}

// Stall does nothing more until the client gives up.
func Stall() Step {
	return func(t *Transfer) bool {
		<-t.cancel
		return false
	}
}

// Pause waits.
func Pause(d time.Duration) Step {
	return func(t *Transfer) bool { return pause(d, t.cancel) }
}

// Receive reads the data connection to its end and stores what came.
func Receive() Step {
	return func(t *Transfer) bool {
		if !t.secure() {
			return false
		}
		b, err := io.ReadAll(t.out)
		if err != nil {
			t.say("426 Connection closed; transfer aborted.")
			return false
		}
		t.ss.srv.files.put(t.path, string(b))
		return true
	}
}

// CloseData closes the data connection in an orderly way.
func CloseData() Step {
	return func(t *Transfer) bool {
		if t.out == nil {
			return true
		}
		if !t.secure() {
			return false
		}
		t.out.closeOrderly()
		t.out = nil
		return true
	}
}

// CutData closes the data connection as one in clear: without close_notify.
func CutData() Step { return endData(orderly) }

// ResetData ends the data connection with a RST.
func ResetData() Step { return endData(reset) }

func endData(how func(net.Conn)) Step {
	return func(t *Transfer) bool {
		if t.out != nil {
			t.out.close(how)
			t.out = nil
		}
		return true
	}
}

// CloseControl closes the control connection in an orderly way.
func CloseControl() Step {
	return func(t *Transfer) bool {
		t.over = true
		return false
	}
}

// ResetControl ends the control connection with a RST.
func ResetControl() Step {
	return func(t *Transfer) bool {
		t.over = true
		t.ss.ended = true
		t.ss.out.close(reset)
		return false
	}
}
