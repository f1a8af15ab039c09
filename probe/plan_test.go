package probe

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"ftpdiag/probe/evidence"
)

// tried makes attempts from words: "EPSV LIST works", "PASV LIST silent",
// "EPSV LIST pending". The words after the operation say how it went.
func tried(lines ...string) (attempts []evidence.Attempt) {
	for i, line := range lines {
		w := strings.Fields(line)
		a := evidence.Attempt{ID: i + 1, Method: evidence.Method(w[0]), Operation: w[1], Purpose: evidence.PurposeTransfer}
		a.Mode = a.Method.Mode()
		if a.Mode == evidence.Passive {
			a.Offered, a.Dialed = evidence.At(peer4, 50000+i), evidence.At(peer4, 50000+i)
		} else {
			a.Offered = evidence.At(netip.MustParseAddr("10.0.0.2"), 40000+i)
		}
		for _, word := range w[2:] {
			went(&a, word)
		}
		attempts = append(attempts, a)
	}
	return attempts
}

func went(a *evidence.Attempt, word string) {
	fail := func(o evidence.Outcome, op evidence.Op, kind evidence.Kind) {
		a.Outcome, a.Failure = o, &evidence.Failure{Op: op, Kind: kind}
	}
	switch word {
	case "works":
		a.Outcome = evidence.OutcomeWorks
	case "pending":
	case "silent":
		fail(evidence.OutcomeFails, evidence.OpDataConnect, evidence.KindTimedOut)
	case "refused":
		fail(evidence.OutcomeFails, evidence.OpDataConnect, evidence.KindRefused)
	case "overtaken":
		fail(evidence.OutcomeInconclusive, evidence.OpDataConnect, evidence.KindRefused)
		a.Superseded = true
	case "late":
		a.Outcome = evidence.OutcomeInconclusive
	case "unsupported":
		fail(evidence.OutcomeFails, evidence.OpNegotiate, evidence.KindRejected)
		a.Offered, a.Dialed = evidence.Endpoint{AddrPort: a.Offered.AddrPort}, evidence.Endpoint{}
	case "denied":
		fail(evidence.OutcomeInconclusive, evidence.OpTransfer, evidence.KindRejected)
		a.Reply = &evidence.Reply{Code: 550}
	case "nothing":
		fail(evidence.OutcomeFails, evidence.OpDataAccept, evidence.KindTimedOut)
	case "aborted":
		fail(evidence.OutcomeFails, evidence.OpCompletion, evidence.KindRejected)
		a.Reply = &evidence.Reply{Code: 426}
	case "private":
		a.Offered = evidence.At(netip.MustParseAddr("10.20.0.10"), 50000)
	case "public":
		a.Offered = evidence.At(netip.MustParseAddr("198.51.100.9"), 50000)
	case "sample":
		a.Purpose = evidence.PurposeSample
	case "retry":
		a.Purpose = evidence.PurposeRetry
	case "foreign":
		a.Purpose = evidence.PurposeForeign
	case "path":
		a.Path = "file"
	}
}

var (
	peer4 = netip.MustParseAddr("203.0.113.10")
	peer6 = netip.MustParseAddr("2001:db8::10")
)

// said is a question in the words of the tables.
func said(q question, ok bool) string {
	if !ok {
		return "-"
	}
	out := fmt.Sprintf("%s %s %s", q.method, q.operation, q.purpose)
	if q.path != "" {
		out += " " + q.path
	}
	if q.fresh {
		out += " fresh"
	}
	return out
}

func repeat(n int, line string) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = line
	}
	return out
}

