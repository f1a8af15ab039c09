package exporter

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"ftpdiag/probe"
	"ftpdiag/probe/diagnose"
	"ftpdiag/probe/evidence"
	"ftpdiag/probe/ftptest"
	"ftpdiag/report"
)

// heap is what is in use, beside what is made once.
func heap() int {
	pack(played(probe.Config{}, diagnose.StatusOK))
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}

// slack is what else there may be on the heap: compressors, and what earlier tests
// have left to be collected.
const slack = 6 << 20

var random = rand.NewChaCha8([32]byte{})

// noise is a text that cannot be compressed to less than half.
func noise(n int) string {
	b := make([]byte, n/2)
	_, _ = random.Read(b) // never fails
	return hex.EncodeToString(b)
}

// keep notes n results as the prober does. The name of each target is part of a
// long request, and what the result quotes is part of a long reply.
func keep(h *history, m *Module, n, quoted int) {
	for i := range n {
		request, text := strings.Repeat("x", 8<<10)+fmt.Sprintf("%d.%d.example", quoted, i), noise(64<<10)
		r := played(probe.Config{}, diagnose.StatusCritical, diagnose.Finding{Code: diagnose.TransferStalled, Severity: diagnose.Error, Summary: text[:64], Evidence: []string{text[:quoted]}})
		h.note(key{module: m, host: request[8<<10:], port: 21}, r, pack(r), true, time.Now()).show(r)
	}
}

// What is remembered is bounded in number and in what it takes of the heap.
func TestHistoryIsBounded(t *testing.T) {
	before := heap()
	h, m := newHistory(), newModule("m")
	for _, quoted := range []int{100, 64 << 10, 99} {
		keep(h, m, 850, quoted)
		took := heap() - before
		t.Logf("quoting %d bytes: %d entries count as %d KiB and take %d KiB", quoted, h.entries.Len(), h.bytes>>10, took>>10)
		if h.bytes > mostBytes || took > h.bytes+slack {
			t.Errorf("%d bytes count as %d", took, h.bytes)
		}
	}
	for range 3 { // the same target again takes no more room
		keep(h, m, 1, 100)
	}
	r := played(probe.Config{}, diagnose.StatusOK)
	for i := range mostTargets + 500 {
		h.note(key{module: m, host: fmt.Sprintf("h%d", i), port: 21}, r, pack(r), true, time.Now()).show(r)
	}
	took := heap() - before
	t.Logf("%d entries count as %d KiB and take %d KiB", h.entries.Len(), h.bytes>>10, took>>10)
	if n := h.entries.Len(); n != mostTargets || took > h.bytes {
		t.Errorf("%d entries, %d bytes count as %d", n, took, h.bytes)
	}
	h.prune(&Config{Modules: map[string]*Module{}})
	if h.entries.Len() != 0 || h.bytes != 0 {
		t.Errorf("%d entries, %d bytes", h.entries.Len(), h.bytes)
	}
}

// Neither do rejected logins take more than is counted.
func TestRejectionsAreBounded(t *testing.T) {
	before := heap()
	r, m := newRejections(), newModule("m")
	m.User = "bob"
	for i := range 600 {
		text := noise(64 << 10)
		result := played(probe.Config{}, diagnose.StatusCritical, diagnose.Finding{Code: diagnose.LoginRejected, Severity: diagnose.Error, Evidence: []string{text}})
		r.note(request{key: key{module: m, host: fmt.Sprintf("h%d", i)}}, result, pack(result))
	}
	took := heap() - before
	t.Logf("%d count as %d KiB and take %d KiB", r.known.Len(), r.bytes>>10, took>>10)
	if r.bytes > mostRejected || took > r.bytes+slack || r.known.Len() < 100 {
		t.Errorf("%d count as %d bytes and take %d", r.known.Len(), r.bytes, took)
	}
}

// What is unpacked says what was packed, in metrics, in JSON and in words.
func TestPacked(t *testing.T) {
	for name, behaviour := range map[string]ftptest.Behaviour{
		"healthy":    {},
		"over TLS":   {TLS: ftptest.TLS{Explicit: true}},
		"no passive": {Replies: []ftptest.Override{ftptest.On("PASV EPSV", "500 \xff no")}},
		"full":       {Greeting: ftptest.Greet("421 Too many users.")},
	} {
		server := ftpServer(t, behaviour)
		at := server.Addr()
		r, err := real(context.Background(), probe.Config{Target: evidence.Target{Host: at.Addr().String(), Port: int(at.Port())}})
		if err != nil {
			t.Fatal(err)
		}
		kept, err := pack(r).result()
		if err != nil {
			t.Fatal(err)
		}
		if was, is := forms(t, r), forms(t, kept); was != is {
			t.Errorf("%s: it was\n%s\nand is\n%s", name, was, is)
		}
	}
}

// durations are given to the microsecond in what is kept.
var durations = regexp.MustCompile(`(?m)^(ftpdiag_(?:phase_)?duration_seconds\S*) .*$`)

// forms is a result in several forms.
func forms(t *testing.T, r *diagnose.Result) string {
	t.Helper()
	data, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	exposition(w, httptest.NewRequest(http.MethodGet, "/", nil), newModule("m"), answer{result: r})
	var text strings.Builder
	if err := (report.Text{}).Render(&text, r); err != nil {
		t.Fatal(err)
	}
	return durations.ReplaceAllString(w.Body.String(), "$1") + text.String() + string(data)
}
