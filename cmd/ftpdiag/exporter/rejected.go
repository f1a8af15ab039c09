package exporter

import (
	"net/netip"
	"slices"
	"strings"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

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

// rejections are the logins that servers have rejected. They are safe for
// concurrent use.
type rejections struct{ known *lru.Cache[login, heldResult] }

// heldResult answers until its time.
type heldResult struct {
	result *diagnose.Result
	until  time.Time
}

func newRejections() *rejections {
	known, _ := lru.New[login, heldResult](mostTargets) // fails for sizes below 1
	return &rejections{known}
}

// of is the result that answers in place of a login; nil: it may be tried.
func (r *rejections) of(l login) *diagnose.Result {
	if held, ok := r.known.Get(l); ok && time.Now().Before(held.until) {
		return held.result
	}
	return nil
}

// note holds a login that the result says was rejected: at the address that was
// dialled, and under a name that is trusted wherever it leads.
func (r *rejections) note(q request, result *diagnose.Result) {
	if !rejects(q.module, result) {
		return
	}
	held := heldResult{result, time.Now().Add(rejectedHold)}
	if !q.byAddress {
		r.known.Add(q.login(q.host), held)
	}
	for _, a := range result.Addresses {
		if ip, err := netip.ParseAddr(a.IP); err == nil && a.Used {
			r.known.Add(q.login(ip.Unmap().String()), held)
		}
	}
}

// rejects tells whether the server refused the module's password.
func rejects(m *Module, r *diagnose.Result) bool {
	return m.User != anonymous && slices.ContainsFunc(r.Findings, func(f diagnose.Finding) bool {
		return f.Code == diagnose.LoginRejected
	})
}
