package exporter

import (
	"context"
	"flag"
	"fmt"
	"net/http"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"ftpdiag/probe/diagnose"
	"ftpdiag/probe/evidence"
	"ftpdiag/probe/ftptest"
)

// ftpServer is a server on loopback until the test ends.
func ftpServer(t testing.TB, b ftptest.Behaviour) *ftptest.Server {
	t.Helper()
	s, err := ftptest.Start(b)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// local is a configuration that allows the servers.
func local(more string, servers ...*ftptest.Server) string {
	var ports []string
	for _, s := range servers {
		ports = append(ports, fmt.Sprint(s.Addr().Port()))
	}
	return "modules:\n  default:\n    allow: [127.0.0.0/8]\n    ports: [" + strings.Join(ports, ", ") + "]\n" + more
}

// Real probes of a healthy server and of one that lets nobody in.
func TestRealProbes(t *testing.T) {
	good, bad := ftpServer(t, ftptest.Behaviour{}), ftpServer(t, ftptest.Behaviour{Greeting: ftptest.Greet("421 Too many users.")})
	b := newBench(t, local("", good, bad), real)
	b.get(t, probeOf(good.Addr().String())).has(t, "ftpdiag_status 0", "ftpdiag_up 1",
		`ftpdiag_mode_works{mode="passive"} 1`, `ftpdiag_mode_works{mode="active"} 1`, `ftpdiag_recommended_mode{mode="passive"} 1`)
	b.get(t, probeOf(bad.Addr().String())).has(t, "ftpdiag_status 2", "ftpdiag_up 0", `ftpdiag_findings{severity="error"} 1`)
	b.prober.tasks.Wait() // the full diagnosis of the bad one
	got := b.get(t, "/")
	if o := order(got.body); o != bad.Addr().String()+" "+good.Addr().String() {
		t.Errorf("%s\n%s", o, got.body)
	}
	if got := b.get(t, "/report?target="+bad.Addr().String()); !strings.Contains(got.body, "421 Too many users.") {
		t.Error(got.body)
	}
}

// A rejected password is sent once, however often Prometheus asks and whatever it
// calls the server, and again only with another login.
func TestRejectedPassword(t *testing.T) {
	dns := &names{answers: map[string][]string{"inside.example.net": {"127.0.0.1"}, "trusted.example": {"::ffff:127.0.0.1"}}}
	for _, first := range []string{"127.0.0.1", "[::ffff:127.0.0.1]", "inside.example.net", "trusted.example"} {
		server := ftpServer(t, ftptest.Behaviour{TLS: ftptest.TLS{Explicit: true}, Login: ftptest.Login{Users: map[string]string{"bob": "another"}}})
		config := strings.Replace(local("    insecure: true\n    user: bob\n    password_file: pw\n    cache: 0s\n", server), "127.0.0.0/8", "127.0.0.0/8, \"*.example\"", 1)
		b := newBench(t, config, real, func(o *Options) { o.Resolver = dns })
		sent := func(again string, want int) {
			t.Helper()
			for _, host := range []string{first, first, "127.0.0.1", "[::ffff:7f00:1]", "inside.example.net", "trusted.example", "TRUSTED.example.", "ftpes://127.0.0.1"} {
				b.get(t, probeOf(fmt.Sprintf("%s:%d", host, server.Addr().Port()))).has(t, "ftpdiag_status 2", "ftpdiag_up 0",
					`ftpdiag_finding{code="login-rejected",severity="error",who="client-user"} 1`)
				b.prober.tasks.Wait()
			}
			if n := passwords(server); n != want {
				t.Errorf("%s first, %s: sent %d times", first, again, n)
			}
		}
		reload := func() {
			if got := b.do(t, http.MethodPost, "/-/reload"); got.code != 200 {
				t.Error(got)
			}
		}
		sent("then others", 1)
		reload()
		sent("reloaded", 1)
		write(t, b.dir, "pw", "mistaken\n")
		reload()
		sent("another password", 2)
		write(t, b.dir, "ftpdiag.yml", strings.Replace(config, "bob", "eve", 1))
		reload()
		sent("another user", 3)
		for _, l := range b.prober.rejected.known.Keys() {
			held, _ := b.prober.rejected.known.Peek(l)
			held.until = held.until.Add(-rejectedHold)
			b.prober.rejected.known.Add(l, held)
		}
		sent("after its time", 4)
	}
}

// passwords counts those that the server was sent.
func passwords(server *ftptest.Server) (n int) {
	for _, session := range server.Dialogue() {
		for _, command := range session {
			if strings.HasPrefix(command.Line, "PASS ") {
				n++
			}
		}
	}
	return n
}

// Neither the user nor the password shows anywhere, not even where the server
// repeats both, raw and encoded, and everything is logged.
func TestSecrets(t *testing.T) {
	const user = "monitor.7"
	told := "230-hello " + user + ", " + secret + "\r\n230 s3cr3t-Pa%25ss of " + user + "."
	users := map[string]string{user: secret}
	servers := []*ftptest.Server{
		ftpServer(t, ftptest.Behaviour{Login: ftptest.Login{Users: users}, Replies: []ftptest.Override{
			{Verbs: "PASS", Answers: []ftptest.Answer{{Text: told}}, Order: ftptest.Before},
			ftptest.On("PASV EPSV", "500 not for "+user+" with "+secret), ftptest.On("SYST", "215 UNIX "+secret+" "+user)}}),
		ftpServer(t, ftptest.Behaviour{Login: ftptest.Login{Users: map[string]string{user: "another"}, Refusal: "530 " + user + " may not use " + secret}}),
		ftpServer(t, ftptest.Behaviour{Greeting: ftptest.Greet("220 " + secret + " " + user), Login: ftptest.Login{Users: users}}),
	}
	b := newBench(t, local("    tls: off\n    user: "+user+"\n    password_file: pw\n    path: "+user+"/"+secret+"/\n    timeout: 1s\n", servers...), real)
	var all strings.Builder
	for _, s := range servers {
		target := s.Addr().String()
		for range 2 {
			all.WriteString(b.get(t, probeOf(target)).body)
			b.prober.tasks.Wait()
		}
		for _, accept := range []string{"text/html", "text/plain"} {
			got := b.get(t, "/report?target="+target, "Accept", accept)
			if got.code != 200 {
				t.Error(got)
			}
			all.WriteString(got.body)
		}
	}
	all.WriteString(b.get(t, "/").body + b.get(t, "/metrics").body)
	all.WriteString(b.get(t, "/probe?target=ftp://"+user+":"+secret+"25@x").body)
	write(t, b.dir, "ftpdiag.yml", "modules:\n  default:\n    password: "+secret+"\n    user: "+user+"\n")
	all.WriteString(b.do(t, http.MethodPost, "/-/reload").body)
	all.WriteString(b.log.String() + fmt.Sprintf("%+v %#v", b.config.Load(), b.config.Load().Modules["default"].Password))
	for _, hidden := range []string{secret, "s3cr3t", "monitor.7"} {
		if i := strings.Index(all.String(), hidden); i >= 0 {
			t.Errorf("%s: ...%s...", hidden, all.String()[max(0, i-200):min(all.Len(), i+200)])
		}
	}
	if !strings.Contains(all.String(), "***") || !strings.Contains(all.String(), "login-") {
		t.Errorf("the servers repeated nothing:\n%s", all.String())
	}
}

// A word that is hidden leaves other words and the lists alone.
func TestHidden(t *testing.T) {
	r := &diagnose.Result{Status: "ok", Target: evidence.Target{User: "ok", Host: "ok.example"}, Transcript: []evidence.Exchange{{Text: "x"}},
		Findings: []diagnose.Finding{{Code: "ok", Summary: "ok, okay: not ok", Evidence: []string{"ok"}}}}
	got := trimmed(r)
	f := got.Findings[0]
	if got.Status != "ok" || got.Target.User != "***" || f.Code != "ok" || f.Summary != "***, okay: not ***" || f.Evidence[0] != "***" || got.Transcript != nil {
		t.Errorf("%+v", got)
	}
	if r.Target.User != "ok" || r.Findings[0].Evidence[0] != "ok" || r.Transcript == nil {
		t.Errorf("the result itself was changed: %+v", r)
	}
}

var manyProbes = flag.Int("exporter.probes", usualProbes(), "how many probes TestNothingIsLeft makes")

// usualProbes is more where everything is to be tested. 10,000 take 69 s with the
// race detector on four shared cores, and leave 9 goroutines and 14 files of 7 and
// 13 at first.
func usualProbes() int {
	if os.Getenv("FTPDIAG_REQUIRE_SERVERS") == "1" {
		return 2000
	}
	return 400
}

// After many probes, of a healthy server, of one that hangs up, and abandoned
// ones, nothing is left open and nothing runs.
func TestNothingIsLeft(t *testing.T) {
	good := ftpServer(t, ftptest.Behaviour{})
	bad := ftpServer(t, ftptest.Behaviour{Replies: []ftptest.Override{ftptest.OnThen("PASV EPSV", "", ftptest.Close)}})
	config := "max_concurrent: 20\nmodules:\n"
	for i := range 8 { // one for each client, so that no probe is shared
		// Nobody waits for a timeout here: it only keeps a machine that is busy with
		// something else from being taken for a server that is silent.
		config += strings.TrimPrefix(strings.ReplaceAll(local("    cache: 0s\n    timeout: 10s\n", good, bad), "default", fmt.Sprintf("m%d", i)), "modules:\n")
	}
	r := start(t, config, "", real)
	ask := func(n int) {
		var all sync.WaitGroup
		work := make(chan int)
		for worker := range 8 {
			all.Go(func() {
				module := fmt.Sprintf("&module=m%d", worker)
				for i := range work {
					switch {
					case i%10 == 0:
						r.get(t, probeOf(bad.Addr().String())+module)
					case i%10 == 1: // gone before the answer
						ctx, cancel := context.WithTimeout(context.Background(), 2*time.Millisecond)
						q, _ := http.NewRequestWithContext(ctx, http.MethodGet, r.url+probeOf(good.Addr().String())+module, nil)
						if got, err := client.Do(q); err == nil {
							got.Body.Close()
						}
						cancel()
					default:
						r.get(t, probeOf(good.Addr().String())+module).has(t, "ftpdiag_status 0")
					}
				}
			})
		}
		for i := range n {
			work <- i
		}
		close(work)
		all.Wait()
	}
	ask(20) // what is made once is made
	idle := func() bool {
		return strings.Contains(r.get(t, "/metrics").body, "ftpdiag_exporter_probes_in_flight 0")
	}
	eventually(t, "nothing is under way", idle)
	goroutines, files := runtime.NumGoroutine(), openFiles(t)
	begun := time.Now()
	ask(*manyProbes)
	t.Logf("%d probes in %v", *manyProbes, time.Since(begun).Round(time.Millisecond))
	eventually(t, "nothing is under way", idle)
	eventually(t, "goroutines and files are back", func() bool {
		return runtime.NumGoroutine() <= goroutines+3 && openFiles(t) <= files+3
	})
	t.Logf("goroutines %d, then %d; files %d, then %d", goroutines, runtime.NumGoroutine(), files, openFiles(t))
}

// openFiles counts the descriptors of this process; 0 where that cannot be told.
func openFiles(t testing.TB) int {
	if runtime.GOOS != "linux" {
		return 0
	}
	list, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(list)
}

// BenchmarkCachedProbe is what /probe costs where the answer is known: over HTTP,
// on connections that stay open.
func BenchmarkCachedProbe(b *testing.B) {
	server := ftpServer(b, ftptest.Behaviour{})
	bench := newBench(b, local("    cache: 1h\n", server), real)
	target := probeOf(server.Addr().String())
	bench.get(b, target).has(b, "ftpdiag_status 0")
	b.ReportAllocs()
	for b.Loop() {
		if got := bench.get(b, target); got.code != 200 {
			b.Fatal(got)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "requests/s")
	if n := len(bench.asked()); n != 1 {
		b.Fatalf("%d diagnoses", n)
	}
}
