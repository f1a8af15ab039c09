package diagnose_test

import (
	"crypto/tls"
	"fmt"
	"strings"
	"testing"
	"time"

	"ftpdiag/probe"
	"ftpdiag/probe/diagnose"
	"ftpdiag/probe/realserver"
)

// Real servers on loopback work over TLS in both modes, in each version and each
// way of beginning, and their data connections resume the session of the control
// connection.
func TestRealServersOverTLS(t *testing.T) {
	all := realserver.Products
	reuse := []realserver.Product{realserver.Vsftpd, realserver.ProFTPD}
	implicit := []realserver.Product{realserver.Vsftpd, realserver.ProFTPD, realserver.Pyftpdlib}
	for _, c := range []struct {
		name     string
		products []realserver.Product
		tls      realserver.TLS
		want     string
	}{
		{"explicit", all, realserver.TLS{}, ""},
		{"explicit, reuse demanded", reuse, realserver.TLS{RequireReuse: true}, "\ninfo - data-tls-session-reuse-required"},
		{"implicit", implicit, realserver.TLS{Implicit: true}, ""},
		{"implicit, reuse demanded", reuse, realserver.TLS{Implicit: true, RequireReuse: true}, "\ninfo - data-tls-session-reuse-required"},
	} {
		for _, product := range c.products {
			for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
				t.Run(fmt.Sprintf("%s/%s/%s", c.name, product, tls.VersionName(version)), func(t *testing.T) {
					t.Parallel()
					realserver.Need(t, string(product))
					cert := realserver.NewCertificate(t, 90*24*time.Hour, "127.0.0.1")
					config := realserver.Config{Product: product}
					own := c.tls
					own.CertFile, own.KeyFile = cert.CertFile, cert.KeyFile
					config.TLS = &own
					srv := config.Start(t, realserver.Loopback)
					cfg := probe.Config{
						Target:  probe.Target{Host: srv.Addr.Addr().String(), Port: int(srv.Addr.Port())},
						TLS:     probe.TLSExplicit,
						RootCAs: cert.Pool,
						MaxTLS:  version,
						Timeout: 4 * time.Second,
					}
					if own.Implicit {
						cfg.TLS = probe.TLSImplicit
					}
					ev, err := probe.Run(t.Context(), cfg)
					if err != nil {
						t.Fatal(err)
					}
					r := diagnose.Diagnose(ev)
					reach(t, r)
					if got := ev.Server.TLS.Version; got != tls.VersionName(version) {
						t.Errorf("version %s", got)
					}
					if got, want := verdict(r), "passive works, active works, use passive, ok"+c.want; got != want {
						t.Errorf("got\n%s\nwant\n%s", got, want)
					}
					for _, a := range ev.Attempts {
						resumes := product != realserver.PureFTPd || version == tls.VersionTLS12 // it gives no tickets in TLS 1.3
						if a.Purpose != probe.PurposeNoReuse && (!a.TLS || a.Bytes > 0 && (a.Resumed == nil || *a.Resumed != resumes)) {
							t.Errorf("attempt %d: TLS %v, resumed %v", a.ID, a.TLS, a.Resumed)
						}
					}
					if t.Failed() {
						for _, x := range ev.Transcript {
							t.Logf("%9.1f %d %-6s %s", float64(x.At)/1e6, x.Session, x.From, strings.ReplaceAll(x.Text, "\n", "\n                "))
						}
						for _, a := range ev.Attempts {
							t.Logf("%d %s %s tls=%v resumed=%v %s %v %v", a.ID, a.Method, a.Purpose, a.TLS, a.Resumed, a.Outcome, a.Failure, a.Unclean)
						}
					}
				})
			}
		}
	}
}
