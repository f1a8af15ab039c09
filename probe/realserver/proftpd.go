package realserver

import (
	"fmt"
	"strings"
	"time"
)

// proftpdAlways keeps the server inside of its sandbox and off the network.
var proftpdAlways = []string{
	"PidFile /run/proftpd.pid",
	"ScoreboardFile /run/proftpd.scoreboard",
	"DelayTable none",
	"DelayEngine off",
	"UseReverseDNS off",
	"WtmpLog off",
	"TransferLog none",
	"RequireValidShell off",
	"AuthOrder mod_auth_unix.c",
	"AllowOverwrite on",
	"TimesGMT on",
}

// proftpd writes a proftpd.conf.
func (c Config) proftpd(box sandbox) ([]string, error) {
	conf := lines{
		"ModulePath " + serversDir() + "/usr/lib/proftpd",
		"ServerType standalone",
		"ServerName ProFTPD",
		"DefaultServer on",
		fmt.Sprintf("Port %d", c.Port),
		"UseIPv6 " + onOff(c.Address.Is6()),
		"User nobody",
		"Group nogroup",
	}
	conf.add(proftpdAlways...)
	if !c.Address.IsUnspecified() {
		conf.add("DefaultAddress "+c.Address.String(), "SocketBindTight on")
	}
	conf.addIf(c.Greeting != "", fmt.Sprintf("ServerIdent on %q", c.Greeting))
	conf.addIf(c.PassiveLow > 0, fmt.Sprintf("PassivePorts %d %d", c.PassiveLow, c.PassiveHigh))
	conf.addIf(c.PassiveAddress != "", "MasqueradeAddress "+c.PassiveAddress)
	conf.addIf(c.FromPort20 == On, "RootRevoke off")
	conf.addIf(c.FromPort20 == Off, "RootRevoke UseNonCompliantActiveTransfer")
	conf.addIf(c.MaxClients > 0, fmt.Sprintf("MaxClients %d", c.MaxClients))
	conf.addIf(c.MaxPerIP > 0, fmt.Sprintf("MaxClientsPerHost %d", c.MaxPerIP))
	conf.addIf(c.DataTimeout > 0, fmt.Sprintf("TimeoutNoTransfer %d", c.DataTimeout/time.Second))
	for _, u := range c.Users {
		conf.addIf(u.Chroot, "DefaultRoot ~ "+u.Name)
	}
	for _, more := range [][]string{c.proftpdLimits(), c.proftpdAnonymous(), c.TLS.proftpd(), c.Extra} {
		conf.add(more...)
	}
	file := box.conf("proftpd.conf")
	return []string{binary("proftpd"), "-n", "-q", "-c", file}, conf.write(file)
}

func (c Config) proftpdLimits() []string {
	deny := append([]string(nil), c.Deny...)
	if c.NoPassive {
		deny = append(deny, "PASV", "EPSV")
	}
	if c.NoActive {
		deny = append(deny, "PORT", "EPRT")
	}
	if c.NoListing {
		deny = append(deny, "LIST", "NLST", "MLSD")
	}
	if len(deny) == 0 {
		return nil
	}
	return []string{"<Limit " + strings.Join(deny, " ") + ">", "DenyAll", "</Limit>"}
}

func (c Config) proftpdAnonymous() []string {
	if c.NoAnonymous {
		return nil
	}
	return []string{
		"<Anonymous " + anonymousRoot + ">",
		"User ftp",
		"Group ftp",
		"UserAlias anonymous ftp",
		"</Anonymous>",
	}
}

func (t *TLS) proftpd() []string {
	if t == nil {
		return nil
	}
	required := "off"
	switch {
	case t.Require && t.RequireData:
		required = "on"
	case t.Require:
		required = "ctrl"
	case t.RequireData:
		required = "data"
	}
	conf := lines{
		"LoadModule mod_tls.c",
		"TLSEngine on",
		"TLSLog none",
		"TLSProtocol " + strings.Join(t.versions(), " "),
		"TLSRequired " + required,
		"TLSVerifyClient off",
	}
	conf.addIf(t.CertFile != "", "TLSRSACertificateFile "+t.CertFile)
	conf.addIf(t.KeyFile != "", "TLSRSACertificateKeyFile "+t.KeyFile)
	var options []string
	if !t.RequireReuse {
		options = append(options, "NoSessionReuseRequired")
	}
	if t.Implicit {
		options = append(options, "UseImplicitSSL")
	}
	conf.addIf(len(options) > 0, "TLSOptions "+strings.Join(options, " "))
	return conf
}

func onOff(b bool) string {
	if b {
		return "on"
	}
	return "off"
}
