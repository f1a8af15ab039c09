package ftptest

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"

	"ftpdiag/probe/evidence"
	"ftpdiag/probe/ftp"
)

// Helper is the FTP helper of a stateful firewall: it reads control connections
// and lets through what their replies name. Of each control connection it keeps
// the newest expectation only, as that of Linux does.
type Helper struct {
	mu       sync.Mutex
	expected map[int]netip.AddrPort // by control connection
	watched  int
}

// Watch reads the control connections that a rule chooses for the replies to
// the methods that the helper knows: EPSV, PASV.
func (h *Helper) Watch(methods ...evidence.Method) Effect {
	return func(_ context.Context, d *dial) (net.Conn, error) {
		h.mu.Lock()
		id := h.watched
		h.watched++
		h.mu.Unlock()
		host := d.remote.Addr()
		d.wraps = append(d.wraps, Inspect(func(fromServer bool, text string) (string, bool) {
			if port, ok := namedPort(text, methods); ok && fromServer {
				h.expect(id, netip.AddrPortFrom(host, port))
			}
			return text, true
		}))
		return nil, nil
	}
}

// namedPort is the port in a 227 or 229.
func namedPort(text string, methods []evidence.Method) (uint16, bool) {
	if rest, ok := strings.CutPrefix(text, "227 "); ok && slices.Contains(methods, evidence.PASV) {
		r, err := ftp.ParsePASV(rest)
		return uint16(r.Port), err == nil
	}
	if rest, ok := strings.CutPrefix(text, "229 "); ok && slices.Contains(methods, evidence.EPSV) {
		r, err := ftp.ParseEPSV(rest)
		return uint16(r.Port), err == nil
	}
	return 0, false
}

func (h *Helper) expect(id int, to netip.AddrPort) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.expected == nil {
		h.expected = map[int]netip.AddrPort{}
	}
	h.expected[id] = to
}

// Unexpected chooses the dials that the helper does not expect.
func (h *Helper) Unexpected(to netip.AddrPort) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, expected := range h.expected {
		if expected == to {
			return false
		}
	}
	return true
}
