package exporter

import (
	"time"

	"ftpdiag/probe/diagnose"
)

// fullDue tells whether a full diagnosis is to follow the last result. Full ones
// take at most a quarter of the probes at once, or one: where a whole network
// fails, scrapes still find room.
func (p *prober) fullDue(e *entry) bool {
	m := e.module
	// A dead mode beside one that works is a finding, and status ok. What is ignored
	// has a full diagnosis as well: it may hide something else.
	bad := e.result.Status == diagnose.StatusCritical || cause(e.result) != "" || e.served().Status == diagnose.StatusCritical
	return m.Quick && m.FullEvery > 0 && bad && !rejects(m, e.result) && e.whole && !e.fullRunning && p.life.Err() == nil &&
		(e.fullStarted.IsZero() || time.Since(e.fullStarted) >= m.FullEvery) &&
		p.running < p.most && p.full < max(1, p.most/4)
}

// followUp begins a full diagnosis in the background.
func (p *prober) followUp(q request, e *entry) {
	e.fullRunning, e.fullStarted = true, time.Now()
	p.running++
	p.full++
	of := verdictOf(e.result)
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
		if a.result != nil && !a.cached && p.life.Err() == nil && p.history.of(q.key) == e && verdictOf(e.result) == of {
			e.full = &fullDiagnosis{a.result, time.Now(), of}
			p.history.weigh(e)
			p.tell(e)
		}
	})
}

// shown is the result that metrics are made of, and the full diagnosis that its
// findings are from, nil if they are its own. The findings are borrowed only from
// one that came to the same status and modes, or they would contradict them.
func (a answer) shown() (*diagnose.Result, *fullDiagnosis) {
	if a.full == nil || verdictOf(a.full.result) != verdictOf(a.result) {
		return a.result, nil
	}
	c := *a.result
	c.Findings = a.full.result.Findings
	return &c, a.full
}

// served is what metrics are made of as long as the entry answers.
func (e *entry) served() *diagnose.Result {
	result, _ := answer{result: e.result, full: e.full}.shown()
	return e.module.judged(result)
}
