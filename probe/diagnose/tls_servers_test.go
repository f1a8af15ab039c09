package diagnose_test

import (
	"crypto/tls"
	"fmt"
	"testing"
	"time"

	"ftpdiag/probe"
	"ftpdiag/probe/evidence"
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
		{"explicit and reuse demanded", reuse, realserver.TLS{RequireReuse: true}, "\ninfo - data-tls-session-reuse-required"},
		{"implicit", implicit, realserver.TLS{Implicit: true}, ""},
		{"implicit and reuse demanded", reuse, realserver.TLS{Implicit: true, RequireReuse: true}, "\ninfo - data-tls-session-reuse-required"},
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
					ev, r := runAgainst(t, srv, func(cfg *probe.Config) {
						cfg.TLS, cfg.RootCAs, cfg.MaxTLS = evidence.TLSExplicit, cert.Pool, version
						if own.Implicit {
							cfg.TLS = evidence.TLSImplicit
						}
					})
					if got := ev.Server.TLS.Version; got != tls.VersionName(version) {
						t.Errorf("version %s", got)
					}
					if got, want := verdict(r), "passive works, active works, use passive, ok"+c.want; got != want {
						t.Errorf("got\n%s\nwant\n%s", got, want)
					}
					for _, a := range ev.Attempts {
						resumes := product != realserver.PureFTPd || version == tls.VersionTLS12 // it gives no tickets in TLS 1.3
						if a.Purpose != evidence.PurposeNoReuse && (!a.TLS || a.Bytes > 0 && (a.Resumed == nil || *a.Resumed != resumes)) {
							t.Errorf("attempt %d: TLS %v, resumed %v", a.ID, a.TLS, a.Resumed)
						}
					}
					if t.Failed() {
						logTranscript(t, ev)
						for _, a := range ev.Attempts {
							t.Logf("%d %s %s tls=%v resumed=%v %s %v %v", a.ID, a.Method, a.Purpose, a.TLS, a.Resumed, a.Outcome, a.Failure, a.Unclean)
						}
					}
				})
			}
		}
	}
}

// Real servers that demand TLS are given it where the choice is ours, and a
// password goes to none whose certificate does not verify.
func TestRealServersDemandTLS(t *testing.T) {
	const fine = "passive works, active works, use passive, ok"
	const nothing = "passive not_tested, active not_tested, use none, critical"
	all := realserver.Products
	user := []realserver.User{{Name: "alice", Password: "right-password"}}
	as := func(password string) func(*probe.Config) {
		return func(cfg *probe.Config) { cfg.Target.User, cfg.Password = "alice", password }
	}
	for _, c := range []struct {
		name     string
		products []realserver.Product
		server   realserver.Config
		tls      *realserver.TLS // nil: none
		options  func(*probe.Config)
		want     string
		speaks   string
	}{
		{"offered and not demanded", all, realserver.Config{}, &realserver.TLS{}, nil, fine, "off"},
		{"demanded", all, realserver.Config{}, &realserver.TLS{Require: true}, nil, fine + "\ninfo - tls-required", "explicit"},
		{"demanded and refused", all, realserver.Config{}, &realserver.TLS{Require: true}, func(cfg *probe.Config) { cfg.TLS = evidence.TLSOff },
			nothing + "\nerror - tls-required", "off"},
		{"demanded for data", []realserver.Product{realserver.ProFTPD, realserver.Pyftpdlib}, realserver.Config{}, &realserver.TLS{RequireData: true}, nil,
			fine + "\ninfo - data-tls-required", "explicit"},
		{"a user", all, realserver.Config{Users: user}, &realserver.TLS{}, as("right-password"), fine, "explicit"},
		{"a user and a wrong password", all, realserver.Config{Users: user}, &realserver.TLS{}, as("wrong-password"), nothing + "\nerror - login-rejected", "explicit"},
		{"a user and no TLS", all, realserver.Config{Users: user}, nil, as("right-password"), nothing + "\nerror - tls-not-offered", "explicit"},
		{"a user and a strange certificate", all, realserver.Config{Users: user}, &realserver.TLS{},
			func(cfg *probe.Config) { as("right-password")(cfg); cfg.RootCAs = nil }, nothing + "\nerror - tls-cert-untrusted", "explicit"},
		{"a user who dares and a strange certificate", all, realserver.Config{Users: user}, &realserver.TLS{},
			func(cfg *probe.Config) { as("right-password")(cfg); cfg.RootCAs, cfg.Insecure = nil, true }, fine + "\ninfo - tls-cert-untrusted", "explicit"},
		{"implicit TLS and asked in clear", []realserver.Product{realserver.Vsftpd, realserver.ProFTPD, realserver.Pyftpdlib}, realserver.Config{}, &realserver.TLS{Implicit: true}, nil,
			fine + "\ninfo - greeting-implicit-tls", "implicit"},
		{"implicit TLS and asked explicitly", []realserver.Product{realserver.Vsftpd, realserver.ProFTPD, realserver.Pyftpdlib}, realserver.Config{}, &realserver.TLS{Implicit: true},
			func(cfg *probe.Config) { cfg.TLS = evidence.TLSExplicit }, nothing + "\nerror - tls-implicit-explicit-mismatch", "explicit"},
		{"explicit TLS and asked implicitly", all, realserver.Config{}, &realserver.TLS{},
			func(cfg *probe.Config) { cfg.TLS = evidence.TLSImplicit }, nothing + "\nerror - tls-implicit-explicit-mismatch", "implicit"},
		{"no TLS and asked explicitly", all, realserver.Config{}, nil, func(cfg *probe.Config) { cfg.TLS = evidence.TLSExplicit },
			nothing + "\nerror - tls-not-offered", "explicit"},
	} {
		for _, product := range c.products {
			t.Run(c.name+"/"+string(product), func(t *testing.T) {
				t.Parallel()
				realserver.Need(t, string(product))
				config := c.server
				config.Product = product
				cert := realserver.NewCertificate(t, 90*24*time.Hour, "127.0.0.1")
				if c.tls != nil {
					own := *c.tls
					own.CertFile, own.KeyFile = cert.CertFile, cert.KeyFile
					config.TLS = &own
				}
				srv := config.Start(t, realserver.Loopback)
				ev, r := runAgainst(t, srv, func(cfg *probe.Config) { cfg.RootCAs = cert.Pool }, c.options)
				if got := verdict(r); got != c.want || r.Target.TLS != c.speaks {
					t.Errorf("%s: got\n%s\nwant %s\n%s", r.Target.TLS, got, c.speaks, c.want)
					logTranscript(t, ev)
					for _, s := range ev.Sessions {
						t.Logf("session %d %s: %v", s.ID, s.Purpose, s.Failure)
					}
				}
			})
		}
	}
}
