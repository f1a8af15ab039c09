package realserver

import "crypto/tls"

// curl is the command line of curl for a way.
func (r Request) curl(way Way) []string {
	user, password := r.login()
	argv := []string{
		"curl", "-q", "--globoff", "--noproxy", "*", "-sS", "-v", "--ipv4",
		"--connect-timeout", wholeSeconds(r.Timeout),
		"--max-time", wholeSeconds(3 * r.Timeout),
		"--user", user + ":" + password,
	}
	if r.Server.Addr().Is6() {
		argv[7] = "--ipv6"
	}
	switch way {
	case CurlPASV:
		argv = append(argv, "--disable-epsv", "--no-ftp-skip-pasv-ip")
	case CurlLenientPASV:
		argv = append(argv, "--disable-epsv", "--ftp-skip-pasv-ip")
	case CurlEPRT:
		argv = append(argv, "--ftp-port", "-")
	case CurlPORT:
		argv = append(argv, "--ftp-port", "-", "--disable-eprt")
	}
	return append(append(argv, r.curlTLS()...), r.url())
}

func (r Request) curlTLS() []string {
	if r.TLS == "" || r.TLS == "off" {
		return nil
	}
	argv := []string{"--ssl-reqd", "--insecure"}
	if r.CAFile != "" {
		argv = []string{"--ssl-reqd", "--cacert", r.CAFile}
	}
	if r.MaxTLS == tls.VersionTLS12 {
		argv = append(argv, "--tls-max", "1.2")
	}
	return argv
}
