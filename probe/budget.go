package probe

import (
	"sync"
	"time"

	"ftpdiag/probe/evidence"
)

// What an ordinary run may send. CSF, the firewall of most shared web hosts, bans
// an address after 10 refused or dropped packets in 300 s, and ban lists count
// logins.
const (
	deadSYNs       = 10 // connection requests to ports that do not answer with a connection
	maxLogins      = 3
	maxConnections = 3 // control connections
	moreForTLS     = 3 // control connections beside, where TLS fails
)

// What a thorough run may send.
const (
	thoroughSYNs        = 160
	thoroughConnections = 16
)

// synTimes are when a system sends a connection request that is not answered, from
// the first: Linux since 6.5 repeats it each second, four times, and then after
// twice as long each time (tcp_syn_linear_timeouts in ip-sysctl); others wait twice
// as long from the start.
var synTimes = [...]time.Duration{0, 1, 2, 3, 4, 5, 7, 11, 19, 35, 67, 131}

// synsWithin is how many requests a dial sends that lives so long.
func synsWithin(d time.Duration) int {
	n := 1
	for n < len(synTimes) && synTimes[n]*time.Second <= d {
		n++
	}
	return n
}

// synMargin is for the clocks of this program and of the system.
const synMargin = 100 * time.Millisecond

// beforeRequest is how long a dial may live so as to send n requests, and no more.
func beforeRequest(n int) time.Duration {
	return synTimes[min(n, len(synTimes)-1)]*time.Second - synMargin
}

// budget is what a run has sent, and what it may still send.
type budget struct {
	mu       sync.Mutex
	sent     evidence.Sent
	syns     int // that may still be sent
	logins   int
	sessions int
	forTLS   int // sessions beside, where TLS fails
}

func newBudget(cfg Config) *budget {
	if cfg.Thorough {
		return &budget{syns: thoroughSYNs, logins: thoroughConnections, sessions: thoroughConnections}
	}
	b := &budget{syns: deadSYNs, logins: maxLogins, sessions: maxConnections, forTLS: moreForTLS}
	if cfg.Upload { // to store the file, and to delete it where that broke off
		b.logins += 2
		b.sessions += 2
	}
	return b
}

// takeSYNs takes up to n requests out of the budget and says how many it got.
func (b *budget) takeSYNs(n int) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	n = max(0, min(n, b.syns))
	b.syns -= n
	b.sent.DeadSYNs += n
	return n
}

// returnSYNs gives back what was taken and not used; less than zero takes what was
// sent beyond it.
func (b *budget) returnSYNs(n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.syns += n
	b.sent.DeadSYNs -= n
}

// leftSYNs is how many may still be sent.
func (b *budget) leftSYNs() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.syns
}

// spendForWalk is takeSYNs and returnSYNs as a hop walk wants them.
func (b *budget) spendForWalk(n int) (granted bool) {
	if n < 0 {
		b.returnSYNs(-n)
		return true
	}
	return b.takeSYNs(n) == n
}

// takeSession takes a control connection out of the budget; trouble says that TLS
// fails, or has to be found out.
func (b *budget) takeSession(trouble bool) (granted bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.sessions > 0:
		b.sessions--
	case trouble && b.forTLS > 0:
		b.forTLS--
	default:
		b.sent.Spared = true
		return false
	}
	b.sent.Connections++
	return true
}

// hasSession tells whether takeSession would grant one.
func (b *budget) hasSession(trouble bool) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.sessions > 0 || trouble && b.forTLS > 0
}

// noteConnection counts a connection to a control port that is no session.
func (b *budget) noteConnection() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.sessions--
	b.sent.Connections++
}

// mayLogIn tells whether a login is left, and notes it where none is.
func (b *budget) mayLogIn() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.sent.Spared = b.sent.Spared || b.logins <= 0
	return b.logins > 0
}

// takeLogin takes a login out of the budget.
func (b *budget) takeLogin() (granted bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.logins <= 0 {
		b.sent.Spared = true
		return false
	}
	b.logins--
	b.sent.Logins++
	return true
}

// spare notes that a question was left out.
func (b *budget) spare() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.sent.Spared = true
}

func (b *budget) spent() evidence.Sent {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.sent
}
