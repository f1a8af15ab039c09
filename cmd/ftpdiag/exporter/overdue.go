package exporter

import (
	"context"
	"time"

	"ftpdiag/probe"
)

// run carries out one diagnosis. One that goes on beyond its deadline, or beyond
// the life of the prober, is left behind: its slot is free, and its target is not
// asked again before it has ended.
func (p *prober) run(ctx context.Context, q request, cfg probe.Config) answer {
	done := make(chan answer, 1)
	go func() { done <- p.diagnosis(ctx, q, cfg) }()
	late := time.NewTimer(cfg.Deadline + grace)
	defer late.Stop()
	select {
	case a := <-done:
		return a
	case <-late.C:
	case <-p.life.Done():
		late.Reset(grace)
		select {
		case a := <-done:
			return a
		case <-late.C:
		}
	}
	p.leaveBehind(q, done)
	result := p.unfinished(q)
	return answer{result: result, kept: pack(result), overdue: true}
}

// leaveBehind notes a diagnosis until it ends.
func (p *prober) leaveBehind(q request, done <-chan answer) {
	p.log.Error("a probe does not end", "target", q.name(), "module", q.module.Name)
	p.mu.Lock()
	defer p.mu.Unlock()
	id := q.id()
	p.overdue[id]++
	go func() {
		<-done
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.overdue[id]--; p.overdue[id] == 0 {
			delete(p.overdue, id)
		}
	}()
}

// late counts the diagnoses that were left behind.
func (p *prober) late() (n int) {
	for _, of := range p.overdue {
		n += of
	}
	return n
}
