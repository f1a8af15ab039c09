package probe

import (
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"ftpdiag/probe/evidence"
)

// lentTo is a wire over a control connection of which the other end is given.
func lentTo(t *testing.T, q question) (*wire, io.ReadWriter) {
	t.Helper()
	client, server := tcpPair(t)
	rec := newRecorder(Config{})
	s := &session{control: newControl(rec, rec.newSession(evidence.Session{}), client), peer: hostOf(client.RemoteAddr())}
	s.start()
	t.Cleanup(s.control.close)
	return newWire(t.Context(), s.newTrial(q), q), server
}

// A panic of our own code, called by the library, is none of the library's.
func TestOwnPanicIsNotTheLibrarys(t *testing.T) {
	w, _ := lentTo(t, question{method: evidence.EPSV, operation: opLIST}) // there is no run
	defer func() {
		if p := recover(); p == nil {
			t.Error("it was swallowed")
		}
	}()
	_, err := w.transfer()
	t.Errorf("the library is said to have failed: %v", err)
}

// Where nothing was asked, or the completion has been read, there is nothing to
// read any more.
func TestWireEnds(t *testing.T) {
	w, server := lentTo(t, question{method: evidence.EPSV, operation: opLIST})
	w.t.run = &run{cfg: Config{Timeout: DefaultTimeout}, rec: w.t.rec, budget: newBudget(Config{})}
	read := func(want string) {
		t.Helper()
		var got strings.Builder
		p := make([]byte, 7)
		for !strings.HasSuffix(got.String(), "\n") {
			n, err := w.Read(p)
			if err != nil {
				t.Fatalf("%q, then %v, want %q", got.String(), err, want)
			}
			got.Write(p[:n])
		}
		if got.String() != want {
			t.Errorf("read %q, want %q", got.String(), want)
		}
	}
	end := func() {
		t.Helper()
		for range 3 {
			if n, err := w.Read(make([]byte, 100)); n != 0 || err != io.EOF {
				t.Errorf("read %d bytes, %v, want EOF", n, err)
			}
		}
	}
	say := func(text string) {
		t.Helper()
		if _, err := io.WriteString(server, text); err != nil {
			t.Fatal(err)
		}
	}
	write := func(line string, want error) {
		t.Helper()
		if _, err := w.Write([]byte(line + "\r\n")); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", line, err, want)
		}
	}
	read("220 \r\n")
	end()
	write("LIST", errNotAsked) // before EPSV
	go func() {
		if _, err := server.Read(make([]byte, 100)); err == nil {
			_, _ = io.WriteString(server, "229-a\r\n229 (|||1|)\r\n")
		}
	}()
	write("EPSV", nil)
	read("229-a\r\n")
	read("229 (|||1|)\r\n")
	end()
	write("EPSV", errNotAsked)
	write("LIST", nil)
	say("150-go\r\n150\r\n226-a\r\n 226 b\r\n226 c\r\n226 d\r\n")
	read("150\r\n")
	read("226-a\r\n")
	read("226- 226 b\r\n")
	read("226 c\r\n")
	end()
	write("LIST", errNotAsked)
}

// A farewell that lies there when USER is due, or comes at the same moment, is no
// round trip.
func TestFarewellIsNoRoundTrip(t *testing.T) {
	const connect = 200 * time.Millisecond
	for _, c := range []struct {
		name, early, answer string
		shorter             bool
	}{
		{"farewell", "421 too many\r\n", "", false},
		{"farewell on its way", "", "421 too many\r\n", false},
		{"answer", "", "230 in\r\n", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			w, server := lentTo(t, question{method: evidence.EPSV})
			s := w.t.session
			s.run = &run{cfg: Config{Target: evidence.Target{User: anonymous}, Timeout: DefaultTimeout}, rec: s.rec, budget: newBudget(Config{})}
			s.run.noteRTT(connect)
			if _, err := io.WriteString(server, c.early); err != nil {
				t.Fatal(err)
			}
			if c.early != "" {
				<-s.arrived()
			}
			go func() {
				if _, err := server.Read(make([]byte, 100)); err == nil {
					_, _ = io.WriteString(server, c.answer)
				}
			}()
			_ = s.login(t.Context())
			if got := s.run.roundTrip(); (got < connect) != c.shorter {
				t.Errorf("%v, want less than the connect's %v: %v", got, connect, c.shorter)
			}
		})
	}
}
