package realserver

import (
	"cmp"
	"crypto/tls"
	"fmt"
)

// tlsVersions are the versions as OpenSSL and ProFTPD write them, oldest first.
var tlsVersions = []struct {
	version uint16
	name    string
}{
	{tls.VersionTLS10, "TLSv1"}, {tls.VersionTLS11, "TLSv1.1"},
	{tls.VersionTLS12, "TLSv1.2"}, {tls.VersionTLS13, "TLSv1.3"},
}

// versions are those that the server speaks, oldest first; unless t says
// otherwise TLS 1.2 and 1.3, which are those of Debian's OpenSSL.
func (t *TLS) versions() []string {
	high := cmp.Or(t.MaxVersion, tls.VersionTLS13)
	low := cmp.Or(t.MinVersion, min(high, tls.VersionTLS12))
	var names []string
	for _, v := range tlsVersions {
		if low <= v.version && v.version <= high {
			names = append(names, v.name)
		}
	}
	return names
}

// opensslConf limits the versions of whatever program uses OpenSSL. Three of the
// servers have no option for it.
const opensslConf = `openssl_conf = init
[init]
ssl_conf = ssl
[ssl]
system_default = limits
[limits]
MinProtocol = %s
MaxProtocol = %s
CipherString = DEFAULT:@SECLEVEL=0
`

func (t *TLS) writeVersions(s sandbox) error {
	if t == nil || t.MinVersion == 0 && t.MaxVersion == 0 {
		return nil
	}
	names := t.versions()
	if len(names) == 0 {
		return fmt.Errorf("no TLS version from %#x to %#x", t.MinVersion, t.MaxVersion)
	}
	text := fmt.Sprintf(opensslConf, names[0], names[len(names)-1])
	return writeFile(s.conf("openssl.cnf"), []byte(text), 0o600)
}
