package main

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/netip"
	"runtime/debug"
	"sync"
	"time"

	"ftpdiag/cmd/ftpdiag/sweep"
	"ftpdiag/probe"
	"ftpdiag/probe/diagnose"
	"ftpdiag/probe/evidence"
	"ftpdiag/probe/ftp"
)

const (
	// handful is how many targets get a whole report each. About more, or those
	// of a list, a text says a line each and sums them up.
	handful = 5

	// grace is how long diagnoses may take to notice an interrupt.
	grace = 4 * time.Second

	mostParallel = 10000

	// perDiagnosis is how many descriptors a diagnosis may hold at once: two
	// control connections, dials to up to eight addresses or ports, a listener
	// and what it accepted, sockets of the hop walk.
	perDiagnosis = 16

	// reserved are those that others hold: files, the resolver, the runtime.
	reserved = 32

	// usualParallel is enough to hide the waits of most targets, and few enough
	// for the firewalls on the way.
	usualParallel = 64
)

// sweeping is a run over its targets.
type sweeping struct {
	*app
	options  *options
	cfg      probe.Config
	requests []request
	out      *output
	names    *sweep.Names
	todo     []int // the requests that are to be carried out

	mu       sync.Mutex
	finished []bool // by request: it has a result
	panicked any    // by the only diagnosis; nil: it did not
}

// prepare does what can fail before anything is probed.
func (s *sweeping) prepare() error {
	many := s.options.targets != "" || len(s.requests) > handful
	if many {
		if err := s.out.forMany(s.options); err != nil {
			return err
		}
	}
	if g := s.out.growing; g != nil && s.options.resume == "" && g.leftover() {
		s.warn("%s, which a run that was cut off left, is replaced: --resume %s goes on with one", quotePath(partialName(g.target)), quotePath(g.name))
	}
	if err := s.resume(); err != nil {
		s.out.giveUp()
		return err
	}
	if err := s.out.begin(); err != nil {
		return err
	}
	for i, r := range s.requests {
		switch {
		case s.finished[i]:
		case r.bad != nil:
			s.finished[i] = true
			if err := s.skip(r); err != nil {
				return err
			}
		default:
			s.todo = append(s.todo, i)
		}
	}
	if many {
		s.out.progress.startBar(s.app, len(s.todo))
	}
	return nil
}

// skip makes a bad line an unknown result, so that it does not vanish.
func (s *sweeping) skip(r request) error {
	s.warn("skipped: %s", ftp.Visible(r.bad.Error()))
	return s.out.add(s.untested(r, "not tested: "+r.bad.Error()))
}

// untested is the result of a target that nobody asked.
func (s *sweeping) untested(r request, why string) *diagnose.Result {
	cfg := r.config(s.cfg)
	result := diagnose.Diagnose(&evidence.Evidence{Target: r.target, Started: time.Now()})
	result.Version, result.Status = version(), diagnose.StatusUnknown
	result.Options = evidence.Options{Mode: s.options.mode, Expect: cfg.Expect, TLS: cfg.TLS, Family: s.family(),
		Timeout: evidence.Millis(cfg.Timeout), Deadline: evidence.Millis(cfg.Deadline), Quick: cfg.Quick, Thorough: cfg.Thorough,
		Insecure: cfg.Insecure, CertDays: max(cfg.CertDays, 0)}
	result.Findings, result.Recommendation.Reason = nil, why
	return result
}

func (s *sweeping) family() string {
	return map[int]string{0: "any", 4: "ipv4", 6: "ipv6"}[s.cfg.Family]
}

// run carries the requests out and closes the output. An error of the output
// ends it: nobody is asked for an answer that is lost.
func (s *sweeping) run(ctx context.Context) (int, error) {
	going, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	if len(s.requests) > 1 {
		s.names = &sweep.Names{Resolver: s.resolver, Timeout: s.cfg.Timeout}
	}
	sweep.Schedule{
		Jobs: len(s.todo), Parallel: s.parallel(), PerHost: s.options.perHost, Grace: grace,
		Known: s.known, LookUp: s.lookUp,
		Do: func(ctx context.Context, job int) {
			if err := s.guarded(ctx, s.todo[job]); err != nil {
				stop(err)
			}
		},
	}.Run(going)
	if s.panicked != nil {
		panic(s.panicked)
	}
	failed := context.Cause(going)
	interrupted := ctx.Err() != nil
	if failed != nil && !interrupted {
		s.out.progress.end()
		s.out.giveUp()
		if errors.Is(failed, errReaderGone) {
			return s.out.exitCode(), failed
		}
		return exitUnknown, failed
	}
	rest := s.rest()
	undone := len(rest)
	err := s.out.close(undone, s.unasked(rest))
	if interrupted && !errors.Is(err, errReaderGone) {
		fmt.Fprintln(s.stderr, s.interrupted(undone))
	}
	if err != nil && !errors.Is(err, errReaderGone) {
		return exitUnknown, err
	}
	return s.out.exitCode(), err
}

