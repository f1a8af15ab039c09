package probe

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"
	"time"

	"ftpdiag/probe/evidence"
)

// pretend is a row of routers with a host at its end, and a device on the way
// that does something to packets for the dead port. It has a clock of its own.
type pretend struct {
	host   int                   // its distance
	rtt    time.Duration         // to the host
	known  bool                  // the walk is told the round-trip time
	mute   map[int]bool          // routers that never say that a packet expired
	ready  map[int]time.Duration // when routers at their limit may speak again
	device int                   // its distance; that of the host: its own firewall, or no listener
	early  bool                  // it looks at a packet before it looks at its TTL
	does   hopOutcome            // what it answers
	ttl    [2]int                // the first TTL of what the device and the host send
	detour int                   // hops that the host's way back is longer
	lose   func() bool           // whether a packet gets lost; nil: none does

	accepted int // SYN-ACKs from the host
	arrived  int // requests for the dead port that could go as far as the host
}

// addr is the address at a distance.
func (p *pretend) addr(distance int) netip.Addr {
	if distance == p.host {
		return netip.MustParseAddr("203.0.113.10")
	}
	return netip.AddrFrom4([4]byte{192, 0, 2, byte(distance)})
}

// answer is what comes back to a request, from how far; nothing, if nothing does.
func (p *pretend) answer(a hopAsk, at time.Duration) (e hopEcho, distance int) {
	reach := a.ttl
	if reach == 0 {
		reach = 64
	}
	end, does, first := p.host, echoOpen, p.ttl[1]
	if a.to == toDead {
		end, does, first = p.device, p.does, p.ttl[0]
	}
	if a.to == toDead && reach >= p.host {
		p.arrived++
	}
	need := end
	if a.to == toDead && end < p.host && !p.early {
		need = end + 1
	}
	if reach < need {
		if p.mute[reach] || a.replyTTL > 1 || !p.speaks(reach, at) {
			return hopEcho{}, 0
		}
		return hopEcho{what: echoExpired, from: p.addr(reach)}, reach
	}
	left := first - (end - 1)
	if end == p.host {
		left -= p.detour
	}
	if left < a.replyTTL || p.lose != nil && p.lose() || does == echoRefused && !p.speaks(end, at) {
		return hopEcho{}, 0
	}
	if does == echoOpen {
		p.accepted++
	}
	return hopEcho{what: does, from: p.addr(end), icmp: "admin-prohibited"}, end
}

// speaks tells whether a router that is at its limit may send an ICMP message.
func (p *pretend) speaks(distance int, at time.Duration) bool {
	ready, limited := p.ready[distance]
	if limited && at < ready {
		return false
	}
	if limited {
		p.ready[distance] = at + time.Second
	}
	return true
}

// walk carries a walk out and says how long it took.
func (p *pretend) walk(controlIsDead bool) (w *hopwalk, took time.Duration) {
	cfg := LocateConfig{
		Dead: netip.AddrPortFrom(p.addr(p.host), 50000), Control: netip.AddrPortFrom(p.addr(p.host), 21),
		DeadIsControl: controlIsDead, Refused: p.does != echoNothing,
	}
	if p.known {
		cfg.RTT = p.rtt
	}
	w = newHopwalk(cfg)
	w.local = netip.MustParseAddr("10.0.0.1")
	type packet struct {
		ask  hopAsk
		at   time.Duration // it is there
		echo hopEcho       // nothing: a request
	}
	var under []packet // way
	const tick = 5 * time.Millisecond
	for now := time.Duration(0); ; now += tick {
		var later []packet
		for _, c := range under {
			switch {
			case c.at > now || w.fate(c.ask).what != echoNothing:
				later = append(later, c)
			case c.echo.what != echoNothing:
				w.heard(c.ask, c.at, c.echo)
			default:
				if e, distance := p.answer(c.ask, c.at); e.what != echoNothing {
					later = append(later, packet{c.ask, c.at + p.rtt*time.Duration(distance)/time.Duration(p.host), e})
				}
			}
		}
		under = later
		asks := w.next(now)
		for _, a := range asks {
			w.sent(a, now)
			under = append(under, packet{ask: a, at: now})
			if !w.reaches(a) {
				under = append(under, packet{ask: a, at: now + walkResent})
			}
		}
		if len(asks) == 0 && w.over(now) {
			return w, now
		}
	}
}

