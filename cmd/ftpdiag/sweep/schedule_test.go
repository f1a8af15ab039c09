package sweep

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"
	"pgregory.net/rapid"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func addr(n int) netip.Addr { return netip.AddrFrom4([4]byte{127, 0, byte(n >> 8), byte(n)}) }

// gauge counts what is under way, and the most there ever was.
type gauge struct {
	mu        sync.Mutex
	now, most int
}

func (g *gauge) add(n int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.now += n
	g.most = max(g.most, g.now)
}

// Every job is done once, never more at once than is allowed, in all and to one
// address, however the addresses overlap.
func TestScheduleLimits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		addresses := rapid.SliceOfN(rapid.SliceOfNDistinct(rapid.IntRange(0, 5), 0, 3, rapid.ID[int]), 0, 60).Draw(t, "addresses")
		parallel, perHost := rapid.IntRange(-1, 8).Draw(t, "parallel"), rapid.IntRange(-1, 3).Draw(t, "per host")
		known := rapid.SliceOfN(rapid.Bool(), len(addresses), len(addresses)).Draw(t, "known")
		of := func(job int) (ips []netip.Addr) {
			for _, a := range addresses[job] {
				ips = append(ips, addr(a))
			}
			return ips
		}
		var all, asked gauge
		hosts := make([]gauge, 6)
		done := make([]atomic.Int32, len(addresses))
		Schedule{
			Jobs: len(addresses), Parallel: parallel, PerHost: perHost,
			Known: func(job int) ([]netip.Addr, bool) { return of(job), known[job] },
			LookUp: func(_ context.Context, job int) []netip.Addr {
				asked.add(1)
				defer asked.add(-1)
				return of(job)
			},
			Do: func(_ context.Context, job int) {
				all.add(1)
				for _, a := range addresses[job] {
					hosts[a].add(1)
				}
				time.Sleep(time.Duration(job%3) * 50 * time.Microsecond)
				for _, a := range addresses[job] {
					hosts[a].add(-1)
				}
				all.add(-1)
				done[job].Add(1)
			},
		}.Run(context.Background())
		for job := range done {
			if n := done[job].Load(); n != 1 {
				t.Fatalf("job %d was done %d times", job, n)
			}
		}
		if all.most > max(parallel, 1) || asked.most > max(parallel, 1) {
			t.Fatalf("%d at once, %d lookups at once", all.most, asked.most)
		}
		for a := range hosts {
			if hosts[a].most > max(perHost, 1) {
				t.Fatalf("%d at once to address %d", hosts[a].most, a)
			}
		}
	})
}

// A thousand jobs to a busy address hold up nobody behind them.
func TestScheduleOvertakes(t *testing.T) {
	const blocked = 1000
	free, other, over := make(chan struct{}), make(chan struct{}), make(chan struct{})
	var first sync.Once
	var done atomic.Int32
	go func() {
		defer close(over)
		Schedule{
			Jobs: blocked + 1, Parallel: 2,
			Known: func(int) ([]netip.Addr, bool) { return nil, false },
			LookUp: func(_ context.Context, job int) []netip.Addr {
				if job == blocked {
					return []netip.Addr{addr(2)}
				}
				return []netip.Addr{addr(1)}
			},
			Do: func(_ context.Context, job int) {
				if job == blocked {
					close(other)
					return
				}
				first.Do(func() { <-free })
				done.Add(1)
			},
		}.Run(context.Background())
	}()
	select {
	case <-other:
	case <-time.After(10 * time.Second):
		t.Fatal("the last job waits for an address that it does not need")
	}
	if n := done.Load(); n > 0 {
		t.Errorf("%d are done while their address is taken", n)
	}
	close(free)
	<-over
	if n := done.Load(); n != blocked {
		t.Errorf("%d of %d are done", n, blocked)
	}
}

// As many are under way as are allowed, where nothing keeps them.
func TestScheduleIsParallel(t *testing.T) {
	var together sync.WaitGroup
	together.Add(20)
	over := make(chan struct{})
	go func() {
		defer close(over)
		Schedule{Jobs: 40, Parallel: 20, PerHost: 20,
			Known: func(int) ([]netip.Addr, bool) { return []netip.Addr{addr(1)}, true },
			Do: func(_ context.Context, job int) {
				if job < 20 {
					together.Done()
					together.Wait()
				}
			},
		}.Run(context.Background())
	}()
	select {
	case <-over:
	case <-time.After(10 * time.Second):
		t.Fatal("twenty are never under way at once")
	}
}

