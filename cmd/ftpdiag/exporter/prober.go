package exporter

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"ftpdiag/probe"
	"ftpdiag/probe/diagnose"
	"ftpdiag/probe/evidence"
	"ftpdiag/probe/ftp"
)

// prober answers requests: with what it remembers, with a probe that is under
// way, or with one that it begins.
type prober struct {
	diagnose func(context.Context, probe.Config) (*diagnose.Result, error)
	resolver probe.Resolver // nil: net.DefaultResolver
	version  string
	log      *slog.Logger
	counts   *gauges

	life  context.Context // ends when no probe may go on
	tasks sync.WaitGroup  // probes under way

	mu      sync.Mutex
	most    int // probes at once
	running int // probes and full diagnoses under way
	full    int // full diagnoses under way
	flights map[key]*flight
	overdue map[string]int // diagnoses that were left behind, by the id of their key
	history *history

	rejected *rejections
}

// flight is a probe under way.
type flight struct {
	end     context.CancelFunc
	waiting int
	done    chan struct{} // closed when answer is set
	answer  answer
}

// answer is what a request gets.
type answer struct {
	result  *diagnose.Result
	kept    packed         // the result as it is remembered
	full    *fullDiagnosis // what followed an earlier probe with the same verdict; nil: nothing did
	cached  bool
	denied  bool
	overdue bool // the probe was left behind
	err     error
}

var (
	errBusy = errors.New("as many probes as max_concurrent allows are under way")
	errGone = errors.New("nobody waits for the answer any more")
)

// newProber makes one that ends every probe with life.
func newProber(life context.Context, o Options) *prober {
	p := &prober{diagnose: o.Diagnose, resolver: o.Resolver, version: o.Version, log: o.Log, life: life,
		flights: map[key]*flight{}, overdue: map[string]int{}, history: newHistory(), rejected: newRejections()}
	p.counts = newGauges(p, o.Version)
	return p
}

// configure makes a configuration the one in force.
func (p *prober) configure(c *Config) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.most = min(c.MaxConcurrent, mostProbes()); p.most < c.MaxConcurrent {
		p.log.Warn("max_concurrent is lowered: this process may open no more files", "to", p.most, "files", descriptors())
	}
	p.history.prune(c)
}

// ask answers a request within its budget. The error is errBusy, errGone where
// ctx has ended, or one of the configuration.
func (p *prober) ask(ctx context.Context, q request) (answer, error) {
	a, f, err := p.board(q)
	if f == nil {
		a = a.unpacked()
		return a, cmp.Or(err, a.err)
	}
	late := time.NewTimer(q.budget)
	defer late.Stop()
	select {
	case <-f.done:
		return f.answer, f.answer.err
	case <-late.C:
		p.leave(q.key, f)
		p.counts.cut.Inc()
		return answer{result: p.unfinished(q)}, nil
	case <-ctx.Done():
		p.leave(q.key, f)
		return answer{}, errGone
	}
}

// board finds an answer, or a flight to wait for.
func (p *prober) board(q request) (answer, *flight, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if e := p.history.of(q.key); e != nil && e.serves(time.Now()) {
		p.counts.cached.Inc()
		return answer{kept: e.result, full: e.full, cached: true}, nil, nil
	}
	if held := p.held(q); held != nil {
		p.counts.cached.Inc()
		return answer{kept: held, cached: true}, nil, nil
	}
	if p.overdue[q.id()] > 0 {
		p.counts.cut.Inc()
		return answer{result: p.unfinished(q)}, nil, nil
	}
	if f := p.flights[q.key]; f != nil {
		f.waiting++
		p.counts.shared.Inc()
		return answer{}, f, nil
	}
	if p.running >= p.most || len(p.overdue) >= p.most {
		return answer{}, nil, errBusy
	}
	ctx, end := context.WithCancel(p.life)
	f := &flight{end: end, waiting: 1, done: make(chan struct{})}
	p.flights[q.key] = f
	p.running++
	p.tasks.Go(func() { p.fly(ctx, q, f) })
	return answer{}, f, nil
}

// held is the result that answers because to ask would send a rejected password
// again; nil: there is none, or only the lookup of the name can tell.
func (p *prober) held(q request) packed {
	if q.byAddress {
		return nil
	}
	return p.rejected.of(q.login(q.host))
}

// serves tells whether the last result answers for now: it is fresh, or a full
// diagnosis is under way, beside which the target is not asked a second time.
func (e *entry) serves(now time.Time) bool {
	return e.whole && (e.fullRunning || now.Sub(e.ended) < e.module.Cache)
}

// leave waits no more. A probe that nobody waits for ends.
func (p *prober) leave(k key, f *flight) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if f.waiting--; f.waiting > 0 {
		return
	}
	f.end()
	if p.flights[k] == f { // nobody else may wait for what is abandoned
		delete(p.flights, k)
	}
}