// String says what the path is like.
func (p *pretend) String() string {
	return fmt.Sprintf("host at %d, %v (known: %v), device at %d (early: %v) does %d, TTLs %v%+d, mute %v, ready %v",
		p.host, p.rtt, p.known, p.device, p.early, p.does, p.ttl, -p.detour, p.mute, p.ready)
}

// random is some path.
func random(r *rand.Rand) *pretend {
	first := []int{64, 128, 255}
	p := &pretend{
		host:  1 + r.IntN(25),
		rtt:   time.Duration(r.IntN(150)) * time.Millisecond,
		known: r.IntN(2) == 0,
		does:  []hopOutcome{echoNothing, echoReset, echoRefused}[r.IntN(3)],
		mute:  map[int]bool{},
		ready: map[int]time.Duration{},
	}
	p.ttl[1] = first[r.IntN(3)]
	p.ttl[0] = first[r.IntN(3)]
	p.device = 1 + r.IntN(p.host)
	p.early = p.device < p.host && r.IntN(4) == 0
	if p.device == p.host {
		p.ttl[0] = p.ttl[1]
		p.detour = max(r.IntN(7)-3, 1-p.host)
	}
	for d := 1; d < p.host; d++ {
		switch r.IntN(10) {
		case 0, 1:
			p.mute[d] = true
		case 2:
			p.ready[d] = time.Duration(r.IntN(1000)) * time.Millisecond
		}
	}
	return p
}

// hopsAreRight tells whether the hops are the routers that answer for what gets no
// further than end. One that is at its limit may be missing.
func (p *pretend) hopsAreRight(got []evidence.Hop, end int, early bool) bool {
	seen := map[int]bool{}
	for _, h := range got {
		d := h.Distance
		if h.IP != p.addr(d).String() || p.mute[d] || d > end || d >= p.host || early && d == end {
			return false
		}
		seen[d] = true
	}
	for d := 1; d <= end && d < p.host; d++ {
		if _, limited := p.ready[d]; !seen[d] && !limited && !p.mute[d] && !(early && d == end) {
			return false
		}
	}
	return true
}

func TestWalkOnPretendedPaths(t *testing.T) {
	t.Parallel()
	cut := 0
	for i := range uint64(400) {
		p := random(rand.New(rand.NewPCG(i, 7)))
		w, took := p.walk(false)
		if took > walkLimit {
			t.Errorf("%d: %v: it took %v", i, p, took)
		}
		if p.accepted > walkMostOpen {
			t.Errorf("%d: %v: %d connections to the control port", i, p, p.accepted)
		}
		if most := map[hopOutcome]int{echoNothing: 1, echoReset: 5, echoRefused: 4}[p.does]; p.arrived > most {
			t.Errorf("%d: %v: %d requests for the dead port arrived, at most %d", i, p, p.arrived, most)
		}
		wrong := p.judge(w.walk(), w.hops(toControl))
		_, limited := p.ready[p.device]
		switch {
		case wrong == "":
		case limited && p.does == echoRefused:
			cut++ // whoever refuses has no message left to say so
		case took == walkLimit && p.rtt > 50*time.Millisecond:
			cut++ // mute routers far away
		default:
			t.Errorf("%d: %v: %s", i, p, wrong)
		}
	}
	if cut > 12 {
		t.Errorf("%d walks of 400 had not enough time", cut)
	}
}

