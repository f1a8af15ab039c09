package exporter

import (
	"encoding/json"
	"net"
	"strconv"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"

	"ftpdiag/probe/diagnose"
)

// Bounds of what is remembered. A healthy target takes some 10 KB; a server that
// talks much takes more, and then there is room for fewer.
const (
	mostTargets = 10000
	mostBytes   = 64 << 20
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
	result *diagnose.Result // of the last probe that ended by itself
	ended  time.Time
	whole  bool // it had the time that the module gives it
	bytes  int

	full        *fullDiagnosis // nil: none, or it says nothing about the result any more
	fullStarted time.Time
	fullRunning bool

	told diagnose.Status // as the log has it; "": not yet
}

// fullDiagnosis is one that followed a quick probe.
type fullDiagnosis struct {
	result *diagnose.Result
	ended  time.Time
	of     verdict // of the quick probe that it followed
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
func (h *history) note(k key, r *diagnose.Result, whole bool, now time.Time) *entry {
	e, ok := h.entries.Peek(k.id())
	if !ok {
		e = &entry{}
	}
	if e.full != nil && (e.module != k.module || verdictOf(r) != e.full.of || now.Sub(e.full.ended) > 2*k.module.FullEvery) {
		e.full = nil
	}
	e.key, e.result, e.ended, e.whole = k, r, now, whole
	h.weigh(e)
	return e
}

// weigh puts the entry first and forgets the last ones if there is too much.
func (h *history) weigh(e *entry) {
	h.bytes -= e.bytes
	e.bytes = size(e.result)
	if e.full != nil {
		e.bytes += size(e.full.result)
	}
	h.bytes += e.bytes
	h.entries.Add(e.id(), e)
	for h.bytes > mostBytes && h.entries.Len() > 1 {
		h.entries.RemoveOldest()
	}
}

func size(r *diagnose.Result) int {
	data, err := json.Marshal(r)
	if err != nil {
		return mostBytes // what cannot be measured is not kept for long
	}
	return len(data)
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