// Jobs that are known to go to one address are done in order.
func TestScheduleKeepsOrder(t *testing.T) {
	var order []int
	Schedule{Jobs: 100, Parallel: 20,
		Known: func(int) ([]netip.Addr, bool) { return []netip.Addr{addr(1)}, true },
		Do:    func(_ context.Context, job int) { order = append(order, job) },
	}.Run(context.Background())
	if len(order) != 100 || !slices.IsSorted(order) {
		t.Errorf("order %v", order)
	}
}

// When the context ends nothing more is begun, and what is under way gets its
// grace and no more.
func TestScheduleInterrupted(t *testing.T) {
	for _, deaf := range []bool{false, true} {
		ctx, cancel := context.WithCancel(context.Background())
		begun, release := make(chan int, 100), make(chan struct{})
		var noticed atomic.Int32
		over := make(chan struct{})
		var left sync.WaitGroup
		left.Add(4)
		go func() {
			defer close(over)
			Schedule{Jobs: 100, Parallel: 4, Grace: 50 * time.Millisecond,
				Known: func(int) ([]netip.Addr, bool) { return nil, true },
				Do: func(ctx context.Context, job int) {
					defer left.Done()
					begun <- job
					if <-ctx.Done(); deaf {
						<-release
					}
					noticed.Add(1)
				},
			}.Run(ctx)
		}()
		for range 4 {
			<-begun
		}
		cancel()
		select {
		case <-over:
		case <-time.After(10 * time.Second):
			t.Fatal("no end")
		}
		if n := noticed.Load(); !deaf && n != 4 {
			t.Errorf("%d of 4 had their grace", n)
		}
		close(release)
		left.Wait()
		if len(begun) > 0 {
			t.Errorf("%d more were begun", len(begun))
		}
	}
}

// lookups is a Resolver that counts.
type lookups struct {
	mu    sync.Mutex
	count map[string]int
	hold  chan struct{}
}

var errNoName = errors.New("no such name")

func (l *lookups) LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error) {
	l.mu.Lock()
	if l.count == nil {
		l.count = map[string]int{}
	}
	l.count[network+" "+host]++
	l.mu.Unlock()
	if l.hold != nil {
		select {
		case <-l.hold:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	if host == "none" {
		return nil, errNoName
	}
	return []netip.Addr{netip.MustParseAddr("::ffff:127.0.0.1"), addr(1), addr(1)}, nil
}

// A name is looked up once, whoever asks and however it ends.
func TestNames(t *testing.T) {
	l := &lookups{hold: make(chan struct{})}
	n := &Names{Resolver: l, Timeout: time.Minute}
	var all sync.WaitGroup
	for i := range 20 {
		host := []string{"host", "none"}[i%2]
		all.Go(func() {
			ips, err := n.LookupNetIP(context.Background(), "ip", host)
			if host == "none" && !errors.Is(err, errNoName) || host == "host" && len(ips) != 3 {
				t.Errorf("%s: %v, %v", host, ips, err)
			}
		})
	}
	close(l.hold)
	all.Wait()
	if got := n.Addresses(context.Background(), "ip", "host"); fmt.Sprint(got) != "[127.0.0.1]" {
		t.Errorf("addresses %v", got)
	}
	if got := n.Addresses(context.Background(), "ip", "none"); got != nil {
		t.Errorf("addresses %v", got)
	}
	if _, err := n.LookupNetIP(context.Background(), "ip4", "host"); err != nil {
		t.Error(err)
	}
	if got := fmt.Sprint(l.count); got != "map[ip host:1 ip none:1 ip4 host:1]" {
		t.Errorf("lookups %s", got)
	}
	if n.Took("ip", "host") <= 0 || n.Took("ip", "127.0.0.1") != 0 {
		t.Errorf("took %v and %v", n.Took("ip", "host"), n.Took("ip", "127.0.0.1"))
	}
}

// A resolver that never answers is waited for no longer than the timeout, and by
// each who asks no longer than its own context.
func TestNamesTimeout(t *testing.T) {
	n := &Names{Resolver: &lookups{hold: make(chan struct{})}, Timeout: 50 * time.Millisecond}
	if _, err := n.LookupNetIP(context.Background(), "ip", "host"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v", err)
	}
	hold := make(chan struct{})
	n = &Names{Resolver: &lookups{hold: hold}, Timeout: time.Minute}
	asked := make(chan error, 1)
	go func() {
		_, err := n.LookupNetIP(context.Background(), "ip", "host")
		asked <- err
	}()
	ctx, cancel := context.WithCancel(context.Background())
	time.AfterFunc(20*time.Millisecond, cancel)
	for {
		n.mu.Lock()
		begun := len(n.answers) == 1
		n.mu.Unlock()
		if begun {
			break
		}
		time.Sleep(time.Millisecond)
	}
	if _, err := n.LookupNetIP(ctx, "ip", "host"); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	close(hold)
	if err := <-asked; err != nil {
		t.Error(err)
	}
}
