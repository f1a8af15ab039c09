package main

import (
	"net/netip"
	"strconv"
	"strings"

	"ftpdiag/probe"
	"ftpdiag/probe/ftp"
)

// requests reads the targets and holds each against the flags.
func (o *options) requests(cfg probe.Config) ([]request, error) {
	var requests []request
	for _, arg := range o.args {
		r, err := o.request(arg, cfg)
		if err != nil {
			return nil, err
		}
		requests = append(requests, r)
	}
	if o.targets != "" {
		var err error
		if requests, err = o.listed(requests, cfg); err != nil {
			return nil, err
		}
	}
	var bad badList
	served := false // --user names the user of a target
	for i := range requests {
		r := &requests[i]
		r.target.Index = i
		served = served || r.target.User == o.login()
		if r.bad != nil {
			bad = append(bad, *r.bad)
		}
	}
	if len(bad) > 0 && !o.skipInvalid {
		return nil, bad
	}
	if o.given("user") && !served && len(bad) < len(requests) {
		return nil, usage("leave --user away, or the users in the URLs", "--user %s, but each target names another user", quote(o.user))
	}
	return requests, nil
}

// login is the user of targets that name none.
func (o *options) login() string {
	if strings.EqualFold(o.user, anonymous) {
		return anonymous
	}
	return o.user
}

func (o *options) request(arg string, cfg probe.Config) (r request, err error) {
	if strings.HasPrefix(arg, "-") { // it may be -pPASSWORD: not repeated
		return r, usage("behind -- every word is a target: write flags before it",
			"a target begins with -, which no host's name does")
	}
	if r.target, r.password, r.hasPassword, err = ftp.ParseTarget(arg); err != nil {
		return r, err
	}
	t := &r.target
	if t.User == "" {
		t.User = o.login()
	}
	if strings.EqualFold(t.User, anonymous) {
		t.User, r.password, r.hasPassword = anonymous, "", false
	}
	if t.Path != "" && o.path != "" && t.Path != o.path {
		return r, usage("name the path in the URL or with --path", "target %s and --path name different paths", quote(arg))
	}
	if t.Path == "" {
		t.Path = o.path
	}
	if o.upload && t.Path != "" && !strings.HasSuffix(t.Path, "/") {
		return r, usage("end the path in / to name a directory", "--upload needs a directory, and target %s names a file", quote(arg))
	}
	if t.TLS != "" && o.tls != "auto" && o.tls != t.TLS {
		return r, usage("leave --tls away, or write ftp://", "target %s asks for %s TLS, which contradicts --tls %s", quote(arg), t.TLS, o.tls)
	}
	return r, familyFits(arg, t.Host, cfg)
}

// familyFits holds an address that is a target against -4, -6, --bind
// and --active-address.
func familyFits(arg, host string, cfg probe.Config) error {
	ip, err := netip.ParseAddr(host)
	if err != nil {
		return nil // a name
	}
	family := familyOf(ip.Unmap())
	if cfg.Family != 0 && cfg.Family != family {
		return usage("leave -"+strconv.Itoa(cfg.Family)+" away", "target %s is an IPv%d address, which contradicts -%d", quote(arg), family, cfg.Family)
	}
	if cfg.Bind.IsValid() && familyOf(cfg.Bind) != family {
		return usage("give a --bind address of the same family", "target %s cannot be reached from --bind %s", quote(arg), cfg.Bind)
	}
	if cfg.ActiveAddress.IsValid() && familyOf(cfg.ActiveAddress) != family {
		return usage("give an --active-address of the same family", "target %s cannot connect back to --active-address %s", quote(arg), cfg.ActiveAddress)
	}
	return nil
}
