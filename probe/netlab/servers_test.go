//go:build linux

package netlab

import (
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

func proftpd(options ...option) realserver.Config   { return configured(realserver.ProFTPD, options) }
func pureftpd(options ...option) realserver.Config  { return configured(realserver.PureFTPd, options) }
func pyftpdlib(options ...option) realserver.Config { return configured(realserver.Pyftpdlib, options) }

func passivePorts(low, high int) option {
	return func(c *realserver.Config) { c.PassiveLow, c.PassiveHigh = low, high }
}

// announces is the address in the reply to PASV.
func announces(ip string) option { return func(c *realserver.Config) { c.PassiveAddress = ip } }
func onPort(port int) option     { return func(c *realserver.Config) { c.Port = port } }
func noPassive() option          { return func(c *realserver.Config) { c.NoPassive = true } }
func noActive() option           { return func(c *realserver.Config) { c.NoActive = true } }
func maxPerIP(n int) option      { return func(c *realserver.Config) { c.MaxPerIP = n } }

func fromPort20(t realserver.Toggle) option {
	return func(c *realserver.Config) { c.FromPort20 = t }
}

func dataTimeout(seconds int) option {
	return func(c *realserver.Config) { c.DataTimeout = time.Duration(seconds) * time.Second }
}

func extra(lines ...string) option {
	return func(c *realserver.Config) { c.Extra = append(c.Extra, lines...) }
}

// The range that most scenarios use, as a configuration and as nft writes it.
const portRange = "50000-50099"

func usualPorts() option { return passivePorts(50000, 50099) }
