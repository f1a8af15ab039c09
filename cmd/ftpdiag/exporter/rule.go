package exporter

import (
	"errors"
	"net/netip"
	"regexp"
	"slices"
	"strings"
)

// Rule allows targets: those whose name matches a pattern, or those whose
// addresses lie in a block.
type Rule struct {
	name  *regexp.Regexp // of a name in lower case without a dot at its end; nil: a block
	block netip.Prefix
}

var errRule = errors.New("is neither a name pattern such as *.example.com nor an address or CIDR block")

// parseRule reads one word of an allow-list.
func parseRule(s string) (Rule, error) {
	if ip, err := netip.ParseAddr(s); err == nil && ip.Zone() == "" {
		return Rule{block: netip.PrefixFrom(ip.Unmap(), ip.Unmap().BitLen())}, nil
	}
	if block, err := netip.ParsePrefix(s); err == nil {
		if block.Addr().Is4In6() {
			return Rule{}, errors.New("is a block of IPv4 addresses in IPv6 form: write it as IPv4")
		}
		if block != block.Masked() {
			return Rule{}, errors.New("has bits set behind its prefix: write " + block.Masked().String())
		}
		return Rule{block: block}, nil
	}
	name, ok := namePattern(strings.ToLower(s))
	if !ok {
		return Rule{}, errRule
	}
	return Rule{name: name}, nil
}

var patternForm = regexp.MustCompile(`^[a-z0-9_*-]+(\.[a-z0-9_*-]+)*$`)

// namePattern compiles a pattern in which * is anything but a dot and ** is
// anything. One that ends in a number would be an address with a slip in it.
func namePattern(s string) (*regexp.Regexp, bool) {
	last := s[strings.LastIndexByte(s, '.')+1:]
	if !patternForm.MatchString(s) || strings.Trim(last, "0123456789") == "" {
		return nil, false
	}
	s = regexp.QuoteMeta(s)
	s = strings.ReplaceAll(s, `\*\*`, `.+`)
	s = strings.ReplaceAll(s, `\*`, `[^.]+`)
	return regexp.MustCompile("^" + s + "$"), true
}

// allowsName tells whether a pattern has the name. The operator trusts such a
// name wherever it leads.
func (m *Module) allowsName(host string) bool {
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	for _, r := range m.Allow {
		if r.name != nil && r.name.MatchString(host) {
			return true
		}
	}
	return false
}

// allowsAddress tells whether a block has the address.
func (m *Module) allowsAddress(ip netip.Addr) bool {
	ip = ip.Unmap().WithZone("") // no block has an address with a zone
	for _, r := range m.Allow {
		if r.name == nil && r.block.Contains(ip) {
			return true
		}
	}
	return false
}

// hasBlocks tells whether a name that matches no pattern may be allowed for its
// addresses.
func (m *Module) hasBlocks() bool {
	for _, r := range m.Allow {
		if r.name == nil {
			return true
		}
	}
	return false
}

// allows tells whether a target may be probed: if byAddress, only where the
// addresses of its name lie in the blocks too.
func (m *Module) allows(k key) (allowed, byAddress bool) {
	if !slices.Contains(m.Ports, k.port) {
		return false, false
	}
	if ip, err := netip.ParseAddr(k.host); err == nil {
		return m.allowsAddress(ip), false
	}
	if m.allowsName(k.host) {
		return true, false
	}
	return m.hasBlocks(), true
}
