package exporter

import (
	"context"
	"errors"
	"net/netip"
	"sync/atomic"

	"ftpdiag/probe"
)

// guard looks a name up and hands its addresses on only if the module has a
// block for each. A run looks its target up once, here, so that it dials what was
// checked: a name whose second answer is another address gains nothing.
type guard struct {
	next   probe.Resolver
	module *Module
	denied atomic.Bool
}

var errDenied = errors.New("the module does not allow an address of this name")

func (g *guard) LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error) {
	ips, err := g.next.LookupNetIP(ctx, network, host)
	if err != nil {
		return nil, err
	}
	for _, ip := range ips {
		if !g.module.allowsAddress(ip) {
			g.denied.Store(true)
			return nil, errDenied
		}
	}
	return ips, nil
}
