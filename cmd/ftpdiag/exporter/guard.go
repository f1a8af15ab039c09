package exporter

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"sync/atomic"

	"ftpdiag/probe"
)

// guard looks a name up and hands its addresses on only if the request may have
// them. A run looks its target up once, here, so that it dials what was checked: a
// name whose second answer is another address gains nothing.
type guard struct {
	next     probe.Resolver
	request  request
	rejected *rejections

	denied atomic.Bool
	held   atomic.Pointer[packed] // what answers in place of a rejected login
}

var (
	errDenied = errors.New("the module does not allow what this name leads to")
	errHeld   = errors.New("an address of this name has rejected the password")
)

func (g *guard) LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error) {
	ips, err := g.next.LookupNetIP(ctx, network, host)
	if g.request.byAddress && (err != nil || !g.allows(ips)) {
		g.denied.Store(true)
		return nil, errDenied
	}
	for _, ip := range ips {
		if held := g.rejected.of(g.request.login(ip.Unmap().String())); held != nil {
			g.held.Store(&held)
			return nil, errHeld
		}
	}
	return ips, err
}

// allows tells whether there are addresses and the module has a block for each.
// None is as one too many: who asks for a name that is not allowed does not learn
// whether it exists.
func (g *guard) allows(ips []netip.Addr) bool {
	outside := func(ip netip.Addr) bool { return !g.request.module.allowsAddress(ip) }
	return len(ips) > 0 && !slices.ContainsFunc(ips, outside)
}