func TestPlanPassive(t *testing.T) {
	silent := []string{"EPSV LIST silent", "PASV LIST silent"}
	for _, c := range []struct {
		name   string
		tried  []string
		change func(*view)
		want   string
	}{
		{"begins with EPSV", nil, nil, "EPSV LIST transfer"},
		{"compares with PASV", []string{"EPSV LIST works"}, nil, "PASV CONNECT transfer"},
		{"both work, a near server", []string{"EPSV LIST works", "PASV CONNECT works"},
			func(v *view) { v.rtt, v.decided = time.Millisecond, true }, "PASV CONNECT sample"},
		{"both work, a near server, the other mode is open", []string{"EPSV LIST works", "PASV CONNECT works"},
			func(v *view) { v.rtt = time.Millisecond }, "-"},
		{"both work, nobody waits", []string{"EPSV LIST works", "PASV CONNECT works"}, nil, "-"},
		{"both work, the other mode waits", []string{"EPSV LIST works", "PASV CONNECT works"},
			func(v *view) { v.decided, v.slow = true, true }, "PASV CONNECT sample"},
		{"enough samples beside", append([]string{"EPSV LIST works", "PASV CONNECT works"}, repeat(3, "EPSV CONNECT sample works")...),
			func(v *view) { v.decided, v.slow = true, true }, "-"},
		{"quick does not sample", []string{"EPSV LIST works", "PASV CONNECT works"},
			func(v *view) { v.decided, v.slow, v.quick = true, true, true }, "-"},
		{"EPSV unsupported", []string{"EPSV LIST unsupported"}, nil, "PASV LIST transfer"},
		{"EPSV pending", []string{"EPSV LIST pending"}, nil, "PASV LIST transfer"},
		{"both pending", []string{"EPSV LIST pending", "PASV LIST pending"}, nil, "PASV CONNECT sample"},
		{"three silent ones are enough", []string{"EPSV LIST pending", "PASV LIST pending", "EPSV CONNECT sample pending"}, nil, "-"},
		{"three silent ones are not enough for a thorough run", []string{"EPSV LIST pending", "PASV LIST pending", "EPSV CONNECT sample pending"},
			func(v *view) { v.thorough, v.decided = true, true }, "EPSV CONNECT sample"},
		{"a thorough run first decides", []string{"EPSV LIST pending", "PASV LIST pending"}, func(v *view) { v.thorough = true }, "-"},
		{"nothing may be sent any more", []string{"EPSV LIST pending", "PASV LIST pending"}, func(v *view) { v.syns = 0 }, "-"},
		{"five refused ones are enough", []string{"EPSV LIST refused", "PASV LIST refused", "EPSV CONNECT sample refused", "PASV CONNECT sample refused", "EPSV CONNECT sample refused"}, nil, "-"},
		{"some are open", []string{"EPSV LIST silent", "PASV LIST works", "EPSV CONNECT sample silent", "PASV CONNECT sample works"}, nil, "PASV CONNECT sample"},
		{"three dead ports of one command: the other is asked", []string{"EPSV LIST silent", "PASV LIST works", "PASV CONNECT sample works", "EPSV CONNECT sample silent", "PASV CONNECT sample works", "EPSV CONNECT sample silent"}, nil, "PASV CONNECT sample"},
		{"and is asked again, whose turn it was", []string{"EPSV LIST silent", "PASV LIST works", "PASV CONNECT sample works", "EPSV CONNECT sample silent", "PASV CONNECT sample works", "EPSV CONNECT sample silent", "PASV CONNECT sample works"}, nil, "PASV CONNECT sample"},
		{"until seven are open", append([]string{"EPSV LIST silent", "PASV LIST works", "PASV CONNECT sample works", "EPSV CONNECT sample silent", "PASV CONNECT sample works", "EPSV CONNECT sample silent"}, repeat(4, "PASV CONNECT sample works")...), nil, "-"},
		{"a dead one: it is not the command", []string{"EPSV LIST silent", "PASV LIST works", "PASV CONNECT sample works", "EPSV CONNECT sample silent", "PASV CONNECT sample works", "EPSV CONNECT sample silent", "PASV CONNECT sample silent", "PASV CONNECT sample works", "PASV CONNECT sample works"}, nil, "EPSV CONNECT sample"},
		{"one may still answer", []string{"EPSV LIST works", "PASV CONNECT pending"}, nil, "-"},
		{"some are open, sampling time is over", []string{"EPSV LIST silent", "PASV LIST works", "EPSV CONNECT sample silent"},
			func(v *view) { v.since = 3 * time.Second }, "-"},
		{"overtaken dial is asked again", []string{"EPSV LIST overtaken", "PASV LIST works"}, nil, "EPSV LIST retry fresh"},
		{"late answer is asked again", []string{"EPSV LIST late", "PASV LIST works"}, nil, "EPSV LIST retry fresh"},
		{"asked again twice at most", []string{"EPSV LIST late", "EPSV LIST retry late", "EPSV LIST retry late", "PASV LIST works"}, nil, "-"},
		{"no PASV over IPv6", []string{"EPSV LIST works"}, func(v *view) { v.peer = peer6 }, "-"},
		{"PASV over IPv6 where EPSV failed", []string{"EPSV LIST unsupported"}, func(v *view) { v.peer = peer6 }, "PASV LIST transfer"},
		{"LIST denied", []string{"EPSV LIST denied"}, nil, "EPSV NLST transfer"},
		{"LIST and NLST denied", []string{"EPSV LIST denied", "EPSV NLST denied"}, nil, "EPSV MLSD transfer"},
		{"all denied", []string{"EPSV LIST denied", "EPSV NLST denied", "EPSV MLSD denied"}, nil, "-"},
		{"path first", nil, func(v *view) { v.path = "file" }, "EPSV RETR transfer file"},
		{"directory path", nil, func(v *view) { v.path = "dir/" }, "EPSV LIST transfer dir/"},
		{"path denied: the listing judges", []string{"EPSV RETR path denied"}, func(v *view) { v.path = "file" }, "EPSV LIST transfer"},
		{"private address, silent: not dialled", []string{"EPSV LIST unsupported", "PASV LIST private silent"},
			func(v *view) { v.quick = true }, "-"},
		{"public address, control host silent", []string{"EPSV LIST unsupported", "PASV LIST public silent"},
			func(v *view) { v.foreign = true }, "PASV LIST foreign"},
		{"public address, not wanted", []string{"EPSV LIST unsupported", "PASV LIST public silent"}, nil, "PASV CONNECT sample"},
		{"public address, control host works", []string{"EPSV LIST unsupported", "PASV LIST public works"},
			func(v *view) { v.foreign = true }, "-"},
		{"one foreign dial", []string{"EPSV LIST unsupported", "PASV LIST public silent", "PASV LIST foreign works"},
			func(v *view) { v.foreign, v.quick = true, true }, "-"},
		{"silence: sample", silent, nil, "PASV CONNECT sample"},
		{"sixteen in all", append(repeat(14, "PASV CONNECT sample silent"), silent...), func(v *view) { v.thorough, v.decided = true, true }, "-"},
		{"the command decides, not the port", append([]string{"EPSV LIST works", "PASV LIST refused"},
			append(repeat(6, "EPSV CONNECT sample works"), repeat(6, "PASV CONNECT sample refused")...)...), nil, "-"},
		{"aborted: no sampling", []string{"EPSV LIST aborted", "PASV LIST aborted"}, nil, "-"},
		{"a file on request", []string{"EPSV LIST works", "PASV CONNECT works"}, func(v *view) { v.file = "big" }, "EPSV RETR transfer big"},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := view{attempts: tried(c.tried...), peer: peer4, timeout: 5 * time.Second, rtt: 10 * time.Millisecond, syns: deadSYNs}
			if c.change != nil {
				c.change(&v)
			}
			if got := said(planPassive(v)); got != c.want {
				t.Errorf("next question %q, want %q", got, c.want)
			}
		})
	}
}

