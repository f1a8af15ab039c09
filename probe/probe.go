package probe

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	jlaffaye "github.com/jlaffaye/ftp"

	"ftpdiag/probe/evidence"
)

// ErrConfig is wrapped by the errors of a Config that cannot be used.
var ErrConfig = errors.New("unusable configuration")

// Run diagnoses nothing: it asks the server what a diagnosis needs to know and
// writes down what happened. It returns within the deadline and a second, with
// every connection closed. The error is about the Config; whatever the network
// and the server do is in the Evidence.
func Run(ctx context.Context, cfg Config) (*evidence.Evidence, error) {
	cfg, err := cfg.complete()
	if err != nil {
		return nil, err
	}
	r := &run{cfg: cfg, rec: newRecorder(cfg), budget: newBudget(cfg), tls: cfg.Target.TLS, slots: make(chan struct{}, 2), over: make(chan struct{}), listened: map[uint16]bool{}, spoken: map[string]bool{}}
	limited, cancel := context.WithTimeout(ctx, cfg.Deadline)
	defer cancel()
	limited, r.stop = context.WithCancelCause(limited)
	r.everything(limited)
	r.rec.update(func() {
		r.rec.ev.Interrupted = ctx.Err() != nil
		r.rec.ev.Cut = limited.Err() != nil && ctx.Err() == nil && r.rec.ev.ContactLost == nil
		r.rec.ev.Sent = r.budget.spent()
	})
	cancel()
	close(r.over)
	r.leaving.Wait()
	r.addresses.Wait()
	r.pending.Wait()
	r.walks.Wait()
	r.rec.say("")
	return r.rec.finish(), nil
}

// run is one diagnosis under way.
type run struct {
	cfg    Config
	rec    *recorder
	budget *budget
	stop   context.CancelCauseFunc // ends the run: nothing more is sent

	peer  netip.AddrPort // the control port of the address in use
	rtt   atomic.Int64   // nanoseconds; 0: not known
	slots chan struct{}  // one for each control connection that may be open
	over  chan struct{}  // closed when nothing more is asked

	leaving sync.WaitGroup // goodbyes that are under way

	activeEnded chan struct{} // closed when the active mode has been tried beside the passive one; nil: it is not
	activeSlow  bool          // the passive mode waited for it
	greeted     atomic.Bool   // a second connection to a silent port was greeted
	hello       atomic.Bool   // a silent port answered a ClientHello
	statAsked   atomic.Bool
	addresses   sync.WaitGroup // connects that are under way
	pending     sync.WaitGroup // data connections that are being dialled in the background
	walks       sync.WaitGroup // hop walks that are under way

	mu       sync.Mutex
	tls      string          // what is spoken at present: off, explicit or implicit
	spoken   map[string]bool // what was spoken so far, once it is more than one
	limit    string          // under which the handshake succeeded, or is tried
	cut      bool            // a handshake that was cut has been tried once more
	serial   bool            // the server allows one control connection
	ouster   ouster
	reopened bool            // the first session was given up for one with other TLS
	ridden   int             // riders sent
	host     bool            // HOST goes before USER
	admitted bool            // a login of this run succeeded
	noLogin  bool            // the password was rejected, or anonymous twice in a row
	rejected int             // logins that were rejected in a row
	listened map[uint16]bool // ports of active mode that have served
	walked   bool            // a dead port has been walked
	entries  []*jlaffaye.Entry
}

// everything is the run: look up, connect, log in, then both modes side by side.
func (r *run) everything(ctx context.Context) {
	ips, failure := r.resolve(ctx)
	if failure != nil {
		r.rec.update(func() { r.rec.ev.Resolve.Failure = failure })
		return
	}
	r.rec.say("connecting to %s, port %d", r.cfg.Target.Host, r.cfg.Target.Port)
	answer, err := r.connectAll(ctx, ips)
	if err != nil {
		r.walkLater(ctx, netip.AddrPortFrom(ips[0], uint16(r.cfg.Target.Port)), r.refusedAt(ips[0]))
		r.awaitWalks(ctx)
		return
	}
	r.peer = hostOf(answer.conn.RemoteAddr())
	r.noteRTT(answer.took.Duration())
	r.slots <- struct{}{}
	r.budget.takeSession(false)
	first := r.newSession(answer.conn, answer.took, evidence.PurposeDiagnose)
	first, second := r.admit(ctx, first)
	if first == nil {
		return
	}
	r.tryModes(ctx, first, second)
	r.askAfterwards(ctx)
	r.awaitAddresses(ctx)
	r.askOtherFamily(ctx, answer)
	r.awaitWalks(ctx)
}

