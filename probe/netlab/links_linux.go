package netlab

import (
	"fmt"
	"slices"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// linkWait bounds the wait for a link, which takes milliseconds.
const linkWait = 10 * time.Second

// awaitLinks waits until the host's cables carry packets. What is sent before is
// lost, and a lost SYN is sent again only after a second.
func (h *Host) awaitLinks() error {
	return h.Do(func() error {
		for end := time.Now().Add(linkWait); ; time.Sleep(time.Millisecond) {
			up, err := linksUp()
			if err != nil {
				return err
			}
			down := slices.DeleteFunc(slices.Clone(h.cables), func(name string) bool { return up[name] })
			if len(down) == 0 {
				return nil
			}
			if time.Now().After(end) {
				return fmt.Errorf("links %v of %s are still down after %v", down, h.Name, linkWait)
			}
		}
	})
}

// linksUp names the links of the calling thread's network whose operational
// state is up. The flag IFF_RUNNING will not do: it is also set while the state
// is not known yet.
func linksUp() (map[string]bool, error) {
	table, err := syscall.NetlinkRIB(unix.RTM_GETLINK, unix.AF_UNSPEC)
	if err != nil {
		return nil, fmt.Errorf("list links: %w", err)
	}
	messages, err := syscall.ParseNetlinkMessage(table)
	if err != nil {
		return nil, fmt.Errorf("list links: %w", err)
	}
	const operstateUp = 6 // IF_OPER_UP of linux/if.h
	up := map[string]bool{}
	for _, m := range messages {
		if m.Header.Type != unix.RTM_NEWLINK {
			continue
		}
		attributes, err := syscall.ParseNetlinkRouteAttr(&m)
		if err != nil {
			return nil, fmt.Errorf("list links: %w", err)
		}
		name, state := "", byte(0)
		for _, a := range attributes {
			switch a.Attr.Type {
			case unix.IFLA_IFNAME:
				name = unix.ByteSliceToString(a.Value)
			case unix.IFLA_OPERSTATE:
				state = a.Value[0]
			}
		}
		up[name] = state == operstateUp
	}
	return up, nil
}
