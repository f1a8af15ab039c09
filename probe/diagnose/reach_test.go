package diagnose_test

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"text/tabwriter"
	"time"

	"ftpdiag/probe"
	"ftpdiag/probe/diagnose"
	"ftpdiag/probe/evidence"
	"ftpdiag/probe/ftptest"
)

// reached collects which test reached which code, for the table at the end.
var reached = struct {
	sync.Mutex
	by map[diagnose.Code][]string
}{by: map[diagnose.Code][]string{}}

func reach(t *testing.T, r *diagnose.Result) {
	reached.Lock()
	defer reached.Unlock()
	for _, f := range r.Findings {
		if tests := reached.by[f.Code]; !slices.Contains(tests, t.Name()) {
			reached.by[f.Code] = append(tests, t.Name())
		}
	}
}

func TestMain(m *testing.M) {
	code := m.Run()
	if *update && code == 0 {
		if err := writeVerdicts(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	codes := make([]diagnose.Code, 0, len(reached.by))
	for c := range reached.by {
		codes = append(codes, c)
	}
	slices.Sort(codes)
	for _, c := range codes {
		fmt.Fprintf(w, "%s\t%s\n", c, strings.Join(reached.by[c], ", "))
	}
	w.Flush()
	os.Exit(code)
}

// firstOf is the first finding about the mode; for "" the first of all.
func firstOf(r *diagnose.Result, mode evidence.Mode) *diagnose.Finding {
	for i, f := range r.Findings {
		if mode == "" || f.Mode == mode {
			return &r.Findings[i]
		}
	}
	return nil
}

var update = flag.Bool("update", false, "write the verdicts on the faults anew")

// verdicts are what is said of each fault: read them before they are committed.
var verdicts = struct {
	sync.Mutex
	said map[string]string
}{said: map[string]string{}}

const verdictsFile = "testdata/verdicts.txt"

// checkVerdict holds modes, recommendation, status and findings against the file.
func checkVerdict(t *testing.T, name, got string) {
	t.Helper()
	if *update {
		verdicts.Lock()
		defer verdicts.Unlock()
		verdicts.said[name] = got
		return
	}
	b, err := os.ReadFile(verdictsFile)
	if err != nil {
		t.Fatal(err)
	}
	if _, want, _ := strings.Cut("\n\n"+string(b), "\n\n"+name+"\n"); !strings.HasPrefix(want+"\n\n", got+"\n\n") {
		want, _, _ = strings.Cut(want, "\n\n")
		t.Errorf("the verdict is\n%s\nwant\n%s", got, want)
	}
}

func writeVerdicts() error {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(verdicts.said)) {
		fmt.Fprintf(&b, "%s\n%s\n\n", name, verdicts.said[name])
	}
	return os.WriteFile(verdictsFile, []byte(b.String()), 0o644)
}

// Every fault, diagnosed by the real probe, is named by its own code, and
// nothing else is blamed.
func TestEveryFaultIsNamed(t *testing.T) {
	for _, fault := range ftptest.Faults() {
		t.Run(string(fault.Code), func(t *testing.T) {
			t.Parallel()
			checkFault(t, fault, string(fault.Code))
		})
	}
}

// So is every other face of a cause.
func TestEveryVariantIsNamed(t *testing.T) {
	for _, fault := range ftptest.Variants() {
		t.Run(fault.Title, func(t *testing.T) {
			t.Parallel()
			checkFault(t, fault, string(fault.Code)+": "+fault.Title)
		})
	}
}

func checkFault(t *testing.T, fault ftptest.Fault, name string) {
	scene, err := fault.Start()
	if err != nil {
		t.Fatal(err)
	}
	defer scene.Close()
	begin := time.Now()
	ev, err := probe.Run(t.Context(), scene.Config)
	if err != nil {
		t.Fatal(err)
	}
	r := diagnose.Diagnose(ev)
	reach(t, r)
	if first := firstOf(r, fault.Mode); first == nil || first.Code != fault.Code {
		t.Errorf("first finding of mode %q: %+v", fault.Mode, first)
	}
	checkVerdict(t, name, verdict(r))
	for _, f := range r.Findings {
		if f.Code != fault.Code && f.Severity != diagnose.Info {
			t.Errorf("beside it: %s %s: %s", f.Severity, f.Code, f.Summary)
		}
	}
	if t.Failed() {
		t.Logf("%v; status %s, modes %+v, recommended %+v", time.Since(begin), r.Status, r.Modes, r.Recommendation)
		for _, a := range ev.Attempts {
			t.Logf("#%d %s %s %s %s: neg %v mark %v reply %v failure %v bytes %d", a.ID, a.Method, a.Operation, a.Purpose, a.Outcome, a.Negotiation, a.Mark, a.Reply, a.Failure, a.Bytes)
		}
		for _, x := range ev.Transcript {
			t.Logf("%9.1f %d %-6s %s", float64(x.At)/1e6, x.Session, x.From, x.Text)
		}
	}
}

// beyondAProbe are the causes that no probe from here can establish; they stand
// in could_also_be and in fixes.
var beyondAProbe = []diagnose.Code{
	diagnose.DNSCDNProxiedHost, diagnose.DNSSplitHorizon, diagnose.ControlProxyRequired,
	diagnose.PassiveHelperMissing, diagnose.PassiveContainerPorts, diagnose.PassiveEgressAddressVaries,
	diagnose.PassiveMultiBackend, diagnose.ServerMACPolicy, diagnose.ActiveClientOnlyTool, diagnose.ActiveCloudVMClient,
	diagnose.TransferAVScanHold, diagnose.TransferWindowScaling, diagnose.TLSCCCNeeded,
}

// elsewhere are the causes that take a real network: the tests of package netlab
// reach them.
var elsewhere = []diagnose.Code{
	diagnose.ActiveInboundDroppedLocally, diagnose.PassiveClientEgressBlocked,
}

// Every cause that a probe can establish has a fault that shows it.
func TestEveryCodeHasAFault(t *testing.T) {
	shown := map[diagnose.Code]bool{}
	for _, f := range ftptest.Faults() {
		shown[f.Code] = true
	}
	for _, c := range diagnose.Codes() {
		if !shown[c] && !slices.Contains(beyondAProbe, c) && !slices.Contains(elsewhere, c) {
			t.Errorf("no fault shows %s", c)
		}
	}
}