// tryModes tries what is wanted, each mode on a control connection of its own,
// or one after the other where the server allows only one.
func (r *run) tryModes(ctx context.Context, first *session, second <-chan *session) {
	var lanes sync.WaitGroup
	var other *session // that of the active mode, if it lives
	if r.wanted(evidence.Active) && second != nil {
		r.activeEnded = make(chan struct{})
		lanes.Go(func() {
			defer close(r.activeEnded)
			if s := <-second; s != nil {
				other = r.keepUnlessSerial(r.activeLane(ctx, s))
			}
		})
	}
	if r.wanted(evidence.Passive) {
		first = r.passiveLane(ctx, first)
	}
	lanes.Wait()
	r.activeEnded = nil
	r.acquit()
	if first == nil {
		first, other = other, nil
	}
	r.release(other)
	first = r.settleOuster(ctx, r.tryAgain(ctx, first))
	r.askReuse(ctx, first)
	r.release(first)
	r.rec.update(func() { r.rec.ev.Serial = r.serial })
}

// keepUnlessSerial gives a session up where the server lets one live: the other
// mode may be waiting for it to end.
func (r *run) keepUnlessSerial(s *session) *session {
	if r.isSerial() && !r.suspectsOuster() {
		r.release(s)
		return nil
	}
	return s
}

// tryAgain tries, one after the other, what was not tried side by side, on the
// session that is left: the active mode first, and then what the passive mode has
// still to ask.
func (r *run) tryAgain(ctx context.Context, s *session) *session {
	again := r.wanted(evidence.Passive) && (!r.judged(evidence.Passive) || r.suspectsOuster())
	_, more := planActive(r.view(evidence.Active, 0)) // a file of the listing that passive mode brought
	if r.wanted(evidence.Active) && (!r.judged(evidence.Active) || more && r.cfg.Retrieve) {
		s = r.activeLane(ctx, s)
		again = r.wanted(evidence.Passive)
	}
	if again {
		s = r.passiveLane(ctx, s)
	}
	return s
}

// refusedAt tells whether the control port of an address was refused, by whomever.
func (r *run) refusedAt(ip netip.Addr) bool {
	r.rec.mu.Lock()
	defer r.rec.mu.Unlock()
	for _, a := range r.rec.ev.Addresses {
		if a.IP == ip.String() && a.Failure != nil {
			return a.Failure.Kind != evidence.KindTimedOut
		}
	}
	return false
}

// noteRTT keeps the shortest of the round trips that were seen: a connect may hold
// the second in which a lost SYN is sent again.
func (r *run) noteRTT(d time.Duration) {
	if old := r.rtt.Load(); old == 0 || int64(d) < old {
		r.rtt.Store(int64(d))
	}
}

func (r *run) roundTrip() time.Duration { return time.Duration(r.rtt.Load()) }

// judged tells whether there is an attempt that judges the mode.
func (r *run) judged(m evidence.Mode) bool {
	return slices.ContainsFunc(r.rec.snapshot(m), judges)
}

func (r *run) wanted(m evidence.Mode) bool { return r.cfg.Mode == "" || r.cfg.Mode == m }

func (r *run) isSerial() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.serial
}

func (r *run) setSerial() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.serial = true
}

// release says goodbye on a session. Its slot is free when the server has closed
// too, or takes its time about it: until then the server counts the connection.
// Then gone is closed. nil is no session.
func (r *run) release(s *session) (gone <-chan struct{}) {
	over := make(chan struct{})
	if s == nil {
		close(over)
		return over
	}
	r.supersede(s) // the server closes what still waits to be dialled
	s.quit()
	r.leaving.Go(func() {
		defer close(over)
		select {
		case <-s.stopped:
		case <-r.over:
		case <-time.After(r.goodbye()):
		}
		s.close()
		<-r.slots
	})
	return over
}

// goodbye is how long a server may take to close after QUIT.
func (r *run) goodbye() time.Duration {
	if r.isSerial() {
		return slotTime
	}
	return max(maxGoodbye, 2*r.roundTrip())
}

// maxGoodbye bounds the wait for a server to close after QUIT. One that waits for
// a data connection reads no command meanwhile.
const maxGoodbye = 200 * time.Millisecond

// awaitAddresses lets the connects to the other addresses end, since a dead
// family is worth knowing; a quick run does without.
func (r *run) awaitAddresses(ctx context.Context) {
	if r.cfg.Quick {
		return
	}
	r.rec.say("waiting for the other addresses of %s", r.cfg.Target.Host)
	select {
	case <-done(&r.addresses):
	case <-ctx.Done():
	}
}

// noteEntries keeps what a listing named.
func (r *run) noteEntries(entries []*jlaffaye.Entry) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(entries) > 0 {
		r.entries = entries
	}
}

func itoa(n int) string { return strconv.Itoa(n) }

// isTimeout tells a wait that ran out from an answer.
func isTimeout(err error) bool {
	var t net.Error
	return errors.As(err, &t) && t.Timeout()
}
