package main

import (
	"cmp"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"ftpdiag/cmd/ftpdiag/suggest"
	"ftpdiag/probe"
	"ftpdiag/probe/evidence"
	"ftpdiag/report"
)

// choices are the flags that take one word of a list.
var choices = map[string][]string{
	"mode":   {"both", "passive", "active"},
	"expect": {"any", "passive", "active", "both"},
	"tls":    {"auto", "off", "explicit", "implicit"},
	"format": append(report.Formats(), "ndjson"),
	"color":  {"auto", "always", "never"},
}

// request is one target and the password that came with it.
type request struct {
	target      evidence.Target
	password    string
	hasPassword bool

	listed      bool     // from --targets, where a password is not seen by others
	tls, expect string   // of its line; "": as the flags say
	bad         *badLine // it cannot be diagnosed; nil: it can
}

// config is what the request makes of that of all.
func (r request) config(cfg probe.Config) probe.Config {
	cfg.Target, cfg.Password = r.target, r.password
	cfg.TLS, cfg.Expect = cmp.Or(r.tls, cfg.TLS), cmp.Or(r.expect, cfg.Expect)
	return cfg
}

// named tells whether the request logs in with a real password.
func (r request) named() bool { return r.target.User != anonymous }

const anonymous = "anonymous"

// validate turns the options into what probe.Run takes: a Config for all targets
// and the targets. It refuses what contradicts itself.
func (o *options) validate() (probe.Config, []request, error) {
	for _, check := range []func() error{o.words, o.numbers, o.rules, o.contradictions} {
		if err := check(); err != nil {
			return probe.Config{}, nil, err
		}
	}
	if o.targets != "" { // many targets, each by what decides
		o.quickByDefault()
		o.noForeign = o.noForeign || !o.given("no-foreign")
	}
	cfg := probe.Config{
		Expect: o.expect, Timeout: o.timeout, Deadline: o.deadline,
		NoForeign: o.noForeign, Quick: o.quick, Thorough: o.thorough, Retrieve: o.retrieve, Upload: o.upload,
	}
	if o.mode != "both" {
		cfg.Mode = evidence.Mode(o.mode)
	}
	for _, read := range []func(*probe.Config) error{o.addresses, o.ports, o.encryption} {
		if err := read(&cfg); err != nil {
			return cfg, nil, err
		}
	}
	requests, err := o.requests(cfg)
	return cfg, requests, err
}

// quickByDefault asks for what decides the verdict, unless the caller wants more.
func (o *options) quickByDefault() {
	o.quick = o.quick || !o.given("quick") && !o.thorough
}

// words checks the flags that take text.
func (o *options) words() error {
	for _, name := range []string{"mode", "expect", "tls", "format", "color"} {
		value := o.flags.Lookup(name).Value.String()
		if slices.Contains(choices[name], value) {
			continue
		}
		hint := valueHint(name)
		near := suggest.Nearest(value, choices[name])
		if name == "tls" && meantTLS[value] != "" {
			near = meantTLS[value]
		}
		if near != "" {
			hint = "did you mean --" + name + " " + near + "?"
		}
		return usage(hint, "unknown %s %s", name, quote(value))
	}
	for _, name := range []string{"user", "path", "password-file", "targets", "resume", "output", "bind", "active-ports", "active-address", "ca-file", "cert", "key"} {
		switch value := o.flags.Lookup(name).Value.String(); {
		case o.given(name) && value == "":
			return usage(valueHint(name), "--%s is empty", name)
		case strings.ContainsAny(value, "\r\n\x00"):
			return usage(valueHint(name)+", without CR, LF or NUL", "--%s contains CR, LF or NUL", name)
		}
	}
	return nil
}

// numbers checks durations and counts.
func (o *options) numbers() error {
	switch {
	case o.timeout <= 0:
		return usage(valueHint("timeout"), "--timeout %v is not above zero", o.timeout)
	case o.deadline <= 0:
		return usage(valueHint("deadline"), "--deadline %v is not above zero", o.deadline)
	case o.interval <= 0:
		return usage(valueHint("interval"), "--interval %v is not above zero", o.interval)
	case o.repeat < 1:
		return usage(valueHint("repeat"), "--repeat %d is not above zero", o.repeat)
	case o.repeat > mostRuns:
		return usage(valueHint("repeat"), "--repeat %d is above %d", o.repeat, mostRuns)
	case o.certDays < 0:
		return usage(valueHint("cert-days"), "--cert-days %d is below zero", o.certDays)
	case o.certDays > mostCertDays:
		return usage(valueHint("cert-days"), "--cert-days %d is above %d", o.certDays, mostCertDays)
	case o.parallel < 1 || o.parallel > mostParallel:
		return usage(valueHint("parallel"), "--parallel %d is not within 1 and %d", o.parallel, mostParallel)
	case o.perHost < 1 || o.perHost > mostParallel:
		return usage(valueHint("per-host"), "--per-host %d is not within 1 and %d", o.perHost, mostParallel)
	}
	return nil
}

// mostCertDays is longer than certificates are valid.
const mostCertDays = 36500

