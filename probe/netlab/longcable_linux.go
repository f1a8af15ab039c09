package netlab

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// layLongCable joins the gateways by two TUN devices, whose packets this process
// carries from one to the other after a delay. The kernel's own way, netem, is
// not everywhere.
func (l *Lab) layLongCable() error {
	a, err := l.ClientGateway.tun("wan")
	if err != nil {
		return err
	}
	b, err := l.ServerGateway.tun("wan")
	if err != nil {
		return errors.Join(err, a.Close())
	}
	var carriers sync.WaitGroup
	carriers.Go(func() { carry(b, a, l.plan.Delay) })
	carriers.Go(func() { carry(a, b, l.plan.Delay) })
	l.Server.stop = append(l.Server.stop, func() {
		a.Close()
		b.Close()
		carriers.Wait()
	})
	return nil
}

// tun makes a TUN device of the host; packets are read from and written to it.
func (h *Host) tun(name string) (*os.File, error) {
	var file *os.File
	err := h.Do(func() error {
		fd, err := unix.Open("/dev/net/tun", unix.O_RDWR|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
		if err != nil {
			return fmt.Errorf("open /dev/net/tun: %w", err)
		}
		request, err := unix.NewIfreq(name)
		if err != nil {
			return err
		}
		request.SetUint16(unix.IFF_TUN | unix.IFF_NO_PI)
		if err := unix.IoctlIfreq(fd, unix.TUNSETIFF, request); err != nil {
			return errors.Join(fmt.Errorf("make a TUN device: %w", err), unix.Close(fd))
		}
		file = os.NewFile(uintptr(fd), "/dev/net/tun")
		return nil
	})
	return file, err
}

// carry brings packets from one device to the other until the first is closed.
func carry(to, from *os.File, delay time.Duration) {
	type packet struct {
		due   time.Time
		bytes []byte
	}
	line := make(chan packet, 4096)
	var delivery sync.WaitGroup
	delivery.Go(func() {
		for p := range line {
			time.Sleep(time.Until(p.due))
			_, _ = to.Write(p.bytes) // closed, or down: the packet is lost
		}
	})
	for buf := make([]byte, 1<<16); ; {
		n, err := from.Read(buf)
		if errors.Is(err, os.ErrClosed) {
			break
		}
		if err != nil {
			time.Sleep(time.Millisecond) // EIO while the device is not up
			continue
		}
		select {
		case line <- packet{time.Now().Add(delay), append([]byte(nil), buf[:n]...)}:
		default: // the line is full: the packet is lost
		}
	}
	close(line)
	delivery.Wait()
}
