package probe_test

import (
	"net/netip"
	"sync/atomic"
	"testing"
	"time"

	"ftpdiag/probe"
	"ftpdiag/probe/diagnose"
	"ftpdiag/probe/evidence"
	"ftpdiag/probe/ftptest"
)

// guardedHost is where the servers of these tests are played.
var guardedHost = netip.MustParseAddr("203.0.113.10")

// deadFrom is the first port that the guards close: both methods work, and two
// samples do.
const deadFrom = 50004

// sampling runs thoroughly against a server that offers ports from 50000, through
// the rules.
func sampling(t *testing.T, b ftptest.Behaviour, rules ...ftptest.Rule) (*evidence.Evidence, *ftptest.Network) {
	t.Helper()
	for port := 50000; port < 50100; port++ {
		b.Passive.Advertise = append(b.Passive.Advertise, port)
	}
	network := &ftptest.Network{Hosts: map[netip.Addr]*ftptest.Server{guardedHost: start(t, b)}, DataPort: 20, Rules: rules}
	ev := quietly(t, netip.AddrPortFrom(guardedHost, 21), func(cfg *probe.Config) {
		cfg.Dialer, cfg.Listener, cfg.Thorough = network, network, true
	})
	return ev, network
}

// The guard bans while offered ports are sampled: that ends the run, nothing more is
// sent, and what was found out before stands.
func TestBannedWhileSampling(t *testing.T) {
	const strikes = 5
	ev, network := sampling(t, ftptest.Behaviour{},
		ftptest.Rule{Do: ftptest.Ban(strikes, ftptest.Ports(deadFrom, 65535), ftptest.Drop())})
	wantLost(t, ev, evidence.KindTimedOut)
	dials := network.Dials()
	if n := dials[netip.AddrPortFrom(guardedHost, 21)]; n != 2 {
		t.Errorf("%d control connections", n)
	}
	if want := 1 + deadFrom - 50000 + strikes; len(dials) != want {
		t.Errorf("%d ports dialled, want %d: %v", len(dials), want, dials)
	}
	wantSilence(t, ev)
	r := diagnose.Diagnose(ev)
	if passive := r.Modes.Passive; r.Modes.Active != diagnose.Works || passive != diagnose.Works && passive != diagnose.Intermittent {
		t.Errorf("%+v", r.Modes)
	}
}

// The guard bans while ports are tried that nobody offered, at the usual depth: the
// offered ones are dead, which was decided before and stands.
func TestBannedWhileOtherPortsAreTried(t *testing.T) {
	const offered = 3
	network := &ftptest.Network{Hosts: map[netip.Addr]*ftptest.Server{guardedHost: start(t, ftptest.Behaviour{})}, DataPort: 20,
		Rules: []ftptest.Rule{{Do: ftptest.Ban(offered+1, ftptest.Not(ftptest.Port(21)), ftptest.Drop())}}}
	ev := quietly(t, netip.AddrPortFrom(guardedHost, 21), func(cfg *probe.Config) { cfg.Dialer, cfg.Listener = network, network })
	if ev.ContactLost == nil || ev.ContactLost.Kind != evidence.KindTimedOut || !worked(ev, evidence.EPRT) {
		t.Fatalf("contact lost: %+v", ev.ContactLost)
	}
	if last := ev.Transcript[len(ev.Transcript)-1]; last.From != evidence.FromClient || last.Text != "NOOP" {
		t.Errorf("the last word is %+v", last)
	}
	if r := diagnose.Diagnose(ev); r.Modes.Passive != diagnose.Fails || r.Modes.Active != diagnose.Works {
		t.Errorf("%+v", r.Modes)
	}
	wantSilence(t, ev)
}

// So it is where the server ends the control connection after dead ports.
func TestClosedWhileSampling(t *testing.T) {
	for kind, then := range map[evidence.Kind]ftptest.Then{evidence.KindEOF: ftptest.Close, evidence.KindReset: ftptest.Reset} {
		t.Run(string(kind), func(t *testing.T) {
			ev, network := sampling(t, endsAfter(7, then),
				ftptest.Rule{To: ftptest.Ports(deadFrom, 65535), Do: ftptest.Drop()})
			wantLost(t, ev, kind)
			if n := network.Dials()[netip.AddrPortFrom(guardedHost, 21)]; n != 2 {
				t.Errorf("%d control connections", n)
			}
			wantSilence(t, ev)
		})
	}
}

// A server that ends the session where every port is open has other reasons.
func TestClosedWhereAllPortsAreOpen(t *testing.T) {
	ev, _ := sampling(t, endsAfter(3, ftptest.Close))
	if ev.ContactLost != nil {
		t.Errorf("contact lost: %+v", *ev.ContactLost)
	}
	if ended := ev.Sessions[0].Ended; ended == nil || ended.Kind != evidence.KindEOF {
		t.Errorf("the session did not end: %+v", ended)
	}
	last := ev.Attempts[len(ev.Attempts)-1]
	if last.Purpose != evidence.PurposeSample || last.Negotiated != nil {
		t.Errorf("it did not end at a sample: %+v", last)
	}
}

// endsAfter ends the control connection in place of the answer, where more ports of
// passive mode are asked for.
func endsAfter(ports int64, then ftptest.Then) ftptest.Behaviour {
	var asked atomic.Int64
	end := ftptest.OnThen("EPSV PASV", "", then)
	end.When = func(string, string) bool { return asked.Add(1) > ports }
	return ftptest.Behaviour{Replies: []ftptest.Override{end}}
}

// wantLost checks that contact was lost so, and what worked before.
func wantLost(t *testing.T, ev *evidence.Evidence, kind evidence.Kind) {
	t.Helper()
	if ev.ContactLost == nil || ev.ContactLost.Kind != kind || ev.ContactLost.Session != 1 {
		t.Fatalf("contact lost: %+v", ev.ContactLost)
	}
	if ev.Interrupted || ev.Cut {
		t.Errorf("interrupted %v, cut %v", ev.Interrupted, ev.Cut)
	}
	for _, m := range []evidence.Method{evidence.EPSV, evidence.PASV, evidence.EPRT} {
		if !worked(ev, m) {
			t.Errorf("%s did not work", m)
		}
	}
}

// wantSilence checks that the run ended with the contact, without a word.
func wantSilence(t *testing.T, ev *evidence.Evidence) {
	t.Helper()
	lost := ev.ContactLost.At
	if after := (ev.Duration - lost).Duration(); after > time.Second {
		t.Errorf("ended %v after the loss", after)
	}
	for _, x := range ev.Transcript {
		if x.From == evidence.FromClient && (x.At >= lost || x.Session == 1 && x.Text == "QUIT") {
			t.Errorf("sent %q on %d at %v, lost at %v", x.Text, x.Session, x.At, lost)
		}
	}
	for _, a := range ev.Attempts {
		if a.Start >= lost {
			t.Errorf("asked after the loss: %+v", a)
		}
	}
}
