package realserver_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"maps"
	"net/netip"
	"os"
	"regexp"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"ftpdiag/probe/realserver"
)

var update = flag.Bool("update", false, "write recorded.json anew from the real servers")

// slow says whether situations that take more than a few seconds are replayed.
func slow() bool { return *update || os.Getenv(realserver.RequireServers) == "1" }

// A group is the situations that one configuration brings about.
type group struct {
	config     realserver.Config
	lacks      []realserver.Product // those that have no such option
	slow       bool
	lowPort    bool // on port 21 of a loopback address of its own
	situations []situation
}

type situation struct {
	name string
	run  func(r *recorder)
}

// TestMain lets many servers wait at once: the tests here use little processor
// time and wait for most of theirs.
func TestMain(m *testing.M) {
	flag.Parse()
	_ = flag.Set("test.parallel", "12")
	os.Exit(m.Run())
}

// TestRecorded compares recorded.json with what the servers say.
func TestRecorded(t *testing.T) {
	if *update {
		t.Setenv(realserver.RequireServers, "1") // a skip would drop recordings
	}
	var groups []group
	for _, g := range [][]group{controlGroups, passiveGroups, activeGroups, transferGroups, limitGroups, tlsGroups} {
		groups = append(groups, g...)
	}
	found := &recording{by: map[realserver.Product]map[string][]realserver.Exchange{}}
	t.Run("group", func(t *testing.T) {
		for _, g := range groups {
			g.record(t, found)
		}
	})
	if *update {
		found.write(t)
	} else if !t.Failed() && !t.Skipped() {
		found.compareNames(t)
	}
}

func (g group) record(t *testing.T, found *recording) {
	for i, p := range realserver.Products {
		if slices.Contains(g.lacks, p) {
			continue
		}
		t.Run(g.situations[0].name+"/"+string(p), func(t *testing.T) {
			t.Parallel()
			if g.slow && !slow() {
				t.Skipf("takes a minute: only with -update or %s=1", realserver.RequireServers)
			}
			config := g.config
			config.Product = p
			if config.PassiveLow != 0 {
				config.PassiveLow = poolFor(i)
				config.PassiveHigh = config.PassiveLow + poolSize - 1
			}
			if config.TLS != nil {
				cert := realserver.NewCertificate(t, time.Hour, "localhost", "127.0.0.1")
				protected := *config.TLS
				protected.CertFile, protected.KeyFile = cert.CertFile, cert.KeyFile
				config.TLS = &protected
			}
			if g.lowPort {
				config.Address, config.Port = ownLoopback(), 21
			}
			s := config.Start(t, realserver.Loopback)
			for _, each := range g.situations {
				found.take(t, s, each)
			}
		})
	}
}

// poolSize is the smallest range that every server takes.
const poolSize = 2

// poolFor gives every server of every test process a range of its own, between
// the ports that servers listen on and the ephemeral ones.
func poolFor(server int) int {
	return 30000 + os.Getpid()%300*8 + server*poolSize
}

var loopbacks atomic.Int32

// ownLoopback is an address of 127/8 that nobody else uses.
func ownLoopback() netip.Addr {
	pid := os.Getpid()
	return netip.AddrFrom4([4]byte{127, byte(64 + loopbacks.Add(1)%128), byte(pid >> 8), byte(pid)})
}

// recording is what this run found.
type recording struct {
	mu sync.Mutex
	by map[realserver.Product]map[string][]realserver.Exchange
}

// tries is how often a server may be asked to repeat what was recorded. Some race
// with themselves: pyftpdlib may see a command before the data connection that
// was there first.
const tries = 4

// take carries out a situation, compares it with the older recording and keeps it.
func (f *recording) take(t *testing.T, s *realserver.Server, each situation) {
	t.Helper()
	p := s.Config.Product
	var want, got []realserver.Exchange
	if slices.Contains(realserver.Situations(p), each.name) {
		want = realserver.Recorded(p, each.name)
	}
	for try := 0; try == 0 || try < tries && !*update; try++ {
		r := &recorder{t: t, s: s}
		each.run(r)
		r.close()
		if got = r.log; slices.Equal(normal(got), normal(want)) {
			got = want // with the ports and times of the older recording
			break
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case len(got) == 0:
	case f.by[p][each.name] != nil:
		t.Errorf("%s: two situations %q", p, each.name)
	case f.by[p] == nil:
		f.by[p] = map[string][]realserver.Exchange{each.name: got}
	default:
		f.by[p][each.name] = got
	}
	if !*update && !slices.Equal(got, want) {
		t.Errorf("%s, %s:\n got %q\nwant %q", p, each.name, got, want)
	}
}

func (f *recording) write(t *testing.T) {
	if t.Failed() {
		t.Fatal("recorded.json stays as it is")
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(f.by); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("recorded.json", b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}

// compareNames finds recordings of situations that no longer exist.
func (f *recording) compareNames(t *testing.T) {
	for _, p := range realserver.Products {
		for _, name := range realserver.Situations(p) {
			if f.by[p][name] == nil && slow() {
				t.Errorf("%s, %s is recorded, but no test replays it; there are %q",
					p, name, slices.Sorted(maps.Keys(f.by[p])))
			}
		}
	}
}

// What differs from run to run, and what stands in its place when comparing.
var varying = []struct {
	re   *regexp.Regexp
	with string
}{
	{regexp.MustCompile(`(\d+,\d+,\d+,\d+|::1),\d+,\d+\b`), "$1,p,p"},
	{regexp.MustCompile(`\(1,\d+,\d+\)`), "(1,p,p)"},
	{regexp.MustCompile(`(\|\|\|)\d+\|`), "$1|p|"},
	{regexp.MustCompile(`(\|1\|[0-9.]+\|)\d+\|`), "$1|p|"},
	{regexp.MustCompile(`(port:? |127\.0\.0\.\d:)\d+`), "${1}p"},
	{regexp.MustCompile(`%\d+`), "%scope"},
	{regexp.MustCompile(`(user number |client count was )\d+`), "${1}n"},
	{regexp.MustCompile(`\b\d\d:\d\d\b`), "hh:mm"},
	{regexp.MustCompile(`\b\d+ bytes transmitted`), "n bytes transmitted"},
	// Pure-FTPd tells the duration only where it is not zero.
	{regexp.MustCompile(`(?m)(\d\d\d)-(.*)\n\d\d\d [0-9.]+ seconds \(measured here\).*`), "$1 $2"},
	{regexp.MustCompile(`[0-9.]+ seconds \(measured here\).*`), "n seconds"},
	{regexp.MustCompile(`^\(RST\)$`), realserver.EOF},
}

func normal(exchanges []realserver.Exchange) []realserver.Exchange {
	out := slices.Clone(exchanges)
	for i := range out {
		for _, v := range varying {
			out[i].Sent = v.re.ReplaceAllString(out[i].Sent, v.with)
			out[i].Reply = v.re.ReplaceAllString(out[i].Reply, v.with)
		}
	}
	return out
}
