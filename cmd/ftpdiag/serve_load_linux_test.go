package main

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

var serveMinutes = flag.Float64("serve.minutes", 15, "how long BenchmarkServe asks")

// BenchmarkServe asks an exporter that may open 1,024 files about healthy, dead and
// hostile targets, 200 times a second:
//
//	go test ./cmd/ftpdiag -run '^$' -bench 'Serve$' -benchtime 1x -timeout 30m
func BenchmarkServe(b *testing.B) {
	for b.Loop() {
		underLoad(b, time.Duration(*serveMinutes*float64(time.Minute)), time.Second)
	}
	b.ReportMetric(0, "ns/op")
}

// The same for a short time. A machine that runs other tests may be slow to answer.
func TestServeUnderLoad(t *testing.T) { underLoad(t, 20*time.Second, 10*time.Second) }

const (
	manyHealthy = 240
	asks        = 200 // a second
)

// load is what is asked, and what came of it.
type load struct {
	*exporting
	targets []string
	client  *http.Client

	codes  [600]atomic.Int64
	failed atomic.Int64 // requests without an answer

	mu      sync.Mutex
	resid   []int // KiB, in order of time
	most    int   // files
	healthy time.Duration
	bare    time.Duration // another process, meanwhile, for one line
	sick    []string      // why /-/healthy was not there in time
}

// underLoad wants memory flat and below the shipped limit, /-/healthy within the
// time, and everything given back.
func underLoad(t testing.TB, length, within time.Duration) {
	l := newLoad(t)
	pid := l.cmd.Process.Pid
	_, _, _, _ = l.get("/metrics") // what is made once is made
	begun := len(files(t, pid))
	stop := make(chan struct{})
	var watch sync.WaitGroup
	watch.Go(func() { l.watch(t, within, stop) })
	l.ask(length * 2 / 3)
	leave := idle(t, l.exporting, 1500)
	l.ask(length / 3)
	leave()
	close(stop)
	watch.Wait()
	l.client.CloseIdleConnections()
	l.wait(t, "nothing is under way", func() bool { return l.metric(t, "probes_in_flight") == "0" && l.metric(t, "probes_overdue") == "0" })
	l.wait(t, "descriptors are back", func() bool { return len(files(t, pid)) <= begun+3 })
	l.judge(t, begun)
	l.terminate(t)
}

// newLoad starts servers and exporter.
func newLoad(t testing.TB) *load {
	t.Helper()
	_, healthy := startLean(t, manyHealthy)
	_, bad := startPlayed(t, asHostile+"=1")
	l := &load{client: &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 100}}}
	for i := range manyHealthy {
		l.targets = append(l.targets, fmt.Sprintf("%s:%d", leanAddress(i), healthy))
	}
	for i := range manyHostile {
		l.targets = append(l.targets, fmt.Sprintf("%s:%d", leanAddress(firstHostile+i), bad))
	}
	for i := range manyDead {
		l.targets = append(l.targets, fmt.Sprintf("%s:%d", leanAddress(firstDead+i), healthy))
	}
	config := serveConfig(t, serveMinimal+fmt.Sprintf("    ports: [%d, %d]\n    cache: 1s\n    timeout: 1s\n    deadline: 3s\n    full_every: 1m\n", healthy, bad))
	cmd := limited(program(t, "serve", "--config", config, "--listen", "127.0.0.1:0"))
	cmd.Args[3] = built(t) // in place of the test binary, which may have the race detector
	l.exporting = export(t, cmd).listens(t)
	return l
}

// ask asks for so long, each time about a target by chance, and waits for the
// answers.
func (l *load) ask(length time.Duration) {
	var under sync.WaitGroup
	defer under.Wait()
	beat := time.NewTicker(time.Second / asks)
	defer beat.Stop()
	for end := time.Now().Add(length); time.Now().Before(end); <-beat.C {
		target := l.targets[rand.N(len(l.targets))]
		under.Go(func() {
			got, err := l.client.Get(l.url + "/probe?target=" + target)
			if err != nil {
				l.failed.Add(1)
				return
			}
			_, _ = io.Copy(io.Discard, got.Body)
			got.Body.Close()
			l.codes[got.StatusCode].Add(1)
		})
	}
}

