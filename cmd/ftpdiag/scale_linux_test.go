package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"ftpdiag/probe/realserver"
)

// The benchmarks of many targets run the program as a process, against a server
// that is another, and print what both of them cost.

// built is the program as users have it.
func built(b testing.TB) string {
	b.Helper()
	binary := filepath.Join(b.TempDir(), "ftpdiag")
	if out, err := exec.Command("go", "build", "-race=false", "-o", binary, ".").CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	return binary
}

// cost is what a process and the server took for its work.
type cost struct {
	wall, client, server time.Duration
	peak                 int // KiB
	stdout               []byte
}

// measure runs a command; its exit code must be code.
func measure(b testing.TB, code, server int, argv ...string) cost {
	b.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	before, begin := cpuOf(b, server), time.Now()
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	peak := peakMemory(cmd.Process.Pid)
	_ = cmd.Wait()
	c := cost{wall: time.Since(begin), client: cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(),
		server: cpuOf(b, server) - before, peak: <-peak, stdout: stdout.Bytes()}
	if got := cmd.ProcessState.ExitCode(); got != code {
		b.Fatalf("%q: exit %d\n%.2000s\n%.2000s", argv[:min(len(argv), 6)], got, stderr.String(), stdout.String())
	}
	return c
}

// cpuOf is the time that a process has used (proc(5)), in ticks of 10 ms; 0 is no
// process.
func cpuOf(b testing.TB, pid int) time.Duration {
	b.Helper()
	if pid == 0 {
		return 0
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		b.Fatal(err)
	}
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	user, _ := strconv.Atoi(fields[11])
	system, _ := strconv.Atoi(fields[12])
	return time.Duration(user+system) * 10 * time.Millisecond
}

// countOK counts the results that say that both modes work.
func countOK(stdout []byte) (n int) {
	lines := bufio.NewScanner(bytes.NewReader(stdout))
	lines.Buffer(nil, 1<<22)
	for lines.Scan() {
		if bytes.Contains(lines.Bytes(), []byte(`"status":"ok","modes":{"passive":"works","active":"works"}`)) {
			n++
		}
	}
	return n
}

func perTarget(d time.Duration, n int) float64 { return float64(d.Microseconds()) / 1000 / float64(n) }

