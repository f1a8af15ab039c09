package probe_test

import (
	"context"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"ftpdiag/probe"
	"ftpdiag/probe/diagnose"
	"ftpdiag/probe/evidence"
	"ftpdiag/probe/ftptest"
)

// slowData is a Network on which passive data connections take longer than a run
// waits for them before it goes on with other questions.
type slowData struct{ *ftptest.Network }

func (s slowData) DialTCP(ctx context.Context, local netip.Addr, remote netip.AddrPort) (net.Conn, error) {
	if remote.Port() != 21 {
		select {
		case <-time.After(1500 * time.Millisecond):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	return s.Network.DialTCP(ctx, local, remote)
}

// A question that rides on the dial of a data connection, and ends the control
// connection or is never answered, is to blame for what follows: the session is
// given up, and what is asked next is asked on a fresh one, without riders.
func TestRiderThatEndsTheSession(t *testing.T) {
	t.Parallel()
	server := netip.MustParseAddr("203.0.113.10")
	for name, feat := range map[string]ftptest.Override{
		"closes":         ftptest.OnThen("FEAT", "", ftptest.Close),
		"resets":         ftptest.OnThen("FEAT", "", ftptest.Reset),
		"says farewell":  ftptest.OnThen("FEAT", "421 Not that one.", ftptest.Close),
		"never answered": ftptest.On("FEAT"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := start(t, ftptest.Behaviour{Replies: []ftptest.Override{feat}})
			network := slowData{&ftptest.Network{Hosts: map[netip.Addr]*ftptest.Server{server: srv}}}
			ev := ask(t, netip.AddrPortFrom(server, 21), func(cfg *probe.Config) {
				cfg.Dialer, cfg.Listener = network, network.Network
			})
			works(evidence.EPSV, evidence.EPRT)(t, ev)
			for _, f := range diagnose.Diagnose(ev).Findings {
				if f.Code == diagnose.PassiveReplySwallowed || f.Severity == diagnose.Error {
					t.Errorf("found %s: %q", f.Code, f.Evidence)
				}
			}
			feats := 0
			for _, session := range srv.Dialogue() {
				for i, c := range session {
					if c.Line != "FEAT" {
						continue
					}
					feats++
					if i+1 < len(session) && session[i+1].Line != "QUIT" {
						t.Errorf("%s was sent behind the rider", session[i+1].Line)
					}
				}
			}
			if feats == 0 || feats > 2 { // twice where the second login might have been it
				t.Errorf("FEAT was sent %d times", feats)
			}
			if ev.Serial {
				t.Error("the server is said to allow one session")
			}
		})
	}
}

// dropsUploads is a Network that drops the data connections of uploads: those that
// are dialled once the last ones of the diagnosis itself have been.
type dropsUploads struct {
	*ftptest.Network
	uploads func() bool
}

func (d dropsUploads) DialTCP(ctx context.Context, local netip.Addr, remote netip.AddrPort) (net.Conn, error) {
	if remote.Port() != 21 && d.uploads() {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	return d.Network.DialTCP(ctx, local, remote)
}

// An upload whose data connection never comes has stored nothing: nobody asks for
// the size of what is not there, and the attempt has one end.
func TestNoSizeOfWhatWasNotStored(t *testing.T) {
	t.Parallel()
	server := netip.MustParseAddr("203.0.113.10")
	for range 15 {
		srv := start(t, ftptest.Behaviour{})
		saidTYPE := func() bool {
			for _, session := range srv.Dialogue() {
				for _, c := range session {
					if strings.HasPrefix(c.Line, "TYPE") {
						return true
					}
				}
			}
			return false
		}
		network := dropsUploads{&ftptest.Network{Hosts: map[netip.Addr]*ftptest.Server{server: srv}}, saidTYPE}
		ev := quietly(t, netip.AddrPortFrom(server, 21), func(cfg *probe.Config) {
			cfg.Dialer, cfg.Listener = network, network.Network
			cfg.Upload, cfg.Quick, cfg.Mode, cfg.Timeout = true, true, evidence.Passive, 200*time.Millisecond
		})
		for _, session := range srv.Dialogue() {
			for _, c := range session {
				if strings.HasPrefix(c.Line, "SIZE") {
					t.Errorf("%s was asked", c.Line)
				}
			}
		}
		tried := false
		for _, a := range ev.Attempts {
			if a.Purpose != evidence.PurposeUpload {
				continue
			}
			tried = true
			if a.Failure == nil || a.Failure.Op != evidence.OpDataConnect || a.Failure.Kind != evidence.KindTimedOut || a.Outcome != evidence.OutcomeFails {
				t.Errorf("%s, %+v", a.Outcome, a.Failure)
			}
		}
		if !tried {
			t.Error("no upload was tried")
		}
	}
}
