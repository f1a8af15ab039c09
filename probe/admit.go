package probe

import (
	"context"
	"crypto/tls"
	"errors"
	"net/netip"
	"slices"
	"strings"
	"time"

	"ftpdiag/probe/evidence"
	"ftpdiag/probe/ftp"
)

// silenceBeforeHello is how long a port may say nothing before a second
// connection asks it whether it speaks TLS.
const silenceBeforeHello = 2 * time.Second

// admit brings the first session to its login, and has the second one ready
// beside it: connected once the first was greeted, so that a server that allows
// one connection gives it to the first, and logged in once the first is, so
// that a wrong password is sent once. It returns nil where there is no login.
// second yields nil where the server refused it.
func (r *run) admit(ctx context.Context, first *session) (*session, <-chan *session) {
	if err := r.greetFirst(ctx, first); err != nil {
		return r.again(ctx, first, nil, err)
	}
	return r.admitGreeted(ctx, first)
}

func (r *run) admitGreeted(ctx context.Context, first *session) (*session, <-chan *session) {
	var second chan *session
	secured, in := make(chan bool, 1), make(chan bool, 1)
	if r.wanted(evidence.Passive) && r.wanted(evidence.Active) {
		second = make(chan *session, 1)
		go func() { second <- r.companion(ctx, secured, in) }()
	}
	r.rec.say("logging in as %s", r.cfg.Target.User)
	err := first.secure(ctx)
	secured <- err == nil
	if err == nil {
		err = first.login(ctx)
	}
	in <- err == nil
	if err == nil {
		return first, second
	}
	var other *session
	if second != nil {
		other = <-second
	}
	return r.again(ctx, first, other, err)
}

// greetFirst waits for the first greeting. Where none comes a second connection
// asks whether the port speaks TLS.
func (r *run) greetFirst(ctx context.Context, first *session) error {
	if r.speaks() == evidence.TLSImplicit {
		return first.greet(ctx)
	}
	greeting, enough := context.WithCancelCause(ctx)
	defer enough(nil)
	stop := r.askHelloLater(ctx, first, enough)
	defer stop()
	return first.greet(greeting)
}

// companion opens the second session; it speaks TLS only after the first did, and
// logs in only after the first did.
//
// Where TLS fails it is not even opened before the first speaks it: the control
// connections are needed to find out why.
func (r *run) companion(ctx context.Context, secured <-chan bool, in <-chan bool) *session {
	select {
	case r.slots <- struct{}{}:
	case <-ctx.Done():
		return nil
	}
	trouble := r.tlsFails()
	if trouble {
		secured = r.awaitFirst(secured)
	}
	if secured == nil || !r.budget.hasSession(trouble) { // the modes then share one session
		<-r.slots
		return nil
	}
	s, err := r.openSession(ctx, uint16(r.cfg.Target.Port), evidence.PurposeDiagnose)
	if err == nil {
		err = s.greet(ctx)
	}
	follow := func(first <-chan bool, step func(context.Context) error) (goOn bool) {
		select {
		case goOn = <-first:
			if goOn {
				err = step(ctx)
			}
		case <-ctx.Done():
			err, goOn = ctx.Err(), true
		}
		return goOn
	}
	login := func(ctx context.Context) error {
		r.noteSecond(s)
		return s.login(ctx)
	}
	if err == nil && !follow(secured, s.secure) || err == nil && !follow(in, login) {
		return s
	}
	if err == nil {
		return s
	}
	if no := (*errRejected)(nil); errors.As(err, &no) || closed(err) || KindOf(err) == evidence.KindRefused || s == nil && isTimeout(err) {
		r.setSerial()
	}
	if s != nil {
		s.close()
	}
	<-r.slots
	return nil
}

// awaitFirst waits for the first session to speak TLS and returns a channel that
// says so once more; nil: it does not.
func (r *run) awaitFirst(secured <-chan bool) <-chan bool {
	if !<-secured {
		return nil
	}
	said := make(chan bool, 1)
	said <- true
	return said
}

// again decides whether a second try at the login can teach something: a
// connection closed without a word may be chance, and an anonymous login may
// need the name of the host first (RFC 7151). A rejected password is never
// sent again. Where TLS was demanded, or the handshake failed, the whole login is
// tried anew with other TLS, on the other session where that has been greeted and
// not asked for more. other is nil where there is none.
func (r *run) again(ctx context.Context, first, other *session, err error) (*session, <-chan *session) {
	var no *errRejected
	rejected := errors.As(err, &no)
	switch {
	case r.changeTLS(first, err):
		if other != nil && r.speaks() == evidence.TLSExplicit && beforeAnyCommand(other) {
			r.release(first)
			return r.admitGreeted(ctx, other)
		}
		r.release(other)
		select {
		case <-r.release(first): // a server with one connection for us counts it until then
		case <-ctx.Done():
		}
		r.reopened = true
		if first = r.reopen(ctx); first == nil {
			return nil, nil
		}
		return r.admit(ctx, first)
	case other != nil:
		r.release(other)
		return r.again(ctx, first, nil, err)
	case rejected && no.Code/100 == 5 && r.hostWouldHelp(ctx, first):
		r.host = true
	case rejected && no.Code == 421 && beforeAnyCommand(first) && (r.reopened || r.otherConnected()):
		// Our own connect to another address of the host, or the session that was
		// given up, may hold the only slot.
	case isTimeout(err) && r.greeted.Load():
		// The server does greet: what it sent on the first connection was lost.
	case !rejected && closed(err) && !first.unshaken() && !(r.named() && verb(first.s.After) == "PASS"):
	default:
		r.release(first)
		r.askSilent(ctx, err)
		return nil, nil
	}
	r.release(first)
	s, _ := r.login(ctx)
	return s, nil
}

