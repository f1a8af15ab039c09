package sweep

import (
	"context"
	"net/netip"
	"sync"
	"time"
)

// Resolver is the part of net.Resolver that is needed.
type Resolver interface {
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
}

// Names looks every name up once and remembers the answer, be it a failure. It
// is a Resolver itself.
type Names struct {
	Resolver Resolver
	Timeout  time.Duration // the longest that a lookup may take

	mu      sync.Mutex
	answers map[question]*answer
}

type question struct{ network, host string }

// answer is filled in when told is closed.
type answer struct {
	told chan struct{}
	ips  []netip.Addr
	err  error
	took time.Duration
}

// LookupNetIP is the answer of the Resolver. Whoever asks while a lookup is under
// way waits for it, or for the end of the context.
func (n *Names) LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error) {
	a, mine := n.answer(network, host)
	if mine {
		n.ask(ctx, a, network, host)
	}
	select {
	case <-a.told:
		return a.ips, a.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Took is how long the lookup of a name took; 0 where there was none.
func (n *Names) Took(network, host string) time.Duration {
	n.mu.Lock()
	a := n.answers[question{network, host}]
	n.mu.Unlock()
	if a == nil {
		return 0
	}
	<-a.told
	return a.took
}

// answer is the one to a question; mine: the caller has to find it.
func (n *Names) answer(network, host string) (a *answer, mine bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	q := question{network, host}
	if a := n.answers[q]; a != nil {
		return a, false
	}
	if n.answers == nil {
		n.answers = map[question]*answer{}
	}
	a = &answer{told: make(chan struct{})}
	n.answers[q] = a
	return a, true
}

func (n *Names) ask(ctx context.Context, a *answer, network, host string) {
	defer close(a.told)
	ctx, cancel := context.WithTimeout(ctx, n.Timeout)
	defer cancel()
	begin := time.Now()
	a.ips, a.err = n.Resolver.LookupNetIP(ctx, network, host)
	a.took = time.Since(begin)
}

// Addresses are those of a name, each once; none where it cannot be looked up.
func (n *Names) Addresses(ctx context.Context, network, name string) []netip.Addr {
	found, _ := n.LookupNetIP(ctx, network, name) // the diagnosis meets the failure again
	var ips []netip.Addr
	seen := map[netip.Addr]bool{}
	for _, ip := range found {
		if ip = ip.Unmap(); !seen[ip] {
			seen[ip] = true
			ips = append(ips, ip)
		}
	}
	return ips
}