// contradictions are flags that cannot both be meant.
func (o *options) contradictions() error {
	listens := o.given("active-ports") || o.given("active-address")
	switch {
	case o.ipv4 && o.ipv6:
		return usage("give -4, or -6, or neither for both families", "-4 and -6 exclude each other")
	case o.quick && o.thorough:
		return usage("give --quick, or --thorough, or neither for the usual depth", "--quick and --thorough exclude each other")
	case o.expectFitsMode() != nil:
		return o.expectFitsMode()
	case o.skipInvalid && o.targets == "":
		return usage("use --targets FILE with --skip-invalid", "--skip-invalid means nothing without --targets")
	case o.mode == "passive" && listens:
		return usage("use --mode active or --mode both", "--active-ports and --active-address mean nothing with --mode passive")
	case o.given("interval") && o.repeat == 1:
		return usage("use --repeat N with --interval", "--interval means nothing without --repeat")
	case o.given("cert") != o.given("key"):
		return usage("give --cert and --key together; a file that holds both is given to both", "a client certificate needs --cert and --key")
	case o.tls == "off" && o.aboutTLS() != "":
		name := o.aboutTLS()
		return usage("leave --"+name+" or --tls off away", "--%s means nothing with --tls off", name)
	case o.upload && o.path != "" && !strings.HasSuffix(o.path, "/"):
		return usage("end --path in / to name a directory", "--upload needs a directory, and --path names a file")
	case o.list:
		return usage("ftpdiag demo --list", "--list belongs to the demo")
	case len(o.args) == 0 && o.targets == "":
		return usage("name a target: ftpdiag ftp.example.com (ftpdiag --help lists the flags)", "no target")
	}
	return nil
}

// expectFitsMode refuses to judge what is not tried.
func (o *options) expectFitsMode() error {
	if o.mode == "active" && (o.expect == "passive" || o.expect == "both") ||
		o.mode == "passive" && (o.expect == "active" || o.expect == "both") {
		return usage("use --mode both, or --expect "+o.mode, "--expect %s cannot be judged with --mode %s", o.expect, o.mode)
	}
	return nil
}

// aboutTLS is a flag that was given and needs TLS to mean anything; "" is none.
func (o *options) aboutTLS() string {
	for _, name := range []string{"insecure", "ca-file", "cert", "key", "cert-days"} {
		if o.given(name) {
			return name
		}
	}
	return ""
}

// addresses reads --bind, --active-address, -4 and -6.
func (o *options) addresses(cfg *probe.Config) (err error) {
	if o.ipv4 {
		cfg.Family = 4
	} else if o.ipv6 {
		cfg.Family = 6
	}
	if cfg.Bind, err = o.address("bind", o.bind, cfg.Family); err != nil {
		return err
	}
	if cfg.Bind.IsValid() && !isLocal(cfg.Bind) {
		return usage(valueHint("bind"), "--bind %s is not an address of this machine", cfg.Bind)
	}
	if cfg.ActiveAddress, err = o.address("active-address", o.activeAddress, cfg.Family); err != nil {
		return err
	}
	if cfg.Bind.IsValid() && cfg.ActiveAddress.IsValid() && familyOf(cfg.Bind) != familyOf(cfg.ActiveAddress) {
		return usage("give two addresses of the same family", "--bind %s and --active-address %s exclude each other", cfg.Bind, cfg.ActiveAddress)
	}
	return nil
}

// address reads one address of a host, invalid where value is empty.
func (o *options) address(name, value string, family int) (netip.Addr, error) {
	if value == "" {
		return netip.Addr{}, nil
	}
	ip, err := netip.ParseAddr(value)
	ip = ip.Unmap()
	switch {
	case err != nil:
		return ip, usage(valueHint(name), "--%s %s is not an IP address", name, quote(value))
	case ip.IsUnspecified() || ip.IsMulticast():
		return ip, usage(valueHint(name), "--%s %s is not the address of a host", name, ip)
	case family != 0 && family != familyOf(ip):
		return ip, usage("use -"+strconv.Itoa(familyOf(ip))+", or another --"+name, "--%s %s contradicts -%d", name, ip, family)
	}
	return ip, nil
}

func familyOf(ip netip.Addr) int {
	if ip.Is4() {
		return 4
	}
	return 6
}

// ports reads --active-ports.
func (o *options) ports(cfg *probe.Config) error {
	if o.activePorts == "" {
		return nil
	}
	low, high, isRange := strings.Cut(o.activePorts, "-")
	if !isRange {
		high = low
	}
	l, errLow := strconv.ParseUint(low, 10, 16)
	h, errHigh := strconv.ParseUint(high, 10, 16)
	switch {
	case errLow != nil || errHigh != nil || l == 0:
		return usage(valueHint("active-ports"), "--active-ports %s is not a range within 1 and 65535", quote(o.activePorts))
	case l > h:
		return usage(valueHint("active-ports"), "--active-ports %d-%d begins above its end", l, h)
	}
	cfg.ActivePorts = probe.PortRange{Low: int(l), High: int(h)}
	return nil
}

// oneOf writes a list as "a, b or c".
func oneOf(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " or " + words[last]
}
