//go:build linux

package netlab

import (
	"strings"
	"sync"
	"testing"
)

// lookAlikes are scenarios that a person would mistake for each other. Each must
// be told by its own word: the first finding about the mode.
var lookAlikes = []struct {
	name, mode string
	scenarios  []string
}{
	{"wrong address or ports closed", "passive", []string{
		"a stale public address in the reply to PASV", "a stale public address and closed ports",
		"a forwarded range and vsftpd's private address", "only 21 is forwarded and the address is private",
	}},
	{"refused by the server or by a NAT router", "passive", []string{
		"the server's firewall resets vsftpd's passive ports", "only 21 is forwarded and the address is right",
	}},
	{"client egress or server ingress", "passive", []string{
		"only port 21 is let out, the rest is dropped", "the server's firewall drops vsftpd's passive ports",
	}},
	{"client egress or server ingress, refused", "passive", []string{
		"only port 21 is let out, the rest is reset", "the server's firewall resets vsftpd's passive ports",
	}},
	{"MTU, a hung server or a slow line", "", []string{
		"an MTU black hole and a file", "a server that hangs", "a thin line and a file",
	}},
	{"active refused, dropped, or the server cannot connect", "active", []string{
		"the client's firewall resets ProFTPD's data connections", "the client's firewall drops ProFTPD's data connections",
		"ProFTPD's own machine lets no connection out",
	}},
	{"low ports only or dropped everywhere", "passive", []string{
		"ports up to 5000 pass and vsftpd offers higher ones", "the server's firewall drops vsftpd's passive ports",
	}},
	{"EPSV blocked or passive blocked", "passive", []string{
		"the helper knows PASV but not EPSV", "only port 21 is let out, the rest is dropped",
	}},
	{"a helper that needs lone commands or none", "active", []string{
		"NAT with helper before vsftpd", "NAT without helper before vsftpd",
	}},
	{"our own second connection refused or a busy server", "", []string{
		"vsftpd admits one connection an address", "a server that is full",
	}},
	{"425 for the network or for the address", "passive", []string{
		"data connections to vsftpd leave from another address", "the server's firewall drops vsftpd's passive ports",
	}},
	{"530 for the login or for TLS", "", []string{
		"a server that refuses the login", "a server that wants TLS",
	}},
	{"a refused login, TLS demanded, or no TLS", "", []string{
		"vsftpd lets no anonymous user in", "vsftpd demands TLS and ftpdiag must not", "vsftpd has no TLS",
	}},
	{"a helper that is blind to TLS or none", "active", []string{
		"NAT with helper before vsftpd over TLS", "NAT without helper before vsftpd over TLS",
	}},
	{"a helper that is blind to TLS or none, before ProFTPD", "active", []string{
		"NAT with helper before ProFTPD over TLS", "NAT without helper before ProFTPD over TLS",
	}},
	{"a firewall's helper that is blind to TLS or none", "active", []string{
		"the client's firewall has a helper and data connections go over TLS", "the client's firewall drops data connections over TLS",
	}},
	{"the server's helper is blind to TLS, or ports are not forwarded", "passive", []string{
		"only 21 is forwarded, with a helper, over TLS", "only 21 is forwarded, without a helper, over TLS",
	}},
	{"the server's helper is blind to TLS, or ports are dropped", "passive", []string{
		"the server's firewall relies on its helper over TLS", "the server's firewall drops passive ports over TLS",
	}},
	{"TLS killed, stalled, or of another age", "", []string{
		"the first packet of TLS is reset", "an MTU black hole and a large certificate", "a server of TLS 1.1",
	}},
	{"AUTH refused or killed", "", []string{"pyftpdlib has no TLS", "AUTH is reset"}},
	{"whose certificate is missing", "", []string{
		"ProFTPD has no certificate", "vsftpd demands a certificate of the client", "a certificate of nobody",
	}},
	{"the wrong kind of TLS, or silence", "", []string{
		"explicit TLS is asked of an implicit server", "the first packet of TLS is swallowed", "a server that is silent",
	}},
}

func TestLookAlikes(t *testing.T) {
	Need(t)
	for _, group := range lookAlikes {
		t.Run(strings.ReplaceAll(group.name, " ", "-"), func(t *testing.T) {
			t.Parallel()
			seen := map[string]string{}
			for _, name := range group.scenarios {
				s := named(t, name)
				code := nothing
				if f := s.verdict(t).found(group.mode); f != nil {
					code = f.Code
				}
				want := s.told.cause(group.mode).code
				if want == "" {
					want = nothing
				}
				t.Logf("%s: %s", name, code)
				if code != want {
					t.Errorf("%s: %s, want %s", name, code, want)
				}
				if other, ok := seen[code]; ok && want != code {
					t.Errorf("%q and %q are both called %s", name, other, code)
				}
				seen[code] = name
			}
			if len(seen) < 2 {
				t.Errorf("all are called the same: %v", seen)
			}
		})
	}
}

// verdicts are those that a test has already asked for.
var verdicts struct {
	sync.Mutex
	of map[string]*said
}

func (s *scenario) remember(v *said) {
	verdicts.Lock()
	defer verdicts.Unlock()
	if verdicts.of == nil {
		verdicts.of = map[string]*said{}
	}
	verdicts.of[s.name] = v
}

// verdict is what ftpdiag says in the scenario; it is asked once.
func (s *scenario) verdict(t *testing.T) *said {
	t.Helper()
	verdicts.Lock()
	v := verdicts.of[s.name]
	verdicts.Unlock()
	if v == nil {
		v = s.build(t).ftpdiag(t, asRoot)
		s.remember(v)
	}
	return v
}

// named finds a scenario.
func named(t *testing.T, name string) *scenario {
	t.Helper()
	for _, s := range scenarios() {
		if s.name == name {
			return s
		}
	}
	t.Fatalf("there is no scenario %q", name)
	return nil
}
