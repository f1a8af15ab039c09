package exporter

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"ftpdiag/probe"
	"ftpdiag/probe/diagnose"
)

// running is an exporter as the command runs it.
type running struct {
	*bench
	url   string
	stop  context.CancelFunc // as SIGTERM
	ended chan error
}

// start runs Serve.
func start(t testing.TB, config, webConfig string, d plan) *running {
	t.Helper()
	dir := t.TempDir()
	write(t, dir, "pw", secret)
	r := &running{bench: &bench{dir: dir}, ended: make(chan error, 1)}
	o := logged(r.bench, d)
	o.Config = write(t, dir, "ftpdiag.yml", config)
	o.Listen = "127.0.0.1:0"
	if webConfig != "" {
		o.WebConfig = write(t, dir, "web.yml", webConfig)
	}
	at := make(chan net.Addr, 1)
	o.Listening = func(a net.Addr) { at <- a }
	var ctx context.Context
	ctx, r.stop = context.WithCancel(context.Background())
	go func() { r.ended <- Serve(ctx, o); close(r.ended) }()
	select {
	case a := <-at:
		r.url = "http://" + a.String()
	case err := <-r.ended:
		t.Fatal(err)
	}
	t.Cleanup(func() {
		r.stop()
		<-r.ended
	})
	return r
}

var client = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}

func (r *running) get(t testing.TB, path string, header ...string) reply {
	t.Helper()
	return do(t, client, http.MethodGet, r.url+path, header...)
}

// A broken configuration leaves the old one in force, and shows.
func TestReload(t *testing.T) {
	b := newBench(t, minimal, verdictIs(diagnose.StatusOK))
	if got := b.get(t, probeOf("new.test")); got.code != 403 {
		t.Error(got)
	}
	write(t, b.dir, "ftpdiag.yml", minimal+"    alow: [new.test]\n    password: "+secret+"\n")
	got := b.do(t, http.MethodPost, "/-/reload")
	if got.code != 500 || !strings.Contains(got.body, `line 4: unknown key "alow" in module default`) || strings.Contains(got.body, secret) {
		t.Error(got)
	}
	b.get(t, "/metrics").has(t, "ftpdiag_exporter_config_last_reload_successful 0")
	b.get(t, probeOf("a.example")).has(t, "ftpdiag_status 0")
	write(t, b.dir, "ftpdiag.yml", "modules:\n  default:\n    allow: [new.test]\n")
	if got := b.do(t, http.MethodPut, "/-/reload"); got.code != 200 {
		t.Error(got)
	}
	b.get(t, "/metrics").has(t, "ftpdiag_exporter_config_last_reload_successful 1")
	b.get(t, probeOf("new.test")).has(t, "ftpdiag_status 0")
	if got := b.get(t, probeOf("a.example")); got.code != 403 {
		t.Error(got)
	}
	if got := b.get(t, "/"); strings.Contains(got.body, "a.example") {
		t.Error("a target that is allowed no more is on the page")
	}
}

// SIGHUP reloads; a broken file ends nothing.
func TestHangup(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("there is no SIGHUP on Windows")
	}
	r := start(t, minimal, "", verdictIs(diagnose.StatusOK))
	write(t, r.dir, "ftpdiag.yml", "modules:\n  - no\n")
	hangup(t)
	eventually(t, "the log names the mistake", func() bool { return strings.Contains(r.log.String(), "line 2: modules is no mapping") })
	r.get(t, "/metrics").has(t, "ftpdiag_exporter_config_last_reload_successful 0")
	write(t, r.dir, "ftpdiag.yml", "modules:\n  default:\n    allow: [new.test]\n")
	hangup(t)
	eventually(t, "the new configuration is in force", func() bool { return r.get(t, probeOf("new.test")).code == 200 })
}

