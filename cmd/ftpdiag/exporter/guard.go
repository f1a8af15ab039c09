package exporter

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"sync/atomic"

	"ftpdiag/probe"
)

// guard looks a name up and hands its addresses on only if there are any and the
// module has a block for each: who asks for a name that is not allowed does not
// learn whether it exists. A run looks its target up once, here, so that it dials
// what was checked: a name whose second answer is another address gains nothing.
type guard struct {
	next   probe.Resolver
	module *Module
	denied atomic.Bool
}

var errDenied = errors.New("the module does not allow what this name leads to")

func (g *guard) LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error) {
	ips, err := g.next.LookupNetIP(ctx, network, host)
	outside := func(ip netip.Addr) bool { return !g.module.allowsAddress(ip) }
	if err != nil || len(ips) == 0 || slices.ContainsFunc(ips, outside) {
		g.denied.Store(true)
		return nil, errDenied
	}
	return ips, nil
}
