package realserver

import (
	"fmt"
	"strings"
	"time"
)

// vsftpd writes a vsftpd.conf(5). What is not said there is compiled in, except
// the lines that make it run in the foreground and in a sandbox.
func (c Config) vsftpd(box sandbox) ([]string, error) {
	conf := lines{
		"listen=" + yesNo(c.Address.Is4()),
		"listen_ipv6=" + yesNo(c.Address.Is6()),
		fmt.Sprintf("listen_port=%d", c.Port),
		"background=NO",
		"seccomp_sandbox=NO",
		"isolate_network=NO", // a network namespace a session, torn down slowly
		"secure_chroot_dir=/run/server/empty",
		"pam_service_name=vsftpd",
		"local_enable=YES",
		"write_enable=YES",
		"anon_upload_enable=YES",
		"anon_root=" + anonymousRoot,
		"anonymous_enable=" + yesNo(!c.NoAnonymous),
		"dirlist_enable=" + yesNo(!c.NoListing),
		"pasv_enable=" + yesNo(!c.NoPassive),
		"port_enable=" + yesNo(!c.NoActive),
	}
	conf.addIf(c.Address.Is4(), "listen_address="+c.Address.String())
	conf.addIf(c.Address.Is6() && !c.Address.IsUnspecified(), "listen_address6="+c.Address.String())
	conf.addIf(c.Greeting != "", "ftpd_banner="+c.Greeting)
	conf.addIf(len(c.Deny) > 0, "cmds_denied="+strings.Join(c.Deny, ","))
	conf.addIf(c.PassiveAddress != "", "pasv_address="+c.PassiveAddress)
	conf.addIf(c.PassiveLow > 0, fmt.Sprintf("pasv_min_port=%d", c.PassiveLow))
	conf.addIf(c.PassiveHigh > 0, fmt.Sprintf("pasv_max_port=%d", c.PassiveHigh))
	conf.addIf(c.FromPort20 != Default, "connect_from_port_20="+yesNo(c.FromPort20 == On))
	conf.addIf(c.FromPort20 != Default, fmt.Sprintf("ftp_data_port=%d", c.Port-1))
	conf.addIf(c.MaxPerIP > 0, fmt.Sprintf("max_per_ip=%d", c.MaxPerIP))
	conf.addIf(c.MaxClients > 0, fmt.Sprintf("max_clients=%d", c.MaxClients))
	if c.DataTimeout > 0 {
		wait := int(c.DataTimeout / time.Second)
		conf.add(fmt.Sprintf("accept_timeout=%d", wait), fmt.Sprintf("connect_timeout=%d", wait))
	}
	conf.addIf(c.chroots(), "chroot_local_user=YES")
	conf.add(c.TLS.vsftpd()...)
	conf.add(c.Extra...)
	file := box.conf("vsftpd.conf")
	return []string{binary("vsftpd"), file}, conf.write(file)
}

func (t *TLS) vsftpd() []string {
	if t == nil {
		return nil
	}
	conf := lines{
		"ssl_enable=YES",
		"ssl_ciphers=HIGH",
		"allow_anon_ssl=YES",
		"implicit_ssl=" + yesNo(t.Implicit),
		"force_anon_logins_ssl=" + yesNo(t.Require),
		"force_local_logins_ssl=" + yesNo(t.Require),
		"force_anon_data_ssl=" + yesNo(t.RequireData),
		"force_local_data_ssl=" + yesNo(t.RequireData),
		"require_ssl_reuse=" + yesNo(t.RequireReuse),
	}
	conf.addIf(t.CertFile != "", "rsa_cert_file="+t.CertFile)
	conf.addIf(t.KeyFile != "", "rsa_private_key_file="+t.KeyFile)
	return conf
}

func yesNo(b bool) string {
	if b {
		return "YES"
	}
	return "NO"
}