func TestPlanActive(t *testing.T) {
	for _, c := range []struct {
		name   string
		tried  []string
		change func(*view)
		want   string
	}{
		{"begins with EPRT", nil, nil, "EPRT LIST transfer"},
		{"works", []string{"EPRT LIST works"}, nil, "-"},
		{"EPRT refused", []string{"EPRT LIST unsupported"}, nil, "PORT LIST transfer"},
		{"EPRT refused over IPv6", []string{"EPRT LIST unsupported"}, func(v *view) { v.peer = peer6 }, "-"},
		{"nothing comes", []string{"EPRT LIST nothing"}, nil, "PORT LIST transfer fresh"},
		{"nothing comes, one connection", []string{"EPRT LIST nothing"}, func(v *view) { v.serial = true }, "-"},
		{"nothing comes, and no helper could read PORT", []string{"EPRT LIST nothing"}, func(v *view) { v.readable = false }, "-"},
		{"EPRT refused, and no helper could read PORT", []string{"EPRT LIST unsupported"}, func(v *view) { v.readable = false }, "PORT LIST transfer"},
		{"both refused", []string{"EPRT LIST unsupported", "PORT LIST unsupported"}, nil, "-"},
		{"both refused, seen as another", []string{"EPRT LIST unsupported", "PORT LIST unsupported"},
			func(v *view) { v.seenAs = netip.MustParseAddr("198.51.100.1") }, "PORT  seen-address"},
		{"both refused, seen as what was offered", []string{"EPRT LIST unsupported", "PORT LIST unsupported"},
			func(v *view) { v.seenAs = netip.MustParseAddr("10.0.0.2") }, "-"},
		{"aborted", []string{"EPRT LIST aborted"}, nil, "-"},
		{"a file on request", []string{"EPRT LIST works"}, func(v *view) { v.file = "big" }, "EPRT RETR transfer big"},
		{"LIST denied", []string{"EPRT LIST denied"}, nil, "EPRT NLST transfer"},
		{"all denied", []string{"EPRT LIST denied", "EPRT NLST denied", "EPRT MLSD denied"}, nil, "-"},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := view{attempts: tried(c.tried...), peer: peer4, timeout: 5 * time.Second, readable: true}
			if c.change != nil {
				c.change(&v)
			}
			if got := said(planActive(v)); got != c.want {
				t.Errorf("next question %q, want %q", got, c.want)
			}
		})
	}
}

