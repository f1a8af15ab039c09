package probe

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"

	"ftpdiag/probe/evidence"
)

const (
	maxAddresses = 8
	// A client that follows RFC 8305 (§5) gives an earlier address this head
	// start before it settles for a later one.
	headStart = 250 * time.Millisecond
)

var (
	errNoAddress = &net.DNSError{Err: "no address of the wanted family", IsNotFound: true}
	errNoneUsed  = errors.New("no address could be connected")
)

// resolve looks the host up and records its addresses in the order in which a
// client tries them (RFC 6724).
func (r *run) resolve(ctx context.Context) ([]netip.Addr, *evidence.Failure) {
	host := r.cfg.Target.Host
	if ip, err := netip.ParseAddr(host); err == nil {
		if !r.wants(ip) {
			return nil, FailureOf(evidence.OpResolve, errNoAddress)
		}
		return []netip.Addr{ip.Unmap()}, nil
	}
	r.rec.say("looking up %s", host)
	ctx, cancel := context.WithTimeout(ctx, r.cfg.Timeout)
	defer cancel()
	found, err := r.cfg.Resolver.LookupNetIP(ctx, r.network(), host)
	r.rec.update(func() { r.rec.ev.Resolve.Duration = r.rec.since() })
	if err != nil {
		return nil, FailureOf(evidence.OpResolve, err)
	}
	var ips []netip.Addr
	seen := map[netip.Addr]bool{}
	for _, ip := range found {
		if ip = ip.Unmap(); !seen[ip] && r.wants(ip) {
			seen[ip] = true
			ips = append(ips, ip)
		}
	}
	if len(ips) > maxAddresses {
		r.rec.remark(0, "%d addresses, the first %d are tried", len(ips), maxAddresses)
		ips = ips[:maxAddresses]
	}
	if len(ips) == 0 {
		return nil, FailureOf(evidence.OpResolve, errNoAddress)
	}
	return ips, nil
}

func (r *run) network() string {
	switch r.cfg.Family {
	case 4:
		return "ip4"
	case 6:
		return "ip6"
	}
	return "ip"
}

func (r *run) wants(ip netip.Addr) bool {
	bind := r.cfg.Bind
	return (r.cfg.Family == 0 || family(ip) == r.cfg.Family) && (!bind.IsValid() || family(bind) == family(ip))
}

func family(ip netip.Addr) int {
	if ip.Unmap().Is4() {
		return 4
	}
	return 6
}

// connected is the control port's answer on one address.
type connected struct {
	index int
	conn  net.Conn
	took  evidence.Millis
	err   error
}

// contest is the race of the addresses of a host for the control connection
// (RFC 8305 §5). Two connects are under way at the most: what connects counts at
// the server.
type contest struct {
	run      *run
	ips      []netip.Addr
	next     int // the address that comes next
	underWay map[int]context.CancelFunc
	answers  chan connected
}

// connectAll connects to the address that a client would end up with: each has a
// head start before the next, and those behind the one that connects are not tried.
func (r *run) connectAll(ctx context.Context, ips []netip.Addr) (connected, error) {
	for _, ip := range ips {
		r.rec.ev.Addresses = append(r.rec.ev.Addresses,
			evidence.Address{IP: ip.String(), Family: family(ip), Routed: r.routed(ip)})
	}
	c := &contest{run: r, ips: ips, underWay: map[int]context.CancelFunc{}, answers: make(chan connected, len(ips))}
	used, err := c.first(ctx)
	if err == nil {
		r.rec.update(func() { r.rec.ev.Addresses[used.index].Used = true })
		c.settle(ctx, used)
	}
	return used, err
}

// first is the first address that connects.
func (c *contest) first(ctx context.Context) (connected, error) {
	c.dialNext(ctx)
	for len(c.underWay) > 0 {
		var late <-chan time.Time
		if c.mayDial() {
			late = time.After(headStart)
		}
		select {
		case a := <-c.answers:
			c.underWay[a.index]()
			delete(c.underWay, a.index)
			c.run.noteAddress(a)
			if a.err == nil {
				return a, nil
			}
		case <-late:
		}
		c.dialNext(ctx)
	}
	return connected{}, errNoneUsed
}

func (c *contest) mayDial() bool { return len(c.underWay) < 2 && c.next < len(c.ips) }

