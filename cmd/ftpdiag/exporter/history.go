package exporter

import (
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"

	"ftpdiag/probe/diagnose"
)

// Bounds of what is remembered. A healthy target takes some 3 KB; a server that
// talks much takes more, and then there is room for fewer.
const (
	mostTargets = 10000
	mostBytes   = 32 << 20

	// entryBytes is what an entry takes beside its results: names, the row of the
	// page, and its places in the list and the index.
	entryBytes = 1 << 10
)

// history is what is known of the targets that were probed last. It is not safe
// for concurrent use.
type history struct {
	entries *simplelru.LRU[string, *entry]
	bytes   int
}

// entry is what is known of a target under one module.
type entry struct {
	key
	result  packed // of the last probe that ended by itself
	verdict verdict
	ended   time.Time
	whole   bool // it had the time that the module gives it
	bytes   int

	shown row // what the page shows, without what depends on the time

	full        *fullDiagnosis // nil: none, or it says nothing about the result any more
	fullStarted time.Time
	fullRunning bool

	told diagnose.Status // as the log has it; "": not yet
}

// fullDiagnosis is one that followed a quick probe.
type fullDiagnosis struct {
	result packed
	ended  time.Time

	of, verdict verdict // of the quick probe that it followed, and its own
}

// verdict is what a full diagnosis must share with a quick probe to be about the
// same state of things.
type verdict struct {
	status diagnose.Status
	modes  diagnose.Modes
}

func verdictOf(r *diagnose.Result) verdict { return verdict{r.Status, r.Modes} }

func newHistory() *history {
	h := &history{}
	h.entries, _ = simplelru.NewLRU(mostTargets, func(_ string, e *entry) { h.bytes -= e.bytes }) // fails for sizes below 1
	return h
}

// id names an entry across configurations.
func (k key) id() string {
	return k.module.Name + " " + k.tls + " " + net.JoinHostPort(k.host, strconv.Itoa(k.port))
}

// of is the entry of a key under the same configuration; nil: there is none.
func (h *history) of(k key) *entry {
	e, ok := h.entries.Get(k.id())
	if !ok || e.module != k.module {
		return nil
	}
	return e
}

// note takes the result of a probe.
func (h *history) note(k key, r *diagnose.Result, kept packed, whole bool, now time.Time) *entry {
	e, ok := h.entries.Peek(k.id())
	if !ok {
		e = &entry{}
	}
	k.host = strings.Clone(k.host) // it may be part of a long request
	if e.full != nil && (e.module != k.module || verdictOf(r) != e.full.of || now.Sub(e.full.ended) > 2*k.module.FullEvery) {
		e.full = nil
	}
	e.key, e.result, e.verdict, e.ended, e.whole = k, kept, verdictOf(r), now, whole
	h.weigh(e)
	return e
}

// weigh puts the entry first and forgets the last ones if there is too much.
func (h *history) weigh(e *entry) {
	h.bytes -= e.bytes
	e.bytes = entryBytes + cap(e.result)
	if e.full != nil {
		e.bytes += cap(e.full.result)
	}
	h.bytes += e.bytes
	h.entries.Add(e.id(), e)
	for h.bytes > mostBytes && h.entries.Len() > 1 {
		h.entries.RemoveOldest()
	}
}

// prune forgets the targets that a configuration does not allow, as far as that
// shows without asking the DNS.
func (h *history) prune(c *Config) {
	for _, id := range h.entries.Keys() {
		e, _ := h.entries.Peek(id)
		allowed := false
		if m := c.Modules[e.module.Name]; m != nil {
			allowed, _ = m.allows(e.key)
		}
		if !allowed {
			h.entries.Remove(id)
		}
	}
}
