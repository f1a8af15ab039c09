package diagnose

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"ftpdiag/probe"
	"ftpdiag/probe/evidence"
)

var wordTables = map[string][]phrase{
	"greeting": greetingWords, "other protocols": otherProtocols, "login": loginWords, "auth": authWords, "passive": passiveWords,
	"active": activeWords, "data over TLS": dataTLSWords, "reuse": reuseWords, "accept": acceptWords, "transfer": transferWords,
	"idle": idleWords, "done": doneWords, "interceptors": interceptors,
}

// spoken is a reply that is put as the phrase says, and no more.
func spoken(p phrase) *evidence.Reply {
	code, text, _ := strings.Cut(p.reply, " ")
	n, err := strconv.Atoi(strings.NewReplacer("4yz", "450", "5yz", "550", "any", "530").Replace(code))
	if err != nil {
		n = 0
	}
	return &evidence.Reply{Code: n, Text: strings.ReplaceAll(text, "…", " and then ")}
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
		if got := (phrase{reply: c.phrase}).said(&evidence.Reply{Code: n, Text: text}); got != c.want {
			t.Errorf("%q said in %q: %v", c.phrase, c.reply, got)
		}
	}
}

// The words of causes.md 0.2 that follow a step, as servers send them.
func TestWordsOfServers(t *testing.T) {
	at := func(op evidence.Op, m evidence.Method, line string) *evidence.Attempt {
		a := &evidence.Attempt{Mode: modeOf(m), Method: m, Failure: failure(op, evidence.KindRejected)}
		if op == evidence.OpNegotiate {
			a.Negotiation = reply(line)
		} else {
			a.Reply = reply(line)
		}
		return a
	}
	for _, c := range []struct {
		op   evidence.Op
		m    evidence.Method
		line string
		want Code
	}{
		{evidence.OpNegotiate, evidence.PASV, "425 All reserved TCP ports are busy", PassivePortsExhausted},
		{evidence.OpNegotiate, evidence.PASV, "421 Could not listen for passive connection: could not find any port to listen to", PassivePortsExhausted},
		{evidence.OpNegotiate, evidence.PASV, "500 You are connected using IPv6. PASV is only for IPv4. You have to use the EPSV command instead.", PassivePASVOverIPv6},
		{evidence.OpNegotiate, evidence.EPSV, "550 Permission denied.", ""},
		{evidence.OpNegotiate, evidence.PORT, "550 Permission denied.", ActiveDisabled},
		{evidence.OpNegotiate, evidence.EPSV, "522 Network protocol not supported, use (1)", ""},
		{evidence.OpNegotiate, evidence.PASV, "550 SSL/TLS required on the data channel.", DataTLSRequired},
		{evidence.OpNegotiate, evidence.PORT, "500 Illegal PORT range rejected.", ActiveAddressRejected},
		{evidence.OpNegotiate, evidence.PORT, "501 PORT IP is not same as 203.0.113.5.", ActiveAddressRejected},
		{evidence.OpNegotiate, evidence.PORT, "425 Can't connect to specified address.", ""},
		{evidence.OpDataAccept, evidence.PORT, "425 Unable to build data connection: Connection refused", ActiveInboundRefused},
		{evidence.OpDataAccept, evidence.PORT, "425 Could not open data connection to port 41723: Connection timed out", ActiveInboundDropped},
		{evidence.OpDataAccept, evidence.PORT, "425 Failed to establish connection.", ""},
		{evidence.OpTransfer, evidence.PASV, `425 Rejected data connection for transfer of "/", IP addresses of control and data connection do not match`, PassiveAddressMismatch},
		{evidence.OpTransfer, evidence.PASV, "530 Only client IP address allowed to connect to PASV socket.", PassiveAddressMismatch},
		{evidence.OpTransfer, evidence.EPSV, "521 Data connection cannot be opened with this PROT setting.", DataTLSRequired},
		{evidence.OpTransfer, evidence.EPSV, "534 Policy requires SSL.", DataTLSRequired},
		{evidence.OpTransfer, evidence.EPSV, "421 Timeout (no new data for 900 seconds)", ControlIdle421},
		{evidence.OpTransfer, evidence.EPSV, "550 Permission denied.", ""},
		{evidence.OpCompletion, evidence.EPSV, "421 Data timeout. Reconnect. Sorry.", TransferStallTimeout},
		{evidence.OpCompletion, evidence.EPSV, "426 Failure writing network stream.", ""},
		{evidence.OpCompletion, evidence.EPSV, "552 Quota exceeded.", TransferStorageFull},
	} {
		if got := wordsOf(at(c.op, c.m, c.line)); got != c.want {
			t.Errorf("%s at %s: %q, want %q", c.line, c.op, got, c.want)
		}
	}
}

// A farewell that was there before we asked stands in the failure alone.
func TestFarewellIsRead(t *testing.T) {
	a := &evidence.Attempt{Mode: evidence.Passive, Method: evidence.PASV,
		Failure: &evidence.Failure{Op: evidence.OpNegotiate, Kind: evidence.KindRejected, Message: "421 Timeout."}}
	if got := wordsOf(a); got != ControlIdle421 {
		t.Errorf("got %q", got)
	}
	a.Failure.Message = "not a reply"
	if got := wordsOf(a); got != "" {
		t.Errorf("got %q", got)
	}
}