// fly is one probe, from the slot that it has to the answer.
func (p *prober) fly(ctx context.Context, q request, f *flight) {
	defer f.end()
	cfg := q.probeConfig()
	a := p.run(ctx, q, cfg)
	label := a.label(q.module)
	if a.cached {
		p.counts.cached.Inc()
	} else {
		p.counts.probes.WithLabelValues(label).Inc()
	}
	p.log.Debug("probed", "target", q.name(), "module", q.module.Name, "result", label, "seconds", a.seconds())

	p.mu.Lock()
	defer p.mu.Unlock()
	p.running--
	if p.flights[q.key] == f {
		delete(p.flights, q.key)
	}
	if a.result != nil && !a.cached && ctx.Err() == nil {
		p.remember(q, cfg, &a)
	}
	f.answer = a
	close(f.done)
}

// remember notes the result and has a full diagnosis follow where one is due.
func (p *prober) remember(q request, cfg probe.Config, a *answer) {
	whole := !a.result.Cut || cfg.Deadline == q.module.Deadline
	e := p.history.note(q.key, a.result, a.kept, whole, time.Now())
	a.full = e.full
	served := a.served(q.module)
	e.show(served)
	p.tell(e, served)
	if p.fullDue(e, a.result, served) {
		p.followUp(q, e)
	}
}

// tell logs a status that is another than before.
func (p *prober) tell(e *entry, r *diagnose.Result) {
	if r.Status == e.told {
		return
	}
	p.log.Info("status", "target", e.name(), "module", e.module.Name, "was", cmp.Or(e.told, "not probed"), "is", r.Status, "cause", cause(r))
	e.told = r.Status
}

// cause is the code of the finding that matters most; "" where nothing is wrong.
func cause(r *diagnose.Result) diagnose.Code {
	if f := causing(r); f != nil {
		return f.Code
	}
	return ""
}

// causing is the first finding that a module fails on, else the first that is
// wrong and not ignored; nil: there is none.
func causing(r *diagnose.Result) *diagnose.Finding {
	gated := cmp.Or(r.Gated, &diagnose.Gated{})
	first := func(matters func(diagnose.Finding) bool) *diagnose.Finding {
		if i := slices.IndexFunc(r.Findings, matters); i >= 0 {
			return &r.Findings[i]
		}
		return nil
	}
	return cmp.Or(
		first(func(f diagnose.Finding) bool { return slices.Contains(gated.FailOn, f.Code) }),
		first(func(f diagnose.Finding) bool {
			return f.Severity != diagnose.Info && !slices.Contains(gated.Ignored, f.Code)
		}))
}

// diagnosis carries out one. It survives a panic: one target must not end the watch
// over all others.
func (p *prober) diagnosis(ctx context.Context, q request, cfg probe.Config) (a answer) {
	next := p.resolver
	if next == nil {
		next = net.DefaultResolver
	}
	check := &guard{next: next, request: q, rejected: p.rejected}
	cfg.Resolver = check
	defer func() {
		if r := recover(); r != nil {
			clean := ftp.NewRedactor(q.module.Password.text).Clean
			p.log.Error("a probe panicked", "target", q.name(), "module", q.module.Name, "panic", clean(fmt.Sprint(r)), "stack", clean(string(debug.Stack())))
			a = answer{err: errors.New("the diagnosis failed: the log says where")}
		}
	}()
	result, err := p.diagnose(ctx, cfg)
	switch {
	case err != nil:
		return answer{err: err}
	case check.denied.Load():
		return answer{denied: true}
	case check.held.Load() != nil:
		return answer{kept: *check.held.Load(), cached: true}.unpacked()
	}
	result.Version = p.version
	result = trimmed(result)
	kept := pack(result)
	p.rejected.note(q, result, kept)
	return answer{result: result, kept: kept}
}

// unfinished is the result of a target of which nothing is known in time.
func (p *prober) unfinished(q request) *diagnose.Result {
	return &diagnose.Result{
		Schema: diagnose.Schema, Version: p.version, Target: q.target, Cut: true, Status: diagnose.StatusUnknown,
		Started: diagnose.Timestamp{Time: time.Now().Add(-q.budget)}, Duration: evidence.Millis(q.budget),
		Recommendation: diagnose.Recommendation{Mode: diagnose.None},
	}
}

// label is what a metric calls the answer of a probe under m.
func (a answer) label(m *Module) string {
	switch {
	case a.denied:
		return resultDenied
	case a.result == nil:
		return resultFailed
	}
	return statusLabel(m.judged(a.result))
}

func (a answer) seconds() float64 {
	if a.result == nil {
		return 0
	}
	return a.result.Duration.Duration().Seconds()
}
