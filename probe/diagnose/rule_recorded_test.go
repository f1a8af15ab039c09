package diagnose

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"ftpdiag/probe/evidence"
)

// recorded are dialogues with the real servers, by product and scenario.
func recorded(t *testing.T) map[string]map[string][]struct{ Sent, Reply string } {
	t.Helper()
	b, err := os.ReadFile("../realserver/recorded.json")
	if err != nil {
		t.Fatal(err)
	}
	var all map[string]map[string][]struct{ Sent, Reply string }
	if err := json.Unmarshal(b, &all); err != nil {
		t.Fatal(err)
	}
	return all
}

// What the four servers really said means what the tables say that it means.
func TestRecordedWords(t *testing.T) {
	greeting := func(r *evidence.Reply) Code { return meaning(r, greetingWords) }
	login := func(r *evidence.Reply) Code {
		code, _ := newView(given(user("alice"))).refusalCode(&evidence.Session{Reply: r})
		return code
	}
	at := func(op evidence.Op, m evidence.Method) func(*evidence.Reply) Code {
		return func(r *evidence.Reply) Code {
			a := &evidence.Attempt{Mode: modeOf(m), Method: m, Negotiation: r, Reply: r, Failure: failure(op, evidence.KindRejected)}
			if op == evidence.OpCompletion {
				a.Mark = reply("150 Here it comes.")
			}
			return wordsOf(a)
		}
	}
	pasv, port := at(evidence.OpNegotiate, evidence.PASV), at(evidence.OpNegotiate, evidence.PORT)
	accept, list, done := at(evidence.OpDataAccept, evidence.PORT), at(evidence.OpTransfer, evidence.PASV), at(evidence.OpCompletion, evidence.PASV)
	auth := func(r *evidence.Reply) Code { code, _ := authCode(r); return code }
	overTLS := func(handshake bool) func(*evidence.Reply) Code {
		return func(r *evidence.Reply) Code {
			a := &evidence.Attempt{Mode: evidence.Passive, Method: evidence.EPSV, TLS: true, Mark: reply("150 Here it comes."), Reply: r,
				Failure: failure(evidence.OpCompletion, evidence.KindRejected)}
			if handshake {
				a.Encrypted = msp(40)
			}
			return wordsOf(a)
		}
	}
	all := recorded(t)
	for _, c := range []struct {
		scenario string
		products string // "*": each that has the scenario
		means    func(*evidence.Reply) Code
		want     Code
	}{
		{"one connection per address", "vsftpd pure-ftpd pyftpdlib", greeting, GreetingBusy},
		{"one client", "vsftpd pure-ftpd pyftpdlib", greeting, GreetingBusy},
		{"one connection per address", "proftpd", login, LoginSessionLimit},
		{"one client", "proftpd", login, LoginSessionLimit},
		{"login rejected", "*", login, LoginRejected},
		{"home missing", "vsftpd pure-ftpd", login, LoginHomeUnavailable},
		{"writable home inside chroot", "vsftpd", login, LoginHomeUnavailable},
		{"idle before login", "*", login, LoginTimeout},
		{"tls required of a user", "*", login, TLSRequired},
		{"passive ports exhausted", "vsftpd pure-ftpd", pasv, PassivePortsExhausted},
		{"pasv over ipv6", "pure-ftpd", pasv, PassivePASVOverIPv6},
		{"epsv denied", "vsftpd pyftpdlib", pasv, ""},
		{"epsv denied", "proftpd", pasv, PassiveDisabled},
		{"tls required of data", "pyftpdlib", pasv, DataTLSRequired},
		{"active disabled", "*", port, ActiveDisabled},
		{"root revoked", "proftpd", port, ActiveRootrevoke},
		{"port with a foreign address", "*", port, ActiveAddressRejected},
		{"eprt with a foreign address", "*", port, ActiveAddressRejected},
		{"port below 1024", "pure-ftpd pyftpdlib", port, ActivePortBelow1024},
		{"port below 1024", "vsftpd proftpd", port, ActiveAddressRejected}, // they do not tell the two apart
		{"active dropped", "pyftpdlib", port, ActiveInboundDropped},
		{"active to a closed port", "proftpd pure-ftpd", accept, ActiveInboundRefused},
		{"active to a closed port", "vsftpd", accept, ""},
		{"active dropped, own timeout", "proftpd pure-ftpd", accept, ActiveInboundDropped},
		{"active, port 20 taken", "vsftpd proftpd", accept, ActiveServerCannotBind20},
		{"passive data from another address", "vsftpd pyftpdlib", list, PassiveAddressMismatch},
		{"passive never dialled", "pyftpdlib", list, PassiveMiddleboxAccepts},
		{"tls required of data, no prot", "vsftpd proftpd pure-ftpd", list, DataTLSRequired},
		{"tls not offered", "*", auth, TLSNotOffered},
		{"tls session reuse required", "*", overTLS(true), DataTLSSessionReuseRequired},
		{"tls, client does not shake hands", "proftpd", overTLS(false), DataTLSHandshakeFailed},
		{"client stops reading", "vsftpd pure-ftpd pyftpdlib", done, TransferStallTimeout},
		{"client resets in mid-transfer", "*", done, ""},
		{"storage full", "vsftpd pure-ftpd", done, TransferStorageFull},
	} {
		heard := 0
		for product, scenarios := range all {
			if c.products != "*" && !strings.Contains(" "+c.products+" ", " "+product+" ") {
				continue
			}
			if r := refusalIn(scenarios[c.scenario]); r != nil {
				heard++
				if got := c.means(r); got != c.want {
					t.Errorf("%s, %s: %q means %q, want %q", product, c.scenario, quote(r), got, c.want)
				}
			}
		}
		if heard == 0 {
			t.Errorf("%s: nobody said anything", c.scenario)
		}
	}
}

// refusalIn is the first negative reply of a dialogue, as the probe reads it;
// nil: none.
func refusalIn(dialogue []struct{ Sent, Reply string }) *evidence.Reply {
	for _, x := range dialogue {
		first, _, _ := strings.Cut(x.Reply, "\n")
		r := replyIn(strings.Replace(first, "-", " ", 1))
		if len(first) > 3 && first[3] == ' ' {
			r = replyIn(first)
		}
		if r == nil || r.Code < 400 {
			continue
		}
		var lines []string
		for line := range strings.SplitSeq(x.Reply, "\n") {
			if len(line) > 3 && strings.HasPrefix(line, first[:3]) {
				line = line[4:]
			}
			lines = append(lines, line)
		}
		return &evidence.Reply{Code: r.Code, Text: strings.Join(lines, "\n")}
	}
	return nil
}