// BenchmarkSweepBesideCurl diagnoses 2,000 healthy targets in both modes, and has
// curl list each of them in both modes, 64 at once: one process a target, which is
// the least that curl can do with.
func BenchmarkSweepBesideCurl(b *testing.B) {
	curl, err := exec.LookPath("curl")
	if err != nil {
		realserver.Missing(b, "there is no curl")
	}
	const n, parallel = 2000, "64"
	binary := built(b)
	server, port := startLean(b, n)
	list := leanList(b, n, n, port)
	var us, them cost
	for b.Loop() {
		us = measure(b, 0, server, binary, "-f", "json", "--parallel", parallel, "--targets", list)
		if ok := countOK(us.stdout); ok != n {
			b.Fatalf("%d of %d are ok", ok, n)
		}
		them = measure(b, 0, server, "xargs", "-a", list, "-P", parallel, "-I", "{}", curl, "-q", "-sS", "--fail", "-o", "/dev/null", "ftp://{}/",
			"--next", "-sS", "--fail", "-P", "-", "-o", "/dev/null", "ftp://{}/")
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(us.wall.Seconds(), "s-wall")
	b.ReportMetric(them.wall.Seconds(), "s-wall-curl")
	b.ReportMetric(us.wall.Seconds()/them.wall.Seconds(), "wall-ratio")
	b.ReportMetric(perTarget(us.client, n), "ms-cpu/target")
	b.ReportMetric(perTarget(them.client, n), "ms-cpu-curl/target")
	b.ReportMetric(perTarget(us.server, n), "ms-server/target")
	b.ReportMetric(perTarget(them.server, n), "ms-server-curl/target")
	b.ReportMetric(float64(us.peak)/1024, "MiB-peak")
}

// BenchmarkSweepGrowth diagnoses ever more targets: the time for each stays, and
// so does the memory.
func BenchmarkSweepGrowth(b *testing.B) {
	const addresses = 2000
	binary := built(b)
	server, port := startLean(b, addresses)
	for _, n := range []int{2000, 10000, 20000} {
		list := leanList(b, n, addresses, port)
		for _, format := range []string{"json", "text", "junit"} {
			b.Run(fmt.Sprintf("%s/%d", format, n), func(b *testing.B) {
				var c cost
				for b.Loop() {
					c = measure(b, 0, server, binary, "-f", format, "--targets", list)
				}
				b.ReportMetric(0, "ns/op")
				b.ReportMetric(perTarget(c.wall, n), "ms-wall/target")
				b.ReportMetric(perTarget(c.client, n), "ms-cpu/target")
				b.ReportMetric(float64(c.peak)/1024, "MiB-peak")
			})
		}
	}
}

// BenchmarkSweepBlackHoles diagnoses 2,000 addresses that answer nothing, in a
// network namespace whose firewall drops what comes in. The bound is what the
// waits alone take: the timeout of each, so many at once.
func BenchmarkSweepBlackHoles(b *testing.B) {
	if os.Getuid() != 0 {
		realserver.Missing(b, "only root may make a network namespace")
	}
	const n, parallel, timeout = 2000, 200, 500 * time.Millisecond
	const script = `ip link set lo up && nft add table inet hole && nft 'add chain inet hole in { type filter hook input priority 0; policy drop; }' && exec "$@"`
	binary, list := built(b), leanList(b, n, n, 2121)
	bound := timeout * n / parallel
	var c cost
	for b.Loop() {
		c = measure(b, 2, 0, "unshare", "--net", "sh", "-c", script, "sh", binary, "-f", "json", "--targets", list,
			"--parallel", strconv.Itoa(parallel), "--timeout", timeout.String())
	}
	if got := bytes.Count(c.stdout, []byte(`"code":"control-silent"`)) + bytes.Count(c.stdout, []byte(`"kind":"timed-out"`)); got < n {
		b.Errorf("%d of %d were silent: %.1000s", got, n, c.stdout)
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(c.wall.Seconds(), "s-wall")
	b.ReportMetric(bound.Seconds(), "s-bound")
	b.ReportMetric(c.wall.Seconds()/bound.Seconds(), "wall/bound")
	b.ReportMetric(float64(c.peak)/1024, "MiB-peak")
}

// BenchmarkSweepRealServer diagnoses vsftpd, and has curl list it, in both modes,
// 500 times, 16 at once: what counts is what the clients compute.
func BenchmarkSweepRealServer(b *testing.B) {
	realserver.Need(b, "vsftpd", "curl")
	const n, parallel = 500, "16"
	server := realserver.Config{Product: realserver.Vsftpd}.Start(b, realserver.Loopback)
	binary, list := built(b), filepath.Join(b.TempDir(), "targets")
	if err := os.WriteFile(list, []byte(strings.Repeat(server.Addr.String()+"\n", n)), 0o600); err != nil {
		b.Fatal(err)
	}
	var us, them cost
	for b.Loop() {
		us = measure(b, 0, 0, binary, "-f", "json", "--parallel", parallel, "--per-host", parallel, "--targets", list)
		them = measure(b, 0, 0, "xargs", "-a", list, "-P", parallel, "-I", "{}", "curl", "-q", "-sS", "--fail", "-o", "/dev/null", "ftp://{}/",
			"--next", "-sS", "--fail", "-P", "-", "-o", "/dev/null", "ftp://{}/")
	}
	if ok := countOK(us.stdout); ok != n {
		b.Errorf("%d of %d are ok", ok, n)
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(perTarget(us.client, n), "ms-cpu/target")
	b.ReportMetric(perTarget(them.client, n), "ms-cpu-curl/target")
	b.ReportMetric(us.client.Seconds()/them.client.Seconds(), "cpu-ratio")
	b.ReportMetric(us.wall.Seconds()/them.wall.Seconds(), "wall-ratio")
}

// BenchmarkSweepInProcess is the sweep without a process of its own, to be
// profiled with -cpuprofile; its allocations are those of one target.
func BenchmarkSweepInProcess(b *testing.B) {
	const n = 2000
	_, port := startLean(b, n)
	list := leanList(b, max(b.N, 1), n, port)
	var stderr bytes.Buffer
	b.ReportAllocs()
	b.ResetTimer()
	if code := run(context.Background(), []string{"-f", "json", "--targets", list}, strings.NewReader(""), io.Discard, &stderr); code != 0 {
		b.Fatalf("exit %d, %s", code, stderr.String())
	}
}