func TestMayDial(t *testing.T) {
	for _, c := range []struct {
		ip, peer string
		want     bool
	}{
		{"198.51.100.9", "203.0.113.10", true},
		{"203.0.113.10", "203.0.113.10", false}, // the control host is no foreign address
		{"10.20.0.10", "203.0.113.10", false},
		{"10.20.0.10", "10.20.5.5", true}, // the peer's own /16
		{"10.21.0.10", "10.20.5.5", false},
		{"192.168.1.1", "203.0.113.10", false},
		{"100.64.0.1", "203.0.113.10", false},
		{"127.0.0.2", "127.0.0.1", false},
		{"198.51.100.9", "127.0.0.1", false},
		{"0.0.0.0", "203.0.113.10", false},
		{"0.1.2.3", "203.0.113.10", false},
		{"224.0.0.1", "203.0.113.10", false},
		{"240.0.0.1", "203.0.113.10", false},
		{"255.255.255.255", "203.0.113.10", false},
		{"169.254.1.1", "203.0.113.10", false},
		{"fe80::1", "2001:db8::1", false},
		{"fd00::1", "2001:db8::1", false},
		{"2001:db8:0:5::1", "2001:db8::1", true},
	} {
		if got := mayDial(netip.MustParseAddr(c.ip), netip.MustParseAddr(c.peer)); got != c.want {
			t.Errorf("mayDial(%s, peer %s) = %v, want %v", c.ip, c.peer, got, c.want)
		}
	}
}

func TestRefine(t *testing.T) {
	probed := func(open ...int) (out []evidence.PortProbe) {
		for _, port := range wellChosen {
			kind := evidence.KindTimedOut
			for _, o := range open {
				if o == port {
					kind = evidence.KindRefused
				}
			}
			out = append(out, evidence.PortProbe{Port: port, Kind: kind})
		}
		return out
	}
	for _, c := range []struct {
		open []int
		want string
	}{
		{nil, "[]"},
		{[]int{1024, 3000, 5000}, "[]"}, // 5000 answers, 5001 does not: nothing lies between
		{[]int{1024, 3000}, "[3400 3800 4200 4600]"},
		{[]int{49152, 65535}, "[]"},
		{[]int{65535}, "[52428 55704 58980 62256]"},
	} {
		if got := fmt.Sprint(refine(probed(c.open...))); got != c.want {
			t.Errorf("open %v: refine gives %s, want %s", c.open, got, c.want)
		}
	}
}
