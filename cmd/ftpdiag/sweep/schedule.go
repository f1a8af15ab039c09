package sweep

import (
	"context"
	"net/netip"
	"time"
)

// Schedule carries out jobs, numbered from 0, side by side. A job that has to
// wait for its address lets those behind it pass.
type Schedule struct {
	Jobs     int
	Parallel int // jobs that are done at once; below 1 is 1
	PerHost  int // jobs that are done at once to one address; below 1 is 1

	// Known are the addresses that a job will connect to, false where they have to
	// be looked up. With none it waits for nobody. Jobs that are known to go to one
	// address are done in order.
	Known func(job int) (addresses []netip.Addr, known bool)

	// LookUp finds the addresses of a job that are not known. Several goroutines
	// call it, no more than Parallel at once.
	LookUp func(ctx context.Context, job int) []netip.Addr

	// Do carries a job out. Several goroutines call it.
	Do func(ctx context.Context, job int)

	// Grace is how long jobs that are under way when the context ends may take to
	// notice. Those that take longer are left behind.
	Grace time.Duration
}

// Run returns when every job is done, or when the context has ended and every
// job that was under way has noticed or has had its grace. A job that had not
// been begun by then never is.
func (s Schedule) Run(ctx context.Context) {
	s.Parallel, s.PerHost = max(s.Parallel, 1), max(s.PerHost, 1)
	r := &running{
		Schedule: s,
		busy:     map[netip.Addr]int{},
		parked:   map[netip.Addr][]job{},
		// Nobody who is left behind waits for a reader.
		located: make(chan job, s.Parallel),
		done:    make(chan job, s.Parallel),
	}
	for ctx.Err() == nil && r.begin(ctx) {
		select {
		case j := <-r.located:
			r.locating--
			r.admit(j)
		case j := <-r.done:
			r.doing--
			r.leave(j)
		case <-ctx.Done():
		}
	}
	r.wait()
}

// job is a number and the addresses that were found for it.
type job struct {
	number    int
	addresses []netip.Addr
}

// running is a Schedule under way. Only the goroutine of Run touches it.
type running struct {
	Schedule
	next     int   // the first job whose addresses nobody has asked for
	locating int   // jobs whose addresses are being found
	ready    []job // jobs that hold their addresses and wait for a turn
	doing    int

	busy   map[netip.Addr]int   // jobs that hold the address
	parked map[netip.Addr][]job // jobs that wait for it, in order
	located,
	done chan job
}

// begin begins what can be begun, and tells whether anything is under way.
func (r *running) begin(ctx context.Context) bool {
	r.do(ctx)
	// As many are looked up ahead as can be done at once. Those that are parked
	// do not count: behind them may be some that could be done now.
	for r.next < r.Jobs && r.locating+len(r.ready) < r.Parallel {
		number := r.next
		r.next++
		if addresses, known := r.Known(number); known {
			r.admit(job{number, addresses})
			r.do(ctx)
			continue
		}
		r.locating++
		go func() { r.located <- job{number, r.LookUp(ctx, number)} }()
	}
	return r.locating+r.doing > 0
}

// do carries out as many of the jobs that are ready as it may.
func (r *running) do(ctx context.Context) {
	for len(r.ready) > 0 && r.doing < r.Parallel {
		j := r.ready[0]
		r.ready = r.ready[1:]
		r.doing++
		go func() {
			r.Do(ctx, j.number)
			r.done <- j
		}()
	}
}

// admit makes a job ready, or parks it where one of its addresses is taken.
func (r *running) admit(j job) {
	for _, a := range j.addresses {
		if r.busy[a] >= r.PerHost {
			r.parked[a] = append(r.parked[a], j)
			return
		}
	}
	for _, a := range j.addresses {
		r.busy[a]++
	}
	r.ready = append(r.ready, j)
}

// leave gives the addresses of a job to those that wait for them.
func (r *running) leave(j job) {
	for _, a := range j.addresses {
		if r.busy[a]--; r.busy[a] == 0 {
			delete(r.busy, a)
		}
	}
	for _, a := range j.addresses {
		for len(r.parked[a]) > 0 && r.busy[a] < r.PerHost {
			next := r.parked[a][0]
			r.parked[a] = r.parked[a][1:]
			r.admit(next)
		}
		if len(r.parked[a]) == 0 {
			delete(r.parked, a)
		}
	}
}

// wait waits for what is under way, no longer than the grace.
func (r *running) wait() {
	if r.doing == 0 {
		return
	}
	over := time.NewTimer(r.Grace)
	defer over.Stop()
	for ; r.doing > 0; r.doing-- {
		select {
		case <-r.done:
		case <-over.C:
			return
		}
	}
}