func (c *contest) dialNext(ctx context.Context) {
	if !c.mayDial() {
		return
	}
	i, wait := c.next, c.wait()
	c.next++
	ctx, cancel := context.WithCancel(ctx)
	c.underWay[i] = cancel
	go func() {
		begin := time.Now()
		conn, err := c.run.dialCounted(ctx, netip.AddrPortFrom(c.ips[i], uint16(c.run.cfg.Target.Port)), wait)
		c.answers <- connected{i, conn, micros(time.Since(begin)), err}
	}()
}

// wait is how long the next address has, so that something of the budget is left
// where all of them are silent.
func (c *contest) wait() time.Duration {
	switch n := len(c.ips); {
	case n == 1:
		return c.run.cfg.Timeout
	case n == 2:
		return c.run.bounded(4)
	case n <= 4:
		return c.run.bounded(2)
	}
	return c.run.bounded(1)
}

// settle ends what is still under way when an address has connected. That of the
// other family goes on, in the place of a control connection: whether a family is
// dead is worth knowing, and a quick run does without.
func (c *contest) settle(ctx context.Context, used connected) {
	r := c.run
	for i, cancel := range c.underWay { // one at the most
		if r.cfg.Quick || family(c.ips[i]) == family(c.ips[used.index]) {
			r.rec.remark(0, "%s had not answered within its head start", c.ips[i])
			cancel()
		}
		r.slots <- struct{}{}
		r.addresses.Go(func() {
			defer cancel()
			r.noteAddress(c.last(ctx, cancel, r.soonAfter(used.took)))
			<-r.slots
		})
	}
}

// last is the answer of the connect that is still under way, whose connection
// nobody needs.
func (c *contest) last(ctx context.Context, cancel context.CancelFunc, patience time.Duration) connected {
	timer := time.NewTimer(patience)
	defer timer.Stop()
	var a connected
	select {
	case a = <-c.answers:
	case <-timer.C:
		cancel()
		if a = <-c.answers; a.err != nil && ctx.Err() == nil {
			a.err = &waitError{wait: patience}
		}
	}
	if a.conn != nil {
		a.conn.Close()
		c.run.budget.noteConnection()
	}
	return a
}

// soonAfter is how long another address has for its answer where one answered
// within took: a SYN that was lost has been sent again by then.
func (r *run) soonAfter(took evidence.Millis) time.Duration {
	return min(r.cfg.Timeout, minPatience+2*took.Duration())
}

// askOtherFamily connects to one address of the family that was not tried, since
// a dead family is worth knowing, when the sessions have ended.
func (r *run) askOtherFamily(ctx context.Context, used connected) {
	i := r.otherFamily()
	if i < 0 || r.cfg.Quick || !r.budget.takeSession(r.tlsTrouble()) {
		return
	}
	select {
	case r.slots <- struct{}{}:
		defer func() { <-r.slots }()
	case <-ctx.Done():
		return
	}
	ip, _ := netip.ParseAddr(r.rec.ev.Addresses[i].IP)
	r.rec.say("does %s answer too?", ip)
	begin := time.Now()
	conn, err := r.dialCounted(ctx, netip.AddrPortFrom(ip, uint16(r.cfg.Target.Port)), r.soonAfter(used.took))
	r.noteAddress(connected{i, conn, micros(time.Since(begin)), err})
	if conn != nil {
		conn.Close()
	}
}

// otherFamily is the first address of a family of which none was tried; -1: none.
func (r *run) otherFamily() int {
	r.rec.mu.Lock()
	defer r.rec.mu.Unlock()
	tried := map[int]bool{}
	for _, a := range r.rec.ev.Addresses {
		tried[a.Family] = tried[a.Family] || a.Used || a.Connect != nil || a.Failure != nil
	}
	return slices.IndexFunc(r.rec.ev.Addresses, func(a evidence.Address) bool { return !tried[a.Family] })
}

func (r *run) noteAddress(c connected) {
	r.rec.update(func() {
		a := &r.rec.ev.Addresses[c.index]
		switch {
		case c.err == nil:
			a.Connect = &c.took
		case !errors.Is(c.err, context.Canceled):
			a.Failure = FailureOf(evidence.OpConnect, c.err)
		}
	})
}

// done is closed when the group has ended.
func done(wg *sync.WaitGroup) <-chan struct{} {
	ch := make(chan struct{})
	go func() {
		wg.Wait()
		close(ch)
	}()
	return ch
}