func (s *sweeping) interrupted(rest int) string {
	if rest == 0 || len(s.requests) == 1 {
		return "ftpdiag: interrupted"
	}
	return fmt.Sprintf("ftpdiag: interrupted: %d of %d targets are not tested", rest, len(s.requests))
}

// rest are the requests that have no result. One that comes later comes too late.
func (s *sweeping) rest() (numbers []int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, done := range s.finished {
		if !done {
			numbers = append(numbers, i)
			s.finished[i] = true
		}
	}
	return numbers
}

// unasked makes unknown results of requests that an interrupt left undone. Of a
// single target that was never asked there is nothing to say.
func (s *sweeping) unasked(numbers []int) iter.Seq[*diagnose.Result] {
	return func(yield func(*diagnose.Result) bool) {
		for _, number := range numbers {
			if len(s.requests) == 1 || !yield(s.untested(s.requests[number], "not tested: interrupted")) {
				return
			}
		}
	}
}

// parallel is how many targets are diagnosed at once. More than there are
// descriptors for would look like failures of the servers.
func (s *sweeping) parallel() int {
	bound := max((descriptors()-reserved)/perDiagnosis, 1)
	if s.options.given("parallel") && s.options.parallel > bound {
		s.warn("--parallel %d is lowered to %d: this process may open %d files (ulimit -n)", s.options.parallel, bound, descriptors())
	}
	return min(s.options.parallel, bound)
}

// known are the addresses of a job that names one, or that has nobody beside it.
func (s *sweeping) known(job int) ([]netip.Addr, bool) {
	if s.names == nil {
		return nil, true
	}
	ip, err := netip.ParseAddr(s.requests[s.todo[job]].target.Host)
	return []netip.Addr{ip.Unmap()}, err == nil
}

// lookUp are the addresses of a job that names a host.
func (s *sweeping) lookUp(ctx context.Context, job int) []netip.Addr {
	return s.names.Addresses(ctx, network(s.cfg), s.requests[s.todo[job]].target.Host)
}

// network is what the probe asks a resolver for.
func network(cfg probe.Config) string {
	switch cfg.Family {
	case 4:
		return "ip4"
	case 6:
		return "ip6"
	}
	return "ip"
}

// guarded is diagnoseOne. Of many targets one that shows a bug of ours is not the
// end of all; a single one panics in the goroutine that waits for it.
func (s *sweeping) guarded(ctx context.Context, number int) (err error) {
	defer func() {
		p := recover()
		switch {
		case p == nil:
		case len(s.requests) == 1:
			s.panicked = p
		default:
			fmt.Fprintf(s.stderr, "ftpdiag: %v\n%s", p, debug.Stack())
			err = s.done(number, s.untested(s.requests[number], fmt.Sprintf("not tested: internal error: %v", p)))
		}
	}()
	return s.diagnoseOne(ctx, number)
}

// diagnoseOne carries a request out and hands its result over.
func (s *sweeping) diagnoseOne(ctx context.Context, number int) error {
	r := s.requests[number]
	cfg := r.config(s.cfg)
	if s.names != nil {
		cfg.Resolver = s.names
	}
	result, err := s.several(ctx, s.options, cfg, s.say(r))
	switch {
	case err != nil && len(s.requests) > 1 && errors.Is(err, probe.ErrConfig):
		result = s.untested(r, "not tested: "+err.Error())
	case err != nil:
		return err
	}
	if s.names != nil {
		result.Resolve.Duration = evidence.Millis(s.names.Took(network(s.cfg), r.target.Host))
	}
	if ctx.Err() != nil && cutShort(result) {
		result.Status = diagnose.StatusUnknown
	}
	return s.done(number, result)
}

// done hands a result over, unless it comes too late.
func (s *sweeping) done(number int, r *diagnose.Result) error {
	s.mu.Lock()
	late := s.finished[number]
	s.finished[number] = true
	s.mu.Unlock()
	if late {
		return nil
	}
	return s.out.add(r)
}

// say tells a terminal what is waited for; of many targets a bar tells enough.
func (s *sweeping) say(r request) func(string) {
	if s.options.targets != "" || len(s.requests) > handful {
		return nil
	}
	return saying(s.out.progress, nameOf(r.target, len(s.requests)))
}

// cutShort tells whether an interrupt left a mode that was to be tried without a
// verdict. What failed before the modes is one.
func cutShort(r *diagnose.Result) bool {
	for _, f := range r.Findings {
		if f.Severity == diagnose.Error && f.Mode == "" {
			return false
		}
	}
	for _, m := range []evidence.Mode{evidence.Passive, evidence.Active} {
		v := r.Modes.Of(m)
		tried := r.Options.Mode == "both" || r.Options.Mode == string(m)
		if tried && (v == diagnose.NotTested || v == diagnose.Inconclusive) {
			return true
		}
	}
	return false
}
