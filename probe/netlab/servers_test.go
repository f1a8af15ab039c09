//go:build linux

package netlab

import (
	"net/netip"
	"strconv"
	"time"

	"ftpdiag/probe/realserver"
)

// option changes a server's configuration.
type option func(*realserver.Config)

func configured(p realserver.Product, options []option) realserver.Config {
	c := realserver.Config{Product: p}
	for _, o := range options {
		o(&c)
	}
	return c
}

func vsftpd(options ...option) realserver.Config {
	// As Debian's configuration has it, and in most howtos.
	return configured(realserver.Vsftpd, append([]option{fromPort20(realserver.On), dataTimeout(10)}, options...))
}

func proftpd(options ...option) realserver.Config  { return configured(realserver.ProFTPD, options) }
func pureftpd(options ...option) realserver.Config { return configured(realserver.PureFTPd, options) }

// pyftpdlib 1.5.7 closes the listener of a passive data connection twice, and
// the second time takes another connection, which has got the same descriptor
// meanwhile, out of its event loop: that one waits for ever. It was seen with
// seven clients at once, and can be with two.
func pyftpdlib(options ...option) realserver.Config {
	return configured(realserver.Pyftpdlib, append([]option{extra(
		"import pyftpdlib.ioloop",
		"def del_channel(self, map=None):\n"+
			"    if self._fileno is not None and self.ioloop.socket_map.get(self._fileno) is self:\n"+
			"        self.ioloop.unregister(self._fileno)",
		"pyftpdlib.ioloop.AsyncChat.del_channel = del_channel",
	)}, options...))
}

func passivePorts(low, high int) option {
	return func(c *realserver.Config) { c.PassiveLow, c.PassiveHigh = low, high }
}

// announces is the address in the reply to PASV. vsftpd heeds it only where it
// listens on IPv4: on its IPv6 socket it says 0,0,0,0 to clients of IPv4.
func announces(ip string) option {
	return func(c *realserver.Config) {
		c.PassiveAddress = ip
		if !c.Address.IsValid() && c.Product == realserver.Vsftpd {
			c.Address = netip.IPv4Unspecified()
		}
	}
}

// onIPv6 listens on the IPv6 socket that serves both families.
func onIPv6() option         { return func(c *realserver.Config) { c.Address = netip.IPv6Unspecified() } }
func onPort(port int) option { return func(c *realserver.Config) { c.Port = port } }
func noPassive() option      { return func(c *realserver.Config) { c.NoPassive = true } }
func noActive() option       { return func(c *realserver.Config) { c.NoActive = true } }
func maxPerIP(n int) option  { return func(c *realserver.Config) { c.MaxPerIP = n } }

func noAnonymous() option { return func(c *realserver.Config) { c.NoAnonymous = true } }

// at is the address that the server listens on.
func at(ip string) option {
	return func(c *realserver.Config) { c.Address = netip.MustParseAddr(ip) }
}

func fromPort20(t realserver.Toggle) option {
	return func(c *realserver.Config) { c.FromPort20 = t }
}

func dataTimeout(seconds int) option {
	return func(c *realserver.Config) { c.DataTimeout = time.Duration(seconds) * time.Second }
}

func extra(lines ...string) option {
	return func(c *realserver.Config) { c.Extra = append(c.Extra, lines...) }
}

// offers makes pyftpdlib offer these ports in turn.
func offers(ports string) option {
	return func(c *realserver.Config) {
		inTurn(0, 0, 1)(c)
		c.Extra = append(c.Extra, "handler.passive_ports = ["+ports+"]")
	}
}

// The range that most scenarios use, as a configuration and as nft writes it.
const portRange = "50000-50099"

func usualPorts() option { return passivePorts(50000, 50099) }

// inTurn makes pyftpdlib offer the ports of a range in a fixed order: every
// stride-th of them. Chance has no place in a test of what happens on some ports.
func inTurn(low, high, stride int) option {
	return func(c *realserver.Config) {
		c.PassiveLow, c.PassiveHigh = low, high
		c.Extra = append(c.Extra,
			"import itertools, types, pyftpdlib.handlers",
			"turns = itertools.count()",
			"pyftpdlib.handlers.random = types.SimpleNamespace(randint=lambda low, high: next(turns) * "+
				strconv.Itoa(stride)+" % (high + 1))",
		)
	}
}