func hangup(t *testing.T) {
	t.Helper()
	self, err := os.FindProcess(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	if err := self.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
}

// A page of another site may not have a browser reload; nor may other methods.
func TestReloadFromElsewhere(t *testing.T) {
	b := newBench(t, minimal, verdictIs(diagnose.StatusOK))
	host := strings.TrimPrefix(b.http.URL, "http://")
	for _, tt := range []struct {
		method string
		header []string
		code   int
	}{
		{"POST", nil, 200},
		{"PUT", nil, 200},
		{"POST", []string{"Sec-Fetch-Site", "same-origin"}, 200},
		{"POST", []string{"Sec-Fetch-Site", "none"}, 200},
		{"POST", []string{"Origin", "http://" + host}, 200},
		{"POST", []string{"Sec-Fetch-Site", "cross-site"}, 403},
		{"PUT", []string{"Sec-Fetch-Site", "cross-site", "Origin", "http://" + host}, 403},
		{"POST", []string{"Sec-Fetch-Site", "same-site"}, 403},
		{"POST", []string{"Origin", "http://evil.example"}, 403},
		{"POST", []string{"Origin", "null"}, 403},
		{"GET", nil, 405},
		{"HEAD", nil, 405},
		{"OPTIONS", nil, 405},
		{"DELETE", []string{"Sec-Fetch-Site", "cross-site"}, 405},
	} {
		read := strings.Count(b.log.String(), "configuration read")
		got := b.do(t, tt.method, "/-/reload", tt.header...)
		if got.code != tt.code || strings.Count(b.log.String(), "configuration read")-read != map[int]int{200: 1}[tt.code] {
			t.Errorf("%s %q: %d %s", tt.method, tt.header, got.code, got.body)
		}
	}
}

// What keeps it from beginning.
func TestServeErrors(t *testing.T) {
	dir := t.TempDir()
	good := write(t, dir, "good.yml", minimal)
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for _, tt := range []struct{ config, web, listen, want string }{
		{dir + "/none.yml", "", "127.0.0.1:0", "cannot be read"},
		{write(t, dir, "bad.yml", "a: b\n"), "", "127.0.0.1:0", "line 1: unknown key"},
		{good, write(t, dir, "web.yml", "nonsense: 1\n"), "127.0.0.1:0", "the web configuration"},
		{good, "", taken.Addr().String(), "address already in use"},
	} {
		o := logged(&bench{}, verdictIs(diagnose.StatusOK))
		o.Config, o.WebConfig, o.Listen = tt.config, tt.web, tt.listen
		if err := Serve(context.Background(), o); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%+v: %v", tt, err)
		}
		if err := Check(o); (err == nil) != (tt.listen == taken.Addr().String()) {
			t.Errorf("%+v: check: %v", tt, err)
		}
	}
}

// At the end a probe under way may finish.
func TestEndLetsFinish(t *testing.T) {
	h := &held{release: make(chan struct{})}
	r := start(t, minimal, "", h.diagnose)
	got := make(chan reply, 1)
	go func() { got <- r.get(t, probeOf("a.example")) }()
	eventually(t, "the probe is under way", func() bool { return h.begun.Load() == 1 })
	r.stop()
	eventually(t, "it is about to end", func() bool { return strings.Contains(r.log.String(), "ending") })
	close(h.release)
	a := <-got
	a.has(t, "ftpdiag_status 0")
	if err := <-r.ended; err != nil {
		t.Error(err)
	}
}

// One that does not finish is marked, within five seconds in all, and so is a full
// diagnosis in the background.
func TestEndCutsShort(t *testing.T) {
	h := &held{release: make(chan struct{})}
	r := start(t, "max_concurrent: 9\n"+minimal, "", func(ctx context.Context, cfg probe.Config) (*diagnose.Result, error) {
		if cfg.Target.Host == "bad.example" && cfg.Quick {
			return played(cfg, diagnose.StatusCritical), nil
		}
		return h.diagnose(ctx, cfg)
	})
	r.get(t, probeOf("bad.example"))
	got := make(chan reply, 1)
	go func() { got <- r.get(t, probeOf("a.example")) }()
	eventually(t, "a probe and a full diagnosis are under way", func() bool { return h.begun.Load() == 2 })
	begun := time.Now()
	r.stop()
	a := <-got
	a.has(t, "ftpdiag_status 3")
	if err := <-r.ended; err != nil {
		t.Error(err)
	}
	if took := time.Since(begun); took > 5*time.Second {
		t.Errorf("the end took %v", took)
	}
}

// Probes that heed nothing do not keep it from ending in its time.
func TestEndLeavesBehind(t *testing.T) {
	h := &held{release: make(chan struct{})}
	defer close(h.release)
	r := start(t, minimal, "", func(_ context.Context, cfg probe.Config) (*diagnose.Result, error) {
		if cfg.Target.Host == "bad.example" && cfg.Quick {
			return played(cfg, diagnose.StatusCritical), nil
		}
		return h.diagnose(context.Background(), cfg)
	})
	r.get(t, probeOf("bad.example"))
	go func() { _, _ = bareGet(r.url, probeOf("a.example")) }()
	eventually(t, "a probe and a full diagnosis are under way", func() bool { return h.begun.Load() == 2 })
	r.stop()
	select {
	case err := <-r.ended:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(patience):
		t.Fatal("it does not end")
	}
}

