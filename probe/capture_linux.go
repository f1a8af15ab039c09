package probe

import (
	"encoding/binary"
	"errors"
	"net/netip"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// Watcher sees connection requests arrive at this machine before its firewall
// does. A nil Watcher sees nothing.
type Watcher struct {
	mu    sync.Mutex
	fd    int // -1: closed
	first struct {
		from netip.AddrPort
		at   time.Time
	}
}

// Watch begins to look for TCP connection requests to a local port, over IPv4 and
// IPv6 on every interface. It must be called before the port is told to anyone.
// It needs the capability CAP_NET_RAW: the error, which is an fs.ErrPermission
// without it, says that no SYN can be seen and nothing more.
func Watch(port int) (*Watcher, error) {
	// With no protocol the socket gets nothing before the filter is in place.
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_DGRAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, os.NewSyscallError("socket", err)
	}
	if err := watch(fd, port); err != nil {
		unix.Close(fd)
		return nil, err
	}
	return &Watcher{fd: fd}, nil
}

func watch(fd, port int) error {
	program := synFilter(uint16(port))
	prog := unix.SockFprog{Len: uint16(len(program)), Filter: &program[0]}
	if err := unix.SetsockoptSockFprog(fd, unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, &prog); err != nil {
		return os.NewSyscallError("setsockopt", err)
	}
	if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TIMESTAMPNS_NEW, 1); err != nil {
		return os.NewSyscallError("setsockopt", err)
	}
	// Of all protocols: sockets for IP alone come behind the ingress hook, where a
	// firewall may drop too.
	if err := unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: bigEndian(unix.ETH_P_ALL)}); err != nil {
		return os.NewSyscallError("bind", err)
	}
	return nil
}

// bigEndian is n in the order of the network.
func bigEndian(n uint16) uint16 {
	return binary.NativeEndian.Uint16([]byte{byte(n >> 8), byte(n)})
}

// Instructions of classic BPF (linux/filter.h): A is its register, X its index.
const (
	loadByte   = unix.BPF_LD | unix.BPF_B | unix.BPF_ABS   // A = packet[K]
	loadHalf   = unix.BPF_LD | unix.BPF_H | unix.BPF_ABS   // A = packet[K:K+2]
	loadByteX  = unix.BPF_LD | unix.BPF_B | unix.BPF_IND   // A = packet[X+K]
	loadHalfX  = unix.BPF_LD | unix.BPF_H | unix.BPF_IND   // A = packet[X+K:X+K+2]
	headerLen  = unix.BPF_LDX | unix.BPF_B | unix.BPF_MSH  // X = 4 * (packet[K] & 0xf)
	setX       = unix.BPF_LDX | unix.BPF_W | unix.BPF_IMM  // X = K
	and        = unix.BPF_ALU | unix.BPF_AND | unix.BPF_K  // A &= K
	shiftRight = unix.BPF_ALU | unix.BPF_RSH | unix.BPF_K  // A >>= K
	ifEqual    = unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K  // skip Jt instructions if A == K, else Jf
	ifAny      = unix.BPF_JMP | unix.BPF_JSET | unix.BPF_K // skip Jt instructions if A & K != 0, else Jf
	skip       = unix.BPF_JMP | unix.BPF_JA                // skip K instructions
	pass       = unix.BPF_RET | unix.BPF_K                 // K bytes of the packet
)

// synFilter passes TCP segments to port with SYN and without ACK. The packet
// begins with its IP header. What is not the first fragment, or has IPv6 extension
// headers, does not pass: no SYN comes so.
func synFilter(port uint16) []unix.SockFilter {
	const (
		syn, ack     = 0x02, 0x10
		ip6HeaderLen = 40
		wholePacket  = 0xffff
	)
	return []unix.SockFilter{
		0: {Code: loadByte, K: 0}, // version
		1: {Code: shiftRight, K: 4},
		2: {Code: ifEqual, K: 4, Jt: 1},
		3: {Code: ifEqual, K: 6, Jt: 6, Jf: 15},

		4: {Code: loadByte, K: 9}, // protocol
		5: {Code: ifEqual, K: unix.IPPROTO_TCP, Jf: 13},
		6: {Code: loadHalf, K: 6}, // fragment offset
		7: {Code: ifAny, K: 0x1fff, Jt: 11},
		8: {Code: headerLen, K: 0},
		9: {Code: skip, K: 3},

		10: {Code: loadByte, K: 6}, // next header
		11: {Code: ifEqual, K: unix.IPPROTO_TCP, Jf: 7},
		12: {Code: setX, K: ip6HeaderLen},

		13: {Code: loadHalfX, K: 2}, // destination port
		14: {Code: ifEqual, K: uint32(port), Jf: 4},
		15: {Code: loadByteX, K: 13}, // flags
		16: {Code: and, K: syn | ack},
		17: {Code: ifEqual, K: syn, Jf: 1},
		18: {Code: pass, K: wholePacket},
		19: {Code: pass, K: 0},
	}
}

// SYN is the first connection request that came: its source, and when it came; ok
// is false where none came yet. It does not wait.
func (w *Watcher) SYN() (from netip.AddrPort, at time.Time, ok bool) {
	if w == nil {
		return netip.AddrPort{}, time.Time{}, false
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for w.fd >= 0 && !w.first.from.IsValid() {
		var packet [128]byte
		var oob [64]byte
		n, oobn, _, link, err := unix.Recvmsg(w.fd, packet[:], oob[:], 0)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil {
			break // none in the queue; an interface that went down is no reason to say more
		}
		if l, ok := link.(*unix.SockaddrLinklayer); ok && l.Pkttype == unix.PACKET_OUTGOING {
			continue // on its way out, to the same port elsewhere
		}
		if from, ok := sourceOf(packet[:n]); ok {
			w.first.from, w.first.at = from, stampOf(oob[:oobn])
		}
	}
	return w.first.from, w.first.at, w.first.from.IsValid()
}

// Close ends the watch. What SYN has given stays known.
func (w *Watcher) Close() error {
	if w == nil {
		return nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.fd < 0 {
		return nil
	}
	defer func() { w.fd = -1 }()
	return os.NewSyscallError("close", unix.Close(w.fd))
}

// stampOf is when the system got a packet; now, where it does not say.
func stampOf(oob []byte) time.Time {
	messages, err := unix.ParseSocketControlMessage(oob)
	if err != nil {
		return time.Now()
	}
	for _, m := range messages {
		if m.Header.Level == unix.SOL_SOCKET && m.Header.Type == unix.SO_TIMESTAMPNS_NEW && len(m.Data) >= 16 {
			return time.Unix(int64(binary.NativeEndian.Uint64(m.Data)), int64(binary.NativeEndian.Uint64(m.Data[8:])))
		}
	}
	return time.Now()
}

// sourceOf is the source of a TCP segment with its IP header.
func sourceOf(p []byte) (from netip.AddrPort, ok bool) {
	if len(p) < 20 {
		return netip.AddrPort{}, false
	}
	addr, header := netip.AddrFrom4([4]byte(p[12:16])), int(p[0]&0xf)*4
	if p[0]>>4 == 6 {
		if len(p) < 40 {
			return netip.AddrPort{}, false
		}
		addr, header = netip.AddrFrom16([16]byte(p[8:24])), 40
	}
	if len(p) < header+2 {
		return netip.AddrPort{}, false
	}
	return netip.AddrPortFrom(addr, binary.BigEndian.Uint16(p[header:])), true
}
