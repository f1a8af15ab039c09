package exporter

import (
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"

	"ftpdiag/probe/diagnose"
)

// rejectedHold is how long a rejected password is not sent again: a scrape a
// minute would soon have the account locked, or this machine banned.
const rejectedHold = 15 * time.Minute

// login is what a server rejects. It is the same however the target is spelled,
// and another when the user or the password of the module changes.
type login struct {
	module, user string
	password     Secret
	host         string // an address, or a name that a pattern has
	port         int
}

func (q request) login(host string) login {
	return login{q.module.Name, q.module.User, q.module.Password, strings.TrimSuffix(host, "."), q.port}
}

// mostRejected bounds what the results that are held may take, in bytes. Where
// servers say much, fewer are held.
const mostRejected = 16 << 20

// rejections are the logins that servers have rejected. They are safe for
// concurrent use.
type rejections struct {
	mu    sync.Mutex
	known *simplelru.LRU[login, heldResult]
	bytes int
}

// heldResult answers until its time.
type heldResult struct {
	result packed
	until  time.Time
}

func (h heldResult) bytes() int { return entryBytes + cap(h.result) }

func newRejections() *rejections {
	r := &rejections{}
	r.known, _ = simplelru.NewLRU(mostTargets, func(_ login, h heldResult) { r.bytes -= h.bytes() }) // fails for sizes below 1
	return r
}

// of is the result that answers in place of a login; nil: it may be tried.
func (r *rejections) of(l login) packed {
	r.mu.Lock()
	defer r.mu.Unlock()
	if held, ok := r.known.Get(l); ok && time.Now().Before(held.until) {
		return held.result
	}
	return nil
}

// hold keeps a result, and forgets the oldest ones if there is too much.
func (r *rejections) hold(l login, h heldResult) {
	l.host = strings.Clone(l.host) // it may be part of a long request
	r.mu.Lock()
	defer r.mu.Unlock()
	r.known.Remove(l)
	r.known.Add(l, h)
	for r.bytes += h.bytes(); r.bytes > mostRejected; {
		r.known.RemoveOldest()
	}
}

// note holds a login that the result says was rejected: at the address that was
// dialled, and under a name that is trusted wherever it leads.
func (r *rejections) note(q request, result *diagnose.Result, kept packed) {
	if !rejects(q.module, result) {
		return
	}
	held := heldResult{kept, time.Now().Add(rejectedHold)}
	if !q.byAddress {
		r.hold(q.login(q.host), held)
	}
	for _, a := range result.Addresses {
		if ip, err := netip.ParseAddr(a.IP); err == nil && a.Used {
			r.hold(q.login(ip.Unmap().String()), held)
		}
	}
}

// rejects tells whether the server refused the module's password.
func rejects(m *Module, r *diagnose.Result) bool {
	return m.User != anonymous && slices.ContainsFunc(r.Findings, func(f diagnose.Finding) bool {
		return f.Code == diagnose.LoginRejected
	})
}