// Ten thousand requests at once, for as many targets and for one: each gets an
// answer, most that there is no room, and nothing grows without bound.
func TestCrowd(t *testing.T) {
	const crowd = 10000
	h := &held{release: make(chan struct{})}
	r := start(t, "max_concurrent: 20\n"+minimal, "", h.diagnose)
	var answers [600]atomic.Int32
	var peak atomic.Uint64
	var all sync.WaitGroup
	room := make(chan struct{}, mostConnections()-100) // the descriptors of this process serve both sides
	for i := range crowd {
		all.Go(func() {
			room <- struct{}{}
			defer func() { <-room }()
			host := "same.example"
			if i%2 == 0 {
				host = fmt.Sprintf("h%d.example", i)
			}
			code, err := bareGet(r.url, probeOf(host))
			if err != nil {
				t.Error(err)
				return
			}
			answers[code].Add(1)
		})
	}
	go func() {
		defer close(h.release)
		for end := time.Now().Add(patience); answers[503].Load() < crowd/2 && time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			peak.Store(max(peak.Load(), m.HeapInuse+m.StackInuse))
		}
	}()
	all.Wait()
	ok, busy := answers[200].Load(), answers[503].Load()
	t.Logf("%d answers 200, %d answers 503, peak of heap and stacks of both sides %d MiB", ok, busy, peak.Load()>>20)
	if ok+busy != crowd || ok < 20 {
		t.Errorf("%d and %d of %d", ok, busy, crowd)
	}
	if peak.Load() > 512<<20 {
		t.Errorf("%d MiB", peak.Load()>>20)
	}
	r.get(t, probeOf("later.example")).has(t, "ftpdiag_status 0")
}

// bareGet asks with as little memory as it can.
func bareGet(base, path string) (code int, err error) {
	conn, err := net.Dial("tcp", strings.TrimPrefix(base, "http://"))
	if err != nil {
		return 0, err
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(2 * patience))
	if _, err = fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", path); err != nil {
		return 0, err
	}
	line, err := bufio.NewReaderSize(conn, 64).ReadString('\n')
	if err != nil {
		return 0, err
	}
	_, err = fmt.Sscanf(line, "HTTP/1.1 %d", &code)
	return code, err
}

// Clients that say half of what they want, or take no answer, keep nobody waiting.
func TestSlowClients(t *testing.T) {
	r := start(t, minimal, "", verdictIs(diagnose.StatusOK))
	for i := range 100 {
		conn, err := net.Dial("tcp", strings.TrimPrefix(r.url, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		half := "GET /probe?target=a.example HTTP/1.1\r\nHost:"
		if i%2 == 0 {
			half = strings.Repeat("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n", 50) // and no answer is read
		}
		if _, err := fmt.Fprint(conn, half); err != nil {
			t.Fatal(err)
		}
	}
	for range 20 {
		r.get(t, probeOf("a.example")).has(t, "ftpdiag_status 0")
	}
}

// A head that never ends is answered, and closed.
func TestEndlessHead(t *testing.T) {
	r := start(t, minimal, "", verdictIs(diagnose.StatusOK))
	conn, err := net.Dial("tcp", strings.TrimPrefix(r.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(patience))
	go func() {
		for err := error(nil); err == nil; {
			_, err = fmt.Fprintf(conn, "X: %s\r\n", strings.Repeat("x", 1000))
		}
	}()
	fmt.Fprint(conn, "GET / HTTP/1.1\r\n")
	line, err := bufio.NewReader(conn).ReadString('\n')
	if err != nil || !strings.Contains(line, "431") {
		t.Errorf("%q %v", line, err)
	}
}

// TLS and passwords are those of the exporter-toolkit.
func TestWebConfig(t *testing.T) {
	dir := t.TempDir()
	cert, key, roots := selfSigned(t)
	web := fmt.Sprintf("tls_server_config:\n  cert_file: %q\n  key_file: %q\nbasic_auth_users:\n  prometheus: $2a$04$eNUxH1HAnddY1slLyIleou3wy7htdHHZjj/RAi.nDNYiVdNcE5mgK\n",
		write(t, dir, "cert.pem", cert), write(t, dir, "key.pem", key))
	r := start(t, minimal, web, verdictIs(diagnose.StatusOK))
	secure := &http.Client{Transport: &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{RootCAs: roots}}}
	where := strings.Replace(r.url, "http://", "https://", 1)
	for _, path := range []string{probeOf("a.example"), "/", "/metrics", "/-/healthy"} {
		if got := do(t, secure, http.MethodGet, where+path); got.code != 401 {
			t.Errorf("%s without a password: %d", path, got.code)
		}
	}
	who := strings.Replace(where, "https://", "https://prometheus:s3cr3t-Pa%25ss@", 1)
	do(t, secure, http.MethodGet, who+probeOf("a.example")).has(t, "ftpdiag_status 0")
	if got := do(t, secure, http.MethodPost, where+"/-/reload"); got.code != 401 {
		t.Errorf("reload without a password: %d", got.code)
	}
	if log := r.log.String(); strings.Contains(log, secret) {
		t.Error(log)
	}
}

// selfSigned is a certificate for 127.0.0.1, its key, and who trusts it.
func selfSigned(t *testing.T) (certPEM, keyPEM string, roots *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	certPEM = string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	roots = x509.NewCertPool()
	roots.AppendCertsFromPEM([]byte(certPEM))
	return certPEM, string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER})), roots
}
