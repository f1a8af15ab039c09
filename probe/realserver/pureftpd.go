package realserver

import (
	"fmt"
	"strings"
)

// pureftpd makes a command line: Pure-FTPd has no configuration file.
func (c Config) pureftpd(sandbox) ([]string, error) {
	err := c.unsupported(
		option{"Greeting", c.Greeting != ""},
		option{"Deny", len(c.Deny) > 0},
		option{"NoActive", c.NoActive},
		option{"NoListing", c.NoListing},
		option{"FromPort20 off", c.FromPort20 == Off}, // it always tries low ports first
		option{"DataTimeout", c.DataTimeout > 0},      // its idle time counts in minutes
		option{"implicit TLS", c.TLS != nil && c.TLS.Implicit},
		option{"RequireReuse", c.TLS != nil && c.TLS.RequireReuse},
	)
	address := ""
	if !c.Address.IsUnspecified() {
		address = c.Address.String()
	}
	argv := lines{
		binary("pure-ftpd"),
		"-S", fmt.Sprintf("%s,%d", address, c.Port),
		"-H",                       // no name lookup
		"-g", "/run/pure-ftpd.pid", // in the sandbox
		"-l", "unix",
		"-u", "1", // any account may log in
	}
	argv.addIf(c.PassiveLow > 0, fmt.Sprintf("-p%d:%d", c.PassiveLow, c.PassiveHigh))
	argv.addIf(c.PassiveAddress != "", "-P"+c.PassiveAddress)
	argv.addIf(c.NoPassive, "-N")
	argv.addIf(c.NoAnonymous, "-E")
	argv.addIf(c.MaxPerIP > 0, fmt.Sprintf("-C%d", c.MaxPerIP))
	argv.addIf(c.MaxClients > 0, fmt.Sprintf("-c%d", c.MaxClients))
	argv.addIf(c.chroots(), "-A")
	argv.add(c.TLS.pureftpd()...)
	argv.add(c.Extra...)
	return argv, err
}

func (t *TLS) pureftpd() []string {
	if t == nil {
		return []string{"-Y", "0"}
	}
	level := "1"
	switch {
	case t.Require && t.RequireData:
		level = "3"
	case t.Require:
		level = "2"
	}
	argv := []string{"-Y", level}
	if files := strings.Trim(t.CertFile+","+t.KeyFile, ","); files != "" {
		argv = append(argv, "-2", files)
	}
	return argv
}
