package exporter

import (
	"errors"
	"fmt"
	"net/netip"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"ftpdiag/cmd/ftpdiag/credential"
	"ftpdiag/cmd/ftpdiag/policy"
	"ftpdiag/probe"
	"ftpdiag/probe/diagnose"
)

// Load reads the configuration and the files that it names. Its error names the
// file, and the line where one is at fault.
func Load(name string) (*Config, error) {
	data, err := credential.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("the configuration %q cannot be read: %w", name, err)
	}
	c, err := parse(data, filepath.Dir(name))
	if err != nil {
		return nil, fmt.Errorf("the configuration %q: %w", name, err)
	}
	return c, nil
}

// parse reads a configuration whose files are in dir.
func parse(data []byte, dir string) (*Config, error) {
	root, err := document(data)
	if err != nil {
		return nil, err
	}
	c := &Config{MaxConcurrent: defaultMaxConcurrent, TimeoutOffset: defaultTimeoutOffset, Modules: map[string]*Module{}}
	err = mapping(root, "the configuration", keys{
		"max_concurrent": number(&c.MaxConcurrent, 1, mostConcurrent),
		"timeout_offset": duration(&c.TimeoutOffset, 0, time.Minute),
		"modules":        func(n *yaml.Node) error { return c.modules(n, dir) },
	})
	if err == nil && len(c.Modules) == 0 {
		err = wrong(root, "there are no modules")
	}
	return c, err
}

func (c *Config) modules(n *yaml.Node, dir string) error {
	return pairs(n, "modules", func(key, value *yaml.Node) error {
		if key.Value == "" || strings.ContainsFunc(key.Value, func(r rune) bool { return !moduleRune(r) }) {
			return wrong(key, "the name of a module is letters, digits, - and _")
		}
		l := loader{m: newModule(key.Value), dir: dir}
		if err := mapping(value, "module "+key.Value, l.keys()); err != nil {
			return err
		}
		c.Modules[key.Value] = l.m
		return l.finish(key)
	})
}

func moduleRune(r rune) bool {
	return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '-' || r == '_'
}

// loader reads one module.
type loader struct {
	m          *Module
	dir        string
	ipv4, ipv6 bool

	password, ca, cert, key *yaml.Node // names of files; nil: not given
}

func (l *loader) keys() keys {
	m := l.m
	return keys{
		"allow":          l.allow,
		"ports":          l.ports,
		"user":           scalar(&m.User),
		"password_file":  file(&l.password),
		"tls":            word(&m.TLS, "auto", "off", "explicit", "implicit"),
		"insecure":       boolean(&m.Insecure),
		"ca_file":        file(&l.ca),
		"cert":           file(&l.cert),
		"key":            file(&l.key),
		"cert_days":      number(&m.CertDays, 0, 36500),
		"mode":           word(&m.Mode, "both", "passive", "active"),
		"expect":         word(&m.Expect, "any", "passive", "active", "both"),
		"path":           scalar(&m.Path),
		"timeout":        duration(&m.Timeout, time.Millisecond, mostDeadline),
		"deadline":       duration(&m.Deadline, time.Millisecond, mostDeadline),
		"quick":          boolean(&m.Quick),
		"no_foreign":     boolean(&m.NoForeign),
		"ipv4":           boolean(&l.ipv4),
		"ipv6":           boolean(&l.ipv6),
		"active_ports":   l.activePorts,
		"active_address": l.activeAddress,
		"fail_on":        codes(&m.Policy.FailOn),
		"ignore":         codes(&m.Policy.Ignore),
		"cache":          duration(&m.Cache, 0, 24*time.Hour),
		"full_every":     duration(&m.FullEvery, 0, 7*24*time.Hour),
	}
}

// file keeps the node that names a file, which is read when all keys are known.
func file(to **yaml.Node) func(*yaml.Node) error {
	return func(n *yaml.Node) error {
		*to = n
		return scalar(new(string))(n)
	}
}

func (l *loader) allow(n *yaml.Node) error {
	l.m.Allow = nil
	return list(func(n *yaml.Node) error {
		rule, err := parseRule(n.Value)
		l.m.Allow = append(l.m.Allow, rule)
		return err
	})(n)
}

func (l *loader) ports(n *yaml.Node) error {
	l.m.Ports = nil
	return list(func(n *yaml.Node) error {
		var port int
		err := number(&port, 1, 65535)(n)
		l.m.Ports = append(l.m.Ports, port)
		return err
	})(n)
}

