//go:build linux

package netlab

import (
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// packet is what is counted of a TCP packet.
type packet struct {
	from, to           netip.AddrPort
	ttl                int
	syn, ack, fin, rst bool
	seq                uint32
	text               string // what its payload begins with
}

const (
	snapLength    = 256
	captureBuffer = 8 << 20
	// What is last on the wire is on its way to us.
	settle = 50 * time.Millisecond
)

// capture takes down the TCP packets on the client's link, in order; the function
// that it returns ends that. It costs no process, so that every scenario can be
// counted.
func (st *stage) capture(t *testing.T) func() []packet {
	t.Helper()
	var file *os.File
	err := st.lab.Client.Do(func() (err error) {
		file, err = packetSocket("eth0")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { file.Close() })
	seen := make(chan []packet, 1)
	go func() {
		var all []packet
		for buf := make([]byte, snapLength); ; {
			n, err := file.Read(buf)
			if err != nil {
				seen <- all
				return
			}
			if p, ok := readPacket(buf[:n]); ok {
				all = append(all, p)
			}
		}
	}()
	return func() []packet {
		_ = file.SetReadDeadline(time.Now().Add(settle + 2*st.net.Delay))
		all := <-seen
		if lost, err := lostPackets(file); lost > 0 || err != nil {
			t.Errorf("the capture lost %d packets (%v)", lost, err)
		}
		return all
	}
}

// packetSocket gives the packets on a link of the calling thread's network as
// they begin with the IP header.
func packetSocket(link string) (*os.File, error) {
	eth, err := net.InterfaceByName(link)
	if err != nil {
		return nil, err
	}
	// Without a protocol it takes nothing before it is set up.
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_DGRAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("open a packet socket: %w", err)
	}
	everything := binary.BigEndian.Uint16(binary.NativeEndian.AppendUint16(nil, unix.ETH_P_ALL))
	for _, step := range []func() error{
		func() error { return unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, captureBuffer) },
		func() error {
			return unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: everything, Ifindex: eth.Index})
		},
	} {
		if err := step(); err != nil {
			unix.Close(fd)
			return nil, fmt.Errorf("set a packet socket up: %w", err)
		}
	}
	return os.NewFile(uintptr(fd), link), nil
}

func lostPackets(file *os.File) (lost uint32, err error) {
	raw, err := file.SyscallConn()
	if err != nil {
		return 0, err
	}
	var stats *unix.TpacketStats
	failed := raw.Control(func(fd uintptr) {
		stats, err = unix.GetsockoptTpacketStats(int(fd), unix.SOL_PACKET, unix.PACKET_STATISTICS)
	})
	if failed != nil || err != nil {
		return 0, fmt.Errorf("ask for the packets that were lost: %v, %w", failed, err)
	}
	return stats.Drops, nil
}

// readPacket takes a TCP packet apart; ok is false for everything else.
func readPacket(b []byte) (p packet, ok bool) {
	var from, to []byte
	switch {
	case len(b) >= 20 && b[0]>>4 == 4 && b[9] == unix.IPPROTO_TCP:
		p.ttl, from, to = int(b[8]), b[12:16], b[16:20]
		b = b[min(len(b), int(b[0]&15)*4):]
	case len(b) >= 40 && b[0]>>4 == 6 && b[6] == unix.IPPROTO_TCP:
		p.ttl, from, to = int(b[7]), b[8:24], b[24:40]
		b = b[40:]
	}
	if len(b) < 20 || from == nil {
		return packet{}, false
	}
	end := func(ip, port []byte) netip.AddrPort {
		addr, _ := netip.AddrFromSlice(ip)
		return netip.AddrPortFrom(addr, binary.BigEndian.Uint16(port))
	}
	p.from, p.to = end(from, b[0:2]), end(to, b[2:4])
	p.seq = binary.BigEndian.Uint32(b[4:8])
	p.fin, p.syn, p.rst, p.ack = b[13]&1 != 0, b[13]&2 != 0, b[13]&4 != 0, b[13]&16 != 0
	p.text = string(b[min(len(b), int(b[12]>>4)*4):])
	return p, true
}
