package exporter

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

	"ftpdiag/probe"
	"ftpdiag/probe/evidence"
	"ftpdiag/probe/ftp"
)

// request is what somebody wants to know about a target.
type request struct {
	key
	target evidence.Target
	budget time.Duration // when an answer is due, from now

	// The module has no pattern for the name: every address of it must lie in one
	// of the module's blocks.
	byAddress bool
}

// key is equal for requests that one probe can answer. The module is the one of
// the configuration in force: after a reload nothing old answers.
type key struct {
	module *Module
	host   string
	port   int
	tls    string
}

// rejection is an answer without a diagnosis.
type rejection struct {
	status  int
	reason  string // label of a metric
	message string
}

func invalid(format string, args ...any) *rejection {
	return &rejection{http.StatusBadRequest, reasonInvalid, fmt.Sprintf(format, args...)}
}

// read makes a request of the query. It asks nobody.
func (c *Config) read(query url.Values, scrapeTimeout string) (q request, bad *rejection) {
	if q, bad = c.find(query); bad != nil {
		return q, bad
	}
	allowed := false
	if allowed, q.byAddress = q.module.allows(q.key); !allowed {
		return q, q.denied()
	}
	q.target.User, q.target.Path = q.module.User, q.module.Path
	var err error
	if q.budget, err = c.budget(q.module, scrapeTimeout); err != nil {
		return q, invalid("%s: %v", scrapeTimeoutHeader, err)
	}
	return q, nil
}

// find reads the names of a target and a module.
func (c *Config) find(query url.Values) (q request, bad *rejection) {
	name := defaultModule
	if query.Has("module") {
		name = query.Get("module")
	}
	switch {
	case len(query["target"]) != 1 || query.Get("target") == "":
		return q, invalid("name one target: /probe?target=HOST&module=MODULE")
	case len(query["module"]) > 1:
		return q, invalid("name one module")
	case c.Modules[name] == nil:
		return q, invalid("there is no module %s", ftp.Visible(strconv.Quote(name)))
	}
	q.module = c.Modules[name]
	t, _, hasPassword, err := ftp.ParseTarget(query.Get("target"))
	switch {
	case err != nil:
		return q, invalid("%v", err)
	case hasPassword || t.User != "":
		return q, invalid("a target names no user and no password: they belong to the module")
	case t.Path != "":
		return q, invalid("a target names no path: it belongs to the module")
	case t.TLS != "" && q.module.TLS != evidence.TLSAuto && t.TLS != q.module.TLS:
		return q, invalid("the target asks for %s TLS, and module %s for tls: %s", t.TLS, q.module.Name, q.module.TLS)
	case numeric(t.Host):
		return q, invalid("the target's host is neither a name nor an address")
	}
	t.Host = strings.ToLower(t.Host)
	if ip, err := netip.ParseAddr(t.Host); err == nil {
		t.Host = ip.Unmap().String() // one target, however its address is spelled
	}
	if t.Port == 0 {
		t.Port = q.module.usualPort(t.TLS)
	}
	q.target, q.host, q.port, q.tls = t, t.Host, t.Port, t.TLS
	return q, nil
}

// numeric tells whether a name ends in what some resolvers take for an address:
// 0x7f000001 is 127.0.0.1 to getaddrinfo.
func numeric(host string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	last := host[strings.LastIndexByte(host, '.')+1:]
	rest, isHex := strings.CutPrefix(last, "0x")
	return isHex && strings.Trim(rest, "0123456789abcdef") == ""
}

func (q request) denied() *rejection {
	return &rejection{http.StatusForbidden, reasonDenied,
		fmt.Sprintf("module %s does not allow the target %q; see its allow-list and its ports", q.module.Name, q.name())}
}

// usualPort is that of a target which names none.
func (m *Module) usualPort(tls string) int {
	if tls == evidence.TLSImplicit || m.TLS == evidence.TLSImplicit {
		return 990
	}
	return 21
}

// name is what the target is called where people read it. A request that uses it
// is about the same target.
func (k key) name() string {
	name := k.host
	if k.port != k.module.usualPort(k.tls) {
		name = net.JoinHostPort(k.host, strconv.Itoa(k.port))
	}
	if k.tls != "" {
		name = map[string]string{evidence.TLSExplicit: "ftpes://", evidence.TLSImplicit: "ftps://"}[k.tls] + name
	}
	return name
}

// scrapeTimeoutHeader is how Prometheus says how long it waits for an answer.
const scrapeTimeoutHeader = "X-Prometheus-Scrape-Timeout-Seconds"

// A probe may take this much longer than its deadline to close what is open.
const grace = time.Second

// budget is the time in which the scrape wants an answer.
func (c *Config) budget(m *Module, header string) (time.Duration, error) {
	longest := m.Deadline + grace
	if header == "" {
		return longest, nil
	}
	seconds, err := strconv.ParseFloat(header, 64)
	if err != nil || !(seconds >= 0.001) { // nor is NaN
		return 0, errors.New("it is no number of seconds, 0.001 or more")
	}
	scrape := time.Duration(min(seconds, time.Hour.Seconds()) * float64(time.Second))
	return min(scrape-min(c.TimeoutOffset, scrape/2), longest), nil
}

// deadline is where a probe stops, so that its answer comes within the budget.
func (q request) deadline() time.Duration {
	return min(q.module.Deadline, q.budget-min(grace, q.budget/5))
}

// probeConfig is what to ask of the network.
func (q request) probeConfig() probe.Config {
	cfg := q.module.probeConfig()
	cfg.Target = q.target
	cfg.Deadline = q.deadline()
	cfg.Timeout = min(cfg.Timeout, cfg.Deadline) // a longer one would raise the deadline
	return cfg
}
