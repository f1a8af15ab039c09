package main

import (
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"

	"ftpdiag/probe/diagnose"
	"ftpdiag/report"
)

// progress is what a terminal shows while something is waited for: a line about
// one target, or a bar about many. Without a terminal it shows nothing. Several
// goroutines use it at once.
type progress struct {
	shown bool // there is a terminal
	mu    sync.Mutex
	line  *report.Status
	bar   *progressbar.ProgressBar // nil: none
	worst diagnose.Status
	ticks chan struct{} // closed when the bar ends
}

// newProgress makes the line; without a terminal it is silent.
func (a *app) newProgress() *progress {
	_, ok := isTerminal(a.stderr)
	return &progress{shown: ok, line: report.NewStatus(a.stderr, ok), worst: diagnose.StatusOK}
}

// startBar puts a bar in the place of the line: done of total, the worst status
// so far, and how long the rest will take.
func (p *progress) startBar(a *app, total int) {
	if !p.shown || total == 0 {
		return
	}
	const beside = 60 // columns for what stands beside the bar
	width := widthOf(a.stderr)
	p.bar = progressbar.NewOptions(total,
		progressbar.OptionSetWriter(a.stderr),
		progressbar.OptionSetWidth(min(max(width-beside, 4), 40)),
		progressbar.OptionSetTheme(progressbar.Theme{Saucer: "=", SaucerHead: ">", SaucerPadding: " ", BarStart: "[", BarEnd: "]"}),
		progressbar.OptionShowCount(),
		progressbar.OptionSetPredictTime(true),
		progressbar.OptionThrottle(100*time.Millisecond),
		progressbar.OptionSetDescription("worst: ok"),
	)
	_ = p.bar.RenderBlank()
	p.ticks = make(chan struct{})
	go p.tick(p.ticks)
}

// tick keeps the times of the bar going while no target is done.
func (p *progress) tick(over <-chan struct{}) {
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	for {
		select {
		case <-over:
			return
		case <-ticker.C:
			p.mu.Lock()
			if p.bar != nil {
				_ = p.bar.RenderBlank()
			}
			p.mu.Unlock()
		}
	}
}

// say shows what is being waited for, where there is no bar.
func (p *progress) say(what string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.bar == nil {
		p.line.Set(what)
	}
}

// step counts a target that is done.
func (p *progress) step(s diagnose.Status) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.bar == nil {
		return
	}
	if worst := p.worst.Worse(s); worst != p.worst {
		p.worst = worst
		p.bar.Describe("worst: " + string(worst))
	}
	_ = p.bar.Add(1)
}

// aside takes away what is shown, writes, and lets it come back with the next
// step or tick.
func (p *progress) aside(write func() error) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.clear()
	return write()
}

func (p *progress) clear() {
	p.line.Clear()
	if p.bar != nil {
		_ = p.bar.Clear()
	}
}

// end takes away what is shown for good.
func (p *progress) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.clear()
	if p.bar != nil {
		close(p.ticks)
		p.bar = nil
	}
}
