package diagnose

import (
	"fmt"
	"slices"

	"ftpdiag/probe/evidence"
)

// controlRules are about the TCP connection to the control port.
var controlRules = []rule{unreachable}

// connectCodes are what a failed connect means. Whether an unreachable was a
// firewall's word or the lack of a route is decided in connectCode.
var connectCodes = map[evidence.Kind]Code{
	evidence.KindRefused:         ControlRefused,
	evidence.KindReset:           ControlRefused,
	evidence.KindEOF:             ControlRefused,
	evidence.KindTimedOut:        ControlFiltered,
	evidence.KindProhibited:      ControlProhibited,
	evidence.KindHostUnreachable: ControlProhibited,
	evidence.KindNetUnreachable:  ControlProhibited,
	evidence.KindDenied:          ControlLocalPolicy,
	evidence.KindExhausted:       ControlLocalPortsExhausted,
	evidence.KindOther:           ControlNoRoute,
}

// telling is the order in which the failures of several addresses tell more:
// this machine's own first, then answers, then silence.
var telling = []evidence.Kind{
	evidence.KindDenied, evidence.KindExhausted, evidence.KindRefused, evidence.KindReset, evidence.KindEOF, evidence.KindProhibited,
	evidence.KindHostUnreachable, evidence.KindNetUnreachable, evidence.KindTimedOut, evidence.KindOther,
}

// unreachable finds that no address of the host took the connection.
func unreachable(v *view) []hit {
	worst := v.tellingAddress()
	if worst == nil || v.connected() {
		return nil
	}
	h := hit{weight: stops, code: v.connectCode(worst), values: map[string]string{"address": worst.IP}}
	for _, a := range v.ev.Addresses {
		if a.Failure != nil {
			h.evidence = append(h.evidence, fmt.Sprintf("connect to %s port %d: %s", a.IP, v.ev.Target.Port, happened(a.Failure.Kind, 0)))
		}
	}
	d := v.controlDeath()
	h.blocked, h.who = d.at, d.actors()
	if h.code == ControlRefused && d.side == sideServer {
		h.who = []Who{ServerAdmin, ServerNetwork} // a closed port is commoner than a gateway that resets
	}
	h.evidence = lines(append(h.evidence, d.line)...)
	h.open = v.controlOpen(h.code, worst, d.side)
	h.pair = d.side != sideUnknown
	return one(h)
}

// tellingAddress is the address whose failure names the cause: of those that
// this machine has a route for, if there are any.
func (v *view) tellingAddress() *evidence.Address {
	var best *evidence.Address
	rank := func(a *evidence.Address) int {
		n := slices.Index(telling, a.Failure.Kind)
		if !a.Routed {
			n += len(telling)
		}
		return n
	}
	for i := range v.ev.Addresses {
		a := &v.ev.Addresses[i]
		if a.Failure == nil || !slices.Contains(telling, a.Failure.Kind) {
			continue
		}
		if best == nil || rank(a) < rank(best) {
			best = a
		}
	}
	return best
}

func (v *view) connected() bool {
	for _, a := range v.ev.Addresses {
		if a.Connect != nil && a.Failure == nil {
			return true
		}
	}
	for _, s := range v.ev.Sessions {
		if s.Connect != nil {
			return true
		}
	}
	return len(v.tries) > 0
}

func (v *view) connectCode(a *evidence.Address) Code {
	code := connectCodes[a.Failure.Kind]
	if code != ControlProhibited || a.Failure.Kind == evidence.KindProhibited {
		if code == ControlFiltered && !a.Routed {
			return ControlNoRoute
		}
		return code
	}
	// An unreachable without a route is our own system's, and one that a router
	// says for want of a route is no firewall's.
	switch v.controlICMP() {
	case "net-unreachable", "host-unreachable":
		return ControlNoRoute
	}
	if !a.Routed {
		return ControlNoRoute
	}
	return ControlProhibited
}

func (v *view) controlICMP() evidence.Maybe {
	for _, w := range v.ev.Walks {
		if w.Control && w.Answer == "icmp" {
			return w.ICMP
		}
	}
	return ""
}

// controlOpen are the look-alikes of a dead control port.
func (v *view) controlOpen(code Code, a *evidence.Address, where side) []Code {
	var open []Code
	ip := parseAddr(a.IP)
	switch code {
	case ControlRefused:
		open = []Code{ControlClientBanned}
	case ControlFiltered:
		if where != sideHere && where != sideClient {
			open = append(open, ControlClientBanned)
		}
		if where != sideServer && where != sideHost {
			open = append(open, ControlProxyRequired)
		}
		if within(ip, cloudflare) {
			open = append(open, DNSCDNProxiedHost)
		}
	case ControlProhibited:
		if a.Failure.Kind != evidence.KindProhibited && v.controlICMP() == "" {
			open = []Code{ControlNoRoute}
		}
	}
	named := parseAddr(v.ev.Target.Host) != ip
	if named && private(ip) && (code == ControlFiltered || code == ControlNoRoute) {
		open = append(open, DNSSplitHorizon)
	}
	return open
}
