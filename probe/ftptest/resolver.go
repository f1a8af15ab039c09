package ftptest

import (
	"context"
	"net"
	"net/netip"
)

// Name is what a name resolves to.
type Name struct {
	Addrs []netip.Addr
	Fail  NameFailure // in place of addresses
}

// NameFailure is how a lookup fails.
type NameFailure int

// The ways a lookup fails.
const (
	NameFound   NameFailure = iota
	NoSuchName              // NXDOMAIN
	NameTimeout             // the resolver never answers
	ServFail                // the resolver answers with an error
)

// Addrs is a name with these addresses.
func Addrs(addrs ...netip.Addr) Name { return Name{Addrs: addrs} }

// LookupNetIP looks a name up as a net.Resolver does.
func (n *Network) LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error) {
	n.mu.Lock()
	n.lookups++
	n.mu.Unlock()
	name, ok := n.Names[host]
	switch {
	case !ok || name.Fail == NoSuchName:
		return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
	case name.Fail == NameTimeout:
		<-ctx.Done()
		return nil, &net.DNSError{UnwrapErr: ctx.Err(), Err: "i/o timeout", Name: host, Server: "127.0.0.1:53", IsTimeout: true, IsTemporary: true}
	case name.Fail == ServFail:
		return nil, &net.DNSError{Err: "server misbehaving", Name: host, Server: "127.0.0.1:53", IsTemporary: true}
	}
	var found []netip.Addr
	for _, ip := range name.Addrs {
		if network == "ip" || (network == "ip4") == ip.Is4() {
			found = append(found, ip)
		}
	}
	if len(found) == 0 {
		return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
	}
	return found, nil
}
