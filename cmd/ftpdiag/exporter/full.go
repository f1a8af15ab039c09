package exporter

import (
	"time"

	"ftpdiag/probe/diagnose"
)

// fullDue tells whether a full diagnosis is to follow the last result. Full ones
// take at most a quarter of the probes at once, or one: where a whole network
// fails, scrapes still find room.
func (p *prober) fullDue(e *entry, result, served *diagnose.Result) bool {
	m := e.module
	// A dead mode beside one that works is a finding, and status ok. What is ignored
	// has a full diagnosis as well: it may hide something else.
	bad := result.Status == diagnose.StatusCritical || cause(result) != "" || served.Status == diagnose.StatusCritical
	return m.Quick && m.FullEvery > 0 && bad && !rejects(m, result) && e.whole && !e.fullRunning && p.life.Err() == nil &&
		(e.fullStarted.IsZero() || time.Since(e.fullStarted) >= m.FullEvery) &&
		p.running < p.most && p.full < max(1, p.most/4)
}

// followUp begins a full diagnosis in the background.
func (p *prober) followUp(q request, e *entry) {
	e.fullRunning, e.fullStarted = true, time.Now()
	p.running++
	p.full++
	of := e.verdict
	p.tasks.Go(func() {
		cfg := q.module.probeConfig()
		cfg.Target, cfg.Quick = q.target, false
		a := p.run(p.life, q, cfg)
		label := a.label(q.module)
		p.counts.full.WithLabelValues(label).Inc()
		p.log.Info("full diagnosis", "target", q.name(), "module", q.module.Name, "result", label, "seconds", a.seconds())

		p.mu.Lock()
		defer p.mu.Unlock()
		p.running--
		p.full--
		e.fullRunning = false
		if a.result != nil && !a.cached && !a.overdue && p.life.Err() == nil && p.history.of(q.key) == e && e.verdict == of {
			e.full = &fullDiagnosis{a.kept, time.Now(), of, verdictOf(a.result)}
			p.history.weigh(e)
			p.fullEnded(e)
		}
	})
}

// fullEnded shows what the last quick probe and the full diagnosis say together.
func (p *prober) fullEnded(e *entry) {
	a := answer{kept: e.result, full: e.full}.unpacked()
	if a.err != nil {
		return
	}
	served := a.served(e.module)
	e.show(served)
	p.tell(e, served)
}

// shown is the result that metrics are made of, and the full diagnosis that its
// findings are from, nil if they are its own. The findings are borrowed only from
// one that came to the same status and modes, or they would contradict them.
func (a answer) shown() (*diagnose.Result, *fullDiagnosis) {
	if a.full == nil || a.full.verdict != verdictOf(a.result) {
		return a.result, nil
	}
	full, err := a.full.result.result()
	if err != nil {
		return a.result, nil
	}
	c := *a.result
	c.Findings = full.Findings
	return &c, a.full
}

// served is what metrics are made of.
func (a answer) served(m *Module) *diagnose.Result {
	result, _ := a.shown()
	return m.judged(result)
}
