package probe

import (
	"net"
	"net/netip"
	"testing"
)

// sameFirst gives the same port until it is taken, as a system may.
type sameFirst struct{ port uint16 }

func (s *sameFirst) ListenTCP(local netip.AddrPort) (net.Listener, error) {
	if local.Port() == 0 && s.port != 0 {
		if l, err := net.Listen("tcp", netip.AddrPortFrom(local.Addr(), s.port).String()); err == nil {
			return l, nil
		}
	}
	l, err := net.Listen("tcp", local.String())
	if err == nil {
		s.port = hostOf(l.Addr()).Port()
	}
	return l, err
}

// A port that served once is not offered again while there is another: vsftpd and
// Pure-FTPd, still dialling it from port 20, answer 425 "Cannot assign requested
// address".
func TestNoPortServesTwice(t *testing.T) {
	r := &run{cfg: Config{Listener: &sameFirst{}}, listened: map[uint16]bool{}}
	tr := &trial{session: &session{run: r, local: netip.MustParseAddrPort("127.0.0.1:40000")}}
	seen := map[uint16]bool{}
	for range 3 {
		l, err := tr.listen()
		if err != nil {
			t.Fatal(err)
		}
		l.Listener.Close()
		if port := l.addr.Port(); seen[port] {
			t.Errorf("port %d served twice", port)
		} else {
			seen[port] = true
		}
	}
}

func TestPortsToListen(t *testing.T) {
	r := &run{cfg: Config{ActivePorts: PortRange{2001, 2003}}, listened: map[uint16]bool{2001: true}}
	if got := r.portsToListen(); len(got) != 3 || got[0] != 2002 || got[2] != 2001 {
		t.Errorf("%v, want 2002, 2003, and 2001 last", got)
	}
}
