package exporter

import (
	"net/netip"
	"net/url"
	"slices"
	"testing"
)

// FuzzParse holds that no file makes parse panic, and that one it takes is whole.
func FuzzParse(f *testing.F) {
	for _, s := range []string{minimal, "", "# nothing\n", "---\n", "- a\n", "a: &a {<<: *a}\n", "modules:\n  a: &a\n    <<: *a\n", "? [a]\n: b\n",
		"modules: {default: {allow: [a, 10.0.0.0/8], ports: [1], active_ports: 1-2, user: bob, password_file: x, cache: 1h, tls: off}}\n", "a: *b\n", "max_concurrent: !!int 5\n" + minimal} {
		f.Add([]byte(s))
	}
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := parse(data, dir)
		if err != nil {
			if err.Error() == "" {
				t.Error("an error without a word")
			}
			return
		}
		if c.MaxConcurrent < 1 || len(c.Modules) == 0 {
			t.Errorf("%+v", c)
		}
		for name, m := range c.Modules {
			if m.Name != name || m.Timeout <= 0 || m.Timeout > m.Deadline || m.Deadline > mostDeadline || len(m.Ports) == 0 || m.Cache < 0 {
				t.Errorf("%s: %+v", name, m)
			}
		}
	})
}

// FuzzRead holds that whatever a query says, what is probed is what the module
// allows.
func FuzzRead(f *testing.F) {
	c, err := parse([]byte("modules:\n  default:\n    allow: [\"*.example\", 10.0.0.0/8]\n    ports: [21, 2121]\n"), "")
	if err != nil {
		f.Fatal(err)
	}
	block := netip.MustParsePrefix("10.0.0.0/8")
	for _, s := range []string{"a.example", "10.0.0.1:2121", "ftp://bob:x@a.example/", "[::ffff:10.0.0.1]", "ftps://a.example:21", "0x7f.1", "a.example.", "２.example"} {
		f.Add(s, "default", "10")
	}
	f.Fuzz(func(t *testing.T, target, module, timeout string) {
		q, bad := c.read(url.Values{"target": {target}, "module": {module}}, timeout)
		if bad != nil {
			if bad.status != 400 && bad.status != 403 {
				t.Errorf("%+v", bad)
			}
			return
		}
		ip, err := netip.ParseAddr(q.host)
		cfg := q.probeConfig()
		switch {
		case err == nil && !block.Contains(ip.Unmap()),
			err != nil && !q.byAddress && !q.module.allowsName(q.host),
			!slices.Contains(q.module.Ports, cfg.Target.Port), cfg.Target.Host != q.host, cfg.Target.User != anonymous, cfg.Target.Path != "",
			cfg.Deadline <= 0 || cfg.Deadline >= q.budget || cfg.Timeout > cfg.Deadline:
			t.Errorf("%q is probed: %+v", target, q)
		}
		again, bad := c.read(url.Values{"target": {q.name()}, "module": {module}}, timeout)
		if bad != nil || again.key != q.key {
			t.Errorf("%q is called %q, which is %+v, %+v", target, q.name(), again.key, bad)
		}
	})
}