// reopen connects anew, in a slot of its own.
func (r *run) reopen(ctx context.Context) *session {
	select {
	case r.slots <- struct{}{}:
	case <-ctx.Done():
		return nil
	}
	s, err := r.openSession(ctx, uint16(r.cfg.Target.Port), evidence.PurposeDiagnose)
	if err != nil {
		<-r.slots
		return nil
	}
	return s
}

// beforeAnyCommand tells whether the session ended before any command.
func beforeAnyCommand(s *session) bool { return s.s.After == "" }

// otherConnected tells whether another address than the one in use answered.
func (r *run) otherConnected() bool {
	r.rec.mu.Lock()
	defer r.rec.mu.Unlock()
	for _, a := range r.rec.ev.Addresses {
		if a.Connect != nil && !a.Used {
			return true
		}
	}
	return false
}

func (r *run) named() bool { return r.cfg.Target.User != anonymous }

func closed(err error) bool {
	kind := KindOf(err)
	return kind == evidence.KindEOF || kind == evidence.KindReset
}

// hostWouldHelp asks FEAT whether the server has virtual hosts.
func (r *run) hostWouldHelp(ctx context.Context, s *session) bool {
	if _, err := netip.ParseAddr(r.cfg.Target.Host); err == nil || r.named() || s.s.After == "" {
		return false
	}
	reply, err := s.ask(ctx, "FEAT")
	if err != nil || reply.Code != 211 {
		return false
	}
	features := ftp.ParseFeatures(reply.Text)
	r.rec.update(func() { r.rec.ev.Server.Features = features })
	return slices.ContainsFunc(features, func(f string) bool {
		return strings.EqualFold(verb(f), "HOST")
	})
}

// askHelloLater asks a silent port on a second connection whether it speaks
// TLS. The function it returns ends the question or waits for its answer.
func (r *run) askHelloLater(ctx context.Context, first *session, enough context.CancelCauseFunc) func() {
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		select {
		case <-first.arrived():
		case <-ctx.Done():
		case <-time.After(min(silenceBeforeHello, r.cfg.Timeout)):
			if r.askHello(ctx) {
				enough(&waitError{wait: silenceBeforeHello})
			}
		}
	}()
	return func() {
		cancel()
		<-ended
	}
}

// askHello sends a ClientHello. Whatever TLS answers, an alert too, is an answer.
func (r *run) askHello(ctx context.Context) (speaksTLS bool) {
	if !r.budget.takeSession(true) {
		return false
	}
	r.rec.say("no greeting: does the port speak TLS?")
	begin := time.Now()
	conn, err := r.dialCounted(ctx, r.peer, r.overdue())
	s := r.rec.newSession(evidence.Session{Purpose: evidence.PurposeClientHello, IP: r.peer.Addr().String(), Port: int(r.peer.Port())})
	if err != nil {
		r.rec.update(func() { s.Failure = FailureOf(evidence.OpConnect, err) })
		return false
	}
	defer conn.Close()
	took := micros(time.Since(begin))
	_ = conn.SetDeadline(time.Now().Add(r.cfg.Timeout))
	// The question is whether anybody answers, not who it is.
	_, _, err = r.newEncryption("").shake(ctx, conn, r.cfg.Timeout)
	r.rec.update(func() {
		s.Local, s.Connect = conn.LocalAddr().String(), &took
		if speaksTLS = err == nil || KindOf(err) == evidence.KindRejected; speaksTLS {
			s.TLS = true
			r.hello.Store(true)
			return
		}
		s.Failure = FailureOf(evidence.OpTLSHandshake, err)
	})
	var other tls.RecordHeaderError
	if errors.As(err, &other) && greets(other.RecordHeader) {
		r.greeted.Store(true) // not TLS, but this connection was greeted
		return true
	}
	return speaksTLS
}

// greets tells whether an answer to a ClientHello begins as a greeting does.
// pyftpdlib, asked before it has greeted, calls the ClientHello an unknown
// command: 500.
func greets(first [5]byte) bool { return first[0] == '1' || first[0] == '2' }

// askSilent tells a silent server from something on the way that answers for
// every port: does it accept a connection on a port where nobody listens?
func (r *run) askSilent(ctx context.Context, err error) {
	if r.cfg.Quick || !isTimeout(err) {
		return
	}
	r.probePort(ctx, unlikelyPort)
}
