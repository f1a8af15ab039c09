package probe

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"sync"
	"time"
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
func (r *run) resolve(ctx context.Context) ([]netip.Addr, *Failure) {
	host := r.cfg.Target.Host
	if ip, err := netip.ParseAddr(host); err == nil {
		if !r.wants(ip) {
			return nil, FailureOf(OpResolve, errNoAddress)
		}
		return []netip.Addr{ip.Unmap()}, nil
	}
	r.rec.say("looking up %s", host)
	ctx, cancel := context.WithTimeout(ctx, r.cfg.Timeout)
	defer cancel()
	found, err := r.cfg.Resolver.LookupNetIP(ctx, r.network(), host)
	r.rec.update(func() { r.rec.ev.Resolve.Duration = r.rec.since() })
	if err != nil {
		return nil, FailureOf(OpResolve, err)
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
		return nil, FailureOf(OpResolve, errNoAddress)
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
	took  Millis
	err   error
}

// connectAll dials every address at once and keeps the connection that a client
// would end up with. The answers of the others are recorded as they come, and
// r.addresses is done when all have.
func (r *run) connectAll(ctx context.Context, ips []netip.Addr) (connected, error) {
	answers := make(chan connected, len(ips))
	for _, ip := range ips { // all of them before the first answer may write into the list
		r.rec.ev.Addresses = append(r.rec.ev.Addresses,
			Address{IP: ip.String(), Family: family(ip), Routed: r.routed(ip)})
	}
	for i, ip := range ips {
		r.addresses.Add(1)
		go func() {
			defer r.addresses.Done()
			begin := time.Now()
			conn, err := r.dial(ctx, netip.AddrPortFrom(ip, uint16(r.cfg.Target.Port)), r.cfg.Timeout)
			c := connected{i, conn, Millis(time.Since(begin)), err}
			r.noteAddress(c)
			answers <- c
		}()
	}
	used, err := choose(answers, len(ips))
	if err == nil {
		r.rec.update(func() { r.rec.ev.Addresses[used.index].Used = true })
	}
	return used, err
}

func (r *run) noteAddress(c connected) {
	r.rec.update(func() {
		a := &r.rec.ev.Addresses[c.index]
		switch {
		case c.err == nil:
			a.Connect = &c.took
		case !errors.Is(c.err, context.Canceled):
			a.Failure = FailureOf(OpConnect, c.err)
		}
	})
}

// choose picks the earliest address that connects, waiting for an earlier one
// no longer than the head start. Connections that come later are closed.
func choose(answers <-chan connected, n int) (connected, error) {
	best, err := connected{index: n}, errNoneUsed
	pending := map[int]bool{}
	for i := range n {
		pending[i] = true
	}
	var late <-chan time.Time
	for len(pending) > 0 {
		select {
		case c := <-answers:
			delete(pending, c.index)
			if c.err != nil {
				break
			}
			if c.index < best.index {
				best, c, err = c, best, nil
			}
			if c.conn != nil {
				c.conn.Close()
			}
			if late == nil {
				late = time.After(headStart)
			}
		case <-late:
			go closeLate(answers, len(pending))
			return best, nil
		}
		if err == nil && !anyBefore(pending, best.index) {
			go closeLate(answers, len(pending))
			return best, nil
		}
	}
	return best, err
}

func anyBefore(pending map[int]bool, index int) bool {
	for i := range pending {
		if i < index {
			return true
		}
	}
	return false
}

func closeLate(answers <-chan connected, n int) {
	for range n {
		if c := <-answers; c.conn != nil {
			c.conn.Close()
		}
	}
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