// judge says what is wrong with a walk; "": nothing.
func (p *pretend) judge(got evidence.Walk, route []evidence.Hop) string {
	if got.HostDistance == nil || *got.HostDistance != p.host {
		return fmt.Sprintf("the host is at %v", got.HostDistance)
	}
	if !p.hopsAreRight(got.Hops, p.device, p.early) {
		return fmt.Sprintf("hops %v", got.Hops)
	}
	if !p.hopsAreRight(route, p.host, false) {
		return fmt.Sprintf("route %v", route)
	}
	return p.judgeAnswer(got, route)
}

func (p *pretend) judgeAnswer(got evidence.Walk, route []evidence.Hop) string {
	want := map[hopOutcome]string{echoNothing: AnswerSilence, echoReset: AnswerReset, echoRefused: AnswerICMP}[p.does]
	if got.Answer != want || (got.ICMP == "admin-prohibited") != (p.does == echoRefused) {
		return fmt.Sprintf("answer %q %q, want %q", got.Answer, got.ICMP, want)
	}
	if p.does == echoNothing {
		if got.AnswerFrom != nil {
			return fmt.Sprintf("silence from %v", *got.AnswerFrom)
		}
		return ""
	}
	if p.does == echoReset {
		if *got.AnswerFrom != (evidence.Hop{Distance: p.device}) {
			return fmt.Sprintf("reset from %v", *got.AnswerFrom)
		}
		return ""
	}
	low, high := p.device, p.device
	if shown := func(h evidence.Hop) bool { return h.Distance == p.device }; p.device < p.host &&
		!slices.ContainsFunc(got.Hops, shown) && !slices.ContainsFunc(route, shown) {
		low, high = 1, p.host-1 // it is anywhere behind the last that answered
		for _, h := range got.Hops {
			low = h.Distance + 1
		}
	}
	if d := got.AnswerFrom.Distance; d < low || d > high || got.AnswerFrom.IP != p.addr(p.device).String() {
		return fmt.Sprintf("refused by %v", *got.AnswerFrom)
	}
	return ""
}

// Where one packet in ten gets lost, things are missed; but hardly ever is
// somebody on the way blamed for what the host does.
func TestWalkBlamesNobodyForLoss(t *testing.T) {
	t.Parallel()
	blamed := 0
	for i := range uint64(400) {
		r := rand.New(rand.NewPCG(i, 11))
		p := random(r)
		p.device, p.does, p.early, p.ttl[0] = p.host, echoReset, false, p.ttl[1]
		p.lose = func() bool { return r.IntN(10) == 0 }
		w, took := p.walk(false)
		if took > walkLimit {
			t.Errorf("%d: %v: it took %v", i, p, took)
		}
		if got := w.walk(); got.HostDistance != nil && *got.HostDistance == p.host && got.AnswerFrom != nil && got.AnswerFrom.Distance < p.host {
			t.Logf("%d: %v: the RST is from %d", i, p, got.AnswerFrom.Distance)
			blamed++
		}
	}
	if blamed > 6 {
		t.Errorf("%d of 400 walks blame somebody on the way", blamed)
	}
}

func TestWalkToADeadControlPort(t *testing.T) {
	t.Parallel()
	for i := range uint64(150) {
		p := random(rand.New(rand.NewPCG(i, 13)))
		p.rtt /= 4
		w, took := p.walk(true)
		got := w.walk()
		if took > walkLimit {
			t.Errorf("%d: %v: it took %v", i, p, took)
		}
		if p.accepted > 0 || len(w.hops(toControl)) > 0 || !got.Control {
			t.Errorf("%d: %v: asked for the control port", i, p)
		}
		if !p.hopsAreRight(got.Hops, p.device, p.early) {
			t.Errorf("%d: %v: hops %v", i, p, got.Hops)
		}
		if byHost := p.does == echoRefused && p.device == p.host; byHost != (got.HostDistance != nil) {
			t.Errorf("%d: %v: the host is at %v", i, p, got.HostDistance)
		}
		// What the way to the control port tells is missing here: how long the host's
		// way back is, and whose address it is that refuses before it looks at a TTL.
		if wrong := p.judgeAnswer(got, nil); wrong != "" && (p.does != echoReset || p.detour == 0) && !p.early {
			t.Errorf("%d: %v: %s", i, p, wrong)
		}
	}
}