// watch looks at the process four times a second.
func (l *load) watch(t testing.TB, within time.Duration, stop <-chan struct{}) {
	for {
		select {
		case <-stop:
			return
		case <-time.After(250 * time.Millisecond):
		}
		code, _, took, err := l.get("/-/healthy")
		bare := l.bareReply()
		resident, open := status(t, l.cmd.Process.Pid, "VmRSS:"), len(files(t, l.cmd.Process.Pid))
		l.mu.Lock()
		l.healthy, l.bare, l.most = max(l.healthy, took), max(l.bare, bare), max(l.most, open)
		l.resid = append(l.resid, resident)
		if err != nil || code != 200 || took > within+l.bare {
			l.sick = append(l.sick, fmt.Sprintf("%d %v after %v", code, err, took))
		}
		l.mu.Unlock()
	}
}

// bareReply is how long the greeting of a healthy server takes, which computes
// nothing: what a machine that does other things adds.
func (l *load) bareReply() time.Duration {
	begun := time.Now()
	conn, err := net.Dial("tcp", l.targets[0])
	if err == nil {
		_, _ = conn.Read(make([]byte, 100))
		conn.Close()
	}
	return time.Since(begun)
}

// judge prints the figures and holds them against what must be.
func (l *load) judge(t testing.TB, begun int) {
	t.Helper()
	quarter := len(l.resid) / 4
	early, late := median(l.resid[quarter:2*quarter]), median(l.resid[3*quarter:])
	peak := status(t, l.cmd.Process.Pid, "VmHWM:")
	t.Logf("answers: %d with metrics, %d that there is no room, %d others, %d none", l.codes[200].Load(), l.codes[503].Load(), l.others(), l.failed.Load())
	t.Logf("resident: %d MiB in the second quarter, %d MiB in the last, at most %d MiB of %d", early>>10, late>>10, peak>>10, shippedMemory>>20)
	t.Logf("files: %d at first, at most %d, %d in the end", begun, l.most, len(files(t, l.cmd.Process.Pid)))
	t.Logf("/-/healthy within %v; a bare line of a process of its own within %v", l.healthy, l.bare)
	for name, wrong := range map[string]bool{
		"memory is above the shipped limit": peak<<10 > shippedMemory,
		"memory grows":                      late > early+early/4+16<<10,
		"requests have other answers":       l.others() > 0,
		"hardly a probe was made":           l.codes[200].Load() < 100,
		"/-/healthy was not there in time":  len(l.sick) > 0,
	} {
		if wrong {
			t.Errorf("%s: %.1000s", name, strings.Join(l.sick, ", "))
		}
	}
}

func (l *load) others() (n int64) {
	for code := range l.codes {
		if code != 200 && code != 503 {
			n += l.codes[code].Load()
		}
	}
	return n
}

// metric is a value of the exporter's own.
func (l *load) metric(t testing.TB, name string) string {
	t.Helper()
	_, body, _, err := l.get("/metrics")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(body, "\nftpdiag_exporter_"+name+" ")
	value, _, _ := strings.Cut(rest, "\n")
	return value
}

func (l *load) wait(t testing.TB, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !holds(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			_, body, _, _ := l.get("/metrics")
			t.Fatalf("in vain: %s\n%s", what, body[max(0, strings.Index(body, "# HELP ftpdiag_")):])
		}
	}
}

// status is a number of KiB in the status of a process (proc(5)).
func status(t testing.TB, pid int, name string) (kib int) {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Error(err)
	}
	_, value, _ := bytes.Cut(text, []byte(name))
	_, _ = fmt.Sscan(string(value), &kib) // 0 where it has ended
	return kib
}

func median(values []int) int {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}