// codes reads a list of codes of findings, which may be empty. Its error repeats
// none that is unknown: it may be anything.
func codes(to *[]diagnose.Code) func(*yaml.Node) error {
	return func(n *yaml.Node) error {
		*to = nil
		if n.Kind == yaml.SequenceNode && len(n.Content) == 0 {
			return nil
		}
		return list(func(n *yaml.Node) error {
			code, near, ok := policy.Code(n.Value)
			switch {
			case ok:
				*to = append(*to, code)
				return nil
			case near != "":
				return fmt.Errorf("is no code of a finding: did you mean %s?", near)
			}
			return errors.New("is no code of a finding")
		})(n)
	}
}

func (l *loader) activePorts(n *yaml.Node) error {
	low, high, isRange := strings.Cut(n.Value, "-")
	if !isRange {
		high = low
	}
	lowest, errLow := strconv.ParseUint(low, 10, 16)
	highest, errHigh := strconv.ParseUint(high, 10, 16)
	if errLow != nil || errHigh != nil || lowest == 0 || lowest > highest {
		return errors.New("is no range within 1 and 65535 such as 50000-50100")
	}
	l.m.ActivePorts = probe.PortRange{Low: int(lowest), High: int(highest)}
	return nil
}

func (l *loader) activeAddress(n *yaml.Node) error {
	ip, err := netip.ParseAddr(n.Value)
	if err != nil || ip.IsUnspecified() || ip.IsMulticast() {
		return errors.New("is not the address of a host")
	}
	l.m.ActiveAddress = ip.Unmap()
	return nil
}

// finish holds the keys against each other and reads the files.
func (l *loader) finish(module *yaml.Node) error {
	if strings.EqualFold(l.m.User, anonymous) {
		l.m.User = anonymous
	}
	if message := l.contradiction(); message != "" {
		return wrong(module, "module %s: %s", l.m.Name, message)
	}
	if l.ipv4 {
		l.m.Family = 4
	} else if l.ipv6 {
		l.m.Family = 6
	}
	for _, read := range []func() error{l.readPassword, l.readRoots, l.readCertificate} {
		if err := read(); err != nil {
			return err
		}
	}
	return nil
}

// contradiction is what cannot be meant; "" is nothing.
func (l *loader) contradiction() string {
	m := l.m
	other := map[string]string{"passive": "active", "active": "passive"}[m.Mode]
	switch {
	case l.ipv4 && l.ipv6:
		return "ipv4 and ipv6 exclude each other: leave both away for both families"
	case other != "" && (m.Expect == other || m.Expect == "both"):
		return "expect: " + m.Expect + " cannot be judged with mode: " + m.Mode
	case (l.cert == nil) != (l.key == nil):
		return "a client certificate needs both cert and key"
	case m.User == anonymous && l.password != nil:
		return "password_file needs a user"
	case m.User != anonymous && l.password == nil:
		return "user needs a password_file"
	case m.Policy.Clash() != "":
		return fmt.Sprintf("fail_on and ignore both name %s", m.Policy.Clash())
	case m.Timeout > m.Deadline:
		return fmt.Sprintf("timeout: %v is above deadline: %v", m.Timeout, m.Deadline)
	}
	return ""
}

func (l *loader) path(n *yaml.Node) string {
	if filepath.IsAbs(n.Value) {
		return n.Value
	}
	return filepath.Join(l.dir, n.Value)
}

// readPassword never names the file: a password may stand in its place.
func (l *loader) readPassword() error {
	if l.password == nil {
		return nil
	}
	password, err := credential.Password(l.path(l.password))
	var fault *credential.Fault
	if errors.As(err, &fault) {
		switch fault.Kind {
		case credential.Empty:
			return wrong(l.password, "password_file names an empty file")
		case credential.NotOneLine:
			return wrong(l.password, "password_file names a file with more than the password in it: it %s", fault.Text)
		}
		return wrong(l.password, "password_file %s", fault.Text)
	}
	l.m.Password = Secret{password}
	return err
}

func (l *loader) readRoots() (err error) {
	if l.ca == nil {
		return nil
	}
	l.m.RootCAs, err = credential.Roots(l.path(l.ca))
	var fault *credential.Fault
	if errors.As(err, &fault) {
		return wrong(l.ca, "ca_file %s", fault.Text)
	}
	return err
}

func (l *loader) readCertificate() (err error) {
	if l.cert == nil {
		return nil
	}
	l.m.ClientTLS, err = credential.Pair(l.path(l.cert), l.path(l.key))
	var fault *credential.Fault
	switch {
	case !errors.As(err, &fault):
		return err
	case fault.TLS != "":
		return wrong(l.cert, "cert and key: %s", fault.TLS)
	case fault.Part == credential.KeyPart:
		return wrong(l.key, "key %s", fault.Text)
	}
	return wrong(l.cert, "cert %s", fault.Text)
}