// A port that connects after all is not judged, and not asked for again and again.
func TestWalkToALivingPort(t *testing.T) {
	p := &pretend{host: 7, rtt: 20 * time.Millisecond, device: 7, does: echoOpen, ttl: [2]int{64, 64}}
	w, took := p.walk(false)
	got := w.walk()
	if got.Answer != "" || got.AnswerFrom != nil || got.HostDistance == nil || *got.HostDistance != 7 {
		t.Errorf("got %+v, want a distance of 7 and no answer", got)
	}
	if took > 500*time.Millisecond || p.accepted > walkMostOpen {
		t.Errorf("it took %v and %d connections", took, p.accepted)
	}
}

func TestParseExtendedError(t *testing.T) {
	message := func(origin, kind, code byte, sender ...byte) []byte {
		return append([]byte{113, 0, 0, 0, origin, kind, code, 0, 0, 0, 0, 0, 0, 0, 0, 0}, sender...)
	}
	native := func(family uint16) []byte {
		return binary.NativeEndian.AppendUint16(nil, family)
	}
	four := append(native(2), 0, 0, 192, 0, 2, 1, 0, 0, 0, 0, 0, 0, 0, 0)
	addr6 := netip.MustParseAddr("2001:db8::1").As16()
	six := append(append(append(native(10), 0, 0, 0, 0, 0, 0), addr6[:]...), 0, 0, 0, 0)
	none := append(native(0), make([]byte, 30)...)
	tests := []struct {
		name string
		in   []byte
		want hopEcho
	}{
		{"time exceeded", message(2, 11, 0, four...), hopEcho{what: echoExpired, from: netip.MustParseAddr("192.0.2.1")}},
		{"time exceeded, IPv6", message(3, 3, 0, six...), hopEcho{what: echoExpired, from: netip.MustParseAddr("2001:db8::1")}},
		{"host-prohibited", message(2, 3, 10, four...), hopEcho{what: echoRefused, from: netip.MustParseAddr("192.0.2.1"), icmp: "host-prohibited"}},
		{"admin-prohibited, IPv6", message(3, 1, 1, six...), hopEcho{what: echoRefused, from: netip.MustParseAddr("2001:db8::1"), icmp: "admin-prohibited"}},
		{"a new code", message(2, 3, 77, four...), hopEcho{what: echoRefused, from: netip.MustParseAddr("192.0.2.1"), icmp: "code-77"}},
		{"a local error", message(1, 0, 0, four...), hopEcho{}},
		{"another type", message(2, 4, 0, four...), hopEcho{}},
		{"no sender", message(2, 11, 0, none...), hopEcho{}},
		{"cut", message(3, 3, 0, six...)[:30], hopEcho{}},
		{"short", []byte{1, 2, 3}, hopEcho{}},
		{"nothing", nil, hopEcho{}},
	}
	for _, tt := range tests {
		if got := parseExtendedError(tt.in); got != tt.want {
			t.Errorf("%s: got %+v, want %+v", tt.name, got, tt.want)
		}
	}
}

func FuzzParseExtendedError(f *testing.F) {
	f.Add([]byte{113, 0, 0, 0, 2, 11, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 192, 0, 2, 1})
	f.Add([]byte{113, 0, 0, 0, 3, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 10, 0, 0, 0, 0, 0, 0, 0, 32, 1, 13, 184, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1})
	f.Fuzz(func(t *testing.T, b []byte) {
		e := parseExtendedError(b)
		if (e.what != echoNothing) != e.from.IsValid() || (e.what == echoRefused) != (e.icmp != "") {
			t.Fatalf("%v is read as %+v", b, e)
		}
	})
}
