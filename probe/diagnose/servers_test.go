package diagnose_test

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"ftpdiag/probe"
	"ftpdiag/probe/diagnose"
	"ftpdiag/probe/evidence"
	"ftpdiag/probe/realserver"
)

// verdict is what a result comes down to: the modes, the status, and the
// findings with their severity.
func verdict(r *diagnose.Result) string {
	out := fmt.Sprintf("passive %s, active %s, use %s, %s", r.Modes.Passive, r.Modes.Active, r.Recommendation.Mode, r.Status)
	for _, f := range r.Findings {
		if f.Code == diagnose.ActiveSourcePortNot20 {
			continue // true of most servers on a port of their own
		}
		mode := f.Mode
		if mode == "" {
			mode = "-"
		}
		out += fmt.Sprintf("\n%s %s %s", f.Severity, mode, f.Code)
	}
	return out
}

// runAgainst probes srv as options say.
func runAgainst(t *testing.T, srv *realserver.Server, options ...func(*probe.Config)) (*evidence.Evidence, *diagnose.Result) {
	t.Helper()
	cfg := probe.Config{
		Target:  evidence.Target{Host: srv.Addr.Addr().String(), Port: int(srv.Addr.Port())},
		Timeout: 4 * time.Second,
	}
	for _, change := range options {
		if change != nil {
			change(&cfg)
		}
	}
	ev, err := probe.Run(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	r := diagnose.Diagnose(ev)
	reach(t, r)
	return ev, r
}

func logTranscript(t *testing.T, ev *evidence.Evidence) {
	t.Helper()
	for _, x := range ev.Transcript {
		t.Logf("%9.1f %d %-6s %s", float64(x.At)/1e6, x.Session, x.From, strings.ReplaceAll(x.Text, "\n", "\n                "))
	}
}

// Real servers on loopback, as they are and with one thing changed, are each
// named right.
func TestRealServers(t *testing.T) {
	const fine = "passive works, active works, use passive, ok"
	user := []realserver.User{{Name: "alice", Password: "right-password"}}
	as := func(name, password string) func(*probe.Config) {
		return func(cfg *probe.Config) { cfg.Target.User, cfg.Password, cfg.TLS = name, password, "off" }
	}
	all := realserver.Products
	for _, c := range []struct {
		name     string
		products []realserver.Product
		server   realserver.Config
		options  func(*probe.Config)
		want     string
	}{
		{"as it is", all, realserver.Config{}, nil, fine},
		{"as it is over IPv6", all, realserver.Config{Address: netip.IPv6Loopback()}, nil, fine},
		{"passive disabled", all, realserver.Config{NoPassive: true}, nil,
			"passive fails, active works, use active, ok\nwarning passive passive-disabled"},
		{"active disabled", []realserver.Product{realserver.Vsftpd, realserver.ProFTPD, realserver.Pyftpdlib}, realserver.Config{NoActive: true}, nil,
			"passive works, active fails, use passive, ok\nwarning active active-disabled"},
		{"one connection an address", all, realserver.Config{MaxPerIP: 1}, nil, fine},
		{"no anonymous", all, realserver.Config{NoAnonymous: true}, nil,
			"passive not_tested, active not_tested, use none, critical\nerror - login-anonymous-refused"},
		{"wrong password", all, realserver.Config{Users: user}, as("alice", "wrong-password"),
			"passive not_tested, active not_tested, use none, critical\nerror - login-rejected\ninfo - login-cleartext"},
		{"right password", all, realserver.Config{Users: user}, as("alice", "right-password"), fine + "\ninfo - login-cleartext"},
		{"private passive address", all, realserver.Config{PassiveAddress: "10.20.0.10"}, nil,
			"passive conditional, active works, use passive, warning\nwarning passive passive-private-address"},
		{"empty directory", all, realserver.Config{EmptyDir: true}, nil, fine + "\ninfo - transfer-empty-listing"},
		{"unreadable directory", all[:3], realserver.Config{UnreadableDir: true}, nil, fine + "\ninfo - transfer-empty-listing"},
		{"unreadable directory, refused before the mark", all[3:], realserver.Config{UnreadableDir: true}, nil,
			"passive inconclusive, active inconclusive, use none, warning\nwarning - transfer-permission-denied"},
		{"no listing", []realserver.Product{realserver.Vsftpd, realserver.Pyftpdlib}, realserver.Config{NoListing: true}, nil,
			"passive inconclusive, active inconclusive, use none, warning\nwarning - transfer-permission-denied"},
		{"a missing file", all, realserver.Config{}, func(cfg *probe.Config) { cfg.Target.Path = "missing.bin" },
			"passive works, active works, use passive, critical\nerror - transfer-permission-denied"},
		{"a file", all, realserver.Config{}, func(cfg *probe.Config) { cfg.Target.Path = "64k.bin" }, fine},
		{"a file of the listing", all, realserver.Config{}, func(cfg *probe.Config) { cfg.Retrieve = true }, fine},
		{"a large file is read to the limit", all, realserver.Config{}, func(cfg *probe.Config) { cfg.Target.Path = "3m.bin" }, fine},
		{"an upload that cannot be deleted again", []realserver.Product{realserver.Vsftpd, realserver.PureFTPd}, realserver.Config{}, func(cfg *probe.Config) { cfg.Target.Path, cfg.Upload = "incoming/", true },
			"passive works, active works, use passive, warning\nwarning - transfer-permission-denied\ninfo - transfer-empty-listing"},
		{"an upload", []realserver.Product{realserver.ProFTPD, realserver.Pyftpdlib}, realserver.Config{}, func(cfg *probe.Config) { cfg.Target.Path, cfg.Upload = "incoming/", true }, fine + "\ninfo - transfer-empty-listing"},
		{"an upload where nobody may write", all, realserver.Config{}, func(cfg *probe.Config) { cfg.Upload = true },
			"passive works, active works, use passive, critical\nerror - transfer-permission-denied"},
	} {
		for _, product := range c.products {
			t.Run(c.name+"/"+string(product), func(t *testing.T) {
				t.Parallel()
				realserver.Need(t, string(product))
				config := c.server
				config.Product = product
				srv := config.Start(t, realserver.Loopback)
				ev, r := runAgainst(t, srv, c.options)
				if got := verdict(r); got != c.want {
					t.Errorf("got\n%s\nwant\n%s", got, c.want)
					logTranscript(t, ev)
				}
				if !strings.EqualFold(strings.Fields(r.Server.Product + " ?")[0], string(product)) {
					t.Errorf("product %q", r.Server.Product)
				}
			})
		}
	}
}
