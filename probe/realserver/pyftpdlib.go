package realserver

import (
	_ "embed"
	"encoding/json"
	"time"
)

// pyftpdlib is a library; this program makes a server of it.
//
//go:embed pyftpdlib_server.py
var pyftpdlibProgram []byte

// pyftpdlibConfig is what the program reads.
type pyftpdlibConfig struct {
	Address, Root              string
	Port, ID                   int
	Greeting, PassiveAddress   string
	PassiveLow, PassiveHigh    int
	MaxPerIP, MaxClients       int
	DataTimeout                int
	Anonymous, Listing         bool
	Deny, Extra                []string
	Users                      []pyftpdlibUser
	CertFile, KeyFile          string
	TLS, Implicit              bool
	RequireTLS, RequireTLSData bool
}

type pyftpdlibUser struct{ Name, Password, Home string }

func (c Config) pyftpdlib(box sandbox) ([]string, error) {
	err := c.unsupported(
		option{"FromPort20", c.FromPort20 == On}, // it runs without root
		option{"RequireReuse", c.TLS != nil && c.TLS.RequireReuse},
	)
	if err != nil {
		return nil, err
	}
	p := pyftpdlibConfig{
		Address: c.Address.String(), Root: anonymousRoot, Port: c.Port, ID: ftpID,
		Greeting: c.Greeting, PassiveAddress: c.PassiveAddress,
		PassiveLow: c.PassiveLow, PassiveHigh: c.PassiveHigh,
		MaxPerIP: c.MaxPerIP, MaxClients: c.MaxClients,
		DataTimeout: int(c.DataTimeout / time.Second),
		Anonymous:   !c.NoAnonymous, Listing: !c.NoListing,
		Deny: c.pyftpdlibDeny(), Extra: c.Extra,
	}
	for _, u := range c.Users {
		p.Users = append(p.Users, pyftpdlibUser{u.Name, u.Password, homes + "/" + u.Name})
	}
	if t := c.TLS; t != nil {
		p.TLS, p.Implicit, p.RequireTLS, p.RequireTLSData = true, t.Implicit, t.Require, t.RequireData
		p.CertFile, p.KeyFile = t.CertFile, t.KeyFile
	}
	text, err := json.Marshal(p)
	if err != nil {
		return nil, err
	}
	if err := writeFile(box.conf("pyftpdlib.json"), text, 0o600); err != nil {
		return nil, err
	}
	program := box.conf("pyftpdlib_server.py")
	return []string{python, "-I", "-B", program, box.conf("pyftpdlib.json")}, writeFile(program, pyftpdlibProgram, 0o600)
}

func (c Config) pyftpdlibDeny() []string {
	deny := append([]string(nil), c.Deny...)
	if c.NoPassive {
		deny = append(deny, "PASV", "EPSV")
	}
	if c.NoActive {
		deny = append(deny, "PORT", "EPRT")
	}
	return deny
}
