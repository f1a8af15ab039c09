package diagnose

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"ftpdiag/probe"
)

var wordTables = map[string][]phrase{
	"greeting": greetingWords, "other protocols": otherProtocols, "login": loginWords, "auth": authWords, "passive": passiveWords,
	"active": activeWords, "data over TLS": dataTLSWords, "reuse": reuseWords, "accept": acceptWords, "transfer": transferWords,
	"idle": idleWords, "done": doneWords, "interceptors": interceptors,
}

// spoken is a reply that is put as the phrase says, and no more.
func spoken(p phrase) *probe.Reply {
	code, text, _ := strings.Cut(p.reply, " ")
	n, err := strconv.Atoi(strings.NewReplacer("4yz", "450", "5yz", "550", "any", "530").Replace(code))
	if err != nil {
		n = 0
	}
	return &probe.Reply{Code: n, Text: strings.ReplaceAll(text, "…", " and then ")}
}

// What a rule calls a demand for TLS, the probe follows.
func TestEveryDemandIsFollowed(t *testing.T) {
	for _, p := range slices.Concat(loginWords, dataTLSWords) {
		demands := p.code == TLSRequired || p.code == DataTLSRequired
		if probe.DemandsTLS(*spoken(p)) != demands {
			t.Errorf("%s: %q demands TLS: %v", p.code, p.reply, demands)
		}
	}
}

// No phrase is shadowed by one before it that means something else.
func TestEveryPhraseIsHeard(t *testing.T) {
	for name, table := range wordTables {
		for _, p := range table {
			r := spoken(p)
			if r.Code < 100 || r.Code > 599 {
				t.Errorf("%s: %q has no reply code", name, p.reply)
			}
			if got := meaning(r, table); got != p.code {
				t.Errorf("%s: %q means %s, want %s", name, quote(r), got, p.code)
			}
			if p.from == "" {
				t.Errorf("%s: %q has no source", name, p.reply)
			}
		}
	}
}

func TestPhrase(t *testing.T) {
	for _, c := range []struct {
		phrase, reply string
		want          bool
	}{
		{"425 Failed to establish", "425 Failed to establish connection.", true},
		{"425 Failed to establish", "426 Failed to establish connection.", false},
		{"425 Failed to establish", "425 We failed to establish", false},
		{"425 …to establish", "425 We failed to establish", true},
		{"425 failed TO", "425 FAILED to", true},
		{"421 …users (the maximum)", "421 50 users (the maximum) are already logged in, sorry", true},
		{"4yz …a…b", "451 a then b", true},
		{"4yz …a…b", "451 b then a", false},
		{"4yz …a", "551 a", false},
		{"5yz …a", "551 a", true},
		{"any …a", "230 a", true},
		{"any …first", "421 second\nfirst", true},
		{"421 first", "421 second\n first", true},
		{"452 ", "452 whatever", true},
	} {
		code, text, _ := strings.Cut(c.reply, " ")
		n, _ := strconv.Atoi(code)
		if got := (phrase{reply: c.phrase}).said(&probe.Reply{Code: n, Text: text}); got != c.want {
			t.Errorf("%q said in %q: %v", c.phrase, c.reply, got)
		}
	}
}

// The words of causes.md 0.2 that follow a step, as servers send them.
func TestWordsOfServers(t *testing.T) {
	at := func(op probe.Op, m probe.Method, line string) *probe.Attempt {
		a := &probe.Attempt{Mode: modeOf(m), Method: m, Failure: failure(op, probe.KindRejected)}
		if op == probe.OpNegotiate {
			a.Negotiation = reply(line)
		} else {
			a.Reply = reply(line)
		}
		return a
	}
	for _, c := range []struct {
		op   probe.Op
		m    probe.Method
		line string
		want Code
	}{
		{probe.OpNegotiate, probe.PASV, "425 All reserved TCP ports are busy", PassivePortsExhausted},
		{probe.OpNegotiate, probe.PASV, "421 Could not listen for passive connection: could not find any port to listen to", PassivePortsExhausted},
		{probe.OpNegotiate, probe.PASV, "500 You are connected using IPv6. PASV is only for IPv4. You have to use the EPSV command instead.", PassivePASVOverIPv6},
		{probe.OpNegotiate, probe.EPSV, "550 Permission denied.", ""},
		{probe.OpNegotiate, probe.PORT, "550 Permission denied.", ActiveDisabled},
		{probe.OpNegotiate, probe.EPSV, "522 Network protocol not supported, use (1)", ""},
		{probe.OpNegotiate, probe.PASV, "550 SSL/TLS required on the data channel.", DataTLSRequired},
		{probe.OpNegotiate, probe.PORT, "500 Illegal PORT range rejected.", ActiveAddressRejected},
		{probe.OpNegotiate, probe.PORT, "501 PORT IP is not same as 203.0.113.5.", ActiveAddressRejected},
		{probe.OpNegotiate, probe.PORT, "425 Can't connect to specified address.", ""},
		{probe.OpDataAccept, probe.PORT, "425 Unable to build data connection: Connection refused", ActiveInboundRefused},
		{probe.OpDataAccept, probe.PORT, "425 Could not open data connection to port 41723: Connection timed out", ActiveInboundDropped},
		{probe.OpDataAccept, probe.PORT, "425 Failed to establish connection.", ""},
		{probe.OpTransfer, probe.PASV, `425 Rejected data connection for transfer of "/", IP addresses of control and data connection do not match`, PassiveAddressMismatch},
		{probe.OpTransfer, probe.PASV, "530 Only client IP address allowed to connect to PASV socket.", PassiveAddressMismatch},
		{probe.OpTransfer, probe.EPSV, "521 Data connection cannot be opened with this PROT setting.", DataTLSRequired},
		{probe.OpTransfer, probe.EPSV, "534 Policy requires SSL.", DataTLSRequired},
		{probe.OpTransfer, probe.EPSV, "421 Timeout (no new data for 900 seconds)", ControlIdle421},
		{probe.OpTransfer, probe.EPSV, "550 Permission denied.", ""},
		{probe.OpCompletion, probe.EPSV, "421 Data timeout. Reconnect. Sorry.", TransferStallTimeout},
		{probe.OpCompletion, probe.EPSV, "426 Failure writing network stream.", ""},
		{probe.OpCompletion, probe.EPSV, "552 Quota exceeded.", TransferStorageFull},
	} {
		if got := wordsOf(at(c.op, c.m, c.line)); got != c.want {
			t.Errorf("%s at %s: %q, want %q", c.line, c.op, got, c.want)
		}
	}
}

// A farewell that was there before we asked stands in the failure alone.
func TestFarewellIsRead(t *testing.T) {
	a := &probe.Attempt{Mode: probe.Passive, Method: probe.PASV,
		Failure: &probe.Failure{Op: probe.OpNegotiate, Kind: probe.KindRejected, Message: "421 Timeout."}}
	if got := wordsOf(a); got != ControlIdle421 {
		t.Errorf("got %q", got)
	}
	a.Failure.Message = "not a reply"
	if got := wordsOf(a); got != "" {
		t.Errorf("got %q", got)
	}
}
