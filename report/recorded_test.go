package report_test

import (
	"bytes"
	"flag"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ftpdiag/probe"
	"ftpdiag/probe/diagnose"
	"ftpdiag/probe/evidence"
	"ftpdiag/probe/ftptest"
	"ftpdiag/report"
)

var record = flag.Bool("record", false, "diagnose the recorded golden results anew")

// A scene is a server and a network over which it is asked by name.
type scene struct {
	server  ftptest.Behaviour
	rules   func() []ftptest.Rule // nil: none
	port    uint16                // the control port; 0: 21
	options func(*probe.Config)
}

// recorded are the golden results that come from a diagnosis.
var recorded = map[string]scene{
	"tls-explicit":             {server: with(ftptest.TLS{Explicit: true}), options: ask(evidence.TLSExplicit)},
	"tls-implicit":             {server: with(ftptest.TLS{Implicit: true}), port: 990, options: ask(evidence.TLSImplicit)},
	"tls-cert-expired":         {server: with(ftptest.TLS{Explicit: true, Certificate: ftptest.CertExpired}), options: ask(evidence.TLSExplicit)},
	"tls-self-signed-insecure": {server: with(ftptest.TLS{Explicit: true, Certificate: ftptest.CertSelfSigned}), options: asBobInsecure},
	"tls-untrusted-password":   {server: with(ftptest.TLS{Explicit: true, Certificate: ftptest.CertUnknownCA}), options: asBob},
	"tls-not-offered":          {server: with(ftptest.TLS{Auth: "530 Please login with USER and PASS."}), options: asBob},
	"tls-reuse-required":       {server: with(ftptest.TLS{Explicit: true, Reuse: ftptest.Reuse{Required: true}}), options: ask(evidence.TLSExplicit)},
	"tls-reuse-broken":         {server: with(ftptest.TLS{Explicit: true, Reuse: ftptest.Reuse{Required: true, Only12: true}}), options: ask(evidence.TLSExplicit)},
	"tls-alg-blind":            {server: with(ftptest.TLS{Explicit: true}), rules: firewallWithHelper, options: ask(evidence.TLSExplicit)},
	"tls-required":             {server: with(ftptest.TLS{Explicit: true, Required: ftptest.Answer{Text: "530 Anonymous sessions must use encryption."}}), options: ask(evidence.TLSOff)},
}

const (
	recordedHost = "ftp.example.com"
	bobsPassword = "Tr0ub4dor&3"
)

func with(tls ftptest.TLS) ftptest.Behaviour {
	return ftptest.Behaviour{TLS: tls, Login: ftptest.Login{Users: map[string]string{"bob": bobsPassword}}}
}

func ask(tls string) func(*probe.Config) {
	return func(cfg *probe.Config) { cfg.TLS = tls }
}

func asBob(cfg *probe.Config)         { cfg.Target.User, cfg.Password = "bob", bobsPassword }
func asBobInsecure(cfg *probe.Config) { asBob(cfg); cfg.Insecure = true }

// firewallWithHelper drops the data connections that its FTP helper has not read
// of in a reply.
func firewallWithHelper() []ftptest.Rule {
	h := &ftptest.Helper{}
	return []ftptest.Rule{
		{To: ftptest.Port(21), Do: h.Watch(evidence.EPSV, evidence.PASV)},
		{To: ftptest.Both(ftptest.Not(ftptest.Port(21)), h.Unexpected), Do: ftptest.Drop()},
	}
}

// diagnose plays the scene.
func (s scene) diagnose(t *testing.T) *diagnose.Result {
	t.Helper()
	server, err := ftptest.Start(s.server)
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	public := netip.MustParseAddr("203.0.113.10")
	n := &ftptest.Network{ControlPort: s.port, DataPort: 20, Hosts: map[netip.Addr]*ftptest.Server{public: server},
		Names: map[string]ftptest.Name{recordedHost: ftptest.Addrs(public)}}
	if s.rules != nil {
		n.Rules = s.rules()
	}
	cfg := probe.Config{Timeout: 2 * time.Second, Resolver: n, Dialer: n, Listener: n, RootCAs: ftptest.Roots()}
	cfg.Target.Host, cfg.Target.Input = recordedHost, recordedHost
	s.options(&cfg)
	evidence, err := probe.Run(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	return diagnose.Diagnose(evidence)
}

// TestRecorded: what was recorded is what a diagnosis says today.
func TestRecorded(t *testing.T) {
	for name, s := range recorded {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := s.diagnose(t)
			if *record {
				var line bytes.Buffer
				if err := (report.JSON{}).Render(&line, got); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(filepath.Join("testdata", name+".json"), indented(t, line.Bytes()), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if got, want := gist(got), gist(readGolden(t, name)[0]); got != want {
				t.Errorf("%s is not what a diagnosis says (go test ./report -run Recorded -record writes it anew):\n got %s\nwant %s", name, got, want)
			}
		})
	}
}

// gist is what of a result does not differ from run to run.
func gist(r *diagnose.Result) string {
	var codes []string
	for _, f := range r.Findings {
		codes = append(codes, fmt.Sprintf("%s %s", f.Severity, f.Code))
	}
	certificate := "none"
	if tls := r.Server.TLS; tls != nil {
		certificate = fmt.Sprint(tls.Version, tls.Certificate.Verified, tls.Certificate.Problems)
	}
	return fmt.Sprintf("%s, %v, %+v, certificate %s, %s", r.Status, r.Modes, r.Recommendation.TLS, certificate, strings.Join(codes, "; "))
}
